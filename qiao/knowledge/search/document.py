"""What goes into the engine and what comes out of it."""

from dataclasses import dataclass, field
from typing import Literal

from qiao.knowledge.articles.conditions import Conditions

Kind = Literal["faq", "article"]
Outcome = Literal["answer", "choices", "none"]


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that can be found.

    `audience` are the tags of which a reader needs at least one; a document without tags is found only by a reader who
    may see everything. Translations of one text share a `group`; a search returns at most one of them.
    `valid_from` and `valid_until` are seconds since the epoch; `conditions` say for whom it holds at all.
    """

    id: str
    kind: Kind
    title: str
    variants: tuple[str, ...] = ()
    body: str = ""
    locale: str = "zh-CN"
    audience: frozenset[str] = frozenset({"public"})
    group: str = ""
    valid_from: float | None = None
    valid_until: float | None = None
    conditions: Conditions = field(default_factory=Conditions)


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about one hit; the calibration turns it into a probability."""

    score: float
    """Fused score: 1 is the same text."""
    dense: float
    pair: float
    unit: float
    coverage: float
    """Share of the question's information (idf mass) that the matched text mentions."""
    margin: float
    """Fused score minus that of the best other document; negative for all but the first hit."""
    length: int
    """Terms of the question."""
    passage: bool
    """The match is in running text, not in a question."""
    number_mismatch: bool
    negation_mismatch: bool
    code_mismatch: bool
    peak: float = 0.0
    """Greatest likeness in meaning of anything this reader may see; the hit's own is `dense`."""
    crowd: float = 0.0
    """How alike in meaning the matched text is to its neighbours in the knowledge base: among twins likeness says less."""
    opposed: bool = False
    """The match says the opposite of the question (open, close)."""
    second: float | None = None
    """Likeness in meaning by the second model; None where it has not read the match."""
    second_peak: float = 0.0
    """The greatest of anything this reader may see."""
    rank: float = 0.0
    """What the hits are ordered by: the score, corrected for crowds and negation."""


@dataclass(frozen=True, slots=True)
class Hit:
    document: Document
    matched: str
    """The phrasing or passage that matched best."""
    score: float
    known: float
    """Probability that anything this reader may see answers the question; the same for all hits of a search."""
    probability: float
    """That this document does."""
    signals: Signals
    said: tuple[str, ...] = ()
    """The question as it was looked up: as asked, and in the words it was taken to mean."""

    @property
    def id(self) -> str:
        return self.document.id


@dataclass(frozen=True, slots=True)
class Decision:
    kind: Outcome
    probability: float
    """Of the first hit being right; 0 without hits."""
    hits: tuple[Hit, ...] = field(default=())
    """The one hit to answer with, up to four to choose from, or none."""
