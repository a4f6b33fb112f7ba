"""What people are told: places in line, estimates, who is reachable, live figures, why a decision was taken."""

from collections.abc import Collection, Sequence
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import PersonRef, Ref
from qiao.desk.routing import calendars, policy, repository
from qiao.desk.routing.models import AgentStateRow, Offer, Queue
from qiao.desk.routing.policy import PRESENT, Mode, Situation
from qiao.desk.routing.schemas import AgentView, Availability, LogCandidate, LogEntry, OfferView, Place, QueueLive
from qiao.desk.routing.service.matching import overflow_rule
from qiao.people.accounts import service as accounts


async def availability(db: Session, queue_id: UUID | None = None) -> Availability | None:
    """What somebody who would wait in this queue (None: the default one) can expect, following its overflow to another
    queue. None when there is no queue at all."""
    start = queue_id or await repository.default_queue_id(db)
    visited: set[UUID] = set()
    found: Availability | None = None
    while start is not None and start not in visited:
        visited.add(start)
        row = await repository.queue(db, start)
        if row is None or not row.active:
            start = None if found else await repository.default_queue_id(db)
            continue
        here, situation = await _stands(db, row)
        if found is None or here.mode == "wait":
            found = here
        rule = overflow_rule(row)
        causes = set(policy.causes(situation, None))
        leads_on = here.mode != "wait" and rule is not None and rule.action == "queue" and causes & rule.on
        start = rule.queue_id if leads_on and rule is not None else None
    return found


async def _stands(db: Session, row: Queue) -> tuple[Availability, Situation]:
    now = clock.now()
    rule = repository.rule_of(row)
    agents = [a for a in await repository.agents_of(db, [row.id]) if not policy.skills_why_not(a.skills, rule.required)]
    present = [agent for agent in agents if agent.state in PRESENT]
    waiting = (await repository.waiting_figures(db, [row.id])).get(row.id, (0, None))[0]
    opened = await calendars.is_open(db, row.calendar_id, now)
    situation = Situation(opened, len(present), waiting, 0.0, row.max_waiting)
    mode = policy.mode(situation)
    somebody_free = any(agent.state == "online" and agent.free >= 1 for agent in present)
    if mode == "leave_message":
        estimate = None
    elif somebody_free and waiting == 0:
        estimate = 0
    else:
        estimate = policy.estimate(waiting + 1, row.mean_handle_s, policy.slots(present, rule))
    next_open = None if opened else await calendars.next_open(db, row.calendar_id, now)
    return Availability(row.id, opened, next_open, len(present), waiting, estimate, mode), situation


async def place(db: Session, conversation_id: UUID) -> Place | None:
    """A waiting conversation's place in line and estimate; None when it does not wait."""
    entry = await repository.entry(db, conversation_id)
    if entry is None:
        return None
    row = await repository.queue(db, entry.queue_id)
    assert row is not None  # a foreign key holds it
    slots, mode = await _pace(db, row)
    number = await repository.ahead_of(db, entry) + 1
    return Place(
        number, policy.estimate(number, row.mean_handle_s, slots), "leave_message" if entry.leave_message else mode
    )


async def queue_places(db: Session, queue_id: UUID) -> dict[UUID, Place]:
    """The place and estimate of everything that waits in a queue."""
    row = await repository.queue(db, queue_id)
    if row is None:
        return {}
    slots, mode = await _pace(db, row)
    return {
        conversation_id: Place(
            number, policy.estimate(number, row.mean_handle_s, slots), "leave_message" if left_message else mode
        )
        for number, (conversation_id, left_message) in enumerate(await repository.line(db, queue_id), start=1)
    }


async def _pace(db: Session, row: Queue) -> tuple[int, Mode]:
    """How many can be handled at once, and whether those who wait are waiting for somebody who is there."""
    rule = repository.rule_of(row)
    slots = policy.slots(await repository.agents_of(db, [row.id]), rule)
    opened = await calendars.is_open(db, row.calendar_id, clock.now())
    return slots, "wait" if slots and opened else "leave_message"


async def live(db: Session, actor: Actor) -> list[QueueLive]:
    """The queues this person may watch, as they are now: all for supervisors, their own for agents."""
    everything = any(actor.may(p) for p in ("conversations.view_all", "wallboard.view", "queues.manage"))
    rows = [row for row in await repository.queues(db, None if everything else actor.queue_ids) if row.active]
    ids = [row.id for row in rows]
    waiting, people, now = await repository.waiting_figures(db, ids), await repository.attendance(db, ids), clock.now()
    found = []
    for row in rows:
        count, oldest = waiting.get(row.id, (0, None))
        here = people.get(row.id, repository.Attendance(0, 0))
        opened = await calendars.is_open(db, row.calendar_id, now)
        wait = max(0, int((now - oldest).total_seconds())) if oldest else 0
        found.append(QueueLive(Ref(row.id, row.name), count, wait, oldest, here.present, here.available, opened))
    return found


