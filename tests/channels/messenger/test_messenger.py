"""Messenger and Instagram: what Meta posts, what goes out, windows and tags, codes told apart."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import (
    Channel,
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    SourceFailed,
)
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Edited, Happening, Incoming, Media, Receipt, Sender, Withdrawn
from qiao.channels.messenger import codes
from qiao.channels.messenger.channel import INSTAGRAM, MESSENGER
from qiao.channels.messenger.rendering import parts
from qiao.channels.messenger.wiring import make
from qiao.core import i18n
from qiao.core.errors import Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.messenger.fake import PAGE, SECRET, TOKEN, FakeSend, signed
from tests.channels.social import endpoint, examples, http_to, posted, spoilt, survives, takes

PAGES = make(http_to(FakeSend().app), MESSENGER)
GRAMS = make(http_to(FakeSend().app), INSTAGRAM)
SAMPLES = examples("messenger")


def page(**settings: Any) -> Endpoint:
    known = {"account_id": PAGE} | settings
    return endpoint(known, access_token=TOKEN, app_secret=SECRET, verify_token="verify-me")


class TestMessenger(ChannelConformance):
    channel = PAGES
    accepted = (
        (SAMPLES["text"], {"kind": "text", "body": "hello, world!", "client_id": "m_1457764197618:41d102a3e1ae206a38"}),
        (SAMPLES["quick_reply"], {"body": "Blue", "payload": {"choice": {"id": "b", "value": "Blue"}}}),
        (SAMPLES["reply_to"], {"payload": {"reply_to": "m_earlier"}}),
        (SAMPLES["audio"], {"kind": "file", "body": ""}),
        (SAMPLES["location"], {"kind": "text", "body": "📍 Facebook HQ 37.483872693672,-122.14900441942"}),
        (SAMPLES["share"], {"body": "🔗 A post https://www.facebook.com/posts/1"}),
        (SAMPLES["postback"], {"body": "Talk to us", "payload": {"choice": {"id": "TALK", "value": "Talk to us"}}}),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        SAMPLES["instagram_text"],
        b'{"object":"page","entry":[{"messaging":[{"message":{"text":"x"},"sender":{"id":"1"}}]}]}',
        b'{"object":"page","entry":[{"messaging":[{"message":{"mid":"1","text":"x"}}]}]}',
        b'{"object":"page","entry":[{"messaging":[{"message":[],"sender":{"id":"1"}}]}]}',
    )


class TestInstagram(ChannelConformance):
    channel = GRAMS
    accepted = (
        (SAMPLES["instagram_text"], {"kind": "text", "body": "Is it still there?"}),
        (SAMPLES["instagram_unsupported"], {"body": "❔", "payload": {"unsupported": "instagram"}}),
    )
    refused = (b"", b"{}", SAMPLES["text"])


def test_what_else_happens_is_told_apart() -> None:
    text, first, second = PAGES.parse(SAMPLES["images"])
    assert isinstance(first, Incoming) and isinstance(second, Incoming) and isinstance(text, Incoming)
    assert (text.body, first.kind, second.kind) == ("two of them", "image", "image")
    assert len({text.client_id, first.client_id, second.client_id}) == 3
    assert PAGES.parse(SAMPLES["echo"]) == []
    for name, scene in (("get_started", "shop-42"), ("referral", "poster-7")):
        (entered,) = PAGES.parse(SAMPLES[name])
        assert isinstance(entered, Happening) and (entered.kind, entered.data["scene"]) == ("entered", scene)
    assert PAGES.parse(SAMPLES["delivery"]) == [Receipt("mid.1458668856218:ed81099e15d3f4f233", "delivered")]
    until = datetime(2016, 3, 22, 17, 47, 36, 253000, tzinfo=UTC)
    for name, state in (("delivery_watermark", "delivered"), ("read", "read")):
        assert PAGES.parse(SAMPLES[name]) == [Receipt("", state, address="24051234567890", until=until)]  # type: ignore[arg-type]  # one of the two
    (reacted,) = PAGES.parse(SAMPLES["reaction"])
    assert isinstance(reacted, Happening) and reacted.data["emoji"] == "❤️"
    (deleted,) = GRAMS.parse(SAMPLES["instagram_deleted"])
    (edited,) = GRAMS.parse(SAMPLES["instagram_edit"])
    assert isinstance(deleted, Withdrawn) and isinstance(edited, Edited)
    assert deleted.client_id == edited.client_id
    assert GRAMS.parse(SAMPLES["instagram_read"]) == [Receipt("aWdfOUR", "read")]


def test_the_hook_checks_takes_apart_and_notes_the_window() -> None:
    assert PAGES.hook is not None
    place = page()
    asked = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "99"}
    assert PAGES.hook.take(place, posted(b"", method="GET", query=asked)).answer.body == b"99"
    both = json.loads(SAMPLES["text"])
    for name in ("echo", "read"):
        both["entry"][0]["messaging"] += json.loads(SAMPLES[name])["entry"][0]["messaging"]
    raw = json.dumps(both).encode()
    taken = PAGES.hook.take(place, posted(raw, headers=signed(raw)))
    again = PAGES.hook.take(place, posted(raw, headers=signed(raw)))
    assert len(taken.payloads) == 2 and [key for key, _ in taken.payloads] == [key for key, _ in again.payloads]
    assert PAGES.hook.take(page(account_id="5"), posted(raw, headers=signed(raw))).payloads == []

    def opens(place: Endpoint) -> Any:
        (item,) = PAGES.parse(PAGES.hook.take(place, posted(raw, headers=signed(raw))).payloads[0][1])  # type: ignore[union-attr]  # it has one
        assert isinstance(item, Incoming)
        return item.opens

    assert opens(place).open_for == timedelta(hours=24)
    assert opens(page(human_agent=True)) is None
    for headers in ({}, {"x-hub-signature-256": "sha256=0"}, signed(raw + b" ")):
        with pytest.raises(Unauthenticated):
            PAGES.hook.take(place, posted(raw, headers=headers))


@given(st.text(alphabet="ab 好。\n😀", max_size=300), st.sampled_from([20, 50]))
@settings(max_examples=80)
def test_long_words_lose_nothing(body: str, longest: int) -> None:
    found = parts(body, longest)
    assert all(part and len(part.encode()) <= longest for part in found)
    assert "".join("".join(found).split()) == "".join(body.split())


def rendered(channel: Channel, kind: str, author: str = "user", **payload: Any) -> Any:
    message = outbound(kind)
    message = msgspec.structs.replace(message, payload={**message.payload, **payload}, author_kind=author)
    return channel.render(message) | {"to": "24051234567890"}


async def test_messages_go_out() -> None:
    fake = FakeSend()
    channel = make(http_to(fake.app), MESSENGER)
    assert channel.adapter is not None and channel.probe is not None
    sent = await channel.adapter.deliver(page(), new_id(), rendered(channel, "text"))
    assert sent is not None and sent.remote_ids == ("m_1",)
    assert fake.sent[0] == {
        "recipient": {"id": "24051234567890"},
        "message": {"text": "hello"},
        "messaging_type": "RESPONSE",
    }
    await channel.adapter.deliver(page(), new_id(), rendered(channel, "choices"))
    assert [one["payload"] for one in fake.sent[-1]["message"]["quick_replies"]] == ["1", "2"]
    long = [{"id": "x", "label": "A label that is far too long to be tapped"}, {"id": "y", "label": "Short"}]
    out = rendered(channel, "choices", options=long)["messages"][0]
    assert "1. A label that is far too long" in out["text"]
    assert [one["title"] for one in out["quick_replies"]] == ["1", "2"]
    await channel.adapter.deliver(page(), new_id(), rendered(channel, "card"))
    element = fake.sent[-1]["message"]["attachment"]["payload"]["elements"][0]
    assert (element["title"], element["subtitle"]) == ("Returns", "Within 7 days")
    assert (await channel.probe.probe(page())) == {"name": "Shop"}
    with pytest.raises(SourceFailed, match="token"):
        await channel.probe.probe(endpoint({"account_id": PAGE}, access_token="old", app_secret=SECRET))
    assert len(rendered(GRAMS, "text")["messages"]) == 1
    many = GRAMS.render(msgspec.structs.replace(outbound("text"), body="好" * 700))["messages"]
    assert len(many) == 3 and all(len(one["text"].encode()) <= 1000 for one in many)


async def test_people_have_names_and_see_us_write() -> None:
    fake = FakeSend()
    channel = make(http_to(fake.app), MESSENGER)
    assert channel.directory is not None and channel.typist is not None
    found = await channel.directory.look_up(page(), Sender("24051234567890"))
    assert (found.name, found.attributes) == ("Mei Lin", {"instagram": "@mei"})
    fake.errors = [(100, 33, 400)]
    assert await channel.directory.look_up(page(), Sender("1")) == Sender("1")
    await channel.typist.typing(page(), "1", on=True)
    await channel.typist.typing(page(), "1", on=False)
    assert fake.typing == ["typing_on", "typing_off"]


async def test_after_a_day_only_people_with_the_tag_answer() -> None:
    fake = FakeSend()
    fake.closed = True
    channel = make(http_to(fake.app), MESSENGER)
    assert channel.adapter is not None
    await channel.adapter.deliver(page(human_agent=True), new_id(), rendered(channel, "text"))
    assert (fake.sent[0]["messaging_type"], fake.sent[0]["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    for place, author in ((page(human_agent=True), "bot"), (page(), "user")):
        with pytest.raises(DeliveryRefused, match="window"):
            await channel.adapter.deliver(place, new_id(), rendered(channel, "text", author))


async def test_codes_are_told_apart() -> None:
    fake = FakeSend()
    channel = make(http_to(fake.app), MESSENGER)
    assert channel.adapter is not None
    out = rendered(channel, "text")
    for code, subcode in [*codes.WINDOW, *codes.REFUSED, *((code, 0) for code in codes.BY_CODE)]:
        fake.errors = [(code, subcode, 400)]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(page(), new_id(), out)
        for locale in i18n.LOCALES:
            told = i18n.t(refused.value.code, locale, **refused.value.params)
            assert told != refused.value.code and "{" not in told
    for code, after in codes.AGAIN.items():
        fake.errors = [(code, 0, 400)]
        with pytest.raises(DeliveryFailed) as failed:
            await channel.adapter.deliver(page(), new_id(), out)
        assert failed.value.after == after
    fake.errors = [(99_999, 0, 400)]
    with pytest.raises(DeliveryFailed):
        await channel.adapter.deliver(page(), new_id(), out)


class Files(ChannelHttp):
    async def read_file(self, file_id: Any) -> bytes:
        return b"file " + str(file_id).encode()


async def test_files_go_up_and_come_down() -> None:
    fake = FakeSend()
    http = Files(None, transport=http_to(fake.app).transport)  # type: ignore[arg-type]  # no runtime: no store
    pages, grams = make(http, MESSENGER), make(http, INSTAGRAM)
    assert pages.adapter is not None and grams.adapter is not None and pages.fetcher is not None
    sent = await pages.adapter.deliver(page(), new_id(), rendered(pages, "file"))
    assert sent is not None and len(sent.remote_ids) == 2  # the file, and what was said of it
    assert fake.uploads == [b"file f"]
    assert fake.sent[0]["message"]["attachment"]["type"] == "file" and fake.sent[1]["message"] == {"text": "see"}
    await grams.adapter.deliver(page(), new_id(), rendered(grams, "image", url="https://help.example/f/a.png"))
    assert fake.sent[-1]["message"]["attachment"] == {
        "type": "image",
        "payload": {"url": "https://help.example/f/a.png"},
    }

    async def fetched(url: str) -> bytes:
        return b"".join([chunk async for chunk in pages.fetcher.fetch(page(), Media(url, "a"))])  # type: ignore[union-attr]  # it has one

    assert await fetched("https://scontent.xx.fbcdn.net/v/1.jpg?oh=1") == b"a file"
    for gone in (
        "https://scontent.xx.fbcdn.net/v/gone.jpg",
        "https://evil.example/v/1.jpg",
        "http://fbcdn.net/v/1.jpg",
    ):
        with pytest.raises(MediaFailed):
            await fetched(gone)


@given(spoilt(list(SAMPLES.values())))
@settings(max_examples=100)
def test_spoilt_posts_are_items_or_invalid(raw: bytes) -> None:
    for channel in (PAGES, GRAMS):
        survives(channel, raw)
        takes(channel, page(), posted(raw, headers=signed(raw)))
