"""What rooms above tell organization before something they keep is taken away."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from qiao.core.db import Session

CalendarKeeper = Callable[[Session, UUID], Awaitable[None]]
_keepers: Final[list[CalendarKeeper]] = []


def keeps_calendars(keeper: CalendarKeeper) -> CalendarKeeper:
    """Registers who is asked before a calendar is removed; `keeper` raises Refused with the name of what keeps it."""
    _keepers.append(keeper)
    return keeper


async def ask_keepers(db: Session, calendar_id: UUID) -> None:
    """Raises Refused when somebody keeps these hours."""
    for keeper in _keepers:
        await keeper(db, calendar_id)
