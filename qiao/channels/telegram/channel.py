"""Telegram as a channel: updates in, calls of the Bot API out."""

import hashlib
import re
from datetime import timedelta
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Edited, Happening, Incoming, Item, Media, Outbound, Sender
from qiao.channels.telegram.formatting import as_html, escaped
from qiao.channels.telegram.settings import TelegramSettings
from qiao.core.errors import Invalid

DOWNLOAD_LIMIT: Final = 20 * 1024 * 1024
CAPTION: Final = 1024
DATA_BYTES: Final = 64
_COMMAND: Final = re.compile(r"/start(?:@\w+)?(?:\s+(?P<scene>[\w-]{1,64}))?\s*")
_FILES: Final = (
    ("document", "file", ""),
    ("voice", "file", ".ogg"),
    ("audio", "file", ".mp3"),
    ("video", "file", ".mp4"),
    ("video_note", "file", ".mp4"),
)

MANIFEST: Final = Manifest(
    name="telegram",
    title={"zh-CN": "Telegram", "en": "Telegram"},
    summary={
        "zh-CN": "Telegram 机器人：文字、图片、文件、按钮，私聊与群里 @。",
        "en": "A Telegram bot: text, pictures, files, buttons; private chats and mentions in groups.",
    },
    identity_kind="telegram",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=4000,  # of 4096; a link's label and address both count before they are understood
        recall=timedelta(hours=48),
        typing=True,
    ),
    settings=TelegramSettings,
    docs="channel-telegram",
    limits={"per_second": 25, "burst": 25, "media_bytes": DOWNLOAD_LIMIT},
    group="social",
)


def parse(raw: bytes) -> list[Item]:
    """One update. Raises Invalid for what is none."""
    update = reading.document(raw)
    if reading.whole(update, "update_id") is None:
        raise Invalid.field("update_id", "field_missing")
    if "callback_query" in update:
        return _pressed(reading.mapping(update, "callback_query"))
    if "my_chat_member" in update:
        return _membership(update)
    for name in ("message", "edited_message"):
        if name in update:
            return _message(reading.mapping(update, name), name, edited=name == "edited_message")
    return []


def _message(message: dict[str, Any], where: str, *, edited: bool) -> list[Item]:
    sender = _sender(reading.mapping(message, "from"), reading.mapping(message, "chat"), where)
    own = _own_id(message, where)
    body = reading.text(message, "text") or reading.text(message, "caption")
    if edited:
        return [Edited(sender, own, body)] if body.strip() else []
    started = _COMMAND.fullmatch(body)
    if started is not None:
        scene = started["scene"] or ""
        return [Happening(own, "entered", sender, {"scene": scene} if scene else {}, begins=True)]
    at = reading.moment(message, "date")
    locale = _locale(reading.text(message, "from", "language_code"))
    told = _told(message)
    if told is not None:
        words, payload = told
        return [Incoming(own, "text", words, payload, sender, locale, at=at)]
    media = _media(message)
    if media is not None:
        kind, file = media
        return [Incoming(own, kind, _unaddressed(message, body), {}, sender, locale, (file,), at=at)]
    if not body.strip():
        return []  # somebody joined, a title changed, a game: nothing anybody says
    return [Incoming(own, "text", _unaddressed(message, body), {}, sender, locale, at=at)]


def _unaddressed(message: dict[str, Any], body: str) -> str:
    """What is said in a group without the mention it begins with."""
    if reading.text(message, "chat", "type") == "private":
        return body
    return re.sub(r"^@\w+[\s,，:：]*(?=\S)", "", body, count=1)


