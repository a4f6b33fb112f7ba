"""What people write to the bot, what it says, and what is refused at the door."""

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import Request
from qiao.channels.contract.messages import Incoming, Receipt, Withdrawn
from qiao.channels.feishu.api import REFUSALS, FeishuApi
from qiao.channels.feishu.channel import parse, render
from qiao.channels.feishu.crypto import decrypt, encrypt, signature
from qiao.channels.feishu.hook import FeishuHook
from qiao.channels.feishu.wiring import make
from qiao.core import clock, i18n
from qiao.core.errors import Invalid, Unauthenticated
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.feishu.fake import FakeFeishu
from tests.channels.wecom.parts import LocalHttp, endpoint, tokens

HERE: Final = Path(__file__).parent / "examples"
EVENTS: Final = {
    one["header"]["event_id"]: one for one in json.loads((HERE / "events.json").read_text(encoding="utf-8"))
}
TEXT: Final = "5e3702a84e847582be8db7fb73283c02"
PRESSED: Final = "f7984f25108f8137722bb63c1234"
KEY: Final = "test key"
SIGNED: Final = endpoint({"app_id": "cli_a"}, {"encrypt_key": KEY, "verification_token": "v"})
TOKEN_ONLY: Final = endpoint({"app_id": "cli_a"}, {"verification_token": "v"})


def event(name: str, **message: Any) -> bytes:
    found = json.loads(json.dumps(EVENTS[name]))
    found["event"].get("message", {}).update(message)
    return json.dumps(found, ensure_ascii=False).encode()


class TestFeishu(ChannelConformance):
    channel = make(FeishuApi(LocalHttp(FakeFeishu().app), tokens()))
    accepted = (
        (
            event(TEXT),
            {
                "client_id": "om_5ce6d572455d361153b7cb51da133945",
                "kind": "text",
                "body": "hello",
                "sender": {
                    "address": "g:oc_5ce6d572455d361153b7xx51da133945:ou_84aad35d084aa403a838cf73ee18467",
                    "union": "feishu:on_8ed6aa67826108097d9ee143816345",
                },
            },
        ),
        (event("ev-image"), {"kind": "image", "sender": {"address": "p:oc_p2p"}}),
        (event("ev-post"), {"kind": "text", "body": "我是一个标题\n第一行 :超链接 http://www.feishu.cn@王五"}),
        (event("ev-file"), {"kind": "file"}),
        (event("ev-audio"), {"kind": "file", "payload": {"voice": True}}),
        (event("ev-sticker"), {"kind": "text", "body": "[表情]"}),
        (event("ev-place"), {"kind": "text", "body": "📍 xxx广场"}),
        (event("ev-image", message_type="hologram"), {"kind": "text", "body": "[hologram]"}),
        (
            event(PRESSED),
            {
                "client_id": PRESSED,
                "kind": "text",
                "body": "That",
                "payload": {"choice": {"id": "2", "value": "That"}},
                "sender": {"address": "p:oc_e4d2605ca917e695f54f11aaf56"},
            },
        ),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"header": {}}',
        event(TEXT, message_id=None),
        event(TEXT, chat_id=""),
        event(TEXT, content=None),
        event(TEXT, content="not json"),
        event("ev-image", content="{}"),
        event("ev-post", content='{"content": [5]}'),
        json.dumps({"header": {"event_type": "im.message.recalled_v1"}, "event": {}}).encode(),
        b"\xff",
    )


def test_reading_and_taking_back_are_told() -> None:
    assert parse(event("ev-read")) == [Receipt("om_a8f2294b", "read"), Receipt("om_b8f2294b", "read")]
    (recalled,) = parse(event("ev-recalled"))
    assert isinstance(recalled, Withdrawn)
    assert (recalled.sender.address, recalled.client_id) == (
        "p:oc_9e9619b938c9571c1c3165681cdaead5",
        "om_f834cb5a3fe5ef1bd7e1c41e5e7a4ec3",
    )
    assert parse(b'{"header": {"event_type": "im.chat.updated_v1"}, "event": {}}') == []


def test_a_post_keeps_its_order() -> None:
    parts = [part for part in parse(event("ev-post")) if isinstance(part, Incoming)]
    assert [(part.client_id, part.kind) for part in parts] == [
        ("om_post", "text"),
        ("om_post:1", "image"),
        ("om_post:2", "text"),
    ]
    assert parts[1].media[0].ref == "om_post/image/img_47354fbc"
    assert parts[2].body == "第二行:[SMILE]\n—\nfunc main() int64 {\n    return 0\n}"


