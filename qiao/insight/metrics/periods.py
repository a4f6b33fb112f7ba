"""Days in the company's time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def day_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """[midnight, next midnight) of a day in `zone`, in UTC; 23 or 25 hours where the clock changes."""
    tz = ZoneInfo(zone)

    def midnight(of: date) -> datetime:
        return datetime(of.year, of.month, of.day, tzinfo=tz).astimezone(UTC)

    return midnight(day), midnight(day + timedelta(days=1))


def today(now: datetime, zone: str) -> date:
    """The date in `zone` at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()
