"""Business hours as pure arithmetic: is a company open at a moment, when next, how much working time lies between.

Open means: the clock on the wall in the calendar's zone shows a time inside an interval of that day (an interval may
run past midnight; it belongs to the day it starts on). So a night when clocks change needs no special rule: an hour that
happens twice counts twice, one that is skipped not at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES: Final = 24 * 60
HORIZON: Final = timedelta(days=400)
_DAY: Final = timedelta(days=1)

Interval = tuple[int, int]
"""Minutes after midnight; the second is up to 24 h after the first and may pass midnight (1320, 1800 = 22:00–06:00)."""
DayKind = Literal["weekday", "holiday", "makeup", "exception"]


@dataclass(frozen=True)
class Calendar:
    """A weekly pattern with its exceptions. `weekly[0]` is Monday."""

    timezone: str
    weekly: tuple[tuple[Interval, ...], ...]
    holidays_country: str | None = None
    follow_makeup_workdays: bool = True
    exceptions: Mapping[date, tuple[Interval, ...]] = field(default_factory=dict)
    exception_names: Mapping[date, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Day:
    """One date as the calendar sees it."""

    date: date
    intervals: tuple[Interval, ...]
    kind: DayKind
    name: str | None = None


def parse_interval(start: str, end: str) -> Interval:
    """`("22:00", "06:00")` as minutes. Equal times mean a whole day. Raises ValueError."""
    first, last = _minutes(start), _minutes(end)
    if first == DAY_MINUTES:
        raise ValueError("an interval cannot start at 24:00")
    return first, last if last > first else last + DAY_MINUTES


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and len(hours) == len(minutes) == 2 and hours.isascii() and text.replace(":", "").isdigit()):
        raise ValueError("a time is written HH:MM")
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > DAY_MINUTES:
        raise ValueError("no such time")
    return value


# -- holidays --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def holiday_names(country: str, year: int, locale: str = "en") -> Mapping[date, str]:
    """Public holidays of a country in a year, days off that bridge them included. Empty for an unknown country.

    The first call for a country other than China loads a library for about a second: see `warm`.
    """
    if country == "CN":
        official = _chinese_year(year)
        if official is not None:
            return {day: names[locale == "zh-CN"] for day, names in official.off.items()}
    import holidays

    for language in ("zh_CN" if locale == "zh-CN" else "en_US", "en_US", None):
        try:
            found = holidays.country_holidays(country, years=year, language=language)
        except NotImplementedError:
            return {}
        if language is None or language in (getattr(found, "supported_languages", ()) or ()):
            break
    return {day: found[day] for day in found if day.year == year}


def warm(calendar: "Calendar", year: int) -> None:
    """Loads what the years around `year` need, so that asking later is quick. Slow once: call it in a thread."""
    if calendar.holidays_country is not None:
        for one in (year - 1, year, year + 1, year + 2):
            holiday_names(calendar.holidays_country, one)
            is_makeup_workday(calendar.holidays_country, date(one, 1, 1))


def knows_country(country: str) -> bool:
    """Whether public holidays of this country (ISO 3166, two letters) are known."""
    import holidays

    return country in holidays.list_supported_countries()


@dataclass(frozen=True, slots=True)
class _ChineseYear:
    off: Mapping[date, tuple[str, str]]
    """Days off announced by the State Council: names in English and Chinese."""
    makeup: frozenset[date]


@lru_cache(maxsize=64)
def _chinese_year(year: int) -> _ChineseYear | None:
    """What was announced for a year, make-up workdays (调休) included; None when it is not known yet."""
    import chinese_calendar
    from chinese_calendar.constants import Holiday
    from chinese_calendar.constants import holidays as announced

    if not any(day.year == year for day in announced):
        return None
    chinese = {holiday.value: holiday.chinese for holiday in Holiday}
    off: dict[date, tuple[str, str]] = {}
    makeup: set[date] = set()
    day = date(year, 1, 1)
    while day.year == year:
        resting, name = chinese_calendar.get_holiday_detail(day)
        if resting and name:
            off[day] = (name, chinese.get(name, name))
        elif not resting and day.weekday() >= 5:
            makeup.add(day)
        day += _DAY
    return _ChineseYear(off, frozenset(makeup))


def is_makeup_workday(country: str | None, day: date) -> bool:
    """Whether a weekend day is worked to make up for a bridged holiday. Only China announces such days."""
    if country != "CN":
        return False
    official = _chinese_year(day.year)
    return official is not None and day in official.makeup


def day_of(calendar: Calendar, day: date, locale: str = "en") -> Day:
    """What `day` is: a dated exception first, then a make-up workday or holiday, then the weekly pattern."""
    if day in calendar.exceptions:
        return Day(day, calendar.exceptions[day], "exception", calendar.exception_names.get(day))
    pattern = calendar.weekly[day.weekday()]
    country = calendar.holidays_country
    if country is not None:
        if calendar.follow_makeup_workdays and is_makeup_workday(country, day):
            # Worked like an ordinary weekday; a company open on weekends keeps its weekend hours.
            worked = pattern or next((hours for hours in calendar.weekly[:5] if hours), ())
            return Day(day, worked, "makeup")
        name = holiday_names(country, day.year, locale).get(day)
        if name is not None:
            return Day(day, (), "holiday", name)
    return Day(day, pattern, "weekday")


# -- open stretches --------------------------------------------------------------------------------------------------


def stretches(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The open stretches between two moments, in order, in UTC, touching ones joined."""
    pending: tuple[datetime, datetime] | None = None
    for opened, closed in _pieces(calendar, start.astimezone(UTC), end.astimezone(UTC)):
        if pending is not None and opened <= pending[1]:
            pending = (pending[0], max(pending[1], closed))
        else:
            if pending is not None:
                yield pending
            pending = (opened, closed)
    if pending is not None:
        yield pending


