"""What shows whether the bot was right, and how much it says. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core.text import normalize

Kind = Literal[
    "review", "checked", "marked", "vote", "chosen", "refused", "agent", "assist", "again", "asked_person", "thanked",
    "settled", "passed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Says:
    weight: float
    """How much it says of the first text; a judgement by somebody who knows is 1."""
    strong: bool


# In this order: of several pieces of evidence on one decision the first counts, the others are not added to it.
KINDS: Final[Mapping[Kind, Says]] = {
    "review": Says(1.0, True),
    "checked": Says(1.0, True),
    "chosen": Says(1.0, True),
    "marked": Says(0.8, True),
    "vote": Says(0.7, True),
    "refused": Says(0.6, True),
    "assist": Says(0.5, True),
    "agent": Says(0.4, True),
    "again": Says(0.4, False),
    "asked_person": Says(0.3, False),
    "thanked": Says(0.3, False),
    # Silence is not proof: whoever gave up is as silent as whoever was helped.
    "settled": Says(0.15, False),
    "passed": Says(0.0, False),
}
SAME_QUESTION: Final = 0.6


@dataclass(frozen=True, slots=True)
class Decided:
    """Of a decision what evidence is found by."""

    question_id: UUID
    conversation_id: UUID
    seq: int
    kind: str
    items: tuple[UUID, ...]
    shown: tuple[UUID, ...]
    usable: bool


@dataclass(frozen=True, slots=True)
class Finding:
    question_id: UUID
    kind: Kind
    right: bool | None = None
    useful: bool | None = None


@dataclass(frozen=True, slots=True)
class Label:
    right: bool
    weight: float
    kind: Kind


def label(evidence: Mapping[str, bool | None]) -> Label | None:
    """What the evidence on one decision comes to; None when nothing was shown."""
    for kind, says in KINDS.items():
        right = evidence.get(kind)
        if right is not None and says.weight > 0:
            return Label(right, says.weight, kind)
    return None


def after_message(before: Decided, question: str, said: str, choice: UUID | None) -> Finding | None:
    """What the customer's next message says of the decision before it. `question`: what that was about."""
    offered = before.kind == "choices"
    first = before.items[0] if before.items else None
    if choice is not None:
        if offered and choice in before.shown:
            return Finding(before.question_id, "chosen", choice == first, useful=True)
        return None
    if before.kind == "none":
        return None
    match intent_of(said):
        case Intent.NO:
            return Finding(before.question_id, "refused", False, useful=False if offered else None)
        case Intent.HANDOFF:
            return Finding(before.question_id, "asked_person", None if offered else False, False if offered else None)
        case Intent.THANKS | Intent.GOODBYE:
            return None if offered else Finding(before.question_id, "thanked", True)
        case Intent.QUESTION:
            if alike(question, said) >= SAME_QUESTION:
                return Finding(before.question_id, "again", None if offered else False, False if offered else None)
            return Finding(before.question_id, "passed", None, False) if offered else None
    return None


def after_agent(before: Decided, texts: Sequence[UUID]) -> Finding | None:
    """An agent answered with texts of the knowledge base after the bot: was the bot's first among them?"""
    if not before.items or not texts:
        return None
    return Finding(before.question_id, "agent", before.items[0] in texts)


def after_suggestion(before: Decided, text: UUID, right: bool) -> Finding | None:
    """What an agent did with a suggestion for what the bot was asked."""
    if not before.items:
        return None
    if right:
        return Finding(before.question_id, "assist", before.items[0] == text)
    return Finding(before.question_id, "assist", False) if before.items[0] == text else None


def handed_over(before: Decided) -> Finding | None:
    """A person was asked for right after."""
    if before.kind == "none":
        return None
    offered = before.kind == "choices"
    return Finding(before.question_id, "asked_person", None if offered else False, False if offered else None)


def ended(decisions: Iterable[Decided], *, by_bot: bool) -> list[Finding]:
    """A conversation ended: answers nobody complained of, if nobody else was needed; offers nobody took."""
    found: list[Finding] = []
    for one in decisions:
        if one.kind == "answer" and by_bot:
            found.append(Finding(one.question_id, "settled", True))
        elif one.kind == "choices":
            found.append(Finding(one.question_id, "passed", None, False))
    return found


def useful(evidence: Iterable[bool | None]) -> bool | None:
    """Whether an offer was taken up, by anything that is known of it."""
    known = [value for value in evidence if value is not None]
    return any(known) if known else None


def alike(one: str, other: str) -> float:
    """Share of pairs of characters two messages have in common."""
    a, b = _pairs(one), _pairs(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _pairs(text: str) -> set[str]:
    plain = "".join(character for character in normalize(text) if character.isalnum())
    return {plain[n : n + 2] for n in range(len(plain) - 1)}


def lot(key: UUID) -> float:
    """Where a question stands in the queue of reviews: by chance, the same for good, and nobody's choice."""
    digest = hashlib.sha256(b"certainty:" + key.bytes).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
