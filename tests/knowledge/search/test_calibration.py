from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.knowledge.search.calibration import FEATURES, Policy, decide, features, probability
from qiao.knowledge.search.document import Document, Hit, Signals

SAME = Signals(1.0, 1.0, 1.0, 1.0, 1.0, 0.4, 6, False, False, False, False)
EMBEDDERS = ("use-multilingual-3", "hashing-1")
PROBABILITY = st.floats(0, 1)


def hit(known: float, probability: float) -> Hit:
    return Hit(Document("1", "faq", "运费"), "运费", 0.5, known, probability, SAME)


def both(signals: Signals, embedder: str) -> float:
    return probability(signals, embedder, "known") * probability(signals, embedder, "right")


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_same_text_is_sure_and_a_stranger_is_not(embedder: str) -> None:
    stranger = Signals(0.1, 0.15, 0.0, 0.05, 0.1, 0.01, 6, False, False, False, False)
    assert both(SAME, embedder) > 0.85
    assert both(stranger, embedder) < 0.2


@pytest.mark.parametrize("embedder", EMBEDDERS)
@pytest.mark.parametrize("passage", [False, True])
@given(
    values=st.lists(st.floats(0, 1), min_size=5, max_size=5),
    field=st.sampled_from(["score", "dense", "pair", "unit", "coverage", "margin"]),
    more=st.floats(0, 1),
)
def test_more_likeness_never_lowers_it(
    embedder: str, passage: bool, values: list[float], field: str, more: float
) -> None:
    score, dense, pair, unit, coverage = values
    less = Signals(score, dense, pair, unit, coverage, 0.05, 5, passage, False, False, False)
    better = replace(less, **{field: getattr(less, field) + more})
    for model in ("known", "right"):
        assert probability(better, embedder, model) >= probability(less, embedder, model) - 1e-12  # type: ignore[arg-type]


@pytest.mark.parametrize("embedder", EMBEDDERS)
@pytest.mark.parametrize("field", ["number_mismatch", "negation_mismatch", "code_mismatch"])
def test_a_mismatch_never_raises_it(embedder: str, field: str) -> None:
    assert both(replace(SAME, **{field: True}), embedder) <= both(SAME, embedder)


@given(st.lists(PROBABILITY, min_size=1, max_size=6), PROBABILITY, PROBABILITY)
def test_the_decision_is_monotone(chances: list[float], known: float, more: float) -> None:
    order = {"none": 0, "choices": 1, "answer": 2}
    chances = sorted(chances, reverse=True)
    hits = [hit(known, known * chance) for chance in chances]
    better = [hit(max(known, more), max(known, more) * chance) for chance in chances]
    assert order[decide(better).kind] >= order[decide(hits).kind]


@given(PROBABILITY, st.floats(0.01, 0.4), st.floats(0.01, 0.4))
def test_a_stricter_policy_never_answers_more(chance: float, a: float, b: float) -> None:
    strict, loose = (decide([hit(chance, chance)], Policy(max_error=error)).kind for error in sorted((a, b)))
    assert not (strict == "answer" and loose != "answer")


def test_what_is_shown() -> None:
    assert decide([]).kind == "none"
    assert len(decide([hit(0.95, 0.9), hit(0.95, 0.05)]).hits) == 1
    assert len(decide([hit(0.9, p) for p in (0.3, 0.25, 0.2, 0.1, 0.09, 0.085)]).hits) == 4
    assert len(decide([hit(0.9, 0.5), hit(0.9, 0.01), hit(0.9, 0.01)]).hits) == 2
    assert decide([hit(0.2, 0.1)]).hits == ()


def test_features_match_their_names() -> None:
    assert all(len(features(SAME, model)) == len(names) for model, names in FEATURES.items())
