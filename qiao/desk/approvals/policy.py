"""Who must agree, who may decide, when it is settled. Pure."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from qiao.desk.tickets.definition import ApprovalRule, ApprovalStep

Verdict = Literal["approve", "reject"]
StepState = Literal["waiting", "active", "approved", "rejected", "skipped"]
LONGEST_REMINDER: Final = timedelta(hours=24)


class Amount(NamedTuple):
    minor: int
    currency: str


def amount_of(rule: ApprovalRule | None, fields: Mapping[str, Any]) -> Amount | None:
    """The amount the rule looks at, as the ticket has it now; None where there is none."""
    value = fields.get(rule.amount_field) if rule is not None and rule.amount_field else None
    if not isinstance(value, Mapping) or not isinstance(value.get("minor"), int):
        return None
    return Amount(value["minor"], str(value.get("currency", "")))


def needed(rule: ApprovalRule | None, amount: Amount | None) -> list[ApprovalStep]:
    """The steps this amount takes: those without a threshold, and those whose threshold it exceeds."""
    if rule is None:
        return []
    minor = amount.minor if amount is not None else 0
    return [step for step in rule.steps if step.above_minor is None or minor > step.above_minor]


def deciders(
    holders: Collection[UUID], requester: UUID | None, elsewhere: Collection[UUID] = frozenset()
) -> frozenset[UUID]:
    """Who may decide: whoever holds the right, and neither who asked nor who decided another step of the request
    (`elsewhere`), unless nobody else does."""
    others = frozenset(holders) - {requester}
    return others - frozenset(elsewhere) or others or frozenset(holders)


def rights(
    user_id: UUID,
    allowed: Collection[UUID],
    stands_in_for: Collection[UUID],
    requester: UUID | None,
    elsewhere: Collection[UUID] = frozenset(),
) -> list[UUID]:
    """With whose right somebody may decide: their own first, then of those whose deputy they are now. Who decided another
    step of the request decides this one for nobody."""
    if user_id == requester and frozenset(allowed) != {user_id}:
        return []
    if user_id in elsewhere and user_id not in allowed:
        return []
    return [one for one in dict.fromkeys([user_id, *stands_in_for]) if one in allowed]


def elsewhere(step_id: UUID, decided_by: Mapping[UUID, Collection[UUID]]) -> frozenset[UUID]:
    """Who decided another step than this, of those who decided each."""
    return frozenset(user for other, users in decided_by.items() if other != step_id for user in users)


def settled(
    needs: str, allowed: Collection[UUID], decisions: Mapping[UUID, Verdict]
) -> Literal["approved", "rejected"] | None:
    """How a step stands. One refusal is enough to refuse; `decisions` are by whose right."""
    if "reject" in decisions.values():
        return "rejected"
    agreed = {user for user, verdict in decisions.items() if verdict == "approve"}
    if needs == "one":
        return "approved" if agreed else None
    return "approved" if agreed and set(allowed) <= agreed else None


def following(order: str, states: Sequence[str]) -> list[int]:
    """Which waiting steps begin now, by place: the next one in a sequence, all of them in parallel."""
    waiting = [place for place, state in enumerate(states) if state == "waiting"]
    if order == "parallel":
        return waiting
    return [] if "active" in states else waiting[:1]


def overall(states: Sequence[str]) -> Literal["granted", "rejected"] | None:
    if "rejected" in states:
        return "rejected"
    return "granted" if all(state == "approved" for state in states) else None


def remind_at(asked: datetime, hours: int) -> datetime:
    """When who has not decided is asked once more: half-way, at most a day before it expires."""
    whole = timedelta(hours=hours)
    return asked + max(whole / 2, whole - LONGEST_REMINDER)
