"""Telephone numbers as switches write them. Pure."""

import re
from typing import Final

from qiao.people.customers.policy import HOME, clean_phone

_AREA: Final = re.compile(r"0([2-9]\d{8,10})")
_WITHHELD: Final = frozenset(
    {"", "anonymous", "unknown", "unavailable", "private", "restricted", "withheld", "未知", "匿名"}
)


def canonical(text: str | None, region: str = HOME) -> str | None:
    """The one spelling of a number; None for a withheld one or what is no number of the outside world."""
    if text is None or text.strip().lower() in _WITHHELD:
        return None
    return clean_phone(text, region)


def variants(number: str) -> tuple[str, ...]:
    """How a canonical number may stand in profiles."""
    found = [number]
    if re.fullmatch(r"1[3-9]\d{9}", number):
        found += ["0" + number, "86" + number, "+86" + number]
    elif (landline := _AREA.fullmatch(number)) is not None:
        found += ["86" + landline[1], "+86" + landline[1]]
    elif number.startswith("+"):
        found.append(number[1:])
    else:
        found.append("+" + number)
    return tuple(found)
