"""Business hours against a slow reference that asks the clock on the wall, minute by minute."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.people.organization import hours
from qiao.people.organization.hours import Calendar, Interval

MINUTE = timedelta(minutes=1)
NINE_TO_SIX: tuple[Interval, ...] = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
OFFICE = Calendar("Asia/Shanghai", (NINE_TO_SIX,) * 5 + ((), ()), "CN")


def at(text: str, zone: str = "Asia/Shanghai") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def open_by_the_wall_clock(calendar: Calendar, moment: datetime) -> bool:
    """The definition, word for word: does the wall clock show a time inside an interval of today or of last night?"""
    local = moment.astimezone(calendar.zone)
    now = local.hour * 60 + local.minute
    for days_ago, minutes in ((0, now), (1, now + 24 * 60)):
        day = local.date() - timedelta(days=days_ago)
        intervals = calendar.exceptions.get(day, calendar.weekly[day.weekday()])
        if any(first <= minutes < last for first, last in intervals):
            return True
    return False


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, 1439))
        found.append((start, start + draw(st.integers(1, 1440))))
    return tuple(sorted(found))


# Where clocks change at 2 and 3, at midnight, by half an hour, and never.
ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Asia/Kathmandu"]
# Around the changes of clocks in those zones in 2026, and ordinary days.
STARTS = [date(2026, 3, 7), date(2026, 3, 28), date(2026, 4, 4), date(2026, 4, 23), date(2026, 6, 1),
          date(2026, 10, 3), date(2026, 10, 24), date(2026, 10, 29), date(2026, 10, 31)]  # fmt: skip


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, datetime]:
    start = draw(st.sampled_from(STARTS))
    exceptions = draw(
        st.dictionaries(st.sampled_from([start + timedelta(days=d) for d in range(-1, 4)]), intervals(), max_size=2)
    )
    calendar = Calendar(draw(st.sampled_from(ZONES)), tuple(draw(intervals()) for _ in range(7)), exceptions=exceptions)
    offset = draw(st.integers(0, 1439))
    return calendar, datetime(start.year, start.month, start.day, tzinfo=UTC) + offset * MINUTE


@settings(max_examples=150)
@given(calendars(), st.integers(1, 3 * 1440))
def test_every_minute_agrees_with_the_wall_clock(case: tuple[Calendar, datetime], length: int) -> None:
    calendar, start = case
    minutes = [open_by_the_wall_clock(calendar, start + n * MINUTE) for n in range(length)]
    end = start + length * MINUTE
    assert hours.business_seconds(calendar, start, end) == 60 * sum(minutes)
    stretches = list(hours.stretches(calendar, start, end))
    covered = {
        (opened - start) // MINUTE + n for opened, closed in stretches for n in range((closed - opened) // MINUTE)
    }
    assert covered == {n for n, is_open in enumerate(minutes) if is_open}
    for (_, closed), (opened, _) in pairwise(stretches):
        assert closed < opened
    # Asking for one moment gives the same answer as asking for a stretch.
    for n in range(0, length, 37):
        assert hours.is_open(calendar, start + n * MINUTE + timedelta(seconds=7)) == minutes[n]


@settings(max_examples=80)
@given(calendars())
def test_next_open_and_next_close_are_the_first_of_their_kind(case: tuple[Calendar, datetime]) -> None:
    calendar, start = case
    opened = hours.next_open(calendar, start)
    horizon = range(10 * 1440)
    expected = next((n for n in horizon if open_by_the_wall_clock(calendar, start + n * MINUTE)), None)
    if expected is not None:
        assert opened == start + expected * MINUTE
    else:
        assert opened is None or opened >= start + 10 * 1440 * MINUTE
    closed = hours.next_close(calendar, start)
    if expected != 0:
        assert closed is None
        return
    shut = next((n for n in horizon if not open_by_the_wall_clock(calendar, start + n * MINUTE)), None)
    if shut is not None:
        assert closed == start + shut * MINUTE


@settings(max_examples=80)
@given(calendars(), st.integers(0, 3000), st.integers(0, 3000))
def test_time_adds_up(case: tuple[Calendar, datetime], first: int, second: int) -> None:
    calendar, start = case
    middle, end = start + first * MINUTE, start + (first + second) * MINUTE
    whole = hours.business_seconds(calendar, start, end)
    parts = hours.business_seconds(calendar, start, middle) + hours.business_seconds(calendar, middle, end)
    assert whole == parts == -hours.business_seconds(calendar, end, start)
    if whole > 0:
        due = hours.add_business_seconds(calendar, start, whole)
        assert due is not None and due <= end and hours.business_seconds(calendar, start, due) == whole


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-02 08:59", False),
        ("2026-03-02 09:00", True),
        ("2026-03-02 11:59", True),
        ("2026-03-02 12:00", False),  # lunch
        ("2026-03-02 13:00", True),
        ("2026-03-02 18:00", False),
        ("2026-03-07 10:00", False),  # Saturday
        ("2026-02-17 10:00", False),  # Spring Festival
        ("2026-02-14 10:00", True),  # a Saturday worked to make up for it
        ("2026-02-28 10:00", True),
        ("2026-10-01 10:00", False),
        ("2026-10-10 10:00", True),
    ],
)
def test_an_office_in_china(moment: str, expected: bool) -> None:
    assert hours.is_open(OFFICE, at(moment)) is expected


def test_it_reopens_after_the_holiday() -> None:
    assert hours.next_open(OFFICE, at("2026-02-14 18:30")) == at("2026-02-24 09:00")
    assert hours.next_close(OFFICE, at("2026-02-24 10:00")) == at("2026-02-24 12:00")


def test_makeup_workdays_can_be_ignored_and_weekend_hours_stay() -> None:
    lax = Calendar("Asia/Shanghai", OFFICE.weekly, "CN", follow_makeup_workdays=False)
    assert not hours.is_open(lax, at("2026-02-14 10:00"))
    weekend = Calendar("Asia/Shanghai", (NINE_TO_SIX,) * 5 + (((600, 840),),) * 2, "CN")
    assert hours.day_of(weekend, date(2026, 2, 14)).intervals == ((600, 840),)


def test_a_year_nobody_has_announced_still_has_its_fixed_holidays() -> None:
    far = datetime.now(UTC).year + 3
    assert hours.day_of(OFFICE, date(far, 10, 1), "zh-CN").name == "国庆节"
    assert not any(hours.is_makeup_workday("CN", date(far, 1, 1) + timedelta(days=n)) for n in range(365))


def test_other_countries_and_unknown_ones() -> None:
    office = Calendar("Europe/Berlin", (NINE_TO_SIX,) * 7, "DE")
    assert hours.day_of(office, date(2026, 12, 25)).kind == "holiday"
    assert hours.day_of(office, date(2026, 12, 25)).name == "Christmas Day"
    assert hours.holiday_names("XX", 2026) == {}
    assert hours.knows_country("FR") and not hours.knows_country("XX")


def test_a_dated_exception_outweighs_everything() -> None:
    calendar = Calendar(
        "Asia/Shanghai", OFFICE.weekly, "CN", exceptions={date(2026, 10, 1): ((600, 720),), date(2026, 3, 2): ()}
    )
    assert hours.is_open(calendar, at("2026-10-01 10:30")) and not hours.is_open(calendar, at("2026-03-02 10:30"))


def test_around_the_clock_is_one_stretch_without_end() -> None:
    always = Calendar("America/New_York", (((0, 1440),),) * 7)
    start = at("2026-03-07 00:00", "America/New_York")
    assert hours.next_open(always, start) == start and hours.next_close(always, start) is None
    assert hours.business_seconds(always, start, start.astimezone(UTC) + timedelta(days=3)) == 3 * 86400
    never = Calendar("America/New_York", ((),) * 7)
    assert hours.next_open(never, start) is None and hours.add_business_seconds(never, start, 1) is None


def test_a_night_when_clocks_change() -> None:
    night = Calendar("Europe/Berlin", (((22 * 60, 30 * 60),),) * 7)
    spring, autumn = at("2026-03-28 12:00", "Europe/Berlin"), at("2026-10-24 12:00", "Europe/Berlin")
    for start, expected in ((spring, 7), (autumn, 9)):
        noon_after = (start + timedelta(days=1)).replace(hour=12)
        assert hours.business_seconds(night, start, noon_after) == expected * 3600


@pytest.mark.parametrize("text", ["9:00", "25:00", "12:60", "24:01", "ab:cd", "", "１２:00", "12:000", "-1:00"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        hours.parse_interval(text, "18:00")


def test_intervals_are_read_as_written() -> None:
    assert hours.parse_interval("09:00", "18:00") == (540, 1080)
    assert hours.parse_interval("22:00", "06:00") == (1320, 1800)
    assert hours.parse_interval("00:00", "24:00") == hours.parse_interval("00:00", "00:00") == (0, 1440)
