"""A channel with everything a channel can have and no provider behind it: what the tests of the contract speak through."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, SecretStr

from qiao.channels.contract.channel import (
    Answer,
    Channel,
    CollectingAdapter,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    Request,
    Sent,
    Sink,
    SourceFailed,
    Taken,
    Template,
)
from qiao.channels.contract.manifest import Capabilities, Manifest, Window
from qiao.channels.contract.messages import (
    Edited,
    Happening,
    Incoming,
    Item,
    Media,
    Outbound,
    Receipt,
    Sender,
    Withdrawn,
)
from qiao.core.errors import Invalid, Unauthenticated

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f64540"
    "0000000049454e44ae426082"
)


class ToySettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str = ""
    password: SecretStr | None = None


def parse(raw: bytes) -> Sequence[Item]:
    """Items of a payload `{"items": […]}`, or one item by itself."""
    try:
        found = msgspec.json.decode(raw)
    except msgspec.MsgspecError:
        raise Invalid.field("body", "json_invalid") from None
    items = found.get("items", [found])
    if any(not isinstance(item, dict) or "type" not in item for item in items):
        raise Invalid.field("type", "field_missing")
    return [_item(item) for item in items]


def _item(item: dict[str, Any]) -> Item:
    who = Sender(
        item.get("from", "u1"),
        name=item.get("name"),
        email=item.get("email"),
        phone=item.get("phone"),
        union=item.get("union"),
        vouched=frozenset(item.get("vouched", ())),
    )
    match item["type"]:
        case "receipt":
            return Receipt(item["of"], item["state"], item.get("code"), item.get("detail", ""))
        case "withdrawn":
            return Withdrawn(who, item["id"])
        case "edited":
            return Edited(who, item["id"], item["text"])
        case "happening":
            return Happening(item["id"], item["kind"], who, item.get("data", {}), begins=item.get("begins", False))
    media = tuple(Media(ref, f"{ref}.png") for ref in item.get("files", ()))
    if "html" in item:
        media += (Media("html", "body.html", data=item["html"].encode()),)
    return Incoming(
        item["id"],
        item.get("kind", "text"),
        item.get("text", ""),
        {},
        who,
        media=media,
        threads=tuple(item.get("threads", ())),
        begins=tuple(item.get("begins", ())),
        unattended=item.get("unattended", False),
    )


def render(message: Outbound) -> dict[str, Any]:
    return {
        "to": message.address,
        "kind": message.kind,
        "text": message.body,
        "threads": list(message.threads),
        "template": message.payload.get("template"),
    }


class Hook:
    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        if request.method == "GET":
            return Taken(answer=Answer(request.query.get("echo", "").encode()))
        if request.headers.get("x-toy") != endpoint.credentials.get("password", "open"):
            raise Unauthenticated("channel_signature_invalid")
        key = request.headers.get("x-id")
        return Taken([(key, request.body)], Answer(b"ok"))


class Provider(CollectingAdapter):
    """The other side: refuses, fails, has files and templates, can be asked, takes back."""

    def __init__(self) -> None:
        super().__init__()
        self.refuse: DeliveryRefused | None = None
        self.files: dict[str, bytes | Exception] = {"photo": PNG}
        self.fetched: list[str] = []

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent | None:
        if self.refuse is not None:
            raise self.refuse
        sent = await super().deliver(endpoint, message_id, payload)
        assert sent is not None
        return Sent(sent.remote_ids, threads=(f"out-{len(self.delivered)}",))

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        self.fetched.append(media.ref)
        found = self.files.get(media.ref, MediaFailed("channels.media.gone"))
        if isinstance(found, Exception):
            raise found
        yield found

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        if endpoint.credentials.get("password") != "right":  # what the test types
            raise SourceFailed("channels.source.unreachable", detail="wrong password")
        return {"account": str(endpoint.settings["account"])}

    async def templates(self, endpoint: Endpoint) -> Sequence[Template]:
        return [Template("t1", "Delivered", "Your parcel {number} is there", ("number",))]

    def texts(self) -> list[str]:
        return [payload["text"] for _, _, payload in self.delivered]


class Feed:
    """A source that gives what it is fed, page by page, and breaks when told."""

    def __init__(self) -> None:
        self.pages: list[bytes] = []
        self.broken: Exception | None = None
        self.opened: list[dict[str, Any]] = []

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return settings.get("account") == "feed"

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        self.opened.append(dict(sink.cursor))
        while True:
            if self.broken is not None:
                broken, self.broken = self.broken, None
                raise broken
            seen = int(sink.cursor.get("seen", 0))
            if seen < len(self.pages):
                await sink.take([(f"page-{seen}", self.pages[seen])], {"seen": seen + 1})
                await sink.fine()
            await asyncio.sleep(0.01)


def toy(provider: Provider, feed: Feed | None = None, *, window: Window | None = None, **more: Any) -> Channel:
    """The channel, over `provider`."""
    return Channel(
        manifest=Manifest(
            name="toy",
            title={"zh-CN": "玩具", "en": "Toy"},
            summary={"zh-CN": "只在测试里。", "en": "In tests only."},
            identity_kind="toy",
            capabilities=Capabilities(
                receives=frozenset({"text", "image", "file"}),
                sends=frozenset({"text"}),
                delivery="push",
                longest_text=500,
                window=window,
                receipts=True,
                templates=True,
                starts=window is None,
                recall=timedelta(minutes=2),
            ),
            settings=ToySettings,
            **more,
        ),
        parse=parse,
        render=render,
        adapter=provider,
        hook=Hook(),
        source=feed,
        fetcher=provider,
        probe=provider,
        templates=provider,
    )
