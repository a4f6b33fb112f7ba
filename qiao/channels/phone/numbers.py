"""Telephone numbers as switches write them. Pure."""

import re
from typing import Final

from qiao.people.customers.policy import clean_phone

_MOBILE: Final = re.compile(r"0?(1[3-9]\d{9})")
_AREA: Final = re.compile(r"0([2-9]\d{8,10})")
_WITHHELD: Final = frozenset(
    {"", "anonymous", "unknown", "unavailable", "private", "restricted", "withheld", "未知", "匿名"}
)


def canonical(text: str | None) -> str | None:
    """One way of writing a number; None for a withheld one or what is no number of the outside world.

    Chinese mobiles are their 11 digits, Chinese landlines begin with 0 and their area; others keep what they came with.
    """
    if text is None or text.strip().lower() in _WITHHELD:
        return None
    plain = clean_phone(text)
    if plain is None:
        return None
    digits = plain.lstrip("+")
    national = digits[2:] if digits.startswith("86") and len(digits) >= 12 else digits
    mobile = _MOBILE.fullmatch(national)
    if mobile is not None:
        return mobile[1]
    if national is not digits and re.fullmatch(r"[2-9]\d{8,10}", national):
        return "0" + national
    return plain


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
