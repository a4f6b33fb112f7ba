"""What the facts of a call add up to: the same, however they came."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.phone import numbers
from qiao.channels.phone.policy import LIVE, OVER, Fact, fold

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def fact(kind: str, seconds: float, **data: Any) -> Fact:
    return Fact(f"{kind}@{seconds}", kind, START + timedelta(seconds=seconds), data)  # type: ignore[arg-type]


ORDINARY = [
    fact("ringing", 0, number="13800138000", extensions=["801", "802"]),
    fact("missed", 8, extension="801"),
    fact("answered", 12, extension="802"),
    fact("held", 60),
    fact("resumed", 90),
    fact("transferred", 120, extension="802", to_extension="803"),
    fact("ended", 300, hung_up_by="customer"),
    fact("recording", 310, url="https://pbx.example.com/r/1.mp3"),
]

KINDS = ("ringing", "answered", "held", "resumed", "transferred", "ended", "missed", "abandoned", "recording")
EXTENSIONS = st.sampled_from(["801", "802", "803"])
FACTS = st.lists(
    st.builds(
        lambda number, kind, seconds, one, two, by, talk: Fact(
            f"{number}",
            kind,
            START + timedelta(seconds=seconds),
            {"extension": one, "to_extension": two, "extensions": [one, two], "hung_up_by": by, "talk_s": talk},
        ),
        st.integers(0, 10**6),
        st.sampled_from(KINDS),
        st.integers(0, 600),
        EXTENSIONS,
        EXTENSIONS,
        st.sampled_from([None, "customer", "agent"]),
        st.one_of(st.none(), st.floats(0, 1000)),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one.key,
)


@given(st.permutations(ORDINARY), st.lists(st.sampled_from(ORDINARY), max_size=6))
@settings(max_examples=100)
def test_order_and_repetition_do_not_matter(shuffled: list[Fact], again: list[Fact]) -> None:
    record = fold([*shuffled, *again])
    assert record == fold(ORDINARY)
    assert (record.state, record.extension, record.wait_s, record.talk_s, record.held_s) == (
        "ended",
        "803",
        12,
        288,
        30,
    )
    assert record.ringing == () and record.recording == {"url": "https://pbx.example.com/r/1.mp3", "file_id": None}


@given(FACTS, st.randoms())
@settings(max_examples=100)
def test_any_facts_make_one_sane_record(facts: list[Fact], random: Any) -> None:
    record = fold(facts)
    mixed = [*facts, *facts]
    random.shuffle(mixed)
    assert fold(mixed) == record
    kinds = {one.kind for one in facts}
    assert (record.state in OVER) or (record.state in LIVE)
    if "ended" in kinds:
        assert record.state in OVER, "an ended call is never live again"
        assert record.ended_at is not None and record.ringing == ()
    if "answered" in kinds:
        assert record.state not in ("missed", "abandoned", "ringing")
        assert record.answered_at is not None
    assert record.wait_s >= 0 and record.talk_s >= 0 and record.held_s >= 0
    if record.answered_at is not None and record.ended_at is not None:
        assert record.ended_at >= record.answered_at
        assert record.held_s <= max(record.talk_s, 0)


@given(FACTS, FACTS)
@settings(max_examples=60)
def test_what_is_over_stays_over_when_more_is_told(first: list[Fact], more: list[Fact]) -> None:
    end = Fact("the end", "ended", START + timedelta(seconds=300), {})
    assert fold([*first, end]).state in OVER
    assert fold([*first, end, *more]).state in OVER


@pytest.mark.parametrize(
    ("facts", "state", "ringing"),
    [
        ([fact("ringing", 0, extensions=["801", "802"])], "ringing", ("801", "802")),
        ([fact("ringing", 0, extensions=["801", "802"]), fact("missed", 9, extension="801")], "ringing", ("802",)),
        ([fact("ringing", 0, extensions=["801"]), fact("missed", 9, extension="801")], "missed", ()),
        ([fact("missed", 9), fact("ringing", 10, extensions=["802"])], "ringing", ("802",)),
        ([fact("ringing", 0, extensions=["801"]), fact("abandoned", 9)], "abandoned", ()),
        ([fact("ended", 9, hung_up_by="customer")], "abandoned", ()),
        ([fact("ended", 9, hung_up_by="system")], "missed", ()),
        ([fact("ended", 90, talk_s=60, extension="801")], "ended", ()),
        ([fact("answered", 0, extension="801"), fact("held", 5)], "held", ()),
        ([fact("answered", 0, extension="801"), fact("held", 5), fact("resumed", 9)], "active", ()),
        ([fact("answered", 0, extension="801"), fact("ringing", 30, extensions=["802"])], "active", ("802",)),
    ],
)  # fmt: skip
def test_states(facts: list[Fact], state: str, ringing: tuple[str, ...]) -> None:
    record = fold(facts)
    assert (record.state, record.ringing) == (state, ringing)


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("013800138000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("0086-21-8888-6666", "02188886666"),
        ("02188886666", "02188886666"),
        ("+44 20 7946 0958", "+442079460958"),
        ("anonymous", None),
        ("", None),
        ("8001", None),
    ],
)
def test_numbers_have_one_way_of_writing(written: str, ours: str | None) -> None:
    assert numbers.canonical(written) == ours
    if ours is not None:
        assert numbers.canonical(ours) == ours and ours in numbers.variants(ours)
        assert all(
            numbers.canonical(one) == ours for one in numbers.variants(ours) if one.startswith("+86") or one == ours
        )
