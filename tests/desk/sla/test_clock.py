"""Clocks against a slow, obvious reference that walks the minutes one by one."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qiao.desk.sla import clock as clocks
from qiao.desk.sla.clock import SECOND, Clock, Hours, Wall
from qiao.people.organization import hours
from qiao.people.organization.hours import Calendar, Interval, holiday_names, is_makeup_workday

MINUTE = 60 * SECOND
STEP = timedelta(minutes=1)
CLOSED: tuple[Interval, ...] = ()

OFFICE = ((540, 720), (810, 1080))  # with lunch
NIGHT = ((1320, 1800),)  # 22:00–06:00
ALWAYS = ((0, 1440),)
SPLIT = ((0, 90), (1380, 1440))

# Moments worth meeting: clock changes of three zones, golden week and spring festival with their make-up days.
STARTS = {
    "Europe/Berlin": (date(2026, 3, 27), date(2026, 10, 23)),
    "America/New_York": (date(2026, 3, 6), date(2026, 10, 30)),
    "Australia/Lord_Howe": (date(2026, 4, 3), date(2026, 10, 2)),
    "Asia/Shanghai": (date(2026, 2, 12), date(2026, 9, 29), date(2025, 12, 30)),
    "UTC": (date(2026, 12, 30),),
}


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    zone = draw(st.sampled_from(sorted(STARTS)))
    weekday = draw(st.sampled_from([OFFICE, NIGHT, ALWAYS, SPLIT, CLOSED]))
    weekend = draw(st.sampled_from([CLOSED, ((600, 840),), NIGHT, weekday]))
    days = [date(2026, month, day) for month, day in ((3, 29), (10, 25), (3, 8), (4, 5), (2, 16), (10, 1))]
    exceptions: dict[date, tuple[Interval, ...]] = draw(
        st.dictionaries(st.sampled_from(days), st.sampled_from([CLOSED, ((480, 600),), NIGHT]), max_size=2)
    )
    return Calendar(
        timezone=zone,
        weekly=(weekday,) * 5 + (weekend,) * 2,
        holidays_country=draw(st.sampled_from([None, "CN"])) if zone == "Asia/Shanghai" else None,
        exceptions=exceptions,
    )


def slow_is_open(calendar: Calendar, at: datetime) -> bool:
    """What the wall clock says: inside an interval of today, or of yesterday's night."""
    local = at.astimezone(ZoneInfo(calendar.timezone))
    minute = local.hour * 60 + local.minute
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        if day in calendar.exceptions:
            intervals = calendar.exceptions[day]
        elif calendar.holidays_country and is_makeup_workday(calendar.holidays_country, day):
            intervals = calendar.weekly[day.weekday()] or calendar.weekly[0]
        elif calendar.holidays_country and day in holiday_names(calendar.holidays_country, day.year):
            intervals = CLOSED
        else:
            intervals = calendar.weekly[day.weekday()]
        if any(start <= minute + back * 1440 < end for start, end in intervals):
            return True
    return False


@dataclass
class Slow:
    """Counts minute by minute."""

    calendar: Calendar | None
    target: int
    counted: int = 0
    running: bool = True
    due: datetime | None = None

    def walk(self, start: datetime, end: datetime) -> None:
        at = start
        while at < end:
            if self.running and (self.calendar is None or slow_is_open(self.calendar, at)):
                self.counted += 1
                if self.due is None and self.counted >= self.target:
                    self.due = at + STEP
            at += STEP


