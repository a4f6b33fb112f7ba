"""A text's HTML made ready for a page: headings with anchors, a table of contents, wide tables that scroll. Pure."""

import json
import re
from dataclasses import dataclass
from html import unescape
from typing import Any

from markupsafe import Markup, escape

from qiao.core.text import lexical_terms, normalize, words

_HEADING = re.compile(r"<h([1-6])>(.*?)</h\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_HAN = re.compile(r"[\u3400-\u9fff]")
_CLOSE = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A line of the table of contents; `depth` is 0 or 1."""

    anchor: str
    title: str
    depth: int


def _words(html: str) -> str:
    return unescape(_TAG.sub("", html)).strip()


def arranged(html: str, title: str, scrolls: str) -> tuple[Markup, list[Section]]:
    """Safe HTML below a page's own heading, and its sections. `scrolls` names a table that is wider than the page."""
    leading = re.match(r"\s*<h1>(.*?)</h1>", html, re.DOTALL)
    if leading and normalize(_words(leading[1])) == normalize(title):
        html = html[leading.end() :]
    levels = [int(level) for level, _ in _HEADING.findall(html)]
    lower = 2 - min(levels, default=2)
    sections: list[Section] = []

    def heading(match: re.Match[str]) -> str:
        level = min(max(int(match[1]) + lower, 2), 6)
        anchor = f"s{len(sections) + 1}"
        if level <= 1 + _CLOSE:
            sections.append(Section(anchor, _words(match[2]), level - 2))
            return f'<h{level} id="{anchor}">{match[2]}</h{level}>'
        return f"<h{level}>{match[2]}</h{level}>"

    html = _HEADING.sub(heading, html)
    named = escape(scrolls)
    html = html.replace(
        "<table>", f'<div class="wide" role="region" tabindex="0" aria-label="{named}"><table>'
    ).replace("</table>", "</table></div>")
    return Markup(html), sections  # noqa: S704 - cleaned by articles.render


def _needles(query: str) -> list[str]:
    normal = normalize(query)
    found = {term for term in lexical_terms(normal, normalized=True) if len(term) > 1}
    found.update(part for part in re.findall(r"[^\W_]+", normal) if len(part) > 1 or _HAN.match(part))
    if _HAN.search(normal):
        found.update(word for word in words(normal) if len(word) > 1)
    return sorted(found, key=len, reverse=True)[:60]


def highlighted(text: str, query: str) -> Markup:
    """`text` with what was asked for marked."""
    needles = _needles(query)
    if not needles:
        return escape(text)
    pattern = re.compile("|".join(map(re.escape, needles)), re.IGNORECASE)
    spans: list[list[int]] = []
    for match in pattern.finditer(text):
        # 退货 and 货流 of 退货流程 are one find to the eye; two words with a blank between stay two.
        if spans and match.start() <= spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], match.end())
        else:
            spans.append([match.start(), match.end()])
    parts: list[Markup] = []
    at = 0
    for start, end in spans:
        parts += [escape(text[at:start]), Markup("<mark>"), escape(text[start:end]), Markup("</mark>")]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def passage(text: str, query: str, width: int = 180) -> str:
    """The stretch of `text` that holds most of what was asked for."""
    text = " ".join(text.split())
    if len(text) <= width:
        return text
    folded = text.casefold()
    places = [at for needle in _needles(query) for at in _all(folded, needle)]
    if not places:
        return text[: _between_words(text, width)].rstrip() + "…"
    best = max(places, key=lambda start: sum(start - 30 <= at < start + width - 30 for at in places))
    start = _between_words(text, max(0, min(best - 30, len(text) - width)))
    end = _between_words(text, start + width)
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")


def _between_words(text: str, at: int) -> int:
    """The nearest place before `at` that does not cut a Latin word in two; `at` itself in a very long one."""
    for place in range(at, max(0, at - 24) - 1, -1):
        if not (0 < place < len(text) and all(c.isascii() and c.isalnum() for c in text[place - 1 : place + 1])):
            return place
    return at


def _all(text: str, needle: str) -> list[int]:
    found: list[int] = []
    at = text.find(needle)
    while at >= 0 and len(found) < 20:
        found.append(at)
        at = text.find(needle, at + 1)
    return found


_UNSAFE = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def linked_data(value: dict[str, Any]) -> Markup:
    """JSON-LD that cannot leave its script element."""
    return Markup(json.dumps(value, ensure_ascii=False).translate(_UNSAFE))  # noqa: S704 - escaped just here


def clean_query(text: str, longest: int = 200) -> str:
    """What a reader typed, without what cannot be shown or stored."""
    kept = "".join(c if c.isprintable() else " " for c in text[: 4 * longest])
    return " ".join(kept.encode("utf-8", "ignore").decode("utf-8").split())[:longest].strip()
