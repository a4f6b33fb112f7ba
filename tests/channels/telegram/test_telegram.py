"""A Telegram bot: updates in, calls out, refusals told apart, both ways of taking in."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import telegram
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, MediaFailed, SourceFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Edited, Happening, Incoming, Media
from qiao.channels.telegram import api
from qiao.channels.telegram.adapter import TelegramAdapter
from qiao.channels.telegram.channel import data_of
from qiao.channels.telegram.formatting import as_html
from qiao.channels.telegram.source import TelegramSource
from qiao.channels.telegram.wiring import make
from qiao.core import clock, i18n
from qiao.core.errors import Invalid, NotFound, Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.social import endpoint, examples, http_to, posted, spoilt, survives, takes
from tests.channels.telegram.fake import TOKEN, FakeTelegram

CHANNEL = make(http_to(FakeTelegram().app))
SAMPLES = examples("telegram")


def bot(**settings: Any) -> Endpoint:
    return endpoint(settings, bot_token=TOKEN)


class TestTelegram(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (SAMPLES["text"], {"kind": "text", "body": "Where is my order?", "client_id": "1111111:1365", "locale": "en"}),
        (SAMPLES["photo"], {"kind": "image", "body": "坏了", "locale": "zh-CN"}),
        (SAMPLES["document"], {"kind": "file", "body": ""}),
        (SAMPLES["voice"], {"kind": "file"}),
        (SAMPLES["video"], {"kind": "file"}),
        (SAMPLES["sticker"], {"kind": "image"}),
        (SAMPLES["location"], {"kind": "text", "body": "📍 人民广场 黄浦区 31.2304,121.4737"}),
        (SAMPLES["contact"], {"kind": "text", "body": "👤 Li Lei +8613900000001"}),
        (SAMPLES["callback"], {"kind": "text", "body": "That", "payload": {"choice": {"id": "2", "value": "That"}}}),
        (SAMPLES["group"], {"kind": "text", "body": "when do you open?"}),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"update_id":1,"message":{}}',
        b'{"update_id":1,"message":{"from":{"id":1},"chat":{"id":1,"type":"private"},"text":"x"}}',
        b'{"update_id":1,"callback_query":{"from":{"id":1}}}',
        b'{"update_id":1,"message":{"message_id":1,"from":{"id":1},"chat":{"id":1},"photo":[{"width":1}]}}',
    )


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_examples_are_what_an_sdk_understands(name: str) -> None:
    update = telegram.Update.de_json(json.loads(SAMPLES[name]), None)
    assert update.effective_user is not None and update.effective_user.id == 1111111
    for item in CHANNEL.parse(SAMPLES[name]):
        sender = getattr(item, "sender", None)
        assert sender is not None
        room = update.effective_chat
        assert room is not None
        assert sender.address == (str(room.id) if room.type == "private" else f"{room.id}:1111111")
        if isinstance(item, Incoming) and update.message is not None:
            assert item.client_id == f"{room.id}:{update.message.message_id}"
            attachment = update.message.effective_attachment
            if item.media:
                best = attachment[-1] if isinstance(attachment, tuple) else attachment
                assert item.media[0].ref == getattr(best, "file_id", None)


def test_what_is_no_message_is_told_apart() -> None:
    (entered,) = CHANNEL.parse(SAMPLES["start"])
    assert isinstance(entered, Happening)
    assert (entered.kind, entered.data) == ("entered", {"scene": "shop-42"})
    (edited,) = CHANNEL.parse(SAMPLES["edited"])
    assert isinstance(edited, Edited)
    assert (edited.client_id, edited.body) == ("1111111:1365", "Where is my order K1?")
    (left,) = CHANNEL.parse(SAMPLES["blocked"])
    assert isinstance(left, Happening) and left.kind == "unsubscribed"
    assert CHANNEL.parse(b'{"update_id":1,"poll":{}}') == []


def test_the_hook_knows_its_own_secret() -> None:
    assert CHANNEL.hook is not None
    place = bot(bot_username="shop_bot")
    headers = {"x-telegram-bot-api-secret-token": api.secret_token(place)}
    taken = CHANNEL.hook.take(place, posted(SAMPLES["text"], headers=headers))
    assert [key for key, _ in taken.payloads] == ["10000"]
    pressed = CHANNEL.hook.take(place, posted(SAMPLES["callback"], headers=headers))
    assert json.loads(pressed.answer.body) == {
        "method": "answerCallbackQuery",
        "callback_query_id": "4382bfdwdsb323b2d9",
    }
    assert len(CHANNEL.hook.take(place, posted(SAMPLES["group"], headers=headers)).payloads) == 1
    for other in (bot(), bot(bot_username="shop"), bot(bot_username="other_bot")):
        known = {"x-telegram-bot-api-secret-token": api.secret_token(other)}
        assert CHANNEL.hook.take(other, posted(SAMPLES["group"], headers=known)).payloads == ()
    for wrong in ({}, {"x-telegram-bot-api-secret-token": "x"}, {"x-telegram-bot-api-secret-token": "令牌"}):
        with pytest.raises(Unauthenticated):
            CHANNEL.hook.take(place, posted(SAMPLES["text"], headers=wrong))
    with pytest.raises(Invalid):
        CHANNEL.hook.take(place, posted(b'{"x":1}', headers=headers))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("**bold** `x<y`", "<b>bold</b> <code>x&lt;y</code>"),
        ("[Help](https://shop.example/a?b=1&c=2)", '<a href="https://shop.example/a?b=1&amp;c=2">Help</a>'),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("```\nif a<b\n```", "<pre>\nif a&lt;b\n</pre>"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_words_become_safe_html(said: str, shown: str) -> None:
    assert as_html(said) == shown


@given(st.text(alphabet="*`[]()<>&ab \nhtps:/.", max_size=60))
@settings(max_examples=100)
def test_html_is_always_well_formed(said: str) -> None:
    etree.fromstring(f"<r>{as_html(said)}</r>")


class Files(ChannelHttp):
    """Files without a store behind them."""

    async def read_file(self, file_id: Any) -> bytes:
        if str(file_id) == "gone":
            raise NotFound("file_not_found")
        return b"x" * int(str(file_id))


async def test_messages_go_out_in_every_kind() -> None:
    fake = FakeTelegram()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.recaller is not None
    place = bot()

    async def send(kind: str, **change: Any) -> Any:
        rendered = channel.render(outbound(kind))
        rendered["to"] = "1111111"
        return await channel.adapter.deliver(place, new_id(), rendered | change)  # type: ignore[union-attr]  # it has one

    sent = await send("text")
    assert sent.remote_ids == ("1111111:501",)
    assert fake.calls[-1][1]["text"] == "hello" and fake.calls[-1][1]["parse_mode"] == "HTML"
    await send("choices")
    keyboard = fake.calls[-1][1]["reply_markup"]["inline_keyboard"]
    assert keyboard == [[{"text": "This", "callback_data": "1"}], [{"text": "That", "callback_data": "2"}]]
    await send("card")
    assert fake.calls[-1][1]["text"] == "<b>Returns</b>\nWithin 7 days"
    assert fake.calls[-1][1]["reply_markup"]["inline_keyboard"][0][0]["url"] == "https://shop.example/r"
    # Markup Telegram does not like goes as plain words.
    fake.refusals = [(400, "Bad Request: can't parse entities: unclosed tag", {})]
    await send("text")
    assert "parse_mode" not in fake.calls[-1][1]
    # A group that moved is written to where it is now.
    fake.refusals = [(400, "Bad Request: group chat was upgraded", {"migrate_to_chat_id": -100123})]
    assert (await send("text", to="-5:77")).remote_ids == ("-100123:505",)
    await channel.recaller.recall(place, "1111111", ["1111111:501"])
    assert fake.calls[-1] == ("deleteMessage", {"chat_id": "1111111", "message_id": 501})
    fake.refusals = [(400, "Bad Request: message can't be deleted for everyone", {})]
    with pytest.raises(DeliveryRefused, match="too_late"):
        await channel.recaller.recall(place, "1111111", ["1111111:501"])
    long = "x" * 65
    assert data_of({"id": long}).startswith("#") and len(data_of({"id": long})) <= 64


async def test_files_are_uploaded_and_fetched() -> None:
    fake = FakeTelegram()
    http = Files(None, transport=http_to(fake.app).transport)  # type: ignore[arg-type]  # no runtime: no store
    channel = make(http)
    assert channel.adapter is not None and channel.fetcher is not None
    place = bot()
    image = channel.render(outbound("image")) | {"to": "1"}

    async def send(rendered: Any, file_id: str) -> None:
        await channel.adapter.deliver(place, new_id(), rendered | {"file": rendered["file"] | {"file_id": file_id}})  # type: ignore[union-attr]  # it has one

    await send(image, "5")
    assert fake.methods == ["sendChatAction", "sendPhoto"]
    assert fake.uploads == [("photo", "a.png", b"xxxxx")]
    await send(image, str(10 * 1024 * 1024 + 1))
    assert fake.methods[-1] == "sendDocument"
    fake.refusals = [(400, "Bad Request: PHOTO_INVALID_DIMENSIONS", {})]
    await send(image, "5")
    assert fake.methods[-2:] == ["sendPhoto", "sendDocument"]
    file = channel.render(outbound("file")) | {"to": "1"}
    await send(file, "7")
    assert fake.methods[-1] == "sendDocument" and fake.calls[-1][1]["caption"] == "see"
    with pytest.raises(DeliveryRefused, match="file_gone"):
        await send(file, "gone")
    with pytest.raises(DeliveryRefused, match="too_large"):
        await send(file, str(50 * 1024 * 1024 + 1))

    fetched = [chunk async for chunk in channel.fetcher.fetch(place, Media("F1", "a.jpg"))]
    assert b"".join(fetched) == b"bytes of photos/F1.jpg"
    fake.refusals = [(400, "Bad Request: file is too big", {})]
    with pytest.raises(MediaFailed, match="too_large"):
        [chunk async for chunk in channel.fetcher.fetch(place, Media("F1", "a.jpg"))]


async def test_refusals_are_told_apart() -> None:
    fake = FakeTelegram()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None
    place = bot()
    rendered = channel.render(outbound("text")) | {"to": "1"}
    known = [(400, f"Bad Request: {part}") for part, _ in api.REFUSALS] + [(403, "Forbidden: anything"), (413, "Large")]
    for code, words in known:
        fake.refusals = [(code, words, {})]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(place, new_id(), rendered)
        for locale in i18n.LOCALES:
            assert i18n.t(refused.value.code, locale) != refused.value.code
    fake.refusals = [(429, "Too Many Requests: retry after 7", {"retry_after": 7})]
    with pytest.raises(DeliveryFailed) as slow:
        await channel.adapter.deliver(place, new_id(), rendered)
    assert slow.value.after == 7.0
    for code, words in ((400, "Bad Request: never heard of"), (500, "Internal"), (502, "Bad Gateway")):
        fake.refusals = [(code, words, {})]
        with pytest.raises(DeliveryFailed):
            await channel.adapter.deliver(place, new_id(), rendered)
    for wrong in (endpoint({}, bot_token="old"), endpoint({})):
        with pytest.raises(DeliveryRefused, match="token"):
            await channel.adapter.deliver(wrong, new_id(), rendered)


async def test_trying_out_and_connecting() -> None:
    fake = FakeTelegram()
    channel = make(http_to(fake.app))
    assert channel.probe is not None
    place = bot()
    assert await channel.probe.probe(place) == {"name": "Shop", "username": "shop_bot"}
    assert fake.methods == ["getMe"]
    adapter = TelegramAdapter(http_to(fake.app))
    await adapter.connect(place)
    assert fake.webhook["url"] == "https://help.example/api/v1/channels/hooks/k1"
    assert fake.webhook["secret_token"] == api.secret_token(place)
    await adapter.connect(bot(intake="poll"))
    assert fake.webhook["url"] == ""
    assert channel.typist is not None
    await channel.typist.typing(place, "-5:77", on=True)
    assert fake.calls[-1] == ("sendChatAction", {"chat_id": "-5", "action": "typing"})
    await channel.typist.typing(place, "-5:77", on=False)
    assert fake.methods[-1] == "sendChatAction" and fake.methods.count("sendChatAction") == 1
    with pytest.raises(SourceFailed) as wrong:
        await channel.probe.probe(endpoint({}, bot_token="old"))
    assert wrong.value.hopeless
    fake.refusals = [(400, "Bad Request: bad webhook: HTTPS url must be provided", {})]
    with pytest.raises(SourceFailed) as refused:
        await TelegramSource(adapter).run(place, Kept(rounds=0))
    assert "HTTPS" in i18n.t(refused.value.code, "en", **refused.value.params)


class Kept:
    """A sink that keeps in memory and stops its source after so many rounds."""

    def __init__(self, rounds: int):
        self.cursor: dict[str, Any] = {}
        self.payloads: list[tuple[str | None, bytes]] = []
        self.rounds = rounds

    async def take(self, payloads: Any, cursor: dict[str, Any] | None = None) -> None:
        self.payloads += payloads
        self.cursor = cursor or self.cursor

    async def fine(self) -> None:
        self.rounds -= 1
        if self.rounds < 0:
            raise asyncio.CancelledError


async def test_fetching_goes_on_where_it_stopped() -> None:
    fake = FakeTelegram()
    fake.updates = [json.loads(SAMPLES[name]) for name in ("text", "callback", "group")]
    source = TelegramSource(TelegramAdapter(http_to(fake.app)))
    sink = Kept(rounds=1)
    with pytest.raises(asyncio.CancelledError):
        await source.run(bot(intake="poll"), sink)
    assert [key for key, _ in sink.payloads] == ["10000", "10010"]  # no bot of that name was mentioned in the group
    assert sink.cursor == {"offset": 10012}
    assert fake.methods[0] == "deleteWebhook"
    assert ("answerCallbackQuery", {"callback_query_id": "4382bfdwdsb323b2d9"}) in fake.calls
    fake.refusals = [(409, "Conflict: terminated by other getUpdates request", {})]
    with pytest.raises(SourceFailed, match="conflict"):
        await source.run(bot(intake="poll"), sink)
    with pytest.raises(SourceFailed) as hopeless:
        await source.run(endpoint({"intake": "poll"}), sink)
    assert hopeless.value.hopeless


async def test_posting_is_watched_over() -> None:
    fake = FakeTelegram()
    source = TelegramSource(TelegramAdapter(http_to(fake.app)), watch=60.0)
    sink = Kept(rounds=0)
    with pytest.raises(asyncio.CancelledError):
        await source.run(bot(), sink)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with clock.frozen(at), pytest.raises(SourceFailed, match="hook") as broken:
        failing = fake._result

        def told(method: str, fields: dict[str, Any]) -> Any:
            result = failing(method, fields)
            if method == "getWebhookInfo":
                return result | {"last_error_date": int(at.timestamp()) - 5, "last_error_message": "SSL error"}
            return result

        fake._result = told  # type: ignore[method-assign]  # a server in trouble
        await source.run(bot(), sink)
    assert "SSL error" in i18n.t(broken.value.code, "zh-CN", **broken.value.params)
    fake._result = lambda method, fields: {"url": "https://elsewhere.example"}  # type: ignore[method-assign]  # taken over
    with pytest.raises(SourceFailed, match="elsewhere"):
        await source.run(bot(), sink)


@given(spoilt(list(SAMPLES.values())))
@settings(max_examples=100)
def test_spoilt_updates_are_items_or_invalid(raw: bytes) -> None:
    survives(CHANNEL, raw)
    place = bot(bot_username="shop_bot")
    takes(CHANNEL, place, posted(raw, headers={"x-telegram-bot-api-secret-token": api.secret_token(place)}))
