"""What WeCom says, what we say to it, and what is refused at the door."""

import contextlib
import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import Request
from qiao.channels.contract.messages import Happening, Incoming, Receipt, Withdrawn
from qiao.channels.contract.wechat_crypto import Envelopes
from qiao.channels.wecom.api import REFUSALS, WecomApi
from qiao.channels.wecom.channel import FAILURES, TEXT_BYTES, parse, render, split
from qiao.channels.wecom.hook import Wakes, WecomHook, key_of
from qiao.channels.wecom.wiring import make
from qiao.core import clock, i18n
from qiao.core.errors import Invalid, Unauthenticated
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.wecom.fake import FakeWecom
from tests.channels.wecom.parts import LocalHttp, endpoint, tokens

HERE: Final = Path(__file__).parent / "examples"
MESSAGES: Final = {one["msgid"]: one for one in json.loads((HERE / "messages.json").read_text(encoding="utf-8"))}
CALLBACK: Final = (HERE / "callback.xml").read_bytes()
ADDRESS: Final = "wkAJ2GCAAASSm4_FhToWMFea0xAFfd3Q:wmAJ2GCAAAme1XQRC-NI-q0_ZM9ukoAw"
LETTERS: Final = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
BOX: Final = Envelopes("callback", LETTERS, "ww1")
PLACE: Final = endpoint({"corp_id": "ww1"}, {"token": "callback", "aes_key": LETTERS, "secret": "s3cret"})


def kept(message: Any, **customer: str) -> bytes:
    return json.dumps({"msg": message, "customer": customer}).encode()


class TestWecom(ChannelConformance):
    channel = make(WecomApi(LocalHttp(FakeWecom().app), tokens()))
    accepted = (
        (
            kept(MESSAGES["4OSFMqF8jRa7aXhZ"], nickname="小林", unionid="ozynqs"),
            {
                "client_id": "4OSFMqF8jRa7aXhZ",
                "kind": "text",
                "body": "hello world",
                "payload": {"choice": {"id": "101", "value": "hello world"}},
            },
        ),
        (kept(MESSAGES["image1"]), {"kind": "image", "body": ""}),
        (kept(MESSAGES["voice1"]), {"kind": "file", "payload": {"voice": True}}),
        (kept(MESSAGES["video1"]), {"kind": "file"}),
        (kept(MESSAGES["file1"]), {"kind": "file"}),
        (
            kept(MESSAGES["location1"]),
            {"kind": "text", "body": "📍 广州国际媒体港(广州市海珠区) 广东省广州市海珠区滨江东路"},
        ),
        (
            kept(MESSAGES["link1"]),
            {
                "kind": "card",
                "payload": {"type": "link", "title": "TITLE", "snippet": "DESC", "url": "https://work.weixin.qq.com"},
            },
        ),
        (kept(MESSAGES["business_card1"]), {"kind": "text", "body": "[名片] USERID"}),
        (kept(MESSAGES["miniprogram1"]), {"kind": "text", "body": "[小程序] TITLE"}),
        (kept(MESSAGES["channels1"]), {"kind": "text", "body": "[视频号订单] PRODUCT_TITLES"}),
        (
            kept(MESSAGES["msgmenu1"]),
            {
                "body": "您对本次服务是否满意呢? \n满意\n不满意\n点击跳转到自助查询页面\n点击打开小程序查询更多\n欢迎再次光临"
            },
        ),
        (kept({**MESSAGES["image1"], "msgtype": "hologram", "hologram": {}}), {"kind": "text", "body": "[hologram]"}),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        kept({}),
        kept({"msgid": "a"}),
        kept({**MESSAGES["image1"], "image": {}}),
        kept({**MESSAGES["image1"], "external_userid": 5.5}),
        kept({"msgid": "a", "msgtype": "event", "origin": 4}),
        kept({"msgid": "a", "msgtype": "event", "origin": 4, "event": {"event_type": "msg_send_fail"}}),
        b"\xff",
    )


