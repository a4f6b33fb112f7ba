"""What crosses the border of the phone room."""

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.channels.phone.policy import Direction, EventKind, State
from qiao.people.customers.schemas import CustomerRef


def _plain(text: str) -> str:
    return text.replace("\x00", "")


def _link(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PydanticCustomError("phone.link_invalid", "not a web address")
    return text


Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00]+$")]
Ext = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32, pattern=r"^[^\x00]+$")]
Number = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Link = Annotated[str, Field(max_length=1000), AfterValidator(_link)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_plain)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CallReport(Body):
    """What a PBX says of a call. Reports may come late, twice and in any order.

    `number` is the customer's, `line` ours; `extension` who does it, `to_extension` who is handed the call;
    `extensions` where it rings. `event_id`: the PBX's own id of this report, where it has one.
    """

    call_id: Key
    event: EventKind
    at: AwareDatetime | None = Field(None, description="When it happened; left out: now.")
    event_id: Key | None = None
    direction: Direction | None = None
    number: Number | None = None
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_plain)] = ""
    line: Annotated[str, StringConstraints(strip_whitespace=True, max_length=32), AfterValidator(_plain)] | None = None
    extension: Ext | None = None
    extensions: list[Ext] = Field(default_factory=list, max_length=100)
    to_extension: Ext | None = None
    hung_up_by: Literal["customer", "agent", "system"] | None = None
    talk_s: float | None = Field(None, ge=0, le=172_800)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_plain)] | None = (
        None
    )
    url: Link | None = Field(None, description="With `recording` and `voicemail`: where it is.")
    recording_url: Link | None = None
    voicemail_url: Link | None = None


class KnownCaller(BaseModel):
    """What a PBX may know of a caller to route them."""

    number: int
    name: str
    level: str
    blocked: bool


class ReportTaken(BaseModel):
    """`duplicate`: this report was known. `suggested_extension`: who spoke with this customer last."""

    id: UUID
    state: State
    duplicate: bool
    customer: KnownCaller | None
    candidates: int
    suggested_extension: str | None
    conversation_id: UUID | None


class Person(BaseModel):
    id: UUID
    name: str
    avatar_url: str | None = None


class InboxName(BaseModel):
    id: UUID
    name: str


class CallView(BaseModel):
    """A call as staff see it. `number` is masked unless the reader may reveal it."""

    id: UUID
    inbox: InboxName
    direction: Direction
    state: State
    number: str | None
    caller_name: str
    line: str | None
    customer: CustomerRef | None
    sure: bool
    conversation_id: UUID | None
    user: Person | None
    extension: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    held_s: int
    hung_up_by: str | None
    reason: str | None
    transfers: list[dict[str, Any]]
    has_recording: bool
    has_voicemail: bool
    callback_id: UUID | None
    version: int


class PastConversation(BaseModel):
    id: UUID
    number: int
    channel: str
    inbox: str
    status: str
    preview: str
    at: datetime


class OpenTicket(BaseModel):
    ref: str
    title: str
    status: str
    due_at: datetime | None


class Candidate(BaseModel):
    """A customer who has the caller's number."""

    customer: CustomerRef
    last_seen_at: datetime
    conversations: list[PastConversation]
    tickets: list[OpenTicket]


class Pop(BaseModel):
    """A call at the reader's telephone, with everybody it may be."""

    call: CallView
    candidates: list[Candidate]


class ChooseBody(Body):
    customer_id: UUID


class Located(BaseModel):
    """Where a recording can be heard. `ours`: kept here; otherwise at the telephone system's own address."""

    url: str
    ours: bool
    mime: str | None = None


class ExtensionBody(Body):
    extension: Ext
    user_id: UUID


class ExtensionView(BaseModel):
    extension: str
    user: Person


class ExtensionsBody(Body):
    items: list[ExtensionBody] = Field(max_length=5000)


class DialBody(Body):
    """Whom to call: a customer (their number is looked up here), or a call-back request."""

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    customer_id: UUID | None = None
    callback_id: UUID | None = None
    inbox_id: UUID | None = None


class DialView(BaseModel):
    """`unknown`: the PBX did not answer; whether it rings is not known, and nothing is asked again."""

    id: UUID
    state: Literal["asked", "accepted", "refused", "unknown"]
    status: int | None
    answer: str
    extension: str
    number: str


class DialLine(BaseModel):
    """A line the reader can call out by."""

    inbox: InboxName
    extension: str


CallbackSource = Literal["customer", "pbx", "agent", "missed"]
CallbackState = Literal["open", "done", "failed", "cancelled"]
Outcome = Literal["reached", "no_answer", "busy", "voicemail", "wrong_number", "refused"]


class AttemptView(BaseModel):
    id: UUID
    at: datetime
    user: Person | None
    outcome: Outcome
    note: str


class CallbackView(BaseModel):
    """A promise to call. `broken`: it ran out before anybody reached the customer."""

    id: UUID
    inbox: InboxName
    source: CallbackSource
    customer: CustomerRef
    number: str
    topic: str
    conversation_id: UUID | None
    assignee: Person | None
    promised_by: Person | None
    state: CallbackState
    waiting_since: datetime
    promised_from: datetime
    promised_until: datetime
    next_at: datetime
    waiting: bool
    attempts: int
    attempts_most: int
    history: list[AttemptView] = []
    outcome: str
    broken: bool
    broken_at: datetime | None
    closed_at: datetime | None
    created_at: datetime
    version: int


class CallbackCreate(Body):
    """Promised by the colleague who enters it. Without a window: as soon as the company promises."""

    key: Key
    customer_id: UUID
    number: Number | None = None
    topic: Words = ""
    inbox_id: UUID | None = None
    conversation_id: UUID | None = None
    promised_from: AwareDatetime | None = None
    promised_until: AwareDatetime | None = None
    assignee_id: UUID | None = None
    mine: bool = Field(False, description="The caller will call back themself.")


class PbxCallback(Body):
    """Asked at the telephone while waiting. `waiting_since`: when they began to wait; their place is kept."""

    key: Key
    number: Number
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_plain)] = ""
    waiting_since: AwareDatetime | None = None
    topic: Words = ""
    call_id: Key | None = None


class CustomerCallback(BaseModel):
    """Asked by a customer on the web."""

    model_config = ConfigDict(extra="ignore")

    client_id: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    phone: Number
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80), AfterValidator(_plain)] = ""
    topic: Words = ""
    slot: AwareDatetime | None = Field(
        None, description="The beginning of an offered slot; left out: as soon as possible."
    )


class AttemptBody(Body):
    client_id: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    outcome: Outcome
    note: Words = ""


class RescheduleBody(Body):
    promised_from: AwareDatetime
    promised_until: AwareDatetime


class CloseBody(Body):
    reason: Words = ""


class Slot(BaseModel):
    start: datetime
    end: datetime


class CallbackOffer(BaseModel):
    """What a customer may choose. `soonest`: what is promised without a choice."""

    available: bool
    timezone: str
    soonest: Slot | None
    slots: list[Slot]
    current: "CustomerPromise | None"


class CustomerPromise(BaseModel):
    """A promise as its customer sees it. `place`: where it stands in the queue, from 1; null while it does not wait there."""

    id: UUID
    state: CallbackState
    number: str
    promised_from: datetime
    promised_until: datetime
    timezone: str
    attempts: int
    place: int | None = None
