"""Test sets as files: CSV (UTF-8 or GB18030) and JSON lines, read row by row with what is wrong in each."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from qiao.bot.evaluation import sets
from qiao.bot.evaluation.models import EvalCase
from qiao.bot.evaluation.schemas import CaseBody, FileError, Uploaded
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid

FIELDS: Final = ("question", "context", "locale", "channel", "reader", "expects", "expected", "flow", "note")
_MOST_ERRORS: Final = 200
_RUNS: Final = ("=", "+", "-", "@")
Row = dict[str, Any]


def rows_of(name: str, data: bytes) -> Iterator[tuple[int, Row | None]]:
    """(row, its fields; None: no row at all). Raises Invalid for a file nobody can read."""
    text = _decoded(data)
    if name.lower().endswith((".jsonl", ".ndjson", ".json")) or text.lstrip().startswith("{"):
        yield from _json_rows(text)
        return
    sample = text.split("\n", 1)[0]
    separator = next((mark for mark in ("\t", ",", ";") if mark in sample), ",")
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    try:
        heads = [cell.strip().lower() for cell in next(reader, [])]
        if "question" not in heads:
            raise Invalid.field("file", "evaluation.no_question_column")
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(heads, map(_cell, cells), strict=False))
    except csv.Error:
        raise Invalid.field("file", "evaluation.file_unreadable") from None


def _cell(cell: str) -> str:
    """Without the mark `download` puts before what a spreadsheet would run."""
    cell = cell.strip()
    return cell[1:] if cell[:1] == "'" and cell[1:2] in _RUNS else cell


def _json_rows(text: str) -> Iterator[tuple[int, Row | None]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield number, row if isinstance(row, dict) else None


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Invalid.field("file", "evaluation.file_unreadable")


def body_of(row: Row) -> CaseBody:
    """A row as a case. Without `expects` it follows from what is there. Raises ValidationError or ValueError."""
    given = {key: row[key] for key in FIELDS if row.get(key) not in (None, "")}
    expected = given.get("expected", [])
    if isinstance(expected, str):
        expected = expected.replace(",", " ").replace(";", " ").split()
    given["expected"] = [UUID(str(key)) for key in expected]
    given.setdefault("expects", "flow" if given.get("flow") else "texts" if given["expected"] else "none")
    return CaseBody.model_validate({**given, "source": {"kind": "file"}})


async def upload(db: Session, actor: Actor, set_id: UUID, name: str, data: bytes, locale: str) -> Uploaded:
    """Puts the good rows in and tells what is wrong with the others."""
    await sets.set_row(db, set_id)
    read: list[tuple[int, CaseBody]] = []
    errors: list[FileError] = []

    def fault(row: int, field: str, code: str) -> None:
        if len(errors) < _MOST_ERRORS:
            errors.append(FileError(row=row, field=field, message=i18n.t(f"errors.{code}", locale)))

    for number, row in rows_of(name, data):
        if row is None:
            fault(number, "file", "evaluation.row_unreadable")
            continue
        try:
            read.append((number, body_of(row)))
        except ValidationError as error:
            fault(number, _field(error), "evaluation.value_wrong")
        except (ValueError, AttributeError, TypeError):
            fault(number, "expected", "evaluation.text_unknown")
        if len(read) > sets.MOST_CASES:
            raise Invalid.field("file", "evaluation.set_full", most=sets.MOST_CASES)
    may = await sets.possible(db, actor, [body for _, body in read])
    good: list[CaseBody] = []
    for number, body in read:
        wrong = sets.fault_of(body, may)
        if wrong is None:
            good.append(body)
        else:
            fault(number, *wrong)
    added = await sets.put(db, actor, set_id, good)
    if added:
        await sets.touch(db, set_id)
    return Uploaded(added=len(added), known=len(good) - len(added), errors=sorted(errors, key=lambda e: e.row))


def _field(error: ValidationError) -> str:
    where = error.errors()[0]["loc"]
    return str(where[0]) if where else "row"


def download(rows: Sequence[EvalCase], kind: str) -> str:
    """A set as a file that can be uploaded again. Cells of a CSV never run as a formula."""
    out = io.StringIO()
    if kind == "jsonl":
        for row in rows:
            out.write(
                json.dumps({key: value for key, value in _plain(row).items() if value}, ensure_ascii=False) + "\n"
            )
        return out.getvalue()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(FIELDS)
    for row in rows:
        plain = _plain(row) | {"expected": " ".join(str(key) for key in row.expected)}
        writer.writerow([_harmless(str(plain[key] or "")) for key in FIELDS])
    return out.getvalue()


def _plain(row: EvalCase) -> dict[str, Any]:
    return {key: getattr(row, key) for key in FIELDS} | {"expected": [str(key) for key in row.expected]}


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in _RUNS else cell
