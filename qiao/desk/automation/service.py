"""The verbs of rules: written, checked, switched, ordered, kept in versions; what their runs say."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock, i18n, mail
from qiao.core.actor import Actor
from qiao.core.conditions import DEEPEST, Condition, depth, tests_of
from qiao.core.db import Session, after_commit
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.automation import actions as acting
from qiao.desk.automation import (
    catalogue,
    conditions,
    expressions,
    outbox,
    policy,
    references,
    repository,
    target,
    texts,
)
from qiao.desk.automation.events import RulesChanged
from qiao.desk.automation.expressions import ExpressionError
from qiao.desk.automation.models import AutomationRule, AutomationRuleVersion, AutomationRun
from qiao.desk.automation.ports import Procedures
from qiao.desk.automation.rulebook import RuleBook
from qiao.desk.automation.schemas import (
    Action,
    Built,
    Catalogue,
    EventChoice,
    EventTrigger,
    ExpressionBody,
    ExpressionFault,
    ExpressionView,
    FactView,
    LimitsView,
    OrderBody,
    RuleBody,
    RuleView,
    RunView,
    ScheduleTrigger,
    TimeTrigger,
    VersionView,
    When,
)
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts

DAYS = 14
_BODY = (
    "name", "description", "subject", "trigger", "condition", "actions", "stop", "enabled", "active_from", "active_until",
)  # fmt: skip


# -- reading -----------------------------------------------------------------------------------------------------------


async def listing(db: Session, actor: Actor, locale: str) -> list[RuleView]:
    """All rules in their order, each with what is wrong with it and how it fared of late."""
    actor.require("automation.manage")
    return await _views(db, await repository.rules(db), locale)


async def get(db: Session, actor: Actor, rule_id: UUID, locale: str) -> RuleView:
    actor.require("automation.manage")
    return (await _views(db, [await _existing(db, rule_id)], locale))[0]


async def _existing(db: Session, rule_id: UUID, *, lock: bool = False) -> AutomationRule:
    row = await repository.rule(db, rule_id, lock=lock)
    if row is None:
        raise NotFound("automation.rule_not_found")
    return row


async def _views(db: Session, rows: Sequence[AutomationRule], locale: str) -> list[RuleView]:
    now = clock.now()
    since = now - timedelta(days=DAYS)
    daily: dict[UUID, list[int]] = {row.id: [0] * DAYS for row in rows}
    failed: dict[UUID, int] = {}
    for rule_id, day, outcome, count in await repository.daily(db, since):
        if rule_id not in daily:
            continue
        if outcome == "done":
            daily[rule_id][min(day, DAYS - 1)] += count
        elif day >= DAYS - 7:
            failed[rule_id] = failed.get(rule_id, 0) + count
    last = await repository.last_runs(db, [row.id for row in rows])
    people = await accounts.people(db, [row.updated_by for row in rows if row.updated_by])
    todo = {row.id: conditions.ACTIONS.validate_python(row.actions) for row in rows}
    known = await references.known(db, [action for one in todo.values() for action in one])
    names = {subject: await catalogue.names(db, subject) for subject in {row.subject for row in rows}}
    calendars = await references.calendars(db) if any(row.trigger.get("calendar_id") for row in rows) else frozenset()
    views = []
    for row in rows:
        trigger = conditions.TRIGGER.validate_python(row.trigger)
        when = conditions.WHEN.validate_python(row.condition) if row.condition else None
        faults = references.faults(row.subject, todo[row.id], known)
        faults += condition_faults(when, names[row.subject])
        if isinstance(trigger, TimeTrigger) and trigger.calendar_id and trigger.calendar_id not in calendars:
            faults.append(FieldError("trigger.calendar_id", "automation.calendar_gone"))
        views.append(
            RuleView(
                id=row.id,
                key=row.key,
                name=words_of(row, "name", locale),
                description=words_of(row, "description", locale),
                subject=row.subject,  # checked by the table
                trigger=trigger,
                condition=when,
                actions=todo[row.id],
                stop=row.stop,
                enabled=row.enabled,
                active_from=row.active_from,
                active_until=row.active_until,
                position=row.position,
                revision=row.revision,
                updated_at=row.updated_at,
                updated_by=people[row.updated_by].name if row.updated_by in people else None,
                faults=references.said(faults, locale),
                daily=daily[row.id],
                last_run_at=last.get(row.id),
                failed=failed.get(row.id, 0),
                next_at=policy.following(trigger, now)
                if isinstance(trigger, ScheduleTrigger) and row.enabled
                else None,
            )
        )
    return views


def words_of(row: AutomationRule, what: str, locale: str) -> str:
    """Name or description; of a rule that came with the product, and is still called so, in the reader's language."""
    value: str = getattr(row, what)
    key = f"automation.shipped.{row.key}.{what}"
    if row.key is not None and any(i18n.t(key, one) == value for one in i18n.LOCALES):
        return i18n.t(key, locale)
    return value


