"""What people write to the robot, what it says, and what is refused at the door."""

import contextlib
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from dingtalk_stream import ChatbotMessage
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import Request
from qiao.channels.contract.messages import Incoming
from qiao.channels.dingtalk.api import REFUSALS, DingtalkApi
from qiao.channels.dingtalk.channel import by_session, ours, parse, render
from qiao.channels.dingtalk.hook import DingtalkHook, signature
from qiao.channels.dingtalk.wiring import make
from qiao.core import clock, i18n
from qiao.core.errors import Invalid, Unauthenticated
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.dingtalk.fake import FakeDingtalk
from tests.channels.wecom.parts import LocalHttp, endpoint, tokens

HERE: Final = Path(__file__).parent / "examples"
MESSAGES: Final = {one["msgId"]: one for one in json.loads((HERE / "messages.json").read_text(encoding="utf-8"))}
PLACE: Final = endpoint({"app_key": "dingkey"}, {"app_secret": "s3cret"})


def posted(name: str, **more: Any) -> bytes:
    return json.dumps({**MESSAGES[name], **more}, ensure_ascii=False).encode()


class TestDingtalk(ChannelConformance):
    channel = make(DingtalkApi(LocalHttp(FakeDingtalk().app), tokens()))
    accepted = (
        (
            posted("msg0xxxxx"),
            {"client_id": "msg0xxxxx", "kind": "text", "body": "你好", "context": {"group": "机器人测试-TEST"}},
        ),
        (posted("msgpicture"), {"kind": "image", "body": "", "begins": ()}),
        (posted("msgrich"), {"kind": "text", "body": "前面的文字"}),
        (posted("msgaudio"), {"kind": "file", "body": "钉钉，让进步发生", "payload": {"voice": True}}),
        (posted("msgvideo"), {"kind": "file"}),
        (posted("msgfile"), {"kind": "file"}),
        (
            posted("msgoutside"),
            {
                "kind": "text",
                "begins": ("dingtalk-session:1657173600000:https://oapi.dingtalk.com/robot/sendBySession?session=2",),
            },
        ),
        (posted("msgpicture", msgtype="hologram"), {"kind": "text", "body": "[hologram]"}),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        posted("msg0xxxxx", msgId=None),
        posted("msg0xxxxx", conversationId=""),
        posted("msg0xxxxx", senderId={}),
        posted("msgpicture", content={}),
        posted("msgrich", content={"richText": [5]}),
        b"\xff",
    )


def test_people_and_groups_are_told_apart() -> None:
    def writes(name: str, **more: Any) -> str:
        found = parse(posted(name, **more))[0]
        assert isinstance(found, Incoming) and found.sender is not None
        return found.sender.address

    assert writes("msg0xxxxx") == "g:cidxxx:user123"
    assert writes("msg0xxxxx", senderStaffId=None) == "g:cidxxx:$:LWCP_v1:$Ff09GIxxxxx"
    assert writes("msgpicture") == "u:manager4220"
    assert writes("msgoutside") == "c:cidoutside==:$:LWCP_v1:$zzz"
    assert parse(posted("msg0xxxxx", isInAtList=False)) == []


def test_rich_text_keeps_its_order() -> None:
    parts = [part for part in parse(posted("msgrich")) if isinstance(part, Incoming)]
    assert [(part.client_id, part.kind, part.body) for part in parts] == [
        ("msgrich", "text", "前面的文字"),
        ("msgrich:1", "image", ""),
        ("msgrich:2", "text", "后面的文字"),
    ]
    assert parts[1].media[0].ref == "code-1"


def test_the_sdk_reads_the_examples_as_we_do() -> None:
    for name, message in MESSAGES.items():
        sdk = ChatbotMessage.from_dict(message)
        ours_ = [part for part in parse(posted(name)) if isinstance(part, Incoming)]
        if sdk.message_type in ("text", "richText"):
            said = "".join(sdk.get_text_list()).replace("\n", "").strip()
            assert "".join(part.body for part in ours_).replace("\n", "") == said
        if sdk.message_type in ("picture", "richText"):
            assert [part.media[0].ref for part in ours_ if part.media] == sdk.get_image_list()
        assert ours_[0].sender is not None and ours_[0].sender.name == sdk.sender_nick
        assert ours_[0].at is not None and int(ours_[0].at.timestamp() * 1000) == sdk.create_at


def test_choices_are_buttons_that_write_the_choice() -> None:
    rendered = render(outbound("choices"))
    assert rendered["say"] == [
        {
            "key": "sampleActionCard2",
            "param": {
                "title": "Which one?",
                "text": "Which one?",
                "actionTitle1": "This",
                "actionURL1": "dtmd://dingtalkclient/sendMessage?content=This",
                "actionTitle2": "That",
                "actionURL2": "dtmd://dingtalkclient/sendMessage?content=That",
            },
        }
    ]
    card = by_session(rendered["say"][0])
    assert [button["title"] for button in card["actionCard"]["btns"]] == ["This", "That"]
    many = {"prompt": "哪一个？", "options": [{"id": str(n), "label": f"第 {n} 个"} for n in range(8)]}
    message = msgspec.structs.replace(outbound("choices"), payload=many)
    assert render(message)["say"][0]["param"]["text"].count("dtmd://") == 8
    one = msgspec.structs.replace(outbound("choices"), payload={"prompt": "?", "options": [{"id": "1", "label": "好"}]})
    assert render(one)["say"][0]["key"] == "sampleActionCard"


