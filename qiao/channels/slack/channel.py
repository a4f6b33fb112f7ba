"""Slack as a channel: events and pressed buttons in, messages with blocks out."""

from datetime import timedelta
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Edited, Happening, Incoming, Item, Media, Outbound, Sender, Withdrawn
from qiao.channels.slack.formatting import as_mrkdwn, as_words, escaped
from qiao.channels.slack.settings import SlackSettings
from qiao.core.errors import Invalid

MEDIA_LIMIT: Final = 1024 * 1024 * 1024
SECTION: Final = 3000
BUTTONS: Final = 25
OPTIONS: Final = 100
LABEL: Final = 75
VALUE: Final = 150
ACTION: Final = "qiao_choice"
_OPEN: Final = {"zh-CN": "查看", "en": "Open"}
_CHOOSE: Final = {"zh-CN": "请选择", "en": "Choose"}

MANIFEST: Final = Manifest(
    name="slack",
    title={"zh-CN": "Slack", "en": "Slack"},
    summary={
        "zh-CN": "Slack 应用：私信与频道里 @ 应用，话题、文件、按钮。",
        "en": "A Slack app: direct messages and mentions, threads, files, buttons.",
    },
    identity_kind="slack",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=4000,
        recall=timedelta(days=30),
    ),
    settings=SlackSettings,
    docs="channel-slack",
    limits={"per_second": 1, "burst": 5, "media_bytes": MEDIA_LIMIT},
    group="social",
)


def parse(raw: bytes) -> list[Item]:
    """One event, or one press of a button. Raises Invalid."""
    posted = reading.document(raw)
    match reading.text(posted, "type"):
        case "event_callback":
            return _event(posted, reading.mapping(posted, "event"))
        case "block_actions":
            return _pressed(posted)
    raise Invalid.field("type", "value_invalid")


def _event(posted: dict[str, Any], event: dict[str, Any]) -> list[Item]:
    team = reading.text(posted, "team_id", limit=40)
    kind, room = reading.text(event, "type"), reading.text(event, "channel", limit=40)
    if kind == "app_mention" or (kind == "message" and _direct(event, room)):
        match reading.text(event, "subtype"):
            case "" | "file_share" | "thread_broadcast":
                return _message(posted, event, team, room)
            case "message_changed":
                return _changed(event, team, room)
            case "message_deleted":
                before = reading.mapping(event, "previous_message")
                if not reading.text(before, "user") or reading.text(before, "bot_id"):
                    return []
                return [Withdrawn(_sender(before, team, room), _own(room, reading.required(event, "deleted_ts")))]
        return []  # joined, topic changed, a bot's own message
    if kind == "reaction_added":
        room = reading.text(event, "item", "channel", limit=40)
        if not room.startswith("D"):
            return []
        data = {
            "emoji": reading.text(event, "reaction", limit=60),
            "message": reading.text(event, "item", "ts", limit=40),
        }
        own = reading.name_of("reacted", room, reading.text(event, "event_ts", limit=40))
        return [Happening(own, "reacted", _sender(event, team, room), data)]
    return []


def _direct(event: dict[str, Any], room: str) -> bool:
    return reading.text(event, "channel_type") == "im" or room.startswith("D")


def _message(posted: dict[str, Any], event: dict[str, Any], team: str, room: str) -> list[Item]:
    if reading.text(event, "bot_id") or reading.text(event, "subtype") == "bot_message":
        return []
    ts = reading.required(event, "ts", limit=40)
    sender = _sender(event, team, room)
    bot = reading.text(posted, "authorizations", "0", "user_id", limit=40)
    body = as_words(reading.text(event, "text"), bot)
    at = reading.moment(ts)
    threads = _threads(event, room, ts)
    files: list[Item] = []
    for number, file in enumerate(list(reading.mappings(event, "files"))[:20]):
        media = _media(file)
        if media is not None:
            shape = "image" if (media.mime or "").startswith("image/") else "file"
            own = _own(room, ts, str(number))
            files.append(Incoming(own, shape, "", {}, sender, media=(media,), threads=threads, at=at))
    said: list[Item] = []
    if body:
        said = [Incoming(_own(room, ts), "text", body, {}, sender, threads=threads, at=at)]
    return said + files


def _threads(event: dict[str, Any], room: str, ts: str) -> tuple[str, ...]:
    """In a room each thread is an exchange of its own; alone with one person there is one exchange."""
    if room.startswith("D"):
        return ()
    return (f"{room}:{reading.text(event, 'thread_ts', limit=40) or ts}",)


def _changed(event: dict[str, Any], team: str, room: str) -> list[Item]:
    message, before = reading.mapping(event, "message"), reading.mapping(event, "previous_message")
    if reading.text(message, "bot_id") or not reading.text(message, "user"):
        return []
    body = as_words(reading.text(message, "text"))
    if not body or body == as_words(reading.text(before, "text")):
        return []  # Slack unfurled a link, or somebody answered in its thread
    return [Edited(_sender(message, team, room), _own(room, reading.required(message, "ts", limit=40)), body)]