# -- writing -----------------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, body: RuleBody, locale: str) -> RuleView:
    """A new rule, after the others. Refused with what is wrong and where."""
    actor.require("automation.manage")
    await check(db, body)
    row = await add(db, actor, body)
    await audit.record(db, actor, "automation_rule.created", "automation_rule", row.id, {"name": [None, row.name]})
    return (await _views(db, [row], locale))[0]


async def add(db: Session, actor: Actor, body: RuleBody, *, key: str | None = None) -> AutomationRule:
    """Writes a checked rule."""
    now = clock.now()
    row = AutomationRule(
        id=new_id(),
        key=key,
        position=await repository.last_position(db) + 1,
        enabled_at=now if body.enabled else None,
        created_at=now,
        updated_at=now,
        updated_by=actor.id,
        **_columns(body),
    )
    db.add(row)
    await db.flush()
    await _version(db, actor, row, ["created"])
    await _changed(db, actor)
    return row


async def replace(db: Session, actor: Actor, rule_id: UUID, body: RuleBody, locale: str) -> RuleView:
    """Changes a rule as a whole. Refused when somebody else changed it since `body.revision`."""
    actor.require("automation.manage")
    row = await _existing(db, rule_id, lock=True)
    if body.revision is not None and body.revision != row.revision:
        raise Conflict("automation.changed_meanwhile", revision=row.revision)
    await check(db, body)
    before = {name: getattr(row, name) for name in _BODY}
    wanted = _columns(body)
    differing = [name for name in _BODY if before[name] != wanted[name]]
    if differing:
        if body.enabled and not row.enabled:
            row.enabled_at = clock.now()
        for name in differing:
            setattr(row, name, wanted[name])
        await _touch(db, actor, row, differing)
        changes = audit.diff({k: before[k] for k in differing}, {k: wanted[k] for k in differing})
        await audit.record(db, actor, "automation_rule.updated", "automation_rule", row.id, changes)
    return (await _views(db, [row], locale))[0]


async def switch(db: Session, actor: Actor, rule_id: UUID, enabled: bool, locale: str) -> RuleView:
    """On or off. A rule with a fault cannot be switched on."""
    actor.require("automation.manage")
    row = await _existing(db, rule_id, lock=True)
    if row.enabled != enabled:
        if enabled:
            await check(db, body_of(row))
            row.enabled_at = clock.now()
        row.enabled = enabled
        await _touch(db, actor, row, ["enabled"])
        await audit.record(
            db, actor, "automation_rule.switched", "automation_rule", row.id, {"enabled": [not enabled, enabled]}
        )
    return (await _views(db, [row], locale))[0]


async def order(db: Session, actor: Actor, body: OrderBody) -> None:
    """The order rules run in: those named first, as named; the others after them as they stood."""
    actor.require("automation.manage")
    rows = {row.id: row for row in await repository.rules(db)}
    if set(body.ids) - set(rows):
        raise NotFound("automation.rule_not_found")
    wanted = list(dict.fromkeys(body.ids))
    wanted += [rule_id for rule_id in rows if rule_id not in set(wanted)]
    if wanted == list(rows):
        return
    for position, rule_id in enumerate(wanted):
        rows[rule_id].position = position
    await audit.record(
        db, actor, "automation_rule.ordered", "automation_rule", "order",
        {"order": [[row.name for row in rows.values()], [rows[rule_id].name for rule_id in wanted]]},
    )  # fmt: skip
    await _changed(db, actor)