def test_marked_text_is_markdown_and_plain_text_is_not() -> None:
    def key(body: str) -> str:
        return str(render(msgspec.structs.replace(outbound("text"), body=body))["say"][0]["key"])

    assert key("满 99 元包邮 * 详见活动页") == "sampleText"
    assert key("请看 **退货政策**：\n- 七天无理由") == "sampleMarkdown"
    assert key("[点这里](https://shop.example)") == "sampleMarkdown"


def test_only_dingtalks_own_addresses_are_answered() -> None:
    assert ours("https://oapi.dingtalk.com/robot/sendBySession?session=1")
    for url in (
        "http://oapi.dingtalk.com/x",
        "https://oapi.dingtalk.com.evil.test/x",
        "https://evil.test/?oapi.dingtalk.com",
        "https://oapi.dingtalk.com@evil.test/",
        "https://oapi.dingtalk.com:8443/x",
        "https://evil.test\\.dingtalk.com/",
        "https://[::1",
        "",
    ):
        assert not ours(url), url
    found = parse(posted("msgoutside", sessionWebhook="https://evil.test/steal"))[0]
    assert isinstance(found, Incoming) and found.begins == ()


def test_every_code_has_words_in_both_languages() -> None:
    wanted = {f"dingtalk.refused.{word}" for word in REFUSALS.values()}
    wanted |= {f"dingtalk.refused.{word}" for word in ("recall", "gateway", "unknown")} | {"dingtalk.media.gone"}
    for locale in i18n.LOCALES:
        assert wanted <= set(i18n.catalogues()[locale])


def request(body: bytes, *, at: float | None = None, sign: str | None = None) -> Request:
    stamp = str(int((clock.now().timestamp() if at is None else at) * 1000))
    return Request("POST", {}, {"timestamp": stamp, "sign": sign or signature("s3cret", stamp)}, body)


def test_the_door_opens_to_dingtalk_only() -> None:
    # The documented recipe by another tool: openssl dgst -sha256 -hmac <secret> over "<timestamp>\\n<secret>", base64.
    assert signature("this is a secret", "1577262236757") == "DJrE6qdyVGCQz9z5r2MDuNcNAhwYnuAkyj13cx169CA="
    hook = DingtalkHook()
    taken = hook.take(PLACE, request(posted("msg0xxxxx")))
    assert taken.payloads == (("msg0xxxxx", posted("msg0xxxxx")),)
    for wrong in (
        request(posted("msg0xxxxx"), sign="AAAA"),
        request(posted("msg0xxxxx"), at=clock.now().timestamp() - 3600),
        request(posted("msg0xxxxx"), at=clock.now().timestamp() + 3600),
        Request("POST", {}, {}, posted("msg0xxxxx")),
        Request("POST", {}, {"timestamp": "x", "sign": signature("s3cret", "x")}, posted("msg0xxxxx")),
    ):
        with pytest.raises(Unauthenticated):
            hook.take(PLACE, wrong)
    with pytest.raises(Unauthenticated):
        stamp = str(int(clock.now().timestamp() * 1000))
        unset = Request("POST", {}, {"timestamp": stamp, "sign": signature("", stamp)}, posted("msg0xxxxx"))
        hook.take(endpoint({}, {}), unset)
    with pytest.raises(Invalid):
        hook.take(PLACE, request(b"{}"))


VALUES: Final = st.sampled_from(
    [None, True, -1, 2**70, 1e309, "", "x" * 5000, "\ud800\x00", [], [[]], {}, {"a": {}}, "richText"]
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_payload_breaks_parsing(data: st.DataObject) -> None:
    message = json.loads(json.dumps(data.draw(st.sampled_from(list(MESSAGES.values())))))
    part = data.draw(st.sampled_from([message, message.get("content", message), message.get("text", message)]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(VALUES)
    raw = json.dumps(message).encode()
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    for attempt in (cut, raw, data.draw(st.binary(max_size=50))):
        with contextlib.suppress(Invalid):
            assert isinstance(parse(attempt), list)
        with contextlib.suppress(Invalid, Unauthenticated):
            DingtalkHook().take(PLACE, request(attempt))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=100), st.dictionaries(st.sampled_from(["timestamp", "sign"]), st.text(max_size=30)))
def test_no_request_breaks_the_door(body: bytes, headers: dict[str, str]) -> None:
    with contextlib.suppress(Invalid, Unauthenticated):
        DingtalkHook().take(PLACE, Request("POST", {}, headers, body))
