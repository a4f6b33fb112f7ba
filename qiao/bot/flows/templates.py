"""Texts with `{{path}}` and `{{path|filter}}`: filled by looking values up, never by executing anything. Pure."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from qiao.desk.canned.policy import money
from qiao.people.personal import mask_email, mask_phone, mask_text

_GAP: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_INSIDE: Final = re.compile(r"\s*([a-z][a-z0-9_]*(?:\.[a-zA-Z0-9_]+)*)\s*(?:\|\s*([a-z_]+)\s*)?")
FILTERS: Final = ("money", "date", "mask_phone", "mask_email", "mask", "upper", "last4")
LONGEST_VALUE: Final = 2000


_STOOD_FOR: Final = re.compile(r"〔[a-zA-Z0-9_.]+〕")


def stood_for(path: str) -> str:
    """What a rehearsal shows in place of a value that nobody knows: where it would come from. Filters leave it as it is."""
    return f"〔{path}〕"


class Missing:
    """What a path leads to when there is nothing."""

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()


def lookup(path: str, values: Mapping[str, Any]) -> Any:
    """The value at a dotted path through mappings and lists, or MISSING. Never touches attributes of objects."""
    found: Any = values
    for part in path.split("."):
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return MISSING
    return found


def gaps(text: str) -> list[tuple[str | None, str | None]]:
    """Path and filter of each `{{…}}`; the path is None where it cannot be read."""
    found: list[tuple[str | None, str | None]] = []
    for match in _GAP.finditer(text):
        inside = _INSIDE.fullmatch(match[1])
        found.append((inside[1], inside[2]) if inside else (None, match[1]))
    return found


def fill(text: str, values: Mapping[str, Any], locale: str) -> str:
    """The text with its gaps filled. Values are put in as they are and not looked at again; unknown ones are empty."""

    def value(match: re.Match[str]) -> str:
        inside = _INSIDE.fullmatch(match[1])
        if inside is None:
            return ""
        return _text(_filtered(lookup(inside[1], values), inside[2], values), locale)[:LONGEST_VALUE]

    return _GAP.sub(value, text)


def fill_any(template: Any, values: Mapping[str, Any], locale: str) -> Any:
    """Like `fill` for any JSON; a text that is one gap only becomes the value itself, with its type."""
    if isinstance(template, str):
        whole = _GAP.fullmatch(template.strip())
        inside = _INSIDE.fullmatch(whole[1]) if whole else None
        if inside:
            found = _filtered(lookup(inside[1], values), inside[2], values)
            return None if isinstance(found, Missing) else found
        return fill(template, values, locale)
    if isinstance(template, Mapping):
        return {key: fill_any(value, values, locale) for key, value in template.items()}
    if isinstance(template, list):
        return [fill_any(value, values, locale) for value in template]
    return template


def _filtered(value: Any, name: str | None, values: Mapping[str, Any]) -> Any:
    if name is None or isinstance(value, Missing) or value is None:
        return value
    if isinstance(value, str) and _STOOD_FOR.fullmatch(value):
        return value
    if name == "money" and isinstance(value, int):
        return money(value, "CNY")
    if name == "date":
        return str(value)[:10]
    masks = {"mask_phone": mask_phone, "mask_email": mask_email, "mask": mask_text}
    if name in masks:
        return masks[name](str(value))
    if name == "upper":
        return str(value).upper()
    return str(value)[-4:] if name == "last4" else value


def _text(value: Any, locale: str) -> str:
    if value is None or isinstance(value, Missing):
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if locale == "zh-CN" else ("yes" if value else "no")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return ("、" if locale == "zh-CN" else ", ").join(_text(item, locale) for item in value)
    return "" if isinstance(value, Mapping) else str(value)
