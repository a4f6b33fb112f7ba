"""What crosses the border of SLAs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from qiao.core.conditions import Condition

Subject = Literal["ticket", "conversation"]
Kind = Literal["first_response", "next_response", "resolution"]
ClockState = Literal["running", "paused", "met", "breached", "cancelled"]
PauseOn = Literal["pending", "on_hold"]
"""Waiting for the customer; waiting for a department, or, of a conversation, snoozed."""
Text = dict[Literal["zh-CN", "en"], Annotated[str, Field(max_length=120)]]
MINUTES_LIMIT: Final = 366 * 24 * 60
StepId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,12}$")]


def _line(value: str) -> str:
    cleaned = " ".join(value.replace("\x00", "").split())
    if not cleaned:
        raise PydanticCustomError("sla.name_empty", "empty")
    return cleaned


def _word(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Target(Body):
    """Minutes per priority (low, normal, high, urgent); null promises nothing. `business`: counted in business hours."""

    business: bool = True
    minutes: Annotated[list[Annotated[int, Field(ge=1, le=MINUTES_LIMIT)] | None], Field(min_length=4, max_length=4)]


class When(Body):
    """When a step is taken, in the clock's own time: at a share of the target, minutes before it, or minutes after."""

    at: Literal["percent", "before", "after"]
    value: Annotated[int, Field(ge=0, le=MINUTES_LIMIT)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.at == "percent" and not 1 <= self.value <= 99:
            raise PydanticCustomError("sla.percent_range", "percent")
        if self.at == "before" and self.value < 1:
            raise PydanticCustomError("sla.before_range", "before")
        return self


class Tell(Body):
    """Notifies the assignee, the leads (people with a role, of the ticket's department or the conversation's queue where it
    has such), or everyone there."""

    do: Literal["notify"] = "notify"
    whom: Literal["assignee", "lead", "department"]
    role: Annotated[str, Field(max_length=60)] = "supervisor"


class Reassign(Body):
    do: Literal["reassign"] = "reassign"
    department_id: UUID


class Raise(Body):
    """Raises the priority by one, or to `to`."""

    do: Literal["raise_priority"] = "raise_priority"
    to: Annotated[int, Field(ge=1, le=3)] | None = None


class Escalate(Body):
    """To the next tier."""

    do: Literal["escalate"] = "escalate"


Action = Annotated[Tell | Reassign | Raise | Escalate, Field(discriminator="do")]


class Step(Body):
    """One rung of the ladder. Without `kinds` it is taken for every clock."""

    id: StepId
    when: When
    kinds: list[Kind] = Field(default_factory=list)
    action: Action


class PolicyBody(Body):
    """A policy, for tickets or for conversations. `calendar_id` is needed where a target counts business hours."""

    subject: Subject = "ticket"
    name: Annotated[str, Field(max_length=80), AfterValidator(_line)]
    description: Annotated[str, Field(max_length=300), AfterValidator(_word)] = ""
    active: bool = True
    conditions: Condition | None = None
    targets: dict[Kind, Target]
    calendar_id: UUID | None = None
    pause_on: Annotated[list[PauseOn], Field(max_length=2)] = ["pending"]
    ladder: Annotated[list[Step], Field(max_length=30)] = Field(default_factory=list)


class PolicyEdit(PolicyBody):
    """A whole policy; `revision` is the one the caller edited."""

    revision: Annotated[int, Field(ge=1)]


class PolicyView(PolicyBody):
    id: UUID
    position: int
    revision: int
    open_clocks: int = 0
    updated_at: datetime


class Order(Body):
    """All policies in the order they are asked."""

    ids: Annotated[list[UUID], Field(max_length=500)]


class PreviewBody(Body):
    """What a policy would do, saved or not: to one ticket now, and to those of late."""

    policy: PolicyBody
    policy_id: UUID | None = None
    ticket: Annotated[str, Field(max_length=60)] | None = None


class Promise(BaseModel):
    kind: str
    target_s: int
    business: bool
    due_at: datetime | None


class PreviewTicket(BaseModel):
    """`applies`: its conditions hold. `taken_by`: the policy above it that would take the ticket first."""

    id: UUID
    ref: str
    title: str
    applies: bool
    taken_by: str | None
    promises: list[Promise]


class PreviewMiss(BaseModel):
    id: UUID
    ref: str
    title: str
    kind: str
    target_s: int
    took_s: int


class Preview(BaseModel):
    """Of the newest `looked_at` tickets the reader may see, `matched` would be under this policy and `missed` are promises
    it would have broken."""

    ticket: PreviewTicket | None
    looked_at: int
    matched: int
    promises: int
    missed: list[PreviewMiss]


class ReasonItem(Body):
    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[Text, Field(min_length=1)]


class ReasonsBody(Body):
    """The reasons people choose from when a promise was not kept."""

    reasons: Annotated[list[ReasonItem], Field(max_length=60)]


class ExplainBody(Body):
    """One of the reasons, words of one's own, or both."""

    key: Annotated[str, Field(max_length=40)] | None = None
    text: Annotated[str, Field(max_length=500), AfterValidator(_word)] = ""


class Ref(BaseModel):
    id: UUID
    name: str


class CalendarRef(BaseModel):
    id: UUID
    name: str
    timezone: str


class BreachReason(BaseModel):
    key: str | None
    label: dict[str, str] | None
    text: str
    by: str | None
    at: datetime


class StepView(BaseModel):
    id: str
    at: datetime
    does: str


class ClockView(BaseModel):
    """A clock as it stands now. `due_at` is null while it stands still. `breached_at` stays after it was done late, and
    `broken_target_s` is the target that held then, where it is another one now. `broken_by_change`: it ran out the moment
    a shorter target began to hold."""

    id: UUID
    kind: str
    state: str
    policy: Ref | None
    calendar: CalendarRef | None
    target_s: int
    elapsed_s: int
    started_at: datetime
    due_at: datetime | None
    paused_since: datetime | None
    paused_why: str | None
    met_at: datetime | None
    breached_at: datetime | None
    broken_target_s: int | None
    broken_by_change: bool
    reason: BreachReason | None
    steps: list[StepView]


class Clocks(BaseModel):
    items: list[ClockView]
    reasons: list[dict[str, Any]]
    may_explain: bool


class BreachView(BaseModel):
    """A broken promise in the report: of which ticket or conversation, by its number and title or customer."""

    id: UUID
    subject: Subject
    subject_id: UUID
    ref: str
    title: str
    kind: str
    policy: str | None
    breached_at: datetime
    met_at: datetime | None
    target_s: int
    elapsed_s: int
    reason_key: str | None
    reason_text: str | None


class BreachCount(BaseModel):
    policy_id: UUID | None
    policy: str | None
    kind: str
    reason_key: str | None
    count: int


class Breaches(BaseModel):
    """Broken promises of a time, counted by policy, kind and reason; `kept` is how many promises of that time were kept."""

    kept: int
    broken: int
    groups: list[BreachCount]
    items: list[BreachView]
    next_cursor: str | None
    reasons: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class QueuePromises:
    """Conversations of a queue whose promise is broken, and those whose promise runs out soon."""

    broken: int = 0
    soon: int = 0


class Swept(msgspec.Struct, frozen=True):
    """What a sweep did."""

    looked: int = 0
    warned: int = 0
    breached: int = 0
    told: int = 0

    def __add__(self, other: "Swept") -> "Swept":
        return Swept(
            looked=self.looked + other.looked,
            warned=self.warned + other.warned,
            breached=self.breached + other.breached,
            told=self.told + other.told,
        )
