"""The verbs of approvals. All take the ticket's lock first: its amount and its approvals belong together."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Refused
from qiao.core.events import Audience, Event, emit
from qiao.core.ids import new_id
from qiao.core.jobs import enqueue
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.approvals import policy, repository, showing
from qiao.desk.approvals.events import ApprovalClosed, ApprovalDecided, ApprovalRequested
from qiao.desk.approvals.models import Approval, ApprovalDecision, ApprovalStep
from qiao.desk.approvals.policy import Amount
from qiao.desk.approvals.schemas import (
    ApprovalCounts,
    ApprovalView,
    AskBody,
    DecideBody,
    Needed,
    RequestBody,
)
from qiao.desk.approvals.who import DecidedBy, Deciders, decided_by
from qiao.desk.tasks import service as tasks
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition, Transition
from qiao.desk.tickets.schemas import TicketFacts
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import own_id
from qiao.people.notifications import service as notifications

SYSTEM: Final = Actor.system()
MAIL: Final = "approvals.mail"
OVER: Final = frozenset({"solved", "closed"})
ASKED: Final[dict[str, str]] = {"zh-CN": "指定审批人", "en": "Named people"}


# -- reading -----------------------------------------------------------------------------------------------------------


async def get(db: Session, actor: Actor, approval_id: UUID) -> ApprovalView:
    """For who may see the ticket, who may decide or has, and who asked."""
    row = await repository.approval(db, approval_id)
    if row is None or not await _may_see(db, actor, row):
        raise NotFound("approval.not_found")
    return (await showing.views(db, actor, [row]))[0]


async def of_ticket(db: Session, actor: Actor, ticket_id: UUID) -> list[ApprovalView]:
    """What was asked for a ticket, newest first."""
    await tickets.require_visible(db, actor, ticket_id)
    return await showing.views(db, actor, await repository.of_ticket(db, ticket_id))


async def needed(db: Session, actor: Actor, ticket_id: UUID) -> Needed:
    """What the type's rules ask of the ticket as it is now."""
    ticket = await tickets.require_visible(db, actor, ticket_id)
    definition = await types.definition(db, ticket.type_id)
    return await showing.needed(db, actor, ticket, definition)


async def listing(
    db: Session, actor: Actor, *, view: str = "waiting", cursor: str | None = None, limit: int = 50
) -> tuple[list[ApprovalView], str | None]:
    """The actor's own: what waits for them, what they asked, what they decided. A page may be shorter than asked for."""
    user_id = own_id(actor)
    (after,) = decode_cursor(cursor, tuple[UUID]) or (None,)
    people, roles = await _hats(db, user_id) if view == "waiting" else ([], set())
    rows = await repository.page(db, user_id, view=view, people=people, roles=roles, after=after, limit=limit + 1)
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    found = await showing.views(db, actor, rows[:limit])
    return [one for one in found if view != "waiting" or one.may["decide"]], following


async def counts(db: Session, actor: Actor) -> ApprovalCounts:
    """How many wait for the actor; counted up to two hundred."""
    waiting, _ = await listing(db, actor, view="waiting", limit=200)
    return ApprovalCounts(waiting=len(waiting))


async def granted(db: Session, ticket: TicketFacts, transition: str) -> bool:
    """Whether a transition that takes an approval may be taken: none is needed, or it was granted for this very amount."""
    rule = (await types.definition(db, ticket.type_id)).approval
    amount = policy.amount_of(rule, ticket.fields)
    if not policy.needed(rule, amount):
        return True
    return any(
        row.transition in (None, transition) and _same(row, amount)
        for row in await repository.granted_of(db, ticket.id)
    )


