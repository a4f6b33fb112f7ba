"""What crosses the border of ticket lists."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from qiao.core.conditions import Condition, Group
from qiao.desk.tickets.definition import Option, Status
from qiao.desk.tickets.schemas import (
    Customer,
    NeededReason,
    Person,
    Priority,
    Ref,
    StateView,
    Tag,
    Text,
    TypeRef,
    Words,
)

Scope = Literal["own", "department", "everyone"]
Display = Literal["table", "kanban", "calendar"]
Board = Literal["status", "state"]
SortKey = Literal["updated", "created", "due", "next_due", "priority", "number", "customer_wrote"]
GroupBy = Annotated[
    str,
    Field(
        pattern=r"^(status|state|type|assignee|department|customer|requester|priority|tier|source|channel|tag"
        r"|fields\.[a-z][a-z0-9_]{0,39})$"
    ),
]
ColumnName = Annotated[str, Field(pattern=r"^(fields\.)?[a-z][a-z0-9_]{0,39}$")]
COLUMNS: Final = (
    "number", "title", "type", "status", "state", "priority", "tier", "customer", "requester", "assignee", "department",
    "tags", "source", "channel", "waiting_on", "due_at", "next_due_at", "breached", "rating", "reopened", "created_at",
    "updated_at", "customer_wrote_at", "first_response_at", "solved_at", "closed_at",
)  # fmt: skip
"""Columns every list may show, besides `fields.<key>`."""
STANDARD: Final = ("number", "title", "state", "priority", "customer", "assignee", "next_due_at", "updated_at")


def _name(value: str) -> str:
    cleaned = " ".join(value.replace("\x00", "").split())
    if not cleaned:
        raise PydanticCustomError("ticketlists.name_empty", "empty")
    return cleaned


Name = Annotated[str, Field(max_length=80), AfterValidator(_name)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Sort(Body):
    by: SortKey = "updated"
    descending: bool = True


def _everything() -> Group:
    return Group()


class ViewBody(Body):
    """What a view shows and how. Words such as `@me`, `@my_department`, `@today+1d` in the filter follow its reader."""

    filter: Condition = Field(default_factory=_everything)
    sort: Sort = Field(default_factory=Sort)
    columns: Annotated[list[ColumnName], Field(min_length=1, max_length=240)] = Field(
        default_factory=lambda: list(STANDARD)
    )
    group: GroupBy | None = None
    display: Display = "table"
    board: Board = "status"


class ViewCreate(Body):
    name: Name
    scope: Scope = "own"
    body: ViewBody = Field(default_factory=ViewBody)


class ViewPatch(Body):
    """Only what is given changes. `revision` is the one the caller saw; another one meanwhile is refused."""

    name: Name | None = None
    scope: Scope | None = None
    body: ViewBody | None = None
    revision: Annotated[int, Field(ge=1)]


class ViewOrder(Body):
    """The caller's own order of their own views; with `tickets.manage` that of shared ones, too."""

    ids: Annotated[list[UUID], Field(max_length=500)]


class ViewView(BaseModel):
    """A view as its reader may use it. `renamed`: somebody gave a shipped one a name of its own."""

    id: UUID
    name: str
    shipped: str | None
    renamed: bool
    scope: Scope
    owner: str | None
    department_id: UUID | None
    department: str | None
    position: int
    body: ViewBody
    revision: int
    may_edit: bool


class GroupValue(Body):
    """One group of a grouped list; null are the tickets that have no value."""

    by: GroupBy
    value: JsonValue = None


class Asked(Body):
    """Which tickets: those of a view, further narrowed by a filter, by words in them, by one group."""

    view_id: UUID | None = None
    filter: Condition | None = None
    q: Annotated[str, Field(max_length=200)] | None = None
    group: GroupValue | None = None


class QueryBody(Asked):
    sort: Sort | None = None
    columns: Annotated[list[ColumnName], Field(max_length=240)] | None = None
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class GroupsBody(Asked):
    """`rows` of each of the first `open` groups come with it."""

    by: GroupBy
    sort: Sort | None = None
    columns: Annotated[list[ColumnName], Field(max_length=240)] | None = None
    rows: Annotated[int, Field(ge=0, le=100)] = 0
    open: Annotated[int, Field(ge=0, le=40)] = 0


class Hit(msgspec.Struct, frozen=True):
    """Where words stand. `spans` are [start, end) pairs into `snippet`; `place`: title, description, field or entry."""

    place: str
    snippet: str
    spans: list[tuple[int, int]]


class ListRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list. `fields` holds those asked for, as far as the reader may see them."""

    id: UUID
    number: int
    ref: str
    type: TypeRef
    title: str
    status: str
    state: StateView
    priority: int
    tier: int
    source: str
    channel: str | None
    customer: Customer | None
    requester: Person | None
    assignee: Person | None
    department: Ref | None
    tags: list[str]
    waiting_on: dict[str, Any] | None
    due_at: datetime | None
    next_due_at: datetime | None
    next_due_kind: str | None
    breached: bool
    rating: int | None
    version: int
    reopened: int
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    customer_wrote_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    merged: bool
    fields: dict[str, Any]
    hits: list[Hit] | None = None


class ListPage(msgspec.Struct, frozen=True):
    """`names` puts names to the ids that stand in fields (people, customers)."""

    items: list[ListRow]
    next_cursor: str | None
    columns: list[str]
    sort: dict[str, Any]
    names: dict[str, str]


class Counted(msgspec.Struct, frozen=True):
    """How many; with `more` there are more than `count`, which is then the most that is counted."""

    count: int
    more: bool


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """One group. `label` is its name in the languages it has one in; None: the client knows the word for `value`."""

    value: Any
    label: Text | None
    count: int
    rows: ListPage | None = None


class Grouped(msgspec.Struct, frozen=True):
    """Groups, most tickets first; `more`: there are others beyond these."""

    items: list[GroupView]
    more: bool


class FactView(BaseModel):
    """Something tickets can be filtered, grouped or shown by. `label` of a type's field; others the client has words for."""

    path: str
    kind: str
    field: str | None = None
    label: Text = Field(default_factory=dict)
    options: list[Option] = Field(default_factory=list)
    currency: str | None = None
    types: list[str] = Field(default_factory=list)
    group: bool = False
    filter: bool = True
    column: bool = True


# -- bulk --------------------------------------------------------------------------------------------------------------


class Action(Body):
    """What is done to each ticket; at least one thing. What is left out stays; `assignee_id` null takes it from everybody."""

    priority: Priority | None = None
    assignee_id: UUID | None = None
    department_id: UUID | None = None
    add_tags: Annotated[list[Tag], Field(max_length=30)] = Field(default_factory=list)
    remove_tags: Annotated[list[Tag], Field(max_length=30)] = Field(default_factory=list)
    due_at: datetime | None = None
    status: Status | None = None
    transition: Annotated[str, Field(max_length=40)] | None = None
    comment: Words = ""
    public: bool = False
    reason: NeededReason | None = None

    @model_validator(mode="after")
    def _something(self) -> "Action":
        if not (self.model_fields_set - {"public", "reason"}):
            raise PydanticCustomError("ticketlists.action_empty", "nothing to do")
        return self


class BulkBody(Body):
    """The tickets by id, or everything a query finds at this moment."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=10_000)] | None = None
    query: Asked | None = None
    action: Action
    key: Annotated[str, Field(min_length=1, max_length=80)] | None = None

    @model_validator(mode="after")
    def _one_of(self) -> "BulkBody":
        if (self.ids is None) == (self.query is None):
            raise PydanticCustomError("ticketlists.selection_unclear", "ids or query")
        return self


class BulkView(BaseModel):
    """A bulk operation. `changed`, `same`, `skipped`, `restored`, `kept`, `waiting` add up to `total`."""

    id: UUID
    job_id: UUID | None
    state: str
    action: dict[str, Any]
    total: int
    waiting: int
    changed: int
    same: int
    skipped: int
    restored: int
    kept: int
    created_at: datetime
    finished_at: datetime | None
    undone_at: datetime | None
    may_undo: bool


class BulkItemView(BaseModel):
    """What was done to one ticket, and in `why` a sentence where nothing was."""

    ticket_id: UUID
    ref: str
    title: str
    state: str
    why: str | None


# -- exports -----------------------------------------------------------------------------------------------------------


class ExportBody(Asked):
    format: Literal["xlsx", "csv"] = "xlsx"
    columns: Annotated[list[ColumnName], Field(min_length=1, max_length=240)] | None = None
    sort: Sort | None = None


class ExportView(BaseModel):
    """`url` is there when it is done, and works for its asker only, while signed in."""

    id: UUID
    job_id: UUID | None
    format: str
    name: str
    state: str
    rows: int
    size: int | None
    url: str | None
    created_at: datetime
    expires_at: datetime | None
