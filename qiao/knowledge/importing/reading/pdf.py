"""PDF: words in reading order, headings by their size, ruled tables, pictures. Scans are told from texts."""

import io
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.documents import Document, Picture, Pictures, tidy
from qiao.knowledge.importing.reading.office import escaped, table_of
from qiao.knowledge.importing.reading.records import Budget, refuse

MOST_PAGES: Final = 500
SECONDS: Final = 240.0
_SMALLEST_PICTURE: Final = 40  # points; smaller ones are rules, bullets and logos
_BULLET: Final = re.compile(r"^\s*[•●○■□▪◆◇·‣–—]\s*")
_NUMBERED: Final = re.compile(r"^\s*(?:\d{1,2}[.、)）]|[(（]\d{1,2}[)）])\s*(?=\S)")
_ENDS: Final = re.compile(r"[。！？.!?:：;；]\s*$")
_CJK: Final = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_PAGE_NUMBER: Final = re.compile(
    r"^\W*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[/／]\s*(?:共\s*)?\d{1,4}\s*页?)?\W*$|^page \d+", re.I
)


@dataclass(slots=True)
class _Line:
    """A line of text, a table or a picture on a page; `words` of the latter two are Markdown already."""

    words: str
    top: float
    bottom: float
    size: float = 0.0
    left: float = 0.0
    right: float = 0.0
    ready: bool = False


def read_pdf(data: bytes, name: str, tell: Callable[[int, int], None] = lambda page, of: None) -> Document:
    """Raises Invalid for protected files, scans without text, and what is longer than a document should be."""
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect

    try:
        file = pdfplumber.open(io.BytesIO(data))
    except Exception as error:  # whatever is wrong with it inside the reader
        if isinstance(error, PDFPasswordIncorrect) or isinstance(error.__cause__, PDFPasswordIncorrect):
            raise refuse("import.encrypted") from error
        if any(isinstance(one, PDFPasswordIncorrect) for one in error.args):
            raise refuse("import.encrypted") from error
        raise refuse("import.document_damaged") from error
    try:
        with file:
            return _document(file, name, tell)
    except Invalid:
        raise
    except Exception as error:
        raise refuse("import.document_damaged") from error


def _document(file: Any, name: str, tell: Callable[[int, int], None]) -> Document:
    total = len(file.pages)
    if total > MOST_PAGES:
        raise refuse("import.too_many_pages", pages=total, limit=MOST_PAGES)
    budget = Budget(SECONDS)
    pictures = Pictures()
    pages: list[tuple[float, list[_Line]]] = []
    shown = 0
    for number, page in enumerate(file.pages, start=1):
        budget.check()
        lines, seen = _page(page, pictures)
        shown += seen
        pages.append((float(page.height), lines))
        page.close()  # what was read of it is held otherwise
        tell(number, total)
    if not any(line.words for _, lines in pages for line in lines if not line.words.startswith("![")):
        raise refuse("import.only_scans" if shown else "import.document_empty")
    _drop_margins(pages)
    body_size = _body_size([line for _, lines in pages for line in lines])
    title = str((file.metadata or {}).get("Title") or "").strip()
    body = _markdown(pages, body_size)
    usable = bool(title) and not re.search(
        r"\.(docx?|pdf|pptx?|indd)$|^(untitled|microsoft word)|[\ufffd\x00]", title, re.I
    )
    return tidy(title if usable else "", body, pictures.kept, name)


def _page(page: Any, pictures: Pictures) -> tuple[list[_Line], int]:
    """The lines of a page from top to bottom, and how many pictures it shows."""
    page = page.dedupe_chars()  # bold by printing twice
    found: list[_Line] = []
    boxes: list[Any] = []
    for table in page.find_tables() if len(page.lines) + len(page.rects) + len(page.curves) < 5_000 else ():
        rows = [[_cell(cell) for cell in row] for row in table.extract()]
        if len(rows) > 1 and max(map(len, rows)) > 1 and any(any(row) for row in rows):
            boxes.append(table.bbox)
            found.append(_Line(table_of(rows), table.bbox[1], table.bbox[3], ready=True))
    rest = page.filter(lambda one: not _inside(one, boxes)) if boxes else page
    for line in rest.extract_text_lines(return_chars=True, strip=True):
        words = line["text"].strip()
        if words:
            size = statistics.median(char["size"] for char in line["chars"])
            found.append(_Line(words, line["top"], line["bottom"], round(size, 1), line["x0"], line["x1"]))
    seen = 0
    for image in page.images[:50]:
        seen += 1
        box = (
            max(image["x0"], 0),
            max(image["top"], 0),
            min(image["x1"], page.width),
            min(image["bottom"], page.height),
        )
        if min(box[2] - box[0], box[3] - box[1]) < _SMALLEST_PICTURE:
            continue
        shown = io.BytesIO()
        page.crop(box).to_image(resolution=144, antialias=True).original.convert("RGB").save(shown, "PNG")
        mark = pictures.add(Picture(f"picture-{len(pictures.kept) + 1}.png", shown.getvalue()))
        if mark:
            found.append(_Line(mark, box[1], box[3], ready=True))
    return sorted(found, key=lambda line: (line.top, line.left)), seen


