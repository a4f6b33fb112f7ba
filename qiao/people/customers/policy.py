"""Pure decisions of customers: how contact data is written, what a search may reveal, how they look."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from qiao.core.text import normalize, query_tokens, search_tokens

_PHONE_NOISE: Final = re.compile(r"[\s\-().·/]+")
_PHONE: Final = re.compile(r"\+?\d{5,20}")
HOME: Final = "CN"
"""Whose numbers stand without a country code in what is stored."""
_HOME_CODE: Final = 86
_EMAIL: Final = re.compile(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:.]+(\.[^\s@<>\"',;:.]+)*")
_PALETTE: Final = (
    "#1677ff",
    "#722ed1",
    "#c41d7f",
    "#d4380d",
    "#d46b08",
    "#7c8b00",
    "#389e0d",
    "#08979c",
    "#0958d9",
    "#531dab",
)
ATTRIBUTES_MOST: Final = 100
ATTRIBUTES_BYTES: Final = 16_000


def clean_phone(text: str, region: str = HOME) -> str | None:
    """The one spelling of a number, or None when it cannot be one: E.164, but Chinese ones as they are dialled in China.

    `region` is the country whose habits a number without a country code follows. What is spelled already stays as it is
    (without `region`); what no country would give out keeps its digits: short codes, extensions, typing errors.
    """
    plain = _PHONE_NOISE.sub("", normalize(text))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not _PHONE.fullmatch(plain):
        return None
    number = _valid(plain, region)
    if number is None:
        return plain[3:] if re.fullmatch(r"\+861\d{10}", plain) else plain
    if number.country_code != _HOME_CODE:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return _PHONE_NOISE.sub("", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))


def needs_region(text: str) -> bool:
    """Whether it takes a country to read this number: it has no code, and no shape that only Chinese mobiles have."""
    plain = _PHONE_NOISE.sub("", normalize(text))
    return not plain.startswith(("+", "00")) and not re.fullmatch(r"1[3-9]\d{9}", plain)


def e164(spelled: str) -> str | None:
    """A number in its one spelling as `+<country><number>`; None for what only its own country or house can dial."""
    number = _valid(spelled, HOME)
    if number is not None:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if re.fullmatch(r"1[3-9]\d{9}", spelled):
        return f"+{_HOME_CODE}{spelled}"
    return spelled if re.fullmatch(r"\+[1-9]\d{6,14}", spelled) else None


def _valid(plain: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(plain, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def clean_email(text: str) -> str | None:
    """Lower case, or None when it cannot be an address."""
    plain = text.strip().lower()
    return plain if len(plain) <= 254 and _EMAIL.fullmatch(plain) else None


def spelled(kind: str, value: str) -> str | None:
    """An address in its one spelling, or None when it cannot be one."""
    clean = {"phone": clean_phone, "email": clean_email}.get(kind)
    plain = clean(value) if clean else value.strip()
    return plain if plain and len(plain) <= 254 else None


def clean_name(text: str) -> str:
    """One line of printable characters, at most 80."""
    return "".join(c if c.isprintable() else " " for c in text).strip()[:80]


def attributes_fault(attributes: Mapping[str, Any]) -> str | None:
    """What is wrong with custom attributes (a code below `errors.`), or None: flat, few, small."""
    if len(attributes) > ATTRIBUTES_MOST:
        return "attributes_too_many"
    for key, value in attributes.items():
        flat = value if isinstance(value, list) else [value]
        if not 0 < len(key) <= 60 or not all(v is None or isinstance(v, str | int | float | bool) for v in flat):
            return "attributes_not_flat"
    if len(json.dumps(attributes, ensure_ascii=False).encode()) > ATTRIBUTES_BYTES:
        return "attributes_too_large"
    return None


def avatar_color(customer_id: UUID) -> str:
    """Always the same colour for the same customer; dark enough for white letters."""
    return _PALETTE[customer_id.int % len(_PALETTE)]


def tokens(*, name: str, number: int, phone: str | None, email: str | None) -> list[str]:
    """What a customer is found by: words of the name, the number, contact data whole, the phone's last four digits."""
    found = dict.fromkeys(search_tokens(name))
    found[str(number)] = None
    if phone:
        found[phone.lstrip("+")] = None
        found[phone[-4:]] = None
    if email:
        found[email] = None
    return list(found)


def tokens_of_name(name: str) -> list[str]:
    """The words of a name as they stand among a customer's tokens."""
    return list(dict.fromkeys(search_tokens(name)))


@dataclass(frozen=True, slots=True)
class Search:
    """A query taken apart. Prefixes are searched only for those who may see contact data in full: otherwise
    searching digit by digit would spell out what is masked."""

    tokens: tuple[str, ...]
    phone_prefix: str | None = None
    email_prefix: str | None = None
    email: str | None = None
    phone: str | None = None


def parse_search(q: str, *, may_reveal: bool) -> Search:
    """What `q` asks for."""
    plain = normalize(q)
    if plain.startswith(("c-", "#")):
        plain = plain.lstrip("c-#")
    email = plain if "@" in plain else None
    digits = clean_phone(plain)
    prefix = _PHONE_NOISE.sub("", plain)
    return Search(
        tokens=tuple(query_tokens(plain)),
        phone_prefix=prefix if may_reveal and re.fullmatch(r"\+?\d{3,20}", prefix) else None,
        email_prefix=plain if may_reveal and re.fullmatch(r"[^\s]{3,}", plain) and plain.isascii() else None,
        email=email,
        phone=digits,
    )