Act = tuple[int, str, int]
"""After so many minutes: pause, resume, or a new target."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[Calendar | None, datetime, int, list[Act], int]:
    calendar = draw(st.one_of(calendars(), calendars(), st.none()))
    day = draw(st.sampled_from(STARTS[calendar.timezone if calendar else "UTC"]))
    start = datetime.combine(day, time(), UTC) + timedelta(minutes=draw(st.integers(0, 2 * 1440)))
    target = draw(st.sampled_from([1, 15, 60, 61, 240, 480, 1440]))
    acts = draw(
        st.lists(
            st.tuples(
                st.integers(0, 600), st.sampled_from(["pause", "resume", "target"]), st.sampled_from([5, 30, 300, 900])
            ),
            max_size=6,
        )
    )
    return calendar, start, target, acts, draw(st.integers(0, 1500))


@settings(max_examples=60)
@given(histories())
@example((Calendar("Australia/Lord_Howe", (ALWAYS,) * 7), datetime(2026, 4, 4, 14, tzinfo=UTC), 60, [], 240))
@example((Calendar("Europe/Berlin", (NIGHT,) * 7), datetime(2026, 3, 28, 20, tzinfo=UTC), 480, [], 900))
@example((Calendar("UTC", (CLOSED,) * 7), datetime(2026, 12, 31, tzinfo=UTC), 1, [(5, "target", 30)], 60))
def test_a_clock_equals_counting_the_minutes(case: tuple[Calendar | None, datetime, int, list[Act], int]) -> None:
    calendar, start, target, acts, rest = case
    ruler: clocks.Ruler = Hours(calendar) if calendar is not None else Wall()
    slow = Slow(calendar, target)
    fast = Clock(target * MINUTE, 0, start)
    now = start
    for wait, what, value in [*acts, (rest, "look", 0)]:
        later = now + timedelta(minutes=wait)
        due = clocks.due(fast, ruler)
        slow.walk(now, later)
        now = later
        assert clocks.elapsed(fast, ruler, now) == slow.counted * MINUTE
        assert clocks.remaining(fast, ruler, now) == (slow.target - slow.counted) * MINUTE
        if fast.since is not None:
            if slow.due is not None:
                assert due == slow.due
            else:
                assert due is None or due > now
            assert clocks.breached(fast, ruler, now) is (slow.due is not None and slow.due < now)
        if what == "pause":
            fast, slow.running = clocks.pause(fast, ruler, now), False
            assert clocks.due(fast, ruler) is None
        elif what == "resume" and not slow.running:
            fast, slow.running = clocks.resume(fast, now), True
            slow.due = now if slow.counted >= slow.target else None
        elif what == "target":
            fast = clocks.retarget(fast, ruler, now, value * MINUTE)
            slow.target = value
            slow.due = now if slow.counted >= slow.target else None


@settings(max_examples=40)
@given(calendars(), st.integers(0, 400 * 1440), st.integers(0, 90 * 1440), st.integers(0, 5_000), st.integers(0, 59))
def test_tables_say_what_the_calendar_says(calendar: Calendar, offset: int, length: int, want: int, odd: int) -> None:
    ruler = Hours(calendar)
    start = datetime(2025, 6, 1, tzinfo=UTC) + timedelta(minutes=offset, seconds=odd, microseconds=odd * 7)
    end = start + timedelta(minutes=length)
    assert ruler.between(start, end) == round(hours.business_seconds(calendar, start, end) * SECOND)
    reached = ruler.after(start, want * MINUTE)
    if reached is None:
        assert hours.add_business_seconds(calendar, start, want * 60) is None
    else:
        assert ruler.between(start, reached) == want * MINUTE
        # Not a moment too late: just before, it had not been reached.
        assert want == 0 or ruler.between(start, reached - timedelta(microseconds=1)) == want * MINUTE - 1


def test_another_calendar_keeps_what_the_old_one_counted() -> None:
    start = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday 09:00 in Shanghai
    office = Hours(Calendar("Asia/Shanghai", (OFFICE,) * 5 + (CLOSED,) * 2))
    clock = Clock(240 * MINUTE, 0, start)
    assert clocks.due(clock, office) == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)  # 14:30, lunch does not count
    lunch = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # 12:30: three hours have counted
    moved = clocks.retarget(clock, office, lunch, 240 * MINUTE)
    assert clocks.due(moved, Wall()) == lunch + timedelta(hours=1)
    # Already used up when it begins to apply: it runs out at that moment, not before it was made.
    urgent = clocks.retarget(clock, office, lunch, 60 * MINUTE)
    assert clocks.due(urgent, office) == lunch and not clocks.breached(urgent, office, lunch)
    assert clocks.breached(urgent, office, lunch + timedelta(microseconds=1))


@pytest.mark.parametrize(
    ("gone", "broken", "expected"),
    [(set(), False, 45), ({"warn"}, False, 60), ({"warn"}, True, 90), ({"warn", "lead"}, True, None)],
)
def test_what_is_next_is_the_nearest_thing_that_has_not_happened(
    gone: set[str], broken: bool, expected: int | None
) -> None:
    start = datetime(2026, 3, 2, tzinfo=UTC)
    found = clocks.next_step(
        Clock(60 * MINUTE, 0, start), Wall(), {"warn": 45 * MINUTE, "lead": 90 * MINUTE}, gone, broken=broken
    )
    assert found == (None if expected is None else start + timedelta(minutes=expected))
