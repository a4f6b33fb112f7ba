"""Sending a transcript by mail, where the installation has a mail server."""

from typing import Any
from uuid import UUID

import aiosmtplib
import structlog

from qiao.channels.webchat.mail import transcript_mail
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.jobs import Progress, job
from qiao.core.mail import can_send, send
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations import transcripts
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
__all__ = ["JOB", "can_send", "send_transcript"]

JOB = "webchat.transcript_mail"


@job(JOB)
async def send_transcript(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """Mails a conversation's public messages to an address the customer named."""
    conversation_id, locale = UUID(payload["conversation_id"]), payload["locale"]
    async with runtime.db.read() as db:
        facts = await conversations.facts(db, conversation_id)
        if facts is None:
            return None
        company = (await organization.get_workspace(db)).name
        reader = Actor(kind="customer", id=facts.customer_id)
        found = [line async for line in transcripts.lines(db, reader, conversation_id, locale)]
    mail = transcript_mail(
        sender=runtime.settings.mail_from or "",
        to=payload["email"],
        company=company,
        number=facts.number,
        lines=found,
        locale=locale,
        message_id=payload["message_id"],
        at=clock.now(),
    )
    try:
        await send(runtime.settings, mail)
    except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
        refusal = error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
        if refusal.code < 500:
            raise  # "try again later": the job does
        # Asking again would not change their mind, and the address is the customer's own: it stays out of the log.
        logger.warning("transcript_mail_refused", code=refusal.code, conversation_id=str(conversation_id))
        return {"refused": refusal.code}
    return {"sent": True}
