"""What the bot does with a customer's message: pure, so it is tested as a table of cases.

Rules before retrieval for what retrieval cannot know (a wish for a person, small talk), retrieval before politeness for
the rest: a knowledge base may well hold 你是谁.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from qiao.bot.answering.certainty import Weighed
from qiao.bot.understanding.rules import Intent
from qiao.knowledge.search.document import Decision, Hit


class Action(StrEnum):
    ANSWER = "answer"
    CHOICES = "choices"
    DONT_KNOW = "dont_know"
    HANDOFF = "handoff"
    STAY = "stay"
    GREET = "greet"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    ACKNOWLEDGE = "acknowledge"
    ASK_AGAIN = "ask_again"
    INTRODUCE = "introduce"
    ASK_TO_TYPE = "ask_to_type"
    """It was a picture or a file."""
    SAY_MORE = "say_more"
    """It was a message without a word."""
    FLOW = "flow"
    """A flow speaks."""
    GUARD = "guard"
    """Something is said instead of an answer: `Reply.say`."""


class HandoffReason(StrEnum):
    REQUESTED = "requested"
    MISSES = "misses"
    """The bot did not know too often in a row."""
    REJECTED = "rejected"
    """The customer said no to what the bot offered."""
    FLOW = "flow"
    """A flow leads to a person, or could not go on."""
    ABUSE = "abuse"
    """The customer was rude again."""
    SENSITIVE = "sensitive"
    """A word of the company's list asks for a person."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came before the message."""

    misses: int = 0
    """Messages in a row that the bot had no answer to, or whose answer was refused."""
    offered_choices: bool = False
    answered: bool = False
    """The bot's last message was an answer."""
    offered_person: bool = False
    """The bot's last message offered a person."""


@dataclass(frozen=True, slots=True)
class Left:
    """A question of the message that the reply does not answer, and what it may have meant."""

    text: str
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    action: Action
    misses: int
    """To remember for the next turn."""
    hits: tuple[Hit, ...] = ()
    probability: float = 0.0
    reason: HandoffReason | None = None
    offer_person: bool = False
    say: str = ""
    """What to say, as a key of the catalogue."""
    several: bool = False
    """Every one of `hits` answers a question of its own."""
    left: tuple[Left, ...] = ()
    """Questions beside the answered ones."""
    weighed: Weighed | None = field(default=None, compare=False)
    """What the knowledge base held of the question; None where it was not asked."""


_SMALL_TALK = {
    Intent.GREETING: Action.GREET,
    Intent.THANKS: Action.WELCOME,
    Intent.GOODBYE: Action.GOODBYE,
    Intent.YES: Action.ACKNOWLEDGE,
    Intent.HEARD: Action.ACKNOWLEDGE,
    Intent.CHITCHAT: Action.INTRODUCE,
    Intent.NO_HANDOFF: Action.STAY,
    Intent.EMPTY: Action.SAY_MORE,
}


def needs_search(intent: Intent) -> bool:
    """Whether the knowledge base can matter for `reply_to`."""
    return intent in (Intent.QUESTION, Intent.CHITCHAT)


def reply_to(intent: Intent, decision: Decision, turn: Turn, *, misses_before_handoff: int = 2) -> Reply:
    """`misses_before_handoff`: the miss with this number leads to a person instead of another "I don't know"."""
    if intent is Intent.HANDOFF:
        return Reply(Action.HANDOFF, 0, reason=HandoffReason.REQUESTED)
    if intent is Intent.YES and turn.offered_person and not turn.offered_choices:
        # After "which of these?", where a person is one of several, OK asks for none of them.
        return Reply(Action.HANDOFF, 0, reason=HandoffReason.REQUESTED)
    if intent is Intent.NO:
        return _refused(turn, misses_before_handoff)
    if needs_search(intent) and decision.kind == "answer":
        return Reply(Action.ANSWER, 0, decision.hits, decision.probability)
    if intent in _SMALL_TALK:
        return Reply(_SMALL_TALK[intent], turn.misses)
    if decision.kind == "choices":
        # Not yet a miss: it becomes one when the customer refuses the choices.
        return Reply(Action.CHOICES, turn.misses, decision.hits, decision.probability, offer_person=True)
    return _missed(turn.misses + 1, misses_before_handoff, HandoffReason.MISSES, Action.DONT_KNOW)


def _refused(turn: Turn, limit: int) -> Reply:
    if turn.offered_choices or (turn.answered and not turn.offered_person):
        return _missed(turn.misses + 1, limit, HandoffReason.REJECTED, Action.ASK_AGAIN)
    return Reply(Action.ACKNOWLEDGE, turn.misses)


def _missed(misses: int, limit: int, reason: HandoffReason, otherwise: Action) -> Reply:
    if misses >= limit:
        return Reply(Action.HANDOFF, 0, reason=reason)
    return Reply(otherwise, misses, offer_person=True)
