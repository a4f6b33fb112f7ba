"""Whether a rule's condition holds of an object, and if not, why not."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter

from qiao.core.conditions import holds
from qiao.desk.automation.expressions import ExpressionError, Names, Program, compiled
from qiao.desk.automation.policy import first_failed, seen
from qiao.desk.automation.schemas import Action, Built, Trigger, When

TRIGGER: TypeAdapter[Trigger] = TypeAdapter(Trigger)
WHEN: TypeAdapter[When] = TypeAdapter(When)
ACTIONS: TypeAdapter[list[Action]] = TypeAdapter(list[Action])

# When a rule runs, a field of a type that was taken away since is empty, not an error.
_ANYTHING = Names(
    {"ticket": "object", "customer": "object", "conversation": "object", "event": "object"},
    frozenset({"ticket", "ticket.fields", "customer", "conversation", "event"}),
)


@lru_cache(maxsize=500)
def program(source: str) -> Program:
    """The program of an expression that was checked when it was saved. Raises ExpressionError."""
    return compiled(source, _ANYTHING)


def judge(condition: When | None, facts: Mapping[str, Any]) -> tuple[bool, dict[str, Any] | None]:
    """Whether it holds, and the first test that failed with the value seen. Raises ExpressionError without an answer."""
    if condition is None:
        return True, None
    if isinstance(condition, Built):
        if holds(condition.condition, facts):
            return True, None
        return False, first_failed(condition.condition, facts)
    found = program(condition.source)
    if found.holds(facts):
        return True, None
    part, values = found.why(facts)
    return False, {"expression": seen(part), "seen": {name: seen(value) for name, value in values.items()}}


def broken(error: ExpressionError) -> dict[str, Any]:
    """An expression without an answer, as the log keeps it."""
    return {
        "error": {
            "code": f"automation.expression.{error.code}",
            "params": {"line": error.line, "column": error.column, **error.params},
        }
    }