# -- agents ----------------------------------------------------------------------------------------------------------


async def agents(db: Session, user_ids: Collection[UUID] | None = None) -> list[AgentView]:
    """Everybody who handles conversations (or those of `user_ids`), as they are now; at work first, then by name."""
    ids = await accounts.holders(db, "conversations.handle") if user_ids is None else set(user_ids)
    people = await accounts.people(db, ids)
    states = await repository.agent_states(db, ids)
    held: dict[UUID, int] = {}
    for user_id, _, count in await conversations.workload(db, list(ids)):
        held[user_id] = held.get(user_id, 0) + count
    queues = await repository.queue_ids_by_user(db, ids)
    order = ("online", "busy", "away", "offline")
    views = [
        _agent_view(PersonRef(p.id, p.name, p.avatar_url), states.get(p.id), held.get(p.id, 0), queues.get(p.id, []))
        for p in people.values()
    ]
    return sorted(views, key=lambda view: (order.index(view.state), view.user.name, view.user.id))


def _agent_view(person: PersonRef, row: AgentStateRow | None, held: int, queues: list[UUID]) -> AgentView:
    if row is None:
        return AgentView(person, "offline", None, None, 0.0, 5.0, held, queues)
    return AgentView(person, row.state, row.reason, row.since, float(row.load), float(row.capacity), held, queues)


async def require_agent(db: Session, user_id: UUID) -> None:
    """Raises NotFound unless this person handles conversations."""
    if not await accounts.may_handle_conversations(db, user_id):
        raise NotFound("user_not_found")


async def agent(db: Session, user_id: UUID) -> AgentView:
    """One person as they are now. Raises NotFound."""
    found = await agents(db, [user_id])
    if not found:
        raise NotFound("user_not_found")
    return found[0]


# -- offers ----------------------------------------------------------------------------------------------------------


async def my_offers(db: Session, actor: Actor) -> list[OfferView]:
    """What is offered to this person now, oldest first."""
    now = clock.now()
    rows = [row for row in await repository.open_offers(db, user_id=actor.id) if row.expires_at > now]
    return await offer_views(db, rows)


async def offer_views(db: Session, rows: Sequence[Offer]) -> list[OfferView]:
    """Views of offers, in their order, with the conversation as its receiver sees it."""
    names = await repository.queue_names(db, {row.queue_id for row in rows})
    shown = await conversations.views_of(db, [row.conversation_id for row in rows])
    return [
        OfferView(
            row.id,
            row.conversation_id,
            shown.get(row.conversation_id),
            Ref(row.queue_id, names.get(row.queue_id, "")),
            row.user_id,
            row.state,
            row.offered_at,
            row.expires_at,
        )
        for row in rows
    ]


# -- the log ---------------------------------------------------------------------------------------------------------


async def routing_log(db: Session, actor: Actor, conversation_id: UUID) -> list[LogEntry]:
    """Why a conversation went where it went, in order. Raises NotFound when the actor may not see it."""
    await conversations.require_visible(db, actor, conversation_id)
    rows = await repository.log_of(db, conversation_id)
    user_ids = {row.user_id for row in rows if row.user_id}
    user_ids |= {UUID(c["user_id"]) for row in rows for c in row.explanation.get("candidates", ())}
    people = await accounts.people(db, user_ids)
    names = await repository.queue_names(db, {row.queue_id for row in rows if row.queue_id})

    def person(user_id: UUID | None) -> PersonRef | None:
        known = people.get(user_id) if user_id else None
        return PersonRef(known.id, known.name, known.avatar_url) if known else None

    entries = []
    for row in rows:
        explanation = dict(row.explanation)
        candidates = []
        for stored in explanation.pop("candidates", ()):
            who = person(UUID(stored["user_id"]))
            candidates.append(
                LogCandidate(
                    UUID(stored["user_id"]),
                    who.name if who else "",
                    stored["eligible"],
                    stored["why_not"],
                    stored["load"],
                    stored["capacity"],
                    stored["idle_s"],
                )
            )
        entries.append(
            LogEntry(
                row.id,
                row.at,
                row.decision,
                Ref(row.queue_id, names.get(row.queue_id, "")) if row.queue_id else None,
                person(row.user_id),
                explanation.pop("rule", None),
                explanation.pop("cause", None),
                candidates,
                explanation.pop("others", 0),
                explanation,
            )
        )
    return entries
