"""REST of automation: rules, what they did, what they would do, and macros."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query

from qiao.core import jobs
from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.automation import dryrun, macros, schemas, service
from qiao.people.accounts.access import Needs

router = Router(tags=["automation"])
Manager = Annotated[Actor, Needs("automation.manage")]
User = Annotated[Actor, Needs("tickets.handle", "conversations.handle", "automation.manage")]
Handler = Annotated[Actor, Needs("tickets.handle", "conversations.handle")]


@router.get("/automation/rules")
async def list_rules(actor: Manager, db: Read, locale: Locale) -> list[schemas.RuleView]:
    """All rules in the order they run in, each with its faults and how it fared in the last two weeks."""
    return await service.listing(db, actor, locale)


@router.post("/automation/rules", status_code=201)
async def create_rule(body: schemas.RuleBody, actor: Manager, db: Tx, locale: Locale) -> schemas.RuleView:
    return await service.create(db, actor, body, locale)


@router.put("/automation/rules/order", status_code=204)
async def order_rules(body: schemas.OrderBody, actor: Manager, db: Tx) -> None:
    """The order rules run in."""
    await service.order(db, actor, body)


@router.get("/automation/rules/{rule_id}")
async def read_rule(rule_id: UUID, actor: Manager, db: Read, locale: Locale) -> schemas.RuleView:
    return await service.get(db, actor, rule_id, locale)


@router.put("/automation/rules/{rule_id}")
async def replace_rule(
    rule_id: UUID, body: schemas.RuleBody, actor: Manager, db: Tx, locale: Locale
) -> schemas.RuleView:
    """Changes a rule as a whole; with an old `revision` it is refused."""
    return await service.replace(db, actor, rule_id, body, locale)


@router.put("/automation/rules/{rule_id}/enabled")
async def switch_rule(
    rule_id: UUID, body: schemas.SwitchBody, actor: Manager, db: Tx, locale: Locale
) -> schemas.RuleView:
    return await service.switch(db, actor, rule_id, body.enabled, locale)


@router.delete("/automation/rules/{rule_id}", status_code=204)
async def delete_rule(rule_id: UUID, actor: Manager, db: Tx) -> None:
    await service.archive(db, actor, rule_id)


@router.get("/automation/rules/{rule_id}/versions")
async def list_versions(
    rule_id: UUID, actor: Manager, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Page[schemas.VersionView]:
    items, following = await service.versions(db, actor, rule_id, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.post("/automation/rules/{rule_id}/versions/{revision}/restore")
async def restore_version(rule_id: UUID, revision: int, actor: Manager, db: Tx, locale: Locale) -> schemas.RuleView:
    """Makes an earlier version the present one."""
    return await service.restore(db, actor, rule_id, revision, locale)


@router.get("/automation/catalogue")
async def read_catalogue(actor: User, db: Read, locale: Locale) -> schemas.Catalogue:
    """What an editor of rules and macros offers."""
    return await service.offered(db, actor, locale)


@router.post("/automation/expression")
async def check_expression(
    body: schemas.ExpressionBody, actor: Manager, db: Read, locale: Locale
) -> schemas.ExpressionView:
    """Checks an expression while it is typed, or shows a builder's condition as one."""
    return await service.expression(db, actor, body, locale)


@router.get("/automation/runs")
async def list_runs(
    actor: Manager,
    db: Read,
    locale: Locale,
    rule_id: UUID | None = None,
    subject_id: UUID | None = None,
    chain_id: UUID | None = None,
    outcome: Annotated[list[schemas.Outcome] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[schemas.RunView]:
    """The log, newest first."""
    items, following = await service.runs(
        db,
        actor,
        locale,
        rule_id=rule_id,
        subject_id=subject_id,
        chain_id=chain_id,
        outcomes=outcome or (),
        cursor=cursor,
        limit=limit,
    )
    return Page(items=items, next_cursor=following)


@router.post("/automation/dry-runs", status_code=202)
async def ask_dry_run(body: schemas.DryRunBody, actor: Manager, db: Tx) -> schemas.DryRunAsked:
    """Starts a dry run on past data; it changes nothing."""
    return schemas.DryRunAsked(job_id=await dryrun.ask(db, actor, body.rule, body.days))


@router.get("/automation/dry-runs/{job_id}")
async def read_dry_run(job_id: UUID, actor: Manager, db: Read, locale: Locale) -> schemas.DryRunView:
    """How far it is, and at its end what it found."""
    row = await jobs.get(db, actor, job_id)
    if row.kind != dryrun.JOB:
        raise NotFound("job_not_found")
    result: dict[str, Any] | None = dryrun.said(row.result, locale) if row.result else None
    return schemas.DryRunView(state=row.state, done=row.done, total=row.total, result=result)


@router.get("/automation/limits")
async def read_limits(actor: Manager, db: Tx) -> schemas.LimitsView:
    return await service.limits(db, actor)


@router.put("/automation/limits")
async def set_limits(body: schemas.LimitsBody, actor: Manager, db: Tx) -> schemas.LimitsView:
    """How many mails all rules together may send an hour."""
    return await service.set_limits(db, actor, body.mails_per_hour)


@router.post("/automation/webhook-secret")
async def show_webhook_secret(actor: Manager, db: Tx) -> schemas.SecretView:
    """What receivers check signatures with."""
    return schemas.SecretView(secret=await service.webhook_secret(db, actor))


# -- macros ------------------------------------------------------------------------------------------------------------


@router.get("/macros")
async def list_macros(
    actor: User,
    db: Read,
    locale: Locale,
    subject: schemas.LivingSubject | None = None,
    everything: bool = False,
) -> list[schemas.MacroView]:
    """What the caller may use: their own, their department's, everybody's. `everything`: all shared ones, to manage them."""
    return await macros.listing(db, actor, locale, subject=subject, everything=everything)


@router.post("/macros", status_code=201)
async def create_macro(body: schemas.MacroBody, actor: User, db: Tx, locale: Locale) -> schemas.MacroView:
    return await macros.create(db, actor, body, locale)


@router.get("/macros/{macro_id}")
async def read_macro(macro_id: UUID, actor: User, db: Read, locale: Locale) -> schemas.MacroView:
    return await macros.get(db, actor, macro_id, locale)


@router.put("/macros/{macro_id}")
async def replace_macro(
    macro_id: UUID, body: schemas.MacroBody, actor: User, db: Tx, locale: Locale
) -> schemas.MacroView:
    return await macros.replace(db, actor, macro_id, body, locale)


@router.delete("/macros/{macro_id}", status_code=204)
async def delete_macro(macro_id: UUID, actor: User, db: Tx) -> None:
    await macros.delete(db, actor, macro_id)


@router.post("/macros/{macro_id}/preview")
async def preview_macro(
    macro_id: UUID, body: schemas.MacroTarget, actor: Handler, db: Read, locale: Locale
) -> schemas.MacroResult:
    """What it would do; changes nothing."""
    return await macros.preview(db, actor, macro_id, body, locale)


@router.post("/macros/{macro_id}/run")
async def run_macro(
    macro_id: UUID, body: schemas.MacroTarget, actor: Handler, db: Tx, locale: Locale
) -> schemas.MacroResult:
    """Does all of it, or nothing, with the caller's rights."""
    return await macros.run(db, actor, macro_id, body, locale)
