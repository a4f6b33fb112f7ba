"""What a document becomes: Markdown with its pictures beside it, whole or cut at its main headings."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Final

from qiao.knowledge.importing.reading.records import clean, refuse

MOST_PICTURES: Final = 200
LARGEST_PICTURE: Final = 10 * 1024 * 1024
LARGEST_DOCUMENT: Final = 64 * 1024 * 1024
LONGEST_BODY: Final = 2_000_000
MOST_PARTS: Final = 500
_PICTURE: Final = re.compile(r"!\[([^\]\n]*)\]\(picture:(\d+)\)")
_FILE: Final = re.compile(r"(?<!!)\[([^\]\n]*)\]\(file:(\d+)\)")
_HEADING: Final = re.compile(r"^# (.+?)[ \t]*#*[ \t]*$")
_FENCE: Final = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})")
_LINES: Final = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a document: its bytes, or the address where they are (`url`) and nothing has been fetched yet."""

    name: str
    data: bytes = b""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """`body` is Markdown; `![…](picture:3)` stands for `pictures[3]`. `fields` are other columns it says of itself."""

    title: str
    body: str
    pictures: tuple[Picture, ...] = ()
    kind: str = "article"
    fields: dict[str, str] = field(default_factory=dict)


class Pictures:
    """Collects the pictures of one document; too many or too large ones are left out, their words stay."""

    def __init__(self) -> None:
        self.kept: list[Picture] = []
        self._size = 0

    def add(self, picture: Picture, words: str = "") -> str:
        """The Markdown that stands for it."""
        words = " ".join(re.sub(r"[\[\]\\!]", " ", words).split())[:200]
        size = len(picture.data)
        fits = (picture.url or 0 < size <= LARGEST_PICTURE) and self._size + size <= LARGEST_DOCUMENT
        if not fits or len(self.kept) >= MOST_PICTURES:
            return words
        self._size += size
        self.kept.append(picture)
        return f"![{words}](picture:{len(self.kept) - 1})"


def stem_of(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).stem.strip() or "–"


def tidy(title: str, body: str, pictures: Sequence[Picture], name: str) -> Document:
    """A document as it is kept: clean text, a title of one line, the title not said twice."""
    body = tidy_text(body)
    if len(body) > LONGEST_BODY:
        raise refuse("import.document_too_long")
    title = " ".join(clean(title).split())
    first, _, rest = body.partition("\n")
    match = _HEADING.match(first)
    if match and (not title or match[1].strip() == title):
        title, body = plain_words(match[1]), rest.strip()
    return Document((title or stem_of(name))[:300], body, tuple(pictures))


def tidy_text(text: str) -> str:
    """Like `clean`, for a text of any length; never more than one empty line."""
    pieces = [clean(text[start : start + 50_000]) for start in range(0, len(text), 50_000)]
    return _LINES.sub("\n\n", "".join(pieces)).strip()


def plain_words(text: str) -> str:
    """A heading without its marks."""
    return " ".join(re.sub(r"!\[[^\]]*\]\([^)]*\)|[*_`\\]|\[(?=[^\]]*\]\()|\]\([^)]*\)", "", text).split())


def used_pictures(document: Document) -> Document:
    """Only the pictures that its text shows, numbered anew."""
    kept: list[Picture] = []

    def renumber(match: re.Match[str]) -> str:
        number = int(match[2])
        if number >= len(document.pictures):
            return match[1]
        kept.append(document.pictures[number])
        return f"![{match[1]}](picture:{len(kept) - 1})"

    return replace(document, body=_PICTURE.sub(renumber, document.body), pictures=tuple(kept))


def with_pictures(body: str, link: Callable[[int], str | None]) -> str:
    """The text with the addresses of its pictures and, as `[…](file:3)`, attachments. One without leaves its words."""

    def put(mark: str, match: re.Match[str]) -> str:
        url = link(int(match[2]))
        return f"{mark}[{match[1]}]({url})" if url else match[1]

    return _FILE.sub(partial(put, ""), _PICTURE.sub(partial(put, "!"), body))


def split(document: Document) -> list[Document]:
    """One document a main heading. What stands before the first keeps the document's title; one without any stays whole."""
    parts: list[tuple[str, list[str]]] = [(document.title, [])]
    fence: str | None = None
    for line in document.body.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence is None:
            fence = mark[1][:3]
        elif mark and fence == mark[1][:3]:
            fence = None
        match = _HEADING.match(line) if fence is None and not mark else None
        if match:
            parts.append((plain_words(match[1])[:300], []))
        else:
            parts[-1][1].append(line)
    if len(parts) < 3 and not (len(parts) == 2 and "".join(parts[0][1]).strip()):
        return [document]
    if len(parts) > MOST_PARTS:
        raise refuse("import.too_many_parts", limit=MOST_PARTS)
    found = []
    for title, lines in parts:
        body = "\n".join(lines).strip()
        if body or title != document.title:
            found.append(used_pictures(replace(document, title=title or document.title, body=body)))
    return [one for one in found if one.body] or [document]