async def archive(db: Session, actor: Actor, rule_id: UUID) -> None:
    """Takes a rule away; its runs stay in the log."""
    actor.require("automation.manage")
    row = await _existing(db, rule_id, lock=True)
    row.archived_at, row.enabled = clock.now(), False
    await audit.record(db, actor, "automation_rule.deleted", "automation_rule", row.id, {"name": [row.name, None]})
    await _changed(db, actor)


async def restore(db: Session, actor: Actor, rule_id: UUID, revision: int, locale: str) -> RuleView:
    """Makes an earlier version the present one."""
    actor.require("automation.manage")
    row = await _existing(db, rule_id)
    found = await db.get(AutomationRuleVersion, (rule_id, revision))
    if found is None:
        raise NotFound("automation.version_not_found", revision=revision)
    body = RuleBody.model_validate({**found.body, "enabled": row.enabled, "revision": row.revision})
    return await replace(db, actor, rule_id, body, locale)


async def versions(
    db: Session, actor: Actor, rule_id: UUID, cursor: str | None, limit: int
) -> tuple[list[VersionView], str | None]:
    """What was changed when by whom, newest first."""
    actor.require("automation.manage")
    await _existing(db, rule_id)
    before = decode_cursor(cursor, tuple[int])
    rows = await repository.versions(db, rule_id, before[0] if before else None, limit + 1)
    people = await accounts.people(db, [row.changed_by for row in rows if row.changed_by])
    items = [
        VersionView(
            revision=row.revision,
            changes=[str(name) for name in row.changes],
            changed_at=row.changed_at,
            changed_by=people[row.changed_by].name if row.changed_by in people else None,
            body=row.body,
        )
        for row in rows[:limit]
    ]
    return items, encode_cursor(rows[limit - 1].revision) if len(rows) > limit else None


def body_of(row: AutomationRule) -> RuleBody:
    """A rule as its editor has it."""
    return RuleBody.model_validate({name: getattr(row, name) for name in _BODY})


def _columns(body: RuleBody) -> dict[str, Any]:
    """What the table holds of a body. Exactly what JSON says, so that versions compare."""
    data = body.model_dump(mode="json", exclude={"revision"})
    data["active_from"], data["active_until"] = body.active_from, body.active_until
    return data


async def _touch(db: Session, actor: Actor, row: AutomationRule, changes: list[str]) -> None:
    row.revision += 1
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    await _version(db, actor, row, changes)
    await _changed(db, actor)


async def _version(db: Session, actor: Actor, row: AutomationRule, changes: list[str]) -> None:
    db.add(
        AutomationRuleVersion(
            rule_id=row.id,
            revision=row.revision,
            body=body_of(row).model_dump(mode="json", exclude={"revision", "enabled"}),
            changes=changes,
            changed_at=row.updated_at,
            changed_by=actor.id,
        )
    )
    await db.flush()


async def _changed(db: Session, actor: Actor) -> None:
    await emit(db, RulesChanged(), actor=actor)
    book = runtime_of(db).find(RuleBook)
    if book is not None:
        after_commit(db, book.forget)


# -- what is wrong with a rule -----------------------------------------------------------------------------------------


async def check(db: Session, body: RuleBody) -> None:
    """Raises Invalid with everything that is wrong, each with its place."""
    faults = trigger_faults(body)
    faults += condition_faults(body.condition, await catalogue.names(db, body.subject))
    faults += references.faults(body.subject, body.actions, await references.known(db, body.actions))
    trigger = body.trigger
    if isinstance(trigger, TimeTrigger) and trigger.clock == "business":
        if trigger.calendar_id is None:
            faults.append(FieldError("trigger.calendar_id", "automation.calendar_needed"))
        elif trigger.calendar_id not in await references.calendars(db):
            faults.append(FieldError("trigger.calendar_id", "automation.calendar_gone"))
    if body.active_from and body.active_until and body.active_from >= body.active_until:
        faults.append(FieldError("active_until", "automation.until_before_from"))
    if faults:
        raise Invalid("invalid", fields=faults)


