"""What colleagues note of a customer's wishes holds for every message that would leave, as what they did themselves."""

from qiao.channels.contract import contacts
from qiao.channels.contract.channel import Channels
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.inboxes import service as inboxes
from qiao.people.customers import service as customers
from qiao.people.customers.events import CustomerConsented


async def obey(db: Session, fact: CustomerConsented) -> None:
    """Stops (or lets through) what is sent to an address, in the inbox it belongs to or in all that reach it."""
    if fact.source == "channel":
        return  # the channel has noted it already
    known = await customers.get(db, Actor.system(), fact.customer_id)
    address = next((one for one in known.identities if one.id == fact.identity_id), None)
    if address is None:
        return
    channels = Channels.of(runtime_of(db))
    places = [address.inbox_id] if address.inbox_id is not None else []
    if address.inbox_id is None:
        for inbox in await inboxes.everything(db):
            channel = channels.find(inbox.channel)
            if channel is not None and channel.manifest.identity_kind == address.kind:
                places.append(inbox.id)
    since = clock.now() if fact.state == "out" else None
    for inbox_id in places:
        await contacts.opted_out(db, inbox_id, address.value, since)
