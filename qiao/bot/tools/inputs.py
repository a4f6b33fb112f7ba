"""Checking a tool's inputs against their types. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from qiao.bot.tools.ports import InputSpec, ToolFailed, ToolSpec

LONGEST_TEXT = 2000


def checked(spec: ToolSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` as the types say. Raises ToolFailed naming the input that does not fit."""
    unknown = set(given) - set(spec.inputs)
    if unknown:
        raise ToolFailed("invalid_input", f"input_unknown: {sorted(unknown)[0]}")
    values: dict[str, Any] = {}
    for key, wanted in spec.inputs.items():
        value = given.get(key)
        if value is None or value == "":
            if wanted.required:
                raise ToolFailed("invalid_input", f"input_missing: {key}")
            continue
        values[key] = _value(key, wanted, value)
    return values


def _value(key: str, wanted: InputSpec, value: Any) -> Any:
    try:
        fitting = _typed(wanted.type, value)
    except (TypeError, ValueError):
        raise ToolFailed("invalid_input", f"input_{wanted.type}: {key}") from None
    if wanted.choices and fitting not in wanted.choices:
        raise ToolFailed("invalid_input", f"input_choice: {key} ({', '.join(wanted.choices)})")
    return fitting


def _typed(kind: str, value: Any) -> Any:
    if kind == "integer":
        if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
            raise ValueError
        return int(value)
    if kind == "number":
        number = float(value)
        if isinstance(value, bool) or number != number or number in (float("inf"), float("-inf")):
            raise ValueError
        return number
    if kind == "boolean":
        if isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "yes", "1"):
            return True
        if str(value).lower() in ("false", "no", "0"):
            return False
        raise ValueError
    if kind == "date":
        return date.fromisoformat(str(value)).isoformat()
    if isinstance(value, dict | list):
        raise TypeError
    text = str(value)
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise ValueError
    return text
