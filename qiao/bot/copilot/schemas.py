"""What crosses the border of agent assist."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

SourceKind = Literal["faq", "article"]


class Suggestion(BaseModel):
    """`text` is what would go into the reply. `internal`: customers may not read this text as it is."""

    id: UUID
    kind: SourceKind
    title: str
    text: str
    probability: float
    rank: int
    internal: bool


class AssistView(BaseModel):
    """For the customer's last words, up to message `seq`. `question` is what was looked for; null when they asked nothing."""

    seq: int
    question: str | None
    suggestions: list[Suggestion]
    articles: list[Suggestion]


class Fact(BaseModel):
    """Something to remember: `kind` is order, amount, date or link."""

    kind: str
    value: str
    seq: int


class Tried(BaseModel):
    """An answer the customer got: by the bot or a person."""

    by: Literal["bot", "user"]
    text: str
    title: str | None
    seq: int
    helpful: bool | None


class SummaryView(BaseModel):
    """What a conversation is about. `text` is written by the language model when asked for and there is one.

    `waiting_for`: who has the last word: agent (the customer waits), customer, or nobody.
    """

    seq: int
    question: str | None
    last: str | None
    facts: list[Fact]
    tried: list[Tried]
    waiting_for: Literal["agent", "customer", "nobody"]
    can_write: bool
    text: str | None


class WrapUpView(BaseModel):
    """A proposal for the wrap-up; `based_on` are the conversations it was taken from. Empty where nothing is clear."""

    disposition: str | None
    disposition_share: float
    tags: list[str]
    note: str
    written: bool
    can_write: bool
    based_on: list[int]


class SimilarView(BaseModel):
    """A resolved conversation that began alike, and what was said last before it was solved."""

    conversation_id: UUID
    number: int
    question: str
    answer: str | None
    answered_by: str | None
    disposition: str | None
    resolved_at: datetime | None
    similarity: float


class PreviewBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=500)]


class FeedbackBody(BaseModel):
    """What somebody did with a suggestion made at message `seq`: put it into their reply, or waved it away."""

    model_config = ConfigDict(extra="forbid")

    seq: Annotated[int, Field(ge=0)]
    source_id: UUID
    outcome: Literal["inserted", "rejected"]


class FeedbackView(BaseModel):
    """`distance`: share of the text that was changed before it was sent."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    conversation_id: UUID
    user_id: UUID
    question: str
    source_kind: str
    source_id: UUID
    rank: int
    probability: float
    outcome: str
    distance: float | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """For ranking and calibration: was this text an answer to this question? `weight` is how much the verdict says."""

    conversation_id: UUID
    question: str
    source_kind: str
    source_id: UUID
    probability: float
    right: bool
    weight: float
    at: datetime
