"""Conditions as data: what a form's builder makes, what a rule tests. Nothing to execute, nothing to escape from. Pure.

A fact is named by a path of keys with dots (`ticket.fields.amount`). One that is not there equals nothing and is in nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Operator = Literal[
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
DEEPEST: Final = 8
"""Levels of groups within groups."""


class Test(BaseModel):
    """One fact against one value. `filled` and `empty` need no value; `in` and `not_in` take a list."""

    __test__ = False  # not a test case

    model_config = ConfigDict(extra="forbid")

    fact: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[a-z][\w]*(\.[\w-]+)*$")]
    op: Operator
    value: JsonValue = None


class Group(BaseModel):
    """All of its parts, any of them, or none of them. `all` of nothing holds; `any` of nothing does not; `none` does."""

    model_config = ConfigDict(extra="forbid")

    match: Literal["all", "any", "none"] = "all"
    conditions: Annotated[list["Condition"], Field(max_length=50)] = Field(default_factory=list)


Condition = Test | Group
Group.model_rebuild()


def holds(condition: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether `condition` holds of `facts` (nested mappings)."""
    if isinstance(condition, Group):
        parts = (holds(part, facts) for part in condition.conditions)
        if condition.match == "all":
            return all(parts)
        return any(parts) is (condition.match == "any")
    return _compare(condition.op, lookup(facts, condition.fact), condition.value)


def compare(op: Operator, value: Any, wanted: Any) -> bool:
    """One test, for those who bring the value themselves."""
    return _compare(op, value, wanted)


def lookup(facts: Mapping[str, Any], path: str) -> Any:
    """The value at a path with dots, None when there is none."""
    value: Any = facts
    for key in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every single test in it, in order."""
    if isinstance(condition, Test):
        yield condition
        return
    for part in condition.conditions:
        yield from tests_of(part)


def depth(condition: Condition) -> int:
    """How many groups stand within each other; a single test has none."""
    if isinstance(condition, Test):
        return 0
    return 1 + max((depth(part) for part in condition.conditions), default=0)


def _compare(op: Operator, value: Any, wanted: Any) -> bool:
    if op == "filled":
        return not _empty(value)
    if op == "empty":
        return _empty(value)
    if op in ("in", "not_in"):
        choices = wanted if isinstance(wanted, list) else [wanted]
        found = any(_same(one, choice) for choice in choices for one in _each(value))
        return found is (op == "in")
    if op in ("contains", "not_contains"):
        return _contains(value, wanted) is (op == "contains")
    if op in ("is", "is_not"):
        return _same(value, wanted) is (op == "is")
    order = _order(value, wanted)
    if order is None:
        return False
    return {"above": order > 0, "below": order < 0, "at_least": order >= 0, "at_most": order <= 0}[op]


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | Sequence | Mapping) and len(value) == 0)


def _each(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else (value,)


def _contains(value: Any, wanted: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_same(one, wanted) for one in value)
    return value is not None and wanted is not None and str(wanted).casefold() in str(value).casefold()


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return float(one) == float(other)
    if one is None or other is None:
        return one is other
    if isinstance(one, str | int | float) and isinstance(other, str | int | float):
        return str(one).casefold() == str(other).casefold()
    return str(one) == str(other) if not isinstance(one, list | dict) else bool(one == other)


def _order(value: Any, wanted: Any) -> int | None:
    """-1, 0, 1; None where the two cannot be put in order."""
    moments = _moment(value), _moment(wanted)
    if moments[0] is not None and moments[1] is not None:
        return (moments[0] > moments[1]) - (moments[0] < moments[1])
    numbers = _number(value), _number(wanted)
    if numbers[0] is None or numbers[1] is None:
        return None
    return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _moment(value: Any) -> str | None:
    """A date or moment as text that sorts: ISO 8601 in one zone does."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, str) and len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-":
        return value
    return None
