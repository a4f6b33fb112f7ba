"""Rules on an occasion: which apply, whether their conditions hold, what they do, and what is written down of it.

Each rule stands in a savepoint of its own, all of its actions or none. What it causes carries the run's id as its actor's:
so a chain is known, and ends. The run's row has a unique occasion: after a crash nothing happens twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import perf_counter_ns
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, TryAgain
from qiao.core.errors import Problem, Refused
from qiao.core.ids import new_id
from qiao.desk.automation import actions, conditions, policy, references, repository, target
from qiao.desk.automation.actions import Doing, Line
from qiao.desk.automation.expressions import ExpressionError
from qiao.desk.automation.models import AutomationRule
from qiao.desk.automation.schemas import Action
from qiao.desk.automation.target import Target
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import service as accounts
from qiao.people.notifications import service as notifications

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why rules look at an object: `key` is unique per object, `trigger` is what the log says."""

    key: str
    trigger: str
    chain_id: UUID
    depth: int = 0


@dataclass
class Outcome:
    """What became of one rule."""

    outcome: str
    reason: dict[str, Any] | None = None
    lines: list[Line] = field(default_factory=list)
    run_id: UUID = field(default_factory=new_id)


async def run_all(
    db: Session, rules: Sequence[AutomationRule], subject: str, subject_id: UUID, occasion: Occasion, *,
    event: Mapping[str, Any] | None = None,
) -> list[Outcome]:  # fmt: skip
    """Runs these rules, in order, on one object, until one that acted says stop."""
    # Mostly nothing holds: then the customer is read only if a condition speaks of them.
    of_customer = any("customer" in str(rule.condition) for rule in rules)
    on = await target.load(db, subject, subject_id, event=event, customer=of_customer)
    if on is None:
        return []
    quiet = _all_unmatched(rules, on)
    if quiet is not None:
        await repository.add_runs(
            db, [run_row(rule, on, occasion, outcome) for rule, outcome in zip(rules, quiet, strict=True)]
        )
        return quiet
    ids = [rule.id for rule in rules]
    had = await repository.occasions_done(db, ids, subject_id, occasion.key)
    rules = [rule for rule in rules if rule.id not in had]
    if not rules:
        return []
    if not of_customer:
        on = await target.load(db, subject, subject_id, event=event) or on
    acted = await repository.acted(db, ids, subject_id, clock.now() - timedelta(hours=1))
    outcomes: list[Outcome] = []
    for rule in rules:
        outcome = await run_one(db, rule, on, occasion, acted.get(rule.id, 0))
        outcomes.append(outcome)
        if outcome.outcome != "done":
            continue
        if rule.stop:
            break
        if rule is not rules[-1]:
            fresh = await target.load(db, subject, subject_id, event=event)
            if fresh is None:
                break
            on = fresh
    return outcomes


