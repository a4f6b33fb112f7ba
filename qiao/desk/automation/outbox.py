"""Mails and calls that leave the house: asked for in the run's transaction, sent after commit, tried again, limited.

Mail storms are the worst a rule can do. So an address gets one mail a day from a rule, and all rules together send so many
an hour; what is held back is written in the run's log. Calls are signed and go only to the public internet.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock
from qiao.core import mail as letters
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, emit
from qiao.core.ids import new_id
from qiao.core.outbound import AddressRefused, GuardedTransport
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.core.secrets import Unsealable, seal, unseal
from qiao.desk.automation.events import OutgoingAsked
from qiao.desk.automation.models import AutomationOutbox, AutomationSettings
from qiao.people.organization import service as organization

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
SIGNATURE: Final = "X-Qiao-Signature"
KEPT: Final = timedelta(days=30)
_PURPOSE: Final = "automation.webhook"


class NotDelivered(Exception):
    """Another program did not take what it was told; it is told again."""


async def settings_row(db: Session, *, lock: bool = False) -> AutomationSettings:
    """The one row of settings, made on first use."""
    query = select(AutomationSettings)
    row = (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        await db.execute(insert(AutomationSettings).values(id=1).on_conflict_do_nothing())
        row = (await db.execute(query.with_for_update() if lock else query)).scalar_one()
    return row


async def mail(
    db: Session, rule_id: UUID, run_id: UUID, address: str, content: dict[str, Any], *, actor: Actor
) -> str | None:
    """Asks for one mail. Returns why it is held back: `mail_again` today, or `mail_limit` of the hour."""
    now = clock.now()
    limit = (await settings_row(db, lock=True)).mails_per_hour
    recent = await db.scalar(
        select(func.count()).where(
            AutomationOutbox.kind == "mail", AutomationOutbox.created_at > now - timedelta(hours=1)
        )
    )
    if (recent or 0) >= limit:
        return "mail_limit"
    made = await _add(db, rule_id, run_id, "mail", address, content)
    if made is None:
        return "mail_again"
    await emit(db, OutgoingAsked(outbox_id=made), actor=actor, conversation_id=made)
    return None


async def webhook(db: Session, rule_id: UUID, run_id: UUID, url: str, payload: dict[str, Any], *, actor: Actor) -> None:
    """Asks for one call."""
    made = await _add(db, rule_id, run_id, "webhook", url, payload)
    if made is not None:
        await emit(db, OutgoingAsked(outbox_id=made), actor=actor, conversation_id=made)


async def _add(
    db: Session, rule_id: UUID, run_id: UUID, kind: str, address: str, content: dict[str, Any]
) -> UUID | None:
    now = clock.now()
    query = (
        insert(AutomationOutbox)
        .values(
            id=new_id(),
            rule_id=rule_id,
            run_id=run_id,
            kind=kind,
            address=address,
            address_key=hashlib.sha256(address.strip().casefold().encode()).hexdigest(),
            day=now.date(),
            content=content,
            state="queued",
            attempts=0,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(AutomationOutbox.id)
    )
    return (await db.execute(query)).scalar_one_or_none()


# -- sending -----------------------------------------------------------------------------------------------------------


@on_commit(OutgoingAsked, name="automation.outgoing", retries=12)
async def leave(db: Session, fact: OutgoingAsked, envelope: Envelope) -> None:
    """Sends one. What is refused for good is not tried again; the rest is, and at last lies among the dead letters."""
    row = await db.get(AutomationOutbox, fact.outbox_id, with_for_update=True)
    if row is None or row.state != "queued":
        return
    row.attempts += 1
    refused = await (_mail(db, row) if row.kind == "mail" else _call(db, row))
    row.state, row.error, row.sent_at = ("sent", None, clock.now()) if refused is None else ("refused", refused, None)


async def _mail(db: Session, row: AutomationOutbox) -> str | None:
    settings = runtime_of(db).settings
    if not letters.can_send(settings):
        return "no mail server"
    company = (await organization.get_workspace(db)).name
    lines = [letters.Line(part) for part in str(row.content["text"]).split("\n\n") if part.strip()]
    message = letters.letter(
        sender=settings.mail_from or "",
        to=row.address,
        company=company,
        subject=row.content["title"],
        lines=lines,
        locale=row.content["locale"],
        message_id=f"automation-{row.id}",
        at=row.created_at,
    )
    message["Precedence"] = "bulk"
    try:
        await letters.send(settings, message)
    except Exception as error:
        if not letters.refused_for_good(error):
            raise
        return "refused by the mail server"
    return None


async def _call(db: Session, row: AutomationOutbox) -> str | None:
    body = msgspec.json.encode(row.content)
    headers = {
        "content-type": "application/json",
        "user-agent": "Qiao",
        "x-qiao-delivery": str(row.id),
        SIGNATURE: signature(await secret(db), int(clock.now().timestamp()), body),
    }
    private = runtime_of(db).settings.callbacks_may_be_private
    try:
        async with (
            httpx.AsyncClient(
                transport=GuardedTransport(private), timeout=TIMEOUT, follow_redirects=False, trust_env=False
            ) as client,
            client.stream("POST", row.address, content=body, headers=headers) as response,
        ):
            status = response.status_code
    except AddressRefused:
        return "not an address of the public internet"
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return "not an address"
    except httpx.HTTPError as error:
        raise NotDelivered(f"{type(error).__name__} from {httpx.URL(row.address).host}") from None
    if status == 410:
        return "gone (410)"
    if not 200 <= status < 300:
        raise NotDelivered(f"{httpx.URL(row.address).host} answered {status}")
    return None


def signature(key: str, at: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: the receiver computes the same and compares; an old `t` is a replay."""
    digest = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


async def secret(db: Session) -> str:
    """What calls are signed with; made on first use."""
    row = await settings_row(db, lock=True)
    if row.secret is not None:
        try:
            return await unseal(db, _PURPOSE, row.secret)
        except Unsealable:  # another installation's key: receivers have to be told the new one
            pass
    made = secrets.token_urlsafe(32)
    row.secret = await seal(db, _PURPOSE, made)
    return made


async def tally(db: Session) -> int:
    """Mails of the last hour."""
    since = clock.now() - timedelta(hours=1)
    count = await db.scalar(
        select(func.count()).where(AutomationOutbox.kind == "mail", AutomationOutbox.created_at > since)
    )
    return count or 0


async def forget(db: Session) -> None:
    """Old contents and addresses go."""
    await db.execute(delete(AutomationOutbox).where(AutomationOutbox.created_at < clock.now() - KEPT))
