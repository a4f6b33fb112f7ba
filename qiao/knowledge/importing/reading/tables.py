"""CSV and XLSX."""

import csv
import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from qiao.core.errors import FieldError, Invalid
from qiao.knowledge.importing.reading import columns
from qiao.knowledge.importing.reading.encoding import decode
from qiao.knowledge.importing.reading.records import (
    MAX_COLUMNS,
    MAX_ROWS,
    Budget,
    Parsed,
    Record,
    clean,
    refuse,
    refuse_too_many,
)

_SEPARATORS: Final = (",", "\t", ";", "|", "，")
# What a workbook may grow to when unpacked, in all and in its table of shared strings (which is held in memory).
_UNPACKED: Final = 256 * 1024 * 1024
_SHARED: Final = 64 * 1024 * 1024
_ENTRIES: Final = 2_000
_SCANNED_ROWS: Final = 200_000
_HEADER_WITHIN: Final = 10


def read_csv(data: bytes) -> Parsed:
    """A table of text with a header. A row that cannot be read is a broken record; the others go in."""
    text, encoding = decode(data)
    separator = _separator(text)
    return _parsed("csv", _csv_rows(text, separator), encoding=encoding, separator=separator)


def _separator(text: str) -> str:
    """The separator under which the beginning looks most like our table, else most like any table."""

    def worth(separator: str) -> tuple[int, int, int]:
        known = width = steady = 0
        rows = []
        for row in _csv_rows(text[:200_000], separator):
            if not isinstance(row, csv.Error):
                rows.append(row)
            if len(rows) == 20:
                break
        for row in rows[:_HEADER_WITHIN]:
            known = max(known, len(columns.recognised(row)))
        if rows:
            width = min(len(rows[0]), 20)
            steady = sum(len(row) == len(rows[0]) for row in rows) if width > 1 else 0
        return known, steady, width

    return max(_SEPARATORS, key=worth)


def _csv_rows(text: str, separator: str) -> Iterator[list[str] | csv.Error]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield error


def read_xlsx(data: bytes) -> Parsed:
    """The first sheet with a header we know, else the first. Formulas are never run: the value last saved counts."""
    import openpyxl  # takes longer to load than everything else the product imports of its kind

    _refuse_bomb(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                return _book(book)
            finally:
                book.close()
    except Invalid:
        raise
    except Exception as error:  # a damaged workbook fails in any of a dozen ways inside its reader
        raise refuse("import.xlsx_damaged") from error


def _book(book: Any) -> Parsed:
    first: Parsed | None = None
    empty: Invalid | None = None
    for sheet in book.worksheets[:20]:
        sheet.reset_dimensions()
        try:
            found = _parsed("xlsx", _sheet_rows(sheet))
        except Invalid as problem:
            if problem.code != "import.empty":
                raise
            empty = problem
            continue
        if all(field in columns.recognised(found.columns) for field in columns.REQUIRED):
            return found
        first = first or found
    if first is None:
        raise empty or refuse("import.empty")
    return first


def _sheet_rows(sheet: Any) -> Iterator[list[str] | csv.Error]:
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)):
        if number >= _SCANNED_ROWS:
            raise refuse_too_many()
        yield [_shown(value) for value in row]


def _shown(value: Any) -> str:
    """A cell as people see it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        at_midnight = value.time() == datetime.time()
        return value.strftime("%Y-%m-%d") if at_midnight else value.strftime("%Y-%m-%d %H:%M:%S")
    return str(value)


def _refuse_bomb(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > _ENTRIES or sum(entry.file_size for entry in entries) > _UNPACKED:
                raise refuse("import.unpacks_too_large")
            for entry in entries:
                if entry.filename.lower().endswith("sharedstrings.xml") and entry.file_size > _SHARED:
                    raise refuse("import.unpacks_too_large")
                if entry.flag_bits & 1:
                    raise refuse("import.encrypted")
                if entry.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(entry) as part:
                        if b"<!DOCTYPE" in part.read(4096):
                            raise refuse("import.xlsx_damaged")
    except Invalid:
        raise
    except Exception as error:  # zipfile and zlib raise half a dozen kinds for damaged archives
        raise refuse("import.xlsx_damaged") from error


def _parsed(
    name: str,
    rows: Iterator[list[str] | csv.Error],
    *,
    encoding: str | None = None,
    separator: str | None = None,
) -> Parsed:
    """Finds the header among the first rows (titles above it are skipped) and reads what is below."""
    budget = Budget()
    above: list[tuple[int, Sequence[str]]] = []
    header: list[str] | None = None
    records: list[Record] = []
    for number, row in enumerate(rows, start=1):
        budget.check()
        if isinstance(row, csv.Error):
            records.append(Record(number, broken=FieldError("file", "import.row_unreadable")))
        else:
            cells = tuple(clean(cell).strip() for cell in row[:MAX_COLUMNS])
            if header is None:
                above.append((number, cells))
                if all(field in columns.recognised(cells) for field in columns.REQUIRED):
                    header = list(cells)
                elif len(above) == _HEADER_WITHIN:
                    header = _likely_header(above, records)
                continue
            if any(cells):
                records.append(Record(number, cells=cells))
        if len(records) > MAX_ROWS:
            raise refuse_too_many()
    if header is None:
        header = _likely_header(above, records)
    while header and not header[-1]:
        header.pop()
    if not records:
        raise refuse("import.empty")
    return Parsed(name, _merged(records, header), header, encoding, separator)


def _merged(records: list[Record], header: Sequence[str]) -> list[Record]:
    """Rows whose columns that belong together (相似问1, 相似问2 …) stand in the first of them."""
    together = columns.merged(header)
    if not together:
        return records
    found = []
    for record in records:
        cells = list(record.cells)
        for first, (field, all_of_them) in together.items():
            words = [cells[index] for index in all_of_them if index < len(cells) and cells[index]]
            if first < len(cells):
                cells[first] = "\n".join(words) if field == "variants" else (words[-1] if words else "")
        found.append(replace(record, cells=tuple(cells)))
    return found


def _likely_header(above: list[tuple[int, Sequence[str]]], records: list[Record]) -> list[str]:
    """No row names a question and an answer: the first with anything in it is the header, for the person to map."""
    filled = [(number, cells) for number, cells in above if any(cells)]
    if not filled:
        raise refuse("import.empty")
    records.extend(Record(number, cells=tuple(cells)) for number, cells in filled[1:])
    records.sort(key=lambda record: record.row)
    return list(filled[0][1])
