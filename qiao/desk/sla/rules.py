"""Policies ready for use: which one applies to a ticket, what it promises, when its ladder has steps. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from qiao.core.conditions import Condition, holds, tests_of
from qiao.desk.sla.clock import SECOND, Hours, Ruler, Steps, Wall
from qiao.desk.sla.schemas import PolicyBody, Step, When

WALL: Final = Wall()
ALWAYS_LOOKED_AT: Final = frozenset({"ticket.priority"})
DEFAULT_PAUSES: Final = frozenset({"pending"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What is promised: seconds, along a calendar or (None) around the clock."""

    target_s: int
    calendar_id: UUID | None


@dataclass(frozen=True, slots=True)
class Policy:
    id: UUID
    subject: str
    name: str
    active: bool
    conditions: Condition | None
    terms: Mapping[tuple[str, int], Terms]
    pause_on: frozenset[str]
    ladder: tuple[Step, ...]
    by_id: Mapping[str, Step]

    @classmethod
    def of(cls, policy_id: UUID, body: PolicyBody) -> "Policy":
        return cls(
            id=policy_id,
            subject=body.subject,
            name=body.name,
            active=body.active,
            conditions=body.conditions,
            terms={
                (kind, priority): Terms(minutes * 60, body.calendar_id if target.business else None)
                for kind, target in body.targets.items()
                for priority, minutes in enumerate(target.minutes)
                if minutes is not None
            },
            pause_on=frozenset(body.pause_on),
            ladder=tuple(body.ladder),
            by_id={step.id: step for step in body.ladder},
        )

    def applies(self, facts: Mapping[str, Any]) -> bool:
        return self.conditions is None or holds(self.conditions, facts)

    def steps_for(self, kind: str, target_s: int) -> dict[str, int]:
        """Steps of the ladder this kind of clock climbs, by how much must have counted. What would have to happen before
        the clock starts is left out."""
        found = {}
        for step in self.ladder:
            ticks = reached_at(step.when, target_s)
            if ticks > 0 and (not step.kinds or kind in step.kinds):
                found[step.id] = ticks
        return found

    def step(self, step_id: str) -> Step | None:
        return self.by_id.get(step_id)


def reached_at(when: When, target_s: int) -> int:
    """How much must have counted for a step, in microseconds; not positive where it lies before the start."""
    if when.at == "percent":
        return target_s * SECOND * when.value // 100
    if when.at == "before":
        return (target_s - when.value * 60) * SECOND
    return (target_s + when.value * 60) * SECOND


@dataclass(slots=True)
class Rulebook:
    """All policies in order, and the calendars they count in. `revision` says of which change of them this is."""

    revision: int
    policies: tuple[Policy, ...]
    rulers: Mapping[UUID, Hours]
    by_id: dict[UUID, Policy] = field(default_factory=dict)
    watched: frozenset[str] = frozenset()
    """Facts that conditions of tickets' policies look at. Conversations are looked at anew whatever changed."""
    asks: frozenset[str] = frozenset()
    """Which facts beside the ticket's own conditions look at: customer, conversation."""
    _steps: dict[tuple[UUID, str, int], Steps] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {policy.id: policy for policy in self.policies}
        self.watched = ALWAYS_LOOKED_AT | {
            test.fact
            for policy in self.policies
            if policy.conditions and policy.subject == "ticket"
            for test in tests_of(policy.conditions)
        }
        self.asks = frozenset(fact.partition(".")[0] for fact in self.watched) - {"ticket"}

    def promises(self, subject: str) -> bool:
        """Whether anything is promised to tickets, or to conversations, at all."""
        return any(policy.active and policy.subject == subject for policy in self.policies)

    def choose(self, facts: Mapping[str, Any], subject: str = "ticket") -> Policy | None:
        """The first active policy of this subject whose conditions hold."""
        asked = (policy for policy in self.policies if policy.active and policy.subject == subject)
        return next((policy for policy in asked if policy.applies(facts)), None)

    def ruler(self, calendar_id: UUID | None) -> Ruler:
        """A calendar that is gone counts around the clock."""
        return self.rulers.get(calendar_id, WALL) if calendar_id is not None else WALL

    def steps(self, policy_id: UUID | None, kind: str, target_s: int) -> Steps:
        policy = self.by_id.get(policy_id) if policy_id is not None else None
        if policy is None:
            return {}
        key = (policy.id, kind, target_s)
        found = self._steps.get(key)
        if found is None:
            found = self._steps[key] = policy.steps_for(kind, target_s)
        return found

    def pauses(self, policy_id: UUID | None) -> frozenset[str]:
        policy = self.by_id.get(policy_id) if policy_id is not None else None
        return policy.pause_on if policy is not None else DEFAULT_PAUSES

    def looks_at(self, *paths: str) -> bool:
        """Whether any policy asks for one of these facts, or for something below it."""
        return any(fact == path or fact.startswith(f"{path}.") for fact in self.watched for path in paths)


def watched_paths(fields: Iterable[str]) -> list[str]:
    """Names of changed fields (as `ticket.changed` tells them) as the facts conditions are tested against."""
    paths: list[str] = []
    for name in fields:
        if name == "customer_id":
            paths += ["customer", "ticket.customer_id"]
        elif name == "type_id":
            paths += ["ticket.type", "ticket.fields"]
        elif name.startswith("fields."):
            paths += [f"ticket.{name}", f"ticket.{name}_minor"]
        else:
            paths.append(f"ticket.{name}")
    return paths
