"""All FAQs as a table: what the import reads, so that a base can be carried to another place."""

import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import anyio

from qiao.core import i18n
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.articles.schemas import FaqView
from qiao.people.organization import service as organization

COLUMNS: Final = (
    "category", "question", "variants", "answer", "tags", "locale", "audience", "valid_from", "valid_until", "status"
)  # fmt: skip
_PAGE: Final = 200
_CELL_LIMIT: Final = 32_767  # what a spreadsheet's cell can hold
# A spreadsheet runs what begins so as a formula; the import takes the guard off again.
_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")


def guarded(text: str) -> str:
    """A cell nobody's spreadsheet will run."""
    return f"'{text}" if _FORMULA.match(text) else text


def header(locale: str) -> list[str]:
    return [i18n.t(f"import.field.{name}", locale) for name in COLUMNS]


def template(locale: str) -> bytes:
    """An example to start from, as CSV."""
    rows = [[i18n.t(f"import.template.{n}.{name}", locale) for name in COLUMNS[:5]] for n in ("one", "two")]
    return _csv([header(locale)[:5], *rows], mark=True)


async def as_csv(runtime: Runtime, locale: str, reader: Reader) -> AsyncIterator[bytes]:
    """The table in pieces, UTF-8 with a byte-order mark."""
    yield _csv([header(locale)], mark=True)
    async for rows in _tables(runtime, locale, reader):
        yield _csv([[guarded(cell) for cell in row] for row in rows])


async def as_xlsx(runtime: Runtime, locale: str, reader: Reader) -> Path:
    """The table as a workbook in a temporary file, which the caller removes."""
    from openpyxl import Workbook  # slow to load, seldom needed

    book = Workbook(write_only=True)
    sheet = book.create_sheet("FAQ")
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFGHIJ", (16, 40, 40, 80, 20, 10, 10, 18, 18, 10), strict=True):
        sheet.column_dimensions[column].width = width

    def append(rows: Sequence[Sequence[str]]) -> None:
        for row in rows:
            sheet.append([_cell(sheet, text) for text in row])

    append([header(locale)])
    async for rows in _tables(runtime, locale, reader):
        await anyio.to_thread.run_sync(append, rows)
    with tempfile.NamedTemporaryFile(prefix="qiao-export-", suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    await anyio.to_thread.run_sync(book.save, path)
    return path


def _cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = WriteOnlyCell(sheet, value="")
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)[:_CELL_LIMIT]
    cell.data_type = "s"  # never a formula, whatever it begins with
    return cell


def _csv(rows: Sequence[Sequence[str]], *, mark: bool = False) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")


async def _tables(runtime: Runtime, locale: str, reader: Reader) -> AsyncIterator[list[list[str]]]:
    async with runtime.db.read() as db:
        names = {category.id: category.name for category in await articles.categories(db, locale, reader)}
        zone = ZoneInfo((await organization.get_workspace(db)).timezone)
    cursor: str | None = None
    while True:
        async with runtime.db.read() as db:
            page, cursor = await _page(db, cursor, reader)
        if page:
            yield [_row(faq, names, zone, locale) for faq in page]
        if cursor is None:
            return


async def _page(db: Session, cursor: str | None, reader: Reader) -> tuple[list[FaqView], str | None]:
    page, following, _ = await articles.list_faqs(
        db, reader=reader, q=None, category_id=None, status=None, locale=None, audience=None, cursor=cursor, limit=_PAGE
    )
    return page, following


def _row(faq: FaqView, names: dict[Any, str], zone: ZoneInfo, locale: str) -> list[str]:
    return [
        names.get(faq.category_id, ""),
        faq.question,
        "\n".join(faq.variants),
        faq.answer,
        ", ".join(faq.tags),
        faq.locale,
        i18n.t(f"import.audience.{faq.audience}", locale),
        _moment(faq.valid_from, zone),
        _moment(faq.valid_until, zone),
        i18n.t(f"import.status.{faq.status}", locale),
    ]


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
