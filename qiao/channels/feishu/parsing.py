"""Events of Feishu → items. Pure."""

from collections.abc import Sequence
from typing import Any, Final

from qiao.channels.contract.messages import Incoming, Item, Media, Receipt, Sender, Withdrawn
from qiao.channels.contract.reading import (
    clean,
    document,
    mapping,
    mappings,
    moment,
    name_of,
    required,
    text,
)
from qiao.core.errors import Invalid

PARTS: Final = 20
READ_AT_ONCE: Final = 200
GROUP: Final = "group"

_Part = tuple[str, str, dict[str, Any], tuple[Media, ...]]


def parse(raw: bytes) -> Sequence[Item]:
    """One event 2.0. Raises Invalid."""
    found = document(raw)
    kind = required(found, "header", "event_type", limit=100)
    event = mapping(found, "event")
    if kind == "im.message.receive_v1":
        return _message(event)
    if kind == "card.action.trigger":
        return _pressed(required(found, "header", "event_id", limit=100), event)
    if kind == "im.message.message_read_v1":
        ids = event.get("message_id_list")
        return (
            [Receipt(one, "read") for one in ids[:READ_AT_ONCE] if isinstance(one, str)]
            if isinstance(ids, list)
            else []
        )
    if kind == "im.message.recalled_v1":
        # Only the chat is named, which is whom one talks to alone; in a group it could be anybody.
        chat, message_id = required(event, "chat_id", limit=100), required(event, "message_id")
        return [Withdrawn(Sender(f"p:{chat}"), name_of(message_id))]
    return []


def _sender(chat: str, group: bool, ids: dict[str, Any]) -> Sender:
    open_id, union = required(ids, "open_id", limit=100), text(ids, "union_id", limit=100)
    return Sender(
        address=f"g:{chat}:{open_id}" if group else f"p:{chat}",
        union=f"feishu:{union}" if union else None,
        attributes={"feishu_open_id": open_id},
    )


def _message(event: dict[str, Any]) -> list[Item]:
    message = mapping(event, "message")
    message_id, chat = required(message, "message_id"), required(message, "chat_id", limit=100)
    group = text(message, "chat_type", limit=20) != "p2p"
    if text(event, "sender", "sender_type", limit=20) not in ("", "user") or (group and not _mentioned(message)):
        return []
    sender = _sender(chat, group, mapping(event, "sender", "sender_id"))
    kind = required(message, "message_type", limit=40)
    content = _inner(message)
    return [
        Incoming(
            client_id=name_of(message_id) if not number else name_of(message_id, str(number)),
            kind=becomes,
            body=words,
            payload=payload,
            sender=sender,
            media=media,
            context={"group": chat} if group else {},
            at=moment(message, "create_time"),
        )
        for number, (becomes, words, payload, media) in enumerate(_content(kind, content, message_id, message))
    ]


def _inner(message: dict[str, Any]) -> dict[str, Any]:
    """The content: JSON inside JSON."""
    raw = message.get("content")
    if not isinstance(raw, str):
        raise Invalid.field("event.message.content", "field_missing")
    return document(raw.encode("utf-8", "replace"))


def _mentioned(message: dict[str, Any]) -> bool:
    """Whether a bot is mentioned. Where Feishu does not say which kind a mention is, being told of the message is enough."""
    kinds = [text(one, "mentioned_type", limit=20) for one in mappings(message, "mentions")]
    return bool(kinds) and ("bot" in kinds or not any(kinds))


def _content(kind: str, content: dict[str, Any], message_id: str, message: dict[str, Any]) -> list[_Part]:
    if kind == "text":
        return [("text", _named(text(content, "text"), message), {}, ())]
    if kind == "post":
        return _post(content, message_id, message)
    if kind == "image":
        return [("image", "", {}, (_media(message_id, "image", content, "image_key", "image.png"),))]
    if kind in ("file", "audio", "media"):
        usual = {"audio": "voice.opus", "media": "video.mp4"}.get(kind, "file")
        name = text(content, "file_name", limit=200) or usual
        media = _media(message_id, "file", content, "file_key", name)
        return [("file", "", {"voice": True} if kind == "audio" else {}, (media,))]
    if kind == "location":
        name = text(content, "name", limit=500)
        place = {key: text(content, key, limit=30) for key in ("latitude", "longitude")}
        return [("text", f"📍 {name}".strip(), {"location": {**place, "name": name}}, ())]
    return [("text", f"[{_KINDS.get(kind, clean(kind, 40))}]", {}, ())]


