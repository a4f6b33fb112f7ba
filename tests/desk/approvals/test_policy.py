"""The rules of approvals by themselves."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qiao.core.ids import new_id
from qiao.desk.approvals import policy
from qiao.desk.approvals.policy import Amount
from qiao.desk.tickets.definition import ApprovalRule

WORDS = {"en": "Supervisor"}
RULE = ApprovalRule.model_validate(
    {
        "amount_field": "amount",
        "steps": [
            {"label": WORDS, "roles": ["supervisor"], "above_minor": 20_000},
            {"label": WORDS, "roles": ["admin"], "above_minor": 200_000},
        ],
    }
)
PEOPLE = [UUID(int=n) for n in range(1, 6)]


def test_an_amount_takes_the_steps_whose_threshold_it_exceeds() -> None:
    for minor, steps in ((0, 0), (20_000, 0), (20_001, 1), (200_000, 1), (200_001, 2)):
        assert len(policy.needed(RULE, Amount(minor, "CNY"))) == steps
    assert policy.needed(RULE, None) == [] and policy.needed(None, None) == []
    assert policy.amount_of(RULE, {"amount": {"minor": 5, "currency": "CNY"}}) == Amount(5, "CNY")
    for wrong in ({}, {"amount": None}, {"amount": "5"}, {"amount": {"minor": "5"}}):
        assert policy.amount_of(RULE, wrong) is None


def test_nobody_decides_their_own_request_unless_they_are_the_only_one() -> None:
    me, other, deputy = new_id(), new_id(), new_id()
    assert policy.deciders({me, other}, me) == {other}
    assert policy.deciders({me}, me) == {me}
    assert policy.rights(me, {other}, [other], me) == []  # not as somebody's deputy either
    assert policy.rights(me, {me}, [], me) == [me]
    assert policy.rights(deputy, {other, me}, [other, new_id()], None) == [other]


@given(
    needs=st.sampled_from(["one", "all"]),
    allowed=st.sets(st.sampled_from(PEOPLE), min_size=1),
    decisions=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from(["approve", "reject"])),
)
@hypothesis_settings(max_examples=100)
def test_a_step_is_settled_as_counting_says(needs: str, allowed: set[UUID], decisions: dict[UUID, Any]) -> None:
    outcome = policy.settled(needs, allowed, decisions)
    if any(verdict == "reject" for verdict in decisions.values()):
        assert outcome == "rejected"
    elif needs == "one":
        assert (outcome == "approved") is (len(decisions) > 0)
    else:
        assert (outcome == "approved") is all(one in decisions for one in allowed)


@given(order=st.sampled_from(["sequence", "parallel"]), verdicts=st.lists(st.booleans(), min_size=1, max_size=6))
@hypothesis_settings(max_examples=60)
def test_steps_follow_one_another_until_the_end(order: str, verdicts: list[bool]) -> None:
    states = ["waiting"] * len(verdicts)
    decided = 0
    while policy.overall(states) is None:
        begun = policy.following(order, states)
        assert begun, "an open request always has a step to decide"
        for place in begun:
            states[place] = "active"
        assert order == "parallel" or states.count("active") == 1
        place = states.index("active")
        states[place] = "approved" if verdicts[place] else "rejected"
        decided += 1
        if "active" in states and policy.overall(states) is None:
            continue_at = [n for n, state in enumerate(states) if state == "active"]
            for other in continue_at:
                states[other] = "approved" if verdicts[other] else "rejected"
    assert policy.overall(states) == ("granted" if all(verdicts) else "rejected")


def test_reminders_come_half_way_or_a_day_before_the_end() -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    assert policy.remind_at(at, 2) == at + timedelta(hours=1)
    assert policy.remind_at(at, 72) == at + timedelta(hours=48)