def _pieces(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    zone = calendar.zone
    for piece_start, piece_end, offset in _constant_offset(zone, start, end):
        # Within a piece local time is UTC plus a constant, so intervals map to instants by subtraction.
        local_start = (piece_start + offset).replace(tzinfo=None)
        local_end = (piece_end + offset).replace(tzinfo=None)
        day = local_start.date() - _DAY  # yesterday's night shift
        while day <= local_end.date():
            midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall-clock time, on purpose
            found: list[tuple[datetime, datetime]] = []
            for first, last in day_of(calendar, day).intervals:
                opened = max(midnight + timedelta(minutes=first), local_start)
                closed = min(midnight + timedelta(minutes=last), local_end)
                if opened < closed:
                    found.append((opened.replace(tzinfo=UTC) - offset, closed.replace(tzinfo=UTC) - offset))
            yield from sorted(found)
            day += _DAY


def _constant_offset(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Splits [start, end) where the zone's UTC offset changes."""
    at = start
    while at < end:
        until = min(at + _DAY, end)
        offset = _offset(zone, at)
        if _offset(zone, until) != offset:
            low, high = at, until  # the change is in (low, high]
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2 or 1)
                if middle >= high:
                    break
                if _offset(zone, middle) == offset:
                    low = middle
                else:
                    high = middle
            # Changes happen on whole seconds; `high` may carry the fraction of `start`.
            until = max(high.replace(microsecond=0), at + timedelta(microseconds=1))
        yield at, until, offset
        at = until


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


# -- questions -------------------------------------------------------------------------------------------------------


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether the company is open at `at` (aware). The end of an interval is closed."""
    return next(stretches(calendar, at, at + timedelta(microseconds=1)), None) is not None


def next_open(calendar: Calendar, at: datetime) -> datetime | None:
    """The first moment not before `at` at which it is open: `at` itself when open; None when never within a year."""
    for opened, _ in stretches(calendar, at, at + HORIZON):
        return opened
    return None


def next_close(calendar: Calendar, at: datetime) -> datetime | None:
    """When the stretch that is open at `at` ends; None when closed at `at` or when it never closes."""
    for opened, closed in stretches(calendar, at, at + HORIZON):
        if opened > at:
            return None
        return closed if closed < at + HORIZON else None
    return None


def business_seconds(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Open seconds in [start, end); negative when `end` is before `start`."""
    if end < start:
        return -business_seconds(calendar, end, start)
    return sum((closed - opened).total_seconds() for opened, closed in stretches(calendar, start, end))


def add_business_seconds(calendar: Calendar, start: datetime, seconds: float) -> datetime | None:
    """The moment by which `seconds` of open time have passed since `start`; None when that is beyond ten years."""
    left = seconds
    at = start
    for _ in range(10):
        until = at + HORIZON
        for opened, closed in stretches(calendar, at, until):
            length = (closed - opened).total_seconds()
            if length >= left:
                return opened + timedelta(seconds=left)
            left -= length
        at = until
    return None


def offset_changes(calendar: Calendar, day: date) -> bool:
    """Whether clocks change on this date: worth a note in a preview."""
    zone = calendar.zone
    morning = datetime(day.year, day.month, day.day, tzinfo=zone)
    return morning.utcoffset() != (morning + _DAY).utcoffset()


__all__ = [
    "WEEKDAYS",
    "Calendar",
    "Day",
    "Interval",
    "add_business_seconds",
    "business_seconds",
    "day_of",
    "holiday_names",
    "is_makeup_workday",
    "is_open",
    "knows_country",
    "next_close",
    "next_open",
    "offset_changes",
    "parse_interval",
    "stretches",
    "warm",
]
