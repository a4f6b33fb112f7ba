"""Texts with `{{path}}`: filled by looking values up, never by executing anything. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from qiao.core import i18n
from qiao.core.conditions import lookup
from qiao.desk.canned.policy import money

_GAP: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_PATH: Final = re.compile(r"\s*([a-z][a-z0-9_]*(?:\.[a-zA-Z0-9_]+)*)\s*")
LONGEST_VALUE: Final = 2000
VARIABLES: Final = (
    "customer.name",
    "customer.level",
    "customer.city",
    "agent.name",
    "company.name",
    "conversation.number",
    "ticket.number",
    "ticket.title",
    "order.number",
    "order.total",
    "logistics.carrier",
    "logistics.tracking_number",
)
"""Known of every subject, besides `answers.…` and `ticket.fields.…`."""


def words(text: Mapping[Any, str] | None, locale: str) -> str:
    """In the reader's language, or in the one it was written in."""
    if not text:
        return ""
    return text.get(locale) or next(iter(text.values()))


def gaps(text: str) -> list[tuple[str | None, str]]:
    """Path of each `{{…}}` and how it is written; the path is None where it cannot be read."""
    found: list[tuple[str | None, str]] = []
    for match in _GAP.finditer(text):
        inside = _PATH.fullmatch(match[1])
        found.append((inside[1] if inside else None, match[1].strip()))
    return found


def named(path: str, locale: str) -> str:
    """What a variable is called among people; its path where it has no name."""
    key = f"canned.variable.{path}"
    label = i18n.t(key, locale)
    return path if label == key else label


def fill(text: str, values: Mapping[str, Any], locale: str) -> tuple[str, list[str]]:
    """The text with its gaps filled, and the paths nothing is known of; those stand as 【…】 or […].

    Values are put in as they are and not looked at again.
    """
    missing: dict[str, None] = {}

    def value(match: re.Match[str]) -> str:
        inside = _PATH.fullmatch(match[1])
        shown = shown_value(lookup(values, inside[1]), locale)[:LONGEST_VALUE] if inside else ""
        if not shown:
            name = inside[1] if inside else match[1].strip()
            missing[name] = None
            label = named(name, locale)
            return f"[{label}]" if locale == "en" else f"【{label}】"
        return shown

    return _GAP.sub(value, text), list(missing)


def shown_value(value: Any, locale: str) -> str:
    """As a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if locale == "zh-CN" else ("yes" if value else "no")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ("、" if locale == "zh-CN" else ", ").join(filter(None, (shown_value(one, locale) for one in value)))
    if isinstance(value, Mapping):
        if isinstance(value.get("minor"), int):
            return money(value["minor"], str(value.get("currency", "CNY")))
        return str(value.get("name") or "")
    return str(value)