async def waiting_on(db: Session, ticket_id: UUID) -> dict[str, Any] | None:
    """What a ticket on hold waits for because of approvals."""
    rows = await repository.open_of(db, ticket_id)
    if not rows:
        return None
    steps = (await repository.steps_of(db, [rows[0].id])).get(rows[0].id, [])
    active = next((step for step in steps if step.state == "active"), None)
    label: dict[str, str] = active.label if active is not None else ASKED
    return {
        "kind": "approval",
        "id": str(rows[0].id),
        "name": label.get("zh-CN") or label.get("en", ""),
        "label": label,
    }


# -- asking ------------------------------------------------------------------------------------------------------------


async def request(db: Session, actor: Actor, ticket_id: UUID, body: RequestBody) -> ApprovalView:
    """Asks by the rules of the ticket's type, for the present amount. Refused when none is needed or one is open."""
    ticket = await _open_ticket(db, actor, ticket_id)
    definition = await types.definition(db, ticket.type_id)
    rule = definition.approval
    amount = policy.amount_of(rule, ticket.fields)
    steps = policy.needed(rule, amount)
    if rule is None or not steps:
        raise Refused("approval.not_needed")
    if body.transition is not None:
        _check_transition(definition, ticket, body.transition)
    if any(row.source == "rule" for row in await repository.open_of(db, ticket_id)):
        raise Conflict("approval.open_already")
    rows = [ApprovalStep(label=dict(step.label), roles=list(step.roles), users=[], needs=step.needs) for step in steps]
    for row in rows:
        if not await Deciders(db).holders(row.roles, []):
            raise Refused("approval.nobody", label=_text(row.label, actor.locale))
    made = Approval(
        source="rule",
        transition=body.transition,
        reason=body.reason,
        amount_minor=amount.minor if amount else None,
        currency=amount.currency if amount else None,
        order=rule.order,
    )
    return await _begin(db, actor, ticket, made, rows, rule.expires_hours)


async def ask(db: Session, actor: Actor, ticket_id: UUID, body: AskBody) -> ApprovalView:
    """Asks named people."""
    ticket = await _open_ticket(db, actor, ticket_id)
    users = list(dict.fromkeys(body.users))
    if actor.id in users:
        raise Invalid.field("users", "approval.not_oneself")
    if set(users) - await accounts.active_among(db, users):
        raise Invalid.field("users", "approval.person_unknown")
    if body.order == "sequence":
        rows = [ApprovalStep(label=dict(ASKED), roles=[], users=[user], needs="one") for user in users]
    else:
        rows = [ApprovalStep(label=dict(ASKED), roles=[], users=users, needs=body.needs)]
    made = Approval(source="named", transition=None, reason=body.reason, order=body.order)
    return await _begin(db, actor, ticket, made, rows, body.expires_hours)


def _check_transition(definition: Definition, ticket: TicketFacts, key: str) -> Transition:
    found = next((one for one in definition.workflow.transitions if one.key == key), None)
    if found is None or not found.approval:
        raise Invalid.field("transition", "approval.transition_unknown")
    return found


async def _open_ticket(db: Session, actor: Actor, ticket_id: UUID) -> TicketFacts:
    await repository.lock_ticket(db, ticket_id)
    ticket = await tickets.require_visible(db, actor, ticket_id)
    actor.require("tickets.handle")
    if ticket.status in OVER or ticket.merged_into_id is not None:
        raise Refused("approval.ticket_over", ref=ticket.ref)
    return ticket


