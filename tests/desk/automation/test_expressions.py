"""CEL: what the builder makes answers the same as the builder; malformed input is pointed at; nothing runs away."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.core.conditions import Condition, Group, Test, holds
from qiao.desk.automation.expressions import STEPS, ExpressionError, Kind, Names, compiled, written

KINDS: dict[str, Kind] = {
    "ticket.priority": "any",
    "ticket.title": "any",
    "ticket.tags": "any",
    "ticket.breached": "any",
    "ticket.fields.amount_minor": "any",
    "ticket.fields.in": "any",
    "ticket.fields.order-no": "any",
    "customer.level": "any",
}
NAMES = Names(KINDS)
TYPED = Names(
    {
        "ticket.priority": "number",
        "ticket.title": "text",
        "ticket.tags": "list",
        "ticket.breached": "yes_no",
        "ticket.fields.amount_minor": "number",
        "customer.level": "text",
    }
)
words = st.sampled_from(
    ["vip", "VIP", "退款", 'a"b', "x\\y", "line\nbreak", "", "12", "2.5", "2026-01-02", "//", "{{x}}", "\u2028"]
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 300), st.floats(-10, 10, width=32), words)
values = st.one_of(
    scalars, st.lists(scalars, max_size=3), st.dictionaries(st.sampled_from(["minor", "in"]), scalars, max_size=2)
)
tests = st.builds(
    Test,
    fact=st.sampled_from(sorted(KINDS)),
    op=st.sampled_from(
        [
            "is",
            "is_not",
            "in",
            "not_in",
            "contains",
            "not_contains",
            "above",
            "below",
            "at_least",
            "at_most",
            "filled",
            "empty",
        ]
    ),
    value=values,
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    tests,
    lambda parts: st.builds(
        Group, match=st.sampled_from(["all", "any", "none"]), conditions=st.lists(parts, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in KINDS:
        if draw(st.booleans()):
            at = found
            *groups, last = path.split(".")
            for group in groups:
                at = at.setdefault(group, {})
            at[last] = draw(values)
    return found


def test_a_group_of_one_keeps_the_brackets_of_what_stands_in_it() -> None:
    either = Group(match="any", conditions=[Test(fact="ticket.priority", op="is", value=n) for n in (1, 2)])
    condition = Group(conditions=[Test(fact="ticket.tier", op="is", value=3), Group(conditions=[either])])
    assert written(condition) == "ticket.tier == 3 && (ticket.priority == 1 || ticket.priority == 2)"


@given(conditions, facts())
@settings(max_examples=100)
def test_the_builder_and_its_expression_always_agree(condition: Condition, known: dict[str, Any]) -> None:
    assert compiled(written(condition), NAMES).holds(known) is holds(condition, known)


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        ("ticket.prio == 1", "unknown_name", 1, 8),
        ("true &&\n  ticket.nothing > 2", "unknown_name", 2, 10),
        ("ticket.priority ==", "unfinished", 1, 19),
        ("(ticket.priority", "unfinished", 1, 17),
        ("ticket.priority = 2", "unexpected", 1, 17),
        ("ticket.title", "not_yes_or_no", 1, 1),
        ("ticket.priority && true", "not_yes_or_no", 1, 1),
        ('ticket.priority == "high"', "never_alike", 1, 20),
        ('"vip" in ticket.title', "not_a_list", 1, 10),
        ("shout(ticket.title)", "unknown_function", 1, 1),
        ("ticket.tags.map(t, t) == []", "unknown_function", 1, 13),
        ("size() > 1", "arguments", 1, 1),
        ('ticket.title.matches("(")', "pattern_invalid", 1, 22),
        ("ticket.title.matches(ticket.title)", "pattern_literal", 1, 22),
        ("ticket.tags.exists(1, true)", "variable_expected", 1, 20),
        ("ticket.title.x == 1", "unknown_name", 1, 14),
        ("", "empty", 1, 1),
        ("!" * 200 + "true", "too_deep", 1, 42),
        ("true || " * 600 + "true", "too_long", 1, 1),
    ],
)
def test_what_is_wrong_is_pointed_at(source: str, code: str, line: int, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(source, TYPED)
    assert (caught.value.code, caught.value.line, caught.value.column) == (code, line, column)


def test_expressions_answer_over_typed_facts_and_say_which_part_failed() -> None:
    known = {"ticket": {"priority": 3, "title": "退款 Refund", "tags": ["VIP", "x"], "fields": {"amount_minor": 20100}}}
    for source in (
        'ticket.priority >= 2 && "vip" in ticket.tags',
        'ticket.tags.exists(t, t.startsWith("v")) && !ticket.tags.all(t, t == "vip")',
        'ticket.title.matches("^退.*d$") && ticket.title.lower().endsWith("refund")',
        "ticket.fields.amount_minor / 100 - 1 == 200 ? true : false",
        'has(ticket.title) && !filled(customer.level) && size(ticket.tags) == 2 && ticket["priority"] > 1',
        "!ticket.breached // what is not there is not true",
    ):
        assert compiled(source, TYPED).holds(known) is True, source
    part, seen = compiled('ticket.priority > 1 && (ticket.title == "x" || ticket.breached)', TYPED).why(known)
    assert part == '(ticket.title == "x" || ticket.breached)'
    assert seen == {"ticket.title": "退款 Refund", "ticket.breached": None}


def test_nothing_runs_away() -> None:
    many = {"ticket": {"tags": [str(n) for n in range(1000)], "priority": 0}}
    loops = compiled("ticket.tags.all(a, ticket.tags.all(b, a != b || true))", TYPED)
    with pytest.raises(ExpressionError, match="too_long_running"):
        loops.holds(many)
    assert STEPS < 1_000_000
    with pytest.raises(ExpressionError, match="too_deep"):
        compiled("ticket.tags.all(a, ticket.tags.all(b, ticket.tags.all(c, true)))", TYPED)
    with pytest.raises(ExpressionError, match="division_by_zero"):
        compiled("1 / ticket.priority > 1", TYPED).holds(many)
    assert compiled("(" * 900 + "true" + ")" * 900, TYPED).holds({})
