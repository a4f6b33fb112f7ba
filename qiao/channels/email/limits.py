"""One automatic mail per address a day (RFC 3834), remembered in the database: a restart does not forget."""

from datetime import timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract.channel import Endpoint
from qiao.channels.email.models import AutomaticMail
from qiao.core import clock
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer

EVERY: Final = timedelta(days=1)


class Allowance(Protocol):
    """Who may have an automatic mail."""

    async def take(self, endpoint: Endpoint, address: str, message_id: UUID) -> bool:
        """Whether `message_id` may go to `address`; uses up the day's allowance. The same message may always try again."""
        ...


class DailyAllowance:
    """Kept in `email_automatic`."""

    def __init__(self, runtime: Runtime):
        self._runtime = runtime

    async def take(self, endpoint: Endpoint, address: str, message_id: UUID) -> bool:
        now = clock.now()
        row: dict[str, Any] = {"message_id": message_id, "sent_at": now}
        signed = self._runtime.get(Signer).sign("email.automatic", address.strip().lower())
        statement = (
            insert(AutomaticMail)
            .values(inbox_id=endpoint.inbox_id, address_key=signed, **row)
            .on_conflict_do_update(
                index_elements=["inbox_id", "address_key"],
                set_=row,
                where=or_(AutomaticMail.sent_at <= now - EVERY, AutomaticMail.message_id == message_id),
            )
            .returning(AutomaticMail.message_id)
        )
        async with self._runtime.db.transaction() as db:
            return (await db.execute(statement)).scalar_one_or_none() is not None


async def forget(runtime: Runtime) -> None:
    """Allowances of the day before yesterday say nothing any more."""
    async with runtime.db.transaction() as db:
        await db.execute(delete(AutomaticMail).where(AutomaticMail.sent_at < clock.now() - 2 * EVERY))
