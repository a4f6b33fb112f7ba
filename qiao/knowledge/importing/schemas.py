"""What crosses the border of imports."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Duplicates = Literal["skip", "variant", "update", "import"]
Only = Literal["all", "ready", "errors", "duplicates", "failed"]
Mapping_ = dict[str, str | int | None]


class ColumnView(BaseModel):
    """A column of the file and the field it goes to; null: it is not used."""

    index: int
    name: str
    field: str | None


class RowErrorView(BaseModel):
    field: str
    code: str
    message: str


class DuplicateView(BaseModel):
    """What a row repeats: an FAQ of the base (`id`) or an earlier row of the file. `how`: exact or meaning."""

    type: Literal["faq", "row"]
    id: UUID | None = None
    row: int | None = None
    question: str
    how: Literal["exact", "meaning"]


class RowView(BaseModel):
    """One row as it will be imported. In a preview of a whole file long answers are cut."""

    row: int
    kind: str
    source: str | None
    question: str
    variants: list[str]
    answer: str
    category: str | None
    tags: list[str]
    locale: str
    audience: str
    valid_from: datetime | None
    valid_until: datetime | None
    errors: list[RowErrorView]
    duplicate_of: DuplicateView | None
    state: str
    item_id: UUID | None
    note: str | None


class Summary(BaseModel):
    """`ready` rows have neither errors nor duplicates. `meaning_checked`: how many were compared by meaning as well."""

    total: int = 0
    ready: int = 0
    errors: int = 0
    duplicates: int = 0
    variants: int = 0
    categories: list[str] = []
    meaning_checked: int = 0


class PersonView(BaseModel):
    id: UUID
    name: str


class ImportView(BaseModel):
    """One import, as the history lists it. `result` counts created, updated, skipped, failed; after undoing also
    removed, restored, kept."""

    id: UUID
    filename: str
    size: int
    format: str
    encoding: str | None
    separator: str | None
    state: str
    summary: Summary
    options: dict[str, Any]
    result: dict[str, Any]
    job_id: UUID | None
    created_by: PersonView | None
    created_at: datetime
    committed_at: datetime | None
    undone_at: datetime | None


class ImportDetail(ImportView):
    """With its columns and rows."""

    columns: list[ColumnView]
    rows: list[RowView]
    next_cursor: str | None = None


class CommitBody(BaseModel):
    """What to do with rows that repeat something: `skip` them, add their question as a `variant` of what is there, `update`
    that with their answer, or `import` them anyway. `mapping` reads the file again with other columns."""

    model_config = ConfigDict(extra="forbid")

    duplicates: Duplicates = "skip"
    publish: bool = False
    mapping: Mapping_ | None = Field(None, max_length=20)


class Committed(BaseModel):
    job_id: UUID


class Undone(BaseModel):
    """`kept`: texts somebody has changed since; they stay."""

    removed: int
    restored: int
    kept: int
