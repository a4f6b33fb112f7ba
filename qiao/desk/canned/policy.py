"""Variables of canned replies: what there is, what is wrong with a text, how it is filled. Pure."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from qiao.core.money import words as amount_words

VARIABLES: Final = (
    "customer.name",
    "customer.level",
    "customer.city",
    "agent.name",
    "company.name",
    "conversation.number",
    "order.number",
    "order.total",
    "logistics.carrier",
    "logistics.tracking_number",
)
# The company is the workspace in the settings screens; both names are understood.
_ALIASES: Final = {"workspace.name": "company.name"}
_VARIABLE: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_OPENING: Final = re.compile(r"\{\{")


class Fault(NamedTuple):
    """Where a text cannot be filled: 1-based line and column. `name` is None for an opening without its end."""

    name: str | None
    line: int
    column: int


def known(name: str) -> str | None:
    """The variable a name in braces stands for, or None."""
    name = _ALIASES.get(name.strip(), name.strip())
    return name if name in VARIABLES else None


def faults(body: str) -> list[Fault]:
    """What `{{…}}` in a text nobody could fill, in order."""
    found: list[Fault] = []
    whole = {match.start(): match[1] for match in _VARIABLE.finditer(body)}
    for opening in _OPENING.finditer(body):
        name = whole.get(opening.start())
        if name is not None and known(name):
            continue
        before = body[: opening.start()]
        line, column = before.count("\n") + 1, opening.start() - (before.rfind("\n") + 1) + 1
        found.append(Fault(None if name is None else name.strip(), line, column))
    return found


def fill(body: str, values: Mapping[str, str | None], gaps: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with its variables filled; one without a value shows as its gap. Returns the missing ones in order.

    Values are put in as they are and not looked at again, so a customer called `{{order.total}}` stays that.
    """
    missing: dict[str, None] = {}

    def value(match: re.Match[str]) -> str:
        name = known(match[1])
        if name is None:
            return match[0]
        found = values.get(name)
        if found:
            return found
        missing[name] = None
        return gaps[name]

    return _VARIABLE.sub(value, body), list(missing)


def money(minor: int, currency: str) -> str:
    """`12900, CNY` → `¥129.00`."""
    return amount_words(minor, currency)
