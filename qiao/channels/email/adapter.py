"""What makes mails of answers, and tries a mailbox for whoever has just typed its settings."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import aiosmtplib

from qiao.channels.contract.channel import DeliveryRefused, Endpoint, Sent, SourceFailed
from qiao.channels.email import compose, threads
from qiao.channels.email.compose import Attachment, Previous
from qiao.channels.email.connecting import leave, open_mailbox, open_server, read_settings
from qiao.channels.email.headers import mailboxes
from qiao.channels.email.imap import ImapError, ImapRefused
from qiao.channels.email.limits import Allowance
from qiao.channels.email.oauth import Access
from qiao.channels.email.previous import Look
from qiao.channels.email.sending import Postman
from qiao.channels.email.settings import EmailSettings
from qiao.core.errors import NotFound

MOST_RECIPIENTS: Final = 50
ReadFile = Callable[[str], Awaitable[bytes]]


class MailAdapter:
    """E-mail's way out. `read_file` gives the bytes of a file by its id."""

    def __init__(self, postman: Postman, allowance: Allowance, look: Look, read_file: ReadFile):
        self._postman = postman
        self._allowance = allowance
        self._look = look
        self._read_file = read_file

    def configured(self, settings: Mapping[str, Any]) -> bool:
        read = read_settings(settings)
        return bool(read.smtp_host and read.address)

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        """Sends one answer. The answers of a machine are automatic mail, and kept to what that may do."""
        settings = read_settings(endpoint.settings)
        conversation_id = UUID(payload["conversation"]["id"])
        previous = await self._look(conversation_id, payload["seq"])
        automatic = payload["author"]["kind"] != "user"
        given = payload["recipients"]
        wanted = previous.answers_to if previous is not None and previous.address == payload["to"] else ()
        to = _checked(given["to"] or [*wanted] or [payload["to"]])
        cc, bcc = _checked(given["cc"]), _checked(given["bcc"])
        recipients = list(dict.fromkeys((*to, *cc, *bcc)))
        if len(recipients) > MOST_RECIPIENTS:
            raise DeliveryRefused("email.refused.too_many_recipients", limit=MOST_RECIPIENTS)
        if automatic:
            await self._may_automatically(endpoint, settings, previous, to, message_id)
        token = threads.token(endpoint.secret, conversation_id)
        sender = _sender(settings, previous)
        name = settings.display_name or endpoint.name
        values = {
            "body": payload["body"],
            "agent": payload["author"]["name"] or "",
            "number": str(payload["conversation"]["number"]),
            "inbox": endpoint.name,
            "customer": previous.name if previous is not None else "",
        }
        letter = compose.Letter(
            message_id=threads.own_id(message_id, settings.address),
            sender=(name, sender),
            to=to,
            cc=cc,
            subject=compose.subject_of(
                payload["subject"], previous, endpoint.name, token if settings.subject_token else None
            ),
            text=compose.worded(settings, payload["locale"], values),
            at=datetime.fromisoformat(payload["at"]),
            locale=payload["locale"],
            reply_to=_plus(sender, token) if settings.plus_address else None,
            references=tuple(
                threads.references(payload["threads"], previous.message_id if previous is not None else "")
            ),
            automatic=automatic,
            previous=previous if settings.quote_previous else None,
        )
        try:
            mail = compose.mail(letter, [await self._file(one) for one in payload["files"]])
        except ValueError:
            raise DeliveryRefused("email.refused.address_invalid", address=", ".join(recipients)[:200]) from None
        await self._postman.send(endpoint, settings, mail, settings.address, recipients)
        return Sent(remote_ids=(letter.message_id,), threads=(letter.message_id, token))

    async def _may_automatically(
        self,
        endpoint: Endpoint,
        settings: EmailSettings,
        previous: Previous | None,
        to: tuple[str, ...],
        message_id: UUID,
    ) -> None:
        """Raises DeliveryRefused: a machine that answers machines, or the same person again and again, is a nuisance."""
        if previous is not None and previous.automatic:
            raise DeliveryRefused("email.refused.answers_machine")
        for address in to:
            if address in settings.own():
                raise DeliveryRefused("email.refused.answers_machine")
            if not await self._allowance.take(endpoint, address, message_id):
                raise DeliveryRefused("email.refused.automatic_today", address=address)

    async def _file(self, one: Mapping[str, Any]) -> Attachment:
        try:
            data = await self._read_file(str(one["file_id"]))
        except (NotFound, ValueError):
            raise DeliveryRefused("email.refused.file_gone", name=one.get("name") or "") from None
        return Attachment(str(one.get("name") or "file"), str(one.get("mime") or ""), data)


def _checked(addresses: list[str]) -> tuple[str, ...]:
    """The addresses alone. Raises DeliveryRefused for what is none."""
    found: dict[str, None] = {}
    for text in addresses:
        boxes = mailboxes(text)
        if len(boxes) != 1 or any(ch in text for ch in "\r\n\0"):
            raise DeliveryRefused("email.refused.address_invalid", address=text[:200])
        found[boxes[0].address] = None
    return tuple(found)


def _sender(settings: EmailSettings, previous: Previous | None) -> str:
    """Who wrote to an alias is answered from it."""
    alias = previous.received_as if previous is not None else None
    return alias if alias in settings.own() and alias is not None else settings.address


def _plus(address: str, token: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}+{token.lower()}@{domain}"


class MailProbe:
    """Signs in to both servers."""

    def __init__(self, access: Access):
        self._access = access

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """What works. Raises SourceFailed with what does not."""
        settings = read_settings(endpoint.settings)
        if not settings.address or not (settings.imap_host or settings.smtp_host):
            raise SourceFailed("email.failed.incomplete", hopeless=True)
        facts = {"address": settings.address}
        where: dict[str, Any]
        if settings.imap_host:
            imap = await open_mailbox(endpoint, settings, self._access)
            try:
                selected = await imap.select(settings.folder)
            except ImapRefused as refusal:
                raise SourceFailed(
                    "email.failed.folder", folder=settings.folder, reason=refusal.text[:200]
                ) from refusal
            except (ImapError, OSError, TimeoutError) as error:
                where = {"host": settings.imap_host, "port": settings.imap_port}
                raise SourceFailed("email.failed.lost", **where, reason=str(error)[:200]) from error
            finally:
                imap.abort()
            facts |= {
                "imap": f"{settings.imap_host}:{settings.imap_port}",
                "folder": settings.folder,
                "messages": str(selected.messages),
                "idle": "✓" if "IDLE" in imap.capabilities else "–",
            }
        if settings.smtp_host:
            client = await open_server(endpoint, settings, self._access)
            limit = client.esmtp_extensions.get("size", "").strip()
            try:
                await client.mail(settings.address)
            except aiosmtplib.SMTPResponseException as error:
                reason = f"{error.code} {error.message}"[:200]
                raise SourceFailed("email.failed.sender", address=settings.address, reason=reason) from error
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                where = {"host": settings.smtp_host, "port": settings.smtp_port}
                raise SourceFailed("email.failed.lost", **where, reason=str(error)[:200]) from error
            finally:
                await leave(client)
            facts["smtp"] = f"{settings.smtp_host}:{settings.smtp_port}"
            if limit.isdigit() and int(limit):
                facts["largest_mb"] = str(int(limit) // (1024 * 1024))
        return facts
