"""Browsers follow their customer into another record; `visitors` looks again who is behind them."""

from qiao.channels.webchat import service
from qiao.channels.webchat.models import VisitorSessionRow
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.people.customers.events import CustomerMerged
from qiao.people.customers.following import follow

follow(VisitorSessionRow.customer_id, shown="sessions")


@in_transaction(CustomerMerged)
async def part_browsers(db: Session, fact: CustomerMerged, envelope: Envelope) -> None:
    """After they have followed: what one has not held it does not get to see."""
    await service.part_browsers(db, fact)