async def _begin(
    db: Session, actor: Actor, ticket: TicketFacts, row: Approval, steps: Sequence[ApprovalStep], hours: int
) -> ApprovalView:
    now = clock.now()
    row.id, row.ticket_id, row.state, row.created_at = new_id(), ticket.id, "open", now
    row.requested_by_kind, row.requested_by = actor.kind, actor.id if actor.kind == "user" else None
    row.expires_at, row.remind_at = now + timedelta(hours=hours), policy.remind_at(now, hours)
    db.add(row)
    await db.flush()
    for position, step in enumerate(steps):
        step.id, step.approval_id, step.position, step.state = new_id(), row.id, position, "waiting"
        db.add(step)
    await db.flush()
    await _note(db, actor, row, "requested", reason=row.reason)
    await audit.record(
        db,
        actor,
        "approval.requested",
        "approval",
        row.id,
        {"ticket": [None, ticket.ref], "amount_minor": [None, row.amount_minor]},
    )
    fact = ApprovalRequested(
        approval_id=row.id,
        ticket_id=ticket.id,
        source=row.source,
        transition=row.transition,
        amount_minor=row.amount_minor,
    )
    await _emit(db, actor, row, fact)
    await _activate(db, actor, ticket, row, list(steps))
    await tasks.settle(db, ticket.id)
    return (await showing.views(db, actor, [row]))[0]


async def _activate(
    db: Session, actor: Actor, ticket: TicketFacts, row: Approval, steps: Sequence[ApprovalStep]
) -> None:
    """Begins the steps whose turn it is: their deciders may see the ticket and hear of it."""
    begun = [steps[place] for place in policy.following(row.order, [step.state for step in steps])]
    for step in begun:
        step.state = "active"
    await db.flush()
    who, spoken = Deciders(db), decided_by(await repository.decisions_of(db, [row.id]))
    for step in begun:
        people = await who.with_deputies(row, step, spoken)
        await tickets.involve(db, SYSTEM, ticket.id, users=sorted(people), reason="approval")
        await _tell_deciders(db, actor, ticket, row, step, people, "asked")


async def _tell_deciders(
    db: Session,
    actor: Actor,
    ticket: TicketFacts,
    row: Approval,
    step: ApprovalStep,
    people: set[UUID],
    what: str,
) -> None:
    params = showing.words(row, ticket)
    await notifications.tell(db, people, f"approval.{what}", params=params, link="/approvals", actor=actor)
    readers = await notifications.wants_mail(db, sorted(people), f"approval.{what}")
    if readers:
        payload = {
            "approval_id": str(row.id),
            "step_id": str(step.id),
            "users": [str(user) for user in readers],
            "reminder": what == "reminder",
        }
        await enqueue(db, SYSTEM, MAIL, payload)


# -- deciding ----------------------------------------------------------------------------------------------------------


async def decide(
    db: Session, actor: Actor, approval_id: UUID, body: DecideBody, *, via: str = "console"
) -> ApprovalView:
    """Agrees or refuses, with every right the actor has in it now: their own and those of people they stand in for.

    When the amount is another than the one that was asked for, the approval is void instead.
    """
    user_id = own_id(actor)
    row, ticket = await _locked(db, actor, approval_id)
    if row.state != "open":
        raise Refused("approval.closed_already", state=i18n.t(f"approvals.state.{row.state}", actor.locale))
    if row.expires_at <= clock.now():
        await _close(db, SYSTEM, ticket, row, "expired")
        return (await showing.views(db, actor, [row]))[0]
    if await _outdated(db, ticket, row):
        await _close(db, SYSTEM, ticket, row, "void")
        return (await showing.views(db, actor, [row]))[0]
    if body.verdict == "reject" and not body.comment:
        raise Invalid.field("comment", "approval.comment_needed")
    who, now = Deciders(db), clock.now()
    stands_in = await repository.stands_in_for(db, user_id, now)
    steps = (await repository.steps_of(db, [row.id]))[row.id]
    decided = await repository.decisions_of(db, [row.id])
    spoken = decided_by(decided)
    used: list[UUID] = []
    for step in await _own_first(who, row, steps, spoken, user_id):
        taken = {one.for_id for one in decided.get(step.id, [])}
        allowed, elsewhere = await who.of(row, step, spoken), policy.elsewhere(step.id, spoken)
        for right in policy.rights(user_id, allowed, stands_in, row.requested_by, elsewhere):
            if right not in taken:
                spoken.setdefault(step.id, set()).add(user_id)
                db.add(
                    ApprovalDecision(
                        id=new_id(),
                        approval_id=row.id,
                        step_id=step.id,
                        user_id=user_id,
                        for_id=right,
                        verdict=body.verdict,
                        comment=body.comment,
                        via=via,
                        at=now,
                    )
                )
                used.append(right)
    if not used:
        raise _refusal(user_id, row, steps, spoken, actor.locale)
    await db.flush()
    names = {person.id: person.name for person in (await accounts.people(db, used)).values()}
    behalf = ", ".join(dict.fromkeys(names.get(one, "") for one in used if one != user_id))
    line = ("approved" if body.verdict == "approve" else "refused") + ("_for" if behalf else "")
    await _note(db, actor, row, line, reason=body.comment or None, on_behalf_of=behalf or None, via=via)
    await audit.record(
        db,
        actor,
        "approval.decided",
        "approval",
        row.id,
        {
            "ticket": [None, ticket.ref],
            "verdict": [None, body.verdict],
            "for": [None, behalf or None],
            "via": [None, via],
        },
    )
    await _emit(db, actor, row, ApprovalDecided(approval_id=row.id, ticket_id=ticket.id, verdict=body.verdict))
    await _advance(db, actor, ticket, row, steps, comment=body.comment)
    return (await showing.views(db, actor, [row]))[0]


