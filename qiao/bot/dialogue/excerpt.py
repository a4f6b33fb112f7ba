"""The part of an article that answers, as it is read in a chat: its lines, its lists and its tables in words. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from qiao.knowledge.search.text import prose, sentence_parts

Shape = Literal["heading", "row", "item", "text"]

_HEADING: Final = re.compile(r"^\s{0,3}#{1,6}\s+")
_ITEM: Final = re.compile(r"^\s*(?:[-*+]|(\d+)[.)])\s+")
_CALLOUT: Final = re.compile(r"^\[!\s?\w+\]\s*")
# What bold letters leave behind.
_SPACED: Final = re.compile(
    r"(?<=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]) (?=[\u3000-\u303f\u3400-\u9fff\uff00-\uffef])"
)
_ROW: Final = re.compile(r"^\s*\|.*\|\s*$")
_RULE: Final = re.compile(r"^\s*\|?(?:\s*:?-{3,}:?\s*\|?)+\s*$")
_CELL: Final = re.compile(r"(?<!\\)\|")


@dataclass(slots=True)
class _Line:
    shape: Shape
    said: list[str]
    """Its sentences, as passages are made of them."""
    mark: str = ""
    cells: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    """Of a row of a table: what its columns are called."""


def excerpt(body: str, passage: str, locale: str) -> str:
    """The lines of a Markdown text that `passage` was cut from; the passage itself where they cannot be told."""
    lines = _lines(body)
    flat = [(sentence, at) for at, line in enumerate(lines) for sentence in line.said]
    run = _run([sentence for sentence, _ in flat], passage)
    if run is None:
        return prose(passage).strip()
    chosen: dict[int, list[str]] = {}
    for sentence, at in flat[run[0] : run[1]]:
        chosen.setdefault(at, []).append(sentence)
    shown: list[str] = []
    before: Shape | None = None
    for at, said in chosen.items():
        line = lines[at]
        text = _shown(line, said, locale)
        if not text:
            continue
        apart = shown and (line.shape == "heading" or (line.shape == "row") != (before == "row"))
        shown += ["", text] if apart and before != "heading" else [text]
        before = line.shape
    while shown and lines[max(chosen)].shape == "heading" and len(shown) > 1 and before == "heading":
        # A heading at the end is that of what comes next.
        shown, before = shown[:-1], None
    return "\n".join(shown).strip()


def _run(sentences: list[str], passage: str) -> tuple[int, int] | None:
    """Where a passage stands among the sentences of its text: from and to."""
    wanted = " ".join(passage.split())
    for start, first in enumerate(sentences):
        if not wanted.startswith(first):
            continue
        length, end = -1, start
        while end < len(sentences) and length < len(wanted):
            length += 1 + len(sentences[end])
            end += 1
        if length == len(wanted) and " ".join(sentences[start:end]) == wanted:
            return start, end
    return None


def _lines(body: str) -> list[_Line]:
    found: list[_Line] = []
    head: tuple[str, ...] | None = None
    rows = body.split("\n")
    for at, text in enumerate(rows):
        if not _ROW.match(text):
            head = None
        said = sentence_parts(text)
        if not said:
            continue
        if _ROW.match(text):
            cells = tuple(prose(cell).strip() for cell in _CELL.split(text.strip().strip("|")))
            if _RULE.match(text):
                found.append(_Line("row", said))
            elif head is None and at + 1 < len(rows) and _RULE.match(rows[at + 1]):
                head = cells
                found.append(_Line("row", said))
            else:
                found.append(_Line("row", said, cells=cells, head=head or ()))
        elif _HEADING.match(text):
            found.append(_Line("heading", said))
        elif item := _ITEM.match(text):
            found.append(_Line("item", said, mark=f"{item[1]}. " if item[1] else "· "))
        else:
            found.append(_Line("text", said))
    return found


def _shown(line: _Line, said: list[str], locale: str) -> str:
    chinese = locale != "en"
    if line.shape == "row":
        return _row(line, chinese)
    text = _CALLOUT.sub("", " ".join(said))
    if chinese:
        text = _SPACED.sub("", text)
    return f"{line.mark}{text}" if text and said[0] == line.said[0] else text


def _row(line: _Line, chinese: bool) -> str:
    """A row in words: · Xinjiang: free from ¥199, else ¥18. Empty for the head and its rule, which its rows repeat."""
    if not line.cells:
        return ""
    colon, comma = ("：", "，") if chinese else (": ", ", ")
    first, *rest = line.cells
    named = []
    for at, cell in enumerate(rest, 1):
        name = line.head[at] if at < len(line.head) else ""
        if cell:
            named.append(f"{name} {cell}" if name else cell)
    return f"· {first}{colon}{comma.join(named)}" if first and named else f"· {first or comma.join(named)}"
