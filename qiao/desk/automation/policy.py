"""What rules ask of an occasion: whether an event fits a trigger, why a condition failed, when a schedule is due. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from qiao.core.conditions import Condition, Group, Test, compare, holds, lookup
from qiao.desk.automation.schemas import EventTrigger, ScheduleTrigger

DEEPEST: Final = 5
"""Rules that may cause one another in a row."""
MOST_AN_HOUR: Final = 10
"""How often a rule may act on one object."""
OVER: Final[dict[str, frozenset[str]]] = {"ticket": frozenset({"closed"}), "conversation": frozenset({"closed"})}
"""Statuses nothing leads out of: such objects are no longer watched."""
STATUSES: Final[dict[str, tuple[str, ...]]] = {
    "ticket": ("new", "open", "pending", "on_hold", "solved"),
    "conversation": ("bot", "queued", "assigned", "snoozed", "resolved"),
}
_SEEN: Final = 200


@dataclass(frozen=True, slots=True)
class EventSpec:
    """A name an event trigger may use. `where` narrows the event's payload; `narrows` is what an editor offers."""

    subject: Literal["ticket", "conversation"]
    kind: str
    where: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    narrows: tuple[str, ...] = ()

    def concerns(self, kind: str, payload: Mapping[str, Any]) -> bool:
        return kind == self.kind and all(payload.get(key) in values for key, values in self.where)


EVENTS: Final[dict[str, EventSpec]] = {
    "ticket.created": EventSpec("ticket", "ticket.created", narrows=("by",)),
    "ticket.moved": EventSpec("ticket", "ticket.moved", narrows=("before", "after", "by")),
    "ticket.assigned": EventSpec("ticket", "ticket.assigned", narrows=("by",)),
    "ticket.commented": EventSpec("ticket", "ticket.commented", narrows=("by", "public")),
    "ticket.changed": EventSpec("ticket", "ticket.changed", narrows=("field", "before", "after", "by")),
    "ticket.escalated": EventSpec("ticket", "ticket.escalated", narrows=("by",)),
    "ticket.merged": EventSpec("ticket", "ticket.merged"),
    "ticket.rated": EventSpec("ticket", "ticket.rated", narrows=("after",)),
    "sla.warned": EventSpec("ticket", "sla.warned"),
    "sla.breached": EventSpec("ticket", "sla.breached", (("again", (False,)),)),
    "task.created": EventSpec("ticket", "task.created"),
    "task.handed_back": EventSpec("ticket", "task.moved", (("state", ("returned",)),)),
    "task.finished": EventSpec("ticket", "task.moved", (("state", ("done",)),)),
    "task.overdue": EventSpec("ticket", "task.overdue"),
    "approval.granted": EventSpec("ticket", "approval.closed", (("state", ("granted",)),)),
    "approval.rejected": EventSpec("ticket", "approval.closed", (("state", ("rejected",)),)),
    "approval.expired": EventSpec("ticket", "approval.closed", (("state", ("expired",)),)),
    "conversation.started": EventSpec("conversation", "conversation.started"),
    "conversation.message": EventSpec("conversation", "conversation.message_created", narrows=("by", "public")),
    "conversation.queued": EventSpec("conversation", "conversation.queued"),
    "conversation.assigned": EventSpec("conversation", "conversation.assigned"),
    "conversation.bot_resumed": EventSpec("conversation", "conversation.bot_resumed"),
    "conversation.resolved": EventSpec("conversation", "conversation.resolved"),
    "conversation.reopened": EventSpec("conversation", "conversation.reopened"),
    "conversation.closed": EventSpec("conversation", "conversation.closed"),
    "conversation.priority_changed": EventSpec("conversation", "conversation.priority_changed", narrows=("after",)),
    "conversation.sla_warned": EventSpec("conversation", "sla.warned"),
    "conversation.sla_breached": EventSpec("conversation", "sla.breached", (("again", (False,)),)),
    "conversation.tagged": EventSpec("conversation", "conversation.updated", narrows=("by",)),
}
_MOVED: Final = {"before": ("previous_status", "previous_state"), "after": ("status", "state")}
_VALUE: Final = {"ticket.rated": "rating", "conversation.priority_changed": "priority"}


