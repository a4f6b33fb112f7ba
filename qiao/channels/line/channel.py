"""LINE as a channel: webhook events in, message objects out."""

import re
from typing import Any, Final
from urllib.parse import parse_qs, urlencode

from qiao.channels.contract import reading
from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Happening, Incoming, Item, Media, Outbound, Sender, Withdrawn
from qiao.channels.line.settings import LineSettings
from qiao.core.errors import Invalid

MEDIA_LIMIT: Final = 200 * 1024 * 1024
REPLY: Final = "reply:"
STICKER: Final = "sticker:"
QUICK: Final = 13
LABEL: Final = 20
DATA: Final = 300
_OPEN: Final = {"zh-CN": "查看", "en": "Open"}
_FILES: Final = {"image": ("image", "image.jpg"), "video": ("file", "video.mp4"), "audio": ("file", "audio.m4a")}

MANIFEST: Final = Manifest(
    name="line",
    title={"zh-CN": "LINE", "en": "LINE"},
    summary={
        "zh-CN": "LINE 官方账号：文字、图片、文件、贴图、按钮。",
        "en": "A LINE Official Account: text, pictures, files, stickers, buttons.",
    },
    identity_kind="line",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "card", "choices"}),
        delivery="push",
        longest_text=4900,
        typing=True,
        starts=True,
    ),
    settings=LineSettings,
    docs="channel-line",
    limits={"per_second": 100, "burst": 200, "media_bytes": MEDIA_LIMIT},
    group="social",
)


def parse(raw: bytes) -> list[Item]:
    """What LINE posted, or one event of it (the hook takes posts apart). Raises Invalid."""
    posted = reading.document(raw)
    if not isinstance(posted.get("events"), list):
        raise Invalid.field("events", "field_missing")
    items: list[Item] = []
    for event in reading.mappings(posted, "events"):
        items += _event(event)
    return items


def _event(event: dict[str, Any]) -> list[Item]:
    if event.get("mode") == "standby":
        return []  # another module of the account is in charge
    match reading.text(event, "type"):
        case "message":
            return _message(event)
        case "postback":
            return _pressed(event)
        case "follow":
            return [Happening(_own(event), "subscribed", _sender(event))]
        case "unfollow":
            return [Happening(_own(event), "unsubscribed", _sender(event))]
        case "unsend":
            return [Withdrawn(_sender(event), reading.required(event, "unsend", "messageId"))]
        case "beacon":
            scene = reading.text(event, "beacon", "hwid", limit=60)
            return [Happening(_own(event), "entered", _sender(event), {"scene": scene})]
    return []


def _message(event: dict[str, Any]) -> list[Item]:
    message = reading.mapping(event, "message")
    own = reading.required(message, "id", limit=80)
    kind = reading.text(message, "type")
    sender = _sender(event)
    if not _for_us(event, message, kind):
        return []
    payload: dict[str, Any] = {}
    quoted = reading.text(message, "quotedMessageId", limit=80)
    if quoted:
        payload["reply_to"] = quoted
    media = _media(message, kind, own)
    at, begins = reading.moment(event, "timestamp"), _fresh(event)
    if media is not None:
        shape, file = media
        return [Incoming(own, shape, "", payload, sender, media=(file,), begins=begins, at=at)]
    body = reading.text(message, "text")
    if kind == "location":
        spot = {key: message[key] for key in ("latitude", "longitude") if isinstance(message.get(key), int | float)}
        name = " ".join(filter(None, (reading.text(message, key) for key in ("title", "address"))))
        body = " ".join(filter(None, ("📍", name, f"{spot.get('latitude')},{spot.get('longitude')}")))
        payload["location"] = spot | {"name": name}
    elif kind in _FILES:
        body = reading.text(message, "contentProvider", "originalContentUrl", limit=2000)
    if not body.strip():
        body, payload = "❔", payload | {"unsupported": kind or "unknown"}
    return [Incoming(own, "text", _unaddressed(event, message, body), payload, sender, begins=begins, at=at)]


def _for_us(event: dict[str, Any], message: dict[str, Any], kind: str) -> bool:
    """Everything in a chat with one person; in a group what mentions the account."""
    if reading.text(event, "source", "type") == "user":
        return True
    return kind == "text" and any(
        one.get("isSelf") is True for one in reading.mappings(message, "mention", "mentionees")
    )


def _unaddressed(event: dict[str, Any], message: dict[str, Any], body: str) -> str:
    if reading.text(event, "source", "type") == "user":
        return body
    for one in reading.mappings(message, "mention", "mentionees"):
        start, length = reading.whole(one, "index"), reading.whole(one, "length")
        if one.get("isSelf") is True and start == 0 and length is not None and 0 < length < len(body):
            return re.sub(r"^[\s,，:：]+", "", body[length:]) or body
    return body


def _media(message: dict[str, Any], kind: str, own: str) -> tuple[str, Media] | None:
    if kind == "sticker":
        sticker = reading.text(message, "stickerId", limit=20)
        if not sticker.isdecimal():
            return None
        return "image", Media(f"{STICKER}{sticker}", "sticker.png", "image/png")
    if kind == "file":
        name = reading.text(message, "fileName", limit=200) or "file"
        return "file", Media(own, name, size=reading.whole(message, "fileSize"))
    if kind in _FILES and reading.text(message, "contentProvider", "type") != "external":
        shape, name = _FILES[kind]
        return shape, Media(own, name)
    return None