async def _own_first(
    who: Deciders, row: Approval, steps: Sequence[ApprovalStep], spoken: DecidedBy, user_id: UUID
) -> list[ApprovalStep]:
    """The steps to decide now. Of several at once, whoever may decide only one of them decides the one that is their own."""
    active = [step for step in steps if step.state == "active"]
    own = {step.id for step in active if user_id in await who.of(row, step, spoken)}
    return sorted(active, key=lambda step: step.id not in own)


def _refusal(user_id: UUID, row: Approval, steps: Sequence[ApprovalStep], spoken: DecidedBy, locale: str) -> Forbidden:
    if user_id == row.requested_by:
        return Forbidden("approval.own_request")
    waiting = any(step.state == "active" and user_id not in spoken.get(step.id, ()) for step in steps)
    mine = next((step for step in steps if user_id in spoken.get(step.id, ())), None)
    if mine is None or not waiting:
        return Forbidden("approval.not_yours")
    return Forbidden("approval.step_of_another", label=_text(mine.label, locale))


async def _advance(
    db: Session, actor: Actor, ticket: TicketFacts, row: Approval, steps: list[ApprovalStep], *, comment: str = ""
) -> None:
    """Settles what is settled, begins what is next."""
    who, now = Deciders(db), clock.now()
    decided = await repository.decisions_of(db, [row.id])
    spoken = decided_by(decided)
    moved = False
    for step in steps:
        if step.state != "active":
            continue
        verdicts = {one.for_id: one.verdict for one in decided.get(step.id, [])}
        outcome = policy.settled(step.needs, await who.of(row, step, spoken), verdicts)
        if outcome is not None:
            step.state, step.closed_at, moved = outcome, now, True
    await db.flush()
    if not moved:
        return
    whole = policy.overall([step.state for step in steps])
    if whole is not None:
        await _close(db, actor, ticket, row, whole, reason=comment)
        return
    await _activate(db, Actor.system(), ticket, row, steps)
    await tasks.settle(db, ticket.id)


async def cancel(db: Session, actor: Actor, approval_id: UUID, reason: str = "") -> ApprovalView:
    """Takes a request back: who asked, or who manages tickets."""
    row, ticket = await _locked(db, actor, approval_id)
    if actor.kind == "user" and actor.id != row.requested_by and not actor.may("tickets.manage"):
        raise Forbidden("approval.not_yours")
    if row.state != "open":
        raise Refused("approval.closed_already", state=i18n.t(f"approvals.state.{row.state}", actor.locale))
    await _close(db, actor, ticket, row, "cancelled", reason=reason)
    return (await showing.views(db, actor, [row]))[0]


