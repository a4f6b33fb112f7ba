"""What kind of file it is, by its content; its name is only a hint."""

import io
import zipfile
from typing import Final

import structlog

from qiao.core.errors import Problem
from qiao.knowledge.importing.reading.archive import is_archive, read_archive
from qiao.knowledge.importing.reading.exports import ENDINGS as JSON
from qiao.knowledge.importing.reading.exports import read_json
from qiao.knowledge.importing.reading.markdown import ENDINGS, read_markdown, read_zip
from qiao.knowledge.importing.reading.records import Parsed, refuse
from qiao.knowledge.importing.reading.tables import read_csv, read_xlsx

logger = structlog.get_logger(__name__)
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KNOWN_BINARIES: Final = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


def read_file(name: str, data: bytes) -> Parsed:
    """The rows of a CSV, XLSX or Markdown file, or of a zip of Markdown files. Raises Invalid with the reason otherwise."""
    try:
        return _read(name.lower(), data)
    except Problem:
        raise
    except Exception as error:  # whatever a hostile file does to a reader, the person gets a sentence
        logger.warning("import_unreadable", name=name[-80:], error=repr(error)[:500])
        raise refuse("import.unreadable") from error


def _read(name: str, data: bytes) -> Parsed:
    if not data.strip():
        raise refuse("import.empty")
    if data.startswith(_OLD_OFFICE):
        raise refuse("import.old_excel")
    if data.startswith(_KNOWN_BINARIES):
        raise refuse("import.kind_unknown")
    if data.startswith(b"PK") and is_archive(data):
        return read_archive(data)
    if data.startswith(b"PK"):
        return read_xlsx(data) if _is_workbook(name, data) else read_zip(data)
    if name.endswith((".xlsx", ".xlsm")):
        raise refuse("import.xlsx_damaged")
    if name.endswith(".zip"):
        raise refuse("import.zip_damaged")
    if name.endswith(JSON):
        return read_json(data, name)
    if name.endswith(ENDINGS):
        return read_markdown(data, name)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return read_json(data, name)
    return read_csv(data)


def _is_workbook(name: str, data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except Exception:  # damaged: the name decides which sentence fits
        return not name.endswith(".zip")
    return any(entry.startswith("xl/") for entry in names) or name.endswith((".xlsx", ".xlsm"))
