"""What crosses the border."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class CaseLink(BaseModel):
    """A conversation, for those who may see it."""

    id: UUID
    number: int
    status: str
    customer: str


class QuestionView(BaseModel):
    """A question of a gap, masked. `conversation` is null for those who may not see it, and for searches."""

    id: UUID
    kind: str
    text: str
    channel: str
    locale: str
    asked_at: datetime
    times: int
    outcome: Literal["people", "open", "bot", "search"]
    minutes: float
    score: int | None
    conversation: CaseLink | None


class AnswerView(BaseModel):
    """What agents answered in one conversation, masked. `centrality`: how much the others say the same, 0 to 1."""

    text: str
    centrality: float
    at: datetime
    titles: list[str]
    """Texts the agents sent with it, those the caller may read."""
    conversation: CaseLink | None
    used: bool
    """Whether the draft came from it."""


class DraftBody(BaseModel):
    """Where the draft goes; the default space when nothing is said."""

    model_config = ConfigDict(extra="forbid")

    space_id: UUID | None = None
    category_id: UUID | None = None
    locale: Literal["zh-CN", "en"] | None = Field(None, description="That of most of its questions when left out.")


class DraftMade(BaseModel):
    """`written`: a language model reworded what agents said; else it is their own words."""

    faq_id: UUID
    question: str
    variants: list[str]
    answer: str
    conversations: int
    written: bool
