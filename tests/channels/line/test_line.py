"""LINE: events in, replies while the token is fresh and pushes after, refusals told apart."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from linebot.v3.messaging import PushMessageRequest
from linebot.v3.webhook import SignatureValidator, WebhookParser

from qiao.channels.contract.channel import (
    Channel,
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    SourceFailed,
)
from qiao.channels.contract.messages import Happening, Incoming, Media, Sender, Withdrawn
from qiao.channels.contract.tokens import Fetch, Tokens
from qiao.channels.line.channel import render
from qiao.channels.line.wiring import make
from qiao.core import clock, i18n
from qiao.core.errors import Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.line.fake import CHANNEL_ID, SECRET, FakeLine, signed
from tests.channels.social import endpoint, examples, http_to, posted, spoilt, survives, takes


class HeldTokens:
    """Tokens without a database."""

    def __init__(self) -> None:
        self.held: str | None = None

    async def get(self, place: Endpoint, name: str, fetch: Fetch) -> str:
        if self.held is None:
            self.held = (await fetch())[0]
        return self.held

    async def drop(self, place: Endpoint, name: str, token: str) -> None:
        self.held = None


def channel_to(fake: FakeLine) -> Channel:
    return make(http_to(fake.app), cast(Tokens, HeldTokens()))


CHANNEL = channel_to(FakeLine())
SAMPLES = examples("line")
AT = datetime.fromtimestamp(1692251666.727, UTC)


def account(**credentials: str) -> Endpoint:
    return endpoint({"channel_id": CHANNEL_ID}, **({"channel_secret": SECRET} | credentials))


class TestLine(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (SAMPLES["text"], {"kind": "text", "body": "Hello, world (love)", "client_id": "468789577898262001"}),
        (SAMPLES["image"], {"kind": "image"}),
        (SAMPLES["image_external"], {"kind": "text", "body": "https://example.com/original.jpg"}),
        (SAMPLES["video"], {"kind": "file"}),
        (SAMPLES["audio"], {"kind": "file"}),
        (SAMPLES["file"], {"kind": "file"}),
        (SAMPLES["sticker"], {"kind": "image"}),
        (SAMPLES["location"], {"kind": "text", "body": "📍 my location 1-3 Kioicho 35.67966,139.73669"}),
        (SAMPLES["group_mention"], {"kind": "text", "body": "when do you open?"}),
        (SAMPLES["postback"], {"body": "That", "payload": {"choice": {"id": "2", "value": "That"}}}),
        (
            SAMPLES["postback_menu"],
            {"payload": {"choice": {"id": "storeId=12345", "value": "storeId=12345 2017-12-25T01:00"}}},
        ),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"events":[{"type":"message","message":{"type":"text","text":"x"},"source":{"type":"user","userId":"U"}}]}',
        b'{"events":[{"type":"message","message":{"id":"1","type":"text","text":"x"},"source":{"type":"user"}}]}',
        b'{"events":[{"type":"follow","source":{"type":"user","userId":"U"}}]}',
    )


def test_what_else_happens_is_told_apart() -> None:
    def one(name: str) -> Any:
        (item,) = CHANNEL.parse(SAMPLES[name])
        return item

    assert (one("follow").kind, one("unfollow").kind) == ("subscribed", "unsubscribed")
    assert isinstance(one("beacon"), Happening)
    assert one("unsend") == Withdrawn(Sender("U80696558e1aa831"), "468789577898262001")
    assert CHANNEL.parse(SAMPLES["group_chatter"]) == []
    assert one("group_mention").sender.address == "Ca56f94637c:U80696558e1aa831"
    said = one("text")
    assert isinstance(said, Incoming) and said.at == AT
    assert said.begins == ("reply:1692251666727:38ef843bde154d9b91c21320ffd17a0f",)


def test_the_hook_checks_and_takes_apart() -> None:
    assert CHANNEL.hook is not None
    both = json.loads(SAMPLES["text"])
    both["events"] += json.loads(SAMPLES["follow"])["events"]
    again = json.loads(SAMPLES["text"])["events"][0] | {"deliveryContext": {"isRedelivery": True}}
    both["events"] += [again, again | {"mode": "standby"}]
    raw = json.dumps(both).encode()
    taken = CHANNEL.hook.take(account(), posted(raw, headers=signed(raw)))
    keys = [key for key, _ in taken.payloads]
    assert len(keys) == 3 and keys[0] == keys[2]
    signature = signed(raw)["x-line-signature"]
    assert SignatureValidator(SECRET).validate(raw.decode(), signature)
    assert len(WebhookParser(SECRET).parse(raw.decode(), signature)) == 4
    empty = b'{"destination":"x","events":[]}'
    assert CHANNEL.hook.take(account(), posted(empty, headers=signed(empty))).payloads == []
    for headers in ({}, {"x-line-signature": "x"}, {"x-line-signature": "签名"}, signed(raw + b" ")):
        with pytest.raises(Unauthenticated):
            CHANNEL.hook.take(account(), posted(raw, headers=headers))
    with pytest.raises(Unauthenticated):
        CHANNEL.hook.take(endpoint({}), posted(raw, headers=signed(raw)))


def out(kind: str, threads: tuple[str, ...] = (), **payload: Any) -> Any:
    message = outbound(kind)
    message = msgspec.structs.replace(message, payload={**message.payload, **payload}, threads=threads)
    return render(message) | {"to": "U80696558e1aa831"}


def test_an_sdk_reads_what_is_sent() -> None:
    picture = out("image", url="https://help.example/f/a.png")
    assert picture["messages"][0]["originalContentUrl"] == "https://help.example/f/a.png"
    assert out("image")["messages"][0]["type"] == "text"  # LINE takes pictures by a public address only
    for rendered in (out("text"), out("card"), out("choices"), picture):
        request = PushMessageRequest.from_dict({"to": "U1", "messages": rendered["messages"]})
        assert request is not None and request.messages[0].type == rendered["messages"][0]["type"]
    items = out("choices")["messages"][0]["quickReply"]["items"]
    assert [one["action"]["data"] for one in items] == ["id=1&label=This", "id=2&label=That"]
    long = [{"id": "x", "label": "A label that is far too long to be tapped"}]
    shown = out("choices", options=long)["messages"][0]
    assert "1. A label" in shown["text"] and shown["quickReply"]["items"][0]["action"]["label"] == "1"
    assert "quickReply" not in out("choices", options=[{"id": str(n), "label": "x"} for n in range(14)])["messages"][0]


async def test_a_fresh_token_replies_and_a_stale_one_pushes() -> None:
    fake = FakeLine()
    channel = channel_to(fake)
    assert channel.adapter is not None
    names = ("reply:1692251666727:old-one", "reply:1692251666727:38ef")
    with clock.frozen(AT + timedelta(seconds=10)):
        sent = await channel.adapter.deliver(account(), new_id(), out("text", names))
        assert sent is not None and sent.remote_ids == ("r1",) and fake.replies[0]["replyToken"] == "38ef"
        await channel.adapter.deliver(account(), new_id(), out("text", names))  # it was good once
        assert (len(fake.replies), len(fake.pushes)) == (1, 1)
        fake.reply_tokens.add("elsewhere")  # another process has used it
        await channel.adapter.deliver(account(), new_id(), out("text", ("reply:1692251666727:elsewhere",)))
        assert len(fake.pushes) == 2
    with clock.frozen(AT + timedelta(minutes=2)):
        own = new_id()
        fresh = out("text", ("reply:1692251666727:late",))
        first = await channel.adapter.deliver(account(), own, fresh)
        assert first is not None and first.remote_ids == ("p3",)
        await channel.adapter.deliver(account(), own, fresh)  # taken before: not sent twice
        assert len(fake.pushes) == 3 and len(fake.replies) == 1
        await channel.adapter.deliver(account(), new_id(), out("text") | {"to": "Ca56:U80"})
        assert fake.pushes[-1]["to"] == "Ca56"


async def test_tokens_are_renewed_and_refusals_told_apart() -> None:
    fake = FakeLine()
    channel = channel_to(fake)
    assert channel.adapter is not None and channel.probe is not None
    await channel.adapter.deliver(account(), new_id(), out("text"))
    fake.token += 1  # LINE forgot the one we hold
    await channel.adapter.deliver(account(), new_id(), out("text"))
    assert len(fake.pushes) == 2
    facts = await channel.probe.probe(account())
    assert facts == {"name": "Shop", "id": "@shop", "quota": "15 / 200"}
    with pytest.raises(SourceFailed, match="credentials"):
        await channel_to(fake).probe.probe(account(channel_secret="wrong"))  # type: ignore[union-attr]  # it has one
    await channel.adapter.deliver(account(access_token="long-lived"), new_id(), out("text"))
    with pytest.raises(DeliveryRefused, match="credentials"):
        await channel.adapter.deliver(account(access_token="revoked"), new_id(), out("text"))
    refusals: list[tuple[int, str, str]] = [
        (400, "The property, 'to', in the request body is invalid (line: -, column: -)", "person"),
        (400, "Failed to send messages", "person"),
        (400, "A message (messages[0]) in the request body is invalid", "invalid"),
        (403, "You're not authorized to use this API", "plan"),
        (404, "Not found", "person"),
        (413, "Request entity too large", "too_large"),
        (429, "You have reached your monthly limit.", "quota"),
    ]
    for status, words, name in refusals:
        fake.errors = [(status, {"message": words})]
        with pytest.raises(DeliveryRefused, match=name) as refused:
            await channel.adapter.deliver(account(), new_id(), out("text"))
        for locale in i18n.LOCALES:
            told = i18n.t(refused.value.code, locale, **refused.value.params)
            assert told != refused.value.code and "{" not in told
    for status, words in ((429, "The API rate limit has been exceeded. Try again later."), (500, "Internal")):
        fake.errors = [(status, {"message": words})]
        with pytest.raises(DeliveryFailed):
            await channel.adapter.deliver(account(), new_id(), out("text"))


async def test_files_names_and_signs_of_writing() -> None:
    fake = FakeLine()
    channel = channel_to(fake)
    assert channel.fetcher is not None and channel.directory is not None and channel.typist is not None

    async def fetched(ref: str) -> bytes:
        return b"".join([chunk async for chunk in channel.fetcher.fetch(account(), Media(ref, "a"))])  # type: ignore[union-attr]  # it has one

    assert await fetched("468789577898262530") == b"content of 468789577898262530"
    assert await fetched("sticker:1") == b"sticker 1/android/sticker.png"
    fake.errors = [(404, {"message": "Not found"})]
    with pytest.raises(MediaFailed):
        await fetched("1")
    for address in ("U1", "Ca56:U1"):
        assert (await channel.directory.look_up(account(), Sender(address))).name == "林美"
    fake.errors = [(404, {"message": "Not found"})]
    assert (await channel.directory.look_up(account(), Sender("U2"))).name is None
    await channel.typist.typing(account(), "U1", on=True)
    await channel.typist.typing(account(), "Ca56:U1", on=True)
    await channel.typist.typing(account(), "U1", on=False)
    assert fake.loading == ["U1"]


@given(spoilt(list(SAMPLES.values())))
@settings(max_examples=100)
def test_spoilt_posts_are_items_or_invalid(raw: bytes) -> None:
    survives(CHANNEL, raw)
    takes(CHANNEL, account(), posted(raw, headers=signed(raw)))
