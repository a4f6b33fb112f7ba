"""What shows whether the bot was right: tables of cases."""

from uuid import UUID

import pytest

from qiao.bot.certainty import policy
from qiao.bot.certainty.policy import KINDS, Decided, Finding

Q, A, B = (UUID(int=n) for n in (1, 2, 3))
ANSWER = Decided(Q, UUID(int=9), 1, "answer", (A, B), (A,), True)
OFFER = Decided(Q, UUID(int=9), 1, "choices", (A, B), (A, B), True)
NOTHING = Decided(Q, UUID(int=9), 1, "none", (A,), (), True)


@pytest.mark.parametrize(
    ("before", "said", "choice", "found"),
    [
        (OFFER, "怎么退货", A, ("chosen", True, True)),
        (OFFER, "运费多少", B, ("chosen", False, True)),
        (OFFER, "x", UUID(int=7), None),
        (OFFER, "都不是", None, ("refused", False, False)),
        (OFFER, "转人工", None, ("asked_person", None, False)),
        (OFFER, "会员生日礼物怎么领", None, ("passed", None, False)),
        (ANSWER, "不是", None, ("refused", False, None)),
        (ANSWER, "转人工", None, ("asked_person", False, None)),
        (ANSWER, "怎么退货呀", None, ("again", False, None)),
        (ANSWER, "how do I get a refund", None, None),
        (ANSWER, "谢谢", None, ("thanked", True, None)),
        (ANSWER, "你好", None, None),
        (NOTHING, "转人工", None, None),
    ],
)
def test_the_next_message_says_something_of_the_decision_before(
    before: Decided, said: str, choice: UUID | None, found: tuple[str, bool | None, bool | None] | None
) -> None:
    finding = policy.after_message(before, "怎么退货", said, choice)
    assert (finding and (finding.kind, finding.right, finding.useful)) == found


def test_agents_and_the_end_of_a_conversation_say_something_too() -> None:
    assert policy.after_agent(ANSWER, [A]) == Finding(Q, "agent", True)
    assert policy.after_agent(ANSWER, [B]) == Finding(Q, "agent", False)
    assert policy.after_agent(ANSWER, []) is None
    assert policy.after_suggestion(NOTHING, A, True) == Finding(Q, "assist", True)
    assert policy.after_suggestion(ANSWER, B, True) == Finding(Q, "assist", False)
    assert policy.after_suggestion(ANSWER, A, False) == Finding(Q, "assist", False)
    assert policy.after_suggestion(ANSWER, B, False) is None, "of the bot's own text that says nothing"
    assert policy.handed_over(ANSWER) == Finding(Q, "asked_person", False)
    assert policy.handed_over(NOTHING) is None
    assert policy.ended([ANSWER, OFFER, NOTHING], by_bot=True) == [
        Finding(Q, "settled", True),
        Finding(Q, "passed", None, False),
    ]
    assert [f.kind for f in policy.ended([ANSWER, OFFER], by_bot=False)] == ["passed"]


def test_the_strongest_evidence_counts_alone() -> None:
    said = {"settled": True, "vote": False, "asked_person": False}
    label = policy.label(said)
    assert label is not None
    assert (label.right, label.weight, label.kind) == (False, 0.7, "vote")
    judged = policy.label({**said, "review": True})
    assert judged is not None
    assert (judged.right, judged.kind) == (True, "review")
    undecided = policy.label({**said, "review": None})
    assert undecided is not None
    assert undecided.kind == "vote", "who cannot tell has not said anything"
    assert policy.label({"passed": None}) is None
    assert policy.label({}) is None
    assert policy.useful([False, None, True]) is True
    assert policy.useful([None]) is None
    weak = [says.weight for says in KINDS.values() if not says.strong]
    assert max(weak) <= min(says.weight for says in KINDS.values() if says.strong)


def test_lots_are_spread_evenly_and_stay() -> None:
    lots = [policy.lot(UUID(int=n)) for n in range(2000)]
    assert lots == [policy.lot(UUID(int=n)) for n in range(2000)]
    assert abs(sum(lots) / 2000 - 0.5) < 0.03
    assert 0.08 < sum(lot < 0.1 for lot in lots) / 2000 < 0.12
