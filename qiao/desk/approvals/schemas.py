"""What crosses the border of approvals."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

View = Literal["waiting", "asked", "decided"]
Verdict = Literal["approve", "reject"]
State = Literal["open", "granted", "rejected", "cancelled", "void", "expired"]


def _nul_free(value: str) -> str:
    return value.replace("\x00", "").strip()


def _filled(value: str) -> str:
    cleaned = _nul_free(value)
    if not cleaned:
        raise PydanticCustomError("approval.text_empty", "empty")
    return cleaned


Reason = Annotated[str, Field(max_length=1000), AfterValidator(_filled)]
Comment = Annotated[str, Field(max_length=2000), AfterValidator(_nul_free)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RequestBody(Body):
    """By the rules of the ticket's type. With `transition`, it is taken as soon as the approval is granted."""

    transition: Annotated[str, Field(max_length=40)] | None = None
    reason: Reason


class AskBody(Body):
    """Asks these people, outside of the type's rules."""

    users: Annotated[list[UUID], Field(min_length=1, max_length=20)]
    needs: Literal["one", "all"] = "all"
    order: Literal["sequence", "parallel"] = "parallel"
    """With `sequence` one after the other, in this order; then each must agree."""
    reason: Reason
    expires_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 72


class DecideBody(Body):
    """A refusal says why."""

    verdict: Verdict
    comment: Comment = ""


class CancelBody(Body):
    reason: Comment = ""


class DeputyBody(Body):
    """`user_id`: for whom, by who manages people; else for oneself."""

    deputy_id: UUID
    from_at: AwareDatetime | None = None
    until_at: AwareDatetime
    note: Annotated[str, Field(max_length=300), AfterValidator(_nul_free)] = ""
    user_id: UUID | None = None


class Named(BaseModel):
    """Somebody. Without a name: not any more."""

    id: UUID
    name: str | None


class Money(BaseModel):
    minor: int
    currency: str


class TicketRef(BaseModel):
    id: UUID
    number: int
    ref: str
    title: str
    status: str


class DecisionView(BaseModel):
    """`on_behalf_of`: whose deputy decided."""

    by: Named
    on_behalf_of: Named | None
    verdict: Verdict
    comment: str
    via: Literal["console", "mail"]
    at: datetime


class StepView(BaseModel):
    """`deciders` are who may decide as things stand."""

    id: UUID
    position: int
    label: dict[str, str]
    needs: Literal["one", "all"]
    state: Literal["waiting", "active", "approved", "rejected", "skipped"]
    deciders: list[Named]
    decisions: list[DecisionView]


class TransitionRef(BaseModel):
    key: str
    label: dict[str, str]


class ApprovalView(BaseModel):
    """`may` says what the reader may do; `deciding_for` with whose right (their own id, or those they stand in for)."""

    id: UUID
    ticket: TicketRef
    source: Literal["rule", "named"]
    transition: TransitionRef | None
    reason: str
    amount: Money | None
    order: Literal["sequence", "parallel"]
    state: State
    requested_by: Named | None
    created_at: datetime
    expires_at: datetime
    closed_at: datetime | None
    used_at: datetime | None
    steps: list[StepView]
    may: dict[str, bool]
    deciding_for: list[Named]


class NeededStep(BaseModel):
    label: dict[str, str]
    needs: Literal["one", "all"]
    people: list[Named]


class Needed(BaseModel):
    """What the type's rules ask of this ticket now. `granted`: it was approved for the present amount, and not used yet."""

    amount: Money | None
    steps: list[NeededStep]
    granted: bool
    open: bool
    transitions: list[TransitionRef]
    """Ways on from the present state that take an approval."""


class ApprovalCounts(BaseModel):
    waiting: int


class DeputyView(BaseModel):
    id: UUID
    user: Named
    deputy: Named
    from_at: datetime
    until_at: datetime
    note: str
    active: bool


class Deputies(BaseModel):
    """Who stands in for the reader, and for whom the reader does; those that are over are left out."""

    mine: list[DeputyView]
    standing_in: list[DeputyView]
