"""Opening the window of answers: as wide as the channel's, or less where the provider grants less."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract.manifest import Window
from qiao.channels.contract.models import Contact
from qiao.core import clock
from qiao.core.db import Session


def begun(rule: Window, opens: Window | None, now: datetime) -> tuple[datetime, int]:
    """Since when a window counts as open, and how many of its answers as given, so that what is left is what `opens` says."""
    if opens is None:
        return now, 0
    given = 0 if rule.messages is None or opens.messages is None else max(0, rule.messages - opens.messages)
    return now - max(rule.open_for - opens.open_for, opens.open_for * 0), given


async def opened(
    db: Session, inbox_id: UUID, address: str, rule: Window, opens: Window | None, at: datetime | None = None
) -> None:
    """A customer did what lets us answer, at `at` by the provider's clock: what reaches us late has been running since
    then, and what is older than what we know of changes nothing. A smaller opening never shortens what is open: the
    longer time and the larger number hold, and they do not add up."""
    now = clock.now()
    moment = now if at is None else min(at, now)  # a clock that is ahead of ours grants nothing
    since, given = begun(rule, opens, moment)
    statement = insert(Contact).values(inbox_id=inbox_id, address=address[:254], opened_at=since, answers=given)
    running = Contact.opened_at > now - rule.open_for
    known = Contact.opened_at > moment
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["inbox_id", "address"],
            set_={
                "opened_at": func.greatest(Contact.opened_at, since),
                "answers": case((known, Contact.answers), (running, func.least(Contact.answers, given)), else_=given),
            },
        )
    )


async def over(db: Session, inbox_id: UUID, address: str, rule: Window, written_at: datetime) -> None:
    """The provider says that the window is closed: its word counts, unless they have written since `written_at`."""
    ended = clock.now() - rule.open_for
    await db.execute(
        update(Contact)
        .where(Contact.inbox_id == inbox_id, Contact.address == address[:254])
        .where(Contact.opened_at > ended, Contact.opened_at <= written_at)
        .values(opened_at=ended)
    )
