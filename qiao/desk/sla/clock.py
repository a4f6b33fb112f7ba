"""Clocks of promises as pure arithmetic: how much time has counted, when it runs out, what a pause or a new target does.

A clock counts either along a business calendar or around the clock. It runs in stretches; what finished stretches
counted is kept (`spent`), whatever happens to calendars afterwards. Times are exact to the microsecond.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final, Protocol

from qiao.people.organization import hours
from qiao.people.organization.hours import Calendar

SECOND: Final = 1_000_000
"""Microseconds."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
_YEARS: Final = 10
"""How far ahead a promise may run out; a calendar that never opens never lets it."""


def _ticks(at: datetime) -> int:
    return (at - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)


class Ruler(Protocol):
    """What time is measured along."""

    def between(self, start: datetime, end: datetime) -> int:
        """Microseconds that count in [start, end); 0 when `end` is not after `start`."""

    def after(self, start: datetime, ticks: int) -> datetime | None:
        """The first moment by which `ticks` have counted since `start`; `start` itself for none; None for never."""


class Wall:
    """Around the clock."""

    def between(self, start: datetime, end: datetime) -> int:
        return max(0, (end - start) // _TICK)

    def after(self, start: datetime, ticks: int) -> datetime | None:
        return start + timedelta(0, 0, max(0, ticks))


@dataclass(frozen=True, slots=True)
class _Year:
    """Open stretches of one year (UTC). `before[i]` is what was open before stretch i; the last entry is all of it."""

    starts: list[int]
    ends: list[int]
    before: list[int]

    def open_until(self, at: int) -> int:
        index = bisect_right(self.starts, at)
        if index == 0:
            return 0
        return self.before[index - 1] + min(at, self.ends[index - 1]) - self.starts[index - 1]

    def moment_of(self, ticks: int) -> int:
        """When `ticks` (more than none, at most all) have been open."""
        index = bisect_right(self.before, ticks - 1) - 1
        return self.starts[index] + ticks - self.before[index]


@dataclass(slots=True)
class Hours:
    """Along a business calendar. Keeps a table per year: asked for thousands of clocks, it answers in a microsecond."""

    calendar: Calendar
    _years: dict[int, _Year] = field(default_factory=dict)

    def between(self, start: datetime, end: datetime) -> int:
        first, last = _ticks(start), _ticks(end)
        if last <= first:
            return 0
        counted = 0
        for year in range(start.astimezone(UTC).year, end.astimezone(UTC).year + 1):
            table = self._year(year)
            counted += table.open_until(last) - table.open_until(first)
        return counted

    def after(self, start: datetime, ticks: int) -> datetime | None:
        if ticks <= 0:
            return start
        first = _ticks(start)
        year = start.astimezone(UTC).year
        for number in range(year, min(year + _YEARS, 9998)):
            table = self._year(number)
            passed = table.open_until(first)
            available = table.before[-1] - passed
            if available >= ticks:
                return _moment(table.moment_of(passed + ticks))
            ticks -= available
        return None

    def _year(self, year: int) -> _Year:
        found = self._years.get(year)
        if found is None:
            start, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
            # Stretches of a night when clocks go back can overlap in the books; time counts once.
            starts: list[int] = []
            ends: list[int] = []
            for opened, closed in hours.stretches(self.calendar, start, end):
                starts.append(_ticks(opened))
                ends.append(_ticks(closed))
            before = [0]
            for opened_at, closed_at in zip(starts, ends, strict=True):
                before.append(before[-1] + closed_at - opened_at)
            assert all(a <= b for a, b in pairwise(starts))
            found = self._years[year] = _Year(starts, ends, before)
        return found


@dataclass(frozen=True, slots=True)
class Clock:
    """`target` and `spent` in microseconds; `since` is when the present stretch began, None while it stands still."""

    target: int
    spent: int = 0
    since: datetime | None = None


def elapsed(clock: Clock, ruler: Ruler, now: datetime) -> int:
    """What has counted until `now`."""
    return clock.spent + (ruler.between(clock.since, now) if clock.since is not None else 0)


def remaining(clock: Clock, ruler: Ruler, now: datetime) -> int:
    """What is left at `now`; negative when overdue."""
    return clock.target - elapsed(clock, ruler, now)


def reaches(clock: Clock, ruler: Ruler, ticks: int) -> datetime | None:
    """When `ticks` will have counted, if it keeps running: the start of the stretch when they had before; None while it
    stands still, or when the calendar never opens long enough."""
    if clock.since is None:
        return None
    return ruler.after(clock.since, ticks - clock.spent)


def due(clock: Clock, ruler: Ruler) -> datetime | None:
    """When the promise runs out. A target that is already used up when it begins to apply runs out at that moment: a
    promise cannot be broken before it was made."""
    return reaches(clock, ruler, clock.target)


def breached(clock: Clock, ruler: Ruler, now: datetime) -> bool:
    """Whether the promise has run out before `now`; the due moment itself is in time."""
    at = due(clock, ruler)
    return at is not None and at < now


def pause(clock: Clock, ruler: Ruler, at: datetime) -> Clock:
    """Stops counting; nothing changes when it stands still already."""
    return replace(clock, spent=elapsed(clock, ruler, at), since=None)


def resume(clock: Clock, at: datetime) -> Clock:
    """Counts again; nothing changes when it runs."""
    return clock if clock.since is not None else replace(clock, since=at)


def retarget(clock: Clock, ruler: Ruler, at: datetime, target: int) -> Clock:
    """Another target, or from `at` on another calendar: what has counted so far, by the old one, stays counted."""
    counted = elapsed(clock, ruler, at)
    return Clock(target, counted, at if clock.since is not None else None)


Steps = Mapping[str, int]
"""Steps of a ladder by id, with how much must have counted (microseconds)."""


def next_step(clock: Clock, ruler: Ruler, steps: Steps, gone: set[str], *, broken: bool) -> datetime | None:
    """When something is to be done next: the promise runs out, or a step of the ladder that has not run is reached."""
    wanted = [ticks for key, ticks in steps.items() if key not in gone]
    if not broken:
        wanted.append(clock.target)
    return reaches(clock, ruler, min(wanted)) if wanted else None


__all__ = [
    "SECOND",
    "Clock",
    "Hours",
    "Ruler",
    "Steps",
    "Wall",
    "breached",
    "due",
    "elapsed",
    "next_step",
    "pause",
    "reaches",
    "remaining",
    "resume",
    "retarget",
]
