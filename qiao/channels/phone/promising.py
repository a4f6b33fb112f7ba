"""When a call-back can be promised, in business hours. Pure but for the calendar handed in."""

from datetime import datetime, timedelta
from typing import Final

from qiao.people.organization import hours
from qiao.people.organization.hours import Calendar

SLOT: Final = timedelta(hours=1)
DAYS: Final = 7
MOST: Final = 24
LATEST: Final = timedelta(days=60)
_AHEAD: Final = timedelta(minutes=15)

Window = tuple[datetime, datetime]


def soonest(calendar: Calendar | None, now: datetime, minutes: int) -> Window | None:
    """From when, and until when, a call is promised that is asked for now. None: the company never opens."""
    if calendar is None:
        return now, now + timedelta(minutes=minutes)
    start = now if hours.is_open(calendar, now) else hours.next_open(calendar, now)
    end = hours.add_business_seconds(calendar, now, minutes * 60)
    return (start, end) if start is not None and end is not None else None


def slots(calendar: Calendar | None, now: datetime) -> list[Window]:
    """Hours of the coming week a customer may choose from, whole ones within what is open."""
    first = now + _AHEAD
    open_times = (
        [(first, now + timedelta(days=2))] if calendar is None
        else list(hours.stretches(calendar, first, now + timedelta(days=DAYS)))
    )  # fmt: skip
    found: list[Window] = []
    for opened, closed in open_times:
        start = opened.replace(minute=0, second=0, microsecond=0)
        if start < opened:
            # Stretches begin where one opens: a quarter or half past is a beginning too, the middle of a minute is not.
            start = opened if opened.second == 0 and opened.minute % 15 == 0 else start + SLOT
        while start + SLOT <= closed and len(found) < MOST:
            found.append((start, start + SLOT))
            start += SLOT
    return found


def later(calendar: Calendar | None, now: datetime, minutes: int) -> datetime:
    """So many open minutes from now."""
    if calendar is None:
        return now + timedelta(minutes=minutes)
    return hours.add_business_seconds(calendar, now, minutes * 60) or now + timedelta(minutes=minutes)
