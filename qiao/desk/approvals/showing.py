"""Approvals as their readers see them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.approvals import policy, repository
from qiao.desk.approvals.models import Approval, ApprovalDecision, ApprovalStep
from qiao.desk.approvals.schemas import (
    ApprovalView,
    DecisionView,
    Money,
    Named,
    Needed,
    NeededStep,
    StepView,
    TicketRef,
    TransitionRef,
)
from qiao.desk.approvals.who import DecidedBy, Deciders, decided_by
from qiao.desk.canned.policy import money
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TicketFacts
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts

SHOWN = 30
"""Deciders named per step."""


def words(row: Approval, ticket: TicketFacts) -> dict[str, Any]:
    """What lines about an approval are filled with."""
    return {
        "number": ticket.ref,
        "title": ticket.title,
        "amount": money(row.amount_minor, row.currency or "") if row.amount_minor is not None else "",
        "approval_id": str(row.id),
        "reason": row.reason,
    }


async def views(db: Session, actor: Actor, rows: Sequence[Approval]) -> list[ApprovalView]:
    if not rows:
        return []
    ids = [row.id for row in rows]
    facts = await tickets.facts_many(db, list({row.ticket_id for row in rows}))
    steps, decisions = await repository.steps_of(db, ids), await repository.decisions_of(db, ids)
    who = Deciders(db)
    allowed: dict[UUID, frozenset[UUID]] = {}
    spoken = {
        row.id: decided_by({step.id: decisions.get(step.id, []) for step in steps.get(row.id, [])}) for row in rows
    }
    for row in rows:
        for step in steps.get(row.id, []):
            if row.state == "open":
                allowed[step.id] = await who.of(row, step, spoken[row.id])
    stands_in = await repository.stands_in_for(db, actor.id, clock.now()) if actor.id is not None else []
    definitions = {
        type_id: await types.definition(db, type_id)
        for type_id in {facts[row.ticket_id].type_id for row in rows if row.transition and row.ticket_id in facts}
    }
    people = {row.requested_by for row in rows} | set(stands_in) | {actor.id}
    people |= {user for one in allowed.values() for user in sorted(one)[:SHOWN]}
    people |= {user for some in decisions.values() for one in some for user in (one.user_id, one.for_id)}
    known = await accounts.people(db, [user for user in people if user is not None])
    names = {user_id: person.name for user_id, person in known.items()}

    def named(user_id: UUID) -> Named:
        return Named(id=user_id, name=names.get(user_id))

    def decision(one: ApprovalDecision) -> DecisionView:
        return DecisionView(
            by=named(one.user_id),
            on_behalf_of=named(one.for_id) if one.for_id != one.user_id else None,
            verdict=one.verdict,
            comment=one.comment,
            via=one.via,
            at=one.at,
        )

    def step_view(step: ApprovalStep) -> StepView:
        return StepView(
            id=step.id,
            position=step.position,
            label=step.label,
            needs=step.needs,
            state=step.state,
            deciders=[named(user) for user in sorted(allowed.get(step.id, ()))[:SHOWN]],
            decisions=[decision(one) for one in decisions.get(step.id, [])],
        )

    def view(row: Approval) -> ApprovalView:
        ticket = facts[row.ticket_id]
        rights = _rights(actor, row, steps.get(row.id, []), allowed, decisions, stands_in, spoken[row.id])
        asked = actor.id is not None and actor.id == row.requested_by
        return ApprovalView(
            id=row.id,
            ticket=TicketRef(
                id=ticket.id, number=ticket.number, ref=ticket.ref, title=ticket.title, status=ticket.status
            ),
            source=row.source,
            transition=_transition(definitions.get(ticket.type_id), row.transition),
            reason=row.reason,
            amount=Money(minor=row.amount_minor, currency=row.currency or "") if row.amount_minor is not None else None,
            order=row.order,
            state=row.state,
            requested_by=named(row.requested_by) if row.requested_by is not None else None,
            created_at=row.created_at,
            expires_at=row.expires_at,
            closed_at=row.closed_at,
            used_at=row.used_at,
            steps=[step_view(step) for step in steps.get(row.id, [])],
            may={
                "decide": bool(rights),
                "cancel": row.state == "open" and (asked or actor.may("tickets.manage")),
            },
            deciding_for=[named(user) for user in rights],
        )

    return [view(row) for row in rows if row.ticket_id in facts]


def _rights(
    actor: Actor,
    row: Approval,
    steps: Sequence[ApprovalStep],
    allowed: dict[UUID, frozenset[UUID]],
    decisions: dict[UUID, list[ApprovalDecision]],
    stands_in: list[UUID],
    spoken: DecidedBy,
) -> list[UUID]:
    """With whose right the reader may decide now."""
    if row.state != "open" or actor.kind != "user" or actor.id is None:
        return []
    found: dict[UUID, None] = {}
    for step in steps:
        if step.state == "active":
            taken = {one.for_id for one in decisions.get(step.id, [])}
            elsewhere = policy.elsewhere(step.id, spoken)
            rights = policy.rights(actor.id, allowed[step.id], stands_in, row.requested_by, elsewhere)
            found |= {right: None for right in rights if right not in taken}
    return list(found)


def _transition(definition: Definition | None, key: str | None) -> TransitionRef | None:
    if key is None:
        return None
    known = definition.workflow.transitions if definition is not None else []
    label = next((one.label for one in known if one.key == key), {})
    return TransitionRef(key=key, label=dict(label))


async def needed(db: Session, actor: Actor, ticket: TicketFacts, definition: Definition) -> Needed:
    amount = policy.amount_of(definition.approval, ticket.fields)
    who, steps = Deciders(db), []
    for step in policy.needed(definition.approval, amount):
        holders = policy.deciders(await who.holders(step.roles, []), actor.id)
        known = await accounts.people(db, sorted(holders)[:SHOWN])
        people = [Named(id=user, name=person.name) for user, person in known.items()]
        steps.append(NeededStep(label=dict(step.label), needs=step.needs, people=people))
    granted = any(
        (row.amount_minor, row.currency) == (amount or (None, None))
        for row in await repository.granted_of(db, ticket.id)
    )
    taking = [one for one in definition.workflow.transitions if one.approval]
    return Needed(
        amount=Money(minor=amount.minor, currency=amount.currency) if amount is not None else None,
        steps=steps,
        granted=granted,
        open=any(row.source == "rule" for row in await repository.open_of(db, ticket.id)),
        transitions=[
            TransitionRef(key=one.key, label=dict(one.label))
            for one in taking
            if ticket.state in one.from_states or ticket.status == "on_hold"
        ],
    )
