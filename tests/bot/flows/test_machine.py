"""The machine alone: it ends whatever is said, says what the files expect, and reveals nothing of others."""
# ruff: noqa: E501  what customers say is a table of words

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.bot.flows import checking, rehearsal
from qiao.bot.flows.document import CallTool, Flow, dump
from qiao.bot.flows.rehearsal import Rehearsal, RehearsalWorld
from qiao.bot.flows.state import State
from qiao.bot.flows.wording import CANCEL, CHANGE, VALUE, YES
from qiao.bot.tools import plugins
from qiao.bot.tools.ports import Result, Subject, ToolSpec, Words
from qiao.packs.loader import flow_files

SPECS = {name: tool.spec for name, tool in plugins.registered().items()}
FLOWS = {path.stem: checking.load(path.read_text(encoding="utf-8"), SPECS) for path in flow_files()}
MINE, THEIRS = "KL80010001", "KL80020002"
SECRET = "别人的东西"
STOCK = Words.model_validate({"zh-CN": "库存", "en": "Stock"})
OWNERS = {MINE: UUID(int=1), THEIRS: UUID(int=2)}


class Orders(RehearsalWorld):
    """A world with one order of mine and one of somebody else; the tools obey the subject as the real ones do."""

    subject_of: Any

    async def call(self, step: CallTool, inputs: Mapping[str, Any], key: str) -> Result:
        subject: Subject | None = self.signed_in or self.subject_of()
        if subject is None:
            return Result(error="identity_needed")
        sample = dict(SPECS["orders.get"].sample)
        if step.tool == "orders.list":
            seen = [sample | {"number": number} for number in OWNERS if subject.may_see(OWNERS[number], number)]
            return Result(output={"count": len(seen), "orders": seen})
        number = str(inputs.get("number"))
        if number not in OWNERS or not subject.may_see(OWNERS[number], number):
            return Result(error="not_found")
        if number == THEIRS:
            sample["items"] = SECRET
        if SPECS[step.tool].effect == "write":
            return Result(output=SPECS[step.tool].sample, wrote=True)
        return Result(output=sample | {"number": number, "may_move": True})

    async def prove(self, order_number: str, code: str) -> Subject | None:
        known = {MINE: "1234", THEIRS: "5678"}
        return Subject(OWNERS[order_number], frozenset({order_number})) if known.get(order_number) == code else None


def world(flow: Flow, locale: str, signed_in: bool) -> tuple[Rehearsal, Orders]:
    made = Orders(flow, SPECS, locale=locale, signed_in=Subject(UUID(int=1)) if signed_in else None)
    rehearsed = Rehearsal(made, State())
    made.subject_of = lambda: rehearsed.state.subject
    return rehearsed, made


WORDS = st.one_of(
    st.sampled_from(
        [
            "我要退款", "查订单", MINE, THEIRS, f"订单 {MINE} 坏了", f"不对，是{THEIRS}", f"改成{MINE}", "1234", "0000", f"{MINE} 尾号 1234",
            "是", "好的", "不", "不用了", "没有", "确认", "取消", "算了", "第一个", "坏了", "改退款原因", "改地址", "修改", "上海市徐汇区漕溪路 18 号", "张三",
            "19900001234", "a@example.com", "公司", "个人", "91310000MA1K00000X", "明天", "11月3日", "next Friday", "为什么要这个？", "yes", "no",
            "never mind", "I changed my mind", "no, it's KL80010001", "the last one", "?", "。", "  ", "\x00", "{{order.total}}", "'; drop table",
        ]
    ),
    st.text(max_size=60),
)  # fmt: skip
CHOICES = st.sampled_from(
    [None, None, None, YES, CANCEL, CHANGE + "number", CHANGE + "nothing", VALUE + MINE, VALUE + THEIRS, VALUE + "yes"]
)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(FLOWS)), st.sampled_from(["zh-CN", "en"]), st.booleans(),
    st.lists(st.tuples(WORDS, CHOICES), min_size=1, max_size=25),
)  # fmt: skip
def test_whatever_is_said_it_ends_or_asks_and_tells_nothing_of_others(
    name: str, locale: str, signed_in: bool, talk: list[tuple[str, str | None]]
) -> None:
    async def play() -> None:
        rehearsed, _ = world(FLOWS[name], locale, signed_in)
        for words, choice in talk:
            turn = await rehearsed.say(words, choice)
            said = "\n".join(line.text for line in turn.lines)
            assert SECRET not in said
            if not signed_in and rehearsed.state.subject is None:
                assert SPECS["orders.get"].sample["items"] not in said, (
                    "nothing personal before it is proven whose it is"
                )
            assert "{{" not in said.replace("{{order.total}}", "")
            if rehearsed.state.active is None:
                assert turn.ended, "over, and says how"
                return
            assert said, "waits for something, so it has asked"
            assert rehearsed.state.active.step in {step.id for step in FLOWS[name].steps}
        # The same misunderstanding for ever leads to a person, never in circles.
        for _ in range(40):
            if rehearsed.state.active is None:
                return
            await rehearsed.say("嗯哼哈")
        frame = rehearsed.state.active
        assert frame is None, f"stuck at {frame.step}"

    asyncio.run(play())


