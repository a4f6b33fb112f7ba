"""The definitions, on numbers small enough to check by hand."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qiao.insight.metrics import definitions as metrics
from qiao.insight.metrics import periods
from qiao.insight.metrics.definitions import Sums


def test_nothing_to_say_is_none_not_zero() -> None:
    empty = Sums()
    for figure in (metrics.asa, metrics.aht, metrics.first_response, metrics.abandonment, metrics.service_level):
        assert figure(empty) is None
    assert metrics.containment(empty) is None
    assert metrics.csat(0, None) is None


def test_service_level_holds_late_leavers_and_those_still_waiting_against_the_centre() -> None:
    # 10 answered, 7 of them in time; 4 gave up, 2 of them late; 1 waits longer than promised.
    sums = Sums(handoffs=16, answered=10, answered_in_time=7, abandoned=4, abandoned_late=2, overdue=1)
    assert metrics.service_level(sums) == round(100 * 7 / 13, 1)
    assert metrics.abandonment(sums) == 25.0


def test_means() -> None:
    sums = Sums(answered=4, answer_s=100, first_responses=4, first_response_s=400, handled=2, handle_s=601, resolved=8)
    assert (metrics.asa(sums), metrics.first_response(sums), metrics.aht(sums)) == (25.0, 100.0, 300.5)
    assert metrics.containment(Sums(resolved=8, bot_resolved=6)) == 75.0
    assert metrics.csat(3, 4.3333) == 4.33


def test_a_day_is_as_long_as_its_clock_makes_it() -> None:
    start, end = periods.day_of(date(2026, 11, 1), "Asia/Shanghai")
    assert (start, end) == (datetime(2026, 10, 31, 16, tzinfo=UTC), datetime(2026, 11, 1, 16, tzinfo=UTC))
    spring = periods.day_of(date(2026, 3, 29), "Europe/Berlin")
    assert spring[1] - spring[0] == timedelta(hours=23)
    assert periods.today(datetime(2026, 1, 1, 16, 30, tzinfo=UTC), "Asia/Shanghai") == date(2026, 1, 2)


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"]),
)
def test_days_meet_without_gap_or_overlap(day: date, zone: str) -> None:
    assert periods.day_of(day, zone)[1] == periods.day_of(day + timedelta(days=1), zone)[0]
