"""WhatsApp as a channel: what Meta posts, as items."""

from datetime import timedelta
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.manifest import Capabilities, Manifest, Window
from qiao.channels.contract.messages import Edited, Happening, Incoming, Item, Media, Receipt, Sender, Withdrawn
from qiao.channels.whatsapp import codes
from qiao.channels.whatsapp.settings import WhatsappSettings
from qiao.core.errors import Invalid
from qiao.people.customers.policy import e164

MEDIA_LIMIT: Final = 100 * 1024 * 1024
_ENDINGS: Final = {"audio": ".ogg", "video": ".mp4", "document": ""}
_STATES: Final = {"delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}


def _number_of(phone: str) -> str | None:
    """A number as WhatsApp writes it: digits with the country's code."""
    international = e164(phone)
    return international and international.removeprefix("+")


MANIFEST: Final = Manifest(
    name="whatsapp",
    title={"zh-CN": "WhatsApp", "en": "WhatsApp"},
    summary={
        "zh-CN": "WhatsApp Cloud API：文字、媒体、按钮、模板，24 小时回复窗口。",
        "en": "WhatsApp Cloud API: text, media, buttons, templates, the 24-hour window.",
    },
    identity_kind="whatsapp",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=4096,
        receipts=True,
        read_receipts=True,
        window=Window(timedelta(hours=24)),
        templates=True,
        starts=True,
    ),
    settings=WhatsappSettings,
    docs="channel-whatsapp",
    limits={"per_second": 80, "burst": 80, "media_bytes": MEDIA_LIMIT},
    group="social",
    reaches={"phone": _number_of},
)


def parse(raw: bytes) -> list[Item]:
    """What Meta posted, or one message of it (the hook takes posts apart). Raises Invalid."""
    posted = reading.document(raw)
    if posted.get("object") != "whatsapp_business_account":
        raise Invalid.field("object", "value_invalid")
    items: list[Item] = []
    for entry in reading.mappings(posted, "entry"):
        for change in reading.mappings(entry, "changes"):
            value = reading.mapping(change, "value")
            for message in reading.mappings(value, "messages"):
                items += _message(message, value)
            for status in reading.mappings(value, "statuses"):
                items += _status(status)
    return items


def _message(message: dict[str, Any], value: dict[str, Any]) -> list[Item]:
    remote = reading.required(message, "id", limit=400)
    own = reading.name_of(remote)
    sender = _sender(message, value)
    kind = reading.text(message, "type")
    match kind:
        case "reaction":
            about = {
                "emoji": reading.text(message, "reaction", "emoji", limit=20),
                "message": reading.text(message, "reaction", "message_id", limit=400),
            }
            return [Happening(own, "reacted", sender, about, begins=True, at=reading.moment(message, "timestamp"))]
        case "system":
            number = reading.text(message, "system", "wa_id") or reading.text(message, "system", "new_wa_id")
            return [Happening(own, "number_changed", sender, {"number": number})] if number else []
        case "edit":
            changed = reading.mapping(message, "edit")
            original = reading.name_of(reading.required(changed, "original_message_id", limit=400))
            body = _words(reading.mapping(changed, "message"))
            return [Edited(sender, original, body)] if body.strip() else []
        case "revoke":
            original = reading.required(reading.mapping(message, "revoke"), "original_message_id", limit=400)
            return [Withdrawn(sender, reading.name_of(original))]
    if reading.text(message, "group_id"):
        return []  # groups are not served: an answer there would be read by strangers
    return [_said(own, kind, message, sender)]


def _said(own: str, kind: str, message: dict[str, Any], sender: Sender) -> Incoming:
    at = reading.moment(message, "timestamp")
    payload: dict[str, Any] = {}
    about = reading.text(message, "context", "id", limit=400)
    if about:
        payload["reply_to"] = reading.name_of(about)
    context: dict[str, Any] = {}
    referral = reading.mapping(message, "referral")
    if referral:
        # An advertisement it was started from.
        context["referral"] = {
            key: reading.text(referral, key, limit=300)
            for key in ("source_url", "source_id", "headline")
            if key in referral
        }
    media = _media(kind, reading.mapping(message, kind), own)
    if media is not None:
        shape = "image" if kind in ("image", "sticker") else "file"
        caption = reading.text(message, kind, "caption")
        return Incoming(own, shape, caption, payload, sender, media=(media,), context=context, at=at)
    body = _words(message)
    payload |= _extra(kind, message)
    if not body.strip():
        body, payload = "❔", payload | {"unsupported": kind or "unknown"}
    return Incoming(own, "text", body, payload, sender, context=context, at=at)


