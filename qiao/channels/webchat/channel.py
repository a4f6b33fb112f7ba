"""Webchat as a channel: it shows messages itself, over realtime, so it has no adapter."""

from typing import Any, Final

import msgspec

from qiao.channels.contract.channel import Channel
from qiao.channels.contract.manifest import KINDS, Capabilities, Manifest
from qiao.channels.contract.messages import Incoming, Outbound
from qiao.channels.webchat import policy
from qiao.core.errors import Invalid
from qiao.desk.conversations.schemas import TEXT_LIMIT
from qiao.desk.inboxes.schemas import WebchatSettings


class Sent(msgspec.Struct):
    """What the widget posts."""

    client_id: str
    kind: str = "text"
    body: str = ""
    payload: dict[str, Any] = {}


_decode: Final = msgspec.json.Decoder(Sent).decode


def parse(raw: bytes | str) -> list[Incoming]:
    """A message of the widget. Raises Invalid."""
    return [message(raw)]


def message(raw: bytes | str) -> Incoming:
    """What the widget posted. Raises Invalid."""
    try:
        sent = _decode(raw)
    except msgspec.MsgspecError:
        raise Invalid.field("body", "json_invalid") from None
    return accept(sent.client_id, sent.kind, sent.body, sent.payload)


def accept(client_id: str, kind: str, body: str, payload: dict[str, Any]) -> Incoming:
    """A visitor's message, cleaned. Raises Invalid."""
    if not client_id or len(client_id) > policy.CLIENT_ID_LIMIT or "\x00" in client_id:
        raise Invalid.field("client_id", "field_missing" if not client_id else "value_invalid")
    if kind not in policy.RECEIVES:
        raise Invalid.field("kind", "conversation.kind_not_allowed", kind=kind[:40])
    if kind == "text" and not body.strip():
        raise Invalid.field("body", "conversation.empty_message")
    if len(body) > TEXT_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=TEXT_LIMIT)
    return Incoming(client_id, kind, body, policy.clean_payload(kind, payload) if payload else {})


def render(message: Outbound) -> dict[str, Any]:
    """A message as the widget reads it: the common message view."""
    return {
        "id": str(message.id),
        "conversation_id": str(message.conversation_id),
        "seq": message.seq,
        "author": {"kind": message.author_kind, "name": message.author_name},
        "kind": message.kind,
        "body": message.body,
        "payload": message.payload,
        "created_at": message.created_at,
    }


CHANNEL: Final = Channel(
    manifest=Manifest(
        name="webchat",
        title={"zh-CN": "网页聊天", "en": "Web chat"},
        summary={
            "zh-CN": "一行代码嵌入网站的聊天窗口。",
            "en": "A chat window that a website carries by one line of code.",
        },
        identity_kind="visitor",
        capabilities=Capabilities(
            receives=policy.RECEIVES,
            sends=frozenset(KINDS),
            delivery="live",
            longest_text=TEXT_LIMIT,
            typing=True,
            read_receipts=True,
        ),
        settings=WebchatSettings,
        docs="embed",
        group="web",
    ),
    parse=parse,
    render=render,
)
