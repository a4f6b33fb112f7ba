"""A document, or every document of an archive: what there is, and each of them read by itself."""

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.archive import MANIFEST
from qiao.knowledge.importing.reading.documents import Document, Picture, Pictures, split, tidy, used_pictures
from qiao.knowledge.importing.reading.encoding import decode
from qiao.knowledge.importing.reading.html import no_pictures, read_html
from qiao.knowledge.importing.reading.markdown import ENDINGS as MARKDOWN
from qiao.knowledge.importing.reading.markdown import records_of
from qiao.knowledge.importing.reading.office import OLD_OFFICE, read_docx, read_pptx
from qiao.knowledge.importing.reading.pdf import read_pdf
from qiao.knowledge.importing.reading.records import refuse

HTML: Final = (".html", ".htm", ".xhtml")
OFFICE: Final = (".docx", ".docm", ".dotx", ".pptx", ".pptm", ".ppsx")
DOCUMENTS: Final = (*HTML, *OFFICE, ".pdf")
PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp")
_OLD: Final = (".doc", ".ppt", ".wps", ".dps", ".rtf")
_ENTRIES: Final = 2_000
_UNPACKED: Final = 200 * 1024 * 1024
_ONE_FILE: Final = 64 * 1024 * 1024

Tell = Callable[[int, int], None]


def is_document(name: str, data: bytes) -> bool:
    """Whether a file is one this module reads: by what it holds, its name where that says nothing."""
    lower = name.lower()
    if data.startswith(b"%PDF") or lower.endswith((*DOCUMENTS, *_OLD)):
        return True
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = [entry.lower() for entry in archive.namelist()[: _ENTRIES + 1]]
        except Exception:  # a damaged archive is said so by whoever reads it
            return False
        if MANIFEST in names:
            return False  # our own export
        if any(one.startswith(("word/", "ppt/")) for one in names):
            return True
        return not any(one.startswith("xl/") for one in names) and any(
            one.endswith((*DOCUMENTS, *PICTURES)) for one in names
        )
    return lower.endswith(HTML) or data[:512].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def listing(name: str, data: bytes) -> list[str]:
    """The documents of an archive by their paths in it, or just [""] for a single document. Raises Invalid."""
    if not data.startswith(b"PK") or _office(data):
        return [""]
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except Exception as error:  # zipfile and zlib raise half a dozen kinds for damaged archives
        raise refuse("import.zip_damaged") from error
    if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
        raise refuse("import.unpacks_too_large")
    found = [entry.filename for entry in entries if _wanted(entry.filename)]
    if not found:
        raise refuse("import.zip_without_documents")
    return sorted(found)


def _wanted(filename: str) -> bool:
    path = PurePosixPath(filename.replace("\\", "/"))
    if any(part.startswith((".", "__MACOSX", "~$")) for part in path.parts):
        return False
    return path.suffix.lower() in (*DOCUMENTS, *MARKDOWN, *_OLD) and path.name.lower() not in (
        "readme.md",
        "license.md",
    )


def _office(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.startswith(("word/", "ppt/")) for name in archive.namelist())
    except Exception:
        return True  # its reader says what is wrong


def read_part(name: str, data: bytes, entry: str, *, cut: bool, tell: Tell = lambda done, of: None) -> list[Document]:
    """One document, cut at its main headings if wanted. Raises Invalid with the reason when it cannot be read."""
    try:
        found = _one(name, data, tell) if not entry else _packed(data, entry, tell)
    except RecursionError:
        raise refuse("import.too_deep") from None
    except MemoryError:
        raise refuse("import.document_too_long") from None
    return [used_pictures(part) for one in found for part in (split(one) if cut and one.kind == "article" else [one])]


def _packed(data: bytes, entry: str, tell: Tell) -> list[Document]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(entry)
        if info.flag_bits & 1:
            raise refuse("import.encrypted")
        if info.file_size > _ONE_FILE:
            raise refuse("import.unpacks_too_large")
        try:
            content = archive.read(info)
        except Exception as error:
            raise refuse("import.document_damaged") from error
        names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}

        def neighbour(address: str) -> Picture | None:
            path = _beside(entry, address)
            stored = names.get(path.lower()) if path else None
            if stored is None or not path.lower().endswith(PICTURES) or archive.getinfo(stored).file_size > _ONE_FILE:
                return None
            try:
                return Picture(PurePosixPath(path).name[:120], archive.read(stored))
            except Exception:  # a damaged picture is missing, the text is there
                return None

        return _one(entry, content, tell, neighbour)


def _beside(entry: str, address: str) -> str:
    """The path in the archive of what a document's relative address names; empty when it leads out of it."""
    address = unquote(address.split("#")[0].split("?")[0]).replace("\\", "/")
    if not address or ":" in address or address.startswith("//"):
        return ""
    parts = [] if address.startswith("/") else list(PurePosixPath(entry.replace("\\", "/")).parts[:-1])
    for part in address.split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _one(
    name: str, data: bytes, tell: Tell, neighbour: Callable[[str], Picture | None] = no_pictures
) -> list[Document]:
    lower = name.lower()
    if not data.strip():
        raise refuse("import.empty")
    try:
        if data.startswith(b"%PDF") or lower.endswith(".pdf"):
            return [read_pdf(data, name, tell)]
        if data.startswith(OLD_OFFICE) or lower.endswith(_OLD):
            return [read_docx(data, name)] if data.startswith(OLD_OFFICE) else _refuse_old()
        if lower.endswith((".pptx", ".pptm", ".ppsx")) or (data.startswith(b"PK") and _has(data, "ppt/")):
            return [read_pptx(data, name)]
        if lower.endswith(OFFICE) or (data.startswith(b"PK") and _has(data, "word/")):
            return [read_docx(data, name)]
        if lower.endswith(MARKDOWN):
            return _markdown(name, data, neighbour)
        return [read_html(data, name, neighbour)]
    except (Invalid, RecursionError, MemoryError):
        raise
    except Exception as error:  # whatever a hostile file does to a reader, the person gets a sentence
        raise refuse("import.document_damaged") from error


def _refuse_old() -> list[Document]:
    raise refuse("import.old_office")


def _has(data: bytes, folder: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.startswith(folder) for name in archive.namelist())
    except Exception:
        return False


def _markdown(name: str, data: bytes, neighbour: Callable[[str], Picture | None]) -> list[Document]:
    """Questions or an article; its pictures are those that lie beside it."""
    import re

    text, _ = decode(data)
    pictures = Pictures()

    def found(match: "re.Match[str]") -> str:
        picture = neighbour(match[2])
        return pictures.add(picture, match[1]) if picture is not None else match[0]

    text = re.sub(r"!\[([^\]\n]{0,300})\]\(<?([^)\s>]{1,1000})>?(?:\s+\"[^\"\n]{0,300}\")?\)", found, text)
    documents = []
    for record in records_of(text, PurePosixPath(name).name, 1):
        values = dict(record.values or {})
        title, body = values.pop("question", ""), values.pop("answer", "")
        one = (
            tidy(title, body, pictures.kept, name)
            if record.kind == "article"
            else Document(title, body, tuple(pictures.kept))
        )
        documents.append(Document(title or one.title, one.body, one.pictures, record.kind, values))
    if not documents:
        raise refuse("import.document_empty")
    return documents