def trigger_faults(body: RuleBody) -> list[FieldError]:
    trigger = body.trigger
    found: list[FieldError] = []
    if isinstance(trigger, EventTrigger):
        spec = policy.EVENTS.get(trigger.event)
        if spec is None or spec.subject != body.subject:
            found.append(FieldError("trigger.event", "automation.event_unknown", {"event": trigger.event}))
        elif trigger.event == "ticket.changed" and (trigger.before or trigger.after) and not trigger.field:
            found.append(FieldError("trigger.field", "automation.field_needed"))
    elif isinstance(trigger, TimeTrigger):
        if body.subject == "none":
            found.append(FieldError("subject", "automation.subject_needed"))
        elif trigger.since == "due" and body.subject != "ticket":
            found.append(FieldError("trigger.since", "automation.due_is_for_tickets"))
        elif set(trigger.statuses) - set(policy.STATUSES[body.subject]):
            found.append(FieldError("trigger.statuses", "automation.status_unknown"))
        if trigger.before and trigger.since != "due":
            found.append(FieldError("trigger.before", "automation.before_is_for_due"))
    elif trigger.every == "week" and not trigger.weekdays:
        found.append(FieldError("trigger.weekdays", "automation.weekdays_needed"))
    if body.subject == "none" and not isinstance(trigger, ScheduleTrigger) and isinstance(trigger, EventTrigger):
        found.append(FieldError("subject", "automation.subject_needed"))
    if body.subject == "none" and body.condition is not None:
        found.append(FieldError("condition", "automation.condition_without_subject"))
    return found


def condition_faults(when: When | None, names: expressions.Names) -> list[FieldError]:
    """Facts there are none of, and what is wrong with an expression, with line and column."""
    if when is None:
        return []
    if isinstance(when, Built):
        if depth(when.condition) > DEEPEST:
            return [FieldError("condition", "automation.too_deep", {"most": DEEPEST})]
        unknown = [test.fact for test in tests_of(when.condition) if names.kind(test.fact) in (None, "object")]
        return [FieldError("condition", "automation.fact_unknown", {"name": name}) for name in dict.fromkeys(unknown)]
    try:
        expressions.compiled(when.source, names)
    except ExpressionError as error:
        return [
            FieldError(
                "condition.source",
                f"automation.expression.{error.code}",
                {"line": error.line, "column": error.column, **error.params},
            )
        ]
    return []


async def expression(db: Session, actor: Actor, body: ExpressionBody, locale: str) -> ExpressionView:
    """Checks what is being typed, or shows a builder's condition as CEL."""
    actor.require("automation.manage")
    source = _written(body.condition) if body.condition is not None else (body.source or "")
    try:
        expressions.compiled(source, await catalogue.names(db, body.subject))
    except ExpressionError as error:
        params = {"line": error.line, "column": error.column, **error.params}
        fault = ExpressionFault(
            code=error.code,
            message=i18n.t(f"errors.automation.expression.{error.code}", locale, **params),
            line=error.line,
            column=error.column,
        )
        return ExpressionView(source=source, faults=[fault])
    return ExpressionView(source=source, faults=[])


def _written(condition: Condition) -> str:
    if depth(condition) > DEEPEST:
        raise Invalid.field("condition", "automation.too_deep", most=DEEPEST)
    return expressions.written(condition)


# -- what an editor offers ---------------------------------------------------------------------------------------------


async def offered(db: Session, actor: Actor, locale: str) -> Catalogue:
    """Events, facts, actions and variables, in the reader's language. Macros are made of the same actions."""
    facts: dict[str, list[FactView]] = {}
    if actor.may("automation.manage"):
        facts = {subject: await catalogue.facts(db, subject, locale) for subject in ("ticket", "conversation")}
    events: dict[str, list[EventChoice]] = {"ticket": [], "conversation": []}
    for key, spec in policy.EVENTS.items():
        label = i18n.t(f"automation.event.{key}", locale)
        events[spec.subject].append(EventChoice(key=key, label=label, narrows=list(spec.narrows)))
    port = runtime_of(db).find(Procedures)
    procedures = [{"key": key, "name": name} for key, name in (await port.listed(db)).items()] if port else []
    listed = await types.list_types(db)
    variables = [{"name": name, "label": i18n.t(f"automation.variable.{name}", locale)} for name in texts.VARIABLES]
    seen: set[str] = set()
    for view in listed:
        for field in view.definition.fields if view.active else ():
            name = f"{texts.FIELD}{field.key}"
            if name not in seen:
                seen.add(name)
                variables.append({"name": name, "label": catalogue.said(field.label, locale)})
    return Catalogue(
        events=events,
        facts=facts,
        actions={
            subject: [do for do in _ORDER if do in allowed and (do != "start_procedure" or port is not None)]
            for subject, allowed in references.ALLOWED.items()
        },
        variables=variables,
        mail=mail.can_send(runtime_of(db).settings),
        procedures=procedures,
        types=[
            {"key": view.key, "name": catalogue.said(view.definition.name, locale)} for view in listed if view.active
        ],
    )


