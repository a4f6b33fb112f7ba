"""Our own export: spaces, shelves, words, FAQs and articles in all languages, with their pictures and attachments."""

import io
import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from qiao.core.errors import FieldError, Invalid
from qiao.knowledge.importing.reading.documents import LARGEST_PICTURE
from qiao.knowledge.importing.reading.records import MAX_ROWS, Budget, Parsed, Record, clean, refuse, refuse_too_many

MANIFEST: Final = "qiao-export.json"
FORMAT: Final = "qiao-knowledge"
VERSION: Final = 1
_UNPACKED: Final = 512 * 1024 * 1024
_ONE_TABLE: Final = 128 * 1024 * 1024
_ENTRIES: Final = 50_000
_TEXTS: Final = (
    "question",
    "answer",
    "summary",
    "category",
    "locale",
    "audience",
    "status",
    "space",
    "group",
    "action",
)
_LISTS: Final = ("variants", "tags", "departments")
TABLES: Final = {"space": "spaces", "category": "categories", "words": "words", "faq": "faqs", "article": "articles"}


def is_archive(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return MANIFEST in archive.namelist()
    except Exception:  # zipfile and zlib raise half a dozen kinds for damaged archives
        return False


def read_archive(data: bytes) -> Parsed:
    """Raises Invalid for one that is damaged as a whole; a single bad line is a broken row."""
    budget = Budget()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
                raise refuse("import.unpacks_too_large")
            manifest = json.loads(_read(archive, MANIFEST))
            if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
                raise refuse("import.archive_damaged")
            if not isinstance(manifest.get("version"), int) or manifest["version"] > VERSION:
                raise refuse("import.archive_newer")
            records: list[Record] = []
            pictures: list[dict[str, Any]] = []
            names = set(archive.namelist())
            for kind, table in TABLES.items():
                for line in _lines(archive, f"{table}.jsonl", names):
                    budget.check()
                    if len(records) >= MAX_ROWS:
                        raise refuse_too_many()
                    records.append(_record(len(records) + 1, kind, table, line))
                    pictures.extend(_pictures(archive, names, records[-1].row, line))
    except Invalid:
        raise
    except Exception as error:
        raise refuse("import.archive_damaged") from error
    if not records:
        raise refuse("import.empty")
    return Parsed("archive", records, pictures=pictures)


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > _ONE_TABLE:
        raise refuse("import.unpacks_too_large")
    return archive.read(name)


def _lines(archive: zipfile.ZipFile, name: str, names: set[str]) -> Iterator[Any]:
    if name not in names:
        return
    for line in _read(archive, name).decode("utf-8").split("\n"):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield None


def _record(row: int, kind: str, table: str, line: Any) -> Record:
    read: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
        "space": _space, "category": _category, "words": _words
    }  # fmt: skip
    try:
        if not isinstance(line, dict):
            raise TypeError(line)
        return Record(row, fields=read.get(kind, _text)(line), kind=kind, source=f"{table}.jsonl")
    except (TypeError, KeyError, ValueError, AttributeError):
        return Record(row, source=f"{table}.jsonl", kind=kind, broken=FieldError("file", "import.row_unreadable"))


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return clean(value)


def _long(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return "".join(clean(value[start : start + 50_000]) for start in range(0, len(value), 50_000))


def _many(value: Any) -> list[str]:
    return [_word(one) for one in value][:500]


def _names(value: Any) -> dict[str, str]:
    return {_word(key): _word(name) for key, name in dict(value).items()}


def _text(line: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {key: _long(line[key]) for key in _TEXTS if line.get(key) is not None}
    found |= {key: _many(line[key]) for key in _LISTS if line.get(key) is not None}
    found |= {key: _word(line[key]) for key in ("valid_from", "valid_until") if line.get(key)}
    if line.get("conditions"):
        found["conditions"] = {_word(key): _many(value) for key, value in dict(line["conditions"]).items()}
    _word(found["question"])
    return found


def _space(line: dict[str, Any]) -> dict[str, Any]:
    names = _names(line["names"])
    return {
        "question": next(iter(names.values())), "slug": _word(line["slug"]), "names": names,
        "audience": _word(line["audience"]),
        "descriptions": _names(line.get("descriptions") or {}), "departments": _many(line.get("departments") or ()),
        "position": int(line.get("position") or 0),
    }  # fmt: skip


def _category(line: dict[str, Any]) -> dict[str, Any]:
    names = _names(line["names"])
    return {
        "question": next(iter(names.values())), "names": names, "space": _word(line["space"]),
        "parent": _names(line.get("parent") or {}), "position": int(line.get("position") or 0),
    }  # fmt: skip


def _words(line: dict[str, Any]) -> dict[str, Any]:
    words = _many(line["words"])
    return {
        "question": " / ".join(words), "words": words, "locale": _word(line["locale"]), "note": _word(line.get("note") or "")
    }  # fmt: skip


def _pictures(archive: zipfile.ZipFile, names: set[str], row: int, line: Any) -> Iterator[dict[str, Any]]:
    """The pictures and attachments of a line, as its text counts them; one that is missing leaves its words."""
    listed = line.get("pictures") if isinstance(line, dict) else None
    for number, path in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(path, str) and path in names and archive.getinfo(path).file_size <= 2 * LARGEST_PICTURE:
            name = clean(PurePosixPath(path).name)[:120]
            yield {"row": row, "number": number, "name": name or "picture", "data": archive.read(path)}


def counted(pictures: list[dict[str, Any]]) -> Counter[int]:
    """How many pictures each row has."""
    return Counter(picture["row"] for picture in pictures)
