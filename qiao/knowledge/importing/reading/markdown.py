"""Markdown: questions under `##` headings, or one article a file; alone or many in a zip."""

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Any, Final

import yaml

from qiao.core.errors import FieldError, Invalid
from qiao.knowledge.importing.reading.columns import FIELDS, field_of
from qiao.knowledge.importing.reading.encoding import decode
from qiao.knowledge.importing.reading.records import MAX_ROWS, Budget, Parsed, Record, clean, refuse, refuse_too_many

ENDINGS: Final = (".md", ".markdown")
_ENTRIES: Final = 2_000
_UNPACKED: Final = 64 * 1024 * 1024
_ONE_FILE: Final = 4 * 1024 * 1024
_FRONT: Final = re.compile(r"\A---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_HEADING: Final = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_FENCE: Final = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})")
_VARIANTS: Final = re.compile(r"^\s*(?:[-*>]\s*)?\**([^:：*\n]{1,20})\**\s*[:：]\**\s*(.+)$")
_ASKS: Final = re.compile(
    r"[?？]\s*$|[吗呢么]\s*$|如何|怎么|怎样|什么|为何|为啥|多久|多少|多长|几天|哪|能否|是否|可否|可以.*吗|能不能|有没有"
    r"|^(?:how|what|why|when|where|who|which|can|could|do|does|did|is|are|will|should|may)\b",
    re.I,
)


def read_markdown(data: bytes, name: str) -> Parsed:
    """One file. Its rows are numbered from 1 in the order in which they stand."""
    text, encoding = decode(data)
    records = records_of(text, name, 1)
    if not records:
        raise refuse("import.empty")
    if len(records) > MAX_ROWS:
        raise refuse_too_many()
    return Parsed("markdown", records, encoding=encoding)


def read_zip(data: bytes) -> Parsed:
    """Every Markdown file of an archive; one that cannot be read is a broken record, the others go in."""
    records: list[Record] = []
    budget = Budget()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
                raise refuse("import.unpacks_too_large")
            for entry in sorted(entries, key=lambda one: one.filename):
                budget.check()
                path = PurePosixPath(entry.filename.replace("\\", "/"))
                hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
                if hidden or path.suffix.lower() not in ENDINGS or path.name.lower() in ("readme.md", "license.md"):
                    continue
                records.extend(_entry(archive, entry, path, len(records) + 1))
                if len(records) > MAX_ROWS:
                    raise refuse_too_many()
    except Invalid:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen kinds for damaged archives
        raise refuse("import.zip_damaged") from error
    if not records:
        raise refuse("import.zip_without_markdown")
    return Parsed("zip", records)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: PurePosixPath, first: int) -> list[Record]:
    name = clean(path.name)[:200]

    def broken(code: str) -> list[Record]:
        return [Record(first, source=name, broken=FieldError("file", code, {"name": name}))]

    if entry.flag_bits & 1:
        return broken("import.file_encrypted")
    if entry.file_size > _ONE_FILE:
        return broken("import.file_too_large")
    try:
        text, _ = decode(archive.read(entry))
    except Exception:  # the damage of one file is that file's alone
        return broken("import.file_unreadable")
    return records_of(text, name, first) or broken("import.file_empty")


def records_of(text: str, name: str, first: int) -> list[Record]:
    text = clean_text(text)
    front, body = _front_matter(text)
    sections = _sections(body)
    asked = [title for level, title, _ in sections if level == 2]
    kind = str(front.pop("kind", "")).lower()
    is_faq = kind == "faq" or (
        kind != "article" and bool(asked) and 2 * sum(bool(_ASKS.search(title)) for title in asked) >= len(asked)
    )
    if is_faq:
        return _questions(sections, front, name, first)
    title = front.pop("question", "") or next((title for level, title, _ in sections if level == 1), "")
    lines = body.strip().split("\n")
    if lines and (match := _HEADING.match(lines[0])) and match[2] == title:
        lines = lines[1:]
    body = "\n".join(lines).strip()
    if not body and not title:
        return []
    title = title or PurePosixPath(name).stem
    return [Record(first, values={**front, "question": title, "answer": body}, kind="article", source=name)]


def clean_text(text: str) -> str:
    """Like `clean`, for a whole file."""
    pieces = [clean(text[start : start + 50_000]) for start in range(0, len(text), 50_000)]
    return "".join(pieces)


def _questions(
    sections: list[tuple[int, str, list[str]]], front: dict[str, str], name: str, first: int
) -> list[Record]:
    category = ""
    records: list[Record] = []
    for level, title, lines in sections:
        if level == 1:
            category = title
        if level != 2:
            continue
        values = {**front, "question": title}
        values.setdefault("category", category[:80])
        lines = _annotations(lines, values)
        values["answer"] = "\n".join(lines).strip()
        records.append(Record(first + len(records), values=values, source=name))
    return records


def _annotations(lines: list[str], values: dict[str, str]) -> list[str]:
    """Takes lines like `相似问法：a | b` from the top of an answer."""
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and (match := _VARIANTS.match(lines[0])):
        field = field_of(match[1])
        if field is None or field in ("question", "answer"):
            break
        values[field] = match[2].strip()
        lines = lines[1:]
        while lines and not lines[0].strip():
            lines = lines[1:]
    return lines


def _sections(body: str) -> list[tuple[int, str, list[str]]]:
    """(level, heading, lines below) for levels 1 and 2; deeper headings and fenced code belong to the text."""
    found: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fence: str | None = None
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence is None:
            fence = mark[1][:3]
        elif mark and fence == mark[1][:3]:
            fence = None
        match = _HEADING.match(line) if fence is None and not mark and len(line) < 2_000 else None
        if match and len(match[1]) <= 2:
            found.append((len(match[1]), match[2].strip(), []))
        else:
            found[-1][2].append(line)
    return found


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT.match(text)
    if match is None:
        return {}, text
    try:
        loaded: Any = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, text
    if not isinstance(loaded, dict):
        return {}, text
    values: dict[str, str] = {}
    for key, value in list(loaded.items())[:50]:
        name = str(key).strip().lower()
        field = "kind" if name in ("kind", "type", "类型") else field_of(name)
        if field == "kind" or field in FIELDS:
            values[str(field)] = _scalar(value)
    values.pop("answer", None)
    return values, text[match.end() :]


def _scalar(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(str(item)[:500] for item in value[:200] if isinstance(item, str | int | float))
    return "" if value is None or isinstance(value, dict) else str(value)[:2_000]