async def _close(
    db: Session, actor: Actor, ticket: TicketFacts, row: Approval, state: str, *, reason: str = "", quiet: bool = False
) -> None:
    """Ends a request: the ticket goes on, who asked hears of it, what was granted happens."""
    now = clock.now()
    row.state, row.closed_at = state, now
    for step in (await repository.steps_of(db, [row.id])).get(row.id, []):
        if step.state in ("waiting", "active"):
            step.state, step.closed_at = "skipped", now
    await db.flush()
    if not quiet:
        await _note(db, actor, row, state, reason=reason or None)
    await audit.record(
        db, actor, "approval.closed", "approval", row.id, {"ticket": [None, ticket.ref], "state": ["open", state]}
    )
    fact = ApprovalClosed(approval_id=row.id, ticket_id=ticket.id, state=state, transition=row.transition)
    await _emit(db, actor, row, fact)
    if quiet:
        return
    await tasks.settle(db, ticket.id)
    askers = {user for user in (row.requested_by, ticket.assignee_id) if user is not None}
    params = {**showing.words(row, ticket), "reason": reason}
    link = f"/tickets/{ticket.number}"
    await notifications.tell(db, askers, f"approval.{state}", params=params, link=link, actor=actor)
    if state == "granted" and row.transition is not None:
        await _take(db, ticket, row, askers)


async def _take(db: Session, ticket: TicketFacts, row: Approval, askers: set[UUID]) -> None:
    """Takes the transition that was asked for. What stands in its way is said, and leaves the approval as it is."""
    try:
        async with db.begin_nested():
            await tickets.move(db, SYSTEM, ticket.id, transition=row.transition, reason="approval")
    except Problem as problem:
        why = str(problem.body(ticket.locale)["detail"])
        await _note(db, SYSTEM, row, "stuck", reason=why)
        params = {**showing.words(row, ticket), "reason": why}
        link = f"/tickets/{ticket.number}"
        await notifications.tell(db, askers, "approval.stuck", params=params, link=link)


# -- what happens to the ticket ----------------------------------------------------------------------------------------


async def check_amount(db: Session, ticket_id: UUID) -> None:
    """Ends open requests by rule whose amount the ticket no longer has. The ticket is locked by who changed it."""
    rows = [row for row in await repository.open_of(db, ticket_id) if row.source == "rule"]
    ticket = await tickets.facts(db, ticket_id) if rows else None
    for row in rows:
        if ticket is not None and await _outdated(db, ticket, row):
            await _close(db, SYSTEM, ticket, row, "void")


async def abandon(db: Session, ticket_id: UUID, *, quiet: bool = False) -> None:
    """The ticket ended otherwise: nothing is asked any more."""
    await repository.lock_ticket(db, ticket_id)
    rows = await repository.open_of(db, ticket_id)
    ticket = await tickets.facts(db, ticket_id) if rows else None
    for row in rows:
        if ticket is not None:
            await _close(db, SYSTEM, ticket, row, "cancelled", quiet=quiet)


async def use_up(db: Session, ticket_id: UUID, transition: str) -> None:
    """A transition was taken: what was granted for it is not good for another."""
    await repository.use_up(db, ticket_id, transition, clock.now())


async def _outdated(db: Session, ticket: TicketFacts, row: Approval) -> bool:
    if row.source != "rule":
        return False
    rule = (await types.definition(db, ticket.type_id)).approval
    return rule is None or not _same(row, policy.amount_of(rule, ticket.fields))


def _same(row: Approval, amount: Amount | None) -> bool:
    asked = Amount(row.amount_minor, row.currency or "") if row.amount_minor is not None else None
    return asked == amount


# -- time --------------------------------------------------------------------------------------------------------------


