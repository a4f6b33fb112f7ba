"""What crosses the border of knowledge statistics."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

Sort = Literal[
    "title",
    "views",
    "cards",
    "inserted",
    "answered",
    "offered",
    "chosen",
    "handed_over",
    "handover_rate",
    "useful",
    "useless",
    "useful_rate",
    "reads",
]
Only = Literal["read", "unread", "handed_over", "disliked"]
UseKind = Literal["answered", "offered", "chosen", "inserted", "handed_over"]


@dataclass(frozen=True, slots=True)
class Use:
    """A text was used in a conversation, in its message `seq`."""

    item_id: UUID
    conversation_id: UUID
    kind: UseKind
    seq: int
    at: datetime


class Figures(BaseModel):
    """`reads`: views, cards, inserted and answered together. Rates are null when there is nothing to divide by."""

    views: int = 0
    cards: int = 0
    inserted: int = 0
    answered: int = 0
    offered: int = 0
    chosen: int = 0
    handed_over: int = 0
    useful: int = 0
    useless: int = 0
    reads: int = 0
    handover_rate: float | None = None
    useful_rate: float | None = None


class TextFigures(Figures):
    """A text with what became of it. `trend` are its reads, day by day."""

    id: UUID
    source: str
    locale: str
    title: str
    status: str
    category_id: UUID | None
    trend: list[int] = []


class DayFigures(Figures):
    day: date


class Summary(BaseModel):
    """All texts together, by day; `unread` are published texts nobody came across."""

    since: date
    until: date
    total: Figures
    previous: Figures
    days: list[DayFigures]
    published: int
    unread: int
    searches: int
    misses: int


class ReasonCount(BaseModel):
    reason: str
    count: int


class TextDetail(BaseModel):
    text: TextFigures
    days: list[DayFigures]


class Miss(BaseModel):
    """Words that found nothing."""

    words: str
    locale: str
    count: int
    last_at: datetime


class Opinion(BaseModel):
    """What a reader of the help centre said."""

    helpful: bool
    reason: str | None
    comment: str
    at: datetime
