"""A whole list as a file: written page by page by a job, kept a week, handed to its asker alone."""

import csv
import io
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

import anyio
from sqlalchemy import select, update

from qiao.core import clock, i18n, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.files.store import BlobStore
from qiao.core.ids import new_id
from qiao.core.money import coins
from qiao.core.runtime import Runtime
from qiao.desk.ticketlists import lists
from qiao.desk.ticketlists.models import TicketExport
from qiao.desk.ticketlists.schemas import STANDARD, Asked, ExportBody, ExportView, ListRow, Sort
from qiao.desk.tickets.definition import FieldSpec
from qiao.people.accounts import audit
from qiao.people.accounts.access import actor_for
from qiao.people.accounts.identity import own_id
from qiao.people.organization import service as organization

JOB: Final = "ticketlists.export"
PAGE: Final = 1000
KEPT: Final = timedelta(days=7)
SHEET_ROWS: Final = 1_000_000
"""A sheet holds 1,048,576 rows; what is more goes into the next."""
# A spreadsheet runs what begins so as a formula.
_FORMULA: Final = re.compile(r"^[=+\-@\t\r]")
_MIME: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
_TIMES: Final = frozenset(
    {"due_at", "next_due_at", "created_at", "updated_at", "customer_wrote_at", "first_response_at", "solved_at", "closed_at"}
)  # fmt: skip


async def ask(db: Session, actor: Actor, body: ExportBody) -> ExportView:
    """Starts one after commit. Raises Invalid for what cannot be asked, before anything is written."""
    asked = await lists.question(db, actor, body)
    columns = lists.checked_columns(body.columns or asked.view.columns, asked.reader, strict=body.columns is not None)
    sort = body.sort or asked.view.sort
    now = clock.now()
    stamp = now.astimezone(asked.reader.reading.zone).strftime("%Y%m%d-%H%M")
    row = TicketExport(
        id=new_id(),
        asked_by=own_id(actor),
        format=body.format,
        query={
            "asked": body.model_dump(mode="json", include=set(Asked.model_fields)),
            "columns": columns or list(STANDARD),
            "sort": sort.model_dump(mode="json"),
            "locale": actor.locale,
        },
        name=f"{i18n.t('ticketlists.export_name', actor.locale)}-{stamp}.{body.format}",
        created_at=now,
    )
    db.add(row)
    await db.flush()
    row.job_id = await jobs.enqueue(db, actor, JOB, {"export_id": str(row.id)})
    await audit.record(db, actor, "ticket_list.exported", "ticket_export", row.id, {"file": [None, row.name]})
    await db.flush()
    return view(row)


