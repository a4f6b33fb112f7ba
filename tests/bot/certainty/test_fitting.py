"""The layer over the engine's probability, and how far one may go with it: pure, so properties are tested."""

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.bot.answering.certainty import SHIPPED, Certainty, Control, Curve, Step, adjusted, weighed
from qiao.bot.certainty import fitting, risk
from qiao.bot.certainty.fitting import Example
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Decision

probabilities = st.floats(0.0, 1.0)
examples = st.lists(
    st.builds(
        Example, probabilities, st.booleans(), st.floats(0.0, 1.0), st.sampled_from(["zh-CN", "en"]), st.booleans()
    ),
    max_size=40,
)


@given(examples)
@settings(max_examples=60)
def test_what_is_likelier_stays_likelier_and_stays_a_probability(found: list[Example]) -> None:
    curve = fitting.fit(found)
    values = [curve(n / 50) for n in range(51)]
    assert all(0.0 <= value <= 1.0 for value in values)
    assert all(one <= other for one, other in pairwise(values))
    assert curve(0.3) < curve(0.7)


@given(probabilities)
def test_without_examples_nothing_changes_to_the_last_digit(p: float) -> None:
    assert fitting.fit([]) == Curve()
    assert fitting.by_locale([]) == {"": Curve()}
    assert fitting.fit([])(p) == p
    assert SHIPPED.answer_from(Policy()) == Policy().answer_from
    assert SHIPPED.policy(Policy()).choices_from == Policy().choices_from
    silent = [Example(0.9, False, 0.0, "en", False)] * 100
    assert fitting.fit(silent)(p) == p, "evidence without weight is none"


@given(st.lists(probabilities, min_size=1, max_size=5), probabilities, st.floats(0.25, 4), st.floats(-3, 3))
def test_what_the_first_hit_gains_the_others_lose(chances: list[float], known: float, a: float, b: float) -> None:
    chances = sorted(chances, reverse=True)
    known = max(known, chances[0])
    assert adjusted(chances, known, Curve()) == (chances, known)
    after, among = adjusted(chances, known, Curve(a, b))
    assert after == sorted(after, reverse=True), "what the engine put first stays first"
    assert after[0] == Curve(a, b)(chances[0])
    assert after[0] - 1e-9 <= among <= 1.0
    if after[0] >= chances[0]:
        assert all(later <= before + 1e-9 for later, before in zip(after[1:], chances[1:], strict=True))


def simulated(count: int, a: float, b: float, *, seed: int, locale: str = "", sampled: bool = True) -> list[Example]:
    luck = random.Random(seed)
    truth = Curve(a, b)
    made = []
    for _ in range(count):
        p = luck.uniform(0.02, 0.98)
        made.append(Example(p, luck.random() < truth(p), 1.0, locale, sampled))
    return made


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.0), (0.6, -0.8), (1.6, 0.7)])
def test_with_more_examples_it_comes_nearer_to_what_is_true(a: float, b: float) -> None:
    truth = Curve(a, b)

    def off(count: int) -> float:
        curve = fitting.fit(simulated(count, a, b, seed=count))
        return max(abs(curve(n / 20) - truth(n / 20)) for n in range(1, 20))

    assert off(8000) < 0.03
    assert off(8000) <= off(30) + 0.01
    loss = fitting.compared(simulated(2000, a, b, seed=3))
    assert loss is not None
    assert loss[1] <= loss[0] + 0.002, "fitted on other examples, it does no worse than nothing"


@given(examples, st.floats(0.0, 1.0), st.booleans())
@settings(max_examples=40)
def test_one_example_however_strange_moves_little(found: list[Example], p: float, right: bool) -> None:
    before = fitting.fit(found)
    after = fitting.fit([*found, Example(p, right, 1.0, "en", True)])
    assert max(abs(before(n / 20) - after(n / 20)) for n in range(1, 20)) < 0.12


@pytest.mark.parametrize("weight", [0.15, 0.3, 0.7])
def test_a_few_examples_of_one_probability_leave_those_far_away_nearly_as_they_were(weight: float) -> None:
    pleased = [Example(0.2, True, weight, "zh-CN", False)] * 33
    curve = fitting.fit(pleased)
    assert curve(0.2) > 0.3, "what they say is heard"
    assert curve(0.02) < 0.26, "small talk, of which nobody has said anything, becomes no likely question"
    cross = [Example(0.8, False, weight, "zh-CN", False)] * 33
    assert fitting.fit(cross)(0.98) > 0.74


