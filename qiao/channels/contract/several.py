"""Who writes and where it belongs, for many senders at once.

Most of what arrives are plain words of somebody we know in a conversation that is running. Those of a round are looked up
together, in one transaction, and stored together (see `Intake`). Whatever is not plain takes the path that knows every case.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from qiao.channels.contract import health, taking, windows
from qiao.channels.contract.endpoints import Place
from qiao.channels.contract.messages import Incoming, Item, Sender
from qiao.channels.contract.models import Contact, Correspondent
from qiao.channels.contract.taking import Met
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers

logger = structlog.get_logger(__name__)
RUNNING: Final = ("bot", "queued", "assigned")
FEW: Final = 2
"""Fewer lines than this are not worth looking up together."""
_Plain = Sequence[tuple[Incoming, Sender]]


async def met(runtime: Runtime, place: Place, lines: Sequence[Sequence[Item]]) -> list[Sequence[Met] | None]:
    """What is known of each line, a sender's items in order; None for a line that is not plain."""
    plain = [_plain(place, line) for line in lines]
    wanted = [line for line in plain if line]
    if len(wanted) < FEW:
        return [None] * len(lines)
    try:
        found = await runtime.db.run(lambda db: _look(db, place, wanted))
    except Exception:
        # One of them is more than the database can take, or it is busy: each for itself, then.
        logger.exception("channel_lane_not_together", channel=place.inbox.channel, lines=len(wanted))
        return [None] * len(lines)
    return [found.get(line[0][1].address) if line else None for line in plain]


def _plain(place: Place, line: Sequence[Item]) -> _Plain:
    """The line's messages with their sender, or nothing when there is anything else in it."""
    if place.channel.taker is not None:
        return ()
    plain: list[tuple[Incoming, Sender]] = []
    for item in line:
        if not isinstance(item, Incoming) or item.sender is None:
            return ()
        if item.media or item.threads or item.begins or item.context or taking.vouched_of(item.sender):
            return ()
        plain.append((item, item.sender))
    return plain


async def _look(db: Session, place: Place, lines: Sequence[_Plain]) -> dict[str, Sequence[Met]]:
    inbox_id = place.inbox.id
    known = {line[0][1].address: line for line in lines}
    if place.channel.directory is not None:  # a first contact is looked up with the provider
        query = select(Contact.address).where(Contact.inbox_id == inbox_id, Contact.address.in_(list(known)))
        heard_of = set((await db.execute(query)).scalars())
        known = {address: line for address, line in known.items() if address in heard_of}
    seen = [
        (sender.address, taking.profile_of(sender, item.locale)) for line in known.values() for item, sender in line
    ]
    who = await customers.recognised(db, inbox_id, place.channel.manifest.identity_kind, seen)
    who = {address: customer for address, customer in who.items() if not customer.blocked}
    latest = await conversations.latest_of_customers(db, inbox_id, [customer.id for customer in who.values()])
    running = {customer_id: facts for customer_id, facts in latest.items() if facts.status in RUNNING}
    sent = [(customer.id, item.client_id) for address, customer in who.items() for item, _ in known[address]]
    repeated = {customer_id for customer_id, _ in await conversations.messages_of_customers(db, inbox_id, sent)}
    held = await _held(db, [facts.id for facts in running.values()])
    found: dict[str, Sequence[Met]] = {}
    for address, customer in sorted(who.items()):
        facts = running.get(customer.id)
        if facts is None or customer.id in repeated:
            continue
        rule = place.channel.manifest.capabilities.window
        for item, _ in known[address]:
            if rule is not None:
                await windows.opened(db, inbox_id, address, rule, item.opens, item.at)
        one = Met(customer, customer.id, facts, None, held.get(facts.id), True)
        found[address] = [one] * len(known[address])
    if found:
        await health.came_in(db, inbox_id)
    return found


async def _held(db: Session, conversation_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The addresses conversations are held with."""
    query = select(Correspondent.conversation_id, Correspondent.address)
    query = query.where(Correspondent.conversation_id.in_(conversation_ids))
    return {row[0]: row[1] for row in await db.execute(query)}