def test_in_groups_only_mentions_of_the_bot_count() -> None:
    def mention(kind: str, name: str = "客服", key: str = "@_user_1") -> dict[str, Any]:
        return {"key": key, "id": {}, "name": name, **({"mentioned_type": kind} if kind else {})}

    assert parse(event(TEXT, mentions=[])) == []
    assert parse(event(TEXT, mentions=[mention("user")])) == []
    both = [mention("user", "李四"), mention("bot", "客服", "@_user_2")]
    (found,) = parse(event(TEXT, mentions=both, content='{"text":"@_user_2 问下 @_user_1"}'))
    assert isinstance(found, Incoming) and found.body == "问下 @李四"
    bot = json.loads(event("ev-image"))
    bot["event"]["sender"]["sender_type"] = "app"
    assert parse(json.dumps(bot).encode()) == []


def test_choices_are_a_card_whose_buttons_come_back() -> None:
    for address, chat in (("p:oc_p2p", "p"), ("g:oc_group:ou_me", "g")):
        message = msgspec.structs.replace(outbound("choices"), address=address)
        (card,) = render(message)["say"]
        assert card["msg_type"] == "interactive"
        *words, action = card["content"]["elements"]
        assert words[0]["content"].endswith("Which one?")
        pressed = json.loads(event(PRESSED))
        pressed["event"]["action"]["value"] = action["actions"][1]["value"]
        pressed["event"]["context"]["open_chat_id"] = "oc_group" if chat == "g" else "oc_p2p"
        pressed["event"]["operator"]["open_id"] = "ou_me"
        (answer,) = parse(json.dumps(pressed).encode())
        assert isinstance(answer, Incoming) and answer.sender is not None
        assert (answer.body, answer.payload["choice"]["id"], answer.sender.address) == ("That", "2", address)
    elsewhere = json.loads(event(PRESSED))
    elsewhere["event"]["action"]["value"] = {"label": "Buy"}
    assert parse(json.dumps(elsewhere).encode()) == []
    many = {"options": [{"id": str(n), "label": f"第 {n} 个"} for n in range(30)]}
    (words,) = render(msgspec.structs.replace(outbound("choices"), payload=many))["say"]
    assert words["msg_type"] == "text" and "30. 第 29 个" in words["content"]["text"]


def test_nobody_is_called_by_what_somebody_typed() -> None:
    def says(body: str, address: str = "p:oc_p2p") -> str:
        return json.dumps(
            render(msgspec.structs.replace(outbound("text"), body=body, address=address)), ensure_ascii=False
        )

    for typed in ('<at user_id="all">所有人</at>', "<AT id=all></AT>", "< at id=all>", '**x** <at user_id="all"></at>'):
        assert not any(sign in says(typed).lower() for sign in ("<at", "< at", "</at"))
    assert says("a < b", "g:oc_group:ou_me").count('<at user_id=\\"ou_me\\"></at> a < b') == 1
    assert '"md"' in says("看 **这里**")