def test_who_writes_is_known_by_account_and_customer_and_unionid() -> None:
    (found,) = parse(kept(MESSAGES["4OSFMqF8jRa7aXhZ"], nickname="小林", unionid="ozynqs"))
    assert isinstance(found, Incoming) and found.sender is not None and found.at is not None
    assert (found.sender.address, found.sender.name, found.sender.union) == (ADDRESS, "小林", "wechat:ozynqs")


def test_events_are_receipts_recalls_and_happenings() -> None:
    assert parse(kept(MESSAGES["fail1"])) == [Receipt("FAIL_MSGID", "failed", code="wecom.failed.4")]
    (recalled,) = parse(kept(MESSAGES["recall1"]))
    assert isinstance(recalled, Withdrawn) and recalled.client_id == "4OSFMqF8jRa7aXhZ"
    (entered,) = parse(kept(MESSAGES["enter1"]))
    assert isinstance(entered, Happening) and (entered.kind, entered.begins) == ("entered", False)
    assert entered.data == {"scene": "123", "scene_param": "abc", "channels": "进入会话的视频号名称"}
    (changed,) = parse(kept(MESSAGES["session1"]))
    assert isinstance(changed, Happening)
    assert changed.data == {"change": 2, "from": "OLD_SERVICER_USERID", "to": "NEW_SERVICER_USERID"}
    (replied,) = parse(kept(MESSAGES["reply1"]))
    assert isinstance(replied, Happening) and replied.kind == "servicer_replied"
    assert replied.data == {"servicer": "zhangsan", "body": "您好，请问有什么可以帮您？"}
    assert parse(kept(MESSAGES["servicer1"])) == []
    assert parse(kept({**MESSAGES["image1"], "origin": 9})) == []


def test_answers_fit_what_wecom_takes() -> None:
    menu = render(outbound("choices"))
    assert menu["to"] == "customer-1"
    assert menu["messages"] == [
        {
            "msgtype": "msgmenu",
            "msgmenu": {
                "head_content": "Which one?",
                "list": [
                    {"type": "click", "click": {"id": "1", "content": "This"}},
                    {"type": "click", "click": {"id": "2", "content": "That"}},
                ],
            },
        }
    ]
    long = "第一句话说得很长。" * 200
    parts = split(long, TEXT_BYTES)
    assert "".join(parts) == long and len(parts) == 3
    assert all(len(part.encode()) <= TEXT_BYTES and part.endswith("。") for part in parts)
    assert all(len(part.encode()) <= TEXT_BYTES for part in split("字" * 10_000, TEXT_BYTES))
    assert split("  ", 10) == []


def test_every_code_has_words_in_both_languages() -> None:
    wanted = {f"wecom.refused.{word}" for word in REFUSALS.values()} | {f"wecom.failed.{one}" for one in FAILURES}
    wanted |= {"wecom.refused.staff", "wecom.refused.unknown", "wecom.media.gone", "wecom.open"}
    for locale in i18n.LOCALES:
        assert wanted <= set(i18n.catalogues()[locale])


