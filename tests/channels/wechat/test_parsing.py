"""What WeChat posts and what is made of it, with the payloads its documentation shows."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import Channel, CollectingAdapter
from qiao.channels.contract.messages import Happening, Incoming, Receipt
from qiao.channels.wechat import window
from qiao.channels.wechat.channel import MINI, OFFICIAL
from qiao.channels.wechat.parsing import identify, parse, values_of
from qiao.channels.wechat.rendering import render_mini, render_official
from qiao.core.errors import Invalid
from tests.channels.conformance import ChannelConformance

EXAMPLES = Path(__file__).parent / "examples"


def example(name: str) -> bytes:
    return (EXAMPLES / name).read_bytes()


def one(name: str) -> Any:
    (item,) = parse(example(name))
    return item


class Listed:
    """`parse` gives lists; the suite of the contract looks at the one message in each."""

    accepted = (
        (example("text.xml"), {"client_id": "1234567890123456", "kind": "text", "body": "this is a test"}),
        (example("menu_line.xml"), {"body": "满意", "payload": {"choice": {"id": "101", "value": "满意"}}}),
        (example("image.xml"), {"kind": "image", "body": ""}),
        (example("voice.xml"), {"kind": "file", "body": ""}),
        (example("voice_recognised.xml"), {"kind": "text", "body": "腾讯微信团队"}),
        (example("video.xml"), {"kind": "file"}),
        (example("shortvideo.xml"), {"kind": "file"}),
        (example("link.xml"), {"kind": "card"}),
        (example("mini_text.json"), {"client_id": "1234567890123456", "kind": "text", "body": "this is a test"}),
        (example("mini_image.json"), {"kind": "image"}),
        (example("mini_page.json"), {"kind": "card"}),
        (example("mini_page.xml"), {"kind": "card"}),
    )
    refused = (
        b"",
        b"<xml>",
        b"{}",
        b"[1]",
        b"<xml><MsgType>text</MsgType></xml>",
        b"<xml><FromUserName>a</FromUserName></xml>",
        b"<xml><FromUserName>a</FromUserName><MsgType>text</MsgType><Content> </Content></xml>",
        b"<xml><FromUserName>a</FromUserName><MsgType>image</MsgType></xml>",
        b"<xml><FromUserName>a</FromUserName><MsgType>event</MsgType></xml>",
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><FromUserName>&e;</FromUserName></xml>',
    )


class TestOfficialAccount(Listed, ChannelConformance):
    channel = Channel(OFFICIAL, parse, render_official, CollectingAdapter())


class TestMiniProgram(Listed, ChannelConformance):
    channel = Channel(MINI, parse, render_mini, CollectingAdapter())


def test_files_are_named_by_what_they_are_fetched_with() -> None:
    picture: Incoming = one("image.xml")
    assert picture.media[0].ref == "media_id_1\nhttp://mmbiz.qpic.cn/mmbiz_jpg/abc/0"
    assert picture.at == datetime(2012, 9, 28, 11, 31, tzinfo=UTC)
    assert picture.sender is not None
    assert picture.sender.address == "fromUser"
    voice: Incoming = one("voice_recognised.xml")
    assert (voice.media[0].ref, voice.media[0].name, voice.media[0].mime) == ("media_id_3", "voice.amr", "audio/amr")
    assert one("video.xml").media[0].mime == "video/mp4"


def test_a_place_is_a_card_with_a_map() -> None:
    place: Incoming = one("location.xml")
    assert place.payload == {
        "type": "location",
        "title": "广州市海珠区",
        "snippet": "23.134521,113.358803",
        "url": "https://apis.map.qq.com/uri/v1/marker?marker=coord:23.134521,113.358803;title:%E5%B9%BF%E5%B7%9E%E5%B8%82"
        "%E6%B5%B7%E7%8F%A0%E5%8C%BA;addr:%E5%B9%BF%E5%B7%9E%E5%B8%82%E6%B5%B7%E7%8F%A0%E5%8C%BA&referer=qiao",
        "latitude": 23.134521,
        "longitude": 113.358803,
    }
    for wrong in (b"91", b"nan", b"x", b"1e999"):
        with pytest.raises(Invalid):
            parse(example("location.xml").replace(b"23.134521", wrong))


def test_links_and_pages_are_cards_without_foreign_schemes() -> None:
    assert one("link.xml").payload == {
        "type": "link",
        "title": "公众平台官网链接",
        "snippet": "公众平台官网链接",
        "url": "https://mp.weixin.qq.com/",
    }
    assert one("mini_page.json").payload == {
        "type": "miniprogram",
        "title": "订单详情",
        "appid": "wx0123456789abcdef",
        "pagepath": "pages/order/index?id=7",
        "thumb_url": "https://mmbiz.qpic.cn/thumb/0",
    }
    (script,) = parse(example("link.xml").replace(b"https://mp.weixin.qq.com/", b"javascript:alert(1)"))
    assert isinstance(script, Incoming)
    assert "url" not in script.payload


def test_what_we_do_not_know_is_not_lost() -> None:
    (sticker,) = parse(example("text.xml").replace(b"[CDATA[text]]", b"[CDATA[sticker]]"))
    assert isinstance(sticker, Incoming)
    assert (sticker.kind, sticker.body, sticker.context) == ("text", "[sticker]", {"unsupported": "sticker"})


def test_following_and_scanning() -> None:
    followed: Happening = one("event_subscribe.xml")
    assert (followed.kind, followed.data, followed.begins, followed.opens) == (
        "subscribed",
        {},
        True,
        window.FOLLOWED,
    )
    new, entered = parse(example("event_subscribe_scene.xml"))
    assert isinstance(new, Happening)
    assert isinstance(entered, Happening)
    assert (new.kind, new.data) == ("subscribed", {"scene": "counter-3"})
    assert (entered.kind, entered.data) == ("entered", {"scene": "counter-3", "ticket": "TICKET"})
    assert new.client_id != entered.client_id
    scanned: Happening = one("event_scan.xml")
    assert (scanned.kind, scanned.data["scene"], scanned.opens) == ("entered", "counter-3", window.SCANNED)
    gone: Happening = one("event_unsubscribe.xml")
    assert (gone.kind, gone.begins) == ("unsubscribed", False)
    opened: Happening = one("mini_enter.json")
    assert (opened.kind, opened.data, opened.opens) == ("entered", {"scene": "order-7"}, window.OPENED)


def test_menus_open_less_than_messages_do() -> None:
    click: Happening = one("event_click.xml")
    assert (click.kind, click.data, click.begins, click.opens) == (
        "menu_clicked",
        {"key": "HUMAN"},
        True,
        window.CLICKED,
    )
    assert one("event_scancode.xml").data == {"key": "6", "scanned": "2"}
    view: Happening = one("event_view.xml")
    assert (view.kind, view.data, view.begins) == ("menu_viewed", {"url": "https://www.qq.com/"}, False)
    assert one("menu_line.xml").opens == window.CLICKED
    assert one("text.xml").opens is None
    assert parse(example("event_location.xml")) == []


def test_results_of_templates_are_receipts() -> None:
    assert one("event_template_success.xml") == Receipt("200163836", "delivered")
    blocked: Receipt = one("event_template_block.xml")
    assert (blocked.state, blocked.code, blocked.detail) == ("failed", "wechat.receipt.user_block", "failed:user block")
    assert one("event_template_failed.xml").code == "wechat.receipt.system_failed"
    assert one("event_subscribe_sent.xml") == Receipt("2794188253209100289", "delivered")
    (failed,) = parse(example("event_subscribe_sent.xml").replace(b"<ErrorCode>0<", b"<ErrorCode>5<"))
    assert isinstance(failed, Receipt)
    assert failed.state == "failed"


def test_consent_to_subscribe_messages_is_told_for_each_template() -> None:
    accepted, rejected = parse(example("event_subscribe_popup.xml"))
    assert isinstance(accepted, Happening)
    assert isinstance(rejected, Happening)
    assert accepted.kind == rejected.kind == "subscription_chosen"
    assert (accepted.data["choice"], rejected.data["choice"]) == ("accept", "reject")
    assert accepted.client_id != rejected.client_id
    for name in ("event_subscribe_change.xml", "mini_popup.json", "mini_popup_one.json"):
        assert one(name).data["choice"] in ("accept", "reject"), name


def test_repeats_are_known_by_message_or_by_who_did_what_when() -> None:
    names = sorted(path.name for path in EXAMPLES.iterdir())
    keys = {name: identify(values_of(example(name))) for name in names}
    assert keys["text.xml"] == "1234567890123456"
    events = [key for name, key in keys.items() if key.startswith("event:")]
    assert len(set(events)) == len(events) > 12
    assert all(len(key) <= 80 for key in keys.values())
    # The provider's repeat is the same to the byte; two results in one second are not.
    other = example("event_subscribe_sent.xml").replace(b"2794188253209100289", b"2794188253209100290")
    assert identify(values_of(other)) != keys["event_subscribe_sent.xml"]


_ALL = [path.read_bytes() for path in sorted(EXAMPLES.iterdir())]


@settings(max_examples=100)
@given(st.sampled_from(_ALL), st.data())
def test_cut_and_bent_examples_are_refused_and_nothing_worse(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw)))
    kind = data.draw(st.sampled_from(("cut", "insert", "replace")))
    noise = data.draw(st.binary(max_size=12))
    bent = raw[:at] if kind == "cut" else raw[:at] + noise + raw[at + (len(noise) if kind == "replace" else 0) :]
    _survives(bent)


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_names = ("MsgType", "FromUserName", "CreateTime", "Event", "EventKey", "MsgId", "MediaId", "List", "ScanCodeInfo")
_kinds = st.sampled_from(("event", "text", "image", "voice", "location", "link", "miniprogrampage", "file"))
_events = st.sampled_from(
    ("subscribe", "SCAN", "CLICK", "scancode_push", "subscribe_msg_sent_event", "TEMPLATESENDJOBFINISH")
)


@settings(max_examples=100)
@given(st.dictionaries(st.sampled_from(_names), _values), _kinds, _events)
def test_any_json_is_refused_and_nothing_worse(values: dict[str, Any], kind: str, event: str) -> None:
    import json

    for known in ({}, {"MsgType": kind, "FromUserName": "o1", "Event": event}):
        _survives(json.dumps({**values, **known}).encode())


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_worse(raw: bytes) -> None:
    _survives(raw)


def _survives(raw: bytes) -> None:
    try:
        items = parse(raw)
    except Invalid as refused:
        assert refused.fields
        return
    for item in items:
        client_id = item.remote_id if isinstance(item, Receipt) else item.client_id
        assert 0 < len(client_id) <= 80
        assert "\x00" not in repr(item)


def test_bombs_are_small_and_quick() -> None:
    bomb = b'<!DOCTYPE z [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY b%d "%s">' % (n, (b"&b%d;" % (n - 1) if n else b"&a;") * 10) for n in range(12)
    )
    for raw in (
        bomb + b"]><xml><FromUserName>a</FromUserName><MsgType>text</MsgType><Content>&b11;</Content></xml>",
        b"<xml>" * 5000 + b"</xml>" * 5000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"<xml><FromUserName>a</FromUserName><MsgType>text</MsgType><Content>" + b"x" * (2 << 20) + b"</Content></xml>",
    ):
        with pytest.raises(Invalid):
            parse(raw)