def test_sealed_events_open_as_documented() -> None:
    assert decrypt(KEY, "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=") == b"hello world"
    assert decrypt("k", encrypt("k", b"x" * 16)) == b"x" * 16
    with pytest.raises((Unauthenticated, Invalid)):
        decrypt("another", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=")
    for sealed in ("", "%%", "AAAA", "A" * 44):
        with pytest.raises((Unauthenticated, Invalid)):
            decrypt(KEY, sealed)


def test_every_code_has_words_in_both_languages() -> None:
    wanted = {f"feishu.refused.{word}" for word in REFUSALS.values()} | {"feishu.refused.unknown", "feishu.media.gone"}
    for locale in i18n.LOCALES:
        assert wanted <= set(i18n.catalogues()[locale])


def sealed(body: bytes, *, at: float | None = None, key: str = KEY, sign: str | None = None) -> Request:
    stamp = str(int(clock.now().timestamp() if at is None else at))
    whole = json.dumps({"encrypt": encrypt(key, body)}).encode()
    headers = {
        "x-lark-request-timestamp": stamp,
        "x-lark-request-nonce": "n",
        "x-lark-signature": sign or hashlib.sha256(f"{stamp}n{key}".encode() + whole).hexdigest(),
    }
    return Request("POST", {}, headers, whole)


def with_token(name: str, token: str = "v") -> bytes:
    found = json.loads(event(name))
    found["header"]["token"] = token
    return json.dumps(found).encode()


def test_the_door_opens_to_feishu_only() -> None:
    hook = FeishuHook()
    assert signature("1", "n", "k", b"{}") == hashlib.sha256(b"1nk{}").hexdigest()
    ((key, stored),) = hook.take(SIGNED, sealed(with_token("ev-image"))).payloads
    assert key == "ev-image" and parse(stored) == parse(event("ev-image")) and b'"token"' not in stored
    ((key, _),) = hook.take(TOKEN_ONLY, Request("POST", {}, {}, with_token("ev-image"))).payloads
    assert key == "ev-image"
    unknown = json.loads(with_token("ev-image"))
    unknown["header"]["event_type"] = "im.chat.updated_v1"
    assert hook.take(SIGNED, sealed(json.dumps(unknown).encode())).payloads == ()
    now = clock.now().timestamp()
    for place, request in (
        (SIGNED, sealed(with_token("ev-image"), sign="0" * 64)),
        (SIGNED, sealed(with_token("ev-image"), at=now - 3600)),
        (SIGNED, sealed(with_token("ev-image"), at=now + 3600)),
        (SIGNED, sealed(with_token("ev-image"), key="another")),
        (SIGNED, sealed(with_token("ev-image", "w"))),
        (SIGNED, Request("POST", {}, {}, with_token("ev-image"))),
        (TOKEN_ONLY, Request("POST", {}, {}, with_token("ev-image", "w"))),
        (endpoint({}, {}), Request("POST", {}, {}, with_token("ev-image"))),
    ):
        with pytest.raises((Unauthenticated, Invalid)):
            hook.take(place, request)
    with pytest.raises(Invalid):
        hook.take(TOKEN_ONLY, Request("POST", {}, {}, b'{"header": {"token": "v"}}'))


def test_the_handshake_is_answered() -> None:
    hello = {"challenge": 'ajls384"kdjx98XX', "token": "v", "type": "url_verification"}
    plain = FeishuHook().take(TOKEN_ONLY, Request("POST", {}, {}, json.dumps(hello).encode()))
    hidden = json.dumps({"encrypt": encrypt(KEY, json.dumps(hello).encode())}).encode()
    for taken in (plain, FeishuHook().take(SIGNED, Request("POST", {}, {}, hidden))):
        assert json.loads(taken.answer.body) == {"challenge": hello["challenge"]} and not taken.payloads
    with pytest.raises(Unauthenticated):
        FeishuHook().take(TOKEN_ONLY, Request("POST", {}, {}, json.dumps({**hello, "token": "w"}).encode()))


VALUES: Final = st.sampled_from([None, True, -1, 2**70, 1e309, "", "x" * 5000, "\ud800\x00", [], [[]], {}, {"a": {}}])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_payload_breaks_parsing(data: st.DataObject) -> None:
    found = json.loads(json.dumps(data.draw(st.sampled_from(list(EVENTS.values())))))
    inner, message = found["event"], found["event"].get("message", found["header"])
    part = data.draw(st.sampled_from([found, inner, message]))
    part[data.draw(st.sampled_from(sorted(part)))] = data.draw(VALUES)
    if "content" in message and isinstance(message["content"], str) and message["content"].startswith("{"):
        content = json.loads(message["content"])
        content[data.draw(st.sampled_from(sorted(content) or ["text"]))] = data.draw(VALUES)
        message["content"] = json.dumps(content)
    raw = json.dumps(found).encode()
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    for attempt in (cut, raw, data.draw(st.binary(max_size=50))):
        with contextlib.suppress(Invalid):
            assert isinstance(parse(attempt), list)
        for place, request in ((SIGNED, sealed(attempt)), (TOKEN_ONLY, Request("POST", {}, {}, attempt))):
            with contextlib.suppress(Invalid, Unauthenticated):
                FeishuHook().take(place, request)


@settings(max_examples=50, deadline=None)
@given(
    st.text(max_size=100), st.dictionaries(st.sampled_from(["x-lark-signature", "x-lark-request-timestamp"]), st.text())
)
def test_no_request_breaks_the_door(sealed_text: str, headers: dict[str, str]) -> None:
    body = json.dumps({"encrypt": sealed_text, "header": sealed_text, "token": sealed_text}).encode()
    for place in (SIGNED, TOKEN_ONLY):
        with contextlib.suppress(Invalid, Unauthenticated):
            FeishuHook().take(place, Request("POST", {}, headers, body))