def view(row: TicketExport) -> ExportView:
    done = row.state == "done" and row.blob is not None
    return ExportView(
        id=row.id,
        job_id=row.job_id,
        format=row.format,
        name=row.name,
        state=row.state if done or row.state != "done" else "expired",
        rows=row.rows,
        size=row.size,
        url=f"/api/v1/ticket-lists/exports/{row.id}/file" if done else None,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def own(db: Session, actor: Actor, export_id: UUID) -> TicketExport:
    """Nobody's but the asker's: whoever else asks learns nothing."""
    row = await db.get(TicketExport, export_id)
    if row is None or row.asked_by != actor.id:
        raise NotFound("ticketlists.export_not_found")
    return row


async def recent(db: Session, actor: Actor) -> list[ExportView]:
    rows = await db.execute(
        select(TicketExport)
        .where(TicketExport.asked_by == own_id(actor))
        .order_by(TicketExport.created_at.desc())
        .limit(20)
    )
    return [view(row) for row in rows.scalars()]


def mime(row: TicketExport) -> str:
    return _MIME[row.format]


# -- writing -----------------------------------------------------------------------------------------------------------


class Writer(Protocol):
    def rows(self, rows: Sequence[Sequence[Any]]) -> None: ...


@jobs.job(JOB)
async def _run(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    export_id = UUID(payload["export_id"])
    async with runtime.db.transaction() as db:
        row = await db.get_one(TicketExport, export_id)
        if row.state == "done":
            return {"export_id": str(export_id)}
        row.state = "running"
        actor = await actor_for(db, row.asked_by)
        query, form = row.query, row.format
        zone = ZoneInfo((await organization.get_workspace(db)).timezone)
    with tempfile.NamedTemporaryFile(prefix="qiao-tickets-", suffix=f".{form}", delete=False) as file:
        path = Path(file.name)
    try:
        opened = _xlsx if form == "xlsx" else _csv
        with opened(path, i18n.t("ticketlists.sheet", query["locale"])) as writer:
            number = await _write(runtime, actor, query, zone, writer, progress)
        size = await anyio.to_thread.run_sync(lambda: path.stat().st_size)
        key = f"{export_id.hex[-8:]}{export_id.hex}x"
        store: BlobStore = runtime.get(BlobStore)
        await store.adopt(path, key)
    except BaseException:
        await anyio.Path(path).unlink(missing_ok=True)
        async with runtime.db.transaction() as db:
            await db.execute(update(TicketExport).where(TicketExport.id == export_id).values(state="failed"))
        raise
    now = clock.now()
    async with runtime.db.transaction() as db:
        await db.execute(
            update(TicketExport)
            .where(TicketExport.id == export_id)
            .values(state="done", rows=number, size=size, blob=key, finished_at=now, expires_at=now + KEPT)
        )
    return {"export_id": str(export_id), "rows": number}


async def _write(
    runtime: Runtime,
    actor: Actor,
    query: Mapping[str, Any],
    zone: ZoneInfo,
    writer: Writer,
    progress: jobs.Progress,
) -> int:
    asked, sort = Asked.model_validate(query["asked"]), Sort.model_validate(query["sort"])
    columns, locale = list(query["columns"]), str(query["locale"])
    number = 0
    header = True
    async for specs, rows, names in _pages(runtime, actor, asked, sort, columns):
        shape = _cells(columns, specs, names, locale, zone)
        table = [[_header(name, specs, locale) for name in columns]] if header else []
        header = False
        table += [shape(row) for row in rows]
        await anyio.to_thread.run_sync(writer.rows, table)
        number += len(rows)
        await progress.step(number)
    return number


async def _pages(
    runtime: Runtime, actor: Actor, asked: Asked, sort: Sort, columns: Sequence[str]
) -> AsyncIterator[tuple[dict[str, FieldSpec], list[ListRow], dict[str, str]]]:
    """Page after page, each in a transaction of its own: none stays open while a file is written."""
    cursor: str | None = None
    while True:
        async with runtime.db.read() as db:
            # Where words stand is for the screen.
            question = replace(await lists.question(db, actor, asked), words=None)
            page = await lists.page_of(db, question, sort=sort, columns=columns, cursor=cursor, limit=PAGE)
        specs = {key: field.spec for key, field in question.reader.reading.fields.items()}
        yield specs, page.items, page.names
        cursor = page.next_cursor
        if cursor is None:
            return


def _header(name: str, specs: Mapping[str, FieldSpec], locale: str) -> str:
    if not name.startswith("fields."):
        return i18n.t(f"ticketlists.columns.{name}", locale)
    spec = specs.get(name.removeprefix("fields."))
    if spec is None:
        return name
    label = _word(spec.label, locale)
    return f"{label} ({spec.currency})" if spec.kind == "money" else label


def _word(words: Mapping[Any, str], locale: str) -> str:
    return words.get(locale) or next(iter(words.values()), "")


def _cells(
    columns: Sequence[str], specs: Mapping[str, FieldSpec], names: Mapping[str, str], locale: str, zone: ZoneInfo
) -> Callable[[ListRow], list[Any]]:
    """How a row becomes cells: times in the company's zone, words in the asker's language."""
    options = {key: _labels(spec, locale) for key, spec in specs.items() if f"fields.{key}" in columns}
    priorities = [i18n.t(f"ticketlists.priority.{level}", locale) for level in range(4)]

    def moment(value: datetime | None) -> datetime | None:
        return value.astimezone(zone).replace(tzinfo=None, microsecond=0) if value else None

    def field(key: str, value: Any) -> Any:
        spec = specs.get(key)
        if value is None or spec is None:
            return None
        if spec.kind == "money" and isinstance(value, Mapping):
            return int(value.get("minor") or 0) / coins(str(value.get("currency") or spec.currency))
        if spec.kind in ("choice", "choices", "cascade"):
            known = options.get(key, {})
            parts = value if isinstance(value, list) else [value]
            joint = " / " if spec.kind == "cascade" else ", "
            return joint.join(known.get(str(one), str(one)) for one in parts)
        if spec.kind in ("person", "customer"):
            return names.get(str(value), str(value))
        if spec.kind == "yes_no":
            return i18n.t(f"ticketlists.{'yes' if value else 'no'}", locale)
        if spec.kind == "moment":
            return moment(datetime.fromisoformat(str(value)))
        if spec.kind == "file" and isinstance(value, list):
            return ", ".join(str(one.get("name") or "") for one in value if isinstance(one, Mapping))
        if spec.kind == "table" and isinstance(value, list):
            return "\n".join("; ".join(f"{cell}" for cell in one.values()) for one in value if isinstance(one, Mapping))
        return value if isinstance(value, str | int | float) else str(value)

    def cell(name: str, row: ListRow) -> Any:
        if name.startswith("fields."):
            key = name.removeprefix("fields.")
            return field(key, row.fields.get(key))
        if name in _TIMES:
            return moment(getattr(row, name))
        match name:
            case "number":
                return row.ref
            case "type":
                return _word(row.type.name, locale)
            case "state":
                return _word(row.state.label, locale)
            case "status":
                return i18n.t(f"ticketlists.status.{row.status}", locale)
            case "priority":
                return priorities[row.priority]
            case "customer" | "assignee" | "requester" | "department":
                found = getattr(row, name)
                return found.name if found else None
            case "tags":
                return ", ".join(row.tags)
            case "breached":
                return i18n.t(f"ticketlists.{'yes' if row.breached else 'no'}", locale)
            case "waiting_on":
                return str((row.waiting_on or {}).get("name") or (row.waiting_on or {}).get("kind") or "") or None
            case _:
                return getattr(row, name)

    return lambda row: [cell(name, row) for name in columns]


def _labels(spec: FieldSpec, locale: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def add(options: Sequence[Any]) -> None:
        for option in options:
            found.setdefault(option.key, _word(option.label, locale))
            add(option.children)

    add(spec.options)
    return found


# -- files -------------------------------------------------------------------------------------------------------------


class _Csv:
    def __init__(self, handle: io.TextIOBase) -> None:
        self._writer = csv.writer(handle, lineterminator="\r\n")

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        self._writer.writerows([[_guarded(cell) for cell in row] for row in rows])


def _guarded(value: Any) -> Any:
    """Text that a spreadsheet would run stands behind an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


@contextmanager
def _csv(path: Path, sheet: str) -> Iterator[Writer]:
    """UTF-8 with a byte-order mark, without which Excel shows Chinese as rubbish."""
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        yield _Csv(handle)


class _Xlsx:
    def __init__(self, sheet: str) -> None:
        from openpyxl import Workbook  # slow to load, seldom needed

        self.book = Workbook(write_only=True)
        self._name = sheet
        self._header: Sequence[Any] = ()
        self._number = 0
        self._sheet: Any = None

    def rows(self, rows: Sequence[Sequence[Any]]) -> None:
        if not self._header and rows:
            self._header = rows[0]
            rows = rows[1:]
            self._begin()
        for row in rows:
            if self._number >= SHEET_ROWS:
                self._begin()
            self._append(row)

    def _begin(self) -> None:
        self._sheet = self.book.create_sheet(f"{self._name} {len(self.book.worksheets) + 1}")
        self._sheet.freeze_panes = "A2"
        self._number = 0
        self._append(self._header)

    def _append(self, row: Sequence[Any]) -> None:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        cells: list[Any] = []
        for value in row:
            if isinstance(value, str):
                cell = WriteOnlyCell(self._sheet, value="")
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767]
                cell.data_type = "s"  # never a formula, whatever it begins with
                cells.append(cell)
            else:
                cells.append(value)
        self._sheet.append(cells)
        self._number += 1


@contextmanager
def _xlsx(path: Path, sheet: str) -> Iterator[Writer]:
    """A workbook that is written as it grows: rows do not stay in memory."""
    writer = _Xlsx(sheet)
    yield writer
    writer.book.save(path)


@jobs.every(3600, name="ticketlists.tidy_exports")
async def tidy(runtime: Runtime) -> None:
    """Removes files whose week is over."""
    store: BlobStore = runtime.get(BlobStore)
    async with runtime.db.transaction() as db:
        rows = await db.execute(
            select(TicketExport)
            .where(TicketExport.blob.is_not(None), TicketExport.expires_at < clock.now())
            .limit(100)
            .with_for_update(skip_locked=True)
        )
        for row in rows.scalars():
            if row.blob is not None:
                await store.remove(row.blob)
            row.blob = None
