"""A tool that reads from a company's PostgreSQL: one SELECT with named parameters.

Four fences, because one may have a hole: the statement must be a single SELECT, the transaction is read-only, it has a
time limit, and only so many rows are taken. The account in the address should be one that may only read.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from qiao.bot.tools.http import secrets_of
from qiao.bot.tools.ports import Call, ToolFailed, ToolSpec
from qiao.core.db import Session

_NAMED: Final = re.compile(r"(?<![:\w]):([a-z][a-z0-9_]{0,39})\b")
_STRING: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$", re.DOTALL)
_WRITES: Final = re.compile(
    r"\b(insert|update|delete|merge|truncate|drop|alter|create|grant|revoke|copy|call|do|lock|vacuum|refresh|set|listen|notify|"
    r"into|pg_sleep|pg_read_file|pg_ls_dir|lo_import|lo_export|dblink|set_config|pg_terminate_backend|nextval|setval)\b",
    re.IGNORECASE,
)
DSN: Final = "dsn"
"""The name of the secret that holds the address of the database."""


class SqlSettings(BaseModel):
    """`:name` in the statement is the input of that name, sent as a parameter and never put into the text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    statement: Annotated[str, Field(min_length=8, max_length=10_000)]
    max_rows: Annotated[int, Field(ge=1, le=200)] = 20
    one_row: bool = False
    """The output is the first row itself; none is `not_found`."""
    timeout_s: Annotated[float, Field(ge=0.2, le=15)] = 5


def fault(statement: str, inputs: set[str]) -> str | None:
    """What is wrong with a statement (a catalogue key below `errors.`), or None."""
    bare = _STRING.sub(" ", statement).strip().rstrip(";").strip()
    if ";" in bare:
        return "tools.sql_one_statement"
    if not re.match(r"(?:select|with)\b", bare, re.IGNORECASE) or _WRITES.search(bare):
        return "tools.sql_select_only"
    if set(_NAMED.findall(bare)) - inputs:
        return "tools.sql_unknown_parameter"
    return None


def positional(statement: str) -> tuple[str, list[str]]:
    """The statement with `$1` for `:name`, and the names in order. What stands in quotes or comments is left alone."""
    names: list[str] = []
    parts: list[str] = []
    place = 0

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    for literal in _STRING.finditer(statement):
        parts += [_NAMED.sub(number, statement[place : literal.start()]), literal[0]]
        place = literal.end()
    parts.append(_NAMED.sub(number, statement[place:]))
    return "".join(parts).strip().rstrip(";"), names


@dataclass(frozen=True, slots=True)
class SqlTool:
    spec: ToolSpec
    settings: SqlSettings
    tool_id: UUID
    sealed: bytes | None = None

    async def call(self, db: Session, call: Call) -> Any:
        if fault(self.settings.statement, set(self.spec.inputs)) is not None:
            raise ToolFailed("refused", "select_only")
        dsn = (await secrets_of(db, self.tool_id, self.sealed)).get(DSN)
        if not dsn:
            raise ToolFailed("unavailable", "no_dsn")
        statement, names = positional(self.settings.statement)
        values = [call.inputs.get(name) for name in names]
        limit = min(call.timeout_s, self.settings.timeout_s)
        try:
            async with asyncio.timeout(limit + 2):
                rows = await _rows(dsn, statement, names, values, limit, self.settings.max_rows)
        except (TimeoutError, asyncpg.QueryCanceledError):
            raise ToolFailed("timeout") from None
        except asyncpg.ReadOnlySQLTransactionError:
            raise ToolFailed("refused", "writes") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise ToolFailed("unavailable", _why(error, names)) from None
        if self.settings.one_row:
            if not rows:
                raise ToolFailed("not_found")
            return rows[0]
        return {"count": len(rows), "rows": rows}


def _why(error: Exception, names: list[str]) -> str:
    """What went wrong, as the person who writes the statement needs it: where the database says so, in its own words."""
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return "wrong_password"
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return "no_database"
    if isinstance(error, asyncpg.SyntaxOrAccessError):
        return f"statement: {str(error)[:200]}"
    if isinstance(error, asyncpg.DataError):
        place = re.search(r"query argument \$(\d+)", str(error))
        return f"parameter: {names[int(place[1]) - 1]}" if place and int(place[1]) <= len(names) else "data"
    if isinstance(error, asyncpg.InterfaceError | ValueError):
        return "bad_dsn"
    return "unreachable_database" if isinstance(error, OSError | asyncpg.PostgresConnectionError) else "data"


async def _rows(
    dsn: str, statement: str, names: list[str], values: list[Any], limit: float, most: int
) -> list[dict[str, Any]]:
    connection = await asyncpg.connect(
        dsn,
        timeout=limit,
        server_settings={
            "default_transaction_read_only": "on",
            "statement_timeout": str(int(limit * 1000)),
            "application_name": "qiao-tool",
        },
    )
    try:
        async with connection.transaction(readonly=True):
            prepared = await connection.prepare(statement)
            wanted = zip(names, values, prepared.get_parameters(), strict=True)
            fitting = [_fitting(name, value, kind.name) for name, value, kind in wanted]
            found = [record async for record in _first(prepared.cursor(*fitting, prefetch=most), most)]
    finally:
        await connection.close(timeout=2)
    return [{key: _plain(value) for key, value in record.items()} for record in found]


async def _first(cursor: Any, most: int) -> Any:
    count = 0
    async for record in cursor:
        yield record
        count += 1
        if count >= most:
            return


_READ: Final[dict[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("int2", "int4", "int8"), int),
    **dict.fromkeys(("float4", "float8"), float),
    **dict.fromkeys(("timestamp", "timestamptz"), datetime.fromisoformat),
    "numeric": Decimal,
    "date": date.fromisoformat,
    "uuid": UUID,
    "text": str,
    "varchar": str,
    "bpchar": str,
}


def _fitting(name: str, value: Any, kind: str) -> Any:
    """An input as the statement wants it, which need not be as the input's type says: order numbers are written as text
    and kept as numbers. Raises ToolFailed for what cannot be that."""
    read = _READ.get(kind)
    if value is None or read is None:
        return value
    try:
        return read(str(value).strip() if kind != "text" else str(value))
    except (ValueError, ArithmeticError):
        raise ToolFailed("invalid_input", f"parameter: {name}") from None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value)[:2000] if not isinstance(value, bytes) else None