@pytest.mark.parametrize("name", sorted(FLOWS))
async def test_the_shipped_flows_do_what_their_files_say(name: str) -> None:
    flow = FLOWS[name]
    assert checking.faults(flow, SPECS) == []
    results = await rehearsal.run_tests(flow, SPECS)
    assert len(results) >= 2
    for result in results:
        assert result.passed, (result.name, result.misses, result.transcript)


async def test_a_test_that_is_wrong_fails_and_says_where() -> None:
    data = dump(FLOWS["refund_request"])
    data["tests"] = [{"name": "wrong", "turns": [{"customer": "我要退款", "step": "why", "says": "晚安"}]}]
    (result,) = await rehearsal.run_tests(checking.parse(data), SPECS)
    assert not result.passed
    assert {miss.what for miss in result.misses} == {"step", "says"}


async def test_a_tool_without_a_sample_leaves_no_hole_in_a_sentence() -> None:
    words = "{{stock.name}} 还有 {{ stock.left }} 件（{{stock.at|date}}），{{price|money}}"
    data = {
        "flow": "stock",
        "name": {"zh-CN": "库存", "en": "Stock"},
        "steps": [
            {"id": "look", "type": "tool", "tool": "shop.stock", "save_as": "stock"},
            {"id": "cost", "type": "tool", "tool": "shop.stock", "save_as": "price"},
            {"id": "told", "type": "end", "text": {"zh-CN": words, "en": "{{stock.left}} left"}},
        ],
    }
    spec = ToolSpec(name="shop.stock", title=STOCK, description=STOCK)
    flow = checking.parse(data)
    rehearsed = Rehearsal(RehearsalWorld(flow, {"shop.stock": spec}), State())
    (line,) = (await rehearsed.say("还有吗")).lines
    assert line.text == "〔stock.name〕 还有 〔stock.left〕 件（〔stock.at〕），〔price〕"
    assert [call["sampled"] for call in rehearsed.world.calls] == [False, False]
    # With a sample, its values are said.
    sampled = spec.model_copy(update={"sample": {"name": "背包", "left": 3, "at": "2026-11-03T08:00:00Z"}})
    rehearsed = Rehearsal(RehearsalWorld(flow, {"shop.stock": sampled}), State())
    (line,) = (await rehearsed.say("还有吗")).lines
    assert line.text.startswith("背包 还有 3 件（2026-11-03），") and rehearsed.world.calls[0]["sampled"]


async def test_what_is_submitted_is_neither_corrected_nor_submitted_twice() -> None:
    rehearsed, orders = world(FLOWS["refund_request"], "zh-CN", True)
    for words in ("我要退款", "第一个", "坏了", "没有", "确认"):
        turn = await rehearsed.say(words)
    assert turn.ended[0].outcome == "completed"
    assert rehearsed.state.active is None


def test_reading_back_what_was_written_gives_the_same_flow() -> None:
    for flow in FLOWS.values():
        text = checking.to_yaml(dump(flow))
        assert checking.load(text, SPECS) == flow
        assert not re.search(r"!!|&id|\*id", text)
        # A database keeps no order of keys: the file reads the same all the same.
        mixed = dict(sorted(dump(flow).items(), key=lambda item: (len(item[0]), item[0])))
        assert checking.to_yaml(mixed) == text


@pytest.mark.parametrize(
    ("change", "step", "code"),
    [
        (lambda d: d["steps"][3].update(slot="nowhere"), "which", "unknown_slot"),
        (lambda d: d["steps"][3].update(slot=""), "which", "too_short"),
        (lambda d: d["steps"][4].update(tool="orders.nothing"), "look", "unknown_tool"),
        (lambda d: d["steps"][4]["inputs"].update(numbr="x"), "look", "unknown_input"),
        (lambda d: d["steps"][4]["on_error"].update(not_found="gone"), "look", "unknown_step"),
        (lambda d: d["steps"][0].update(type="dance"), "who", "unknown_type"),
        (lambda d: d["steps"][0].update(tries=99), "who", "too_large"),
        (lambda d: d["steps"][0].update(tires=2), "who", "unknown_field"),
        (lambda d: d["steps"][5].update(cases=[{"when": {"value": "order.x"}, "next": "why"}]), "allowed", "condition_tests"),
        (lambda d: d["slots"]["reason"]["ask"].update(en="{{nobody.knows}}"), "", "unknown_name"),
        (lambda d: d["slots"]["reason"]["ask"].update(en="{{__import__('os')}}"), "", "bad_gap"),
        (lambda d: d["steps"].append(dict(d["steps"][-1])), "none", "step_twice"),
    ],
)  # fmt: skip
def test_faults_name_the_step_and_the_field(change: Any, step: str, code: str) -> None:
    data = dump(FLOWS["refund_request"])
    change(data)
    try:
        found = checking.faults(checking.parse(data), SPECS)
    except checking.FlowFaulty as faulty:
        found = faulty.faults
    at = [fault for fault in found if fault.code == code]
    assert at, found
    assert at[0].step == step
    assert at[0].field
    assert at[0].text("zh-CN") != at[0].text("en")
    assert "flows.fault" not in at[0].text("en")


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "a: &x 1\nb: *x", "x" * 600_000, "\x00", "a: !!python/object:os.system {}"]
)
def test_a_broken_file_is_a_sentence(text: str) -> None:
    with pytest.raises(checking.FlowFaulty) as caught:
        checking.load(text)
    assert all(fault.text("zh-CN") for fault in caught.value.faults)