async def remind(db: Session, approval_id: UUID) -> bool:
    """Asks once more whoever has not decided."""
    found = await _open_now(db, approval_id)
    if found is None or found[0].reminded_at is not None:
        return False
    row, ticket = found
    row.reminded_at = clock.now()
    await db.flush()
    who, decided = Deciders(db), await repository.decisions_of(db, [row.id])
    for step in (await repository.steps_of(db, [row.id]))[row.id]:
        if step.state == "active":
            done = {one.user_id for one in decided.get(step.id, [])} | {one.for_id for one in decided.get(step.id, [])}
            people = await who.with_deputies(row, step, decided_by(decided)) - done
            await _tell_deciders(db, SYSTEM, ticket, row, step, people, "reminder")
    return True


async def expire(db: Session, approval_id: UUID) -> bool:
    """Its time is over: it ends undecided and may be asked for again."""
    found = await _open_now(db, approval_id)
    if found is None or found[0].expires_at > clock.now():
        return False
    await _close(db, SYSTEM, found[1], found[0], "expired")
    return True


async def look_again(db: Session, approval_id: UUID) -> None:
    """Somebody whose word was waited for may have left: then it is settled by the others."""
    found = await _open_now(db, approval_id)
    if found is not None:
        steps = (await repository.steps_of(db, [approval_id]))[approval_id]
        await _advance(db, SYSTEM, found[1], found[0], steps)


async def _open_now(db: Session, approval_id: UUID) -> tuple[Approval, TicketFacts] | None:
    ticket_id = await repository.ticket_of(db, approval_id)
    if ticket_id is None:
        return None
    await repository.lock_ticket(db, ticket_id)
    row, ticket = await repository.approval(db, approval_id), await tickets.facts(db, ticket_id)
    return (row, ticket) if row is not None and ticket is not None and row.state == "open" else None


# -- within ------------------------------------------------------------------------------------------------------------


async def _hats(db: Session, user_id: UUID) -> tuple[list[UUID], set[str]]:
    """Somebody and whom they stand in for, with all their roles."""
    people = [user_id, *await repository.stands_in_for(db, user_id, clock.now())]
    roles: set[str] = set()
    for one in people:
        roles |= await accounts.role_names(db, one)
    return people, roles


async def _may_see(db: Session, actor: Actor, row: Approval) -> bool:
    if actor.kind == "system" or (actor.id is not None and actor.id == row.requested_by):
        return True
    try:
        await tickets.require_visible(db, actor, row.ticket_id)
    except NotFound:
        view = (await showing.views(db, actor, [row]))[0]
        decided = any(one.by.id == actor.id for step in view.steps for one in step.decisions)
        return view.may["decide"] or decided
    return True


async def _locked(db: Session, actor: Actor, approval_id: UUID) -> tuple[Approval, TicketFacts]:
    ticket_id = await repository.ticket_of(db, approval_id)
    if ticket_id is None:
        raise NotFound("approval.not_found")
    await repository.lock_ticket(db, ticket_id)
    row, ticket = await repository.approval(db, approval_id), await tickets.facts(db, ticket_id)
    if row is None or ticket is None or not await _may_see(db, actor, row):
        raise NotFound("approval.not_found")
    return row, ticket


async def _emit(db: Session, actor: Actor, row: Approval, fact: Event) -> None:
    users = (row.requested_by,) if row.requested_by is not None else ()
    await emit(db, fact, actor=actor, conversation_id=row.ticket_id, audience=Audience(users=users))


async def _note(db: Session, actor: Actor, row: Approval, what: str, **params: Any) -> None:
    known: dict[str, Any] = {key: value for key, value in params.items() if value is not None}
    known |= {"approval_id": str(row.id)}
    if row.amount_minor is not None:
        known |= {"amount": {"minor": row.amount_minor, "currency": row.currency}}
    await tickets.note_event(db, actor, row.ticket_id, f"approval.{what}", known)


def _text(label: dict[str, str], locale: str) -> str:
    return label.get(locale) or next(iter(label.values()), "")
