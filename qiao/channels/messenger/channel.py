"""Messenger and Instagram: two channels, one way of being spoken to."""

from datetime import timedelta
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.manifest import Capabilities, Manifest, Window
from qiao.channels.contract.messages import Edited, Happening, Incoming, Item, Media, Receipt, Sender, Withdrawn
from qiao.channels.messenger.settings import InstagramSettings, MessengerSettings
from qiao.core.errors import Invalid

OBJECTS: Final = {"messenger": "page", "instagram": "instagram"}
DAY: Final = Window(timedelta(hours=24))
_KINDS: Final = {"image": ("image", ".jpg"), "audio": ("file", ".mp3"), "video": ("file", ".mp4"), "file": ("file", "")}
_SENDS: Final = frozenset({"text", "image", "file", "card", "choices"})


def _capabilities(longest: int) -> Capabilities:
    return Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=_SENDS,
        delivery="push",
        longest_text=longest,
        typing=True,
        receipts=True,
        read_receipts=True,
        # Seven days where Meta has granted the Human Agent tag; every message says when it opens less.
        window=Window(timedelta(days=7)),
    )


MESSENGER: Final = Manifest(
    name="messenger",
    title={"zh-CN": "Facebook Messenger", "en": "Facebook Messenger"},
    summary={"zh-CN": "Facebook 主页收到的私信。", "en": "Messages people write to a Facebook page."},
    identity_kind="messenger",
    capabilities=_capabilities(4000),
    settings=MessengerSettings,
    docs="channel-messenger",
    limits={"per_second": 40, "burst": 40, "media_bytes": 25 * 1024 * 1024},
    group="social",
)
INSTAGRAM: Final = Manifest(
    name="instagram",
    title={"zh-CN": "Instagram 私信", "en": "Instagram Direct"},
    summary={"zh-CN": "Instagram 专业账号收到的私信。", "en": "Messages people write to a professional account."},
    identity_kind="instagram",
    capabilities=_capabilities(4000),
    settings=InstagramSettings,
    docs="channel-messenger",
    limits={"per_second": 40, "burst": 40, "media_bytes": 25 * 1024 * 1024},
    group="social",
)


def parse(raw: bytes, name: str) -> list[Item]:
    """What Meta posted to the channel `name`, or one event of it (the hook takes posts apart). Raises Invalid."""
    posted = reading.document(raw)
    if posted.get("object") != OBJECTS[name]:
        raise Invalid.field("object", "value_invalid")
    # The hook notes what the inbox is set to; without that note it is a day.
    opens = None if reading.mapping(posted, "inbox").get("human_agent") is True else DAY
    items: list[Item] = []
    for entry in reading.mappings(posted, "entry"):
        for event in reading.mappings(entry, "messaging"):
            items += _event(event, name, opens)
    return items


def _event(event: dict[str, Any], name: str, opens: Window | None) -> list[Item]:
    if reading.mapping(event, "message"):
        message = reading.mapping(event, "message")
        # What the page itself has said, from here or from Meta's own inbox.
        return [] if message.get("is_echo") is True else _message(event, message, name, opens)
    if "message" in event:
        raise Invalid.field("message", "value_invalid")
    if "postback" in event:
        return _postback(event, opens)
    if "delivery" in event:
        return _delivered(event)
    if "read" in event:
        return _read(event)
    if "message_edit" in event:
        edit = reading.mapping(event, "message_edit")
        body = reading.text(edit, "text")
        own = reading.name_of(reading.required(edit, "mid", limit=400))
        return [Edited(_sender(event), own, body)] if body.strip() else []
    if "reaction" in event:
        about = reading.mapping(event, "reaction")
        mid = reading.text(about, "mid", limit=400)
        data = {
            "emoji": reading.text(about, "emoji", limit=20),
            "message": mid,
            "action": reading.text(about, "action"),
        }
        return [Happening(_own(event, "reaction", mid, data["action"]), "reacted", _sender(event), data)]
    if "referral" in event:
        return [_entered(event, reading.mapping(event, "referral"), opens)]
    return []


