"""The api channel: the neutral message is its payload, in both directions."""

from typing import Any, Final

import msgspec

from qiao.channels.api.callback import CallbackAdapter
from qiao.channels.contract.channel import Channel
from qiao.channels.contract.manifest import KINDS, Capabilities, Manifest
from qiao.channels.contract.messages import Incoming, Outbound, Sender
from qiao.core.errors import Invalid
from qiao.desk.conversations.schemas import TEXT_LIMIT
from qiao.desk.inboxes.schemas import ApiSettings

RECEIVES: Final = frozenset({"text", "image", "file", "card"})
PAYLOAD_LIMIT: Final = 16_000


class From(msgspec.Struct):
    id: str
    name: str | None = None
    phone: str | None = None
    email: str | None = None


class Posted(msgspec.Struct):
    """What an integrator posts."""

    client_id: str
    sender: From = msgspec.field(name="from")
    kind: str = "text"
    body: str = ""
    payload: dict[str, Any] = {}
    locale: str | None = None


_decode: Final = msgspec.json.Decoder(Posted).decode


def parse(raw: bytes | str) -> list[Incoming]:
    """A customer's message. Raises Invalid."""
    return [message(raw)]


def message(raw: bytes | str) -> Incoming:
    """What an integrator posted. Raises Invalid."""
    try:
        posted = _decode(raw)
    except msgspec.ValidationError as error:
        # "Expected `str`, got `int` - at `$.from.id`" / "Object missing required field `from`"
        where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else "body"
        raise Invalid.field(where, "field_missing" if "missing required" in str(error) else "value_invalid") from None
    except msgspec.MsgspecError:
        raise Invalid.field("body", "json_invalid") from None
    for field, value, limit in (
        ("client_id", posted.client_id, 80),
        ("from.id", posted.sender.id.strip(), 200),
        ("from.name", posted.sender.name or " ", 80),
    ):
        if not value:
            raise Invalid.field(field, "field_missing")
        if len(value) > limit:
            raise Invalid.field(field, "text_too_long", max_length=limit)
        if "\x00" in value:
            raise Invalid.field(field, "text_not_storable")
    if posted.kind not in RECEIVES:
        raise Invalid.field("kind", "conversation.kind_not_allowed", kind=posted.kind[:40])
    if posted.kind == "text" and not posted.body.strip():
        raise Invalid.field("body", "conversation.empty_message")
    if len(posted.body) > TEXT_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=TEXT_LIMIT)
    if len(msgspec.json.encode(posted.payload)) > PAYLOAD_LIMIT:
        raise Invalid.field("payload", "text_too_long", max_length=PAYLOAD_LIMIT)
    payload = posted.payload if posted.kind != "text" else {}
    sender = Sender(posted.sender.id.strip(), posted.sender.name, posted.sender.phone, posted.sender.email)
    return Incoming(posted.client_id, posted.kind, posted.body, payload, sender, posted.locale)


def render(message: Outbound) -> dict[str, Any]:
    """What the outbox holds and the callback is given."""
    return {
        "type": "message.created",
        "to": {"id": message.address},
        "conversation": {"id": str(message.conversation_id), "number": message.conversation_number},
        "message": {
            "id": str(message.id),
            "seq": message.seq,
            "author": {"kind": message.author_kind, "name": message.author_name},
            "kind": message.kind,
            "body": message.body,
            "payload": message.payload,
            "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
        },
    }


def make(adapter: CallbackAdapter) -> Channel:
    """The channel with its adapter."""
    return Channel(
        manifest=Manifest(
            name="api",
            title={"zh-CN": "API 渠道", "en": "API"},
            summary={
                "zh-CN": "用自己的界面收发消息：HTTP 写入，回调或长轮询取出。",
                "en": "Messages of your own front end: posted in, fetched or called back out.",
            },
            identity_kind="api",
            capabilities=Capabilities(
                receives=RECEIVES, sends=frozenset(KINDS), delivery="push", longest_text=TEXT_LIMIT, starts=True
            ),
            settings=ApiSettings,
            docs="api",
        ),
        parse=parse,
        render=render,
        adapter=adapter,
    )
