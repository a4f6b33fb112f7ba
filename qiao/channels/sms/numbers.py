"""Telephone numbers as addresses: one way to write each, so that a person is one identity. Pure."""

import re
import unicodedata
from typing import Final

_NOISE: Final = re.compile(r"[\s\-().·/]+")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{5,14}")
_SHORT: Final = re.compile(r"[0-9]{3,8}")
_CHINA: Final = re.compile(r"1[3-9][0-9]{9}")


def canonical(written: str, country: str) -> str | None:
    """`+<country><number>`; a short code stays as it is; None for what is no number.

    `country` is the calling code a number without one belongs to.
    """
    digits = _NOISE.sub("", unicodedata.normalize("NFKC", written)).removeprefix("tel:")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+"):
        return digits if _NUMBER.fullmatch(digits) else None
    if not digits.isascii() or not digits.isdecimal():
        return None
    if _SHORT.fullmatch(digits):
        return digits
    return _international(digits, country)


def _international(digits: str, country: str) -> str | None:
    if country == "86":
        # A mobile number of the mainland is told by its form; whatever else comes without a plus has its code in front.
        found = f"+86{digits}" if _CHINA.fullmatch(digits) else f"+{digits}"
    elif digits.startswith("0"):
        found = f"+{country}{digits.lstrip('0')}"
    elif digits.startswith(country) and len(digits) > 10:
        found = f"+{digits}"
    else:
        found = f"+{country}{digits}"
    return found if _NUMBER.fullmatch(found) else None


def mainland(number: str) -> bool:
    """Whether it is a mobile number of mainland China."""
    return number.startswith("+86") and _CHINA.fullmatch(number[3:]) is not None
