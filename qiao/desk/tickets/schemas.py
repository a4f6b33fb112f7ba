"""What crosses the border of tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from qiao.desk.tickets.definition import Definition, Key, Status

Source = Literal["conversation", "console", "mail", "api", "portal", "automation", "schedule", "import"]
LinkKind = Literal["relates", "duplicates", "blocks", "causes"]
LinkWay = Literal["relates", "duplicates", "blocks", "causes", "duplicated_by", "blocked_by", "caused_by"]
"""A link as seen from one of its ends."""
LocaleName = Literal["zh-CN", "en"]
EntryKind = Literal["comment", "note", "change", "event"]
TITLE_LIMIT: Final = 200
TEXT_LIMIT: Final = 20_000
PAYLOAD_LIMIT: Final = 32 * 1024


class Unset:
    """The value of what was not given, where None is a value."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset()


def _nul_free(value: str) -> str:
    return value.replace("\x00", "")


def _line(value: str) -> str:
    cleaned = " ".join(value.replace("\x00", "").split())
    if not cleaned:
        raise PydanticCustomError("ticket.text_empty", "empty")
    return cleaned


def _word(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())


Title = Annotated[str, Field(max_length=TITLE_LIMIT), AfterValidator(_line)]
Words = Annotated[str, Field(max_length=TEXT_LIMIT), AfterValidator(_nul_free)]
Reason = Annotated[str, Field(max_length=500), AfterValidator(_word)]
NeededReason = Annotated[str, Field(max_length=500), AfterValidator(_line)]
Tag = Annotated[str, Field(max_length=40), AfterValidator(_word)]
Tags = Annotated[list[Tag], Field(max_length=30)]
Priority = Annotated[int, Field(ge=0, le=3)]
"""0 low, 1 normal, 2 high, 3 urgent."""
Tier_ = Annotated[int, Field(ge=1, le=3)]
ClientId = Annotated[str, Field(min_length=1, max_length=80)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- making and changing -----------------------------------------------------------------------------------------------


class TicketCreate(Body):
    """A new ticket. The same `key` is the same ticket: asking twice makes one. Without a priority the type's own."""

    type_key: Annotated[str, Field(max_length=40)]
    title: Title
    description: Words = ""
    fields: dict[str, Any] = Field(default_factory=dict)
    priority: Priority | None = None
    tags: Tags = Field(default_factory=list)
    customer_id: UUID | None = None
    requester_id: UUID | None = None
    conversation_id: UUID | None = None
    department_id: UUID | None = None
    assignee_id: UUID | None = None
    parent_id: UUID | None = None
    due_at: AwareDatetime | None = None
    source: Source = "console"
    channel: Annotated[str, Field(max_length=30)] | None = None
    locale: LocaleName | None = None
    key: Annotated[str, Field(min_length=1, max_length=160)] | None = None
    watchers: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)
    files: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)
    """Files uploaded by the caller; they stand in the first line of the timeline."""
    card: bool = False
    """Whether the customer gets a card about it in the conversation it comes from."""


class TicketPatch(Body):
    """Only what is given changes; null empties what may be empty. `fields` are merged by key.

    With `version` (what the caller saw) a change of the same thing by somebody else meanwhile is refused with what they
    changed; changes of other things are kept.
    """

    title: Title | None = None
    description: Words | None = None
    fields: dict[str, Any] | None = None
    priority: Priority | None = None
    tags: Tags | None = None
    due_at: AwareDatetime | None = None
    customer_id: UUID | None = None
    requester_id: UUID | None = None
    type_key: Annotated[str, Field(max_length=40)] | None = None
    locale: LocaleName | None = None
    version: Annotated[int, Field(ge=1)] | None = None


class MoveBody(Body):
    """By the key of a transition, or to a shared status."""

    transition: Annotated[str, Field(max_length=40)] | None = None
    status: Status | None = None
    comment: Words = ""
    public: bool = False
    fields: dict[str, Any] | None = None
    reason: Reason | None = None
    version: Annotated[int, Field(ge=1)] | None = None


class AssignBody(Body):
    """What is left out stays; null means nobody, or no department."""

    department_id: UUID | None = None
    user_id: UUID | None = None
    reason: Reason | None = None


class EscalateBody(Body):
    """To a tier, or one up."""

    tier: Tier_ | None = None
    reason: NeededReason


class CommentBody(Body):
    body: Words = ""
    public: bool = False
    mentions: Annotated[list[UUID], Field(max_length=50)] = Field(default_factory=list)
    files: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)
    client_id: ClientId | None = None


class HoldBody(Body):
    waiting_on: dict[str, Any] = Field(default_factory=dict)
    reason: Reason = ""


class ReasonBody(Body):
    reason: Reason = ""


class WatchersBody(Body):
    add: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)
    remove: Annotated[list[UUID], Field(max_length=10_000)] = Field(default_factory=list)


