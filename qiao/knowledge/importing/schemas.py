"""What crosses the border of imports."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Duplicates = Literal["skip", "variant", "update", "import"]
Only = Literal["all", "ready", "errors", "duplicates", "similar", "failed"]
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
    """What a row repeats or resembles: a text of the base (`id`) or an earlier row of the file. `how`: exact, meaning, page
    (the newer state of an article read from the same page) or similar. `question` is empty for whom may not read it."""

    type: Literal["faq", "article", "row"]
    id: UUID | None = None
    row: int | None = None
    question: str
    how: Literal["exact", "meaning", "page", "similar"]
    probability: float = 1.0


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
    similar_to: DuplicateView | None = None
    choices: list[str] = []
    choice: str | None = None
    pictures: int = 0
    url: str | None = None
    state: str
    item_id: UUID | None
    note: str | None


class Summary(BaseModel):
    """`ready` rows have neither errors nor duplicates. `meaning_checked`: how many were compared by meaning as well."""

    total: int = 0
    ready: int = 0
    errors: int = 0
    duplicates: int = 0
    similar: int = 0
    variants: int = 0
    categories: list[str] = []
    meaning_checked: int = 0


class PersonView(BaseModel):
    id: UUID
    name: str


class ImportView(BaseModel):
    """One import, as the history lists it. `result` counts created, updated, skipped, failed; after undoing also
    removed, restored, kept. `stage` reading: a job is at it; refused: `problem` says why nothing could be read."""

    id: UUID
    filename: str
    size: int
    format: str
    encoding: str | None
    separator: str | None
    state: str
    stage: str | None = None
    problem: str | None = None
    source_id: UUID | None = None
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
    space_id: UUID | None = Field(None, description="Where rows go that name no space.")
    mapping: Mapping_ | None = Field(None, max_length=20)


class Committed(BaseModel):
    job_id: UUID


class ChoiceBody(BaseModel):
    """What becomes of single rows; without `rows`: of all that repeat or resemble something. Null: what is chosen for all."""

    model_config = ConfigDict(extra="forbid")

    rows: list[int] | None = Field(None, max_length=20_000)
    choice: Duplicates | None = None


class Chosen(BaseModel):
    taken: int


class KeptView(BaseModel):
    """A text that an undo left as it is."""

    id: UUID
    type: str
    title: str


class Undone(BaseModel):
    """`kept`: texts somebody has changed since; they stay, and the first of them are named."""

    removed: int
    restored: int
    kept: int
    kept_items: list[KeptView] = []


# -- sources -----------------------------------------------------------------------------------------------------------


class SourceBody(BaseModel):
    """A sitemap, a list of pages, or a feed. `only`: what must be in an address; `every`: how often it is read again by
    itself; `after`: whether what changed then waits for review or goes live; `allow_private`: a site inside the company."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, AfterValidator(str.strip), Field(min_length=1, max_length=120)]
    kind: Literal["sitemap", "pages", "feed"]
    url: str = Field("", max_length=1000)
    urls: list[Annotated[str, Field(max_length=1000)]] = Field(default_factory=list, max_length=1000)
    only: str = Field("", max_length=300)
    most_pages: int = Field(200, ge=1, le=2000)
    space_id: UUID | None = None
    category: str | None = Field(None, max_length=80)
    audience: Literal["public", "internal"] = "public"
    every: Literal["never", "daily", "weekly"] = "never"
    after: Literal["review", "publish"] = "review"
    allow_private: bool = False


class SourceView(SourceBody):
    """`last`: figures of the last reading; `pages`: how many are in which state; `import_id` and `job_id`: a reading under
    way or waiting for a decision."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    next_at: datetime | None
    read_at: datetime | None
    last: dict[str, Any]
    problem: str | None
    pages: dict[str, int]
    import_id: UUID | None
    job_id: UUID | None


class PageView(BaseModel):
    """`state`: new (not imported yet), kept, failed, gone (there no more; its article stays until somebody decides)."""

    url: str
    title: str
    state: str
    article_id: UUID | None
    article_status: str | None
    problem: str | None
    seen_at: datetime | None
    changed_at: datetime | None
    gone_at: datetime | None
