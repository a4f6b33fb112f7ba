import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.bot.answering.policy import Action, HandoffReason, Turn, reply_to
from qiao.bot.understanding.rules import Intent
from qiao.knowledge.search.document import Decision, Document, Hit, Signals

SIGNALS = Signals(0.9, 0.9, 0.9, 0.9, 0.9, 0.3, 4, False, False, False, False)
HIT = Hit(Document("1", "faq", "运费怎么算"), "运费怎么算", 0.9, 0.95, 0.93, SIGNALS)
ANSWER = Decision("answer", 0.93, (HIT,))
CHOICES = Decision("choices", 0.5, (HIT, HIT))
NONE = Decision("none", 0.1)
REFUSED = Turn(misses=1, offered_choices=True)


@pytest.mark.parametrize(
    ("intent", "decision", "turn", "action", "misses"),
    [
        (Intent.QUESTION, ANSWER, Turn(misses=1), Action.ANSWER, 0),
        (Intent.QUESTION, CHOICES, Turn(misses=1), Action.CHOICES, 1),
        (Intent.QUESTION, NONE, Turn(), Action.DONT_KNOW, 1),
        (Intent.QUESTION, NONE, Turn(misses=1), Action.HANDOFF, 0),
        (Intent.HANDOFF, ANSWER, Turn(), Action.HANDOFF, 0),
        (Intent.NO_HANDOFF, NONE, Turn(misses=1), Action.STAY, 1),
        (Intent.GREETING, NONE, Turn(), Action.GREET, 0),
        (Intent.GREETING, ANSWER, Turn(), Action.GREET, 0),
        (Intent.THANKS, NONE, Turn(answered=True), Action.WELCOME, 0),
        (Intent.GOODBYE, NONE, Turn(), Action.GOODBYE, 0),
        (Intent.CHITCHAT, ANSWER, Turn(), Action.ANSWER, 0),
        (Intent.CHITCHAT, CHOICES, Turn(), Action.INTRODUCE, 0),
        (Intent.YES, NONE, Turn(offered_person=True), Action.HANDOFF, 0),
        (Intent.YES, NONE, Turn(offered_person=True, offered_choices=True), Action.ACKNOWLEDGE, 0),
        (Intent.YES, NONE, Turn(), Action.ACKNOWLEDGE, 0),
        (Intent.HEARD, NONE, Turn(misses=1), Action.ACKNOWLEDGE, 1),
        (Intent.NO, NONE, Turn(offered_choices=True), Action.ASK_AGAIN, 1),
        (Intent.NO, NONE, REFUSED, Action.HANDOFF, 0),
        (Intent.NO, NONE, Turn(answered=True), Action.ASK_AGAIN, 1),
        (Intent.NO, NONE, Turn(offered_person=True, misses=1), Action.ACKNOWLEDGE, 1),
        (Intent.EMPTY, NONE, Turn(), Action.SAY_MORE, 0),
    ],
)
def test_table(intent: Intent, decision: Decision, turn: Turn, action: Action, misses: int) -> None:
    reply = reply_to(intent, decision, turn)
    assert (reply.action, reply.misses) == (action, misses)
    assert (reply.reason is not None) == (action is Action.HANDOFF)


def test_reasons() -> None:
    assert reply_to(Intent.HANDOFF, NONE, Turn()).reason is HandoffReason.REQUESTED
    assert reply_to(Intent.QUESTION, NONE, Turn(misses=1)).reason is HandoffReason.MISSES
    assert reply_to(Intent.NO, NONE, REFUSED).reason is HandoffReason.REJECTED


@given(
    st.sampled_from(Intent),
    st.sampled_from([ANSWER, CHOICES, NONE]),
    st.integers(0, 5),
    st.booleans(),
    st.integers(1, 4),
)
def test_a_person_is_always_reachable(intent: Intent, decision: Decision, misses: int, flag: bool, limit: int) -> None:
    reply = reply_to(intent, decision, Turn(misses, flag, flag, flag), misses_before_handoff=limit)
    if intent is Intent.HANDOFF:
        assert reply.action is Action.HANDOFF
    if reply.action is Action.DONT_KNOW:
        assert reply.offer_person and reply.misses < limit