class LinkBody(Body):
    """The other ticket, by its number (`R-10023`) or id, and how this one relates to it."""

    ticket: Annotated[str, Field(min_length=1, max_length=60)]
    kind: LinkWay = "relates"


class ParentBody(Body):
    """The parent's number or id; null takes the ticket out."""

    ticket: Annotated[str, Field(min_length=1, max_length=60)] | None = None


class MergeBody(Body):
    """The tickets (numbers or ids) that go into this one. `confirmed`: also those of another customer."""

    sources: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(min_length=1, max_length=50)]
    confirmed: bool = False
    comment: Words = ""


class SplitBody(Body):
    """Entries that go into a new ticket, by id, and what it is called."""

    title: Title
    entries: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    type_key: Annotated[str, Field(max_length=40)] | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    department_id: UUID | None = None
    assignee_id: UUID | None = None


class ItemBody(Body):
    text: Annotated[str, Field(max_length=300), AfterValidator(_line)]


class ItemPatch(Body):
    text: Annotated[str, Field(max_length=300), AfterValidator(_line)] | None = None
    done: bool | None = None
    position: Annotated[int, Field(ge=0, le=10_000)] | None = None


class WorklogBody(Body):
    seconds: Annotated[int, Field(ge=1, le=7 * 24 * 3600)]
    note: Annotated[str, Field(max_length=500), AfterValidator(_word)] = ""
    started_at: AwareDatetime | None = None


class RateBody(Body):
    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=2000), AfterValidator(_nul_free)] = ""


class PriorityBody(Body):
    priority: Priority


class TagsBody(Body):
    add: Tags = Field(default_factory=list)
    remove: Tags = Field(default_factory=list)


# -- what is shown -----------------------------------------------------------------------------------------------------

Text = dict[str, str]
"""Words by language, as admins wrote them."""


class Ref(msgspec.Struct, frozen=True):
    id: UUID
    name: str