_KINDS: Final = {
    "sticker": "表情",
    "share_chat": "群名片",
    "share_user": "个人名片",
    "merge_forward": "聊天记录",
    "interactive": "卡片",
    "folder": "文件夹",
    "todo": "任务",
    "vote": "投票",
    "calendar": "日程",
    "hongbao": "红包",
    "system": "系统消息",
    "video_chat": "视频会议",
}


def _named(words: str, message: dict[str, Any]) -> str:
    """Mentions as names; the mention of the bot itself says nothing."""
    for number, one in enumerate(mappings(message, "mentions")):
        key, name = text(one, "key", limit=50), text(one, "name", limit=100)
        kind = text(one, "mentioned_type", limit=20)
        if key and number < 50:
            words = words.replace(
                key, "" if kind == "bot" or (not kind and number == 0 and _group(message)) else f"@{name}"
            )
    return clean(words.strip())


def _group(message: dict[str, Any]) -> bool:
    return text(message, "chat_type", limit=20) == GROUP


def _post(content: dict[str, Any], message_id: str, message: dict[str, Any]) -> list[_Part]:
    """Text and pictures in the order they were written: each run of text and each picture is a message."""
    parts: list[_Part] = []
    words = text(content, "title", limit=500)
    lines = content.get("content")
    for line in lines[:500] if isinstance(lines, list) else ():
        words += "\n" if words else ""
        for one in (entry for entry in line[:200] if isinstance(entry, dict)) if isinstance(line, list) else ():
            tag = text(one, "tag", limit=20)
            if tag in ("img", "media"):
                if words.strip():
                    parts.append(("text", _named(words, message), {}, ()))
                    words = ""
                becomes, key, name = (
                    ("image", "image_key", "image.png") if tag == "img" else ("file", "file_key", "video.mp4")
                )
                kind = "image" if tag == "img" else "file"
                parts.append((becomes, "", {}, (_media(message_id, kind, one, key, name),)))
            else:
                words += _run(tag, one)
        words = words[:20_000]
    if words.strip():
        parts.append(("text", _named(words, message), {}, ()))
    if not parts:
        raise Invalid.field("event.message.content.content", "field_missing")
    return parts[:PARTS]


def _run(tag: str, one: dict[str, Any]) -> str:
    if tag == "at":
        key = text(one, "user_id", limit=100)
        return key if key.startswith("@_user") else "@" + text(one, "user_name", limit=100)
    if tag == "a":
        words, link = text(one, "text", limit=2_000), text(one, "href", limit=2_000)
        return words if link in ("", words) else f"{words} {link}"
    if tag == "emotion":
        return f"[{text(one, 'emoji_type', limit=50)}]"
    return "—" if tag == "hr" else text(one, "text")


def _media(message_id: str, kind: str, content: dict[str, Any], key: str, name: str) -> Media:
    return Media(ref=f"{message_id}/{kind}/{required(content, key, limit=300)}", name=name)


def _pressed(event_id: str, event: dict[str, Any]) -> list[Item]:
    """A button of a card of ours. Buttons of others are none of ours."""
    value = mapping(event, "action", "value")
    label = text(value, "label", limit=500)
    if text(value, "qiao", limit=10) != "choice" or not label:
        return []
    chat = required(event, "context", "open_chat_id", limit=100)
    group = text(value, "chat", limit=1) == "g"
    choice = {"id": text(value, "id", limit=200) or label, "value": label}
    return [
        Incoming(
            client_id=name_of(event_id),
            kind="text",
            body=label,
            payload={"choice": choice},
            sender=_sender(chat, group, mapping(event, "operator")),
            context={"group": chat} if group else {},
        )
    ]