def request(
    body: bytes, *, at: float | None = None, given: str | None = None, nonce: str = "n0", **more: str
) -> Request:
    stamp = str(int(clock.now().timestamp() if at is None else at))
    sealed, sign = BOX.seal(body, stamp, nonce)
    query = {"msg_signature": given or sign, "timestamp": stamp, "nonce": nonce, **more}
    return Request("POST", query, {}, f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>".encode())


async def test_the_callback_wakes_the_source_and_only_when_it_is_wecoms() -> None:
    wakes = Wakes()
    hook = WecomHook(wakes)
    taken = hook.take(PLACE, request(CALLBACK))
    ((key, news),) = taken.payloads
    assert taken.answer.body == b"success" and parse(news) == [] and key is not None and len(key) <= 100
    hook.take(PLACE, request(CALLBACK))  # a replay does no more than the first
    assert await wakes.wait(PLACE.inbox_id, 1) == {"wkxxxxxxx": "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR"}
    assert await wakes.wait(PLACE.inbox_id, 0.001) == {}
    for wrong in (
        request(CALLBACK, given="0" * 40),
        request(CALLBACK, at=clock.now().timestamp() - 3600),
        request(CALLBACK, at=clock.now().timestamp() + 3600),
    ):
        with pytest.raises(Unauthenticated):
            hook.take(PLACE, wrong)
    with pytest.raises(Unauthenticated):
        hook.take(endpoint({"corp_id": "ww1"}, {}), request(CALLBACK))
    with pytest.raises(Invalid):
        hook.take(PLACE, Request("POST", {}, {}, b"<xml>"))
    assert await wakes.wait(PLACE.inbox_id, 0.001) == {}


async def test_news_that_reached_another_process_is_looked_up_once() -> None:
    stored: list[str] = []

    async def look(inbox_id: UUID, after: str) -> list[str]:
        return [key for key in stored if key > after]

    wakes = Wakes(look, look_seconds=0.001)
    hook = WecomHook(Wakes())  # the other process
    hook.take(PLACE, request(CALLBACK))
    assert await wakes.wait(PLACE.inbox_id, 0.01) == {}
    ((key, _),) = hook.take(PLACE, request(CALLBACK)).payloads
    stored.append(str(key))
    found = await wakes.wait(PLACE.inbox_id, 1)
    assert found == {"wkxxxxxxx": "ENCApHxnGDNAVNY4AaSJKj4Tb5mwsEMzxhFmHVGcra996NR"}
    assert await wakes.wait(PLACE.inbox_id, 0.01) == {}
    stored.append(key_of("1", "old", "wkxxxxxxx", "old"))
    assert await wakes.wait(PLACE.inbox_id, 0.01) == {}
    # A token too long to be kept in the name is done without.
    assert key_of("1", "n", "w" * 40, "t" * 128).endswith(":" + "w" * 40 + ":")


def test_the_handshake_is_answered_with_what_was_sealed() -> None:
    hook = WecomHook(Wakes())
    sealed, sign = BOX.seal(b"1616140317555161061", "1", "n")
    query = {"msg_signature": sign, "timestamp": "1", "nonce": "n", "echostr": sealed}
    assert hook.take(PLACE, Request("GET", query, {}, b"")).answer.body == b"1616140317555161061"
    with pytest.raises(Unauthenticated):
        hook.take(PLACE, Request("GET", {**query, "nonce": "m"}, {}, b""))
    with pytest.raises(Invalid):
        hook.take(PLACE, Request("GET", {}, {}, b""))


VALUES: Final = st.sampled_from(
    [None, True, -1, 2**70, 1e309, "", "x" * 5000, "\ud800\x00", [], [[]], {}, {"a": {}}, "link"]
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_payload_breaks_parsing(data: st.DataObject) -> None:
    message = json.loads(json.dumps(data.draw(st.sampled_from(list(MESSAGES.values())))))
    part = data.draw(st.sampled_from([message, message.get(message["msgtype"], message)]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(VALUES)
    raw = kept(message)
    cut = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
    for attempt in (cut, raw, data.draw(st.binary(max_size=50))):
        with contextlib.suppress(Invalid):
            assert isinstance(parse(attempt), list)


QUERIES: Final = st.dictionaries(
    st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]), st.text(max_size=50)
)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), QUERIES)
def test_no_request_breaks_the_door(body: bytes, query: dict[str, str]) -> None:
    hook = WecomHook(Wakes())
    for attempt in (Request("POST", query, {}, body), Request("GET", query, {}, b""), request(body)):
        with contextlib.suppress(Invalid, Unauthenticated):
            hook.take(PLACE, attempt)