def _message(event: dict[str, Any], message: dict[str, Any], name: str, opens: Window | None) -> list[Item]:
    mid = reading.required(message, "mid", limit=400)
    sender = _sender(event)
    if message.get("is_deleted") is True:
        return [Withdrawn(sender, reading.name_of(mid))]
    at = reading.moment(event, "timestamp")
    body = reading.text(message, "text")
    payload: dict[str, Any] = {}
    about = reading.text(message, "reply_to", "mid", limit=400)
    if about:
        payload["reply_to"] = reading.name_of(about)
    chosen = reading.text(message, "quick_reply", "payload", limit=1000)
    if chosen:
        payload["choice"] = {"id": chosen, "value": body}
    files: list[Item] = []
    for number, attachment in enumerate(list(reading.mappings(message, "attachments"))[:20]):
        kind = reading.text(attachment, "type")
        media = _media(attachment, kind)
        if media is not None:
            own = reading.name_of(mid, str(number))
            files.append(Incoming(own, _KINDS[kind][0], "", {}, sender, media=(media,), at=at, opens=opens))
            continue
        told = _told(attachment, kind)
        body = f"{body}\n{told}".strip() if told else body
    if not body.strip() and not files:
        body, payload = "❔", payload | {"unsupported": name}
    said: list[Item] = []
    if body.strip():
        said = [Incoming(reading.name_of(mid), "text", body, payload, sender, at=at, opens=opens)]
    return said + files


def _media(attachment: dict[str, Any], kind: str) -> Media | None:
    url = reading.text(attachment, "payload", "url", limit=3000)
    if kind not in _KINDS or not url.startswith(("https://", "http://")):
        return None
    name = reading.text(attachment, "payload", "name", limit=200) or reading.text(attachment, "name", limit=200)
    return Media(url, name or f"{kind}{_KINDS[kind][1]}")


def _told(attachment: dict[str, Any], kind: str) -> str:
    """Places, shared posts, stories and the like: their words and where they are."""
    spot = reading.mapping(attachment, "payload", "coordinates")
    if spot:
        return f"📍 {reading.text(attachment, 'title')} {spot.get('lat')},{spot.get('long')}".replace("  ", " ")
    title = reading.text(attachment, "payload", "title") or reading.text(attachment, "title")
    url = reading.text(attachment, "payload", "url", limit=3000) or reading.text(attachment, "url", limit=3000)
    return " ".join(part for part in (f"🔗 {title}".strip() if title or url else "", url) if part)


def _postback(event: dict[str, Any], opens: Window | None) -> list[Item]:
    pressed = reading.mapping(event, "postback")
    referral = reading.mapping(pressed, "referral")
    if referral:
        return [_entered(event, referral, opens)]
    chosen = reading.required(pressed, "payload", limit=1000)
    title = reading.text(pressed, "title") or chosen
    mid = reading.text(pressed, "mid", limit=400)
    own = reading.name_of(mid) if mid else _own(event, "postback", chosen)
    choice = {"choice": {"id": chosen, "value": title}}
    return [Incoming(own, "text", title, choice, _sender(event), at=reading.moment(event, "timestamp"), opens=opens)]


def _entered(event: dict[str, Any], referral: dict[str, Any], opens: Window | None) -> Happening:
    scene = reading.text(referral, "ref", limit=200)
    data = {"scene": scene, "source": reading.text(referral, "source", limit=60)}
    known = {key: value for key, value in data.items() if value}
    own, at = _own(event, "entered", scene), reading.moment(event, "timestamp")
    return Happening(own, "entered", _sender(event), known, begins=True, opens=opens, at=at)


def _delivered(event: dict[str, Any]) -> list[Item]:
    mids = reading.at(event, "delivery", "mids")
    named = [one[:400] for one in mids if isinstance(one, str) and one][:200] if isinstance(mids, list) else []
    if named:
        return [Receipt(mid, "delivered") for mid in named]
    until = reading.moment(event, "delivery", "watermark")
    return [Receipt("", "delivered", address=_sender(event).address, until=until)] if until else []


def _read(event: dict[str, Any]) -> list[Item]:
    mid = reading.text(event, "read", "mid", limit=400)
    if mid:
        return [Receipt(mid, "read")]
    until = reading.moment(event, "read", "watermark")
    return [Receipt("", "read", address=_sender(event).address, until=until)] if until else []


def _sender(event: dict[str, Any]) -> Sender:
    return Sender(reading.required(event, "sender", "id"))


def _own(event: dict[str, Any], *parts: str) -> str:
    """A name for what Meta gives none: who, when and what."""
    moment = reading.text(event, "timestamp", limit=20)
    return reading.name_of(parts[0], reading.text(event, "sender", "id", limit=60), moment, *parts[1:])