async def run_one(
    db: Session, rule: AutomationRule, on: Target, occasion: Occasion, acted: int, *, log: bool = True
) -> Outcome:
    """One rule on one object, written down. `acted`: how often it did within the hour."""
    started = perf_counter_ns()
    outcome = await _decide(db, rule, on, occasion, acted)
    await repository.add_runs(db, [run_row(rule, on, occasion, outcome, (perf_counter_ns() - started) // 1000)])
    if outcome.outcome == "limited":
        await _tripped(db, rule, on, outcome)
    return outcome


def run_row(
    rule: AutomationRule, on: Target, occasion: Occasion, outcome: Outcome, microseconds: int = 0
) -> dict[str, Any]:
    """What the log keeps of one rule on one object."""
    return {
        "id": outcome.run_id,
        "rule_id": rule.id,
        "revision": rule.revision,
        "subject": on.subject,
        "subject_id": on.id,
        "occasion": occasion.key,
        "trigger": occasion.trigger,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "actions": outcome.lines,
        "chain_id": occasion.chain_id,
        "depth": occasion.depth,
        "microseconds": microseconds,
        "at": clock.now(),
    }


def _all_unmatched(rules: Sequence[AutomationRule], on: Target) -> list[Outcome] | None:
    """What became of rules none of whose conditions holds, as of most; None when one holds or can't be judged."""
    found = []
    for rule in rules:
        try:
            holds, reason = _judged(rule, on)
        except ExpressionError:
            return None
        if holds:
            return None
        found.append(Outcome("unmatched", reason))
    return found


def _judged(rule: AutomationRule, on: Target) -> tuple[bool, dict[str, Any] | None]:
    return conditions.judge(conditions.WHEN.validate_python(rule.condition) if rule.condition else None, on.facts)


async def _decide(db: Session, rule: AutomationRule, on: Target, occasion: Occasion, acted: int) -> Outcome:
    try:
        holds, reason = _judged(rule, on)
    except ExpressionError as error:
        return Outcome("failed", conditions.broken(error))
    if not holds:
        return Outcome("unmatched", reason)
    if occasion.depth >= policy.DEEPEST:
        return Outcome("limited", {"limit": "depth", "most": policy.DEEPEST})
    if acted >= policy.MOST_AN_HOUR:
        return Outcome("limited", {"limit": "rate", "most": policy.MOST_AN_HOUR})
    run_id = new_id()
    doing = Doing(
        actor=Actor(kind="system", id=run_id, name=rule.name),
        target=on,
        known=references.Known(),
        values={},
        rule_id=rule.id,
        rule_name=rule.name,
        run_id=run_id,
        key=f"{rule.id}-{on.id}-{occasion.key}",
    )
    failed = await act(db, conditions.ACTIONS.validate_python(rule.actions), doing)
    return Outcome("failed" if failed else "done", failed, doing.done, run_id)


async def act(db: Session, todo: Sequence[Action], doing: Doing, *, raises: bool = False) -> dict[str, Any] | None:
    """All of the actions, or none: what went wrong is returned (or raised). `doing.done` says what was done."""
    current: Action | None = None
    try:
        async with db.begin_nested():
            doing.known = await references.known(db, todo)
            doing.values = await target.values(db, doing.target)
            found = references.faults(doing.target.subject, todo, doing.known)
            if found:
                current = todo[int(found[0].field.rpartition(".")[2])]
                raise Refused(found[0].code, **found[0].params)
            for current in todo:
                doing.done.append(await actions.perform(db, current, doing))
            if doing.target.ticket is not None:
                await note(db, doing)
    except TryAgain:
        raise
    except Problem as error:
        if raises:
            raise
        # The savepoint took back what had been done; the log says so.
        doing.done = [actions.problem_line(current, doing, error)] if current is not None else []
        return {"error": {"code": error.code, "params": {k: str(v) for k, v in error.params.items()}}}
    except Exception as error:
        if raises or isinstance(error, DBAPIError):
            raise
        logger.exception("automation_rule_failed", rule_id=str(doing.rule_id), subject_id=str(doing.target.id))
        doing.done = [actions.describe(current, doing)] if current is not None else []
        return {"error": {"code": "automation.unexpected", "params": {"kind": type(error).__name__}}}
    return None


async def note(db: Session, doing: Doing) -> None:
    """A line in the ticket's timeline: which rule acted."""
    ticket = doing.target.ticket
    if ticket is None or doing.by_hand:
        return
    await tickets.note_event(
        db, doing.actor, ticket.id, "automation.ran", {"rule": doing.rule_name, "rule_id": str(doing.rule_id)}
    )


async def _tripped(db: Session, rule: AutomationRule, on: Target, outcome: Outcome) -> None:
    """The loop guard held a rule back: whoever manages automation hears of it, once an hour. The rule stays as it is."""
    if await repository.held_back(db, rule.id, on.id, clock.now() - timedelta(hours=1)) > 1:
        return
    logger.warning(
        "automation_limited", rule_id=str(rule.id), subject_id=str(on.id), limit=(outcome.reason or {}).get("limit")
    )
    people = await accounts.holders(db, "automation.manage")
    await notifications.tell(
        db,
        people,
        "automation.tripped",
        params={"rule": rule.name, "object": on.name or ""},
        link=f"/settings/automation/log?rule={rule.id}&outcome=limited",
    )


async def occasion_of(db: Session, key: str, trigger: str, actor_kind: str, actor_id: UUID | None) -> Occasion:
    """The occasion of an event, with its place in the chain it belongs to: the runs of rules are the actors of theirs."""
    if actor_kind == "system" and actor_id is not None:
        cause = await repository.run(db, actor_id)
        if cause is not None:
            return Occasion(key, trigger, cause.chain_id, cause.depth + 1)
    return Occasion(key, trigger, new_id(), 0)
