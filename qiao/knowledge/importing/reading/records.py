"""What readers hand on, and the limits they keep."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from qiao.core.errors import FieldError, Invalid

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 60
MAX_CELL: Final = 100_000
MAX_SECONDS: Final = 60.0
_CONTROL: Final = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF])


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file. `row` is unique: a spreadsheet's row number, or a count through several files.

    A table's row has `cells`; a text has `values` by field name, one of our own archive `fields`.
    `broken`: why nothing could be read here.
    """

    row: int
    cells: tuple[str, ...] = ()
    values: dict[str, str] | None = None
    kind: str = "faq"
    source: str | None = None
    broken: FieldError | None = None
    fields: dict[str, Any] | None = None
    """What our own archive holds: fields that need no interpreting."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that could be read. `columns` is the header of a table."""

    format: str
    records: list[Record]
    columns: list[str] = field(default_factory=list)
    encoding: str | None = None
    separator: str | None = None
    pictures: list[dict[str, Any]] = field(default_factory=list)
    """Of our own archive: row, number, name, data."""


class Budget:
    """Stops work that takes longer than an honest file does."""

    def __init__(self, seconds: float = MAX_SECONDS):
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        if time.monotonic() > self._until:
            raise refuse("import.too_slow")


def clean(text: str) -> str:
    """Text that a database can store: no control characters but tab and line feed, no lone surrogates."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)
    return text.encode("utf-8", "ignore").decode("utf-8")[:MAX_CELL]


def refuse(code: str, **params: Any) -> Invalid:
    """The whole file is refused: the reason is the problem's own sentence and stands at the field `file` as well."""
    return Invalid(code, fields=[FieldError("file", code, params)], **params)


def refuse_too_many() -> Invalid:
    return refuse("import.too_many_rows", limit=MAX_ROWS)
