"""Message catalogues: what people read, in zh-CN and en.

A catalogue is a flat or nested JSON object in `locales/<locale>.json` of any folder below `qiao/`; all are merged.
Parameters are written `{name}` and filled with `str.format_map`.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

LOCALES: Final = ("zh-CN", "en")
DEFAULT_LOCALE: Final = "zh-CN"


class _Gaps(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _flatten(prefix: str, node: Any, into: dict[str, str]) -> None:
    if isinstance(node, dict):
        for key, value in node.items():
            _flatten(f"{prefix}.{key}" if prefix else key, value, into)
    else:
        into[prefix] = str(node)


@lru_cache(maxsize=1)
def catalogues() -> dict[str, dict[str, str]]:
    """All catalogues, by locale, flat keys. Raises ValueError when two rooms define one key differently."""
    root = Path(__file__).resolve().parent.parent
    merged: dict[str, dict[str, str]] = {locale: {} for locale in LOCALES}
    for locale in LOCALES:
        for path in sorted(root.rglob(f"locales/{locale}.json")):
            if "web_dist" in path.parts or "static" in path.parts:
                continue
            flat: dict[str, str] = {}
            _flatten("", json.loads(path.read_text(encoding="utf-8")), flat)
            for key, text in flat.items():
                if merged[locale].setdefault(key, text) != text:
                    raise ValueError(f"{path}: key {key!r} is already defined with another text")
    return merged


def t(key: str, locale: str, /, **params: Any) -> str:
    """The text of `key` in `locale` (any unknown locale reads as the nearest known), or the key itself when missing."""
    texts = catalogues()[match_locale(locale)]
    text = texts.get(key)
    if text is None:
        text = catalogues()[DEFAULT_LOCALE].get(key, key)
    return text.format_map(_Gaps(params)) if params else text


def match_locale(*wanted: str | None) -> str:
    """The best known locale for language tags in order of preference; each may be an Accept-Language header."""
    for header in wanted:
        if not header:
            continue
        ranked: list[tuple[float, str]] = []
        for part in header.split(","):
            tag, _, rest = part.strip().partition(";")
            quality = 1.0
            if rest.strip().startswith("q="):
                try:
                    quality = float(rest.strip()[2:])
                except ValueError:
                    quality = 0.0
            ranked.append((-quality, tag.lower()))
        for _, tag in sorted(ranked, key=lambda pair: pair[0]):
            if tag.startswith("zh"):
                return "zh-CN"
            if tag.startswith("en"):
                return "en"
    return DEFAULT_LOCALE
