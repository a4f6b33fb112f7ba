"""What crosses the border of certainty."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class CertaintyBody(BaseModel):
    """`max_error`: the share of given answers that may be wrong. `max_useless`: of offers of which nothing is taken."""

    model_config = ConfigDict(extra="forbid")

    max_error: Annotated[float, Field(ge=0.01, le=0.5)]
    max_useless: Annotated[float, Field(ge=0.05, le=0.9)]
    enabled: bool
    automatic: bool


class FitView(BaseModel):
    """One version of the layer. `loss_before`, `loss_after`: on examples it was not fitted on."""

    version: int
    at: datetime
    state: Literal["active", "kept"]
    current: bool
    """Fitted on probabilities of the engine that is in use."""
    a: float
    b: float
    plain: bool
    """Without a layer: with one it did worse."""
    locales: list[str]
    examples: int
    reviewed: int
    offers: int
    loss_before: float | None
    loss_after: float | None
    made_by: UUID | None


class KindCount(BaseModel):
    """Decisions with this evidence. For offers only: `useful`, `useless`."""

    kind: str
    strong: bool
    weight: float
    right: int
    wrong: int
    useful: int
    useless: int


class Point(BaseModel):
    """At `threshold`, a share `coverage` of the questions is answered. `measured`: the share of wrong ones among `count`
    examples; `bound`: what it is at most; `predicted`: what the probabilities say."""

    coverage: Share
    threshold: float
    predicted: float
    count: int
    measured: float | None
    bound: float | None


class Bin(BaseModel):
    """Examples whose probability lies between two bounds: what it says, and how often it was right (with 90 % limits)."""

    low: float
    high: float
    count: int
    said: float
    right: float
    at_least: float
    at_most: float


class Outlook(BaseModel):
    """What a setting would have made of the questions: shares answered, offered, neither."""

    accepted: float
    threshold: float
    shown: bool
    """Chosen by judged examples; else by the probability alone."""
    answered: Share
    offered: Share
    neither: Share


class CertaintyView(BaseModel):
    settings: CertaintyBody
    active: FitView | None
    applies: bool
    """Switched on, and fitted for the engine in use."""
    confidence: float
    fewest: int
    """Judged examples from which on they decide."""
    reviewed: int
    right: int
    wrong: int
    waiting: int
    """Answers that can be judged."""
    offers: int
    labelled: int
    unlabelled: int
    days: int
    questions: int
    """Of those days: what the outlook is reckoned on."""
    kinds: list[KindCount]
    basis: Literal["reviewed", "all", "none"]
    """What curve and diagram rest on: what was drawn by lot, everything (which comes from whoever had a reason), nothing."""
    curve: list[Point]
    bins: list[Bin]
    answers: list[Outlook]
    """For every accepted error from 1 to 50 %."""
    choices: list[Outlook]
    """For accepted useless offers from 5 to 90 %."""


class ReviewView(BaseModel):
    """A question and the text to judge. How sure the bot was is not told: it would sway the judgement."""

    question_id: UUID
    conversation_id: UUID
    number: int
    at: datetime
    locale: str
    channel: str
    before: str | None
    """The customer's message before, when the question may lean on it."""
    question: str
    text_id: UUID
    kind: str
    title: str
    text: str
    marked: bool = False
    """An agent has said that it was wrong; not drawn by lot."""


class Queue(BaseModel):
    """`judged` of those drawn so far."""

    items: list[ReviewView]
    waiting: int
    judged: int


class Verdict(BaseModel):
    """`right`: does the text answer the question? None: cannot be told. `marked`: it came up because of an agent's mark."""

    model_config = ConfigDict(extra="forbid")

    right: bool | None
    marked: bool = False


class Mark(BaseModel):
    """An answer of the bot that an agent says was wrong."""

    answer_id: UUID
    at: datetime


class Judged(BaseModel):
    question_id: UUID
    right: bool | None
