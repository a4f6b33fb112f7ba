"""What came of a case, figures, comparisons, and whom an outcome favours: tables of cases."""

from uuid import UUID

import pytest

from qiao.bot.evaluation import policy
from qiao.bot.evaluation.policy import Outcome, Tally

A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)
ANSWER_A, ANSWER_B = Outcome("answer", (A,), None, 0.9), Outcome("answer", (B,), None, 0.9)
CHOICES_AB, SILENT = Outcome("choices", (A, B)), Outcome("handoff")
REFUND = Outcome("flow", (), "refund")


@pytest.mark.parametrize(
    ("expects", "outcome", "verdict"),
    [
        ("texts", ANSWER_A, "right"),
        ("texts", Outcome("answer", (C, A)), "right"),
        ("texts", ANSWER_B, "wrong"),
        ("texts", CHOICES_AB, "offered"),
        ("texts", Outcome("choices", (B, C)), "missed"),
        ("texts", SILENT, "missed"),
        ("texts", Outcome("talk"), "missed"),
        ("texts", REFUND, "wrong"),
        ("none", SILENT, "silent"),
        ("none", Outcome("guard"), "silent"),
        ("none", CHOICES_AB, "false_choices"),
        ("none", ANSWER_A, "false_answer"),
        ("none", REFUND, "false_answer"),
        ("flow", REFUND, "right"),
        ("flow", Outcome("flow", (), "invoice"), "wrong"),
        ("flow", ANSWER_A, "wrong"),
        ("flow", CHOICES_AB, "missed"),
    ],
)
def test_verdicts(expects: policy.Expects, outcome: Outcome, verdict: str) -> None:
    assert policy.verdict(expects, [A], "refund", outcome) == verdict


def test_figures_count_what_they_say() -> None:
    tally = Tally()
    tally.add("texts", "right", "answer", 1)
    tally.add("texts", "wrong", "answer", 3)
    tally.add("texts", "missed", "handoff", None)
    tally.add("texts", "offered", "choices", 6)
    tally.add("none", "false_answer", "answer", None)
    tally.add("none", "silent", "handoff", None)
    view = tally.view()
    assert (view["cases"], view["good"], view["answered"], view["answered_right"]) == (6, 2, 3, 1)
    assert (view["recall_1"], view["recall_5"]) == (0.25, 0.5)
    assert view["right_of_answered"] == 0.3333 and view["coverage"] == 0.75
    assert view["false_answer_rate"] == 0.5 and view["handoff_rate"] == 0.25
    low, high = view["right_of_answered_interval"]
    assert 0.06 < low < 0.07 and 0.79 < high < 0.8
    assert Tally().view()["accuracy"] is None and policy.wilson(0, 0) is None


def test_more_than_chance() -> None:
    """Against the binomial by hand: 1 of 10 is 2·11/1024."""
    assert policy.sign_test(9, 1).p == pytest.approx(22 / 1024)
    assert [policy.sign_test(*pair).says for pair in ((0, 0), (3, 2), (9, 1), (0, 12))] == [
        "nothing", "chance", "likely", "sure",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "allowed", "tolerance", "refused"),
    [
        ([3, 3, 3, 3], [3, 3, 3, 3], 0, 0.0, None),
        ([3, 3, 3, 3], [3, 3, 3, 2], 0, 1.0, "regressions"),
        ([3, 3, 3, 3], [3, 3, 3, 2], 1, 0.0, "fall"),
        ([3, 3, 3, 3], [3, 3, 3, 2], 1, 0.25, None),
        ([1, 3], [3, 1], 1, 0.0, None),
        ([1, 1], [0, 1], 0, 0.0, "regressions"),
        ([], [], 0, 0.0, None),
    ],
)
def test_what_the_gate_refuses(
    before: list[int], after: list[int], allowed: int, tolerance: float, refused: str | None
) -> None:
    assert policy.refuses(before, after, max_regressions=allowed, tolerance=tolerance) == refused


@pytest.mark.parametrize(
    ("live", "candidate", "agrees"),
    [
        (ANSWER_A, ANSWER_A, True),
        (ANSWER_A, ANSWER_B, False),
        (SILENT, Outcome("talk"), True),
        (SILENT, ANSWER_A, False),
        (CHOICES_AB, Outcome("choices", (B, A)), True),
        (CHOICES_AB, Outcome("choices", (A,)), False),
        (REFUND, REFUND, True),
        (REFUND, Outcome("flow", (), "invoice"), False),
    ],
)
def test_agreement(live: Outcome, candidate: Outcome, agrees: bool) -> None:
    assert policy.agree(live, candidate) is agrees


@pytest.mark.parametrize(
    ("live", "candidate", "outcome", "sent", "favours"),
    [
        (ANSWER_A, ANSWER_A, "unhelpful", [], "neither"),
        (ANSWER_A, ANSWER_B, "helpful", [], "live"),
        (ANSWER_A, ANSWER_B, "unhelpful", [], "candidate"),
        (ANSWER_A, ANSWER_B, "agent_text", [B], "candidate"),
        (ANSWER_A, ANSWER_B, "agent_text", [A], "live"),
        (ANSWER_A, CHOICES_AB, "agent_text", [A], "neither"),
        (ANSWER_A, SILENT, "handed_over", [], "candidate"),
        (SILENT, ANSWER_A, "handed_over", [], "candidate"),
        (SILENT, CHOICES_AB, "handed_over", [], "neither"),
        (ANSWER_A, SILENT, "resolved", [], "live"),
        (SILENT, ANSWER_A, "resolved", [], "neither"),
        (ANSWER_A, ANSWER_B, "quiet", [], "neither"),
    ],
)
def test_whom_the_later_course_favours(
    live: Outcome, candidate: Outcome, outcome: str, sent: list[UUID], favours: str
) -> None:
    assert policy.favours(live, candidate, outcome, sent) == favours


def test_curve_and_reliability() -> None:
    rows = [(0.9, True), (0.8, True), (0.6, False), (0.2, False)]
    assert [(p["coverage"], p["error"]) for p in policy.curve(rows)] == [
        (0.25, 0.0), (0.5, 0.0), (0.75, 0.3333), (1.0, 0.5),
    ]  # fmt: skip
    tenths = policy.reliability([*rows, (1.0, True)])
    assert (tenths[9]["cases"], tenths[9]["said"], tenths[9]["right"]) == (2, 0.95, 1.0)
    assert tenths[0]["said"] is None
    assert policy.percentile([3.0, 1.0, 2.0], 0.5) == 2.0 and policy.percentile([], 0.5) is None
