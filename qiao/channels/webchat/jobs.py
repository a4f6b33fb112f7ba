"""Sending a transcript by mail, where the installation has a mail server."""

from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.jobs import Progress, job
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.transcripts import as_text
from qiao.people.organization import service as organization

JOB = "webchat.transcript_mail"


def can_send(settings: Settings) -> bool:
    return bool(settings.smtp_url and settings.mail_from)


async def send(settings: Settings, message: EmailMessage) -> None:
    """Hands a message to the mail server of `smtp_url` (smtp, smtps, or smtp with STARTTLS when offered)."""
    parts = urlsplit(settings.smtp_url or "")
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        timeout=30,
    )


@job(JOB)
async def send_transcript(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """Mails a conversation's public messages to an address the customer named."""
    conversation_id, locale = UUID(payload["conversation_id"]), payload["locale"]
    async with runtime.db.read() as db:
        facts = await conversations.facts(db, conversation_id)
        if facts is None:
            return None
        company = (await organization.get_workspace(db)).name
        body = await as_text(db, Actor(kind="customer", id=facts.customer_id), conversation_id, locale)
    mail = EmailMessage()
    mail["From"] = runtime.settings.mail_from or ""
    mail["To"] = payload["email"]
    mail["Subject"] = i18n.t("widget.mail.subject", locale, company=company, number=facts.number)
    mail["Message-ID"] = f"<{payload['message_id']}@{urlsplit(runtime.settings.public_url).hostname or 'localhost'}>"
    mail.set_content(i18n.t("widget.mail.intro", locale, company=company) + "\n\n" + body)
    await send(runtime.settings, mail)
    return None
