"""Who the customer is, for sure: signed in with the company, or proven with an order number and four digits of a phone."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, text

from qiao.bot.flows.models import IdentityCheckRow
from qiao.bot.tools.ports import Subject
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.people.customers import service as customers
from qiao.people.customers import suggesting
from qiao.people.orders import service as orders

PROVEN_FOR: Final = timedelta(minutes=30)
WINDOW: Final = timedelta(hours=1)
MOST_FAILURES: Final = 5
"""Per hour, for one order and for one visitor alike: 10,000 codes are out of reach."""


async def signed_in(db: Session, facts: ConversationFacts) -> Subject | None:
    """The customer, if the inbox itself vouches for them (a signed identity of the company's site or app).

    A mail address or a phone number as such vouches for nobody: senders can be made up.
    """
    view = await customers.get(db, Actor.system(), facts.customer_id)
    for identity in view.identities:
        if identity.kind in ("external", "api") and identity.verified and identity.inbox_id == facts.inbox_id:
            return Subject(facts.customer_id)
    return None


async def prove(db: Session, facts: ConversationFacts, order_number: str, code: str) -> Subject | None:
    """The owner of an order, if `code` ends the phone number on file. Wrong, unknown and locked are all None."""
    number = order_number.strip().upper()[:60]
    # One attempt at a time per order, or many at once would slip past the count.
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 17))"), {"key": f"identity:{number}"})
    since = clock.now() - WINDOW
    failed = select(
        func.count().filter(IdentityCheckRow.order_number == number),
        func.count().filter(IdentityCheckRow.customer_id == facts.customer_id),
    ).where(
        IdentityCheckRow.at > since,
        IdentityCheckRow.passed.is_(False),
        (IdentityCheckRow.order_number == number) | (IdentityCheckRow.customer_id == facts.customer_id),
    )
    of_order, of_visitor = (await db.execute(failed)).one()
    owner = await _owner(db, number, code)
    locked = of_order >= MOST_FAILURES or of_visitor >= MOST_FAILURES
    passed = owner is not None and not locked
    if not locked:
        db.add(
            IdentityCheckRow(
                conversation_id=facts.id,
                customer_id=facts.customer_id,
                order_number=number,
                passed=passed,
                at=clock.now(),
            )
        )
    if not passed or owner is None:
        return None
    await suggesting.knows_order(db, facts.customer_id, owner)
    return Subject(owner, frozenset({number}))


async def _owner(db: Session, number: str, code: str) -> UUID | None:
    try:
        order = await orders.get(db, Actor.system(), number)
    except NotFound:
        return None
    owner = await customers.get(db, Actor.system(), order.customer_id)
    phones = [owner.phone or "", str(order.logistics.get("phone") or "")]
    return owner.id if len(code) == 4 and any(phone and phone[-4:] == code for phone in phones) else None
