"""Text messages: numbers, parts, words, what providers post, and what they answer."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, SourceFailed
from qiao.channels.contract.messages import Happening, Incoming, Receipt
from qiao.channels.sms import aliyun, generic, words
from qiao.channels.sms.numbers import canonical
from qiao.channels.sms.segments import segments
from qiao.channels.sms.wiring import make
from qiao.core import i18n
from qiao.core.errors import Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.sms.fake import KEY, SECRET, FakeSms
from tests.channels.social import JSON, endpoint, examples, http_to, posted, spoilt, survives, takes

CHANNEL = make(http_to(FakeSms().app))
SAMPLES = examples("sms")
TOKEN = "hook-token"
ALIYUN = {
    "provider": "aliyun",
    "access_key_id": KEY,
    "sign_name": "乔家",
    "reply_template": "SMS_1",
    "aliyun_url": "https://dysmsapi.aliyuncs.com",
}
HTTP = {
    "provider": "http",
    "url": "https://sms.example/send?ref={id}",
    "headers": "Authorization: Basic {basic}\nX-Key: {secret}",
    "id_path": "data.0.id",
    "ok_values": ["0"],
    "retry_values": ["7"],
    "items_path": "",
}


def kept(item: dict[str, Any], provider: str = "aliyun", **more: Any) -> bytes:
    return json.dumps({"provider": provider, "country": "86", "item": item, **more}).encode()


UP = json.loads(SAMPLES["aliyun_up"])
REPORTS = json.loads(SAMPLES["aliyun_report"])


class TestSms(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (
            kept(UP[0]),
            {"kind": "text", "body": "请问几点送到？", "client_id": "up:13900000001:1234567890:1483240333"},
        ),
        (
            kept({"kind": "text", "id": "m1", "from": "+447700900123", "text": "hello"}, "http"),
            {"kind": "text", "body": "hello", "client_id": "m1"},
        ),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        kept({"phone_number": "abc", "content": "x", "send_time": "2017-01-01 11:12:13"}),
        kept({"phone_number": "13900000001", "content": " "}),
        kept({"success": True}),
        kept({"kind": "unknown", "posted": {}}, "http"),
        kept({"kind": "text", "from": "13900000001", "text": "x"}, "http"),
    )


@pytest.mark.parametrize(
    ("text", "alphabet", "count", "left"),
    [
        ("", "gsm7", 0, 160),
        ("a" * 160, "gsm7", 1, 0),
        ("a" * 161, "gsm7", 2, 145),
        ("€" * 80, "gsm7", 1, 0),
        ("a" * 152 + "€" + "a" * 10, "gsm7", 2, 141),
        ("好" * 70, "ucs2", 1, 0),
        ("好" * 71, "ucs2", 2, 63),
        ("好" * 66 + "😀" + "好" * 5, "ucs2", 2, 60),
    ],
)
def test_parts_are_counted_as_operators_count(text: str, alphabet: str, count: int, left: int) -> None:
    found = segments(text)
    assert (found.alphabet, found.count, found.left) == (alphabet, count, left)


@given(st.text(max_size=400))
@settings(max_examples=60)
def test_parts_have_room_for_all(text: str) -> None:
    found = segments(text)
    most = {"gsm7": 160, "ucs2": 70}[found.alphabet]
    assert (found.count == 0) == (text == "")
    assert found.units <= max(1, found.count) * most
    assert 0 <= found.left <= most


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("138 0013 8000", "86", "+8613800138000"),
        ("+86-138-0013-8000", "1", "+8613800138000"),
        ("008613800138000", "86", "+8613800138000"),
        ("8613800138000", "86", "+8613800138000"),
        ("１３８００１３８０００", "86", "+8613800138000"),
        ("85212345678", "86", "+85212345678"),
        ("07700 900123", "44", "+447700900123"),
        ("447700900123", "44", "+447700900123"),
        ("10690000", "86", "10690000"),
        ("1381234****", "86", None),
        ("+0123456789", "86", None),
        ("", "86", None),
    ],
)
def test_a_number_is_written_one_way(written: str, country: str, number: str | None) -> None:
    assert canonical(written, country) == number


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("TD", "opted_out"),
        ("td。", "opted_out"),
        (" 【退订】 ", "opted_out"),
        ("ＳＴＯＰ", "opted_out"),
        ("Opt-out", "opted_out"),
        ("unsubscribe!", "opted_out"),
        ("请停", "opted_out"),
        ("start", "opted_in"),
        ("恢复订阅", "opted_in"),
        ("please stop by at five", None),
        ("我要退订这个套餐", None),
        ("", None),
    ],
)
def test_only_the_bare_word_is_a_wish(text: str, meaning: str | None) -> None:
    assert words.meaning(text, ["请停"]) == meaning


def test_wishes_and_reports_of_aliyun_are_understood() -> None:
    place = endpoint(ALIYUN | {"opt_out_words": ["请停"]}, hook_token=TOKEN)
    assert CHANNEL.hook is not None
    taken = CHANNEL.hook.take(place, posted(SAMPLES["aliyun_up"], query={"token": TOKEN}))
    assert json.loads(taken.answer.body)["code"] == 0
    assert [key for key, _ in taken.payloads] == [
        "up:13900000001:1234567890:2017-01-01 11:12:13",
        "up:13900000001:1234567891:2017-01-01 11:13:13",
    ]
    said, wish = (CHANNEL.parse(raw)[0] for _, raw in taken.payloads)
    assert isinstance(said, Incoming) and said.sender is not None and said.at is not None
    assert (said.sender.address, said.sender.phone, said.sender.vouched) == ("+8613900000001", "+8613900000001", set())
    assert said.at.isoformat() == "2017-01-01T03:12:13+00:00"
    assert isinstance(wish, Happening) and wish.kind == "opted_out"

    taken = CHANNEL.hook.take(place, posted(SAMPLES["aliyun_report"], query={"token": TOKEN}))
    items = [CHANNEL.parse(raw)[0] for _, raw in taken.payloads]
    assert items == [
        Receipt("12345", "delivered"),
        Receipt("12346", "failed", "sms.failed.number_unknown", "MK:0001 空号"),
    ]
    assert CHANNEL.hook.take(place, posted(b"[]", query={"token": TOKEN})).payloads == []


def test_a_mapping_reads_any_provider() -> None:
    mapping = {
        "in_from": "From",
        "in_text": "Body",
        "in_id": "MessageSid",
        "report_id": "MessageSid",
        "report_state": "MessageStatus",
        "report_error": "ErrorCode",
        "hook_answer": "<Response/>",
        "country": "44",
    }
    place = endpoint(HTTP | mapping, hook_token=TOKEN)
    form = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Bearer {TOKEN}"}
    assert CHANNEL.hook is not None

    def read(body: bytes) -> Any:
        taken = CHANNEL.hook.take(place, posted(body, headers=form))  # type: ignore[union-attr]  # it has one
        assert taken.answer.body == b"<Response/>"
        return [CHANNEL.parse(raw) for _, raw in taken.payloads]

    ((said,),) = read(b"From=%2B447700900123&Body=Where+is+it%3F&MessageSid=SM1")
    assert (said.client_id, said.body, said.sender.address) == ("SM1", "Where is it?", "+447700900123")
    assert read(b"MessageSid=SM2&MessageStatus=delivered") == [[Receipt("SM2", "delivered")]]
    assert read(b"MessageSid=SM2&MessageStatus=sent") == [[]]
    ((failed,),) = read(b"MessageSid=SM2&MessageStatus=undelivered&ErrorCode=UNREACH-1")
    assert (failed.state, failed.code) == ("failed", "sms.failed.unreachable")
    listed = endpoint(HTTP | {"items_path": "d.list", "in_text": "t", "in_from": "f"}, hook_token=TOKEN)
    body = {"d": {"list": [{"t": "a", "f": "13900000001"}, {"t": "b", "f": "13900000001"}]}}
    taken = CHANNEL.hook.take(listed, posted(body, query={"token": TOKEN}))
    assert len({key for key, _ in taken.payloads}) == 2
    asked = posted(b"", method="GET", query={"token": TOKEN, "text": "c", "from": "13900000001"})
    ((_, raw),) = CHANNEL.hook.take(endpoint(HTTP, hook_token=TOKEN), asked).payloads
    (said,) = CHANNEL.parse(raw)
    assert isinstance(said, Incoming) and said.body == "c"


@pytest.mark.parametrize("query", [{}, {"token": ""}, {"token": "wrong"}, {"token": "口令"}])
def test_without_the_token_nothing_is_taken(query: dict[str, str]) -> None:
    assert CHANNEL.hook is not None
    with pytest.raises(Unauthenticated):
        CHANNEL.hook.take(endpoint(ALIYUN, hook_token=TOKEN), posted(SAMPLES["aliyun_up"], query=query))
    with pytest.raises(Unauthenticated):
        CHANNEL.hook.take(endpoint(ALIYUN), posted(SAMPLES["aliyun_up"], query=query))


def test_the_signature_is_the_published_one() -> None:
    headers = aliyun.signed(
        "YourAccessKeyId",
        "YourAccessKeySecret",
        host="ecs.cn-shanghai.aliyuncs.com",
        action="RunInstances",
        version="2014-05-26",
        query={"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        at="2023-10-26T10:22:32Z",
        nonce="3156853299f313e23d1673dc12e1703d",
    )
    assert headers["authorization"].endswith(
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


async def test_aliyun_sends_through_templates() -> None:
    fake = FakeSms()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.probe is not None
    place = endpoint(ALIYUN, access_key_secret=SECRET)
    assert channel.adapter.configured(place.settings)
    own = new_id()
    rendered = channel.render(outbound("text")) | {"to": "+8613900000001", "text": '到了 ~*"&'}
    sent = await channel.adapter.deliver(place, own, rendered)
    assert sent is not None and sent.remote_ids == ("900619715844361^0",)
    (asked,) = fake.sent
    assert (asked["PhoneNumbers"], asked["SignName"], asked["TemplateCode"]) == ("13900000001", "乔家", "SMS_1")
    assert json.loads(asked["TemplateParam"]) == {"content": '到了 ~*"&'}
    assert asked["OutId"] == str(own)
    template = {"to": "+85212345678", "template": {"id": "SMS_9", "data": {"code": 5}}}
    await channel.adapter.deliver(place, own, rendered | template)
    assert (fake.sent[1]["PhoneNumbers"], fake.sent[1]["TemplateCode"]) == ("85212345678", "SMS_9")
    assert json.loads(fake.sent[1]["TemplateParam"]) == {"code": "5"}
    assert await channel.probe.probe(place) == {"sign_name": "乔家"}
    assert channel.templates is not None
    (listed,) = await channel.templates.templates(place)
    assert (listed.id, listed.text, listed.fields) == (
        "SMS_9",
        "验证码 {code}，{minutes} 分钟内有效",
        ("code", "minutes"),
    )

    with pytest.raises(DeliveryRefused, match="no_template"):
        await channel.adapter.deliver(endpoint(ALIYUN | {"reply_template": ""}), own, rendered)
    with pytest.raises(DeliveryRefused, match="credentials"):
        await channel.adapter.deliver(endpoint(ALIYUN, access_key_secret="old"), own, rendered)
    with pytest.raises(SourceFailed, match="credentials"):
        await channel.probe.probe(endpoint(ALIYUN, access_key_secret="old"))
    with pytest.raises(DeliveryRefused, match="number"):
        await channel.adapter.deliver(place, own, rendered | {"to": "nobody"})
    with pytest.raises(DeliveryRefused, match="too_many_parts"):
        await channel.adapter.deliver(place, own, rendered | {"segments": 11})


async def test_every_code_of_aliyun_is_told_apart() -> None:
    fake = FakeSms()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None
    place = endpoint(ALIYUN, access_key_secret=SECRET)
    rendered = channel.render(outbound("text")) | {"to": "+8613900000001"}
    for code in (*aliyun.AGAIN, "isv.SOMETHING_NEW"):
        fake.answers = [(400, {"Code": code, "Message": "m"})]
        with pytest.raises(DeliveryFailed, match=r"m$"):
            await channel.adapter.deliver(place, new_id(), rendered)
    for code in aliyun.REFUSED:
        fake.answers = [(200, {"Code": code, "Message": "m"})]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(place, new_id(), rendered)
        for locale in i18n.LOCALES:
            told = i18n.t(refused.value.code, locale, **refused.value.params)
            assert told != refused.value.code and "{" not in told
    fake.answers = [(503, {"Code": "Throttling.User", "Message": "slow down"})]
    with pytest.raises(DeliveryFailed) as slow:
        await channel.adapter.deliver(place, new_id(), rendered)
    assert slow.value.after == 1.0
    fake.answers = [(200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控Permits:1"})]
    with pytest.raises(DeliveryFailed) as minute:
        await channel.adapter.deliver(place, new_id(), rendered)
    assert minute.value.after == 60.0
    fake.answers = [(200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发天级流控Permits:10"})]
    with pytest.raises(DeliveryRefused, match="limit"):
        await channel.adapter.deliver(place, new_id(), rendered)


async def test_any_provider_is_asked_as_told() -> None:
    fake = FakeSms()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.probe is not None
    place = endpoint(HTTP, api_secret="user:pass")
    own = new_id()
    rendered = channel.render(outbound("text")) | {"to": "+447700900123", "text": 'say "hi"\n{secret}'}
    sent = await channel.adapter.deliver(place, own, rendered)
    assert sent is not None and sent.remote_ids == ("m-1",)
    (asked,) = fake.sent
    assert json.loads(asked["body"]) == {"to": "+447700900123", "text": 'say "hi"\n{secret}', "reference": str(own)}
    assert asked["headers"]["authorization"] == "Basic dXNlcjpwYXNz"
    assert asked["headers"]["x-key"] == "user:pass"
    assert asked["query"] == {"ref": str(own)}
    assert await channel.probe.probe(place) == {"host": "sms.example"}

    fake.answers = [(200, {"error": 7})]
    with pytest.raises(DeliveryFailed):
        await channel.adapter.deliver(place, own, rendered)
    for status, answer in ((200, {"error": 9}), (400, {}), (401, {})):
        fake.answers = [(status, answer)]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(place, own, rendered)
        assert i18n.t(refused.value.code, "en") != refused.value.code
    fake.answers = [(500, {})]
    with pytest.raises(DeliveryFailed):
        await channel.adapter.deliver(place, own, rendered)


@pytest.mark.parametrize(
    ("form", "value", "told"),
    [
        ("application/json", 'a"b\n', 'a\\"b\\n'),
        ("application/x-www-form-urlencoded", "a&b=c d", "a%26b%3Dc+d"),
        ("text/xml", "<a&'", "&lt;a&amp;&apos;"),
        ("url", "a/b?c&d", "a%2Fb%3Fc%26d"),
        ("header", "a\r\nX-Evil: 1", "a X-Evil: 1"),
    ],
)
def test_what_is_filled_in_stays_a_value(form: str, value: str, told: str) -> None:
    assert generic.filled("[{text}]{other}", {"text": value}, form) == f"[{told}]{{other}}"


GOOD = [
    *SAMPLES.values(),
    kept(UP[0]),
    kept(REPORTS[1]),
    kept({"kind": "report", "id": "1", "state": "failed"}, "http"),
]


@given(spoilt(GOOD))
@settings(max_examples=80)
def test_spoilt_payloads_are_items_or_invalid(raw: bytes) -> None:
    survives(CHANNEL, raw)
    for place in (endpoint(ALIYUN, hook_token=TOKEN), endpoint(HTTP, hook_token=TOKEN)):
        takes(CHANNEL, place, posted(raw, query={"token": TOKEN}))


@given(st.dictionaries(st.sampled_from(["from", "text", "id", "status", "error", "item", "kind", "content"]), JSON))
@settings(max_examples=40)
def test_odd_items_are_items_or_invalid(item: dict[str, Any]) -> None:
    survives(CHANNEL, kept(item, "http", stop_words=[1, "x"]))
    survives(CHANNEL, kept(item | {"phone_number": "13900000001"}))
