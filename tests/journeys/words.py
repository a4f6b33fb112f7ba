"""The words people read, out of the catalogues the screens use: a journey finds a button by its name."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

WEB = Path(__file__).resolve().parents[2] / "web"
_PAIR = re.compile(r'^\s*"(?P<key>[\w.]+)":\s*"(?P<text>(?:[^"\\]|\\.)*)"', re.MULTILINE)


@cache
def _console(locale: str) -> dict[str, Any]:
    found = {"app": _read(WEB / "console/src/app/locales" / f"{locale}.json")}
    features = WEB / "console/src/features"
    for path in sorted([*features.glob(f"*/locales/{locale}.json"), *features.glob(f"*/*/locales/{locale}.json")]):
        found[path.parents[1].relative_to(features).as_posix()] = _read(path)
    return found


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _widget(locale: str) -> dict[str, str]:
    text = (WEB / "widget/src/i18n" / f"{locale}.ts").read_text(encoding="utf-8")
    return {match["key"]: json.loads(f'"{match["text"]}"') for match in _PAIR.finditer(text)}


def _fill(text: str, params: dict[str, object]) -> str:
    for name, value in params.items():
        text = text.replace(f"{{{{{name}}}}}", str(value)).replace(f"{{{name}}}", str(value))
    return text


def console(locale: str, key: str, **params: object) -> str:
    """`inbox:offer.accept`; without a colon, of the shell."""
    feature, _, path = key.rpartition(":")
    found = _at(_console(locale)[feature or "app"], path)
    return _fill(_at(_console(locale)["app"], path) if found is None else found, params)


def _at(node: Any, path: str) -> Any:
    """What a catalogue has there; as on the screens, what a feature has no words for the shell has."""
    if path in node:
        return node[path]
    for step in path.split("."):
        node = node.get(step) if isinstance(node, dict) else None
    return node


def widget(locale: str, key: str, **params: object) -> str:
    return _fill(_widget(locale)[key], params)


def keys(locale: str) -> frozenset[str]:
    """Every key of every catalogue: should one be seen on a screen, its words are missing."""

    def walk(node: Any, at: str) -> list[str]:
        if isinstance(node, dict):
            return [found for name, below in node.items() for found in walk(below, f"{at}.{name}" if at else name)]
        return [at]

    return frozenset(key for part in _console(locale).values() for key in walk(part, "")) | frozenset(_widget(locale))