def _words(message: dict[str, Any]) -> str:
    """What a message says in words, whatever its type."""
    match reading.text(message, "type"):
        case "text":
            return reading.text(message, "text", "body")
        case "button":
            return reading.text(message, "button", "text")
        case "interactive":
            return _reply(message)[1]
        case "location":
            place = reading.mapping(message, "location")
            name = " ".join(filter(None, (reading.text(place, key) for key in ("name", "address"))))
            return " ".join(filter(None, ("📍", name, f"{place.get('latitude')},{place.get('longitude')}")))
        case "contacts":
            people = list(reading.mappings(message, "contacts"))[:20]
            return "\n".join(f"👤 {_person(one)}" for one in people)
        case "order":
            wanted = list(reading.mappings(message, "order", "product_items"))[:50]
            lines = [
                f"🛒 {reading.text(one, 'product_retailer_id')} × {reading.text(one, 'quantity')}" for one in wanted
            ]
            return "\n".join([*lines, reading.text(message, "order", "text")]).strip()
        case "image" | "video" | "document" as kind:
            return reading.text(message, kind, "caption")
    return ""


def _extra(kind: str, message: dict[str, Any]) -> dict[str, Any]:
    match kind:
        case "button":
            return {"choice": {"id": reading.text(message, "button", "payload"), "value": _words(message)}}
        case "interactive":
            own, title = _reply(message)
            return {"choice": {"id": own, "value": title}} if own else {}
        case "location":
            place = reading.mapping(message, "location")
            spot = {key: place[key] for key in ("latitude", "longitude") if isinstance(place.get(key), int | float)}
            return {"location": spot | {"name": reading.text(place, "name")}}
    return {}


def _reply(message: dict[str, Any]) -> tuple[str, str]:
    for kind in ("button_reply", "list_reply"):
        found = reading.mapping(message, "interactive", kind)
        if found:
            return reading.text(found, "id"), reading.text(found, "title") or reading.text(found, "id")
    return "", reading.text(message, "interactive", "nfm_reply", "body")


def _person(one: dict[str, Any]) -> str:
    numbers = [reading.text(phone, "phone") for phone in reading.mappings(one, "phones")]
    return " ".join(filter(None, (reading.text(one, "name", "formatted_name"), *numbers[:3])))


def _media(kind: str, file: dict[str, Any], own: str) -> Media | None:
    if kind not in ("image", "sticker", "audio", "video", "document"):
        return None
    mime = reading.text(file, "mime_type", limit=100).partition(";")[0].strip() or None
    ending = _ENDINGS.get(kind, ".webp" if kind == "sticker" else ".jpg")
    name = reading.text(file, "filename", limit=200) or f"{kind}{ending}"
    # The fetched bytes are held against the fingerprint WhatsApp gave with the message.
    ref = f"{reading.required(file, 'id')} {reading.text(file, 'sha256', limit=100)}".strip()
    return Media(ref, name, mime)


def _sender(message: dict[str, Any], value: dict[str, Any]) -> Sender:
    number = reading.text(message, "from", limit=30)
    scoped = reading.text(message, "from_user_id", limit=140)
    profile: dict[str, Any] = {}
    for contact in reading.mappings(value, "contacts"):
        if (number and reading.text(contact, "wa_id") == number) or (
            scoped and reading.text(contact, "user_id") == scoped
        ):
            profile = contact
    scoped = scoped or reading.text(profile, "user_id", limit=140)
    if not number and not scoped:
        raise Invalid.field("from", "field_missing")
    digits = number.isascii() and number.isdecimal()
    phone = f"+{number}" if digits else None
    name = reading.text(profile, "profile", "name", limit=80) or reading.text(profile, "profile", "username", limit=80)
    return Sender(
        # People with a username may keep their number to themselves; then their id with this business is all there is.
        number or scoped,
        name or None,
        phone=phone,
        union=f"whatsapp:{scoped}" if scoped else None,
        vouched=frozenset({"phone"}) if phone else frozenset(),
    )


def _status(status: dict[str, Any]) -> list[Item]:
    remote = reading.required(status, "id", limit=400)
    state = _STATES.get(reading.text(status, "status"))
    if state == "failed":
        error = next(reading.mappings(status, "errors"), {})
        code = reading.whole(error, "code") or 0
        words = reading.text(error, "error_data", "details", limit=300) or reading.text(error, "title", limit=300)
        return [Receipt(remote, "failed", codes.name_of(code), f"{code} {words}".strip())]
    return [Receipt(remote, state)] if state in ("delivered", "read") else []  # type: ignore[arg-type]  # one of the two
