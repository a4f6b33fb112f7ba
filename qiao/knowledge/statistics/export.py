"""The list of texts with their figures as a table to take away."""

import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import anyio

from qiao.core import i18n
from qiao.knowledge.statistics.models import COUNTERS
from qiao.knowledge.statistics.schemas import TextFigures

COLUMNS: Final = ("title", "source", "locale", "status", "reads", *COUNTERS, "handover_rate", "useful_rate")
Rows = AsyncIterator[list[TextFigures]]
# A spreadsheet runs what begins so as a formula.
_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")


def header(locale: str) -> list[str]:
    return [i18n.t(f"statistics.{name}", locale) for name in COLUMNS]


def cells(text: TextFigures, locale: str) -> list[str | int | float | None]:
    found: list[str | int | float | None] = []
    for name in COLUMNS:
        value = getattr(text, name)
        if name in ("source", "status"):
            value = i18n.t(f"statistics.{name}_{value}", locale)
        found.append(round(value, 4) if isinstance(value, float) else value)
    return found


async def as_csv(pages: Rows, locale: str) -> AsyncIterator[bytes]:
    """In pieces, UTF-8 with a byte-order mark."""
    yield _csv([header(locale)], mark=True)
    async for page in pages:
        yield _csv([[_guarded(cell) for cell in cells(text, locale)] for text in page])


async def as_xlsx(pages: Rows, locale: str) -> Path:
    """A workbook in a temporary file, which the caller removes."""
    from openpyxl import Workbook  # slow to load, seldom needed

    book = Workbook(write_only=True)
    sheet = book.create_sheet(i18n.t("statistics.sheet", locale))
    sheet.freeze_panes = "A2"
    sheet.column_dimensions["A"].width = 60

    def append(rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])

    append([header(locale)])
    async for page in pages:
        await anyio.to_thread.run_sync(append, [cells(text, locale) for text in page])
    with tempfile.NamedTemporaryFile(prefix="qiao-statistics-", suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    await anyio.to_thread.run_sync(book.save, path)
    return path


def _guarded(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, value="")
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
        cell.data_type = "s"  # never a formula, whatever it begins with
    else:
        cell.value = value
    return cell


def _csv(rows: Sequence[Sequence[Any]], *, mark: bool = False) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")
