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
    places = [(address.inbox_id, address.value)] if address.inbox_id is not None else []
    if address.inbox_id is None:
        refused = {(one.inbox_id, one.value) for one in known.identities if one.consent == "out"}
        for inbox in await inboxes.everything(db):
            channel = channels.find(inbox.channel)
            if channel is None:
                continue
            spell = channel.manifest.reaches.get(address.kind)
            there = address.value if channel.manifest.identity_kind == address.kind else spell and spell(address.value)
            # Who answered STOP there has not taken that back by allowing their number.
            if there and (fact.state == "out" or (inbox.id, there) not in refused):
                places.append((inbox.id, there))
    since = clock.now() if fact.state == "out" else None
    for inbox_id, there in places:
        await contacts.opted_out(db, inbox_id, there, since)
