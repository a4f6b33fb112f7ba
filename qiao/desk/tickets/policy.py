"""Pure decisions about tickets: who may see and do what, which ways on are open, how numbers are written."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.conditions import holds
from qiao.desk.tickets.definition import ApprovalRule, ApprovalStep, Definition, State, Transition

OPEN: Final = frozenset({"new", "open", "pending", "on_hold"})
"""Not done: somebody still has to do something."""
DONE: Final = frozenset({"solved", "closed"})
_NUMBER: Final = re.compile(r"(?:#|[A-Za-z]{1,4}-?)?([0-9]{1,15})")
LIMITED: Final = ("user", "customer")
"""Kinds of actors to whom the rules of a workflow about persons apply. The system and the bot act for whoever set them up."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What decides whether one actor sees a ticket. `involved`: they, or their department, are."""

    customer_id: UUID | None
    requester_id: UUID | None
    creator_id: UUID | None
    assignee_id: UUID | None
    department_id: UUID | None
    involved: bool = False


@dataclass(frozen=True, slots=True)
class Doer:
    """An actor with the keys and ids of their roles, where a definition asks for roles."""

    actor: Actor
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def side(self) -> str:
        return "customer" if self.actor.kind == "customer" else "staff"

    @property
    def limited(self) -> bool:
        return self.actor.kind in LIMITED


def may_see(actor: Actor, scope: Scope) -> bool:
    """Whether a ticket exists for `actor`."""
    if actor.kind in ("system", "bot"):
        return True
    if actor.id is None:
        return False
    if actor.kind == "customer":
        return scope.customer_id == actor.id
    if actor.may("tickets.view_all"):
        return True
    named = scope.involved or actor.id == scope.assignee_id
    if actor.may("tickets.handle"):
        return (
            named
            or actor.id in (scope.creator_id, scope.requester_id)
            or scope.department_id is None
            or scope.department_id == actor.department_id
        )
    return named and actor.may("tasks.handle")


def may_handle(actor: Actor, scope: Scope) -> bool:
    """Whether `actor` may change it: edit, assign, move, speak to the customer."""
    if actor.kind in ("system", "bot"):
        return True
    return actor.kind == "user" and actor.may("tickets.handle") and may_see(actor, scope)


def may_note(actor: Actor, scope: Scope) -> bool:
    """Whether `actor` may write for colleagues."""
    if actor.kind in ("system", "bot"):
        return True
    works = actor.may("tickets.handle") or actor.may("tasks.handle")
    return actor.kind == "user" and works and may_see(actor, scope)


def may(actor: Actor, scope: Scope, status: str, *, merged: bool) -> dict[str, bool]:
    """What the console offers this person on this ticket."""
    handle, note = may_handle(actor, scope), may_note(actor, scope)
    living = not merged
    going = living and status != "closed"
    return {
        "edit": handle and going,
        "assign": handle and going,
        "escalate": handle and living and status in OPEN,
        "hold": handle and living and status in OPEN,
        "move": handle and living,
        "comment": handle and going,
        "note": note and living,
        "tag": handle and living,
        "link": handle and living,
        "merge": handle and living and status != "closed",
        "split": handle and living,
        "checklist": note and living,
        "worklog": note and living,
        "watch": actor.kind == "user" and may_see(actor, scope),
        "rate": actor.kind == "customer" and living and status in DONE,
    }


# -- the workflow ------------------------------------------------------------------------------------------------------


def state_of(definition: Definition, key: str) -> State | None:
    """The state of that key; None when the type has none (an archived revision's)."""
    return next((state for state in definition.workflow.states if state.key == key), None)


def transitions_from(definition: Definition, state: str) -> list[Transition]:
    """Every way on from a state, in the order of the definition."""
    return [one for one in definition.workflow.transitions if state in one.from_states]


def wants(transition: Transition, values: Mapping[str, Any]) -> list[str]:
    """Fields that have to be filled for this way and are not."""
    return [key for key in transition.require if _empty(values.get(key))]


def why_not(
    doer: Doer, scope: Scope, transition: Transition, facts: Mapping[str, Any], *, approved: bool = False
) -> str | None:
    """Why this way is not open to `doer` as things stand: role, assignee, customer, condition, approval; None when it is.

    Missing fields and a comment are asked for with the move itself, so they do not close a way. The system and the bot
    are not asked who they are.
    """
    if doer.limited:
        refusal = _who(doer, scope, transition)
        if refusal is not None:
            return refusal
    if transition.when is not None and not holds(transition.when, facts):
        return "condition"
    if transition.approval and not approved:
        return "approval"
    return None


def _who(doer: Doer, scope: Scope, transition: Transition) -> str | None:
    actor = doer.actor
    if actor.kind == "customer":
        return None if "customer" in transition.by else "customer"
    if not may_handle(actor, scope):
        return "role"
    if "staff" not in transition.by and not ("assignee" in transition.by and actor.id == scope.assignee_id):
        return "assignee" if "assignee" in transition.by else "customer"
    if transition.roles and not doer.roles.intersection(transition.roles):
        return "role"
    return None


def toward(definition: Definition, state: str, status: str) -> list[Transition]:
    """Ways from `state` into states of a shared status, in order."""
    of_status = {one.key for one in definition.workflow.states if one.status == status}
    return [one for one in transitions_from(definition, state) if one.to in of_status]


def first_state(definition: Definition, status: str) -> State | None:
    """The first state of a shared status."""
    return next((state for state in definition.workflow.states if state.status == status), None)


def steps_needed(rule: ApprovalRule | None, values: Mapping[str, Any]) -> list[ApprovalStep]:
    """The steps an amount calls for. Without an amount every step is needed: what is not known is not small."""
    if rule is None:
        return []
    money = values.get(rule.amount_field) if rule.amount_field is not None else None
    minor = money.get("minor") if isinstance(money, Mapping) else None
    return [
        step
        for step in rule.steps
        if step.above_minor is None or not isinstance(minor, int) or minor > step.above_minor
    ]


# -- numbers -----------------------------------------------------------------------------------------------------------


def ref(prefix: str, number: int) -> str:
    """`R-10023`."""
    return f"{prefix}-{number}"


def parse_ref(text: str) -> int | None:
    """The number in `R-10023`, `r10023`, `#10023` or `10023`; None for anything else."""
    match = _NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def preview(text: str, width: int = 160) -> str:
    """One line of a text."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}
