"""Five answers in forty-eight hours: how replies are put together when they run short."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.contract.messages import Outbound
from qiao.channels.wechat.planning import cost, plan
from qiao.channels.wechat.rendering import render_official
from qiao.channels.wechat.window import LONGEST, TEXT_BYTES, pieces
from tests.channels.conformance import outbound

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def said(body: str, second: int = 0, kind: str = "text", **payload: object) -> Outbound:
    message = outbound(kind)
    more = {**message.payload, **payload}
    return msgspec.structs.replace(
        message, body=body or message.body, payload=more, created_at=NOON + timedelta(seconds=second), address="o1"
    )


def test_nothing_changes_while_there_are_answers_enough() -> None:
    waiting = [said("one", 0), said("two", 1), said("", 2, "card")]
    assert plan(waiting, 5) == waiting
    assert plan([], 5) == []


def test_texts_are_put_together_when_answers_run_short() -> None:
    waiting = [said("one", 0), said("two", 30), said("three", 31)]
    two = plan(waiting, 2)
    assert [m.body for m in two] == ["one", "two\n\nthree"]  # the two written closest to each other
    assert two[1].id == waiting[1].id
    assert two[1].payload["merged"] == [str(waiting[1].id), str(waiting[2].id)]
    (all_,) = plan(waiting, 1)
    assert all_.body == "one\n\ntwo\n\nthree"
    assert all_.payload["merged"] == [str(m.id) for m in waiting]
    # Merged or not, what the customer is sent is one message of text.
    assert render_official(all_)["messages"] == [{"msgtype": "text", "text": {"content": "one\n\ntwo\n\nthree"}}]


def test_pictures_and_cards_keep_their_place() -> None:
    waiting = [said("look", 0), said("", 1, "image"), said("and", 2), said("this", 3)]
    assert [m.kind for m in plan(waiting, 3)] == ["text", "image", "text"]
    assert [m.body for m in plan(waiting, 3)][-1] == "and\n\nthis"
    # Too few even so: what comes first goes, and nothing is read without what it follows.
    assert [m.body for m in plan(waiting, 2)] == ["look", ""]
    assert plan(waiting, 0) == plan(waiting, -3) == []


def test_templates_always_go_and_cost_nothing() -> None:
    notice = said("", 5, template={"id": "T", "data": {}})
    assert plan([said("one"), notice], 0) == [notice]
    assert cost(notice) == 0


def test_long_texts_cost_what_they_take() -> None:
    sentence = "您好，您的订单已经发出，预计三天内送达。"
    long = said((sentence * 100)[:LONGEST])
    assert cost(long) == len(pieces(long.body)) == 3
    parts = pieces(long.body)
    assert all(len(part.encode()) <= TEXT_BYTES for part in parts)
    assert all(part.endswith("。") for part in parts[:-1])
    assert "".join(parts) == long.body
    assert pieces("") == [""]
    assert pieces("😀" * 600)[0] == "😀" * 512
    # What would have to be cut is not put together.
    many = [said("字" * 900), said("字" * 900), said("字" * 300)]
    assert all(len(one.body) <= LONGEST for one in plan(many, 4))
    # Two halves of a message are not worth putting together where the whole would take as many.
    assert [m.body for m in plan([said("字" * 600), said("字" * 600)], 1)] == ["字" * 600]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from(("text", "image", "card")), st.text(min_size=1, max_size=900)), max_size=8),
    st.integers(0, 6),
)
def test_a_plan_keeps_order_and_budget(spoken: list[tuple[str, str]], left: int) -> None:
    waiting = [said(body.strip() or "x", n, kind) for n, (kind, body) in enumerate(spoken)]
    planned = plan(waiting, left)
    assert sum(cost(m) for m in planned) <= left
    told = [one for m in planned for one in m.payload.get("merged", [str(m.id)])]
    assert told == [str(m.id) for m in waiting][: len(told)]
    assert len(render_official(planned[0])["messages"]) == cost(planned[0]) if planned else True