def _cell(text: str | None) -> str:
    return escaped(_joined((text or "").split("\n"))).replace("|", "\\|")


def _inside(one: Any, boxes: Sequence[Any]) -> bool:
    middle, height = (one["x0"] + one["x1"]) / 2, (one["top"] + one["bottom"]) / 2
    return any(box[0] <= middle <= box[2] and box[1] <= height <= box[3] for box in boxes)


def _drop_margins(pages: list[tuple[float, list[_Line]]]) -> None:
    """Takes out what stands at the edge of most pages (running heads and feet) and bare page numbers there."""

    def edge(height: float, line: _Line) -> bool:
        return not line.ready and (line.bottom < height * 0.1 or line.top > height * 0.9)

    counted = Counter(
        key for height, lines in pages for key in {_shape_of(line.words) for line in lines if edge(height, line)}
    )
    often = {key for key, times in counted.items() if len(pages) >= 3 and times * 2 > len(pages)}
    for height, lines in pages:
        lines[:] = [
            line
            for line in lines
            if not (edge(height, line) and (_shape_of(line.words) in often or _PAGE_NUMBER.match(line.words)))
        ]


def _shape_of(words: str) -> str:
    return re.sub(r"\d+", "#", words)


def _body_size(lines: list[_Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        if not line.ready:
            sizes[line.size] += len(line.words)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _markdown(pages: list[tuple[float, list[_Line]]], body_size: float) -> str:
    lines = [line for _, page in pages for line in page]
    larger = sorted(
        {line.size for line in lines if not line.ready and line.size >= body_size * 1.15 and len(line.words) <= 100},
        reverse=True,
    )
    level = {size: min(position, 3) + 1 for position, size in enumerate(larger)}
    right = max((line.right for line in lines if not line.ready and line.size <= body_size * 1.1), default=0.0)
    blocks: list[str] = []
    open_lines: list[_Line] = []

    def close() -> None:
        if open_lines:
            blocks.append(_paragraph([line.words for line in open_lines]))
            open_lines.clear()

    previous: _Line | None = None
    for line in lines:
        if line.ready:
            close()
            blocks.append(line.words)
        elif line.size in level and len(line.words) <= 100:
            close()
            mark = "#" * level[line.size] + " "
            if (
                previous is not None
                and previous.size == line.size
                and 0 <= line.top - previous.bottom < line.size * 0.8
            ):
                blocks[-1] = f"{blocks[-1]}{_glue(blocks[-1], line.words)}{escaped(line.words)}"
            else:
                blocks.append(mark + escaped(line.words))
        else:
            if previous is not None and open_lines and _breaks(previous, line, right):
                close()
            open_lines.append(line)
        previous = line
    close()
    return "\n\n".join(blocks)


def _breaks(previous: _Line, line: _Line, right: float) -> bool:
    """Whether a new paragraph begins: a gap, a list mark, or the line before stops short after a full sentence."""
    if _BULLET.match(line.words) or _NUMBERED.match(line.words):
        return True
    gap = line.top - previous.bottom
    short = previous.right < right - 4 * previous.size
    if gap > previous.size * 0.9 or (gap < -previous.size and (short or _ENDS.search(previous.words))):
        return True
    return short and (bool(_ENDS.search(previous.words)) or line.left > previous.left + previous.size)


def _paragraph(lines: list[str]) -> str:
    whole = _joined(lines)
    bullet = _BULLET.match(whole)
    if bullet:
        return "- " + escaped(whole[bullet.end() :])
    numbered = re.match(r"\s*(\d{1,2})[.)]\s*(?=\S)", whole)
    if numbered:
        return f"{numbered[1]}. {escaped(whole[numbered.end() :])}"
    return escaped(whole)


def _joined(lines: Sequence[str]) -> str:
    found = ""
    for line in lines:
        line = " ".join(line.split())
        if found.endswith("-") and line[:1].islower():
            found = found[:-1] + line
        else:
            found += _glue(found, line) + line
    return found


def _glue(before: str, after: str) -> str:
    """Chinese lines join without a blank, others with one."""
    if not before or not after:
        return ""
    return "" if _CJK.match(before[-1]) and _CJK.match(after[0]) else " "