def _pressed(event: dict[str, Any]) -> list[Item]:
    """A button of ours: its data holds the option's id and label. Menus of the account hold what the company wrote."""
    data = reading.required(event, "postback", "data", limit=DATA)
    read = parse_qs(data, keep_blank_values=True, max_num_fields=20) if "=" in data else {}
    own = (read.get("id") or [data])[0]
    label = reading.clean((read.get("label") or [own])[0]) or data
    picked = reading.text(event, "postback", "params", "datetime") or reading.text(event, "postback", "params", "date")
    body = " ".join(filter(None, (label, picked)))
    choice = {"choice": {"id": own, "value": body}}
    at = reading.moment(event, "timestamp")
    return [Incoming(_own(event), "text", body, choice, _sender(event), begins=_fresh(event), at=at)]


def _fresh(event: dict[str, Any]) -> tuple[str, ...]:
    """The reply token, kept as a name of the exchange: whoever answers soon enough answers free of charge."""
    token, at = reading.text(event, "replyToken", limit=100), reading.whole(event, "timestamp")
    return (f"{REPLY}{at}:{token}",) if token and at is not None else ()


def _sender(event: dict[str, Any]) -> Sender:
    source = reading.mapping(event, "source")
    person = reading.text(source, "userId", limit=100)
    room = reading.text(source, "groupId", limit=100) or reading.text(source, "roomId", limit=100)
    if not person:
        raise Invalid.field("source.userId", "field_missing")
    return Sender(f"{room}:{person}" if room else person)


def _own(event: dict[str, Any]) -> str:
    return reading.required(event, "webhookEventId", limit=80)


# -- out ---------------------------------------------------------------------------------------------------------------


def render(message: Outbound) -> dict[str, Any]:
    """Message objects and, where there is one, the newest reply token."""
    out: dict[str, Any] = {"to": message.address}
    tokens = [name for name in message.threads if name.startswith(REPLY)]
    if tokens:
        at, _, token = tokens[-1].removeprefix(REPLY).partition(":")
        out["reply"] = {"token": token, "at": int(at) if at.isdecimal() else 0}
    return out | {"messages": _objects(message)}


def _objects(message: Outbound) -> list[dict[str, Any]]:
    payload = message.payload
    match message.kind:
        case "image":
            url = str(payload.get("url") or "")
            shown = (
                url.startswith("https://") and len(url) <= 2000 and payload.get("mime") in ("image/jpeg", "image/png")
            )
            words = [_text(message.body)] if message.body else []
            if shown and (payload.get("size") or 0) <= 10 * 1024 * 1024:
                return [{"type": "image", "originalContentUrl": url, "previewImageUrl": url}, *words]
            return [_text(as_text(message, message.locale))]
        case "choices":
            return [_choices(message)]
        case "card":
            return [_card(message)]
    return [_text(message.body)]


def _text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": body[:5000] or "…"}


def _choices(message: Outbound) -> dict[str, Any]:
    options = [
        (str(one.get("id") or one.get("label")), str(one.get("label") or one.get("id")))
        for one in message.payload.get("options") or ()
        if isinstance(one, dict) and (one.get("id") or one.get("label"))
    ]
    actions = [(own, label, data_of(own, label)) for own, label in options]
    if not actions or len(actions) > QUICK or any(len(data) > DATA for _, _, data in actions):
        return _text(as_text(message, message.locale))
    short = all(len(label) <= LABEL for _, label in options)
    prompt = message.body or str(message.payload.get("prompt") or "")
    # Long labels stand in the text, and their numbers are what one taps.
    shown = _text(prompt if short else as_text(message, message.locale))
    items = []
    for number, (_, label, data) in enumerate(actions, start=1):
        action = {
            "type": "postback",
            "label": label if short else str(number),
            "data": data,
            "displayText": label[:DATA],
        }
        items.append({"type": "action", "action": action})
    return shown | {"quickReply": {"items": items}}


def data_of(own: str, label: str) -> str:
    """What a button sends back: without the label where both together are too long."""
    both = urlencode({"id": own, "label": label})
    return both if len(both) <= DATA else urlencode({"id": own})


def _card(message: Outbound) -> dict[str, Any]:
    url = str(message.payload.get("url") or "")
    words = as_text(message, message.locale)
    if not url.startswith(("https://", "http://")) or len(url) > 1000:
        return _text(words)
    title, _, rest = words.replace(url, "").strip().partition("\n")
    label = _OPEN[message.locale if message.locale in _OPEN else "en"]
    action = {"type": "uri", "label": label, "uri": url}
    template: dict[str, Any] = {"type": "buttons", "text": (rest or title or url)[:60], "actions": [action]}
    if rest:
        template["title"] = title[:40]
    picture = str(message.payload.get("thumb_url") or "")
    if picture.startswith("https://"):
        template["thumbnailImageUrl"] = picture
    return {"type": "template", "altText": f"{title} {url}".strip()[:400], "template": template}
