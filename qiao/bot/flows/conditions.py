"""Whether a condition holds. Conditions are data, so there is nothing to execute and nothing to escape from. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from qiao.bot.flows.document import Condition
from qiao.bot.flows.templates import Missing, lookup

TESTS: Final = (
    "equals", "not_equals", "is_in", "not_in", "above", "below", "at_least", "at_most", "contains", "present",
)  # fmt: skip


def tests_of(condition: Condition) -> list[str]:
    """Which tests a condition states; a well-formed one states exactly one."""
    given = [name for name in TESTS if name in condition.model_fields_set and getattr(condition, name) is not None]
    return given + [name for name in ("all", "any", "negate") if getattr(condition, name) is not None]


def holds(condition: Condition, values: Mapping[str, Any]) -> bool:
    """A value that is not there equals nothing and is in nothing."""
    if condition.all is not None:
        return all(holds(part, values) for part in condition.all)
    if condition.any is not None:
        return any(holds(part, values) for part in condition.any)
    if condition.negate is not None:
        return not holds(condition.negate, values)
    if condition.value is None:
        return False
    value = lookup(condition.value, values)
    if isinstance(value, Missing):
        value = None
    if condition.present is not None:
        return (value not in (None, "", [], {})) is condition.present
    return _compared(condition, value)


def _compared(condition: Condition, value: Any) -> bool:
    if condition.is_in is not None:
        return any(_same(value, other) for other in condition.is_in)
    if condition.not_in is not None:
        return not any(_same(value, other) for other in condition.not_in)
    if condition.equals is not None:
        return _same(value, condition.equals)
    if condition.not_equals is not None:
        return not _same(value, condition.not_equals)
    if condition.contains is not None:
        held = value if isinstance(value, list) else str(value or "")
        return condition.contains in held
    number = _number(value)
    if number is None:
        return False
    if condition.above is not None:
        return number > condition.above
    if condition.below is not None:
        return number < condition.below
    if condition.at_least is not None:
        return number >= condition.at_least
    return condition.at_most is not None and number <= condition.at_most


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return float(one) == float(other)
    return one is not None and str(one) == str(other)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
