"""Picking out of an answer what flows need. Pure."""

from collections.abc import Mapping
from typing import Any


def mapped(data: Any, output: Mapping[str, str]) -> Any:
    """`{name: path}` looked up in `data`; without any, `data` itself. A path that leads nowhere gives null."""
    if not output:
        return data
    return {name: at(data, path) for name, path in output.items()}


def at(data: Any, path: str) -> Any:
    """The value at `a.b.0.c`; `*` takes every entry of a list; `$` or nothing is the whole."""
    parts = [part for part in path.removeprefix("$").split(".") if part]
    return _walk(data, parts)


def _walk(found: Any, parts: list[str]) -> Any:
    for place, part in enumerate(parts):
        if part == "*" and isinstance(found, list):
            return [_walk(entry, parts[place + 1 :]) for entry in found[:200]]
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found
