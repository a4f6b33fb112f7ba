"""The mapping: what it finds, what it says is wrong and where, and that nothing breaks it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.incoming import expressions, mapping
from qiao.channels.incoming.channel import by_settings, make, parse
from qiao.channels.incoming.settings import IncomingSettings
from qiao.core.errors import Invalid
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance

PLAIN = {"id": "m1", "from": {"id": "u1", "name": "Wang", "phone": "13800138000"}, "text": "你好"}
CDN = "https://cdn.example.com"
SHOP = {
    "event": "messages",
    "shop": {"id": 77},
    "data": [
        {
            "type": "message", "msg_id": 9007199254740991, "buyer": {"open id": "b-1", "nick": "小王"},
            "content": {"body": "看看这个", "pics": [{"url": f"{CDN}/a.png"}, {"url": f"{CDN}/b.pdf", "name": "说明.pdf"}]},
            "order": {"no": 5},
        },
        {"type": "echo", "msg_id": 2, "buyer": {"open id": "b-1"}, "content": {"body": "ours"}},
    ],
}  # fmt: skip
SHOP_MAPPING = {
    "items": "data[*]",
    "when": "type == 'message' and $.event != 'test'",
    "id": "msg_id",
    "address": "'{$.shop.id}:{buyer[\"open id\"]}'",
    "name": "buyer.nick",
    "text": "content.body | content.caption | '（空）'",
    "files": "content.pics[*]",
    "thread": "'order-{order.no}'",
    "phone": "",
    "email": "",
}


class TestIncomingConformance(ChannelConformance):
    channel = make(ChannelHttp(None))  # type: ignore[arg-type]  # nothing is sent
    accepted = (
        (json.dumps(PLAIN).encode(), {"client_id": "m1", "kind": "text", "body": "你好", "sender": {"address": "u1"}}),
        (b'{"id": 5, "from": 7, "text": "hi"}', {"client_id": "5", "body": "hi", "sender": {"address": "7"}}),
    )
    refused = (
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"from": "a"}',
        b'{"text": "hi"}',
        b'{"from": {"id": ""}, "text": "x"}',
        b"null",
    )


def test_a_shop_s_odd_payload_becomes_messages() -> None:
    endpoint = Endpoint(new_id(), SHOP_MAPPING, "s")
    items = by_settings(endpoint, json.dumps(SHOP).encode())
    said = [(one.client_id, one.kind, one.body, [m.name for m in one.media], one.threads) for one in items]  # type: ignore[union-attr]
    assert said == [
        ("9007199254740991", "text", "看看这个", [], ("order-5",)),
        ("9007199254740991#1", "image", "", ["a.png"], ("order-5",)),
        ("9007199254740991#2", "file", "", ["说明.pdf"], ("order-5",)),
    ]
    assert items[0].sender.address == "77:b-1" and items[0].sender.name == "小王"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("from..id", "name_missing", 5),
        ("a.b c", "unexpected", 4),
        ("items[", "index_wrong", 6),
        ("items[1", "bracket_open", 5),
        ("items[x]", "index_wrong", 6),
        ("'never closed", "quote_open", 0),
        ("'{a'", "brace_open", 1),
        ("a | ", "ends", 4),
        ("", "ends", 0),
        ("x" * 501, "too_long", 500),
        (".".join("a" * 30), "too_deep", 0),
        ("$x", "unexpected", 1),
    ],
)
def test_every_mistake_has_its_place(text: str, code: str, at: int) -> None:
    with pytest.raises(expressions.ExpressionFault) as fault:
        expressions.parse(text)
    assert (fault.value.code, fault.value.at) == (code, at)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("a == 1", True), ("a == '1'", True), ("a != 1", False), ("b", False), ("c", False), ("a", True),
        ("c == false", True), ("d[*] == 'x' and a", True), ("z == 'x'", False), ("z != 'x'", True), ("and", False),
    ],
)  # fmt: skip
def test_conditions(text: str, holds: bool) -> None:
    value: dict[str, Any] = {"a": 1, "b": "", "c": False, "d": ["x", "y"]}
    assert expressions.parse_condition(text).holds(value, value) is holds


KEYS = st.sampled_from(["id", "from", "text", "files", "data", "name"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "from", "text", "files", "data", "name"]) | st.text(max_size=5), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(JSON)
@settings(max_examples=100)
def test_any_json_is_messages_or_says_where_it_is_not(payload: Any) -> None:
    raw = json.dumps(payload).encode()
    for read in (parse, lambda raw: by_settings(Endpoint(new_id(), SHOP_MAPPING, "s"), raw)):
        try:
            for item in read(raw):
                assert 0 < len(item.client_id) <= 80 and item.sender is not None and item.sender.address  # type: ignore[union-attr]
        except Invalid as invalid:
            assert invalid.fields


@given(st.binary(max_size=200) | st.integers(0, 400).map(lambda cut: json.dumps(SHOP).encode()[:cut]))
@settings(max_examples=100)
def test_garbage_and_cut_examples_are_refused(raw: bytes) -> None:
    try:
        parse(raw)
    except Invalid as invalid:
        assert invalid.fields


@given(st.text(alphabet="ab.$[]*'\"{}|= !0-9\\", max_size=30), JSON)
@settings(max_examples=100)
def test_any_expression_works_or_has_its_mistake(text: str, value: Any) -> None:
    for read in (expressions.parse, expressions.parse_condition):
        try:
            made = read(text)
        except expressions.ExpressionFault as fault:
            assert 0 <= fault.at <= len(text)
            continue
        if isinstance(made, expressions.Condition):
            assert made.holds(value, value) in (True, False)
        else:
            assert len(made.values(value, value)) <= expressions.MOST_VALUES


def test_nesting_and_crowds_are_bounded() -> None:
    with pytest.raises(Invalid):
        parse(b"[" * 100_000)
    many = {"data": [PLAIN] * 500}
    with pytest.raises(Invalid):
        mapping.find(IncomingSettings(items="data[*][*]", address="$.data[0].from.id"), {"data": [[PLAIN] * 200] * 3})
    with pytest.raises(Invalid):
        mapping.find(IncomingSettings(items="data"), many)
