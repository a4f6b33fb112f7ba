"""When a merge is undone: conversations begun since belong to whoever's address they are held with."""

from uuid import UUID

from qiao.channels.contract import contacts
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers
from qiao.people.customers.events import CustomerUnmerged


async def part(db: Session, fact: CustomerUnmerged) -> None:
    """Gives the record that is taken out what came to its addresses while it was part of the other.

    Where a channel notes no address (web chat), a conversation goes with it when only its own addresses are of that inbox.
    """
    them = await customers.get(db, Actor.system(), fact.merged_id)
    rest = await customers.get(db, Actor.system(), fact.survivor_id)
    theirs = {(one.inbox_id, one.value) for one in them.identities}
    others = {one.inbox_id for one in rest.identities}
    inboxes = {one.inbox_id for one in them.identities if one.inbox_id is not None} - others
    held = await conversations.ids_of_customer(db, fact.survivor_id)
    if not held:
        return
    addresses = await contacts.addresses_held(db, held)
    going: dict[UUID, list[UUID]] = {}
    for conversation_id, inbox_id in held.items():
        address = addresses.get(conversation_id)
        if address is not None:
            goes = (inbox_id, address) in theirs or (None, address) in theirs
        else:
            goes = inbox_id in inboxes
        if goes:
            going.setdefault(inbox_id, []).append(conversation_id)
    for inbox_id, ids in going.items():
        await conversations.change_customer(
            db,
            Actor.system(),
            inbox_id,
            fact.survivor_id,
            fact.merged_id,
            only=ids,
        )