_ORDER = (
    "set_priority", "tags", "assign", "move", "comment", "notify", "set_field", "set_due", "set_type", "escalate", "mail",
    "webhook", "create_ticket", "start_procedure", "ask_bot",
)  # fmt: skip


# -- the log -----------------------------------------------------------------------------------------------------------


async def runs(
    db: Session,
    actor: Actor,
    locale: str,
    *,
    rule_id: UUID | None = None,
    subject_id: UUID | None = None,
    outcomes: Sequence[str] = (),
    chain_id: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[RunView], str | None]:
    """What rules did, on what, why, and why not; newest first."""
    actor.require("automation.manage")
    before = decode_cursor(cursor, tuple[datetime, UUID])
    found = await repository.runs(
        db,
        rule_id=rule_id,
        subject_id=subject_id,
        outcomes=outcomes,
        chain_id=chain_id,
        before=before,
        limit=limit + 1,
    )
    page = found[:limit]
    names: dict[UUID, str | None] = {}
    for subject in ("ticket", "conversation"):
        ids = list({run.subject_id for run, _ in page if run.subject == subject})
        if ids:
            there = await target.load_many(db, subject, ids)
            names |= {key: on.name for key, on in there.items()}
    items = [_run_view(run, name, names.get(run.subject_id), locale) for run, name in page]
    last = page[-1][0] if page else None
    return items, encode_cursor(last.at, last.id) if last is not None and len(found) > limit else None


def _run_view(run: AutomationRun, rule: str, name: str | None, locale: str) -> RunView:
    lines = []
    for line in run.actions:
        error = line.get("error")
        lines.append(
            {
                "do": line["do"],
                "text": acting.worded(line, locale),
                "fault": acting.error_said(error, locale) if error else None,
                "ticket": acting.ticket_made(line),
            }
        )
    reason = dict(run.reason) if run.reason else None
    if reason is not None and reason.get("error"):
        reason["message"] = acting.error_said(reason["error"], locale)
    return RunView(
        id=run.id,
        rule_id=run.rule_id,
        rule=rule,
        revision=run.revision,
        subject=run.subject,  # one of the three
        subject_id=run.subject_id,
        object=name,
        trigger=run.trigger,
        outcome=run.outcome,  # checked by the table
        reason=reason,
        actions=lines,
        chain_id=run.chain_id,
        depth=run.depth,
        milliseconds=run.microseconds / 1000,
        at=run.at,
    )


# -- what leaves the house ---------------------------------------------------------------------------------------------


async def limits(db: Session, actor: Actor) -> LimitsView:
    actor.require("automation.manage")
    row = await outbox.settings_row(db)
    return LimitsView(mails_per_hour=row.mails_per_hour, sent_last_hour=await outbox.tally(db))


async def set_limits(db: Session, actor: Actor, mails_per_hour: int) -> LimitsView:
    """How many mails all rules together may send an hour."""
    actor.require("automation.manage")
    row = await outbox.settings_row(db, lock=True)
    if row.mails_per_hour != mails_per_hour:
        changes = {"mails_per_hour": [row.mails_per_hour, mails_per_hour]}
        row.mails_per_hour = mails_per_hour
        await audit.record(db, actor, "automation.limits_changed", "automation", "limits", changes)
    return LimitsView(mails_per_hour=row.mails_per_hour, sent_last_hour=await outbox.tally(db))


async def webhook_secret(db: Session, actor: Actor) -> str:
    """What receivers check signatures with; seeing it stands in the audit log."""
    actor.require("automation.manage")
    await audit.record(db, actor, "automation.secret_shown", "automation", "secret")
    return await outbox.secret(db)


def actions_of(given: Sequence[Any]) -> list[Action]:
    return conditions.ACTIONS.validate_python(list(given))
