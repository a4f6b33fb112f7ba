"""Going on with a customer on another of their channels."""

from typing import Any
from uuid import UUID

from qiao.channels.contract import starting
from qiao.channels.reaching.schemas import Continued, Way
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.desk.conversations import service as conversations
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import audit
from qiao.people.customers import service as customers

_TAKEN_OVER = ("bot", "queued")


async def ways(db: Session, actor: Actor, conversation_id: UUID, locale: str) -> list[Way]:
    """Where else this conversation's customer can be written to, those that are open first."""
    facts = await conversations.require_visible(db, actor, conversation_id)
    shown = {one.id: one.value for one in (await customers.get(db, actor, facts.customer_id)).identities}
    found = [
        Way(
            inbox_id=one.inbox_id,
            inbox=one.inbox,
            channel=one.channel,
            identity_id=one.identity_id,
            address=shown.get(one.identity_id, ""),
            open=one.obstacle is None,
            why_not=i18n.t(one.obstacle, locale) if one.obstacle else None,
            needs=_needs(one),
        )
        for one in await starting.reachable(db, facts.customer_id)
        if one.inbox_id != facts.inbox_id
    ]
    return sorted(found, key=lambda way: (not way.open, way.needs is None, way.inbox))


def _needs(one: starting.Reach) -> str | None:
    if one.obstacle == "channels.refused.no_consent":
        return "consent"
    return "template" if one.template else None


async def go_on(
    db: Session,
    actor: Actor,
    conversation_id: UUID,
    *,
    inbox_id: UUID,
    identity_id: UUID,
    body: str,
    payload: dict[str, Any],
    client_id: str,
    resolve: bool = False,
) -> Continued:
    """Writes to the customer on another channel, in the conversation that runs there or a new one, and links the two.

    Raises Refused when they may not be written to there, or when a colleague the actor may not see has them there.
    """
    facts = await conversations.require_visible(db, actor, conversation_id)
    options = await starting.reachable(db, facts.customer_id)
    way = next((one for one in options if (one.inbox_id, one.identity_id) == (inbox_id, identity_id)), None)
    if way is None or inbox_id == facts.inbox_id:
        raise Invalid.field("identity_id", "channel_no_address")
    latest = await conversations.latest_of_customer(db, inbox_id, facts.customer_id)
    before = await conversations.told_before(db, inbox_id, facts.customer_id, client_id)
    from_there = {
        "channel": facts.channel,
        "inbox": (await inboxes.get(db, facts.inbox_id)).name,
        "conversation_id": str(facts.id),
        "number": facts.number,
    }
    told = None
    if latest is not None and latest.status in ("bot", "queued", "assigned", "snoozed"):
        if not await conversations.visible_of(db, actor, [latest.id]):
            raise Refused("reaching_elsewhere_taken")
        if latest.status in _TAKEN_OVER and actor.id is not None:
            # Their answer is for whoever wrote to them, not for the bot or the next in line.
            await conversations.assign(db, actor, latest.id, actor.id)
        if not before:
            told = latest.id
            await conversations.add_line(db, actor, told, "continued_from", **from_there)
    started = await starting.start(db, actor, inbox_id, facts.customer_id, way.address, body, payload, client_id)
    if not before:
        there = {"conversation_id": str(started.conversation_id), "number": started.number}
        await conversations.add_line(db, actor, facts.id, "continued", channel=way.channel, inbox=way.inbox, **there)
        if started.conversation_id != told:
            await conversations.add_line(db, actor, started.conversation_id, "continued_from", **from_there)
        changes = {"channel": [facts.channel, way.channel], "number": [facts.number, started.number]}
        await audit.record(db, actor, "conversation.continued", "conversation", facts.id, changes)
    if resolve:
        now = await conversations.facts(db, facts.id)
        if now is None:
            raise NotFound("conversation.not_found", id=str(facts.id))
        if now.status not in ("resolved", "closed"):
            await conversations.resolve(db, actor, facts.id)
    return Continued(started.conversation_id, started.number, started.begun, started.message)
