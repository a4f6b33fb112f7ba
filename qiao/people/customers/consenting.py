"""Whether we may write to an address: what somebody said, when, and what proves it. Entries are never changed."""

from typing import Literal
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.people.accounts import audit
from qiao.people.customers import repository, service
from qiao.people.customers.events import CustomerConsented
from qiao.people.customers.models import ConsentRow, IdentityRow
from qiao.people.customers.schemas import ConsentView

State = Literal["in", "out"]
Source = Literal["channel", "agent", "form", "contract", "import"]


async def record(
    db: Session, actor: Actor, customer_id: UUID, identity_id: UUID, state: State, source: Source, proof: str = ""
) -> ConsentView:
    """Notes that somebody allowed or forbade us to write to one of a customer's addresses."""
    row = await repository.identity(db, identity_id, lock=True)
    if row is None or row.customer_id != await service.current(db, customer_id):
        raise NotFound("identity_not_found")
    return await _note(db, actor, row, state, source, proof)


async def from_channel(db: Session, inbox_id: UUID, kind: str, address: str, state: State, proof: str = "") -> None:
    """What somebody did on the channel itself: stopped following, answered STOP, subscribed again."""
    scope = "" if kind in service.SHARED else str(inbox_id)
    found = await repository.by_identity(db, kind, scope, service.plain(kind, address))
    if found is not None and found[1].consent != state:
        await _note(db, Actor(kind="customer", id=found[0].id, name=found[0].name), found[1], state, "channel", proof)


async def history(db: Session, customer_id: UUID, identity_id: UUID) -> list[ConsentView]:
    """What was said about an address, newest first."""
    row = await repository.identity(db, identity_id)
    if row is None or row.customer_id != await service.current(db, customer_id):
        raise NotFound("identity_not_found")
    return [ConsentView.model_validate(one) for one in await repository.consents(db, identity_id)]


async def _note(db: Session, actor: Actor, row: IdentityRow, state: State, source: Source, proof: str) -> ConsentView:
    entry = ConsentRow(
        id=new_id(),
        identity_id=row.id,
        state=state,
        source=source,
        proof=proof.strip()[:1000],
        by=actor.id if actor.kind == "user" else None,
        by_name=actor.name[:120],
        at=clock.now(),
    )
    db.add(entry)
    before, row.consent = row.consent, state
    await db.flush()
    if actor.kind == "user":
        changes = {"consent": [before, state], "channel": [None, row.kind], "source": [None, source]}
        await audit.record(db, actor, "customer.consent_noted", "customer", row.customer_id, changes)
    fact = CustomerConsented(customer_id=row.customer_id, identity_id=row.id, state=state, source=source)
    await emit(db, fact, actor=actor, audience=service.AUDIENCE)
    return ConsentView.model_validate(entry)