def test_votes_never_outweigh_both_what_was_shipped_and_what_was_drawn_by_lot() -> None:
    angry = [Example(0.9, False, 0.7, "zh-CN", False)] * 3000
    assert fitting.balanced(angry).sum() == pytest.approx(fitting.PRIOR / 2)
    drawn = [Example(0.9, True, 1.0, "zh-CN", True)] * 200
    weights = fitting.balanced([*angry, *drawn])
    assert weights[:3000].sum() == pytest.approx(200)
    assert fitting.fit(angry)(0.9) > 0.4


def test_a_language_has_a_curve_of_its_own_when_it_has_enough() -> None:
    chinese = simulated(400, 1.0, -1.5, seed=1, locale="zh-CN")
    english = simulated(20, 1.0, 1.5, seed=2, locale="en")
    curves = fitting.by_locale([*chinese, *english])
    assert set(curves) == {"", "zh-CN"}
    layer = Certainty(1, curves[""], {"zh-CN": curves["zh-CN"]})
    assert layer.curve("zh-CN")(0.8) < 0.65
    assert layer.curve("en") == curves[""]


def test_the_bound_is_the_one_of_the_tables() -> None:
    # Clopper–Pearson, one-sided 90 %: beta quantiles from printed tables.
    assert risk.at_most(0, 45) == pytest.approx(1 - 0.1 ** (1 / 45))
    assert risk.at_most(0, 45) < 0.05 < risk.at_most(0, 44)
    assert risk.at_most(1, 10) == pytest.approx(0.33685, abs=1e-4)
    assert risk.at_most(5, 100) == pytest.approx(0.09078, abs=2e-4)
    assert risk.at_most(10, 10) == 1.0
    assert risk.at_least(0, 10) == 0.0


scored = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=200)


@given(scored, st.floats(0.01, 0.5), st.floats(0.01, 0.5))
@settings(max_examples=80)
def test_whoever_accepts_more_errors_is_answered_no_less(
    found: list[tuple[float, bool]], one: float, two: float
) -> None:
    less, more = sorted((one, two))
    layer = Certainty(answers=Control(risk.steps(found)))
    assert layer.answer_from(Policy(max_error=more)) <= layer.answer_from(Policy(max_error=less))
    offers = [Certainty(offers=Control(risk.steps(found)), max_useless=u).choices_from() for u in (less, more)]
    assert offers[1] <= offers[0]


def test_what_would_have_been_enough_is_the_companys_own() -> None:
    shown = Certainty(answers=Control((Step(0.7, 200, 4, 0.05),)))
    limits = shown.policy(Policy(max_error=0.05))
    facts = {"engine": "e", "locale": "en"}
    assert weighed([], [], Decision("none", 0.0), limits, **facts).enough == limits.answer_from == 0.7


def test_few_examples_decide_nothing_and_bad_ones_make_it_more_careful() -> None:
    assert risk.steps([(0.9, False)] * (risk.FEWEST - 1)) == ()
    usual = Policy(max_error=0.1)
    bad = Certainty(answers=Control(risk.steps([(0.5 + n / 400, n % 3 == 0) for n in range(200)])))
    assert bad.answer_from(usual) > usual.answer_from
    good = Certainty(answers=Control(risk.steps([(n / 200, n < 100) for n in range(200)])))
    assert 0.5 <= good.answer_from(usual) < usual.answer_from
    assert Control((Step(0.9, 50, 0, 0.04), Step(0.8, 60, 9, 0.2), Step(0.7, 90, 9, 0.09))).lowest(0.1) == Step(
        0.9, 50, 0, 0.04
    ), "testing stops at the first that fails"


def test_the_promise_is_kept_in_nine_companies_of_ten() -> None:
    """Simulated: answers above the chosen threshold are wrong more often than accepted in at most one of ten cases."""
    accepted, broken, runs = 0.1, 0, 400
    luck = random.Random(7)
    for _ in range(runs):
        shift = luck.uniform(-1.0, 1.0)
        truth = Curve(1.0, shift)
        sample = [(p, luck.random() >= truth(p)) for p in (luck.random() for _ in range(150))]
        step = Control(risk.steps(sample)).lowest(accepted)
        if step is None:
            continue
        above = [truth(p) for p in (step.threshold + (1 - step.threshold) * n / 200 for n in range(200))]
        broken += 1 - math.fsum(above) / len(above) > accepted
    # Ninety-nine of a hundred such tests would allow 0.1 + 2.33 · sqrt(0.1 · 0.9 / 400) = 0.135.
    assert broken / runs <= 0.135
