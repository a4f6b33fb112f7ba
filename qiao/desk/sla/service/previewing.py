"""What a policy would do, before it does: to one ticket, and to those of late."""

from datetime import datetime
from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.sla import book as books
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import repository
from qiao.desk.sla.clock import SECOND, Clock, Ruler
from qiao.desk.sla.rules import Policy, Rulebook
from qiao.desk.sla.schemas import Preview, PreviewBody, PreviewMiss, PreviewTicket, Promise
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts

LOOKED_AT: Final = 200
NOT_SAVED: Final = UUID(int=0)


async def preview(db: Session, actor: Actor, body: PreviewBody) -> Preview:
    """For policies of tickets. Measures the newest tickets this actor may see with a policy that need not be saved: first
    responses and resolutions by the times they really took, without the time they stood still."""
    book = await books.current(db)
    own_id = body.policy_id or NOT_SAVED
    policy = Policy.of(own_id, body.policy.model_copy(update={"active": True}))
    above = _above(book, own_id)
    found: PreviewTicket | None = None
    now = clock.now()
    if body.ticket:
        view = await tickets.by_number(db, actor, body.ticket)
        facts = await tickets.require_visible(db, actor, view.id)
        known = await tickets.condition_facts(db, facts)
        taken_by = next((one.name for one in above if one.active and one.applies(known)), None)
        found = PreviewTicket(
            id=facts.id,
            ref=facts.ref,
            title=facts.title,
            applies=policy.applies(known),
            taken_by=taken_by,
            promises=_promises(book, policy, facts, now),
        )
    views, _ = await tickets.listing(db, actor, limit=LOOKED_AT)
    matched = promises = 0
    missed: list[PreviewMiss] = []
    for facts in (await tickets.facts_many(db, [view.id for view in views])).values():
        known = await tickets.condition_facts(db, facts)
        if not policy.applies(known) or any(one.active and one.applies(known) for one in above):
            continue
        matched += 1
        stood = await _standing(db, facts.id)
        for kind, done_at in (("first_response", facts.first_response_at), ("resolution", facts.solved_at)):
            terms = policy.terms.get((kind, facts.priority))
            if terms is None or (kind == "first_response" and facts.customer_id is None):
                continue
            promises += 1
            ruler = book.ruler(terms.calendar_id)
            took = _took(ruler, facts.created_at, done_at or now, stood, policy)
            if took > terms.target_s * SECOND:
                missed.append(
                    PreviewMiss(
                        id=facts.id,
                        ref=facts.ref,
                        title=facts.title,
                        kind=kind,
                        target_s=terms.target_s,
                        took_s=took // SECOND,
                    )
                )
    missed.sort(key=lambda miss: miss.took_s - miss.target_s, reverse=True)
    return Preview(ticket=found, looked_at=len(views), matched=matched, promises=promises, missed=missed[:50])


def _above(book: Rulebook, own_id: UUID) -> list[Policy]:
    """Policies asked before this one; a new one is asked last."""
    above: list[Policy] = []
    for policy in book.policies:
        if policy.id == own_id:
            break
        if policy.subject == "ticket":
            above.append(policy)
    return above


def _promises(book: Rulebook, policy: Policy, facts: TicketFacts, now: datetime) -> list[Promise]:
    found = []
    for kind in ("first_response", "next_response", "resolution"):
        terms = policy.terms.get((kind, facts.priority))
        if terms is not None:
            due_at = clocks.due(Clock(terms.target_s * SECOND, 0, now), book.ruler(terms.calendar_id))
            found.append(
                Promise(kind=kind, target_s=terms.target_s, business=terms.calendar_id is not None, due_at=due_at)
            )
    return found


Pause = tuple[datetime, datetime, str]


async def _standing(db: Session, ticket_id: UUID) -> list[Pause]:
    """When the ticket waited, as its clocks remember it."""
    found: dict[tuple[datetime, datetime], str] = {}
    for row in await repository.clocks_of(db, ticket_id):
        for part in row.segments:
            if part["why"]:
                found[datetime.fromisoformat(part["from"]), datetime.fromisoformat(part["to"])] = part["why"]
    return sorted((start, end, why) for (start, end), why in found.items())


def _took(ruler: Ruler, start: datetime, end: datetime, stood: list[Pause], policy: Policy) -> int:
    counted = ruler.between(start, end)
    at = start
    for begun, ended, why in stood:
        if why in policy.pause_on:
            begun, ended = max(begun, at), min(ended, end)
            counted -= ruler.between(begun, ended)
            at = max(at, ended)
    return max(0, counted)