def _told(message: dict[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Places and people's cards, as words with what they hold."""
    place = reading.mapping(message, "venue", "location") or reading.mapping(message, "location")
    if place:
        latitude, longitude = place.get("latitude"), place.get("longitude")
        if not all(isinstance(one, int | float) for one in (latitude, longitude)):
            raise Invalid.field("location", "value_invalid")
        name = " ".join(reading.text(message, "venue", key) for key in ("title", "address")).strip()
        spot = {"latitude": latitude, "longitude": longitude, "name": name}
        return f"📍 {name} {latitude},{longitude}".replace("  ", " "), {"location": spot}
    person = reading.mapping(message, "contact")
    if person:
        name = " ".join(reading.text(person, key) for key in ("first_name", "last_name")).strip()
        number = reading.text(person, "phone_number", limit=40)
        return f"👤 {name} {number}".strip(), {"contact": {"name": name, "phone": number}}
    return None


def _media(message: dict[str, Any]) -> tuple[str, Media] | None:
    sizes = list(reading.mappings(message, "photo"))
    if sizes:
        best = max(sizes, key=lambda one: reading.whole(one, "width") or 0)
        name = f"{reading.text(best, 'file_unique_id', limit=60) or 'photo'}.jpg"
        return "image", Media(_ref(best), name, "image/jpeg", reading.whole(best, "file_size"))
    sticker = reading.mapping(message, "sticker")
    if sticker:
        still = not sticker.get("is_animated") and not sticker.get("is_video")
        ending = ".webp" if still else ".tgs" if sticker.get("is_animated") else ".webm"
        size = reading.whole(sticker, "file_size")
        return "image" if still else "file", Media(_ref(sticker), f"sticker{ending}", None, size)
    for key, kind, ending in _FILES:
        file = reading.mapping(message, key)
        if file:
            name = reading.text(file, "file_name", limit=200) or f"{key}{ending}"
            mime = reading.text(file, "mime_type", limit=100) or None
            return kind, Media(_ref(file), name, mime, reading.whole(file, "file_size"))
    return None


def _ref(file: dict[str, Any]) -> str:
    return reading.required(file, "file_id", limit=400)


def _pressed(query: dict[str, Any]) -> list[Item]:
    """A button of ours: the customer says its label."""
    message = reading.mapping(query, "message")
    sender = _sender(reading.mapping(query, "from"), reading.mapping(message, "chat"), "callback_query")
    data = reading.required(query, "data", limit=DATA_BYTES)
    label = data
    for row in reading.at(message, "reply_markup", "inline_keyboard") or ():
        for button in row if isinstance(row, list) else ():
            if reading.text(button, "callback_data") == data:
                label = reading.text(button, "text") or label
    own = reading.name_of("press", reading.required(query, "id"))
    choice = {"id": data, "value": label}
    return [
        Incoming(own, "text", label, {"choice": choice}, sender, _locale(reading.text(query, "from", "language_code")))
    ]


def _membership(update: dict[str, Any]) -> list[Item]:
    """Blocked and unblocked: only in a private chat is that about a customer."""
    change = reading.mapping(update, "my_chat_member")
    if reading.text(change, "chat", "type") != "private":
        return []
    kind = {"kicked": "unsubscribed", "member": "subscribed"}.get(reading.text(change, "new_chat_member", "status"))
    if kind is None:
        return []
    sender = _sender(reading.mapping(change, "from"), reading.mapping(change, "chat"), "my_chat_member")
    return [Happening(f"member:{reading.whole(update, 'update_id')}", kind, sender)]


def _sender(person: dict[str, Any], chat: dict[str, Any], where: str) -> Sender:
    who, room = reading.whole(person, "id"), reading.whole(chat, "id")
    if who is None or room is None:
        raise Invalid.field(f"{where}.from.id", "field_missing")
    name = " ".join(reading.text(person, key, limit=40) for key in ("first_name", "last_name")).strip()
    username = reading.text(person, "username", limit=60)
    # In a group answers go to the group, and each person there has a conversation of their own.
    address = str(room) if reading.text(chat, "type") == "private" else f"{room}:{who}"
    return Sender(address, name or username or None, attributes={"telegram": f"@{username}"} if username else {})


def _own_id(message: dict[str, Any], where: str) -> str:
    number, room = reading.whole(message, "message_id"), reading.whole(message, "chat", "id")
    if number is None:
        raise Invalid.field(f"{where}.message_id", "field_missing")
    return f"{room}:{number}"


def _locale(tag: str) -> str | None:
    return "zh-CN" if tag.startswith("zh") else "en" if tag.startswith("en") else None


# -- out ---------------------------------------------------------------------------------------------------------------


def render(message: Outbound) -> dict[str, Any]:
    """A call of the Bot API, without the chat's id; `file` is to be uploaded as the field it names."""
    payload = message.payload
    call: dict[str, Any] = {"to": message.address, "method": "sendMessage", "fields": {}}
    match message.kind:
        case "image" | "file":
            photo = message.kind == "image"
            call["method"] = "sendPhoto" if photo else "sendDocument"
            call["file"] = {
                "field": "photo" if photo else "document",
                "file_id": payload.get("file_id"),
                "url": payload.get("url"),
                "name": str(payload.get("name") or "file"),
                "mime": str(payload.get("mime") or "application/octet-stream"),
                "size": payload.get("size"),
            }
            if message.body and len(message.body) <= CAPTION:
                call["fields"] = {"caption": as_html(message.body), "parse_mode": "HTML"}
            elif message.body:
                call["then"] = _text(message.body)
        case "choices":
            prompt = message.body or str(payload.get("prompt") or "")
            options = [one for one in payload.get("options") or () if isinstance(one, dict)]
            call["fields"] = _text(prompt or "…") | {
                "reply_markup": {
                    "inline_keyboard": [
                        [{"text": str(one.get("label") or one.get("id"))[:60], "callback_data": data_of(one)}]
                        for one in options[:100]
                    ]
                }
            }
        case "card":
            call["fields"] = _card(message)
        case _:
            call["fields"] = _text(message.body)
    return call


def _text(body: str) -> dict[str, Any]:
    return {"text": as_html(body), "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def _card(message: Outbound) -> dict[str, Any]:
    url = str(message.payload.get("url") or "")
    title, _, rest = as_text(message, message.locale).replace(url, "").strip().partition("\n")
    fields = _text("") | {"text": f"<b>{escaped(title or url or '…')}</b>" + (f"\n{escaped(rest)}" if rest else "")}
    if url.startswith(("http://", "https://")):
        fields["reply_markup"] = {"inline_keyboard": [[{"text": (title or url)[:60], "url": url}]]}
    return fields


def data_of(option: dict[str, Any]) -> str:
    """What a button says when it is pressed: the option's id, or its fingerprint where that is too long for Telegram."""
    own = str(option.get("id") or option.get("label") or "")
    if len(own.encode()) <= DATA_BYTES:
        return own or "-"
    return "#" + hashlib.sha256(own.encode()).hexdigest()[:40]
