"""Who is called next, what is legal, how long it takes: pure, with a thousand branches made up by hypothesis."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.walkin import policy
from qiao.channels.walkin.policy import LIVE, TRANSITIONS, Move, MoveRefused, Open, Rules, State, Waiting
from qiao.people.organization.hours import Calendar

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)
RULES = Rules(priority_minutes=15, appointment_minutes=30, late_minutes=15, early_minutes=30)

people = st.lists(
    st.tuples(
        st.integers(0, 240),  # minute of arrival
        st.integers(1, 3),  # priority
        st.none() | st.integers(0, 240),  # minute of an appointment
        st.sampled_from([A, B]),
    ),
    min_size=1,
    max_size=40,
)


def minute(n: int) -> datetime:
    return NINE + timedelta(minutes=n)


@settings(max_examples=100)
@given(people, st.integers(1, 4), st.integers(1, 12))
def test_nobody_is_passed_by_who_came_longer_after_them_than_the_largest_head_start(
    coming: list[tuple[int, int, int | None, UUID]], counters: int, handle: int
) -> None:
    """A whole morning: counters free up, the next is called. Whoever waits is overtaken only within the bound."""
    arrivals = sorted(
        (
            (
                minute(at),
                Waiting(
                    UUID(int=100 + n),
                    service,
                    policy.rank_at(minute(at), priority, None if slot is None else minute(slot), RULES),
                ),
            )
            for n, (at, priority, slot, service) in enumerate(coming)
        ),
        key=lambda pair: pair[0],
    )
    came = {waiting.id: at for at, waiting in arrivals}
    # Someone with an appointment who came far too early counts from half an hour before it, not from arriving.
    counted = {
        UUID(int=100 + n): max(minute(at), minute(slot) - timedelta(minutes=30))
        if slot is not None and at <= slot + 15
        else minute(at)
        for n, (at, _, slot, _) in enumerate(coming)
    }
    free = [NINE] * counters
    desks = [Open(UUID(int=n + 1), frozenset({A, B})) for n in range(counters)]
    ids = {one.id for one in desks}
    line: list[Waiting] = []
    waiting = list(arrivals)
    served: list[tuple[datetime, Waiting]] = []
    now = NINE
    while waiting or line:
        while waiting and waiting[0][0] <= now:
            line.append(waiting.pop(0)[1])
        for n, until in enumerate(free):
            if until <= now and (chosen := policy.next_of(line, desks[n], ids)) is not None:
                line.remove(chosen)
                served.append((now, chosen))
                free[n] = now + timedelta(minutes=handle)
        now += timedelta(minutes=1)
    assert len(served) == len(coming)
    for index, (at, one) in enumerate(served):
        for _, other in served[index + 1 :]:
            if came[other.id] <= at:  # was there when `one` was called, and was passed
                assert came[one.id] - counted[other.id] <= RULES.longest


@given(st.permutations(range(8)), st.lists(st.integers(0, 30), min_size=8, max_size=8))
def test_the_order_is_the_same_whoever_asks_and_however_the_line_was_read(order: list[int], minutes: list[int]) -> None:
    line = [Waiting(UUID(int=n + 1), A, minute(minutes[n])) for n in range(8)]
    desk = Open(UUID(int=99), frozenset({A}))
    found = policy.next_of([line[n] for n in order], desk, {desk.id})
    assert found == min(line, key=lambda w: w.place)


def test_who_was_passed_on_to_a_counter_is_kept_for_it_only_while_it_is_open() -> None:
    one, two = Open(UUID(int=11), frozenset({A})), Open(UUID(int=12), frozenset({A}))
    kept, other = Waiting(UUID(int=1), B, minute(0), wanted_counter_id=two.id), Waiting(UUID(int=2), A, minute(5))
    assert policy.next_of([kept, other], one, {one.id, two.id}) == other
    assert policy.next_of([kept, other], two, {one.id, two.id}) == kept, (
        "though it does not take that service otherwise"
    )
    assert policy.next_of([Waiting(kept.id, A, minute(0), two.id), other], one, {one.id}) is not None
    assert policy.next_of([Waiting(kept.id, A, minute(0), two.id), other], one, {one.id}).id == kept.id  # type: ignore[union-attr]  # asserted above


@pytest.mark.parametrize(
    ("arrived", "priority", "booked", "counts_from"),
    [
        (10, 1, None, 10),
        (10, 2, None, -5),
        (10, 3, None, -20),
        (50, 1, 60, 20),  # ten minutes before the appointment
        (0, 1, 120, 60),  # two hours early gains nothing
        (70, 1, 60, 40),  # a little late
        (80, 1, 60, 80),  # too late: like anybody
        (80, 3, 60, 50),  # … but right of way stays
        (50, 3, 60, 20),  # the larger head start, not both
    ],
)
def test_the_moment_somebody_counts_from(arrived: int, priority: int, booked: int | None, counts_from: int) -> None:
    found = policy.rank_at(minute(arrived), priority, None if booked is None else minute(booked), RULES)
    assert found == minute(counts_from)


@given(st.lists(st.integers(0, 100), max_size=12), st.integers(0, 12))
def test_who_comes_back_is_behind_exactly_the_next_few(minutes: list[int], places: int) -> None:
    line = sorted(minute(m) + timedelta(seconds=n) for n, m in enumerate(minutes))
    at = policy.behind(line, places, minute(200))
    assert sum(other < at for other in line) == min(places, len(line))


@settings(max_examples=100)
@given(st.lists(st.sampled_from(list(Move)), max_size=30))
def test_whatever_happens_a_visit_is_in_one_state_and_ends_for_good(moves: list[Move]) -> None:
    state = State.WAITING
    for move in moves:
        try:
            following = policy.next_state(state, move)
        except MoveRefused:
            assert (state, move) not in TRANSITIONS
            continue
        assert state not in (State.SERVED, State.CANCELLED), "what is over stays over"
        if following is State.SERVED:
            assert state in (State.CALLED, State.SERVING, State.PARKED), "nobody is served without having been called"
        state = following
    assert state in LIVE or state in (State.SERVED, State.MISSED, State.CANCELLED)


def test_who_let_the_time_run_out_does_not_come_back() -> None:
    for move in (Move.BACK, Move.CALL, Move.CANCEL):
        with pytest.raises(MoveRefused):
            policy.next_state(State.MISSED, move, may_return=False)
    assert policy.next_state(State.MISSED, Move.BACK) is State.WAITING


def test_the_estimate_is_the_work_ahead_divided_by_the_counters() -> None:
    paces = {A: 300.0, B: 600.0}
    line = [Waiting(UUID(int=n), service, minute(n)) for n, service in ((1, A), (2, B), (3, A))]
    both, only_b = Open(UUID(int=21), frozenset({A, B}), A, 60.0), Open(UUID(int=22), frozenset({B}), B, 900.0)
    # At the end of line for A: 300 + 600 + 300 of those ahead, 240 left at the busy counter, one counter for A.
    assert policy.outlook(line, [both, only_b], paces, service_id=A, place=None) == policy.Outlook(3, 1440)
    # For B two counters; who stays longer than usual counts as about to leave.
    assert policy.outlook(line, [both, only_b], paces, service_id=B, place=None) == policy.Outlook(3, 720)
    assert policy.outlook(line, [only_b], paces, service_id=B, place=None) == policy.Outlook(1, 600)
    assert policy.outlook(line, [only_b], paces, service_id=A, place=None) == policy.Outlook(2, None)
    free = Open(UUID(int=23), frozenset({A}))
    assert policy.outlook([], [free, both], paces, service_id=A, place=None) == policy.Outlook(0, 0)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 60), max_size=15), st.integers(1, 5), st.integers(30, 900))
def test_further_back_never_waits_less_and_more_counters_never_wait_longer(
    minutes: list[int], counters: int, pace: int
) -> None:
    line = sorted((Waiting(UUID(int=n + 1), A, minute(m)) for n, m in enumerate(minutes)), key=lambda w: w.place)
    desks = [Open(UUID(int=50 + n), frozenset({A}), A, 0.0) for n in range(counters)]
    waits = [policy.outlook(line, desks, {A: float(pace)}, service_id=A, place=w.place).wait_s for w in line]
    assert waits == sorted(w for w in waits if w is not None)
    more = [*desks, Open(UUID(int=99), frozenset({A}), A, 0.0)]
    for w, before in zip(line, waits, strict=True):
        after = policy.outlook(line, more, {A: float(pace)}, service_id=A, place=w.place).wait_s
        assert after is not None and before is not None and after <= before + 1 + pace / (counters + 1)


def test_pace_moves_towards_what_is_measured() -> None:
    assert policy.pace(600, []) == 600
    assert policy.pace(600, [300, 300, 300]) == 450
    assert 300 < policy.pace(600, [300] * 30) < 330


def test_codes() -> None:
    assert [policy.code_of("A", n) for n in (1, 42, 999, 1000)] == ["A001", "A042", "A999", "A1000"]


def test_slots_are_whole_and_lie_in_opening_hours() -> None:
    weekly = tuple([((540, 705), (780, 840))] + [()] * 6)  # Monday 9:00–11:45 and 13:00–14:00
    calendar = Calendar("Asia/Shanghai", weekly)
    zone = ZoneInfo("Asia/Shanghai")
    found = [at.astimezone(zone).strftime("%H:%M") for at in policy.slots(calendar, zone, date(2026, 11, 23), 30)]
    assert found == ["09:00", "09:30", "10:00", "10:30", "11:00", "13:00", "13:30"]
    assert list(policy.slots(calendar, zone, date(2026, 11, 24), 30)) == []
    # A night when clocks change: no slot is lost or doubled.
    berlin = ZoneInfo("Europe/Berlin")
    assert len(list(policy.slots(None, berlin, date(2026, 10, 25), 60))) == 25
    assert len(set(policy.slots(None, berlin, date(2026, 3, 29), 60))) == 23


@pytest.mark.parametrize(
    ("values", "share", "found"), [([], 0.5, None), ([7], 0.9, 7), ([1, 2, 3, 4], 0.5, 2), (range(1, 11), 0.9, 9)]
)
def test_percentiles(values: list[float], share: float, found: float | None) -> None:
    assert policy.percentile(list(values), share) == found