def fits(
    trigger: EventTrigger,
    kind: str,
    payload: Mapping[str, Any],
    actor_kind: str,
    changes: Mapping[str, Any] | None = None,
) -> bool:
    """Whether an event is what a trigger waits for. `changes` are `{field: [before, after]}`, where they are known."""
    spec = EVENTS.get(trigger.event)
    if spec is None or not spec.concerns(kind, payload):
        return False
    if trigger.by and payload.get("author_kind", actor_kind) not in trigger.by:
        return False
    if trigger.public is not None and payload.get("public") is not trigger.public:
        return False
    if trigger.field is not None and trigger.field not in payload.get("fields", ()):
        return False
    for side, wanted in (("before", trigger.before), ("after", trigger.after)):
        if wanted and not _side(side, wanted, trigger, kind, payload, changes or {}):
            return False
    return True


def _side(
    side: str,
    wanted: list[Any],
    trigger: EventTrigger,
    kind: str,
    payload: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> bool:
    if kind == "ticket.moved":
        return any(payload.get(key) in wanted for key in _MOVED[side])
    if kind in _VALUE:
        return side == "after" and compare("in", payload.get(_VALUE[kind]), wanted)
    pair = changes.get(trigger.field or "")
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return False
    return compare("in", pair[0 if side == "before" else 1], wanted)


def first_failed(condition: Condition, facts: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first test because of which `condition` does not hold, with the value seen; None when it holds."""
    if holds(condition, facts):
        return None
    if isinstance(condition, Group):
        for part in condition.conditions:
            if holds(part, facts) is (condition.match == "none"):
                if condition.match == "none" and isinstance(part, Group):
                    continue
                found = _shown(part, facts) if isinstance(part, Test) else first_failed(part, facts)
                return {**(found or {}), "match": condition.match}
        return {"match": condition.match}
    return _shown(condition, facts)


def _shown(test: Test, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"fact": test.fact, "op": test.op, "value": seen(test.value), "seen": seen(lookup(facts, test.fact))}


def seen(value: Any) -> Any:
    """A value as the log keeps it: short, and nothing but what JSON can say."""
    if isinstance(value, str):
        return value if len(value) <= _SEEN else value[:_SEEN] + "…"
    if isinstance(value, list | tuple):
        return [seen(item) for item in list(value)[:10]]
    if isinstance(value, Mapping):
        return {str(key): seen(item) for key, item in list(value.items())[:10]}
    return value if isinstance(value, bool | int | float) or value is None else str(value)


# -- schedules ---------------------------------------------------------------------------------------------------------


def latest(trigger: ScheduleTrigger, at: datetime) -> datetime | None:
    """The last moment up to `at` the schedule names (it has named one in the last 32 days or never will)."""
    zone = ZoneInfo(trigger.timezone)
    day = at.astimezone(zone).date()
    for back in range(33):
        moment = _moment(trigger, day - timedelta(days=back), zone)
        if moment is not None and moment <= at:
            return moment
    return None


def following(trigger: ScheduleTrigger, at: datetime) -> datetime | None:
    """The next moment after `at`."""
    zone = ZoneInfo(trigger.timezone)
    day = at.astimezone(zone).date()
    for ahead in range(64):
        moment = _moment(trigger, day + timedelta(days=ahead), zone)
        if moment is not None and moment > at:
            return moment
    return None


def _moment(trigger: ScheduleTrigger, day: date, zone: ZoneInfo) -> datetime | None:
    if trigger.every == "week" and day.isoweekday() not in (trigger.weekdays or [1]):
        return None
    if trigger.every == "month" and day.day != min(trigger.day, _days_in_month(day)):
        return None
    # A time the clocks skip in spring is reckoned by the offset before the change, so it comes right after the gap;
    # one they repeat in autumn is the first of the two.
    return datetime.combine(day, time.fromisoformat(trigger.time), zone).astimezone(UTC)


def _days_in_month(day: date) -> int:
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