def _media(file: dict[str, Any]) -> Media | None:
    if reading.text(file, "mode") in ("tombstone", "hidden_by_limit", "external"):
        return None
    own = reading.text(file, "id", limit=60)
    if not own:
        return None
    url = reading.text(file, "url_private_download", limit=2000) or reading.text(file, "url_private", limit=2000)
    name = reading.text(file, "name", limit=200) or reading.text(file, "title", limit=200) or "file"
    mime = reading.text(file, "mimetype", limit=100) or None
    return Media(f"{own} {url}".strip(), name, mime, reading.whole(file, "size"))


def _pressed(posted: dict[str, Any]) -> list[Item]:
    """A button or list of ours: the customer says its label."""
    team = reading.text(posted, "team", "id", limit=40)
    room = reading.text(posted, "channel", "id", limit=40) or reading.text(posted, "container", "channel_id", limit=40)
    items: list[Item] = []
    for action in reading.mappings(posted, "actions"):
        if not reading.text(action, "action_id").startswith(ACTION):
            continue  # a link that was opened
        chosen = reading.mapping(action, "selected_option") or action
        value = reading.required(chosen, "value", limit=VALUE)
        label = reading.text(chosen, "text", "text") or value
        moment = reading.text(action, "action_ts", limit=40)
        sender = _sender({"user": reading.text(posted, "user", "id", limit=40)}, team, room)
        message = reading.mapping(posted, "message")
        threads = _threads(message, room, reading.text(message, "ts", limit=40))
        own = reading.name_of("press", room, sender.attributes.get("slack", ""), moment)
        choice = {"choice": {"id": value, "value": label}}
        items.append(Incoming(own, "text", label, choice, sender, threads=threads, at=reading.moment(moment)))
    return items


def _sender(event: dict[str, Any], team: str, room: str) -> Sender:
    person = reading.required(event, "user", limit=40)
    if not room:
        raise Invalid.field("channel", "field_missing")
    return Sender(
        room if room.startswith("D") else f"{room}:{person}",
        union=f"slack:{team}:{person}" if team else None,
        attributes={"slack": person},
    )


def _own(room: str, ts: str, *more: str) -> str:
    return reading.name_of(room, ts, *more)


# -- out ---------------------------------------------------------------------------------------------------------------


def render(message: Outbound) -> dict[str, Any]:
    """The arguments of chat.postMessage, or a `file` to be uploaded with words to it."""
    room = message.address.partition(":")[0]
    out: dict[str, Any] = {"to": message.address, "channel": room}
    roots = [name.partition(":")[2] for name in message.threads if name.startswith(f"{room}:")]
    if roots and not room.startswith("D"):
        out["thread_ts"] = roots[0]
    payload = message.payload
    match message.kind:
        case "image" | "file":
            file = {"file_id": payload.get("file_id"), "name": str(payload.get("name") or "file")}
            return out | {"file": file, "text": as_mrkdwn(message.body)}
        case "choices":
            return out | _choices(message)
        case "card":
            return out | _card(message)
    return out | {"text": as_mrkdwn(message.body)}


def _section(words: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": words[:SECTION]}}


def _label(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words if len(words) <= LABEL else words[: LABEL - 1] + "…"}


def _choices(message: Outbound) -> dict[str, Any]:
    prompt = message.body or str(message.payload.get("prompt") or "") or "…"
    words = as_text(message, message.locale)
    options = [
        (str(one.get("id") or one.get("label")), str(one.get("label") or one.get("id")))
        for one in message.payload.get("options") or ()
        if isinstance(one, dict) and (one.get("id") or one.get("label"))
    ]
    shown = as_mrkdwn(prompt)
    if not options or len(options) > OPTIONS or len(shown) > SECTION or any(len(own) > VALUE for own, _ in options):
        return {"text": as_mrkdwn(words)}
    if len(options) <= BUTTONS:
        elements: list[dict[str, Any]] = [
            {"type": "button", "action_id": f"{ACTION}_{number}", "text": _label(label), "value": own}
            for number, (own, label) in enumerate(options)
        ]
    else:
        rows = [{"text": _label(label), "value": own} for own, label in options]
        hint = _CHOOSE[message.locale if message.locale in _CHOOSE else "en"]
        elements = [{"type": "static_select", "action_id": ACTION, "placeholder": _label(hint), "options": rows}]
    return {"text": as_mrkdwn(words), "blocks": [_section(shown), {"type": "actions", "elements": elements}]}


def _card(message: Outbound) -> dict[str, Any]:
    url = str(message.payload.get("url") or "")
    words = as_text(message, message.locale)
    if not url.startswith(("https://", "http://")) or len(url) > SECTION:
        return {"text": as_mrkdwn(words)}
    title, _, rest = words.replace(url, "").strip().partition("\n")
    label = _label(_OPEN[message.locale if message.locale in _OPEN else "en"])
    button = {"type": "button", "action_id": "open", "text": label, "url": url}
    shown = f"*{escaped(title or url)}*" + (f"\n{escaped(rest)}" if rest else "")
    return {"text": as_mrkdwn(words), "blocks": [_section(shown) | {"accessory": button}]}
