"""Word and PowerPoint documents (DOCX, PPTX)."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any, Final

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.documents import Document, Picture, Pictures, tidy
from qiao.knowledge.importing.reading.html import from_html
from qiao.knowledge.importing.reading.records import refuse

OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_UNPACKED: Final = 200 * 1024 * 1024
_ONE_XML: Final = 32 * 1024 * 1024
_ENTRIES: Final = 5_000
_MACROS: Final = re.compile(r"vbaproject\.bin$|vbadata\.xml$", re.I)
_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
# Headings as Chinese Word and WPS name them in documents made from scratch.
_STYLES: Final = "\n".join(
    [
        "p[style-name='Title'] => h1.title:fresh",
        "p[style-name='标题'] => h1.title:fresh",
        *(f"p[style-name='标题 {n}'] => h{n}:fresh" for n in range(1, 7)),
        *(f"p[style-name='标题{n}'] => h{n}:fresh" for n in range(1, 7)),
        "p[style-name='Quote'] => blockquote:fresh",
        "p[style-name='引用'] => blockquote:fresh",
    ]
)


def refuse_package(data: bytes, name: str) -> None:
    """Refuses what is no honest office document before anything reads it: old or protected ones, macros, bombs."""
    if data.startswith(OLD_OFFICE):
        raise refuse("import.encrypted" if _ENCRYPTED in data else "import.old_office")
    if name.lower().endswith((".docm", ".dotm", ".pptm", ".ppsm", ".potm")):
        raise refuse("import.has_macros")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
                raise refuse("import.unpacks_too_large")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise refuse("import.encrypted")
                if _MACROS.search(entry.filename):
                    raise refuse("import.has_macros")
                if entry.filename.lower().endswith((".xml", ".rels")):
                    if entry.file_size > _ONE_XML:
                        raise refuse("import.unpacks_too_large")
                    with archive.open(entry) as part:
                        if _DECLARES.search(part.read(65_536).replace(b"\x00", b"")):
                            raise refuse("import.unreadable")
    except Invalid:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen kinds for damaged archives
        raise refuse("import.document_damaged") from error


def read_docx(data: bytes, name: str) -> Document:
    """Headings, lists, tables, links and pictures of a Word document; comments and hidden text stay out."""
    import mammoth

    refuse_package(data, name)
    held: dict[str, Picture] = {}

    def keep(image: Any) -> dict[str, str]:
        with image.open() as stream:
            content = stream.read()
        key = f"embedded:{len(held)}"
        held[key] = Picture(f"picture-{len(held) + 1}.{str(image.content_type).rpartition('/')[2][:5]}", content)
        return {"src": key}

    result = mammoth.convert_to_html(
        io.BytesIO(data), convert_image=mammoth.images.img_element(keep), style_map=_STYLES, external_file_access=False
    )
    if not result.value.strip():
        raise refuse("import.document_empty")
    title = re.search(r'<h1 class="title">(.*?)</h1>', result.value, re.S)
    if title is None:
        return from_html(f"<body>{result.value}</body>", name, held.get)
    # A title is the document's, not its first chapter's.
    rest = result.value[: title.start()] + result.value[title.end() :]
    words = re.sub(r"<[^>]+>", "", title[1])
    try:
        found = from_html(f"<head><title>{words}</title></head><body><div>{rest}</div></body>", name, held.get)
    except Invalid as problem:
        if problem.code != "import.document_empty":
            raise
        return from_html(f"<body>{result.value}</body>", name, held.get)
    from html import unescape

    return Document(" ".join(unescape(words).split())[:300] or found.title, _whole(found, words), found.pictures)


def _whole(found: Document, words: str) -> str:
    """The body with the only chapter's heading put back, if the page's reader took it for the title."""
    return found.body if found.title == " ".join(words.split()) else f"# {found.title}\n\n{found.body}"


def read_pptx(data: bytes, name: str) -> Document:
    """Slides in their order: title, texts, tables, pictures. Speakers' notes and hidden slides stay out."""
    from pptx import Presentation

    refuse_package(data, name)
    deck = Presentation(io.BytesIO(data))
    pictures = Pictures()
    parts: list[str] = []
    title = str(deck.core_properties.title or "").strip()
    for number, slide in enumerate(deck.slides, start=1):
        if slide.element.get("show") == "0":
            continue
        heading = slide.shapes.title
        words = " ".join(heading.text_frame.text.split()) if heading is not None else ""
        if number == 1 and words and not title:
            title = words
        blocks = [block for shape in _shapes(slide.shapes) if shape is not heading for block in _shape(shape, pictures)]
        if words or blocks:
            same = number == 1 and words == title
            parts.extend(([] if same or not words else [f"## {escaped(words)}"]) + blocks)
    if not any(part.strip() for part in parts):
        raise refuse("import.document_empty")
    return tidy(title if title.lower() != "powerpoint presentation" else "", "\n\n".join(parts), pictures.kept, name)


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    """Shapes in reading order: from top to bottom, in a row from left to right; groups opened."""
    ordered = sorted(shapes, key=lambda one: ((one.top or 0) // 200_000, one.left or 0))
    title = getattr(shapes, "title", None)
    for shape in ordered:
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.shape_type == 6 and depth < 20:  # a group
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _shape(shape: Any, pictures: Pictures) -> list[str]:
    if getattr(shape, "has_table", False) and shape.has_table:
        rows = [
            [escaped(" ".join(cell.text.split())).replace("|", "\\|") for cell in row.cells] for row in shape.table.rows
        ]
        return [table_of(rows)] if rows else []
    if shape.shape_type == 13:  # a picture
        try:
            image = shape.image
            picture = Picture(f"slide-picture-{len(pictures.kept) + 1}.{image.ext}", image.blob)
        except (KeyError, ValueError, AttributeError):  # linked, not embedded; or of no kind we know
            return []
        return [pictures.add(picture, _described(shape))]
    if getattr(shape, "has_text_frame", False) and shape.has_text_frame:
        return _texts(shape)
    return []


def _described(shape: Any) -> str:
    try:
        return str(shape._element.nvPicPr.cNvPr.get("descr") or "")
    except AttributeError:
        return ""


def _texts(shape: Any) -> list[str]:
    lines = [(int(one.level or 0), " ".join(one.text.split())) for one in shape.text_frame.paragraphs]
    lines = [(level, words) for level, words in lines if words]
    if len(lines) <= 1:
        return [escaped(words) for _, words in lines]
    return ["\n".join(f"{'  ' * min(level, 6)}- {escaped(words)}" for level, words in lines)]


def escaped(words: str) -> str:
    """Words that mean nothing but themselves in Markdown."""
    words = re.sub(r"^(\s*)(\d{1,9})([.)])(?=\s)", r"\1\2\\\3", re.sub(r"([\\`*_\[\]<>])", r"\\\1", words))
    return re.sub(r"^(\s*)([#+-]|=+$)(?=\s|$)", r"\1\\\2", words)


def table_of(rows: list[list[str]]) -> str:
    """A table in Markdown; its first row is the head."""
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in padded]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])
