"""Sending codes, and forgetting them; telling customers of answers."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any, Final
from uuid import UUID

import structlog

from qiao.channels.portal import codes, repository
from qiao.channels.portal.session import CODE_MINUTES
from qiao.core import clock, i18n, mail
from qiao.core.actor import Actor
from qiao.core.jobs import Progress, every, job
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.desk.tickets import service as tickets
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

TOLD: Final = "portal.answer_mail"
logger = structlog.get_logger(__name__)


@job(codes.JOB)
async def send_code(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """Mails the digits of a code, while they are of use."""
    code_id = UUID(payload["code_id"])
    now = clock.now()
    async with runtime.db.read() as db:
        row = await repository.code(db, code_id)
        company = (await organization.get_workspace(db)).name
    if row is None or row.used_at is not None or row.created_at < now - timedelta(minutes=CODE_MINUTES):
        return {"over": True}
    if not mail.can_send(runtime.settings):
        return {"off": True}
    digits, locale = codes.digits_of(runtime.get(Signer), code_id), row.locale

    def said(key: str) -> str:
        return i18n.t(f"help.my.mail.{key}", locale, company=company, code=digits, minutes=CODE_MINUTES)

    letter = mail.letter(
        sender=runtime.settings.mail_from or "",
        to=row.email,
        company=company,
        subject=said("subject"),
        lines=[mail.Line(said("intro")), mail.Line(digits, large=True), mail.Line(said("valid"))],
        locale=locale,
        message_id=str(code_id),
        at=now,
        foot=said("not_you"),
    )
    return await _hand_over(runtime, letter)


@job(TOLD)
async def send_answer(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """Mails public words of a request to the customer who opened it here, with the way back to it."""
    async with runtime.db.read() as db:
        entry = await tickets.entry(db, UUID(payload["entry_id"]))
        ticket = await tickets.facts(db, entry.ticket_id) if entry is not None else None
        if entry is None or ticket is None or ticket.customer_id is None:
            return {"over": True}
        customer = await customers.get(db, Actor.system(), ticket.customer_id)
        company = (await organization.get_workspace(db)).name
    # An address somebody only claimed is not told what was said to this customer.
    if not customer.email or not customer.email_vouched or customer.blocked_at is not None:
        return {"over": True}
    if not mail.can_send(runtime.settings):
        return {"off": True}
    locale = ticket.locale
    if ticket.merged_into_id is not None:  # the other one goes on with it
        return {"over": True}

    def said(key: str, **more: str) -> str:
        return i18n.t(f"help.my.told.{key}", locale, company=company, ref=ticket.ref, title=ticket.title, **more)

    who = entry.author.name if entry.author.kind == "user" else None
    lines = [mail.Line(said("intro", who=who or company))]
    if entry.body:
        lines.append(mail.Line(entry.body))
    if names := [str(one.get("name", "")) for one in entry.payload.get("files") or []]:
        lines.append(mail.Line(said("files", names=", ".join(names))))
    letter = mail.letter(
        sender=runtime.settings.mail_from or "",
        to=customer.email,
        company=company,
        subject=said("subject"),
        lines=lines,
        locale=locale,
        message_id=f"request-{entry.id}",
        at=entry.created_at,
        button=mail.Link(said("button"), f"{runtime.settings.public_url}/help/{locale}/my/requests/{ticket.id}"),
        foot=said("foot"),
    )
    return await _hand_over(runtime, letter)


async def _hand_over(runtime: Runtime, letter: EmailMessage) -> dict[str, Any]:
    try:
        await mail.send(runtime.settings, letter)
    except Exception as error:
        if not mail.refused_for_good(error):
            raise  # "try again later": the job does
        # Asking again would not change their mind, and the address is the customer's own: it stays out of the log.
        logger.warning("portal_mail_refused", error=type(error).__name__)
        return {"refused": True}
    return {"sent": True}


@every(3600.0, name="portal-forget-codes")
async def forget_codes(runtime: Runtime) -> None:
    """Addresses of those who asked for a code are not kept beyond the day."""
    async with runtime.db.transaction() as db:
        await repository.forget_codes(db, clock.now() - timedelta(days=1))
