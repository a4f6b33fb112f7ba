"""What crosses the border of knowledge gaps."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Status = Literal["open", "drafted", "answered", "dismissed"]
Kind = Literal["missed", "choices", "rejected", "disliked", "handed_over", "assist", "search", "answered"]
Reason = Literal["rare", "not_ours", "elsewhere", "person", "other"]
Sort = Literal["cost", "count", "recent", "growth"]
Verdict = Literal["too_early", "fell", "rose", "no_change"]
Line = Annotated[str, AfterValidator(lambda value: " ".join(value.split()))]


@dataclass(frozen=True, slots=True)
class Noted:
    """A question as it is told. `text` is masked; `minutes` are the conversation's; `items` the texts that answered it."""

    key: str
    kind: Kind
    text: str
    channel: str
    locale: str
    asked_at: datetime
    conversation_id: UUID | None = None
    seq: int | None = None
    times: int = 1
    handed_over: bool = False
    ended: bool = False
    minutes: float = 0.0
    score: int | None = None
    items: tuple[UUID, ...] = ()


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class GapSettings(Body):
    """`hourly_cost`: what an hour of an agent costs, in the currency's smallest unit; without it gaps are ranked by time."""

    hourly_cost: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"


class TextRef(BaseModel):
    """A text of the knowledge base the caller may read."""

    id: UUID
    source: str
    title: str
    status: str
    locale: str


class Near(BaseModel):
    text: TextRef
    probability: float


class Share(BaseModel):
    """How many of a gap's questions came one way."""

    name: str
    count: int


class Figures(BaseModel):
    """`count`: questions without a good answer; `asked`: with those answered since. `cost`: money, in the smallest unit."""

    count: int = 0
    asked: int = 0
    handed_over: int = 0
    minutes: float = 0.0
    cost: int | None = None
    csat: float | None = None


class Effect(BaseModel):
    """Handoffs on the topic in two windows of `days` around its publication. `ratio`: after to before, with bounds."""

    verdict: Verdict
    published_at: datetime
    days: int
    before: int
    after: int
    asked_before: int
    asked_after: int
    ratio: float | None
    low: float | None
    high: float | None
    by_day_before: list[int] = []
    by_day_after: list[int] = []


class GapView(BaseModel):
    """A gap with its figures in the time asked for. `trend`: questions of the last fourteen days, day by day.

    `text` is the FAQ drafted for it and `elsewhere` the text that answers it already, if the caller may read them.
    """

    id: UUID
    name: str
    named_by: str
    status: Status
    figures: Figures
    trend: list[int]
    last_at: datetime
    text: TextRef | None = None
    elsewhere: TextRef | None = None
    dismissed_at: datetime | None = None
    dismiss_reason: str | None = None
    dismiss_note: str = ""
    returned_at: datetime | None = None
    drafted_at: datetime | None = None
    published_at: datetime | None = None
    effect: Effect | None = None


class GapDetail(GapView):
    """`near`: texts the caller may read that come closest, with how likely they answer it."""

    kinds: list[Share]
    channels: list[Share]
    locales: list[Share]
    near: list[Near]


class Summary(BaseModel):
    """How many gaps stand where, in the time asked for, and what they cost together."""

    since: date
    until: date
    open: int
    drafted: int
    answered: int
    dismissed: int
    returned: int
    questions: int
    handed_over: int
    minutes: float
    cost: int | None
    currency: str
    hourly_cost: int | None
    channels: list[str]


class RenameBody(Body):
    name: Annotated[Line, Field(min_length=1, max_length=200)]


class MergeBody(Body):
    """The gaps to take into this one."""

    gap_ids: Annotated[list[UUID], Field(min_length=1, max_length=50)]


class QuestionsBody(Body):
    question_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class DismissBody(Body):
    """`text_id`: the FAQ or article that answers it, with the reason `elsewhere`."""

    reason: Reason
    note: str = Field("", max_length=500)
    text_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a gap is, for rooms that work on it."""

    id: UUID
    name: str
    status: str
    faq_id: UUID | None
    draft_sources: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a gap, for rooms that know its conversation."""

    id: UUID
    gap_id: UUID
    kind: str
    text: str
    conversation_id: UUID | None
    seq: int | None
    channel: str
    locale: str
    asked_at: datetime
    times: int
    handed_over: bool
    ended: bool
    minutes: float
    score: int | None
