"""Pure decisions of surveys."""

from datetime import datetime, timedelta
from typing import Final

EDITABLE_FOR: Final = timedelta(hours=24)


def may_rate(status: str, first_response_at: datetime | None, resolved_at: datetime | None) -> bool:
    """Whether there is anything to rate yet: it has ended, or a person has answered."""
    return status in ("resolved", "closed") or resolved_at is not None or first_response_at is not None


def may_change(given_at: datetime, now: datetime) -> bool:
    return now - given_at <= EDITABLE_FOR