class Person(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    avatar_url: str | None = None


class Customer(msgspec.Struct, frozen=True):
    id: UUID
    number: int
    name: str
    level: str


class TypeRef(msgspec.Struct, frozen=True):
    id: UUID
    key: str
    name: Text
    icon: str
    prefix: str
    revision: int


class StateView(msgspec.Struct, frozen=True):
    key: str
    label: Text
    status: str


class TicketRef(msgspec.Struct, frozen=True):
    """Another ticket, named where this one speaks of it."""

    id: UUID
    ref: str
    title: str
    status: str
    state: Text


class TalkRef(msgspec.Struct, frozen=True):
    """The conversation a ticket came from."""

    id: UUID
    number: int
    status: str


class Author(msgspec.Struct, frozen=True):
    """`kind` is user, customer, bot or system."""

    kind: str
    id: UUID | None = None
    name: str | None = None
    avatar_url: str | None = None


class MoveView(msgspec.Struct, frozen=True):
    """A way on from the present state. `why` is a code when it is not open to this reader: role, assignee, customer,
    condition, approval, fields (`missing` names them), merged. Missing fields may be given with the move itself."""

    key: str
    label: Text
    to: StateView
    allowed: bool
    why: str | None
    missing: list[str]
    require_comment: bool
    approval: bool
    effects: list[str]


class InvolvedView(msgspec.Struct, frozen=True):
    """Somebody, or a department, who may see the ticket beside its own people. `kind` is user or department."""

    kind: str
    id: UUID
    name: str
    reasons: list[str]
    watching: bool
    avatar_url: str | None = None


class LinkView(msgspec.Struct, frozen=True):
    kind: str
    """As seen from this ticket: relates, duplicates, duplicated_by, blocks, blocked_by, causes, caused_by."""
    ticket: TicketRef


class ItemView(msgspec.Struct, frozen=True):
    id: UUID
    position: int
    text: str
    done_at: datetime | None
    done_by: Person | None


class WorklogView(msgspec.Struct, frozen=True):
    id: UUID
    user: Person
    seconds: int
    note: str
    started_at: datetime
    origin: str | None
    """The number of the ticket it was written for, after a merge."""


class TicketView(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket as its reader may see it. From `may` on: only where one ticket is read, None in lists.

    `fields` lack those the reader may not see; `masked` names fields whose values are shown in part. `field_access`
    says `read` or `write` per field that is shown now. `ref` is the number people see (`R-10023`).
    """

    id: UUID
    number: int
    ref: str
    type: TypeRef
    title: str
    description: str
    status: str
    state: StateView
    priority: int
    tier: int
    source: str
    channel: str | None
    locale: str
    customer: Customer | None
    requester: Person | None
    conversation: TalkRef | None
    assignee: Person | None
    department: Ref | None
    parent: TicketRef | None
    merged_into: TicketRef | None
    fields: dict[str, Any]
    masked: list[str]
    tags: list[str]
    waiting_on: dict[str, Any] | None
    due_at: datetime | None
    next_due_at: datetime | None
    next_due_kind: str | None
    breached: bool
    rating: int | None
    rating_comment: str | None
    version: int
    last_seq: int
    reopened: int
    created_by: Author
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    customer_wrote_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    may: dict[str, bool] | None = None
    moves: list[MoveView] | None = None
    field_access: dict[str, str] | None = None
    required: list[str] | None = None
    """Fields that are needed as things stand."""
    involved: list[InvolvedView] | None = None
    """The first two hundred; `watchers` counts all who watch."""
    watchers: int | None = None
    watching: bool | None = None
    """Whether the reader watches it."""
    links: list[LinkView] | None = None
    children: list[TicketRef] | None = None
    checklist: list[ItemView] | None = None
    worked_seconds: int | None = None


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the timeline. `payload.files` are attachments with links, `payload.mentions` ids of colleagues."""

    id: UUID
    ticket_id: UUID
    seq: int
    kind: str
    author: Author
    body: str
    payload: dict[str, Any]
    changes: dict[str, list[Any]] | None
    client_id: str | None
    origin: TicketRef | None
    created_at: datetime

    @property
    def entry_type(self) -> str | None:
        """The type of an event line."""
        found = self.payload.get("type")
        return str(found) if self.kind == "event" and found else None


class Timeline(msgspec.Struct, frozen=True):
    """A stretch of the timeline in order; `names` puts names to the ids in `changes`."""

    items: list[EntryView]
    more: bool
    names: dict[str, str]


class Prefill(msgspec.Struct, frozen=True, kw_only=True):
    """What a new ticket from a conversation begins with. `found` says, per field, what it was read from."""

    type_key: str
    why_type: list[str]
    """The words that spoke for this type; empty where none did."""
    title: str
    description: str
    fields: dict[str, Any]
    found: dict[str, str]
    priority: int
    customer: Customer | None
    conversation_id: UUID
    department_id: UUID | None
    tags: list[str]
    order_numbers: list[str]
    open_tickets: list[TicketRef]
    """Tickets of this customer that are not done: the same matter perhaps."""
    type_keys: list[str]
    """All types that may be chosen, likeliest first."""


# -- types -------------------------------------------------------------------------------------------------------------


class TypeView(BaseModel):
    """A ticket type. `in_use`: how many tickets stand in each state; filled where one type is read. `access`: `read` or
    `write` for every field its reader may see, whatever the values; the others are none of theirs.
    """

    id: UUID
    key: str
    definition: Definition
    revision: int
    position: int
    active: bool
    tickets: int | None = None
    in_use: dict[str, int] | None = None
    access: dict[str, str] | None = None
    updated_at: datetime


class TypeSummary(BaseModel):
    """What a menu of types needs."""

    id: UUID
    key: str
    name: dict[str, str]
    description: dict[str, str]
    icon: str
    prefix: str
    active: bool
    open_to_customers: bool
    position: int
    revision: int
    tickets: int = 0


class TypeCreate(Body):
    key: Key
    definition: Definition


class TypePatch(Body):
    """`revision` is the one the caller edited; another one meanwhile is refused."""

    definition: Definition
    revision: Annotated[int, Field(ge=1)]


class TypeArchive(Body):
    active: bool


class TypeOrder(Body):
    keys: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=500)]


class TypeDuplicate(Body):
    key: Key
    name: dict[LocaleName, Annotated[str, Field(min_length=1, max_length=200)]]


class TypeImport(Body):
    """A type as a file; with `revision` it replaces the type of that key."""

    yaml: Annotated[str, Field(max_length=500_000)]
    revision: Annotated[int, Field(ge=1)] | None = None


# -- for other rooms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """The row itself for other rooms' decisions: ids and states, no names of people."""

    id: UUID
    number: int
    prefix: str
    type_id: UUID
    type_key: str
    title: str
    status: str
    state: str
    priority: int
    tier: int
    source: str
    channel: str | None
    locale: str
    customer_id: UUID | None
    requester_id: UUID | None
    conversation_id: UUID | None
    assignee_id: UUID | None
    department_id: UUID | None
    parent_id: UUID | None
    merged_into_id: UUID | None
    fields: dict[str, Any]
    tags: list[str]
    waiting_on: dict[str, Any] | None
    due_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
    first_response_at: datetime | None
    customer_wrote_at: datetime | None
    solved_at: datetime | None
    closed_at: datetime | None
    rating: int | None
    reopened: int
    created_by_kind: str = "system"
    created_by: UUID | None = None
    description: str = ""
    breached: bool = False
    next_due_at: datetime | None = None

    @property
    def ref(self) -> str:
        """The number people see."""
        return f"{self.prefix}-{self.number}"
