"""Sending codes, and forgetting them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from qiao.channels.portal import codes, repository
from qiao.channels.portal.session import CODE_MINUTES
from qiao.core import clock, i18n, mail
from qiao.core.jobs import Progress, every, job
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.people.organization import service as organization

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
    try:
        await mail.send(runtime.settings, letter)
    except Exception as error:
        if not mail.refused_for_good(error):
            raise  # "try again later": the job does
        # Asking again would not change their mind, and the address is the customer's own: it stays out of the log.
        logger.warning("portal_code_refused", error=type(error).__name__)
        return {"refused": True}
    return {"sent": True}


@every(3600.0, name="portal-forget-codes")
async def forget_codes(runtime: Runtime) -> None:
    """Addresses of those who asked for a code are not kept beyond the day."""
    async with runtime.db.transaction() as db:
        await repository.forget_codes(db, clock.now() - timedelta(days=1))
