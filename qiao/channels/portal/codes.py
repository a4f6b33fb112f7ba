"""Signing in by mail: a code is asked for, sent, and typed in."""

import hmac
from datetime import timedelta
from typing import Final
from uuid import UUID

from qiao.channels.portal import repository
from qiao.channels.portal.models import PortalCodeRow
from qiao.channels.portal.session import CODE_MINUTES
from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, RateLimited
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.secrets import Signer
from qiao.people.customers import service as customers
from qiao.people.customers.policy import clean_email
from qiao.people.customers.schemas import CustomerRef, Profile

JOB: Final = "portal.code_mail"
TRIES: Final = 5
PER_HOUR: Final = 5
"""Codes one address is sent within an hour, whoever asks."""
DIGITS: Final = 6


def digits_of(signer: Signer, code_id: UUID) -> str:
    """The six digits of a code. Only this installation can work them out."""
    mark = signer.sign("portal-code", str(code_id))
    return str(int.from_bytes(mark.encode(), "big") % 10**DIGITS).zfill(DIGITS)


def clean_address(text: str) -> str:
    """The address as it is kept. Raises Invalid."""
    email = clean_email(text)
    if email is None or not email.isascii():
        raise Invalid.field("email", "email_invalid")
    return email


async def ask(db: Session, email: str, locale: str) -> UUID:
    """Sends a code, whether the address is known or not. Raises RateLimited when it has been sent too many."""
    now = clock.now()
    if await repository.codes_since(db, email, now - timedelta(hours=1)) >= PER_HOUR:
        raise RateLimited("portal.codes_many", headers={"Retry-After": "3600"})
    row = PortalCodeRow(id=new_id(), email=email, locale=locale, created_at=now)
    db.add(row)
    await db.flush()
    await jobs.enqueue(db, Actor.system(), JOB, {"code_id": str(row.id)})
    return row.id


async def tried(db: Session, code_id: UUID, typed: str) -> str | None:
    """The address behind a code when the digits are right; None when not. Every call is a try, and counts.

    Raises Invalid when there is nothing left to try. The caller commits either way, so that a wrong try stays counted.
    """
    row = await repository.code(db, code_id, lock=True)
    live = row is not None and row.used_at is None and row.tries < TRIES
    if row is None or not live or row.created_at < clock.now() - timedelta(minutes=CODE_MINUTES):
        raise Invalid.field("code", "portal.code_over")
    row.tries += 1
    plain = "".join(character for character in typed if character.isdigit() and character.isascii())
    if not hmac.compare_digest(plain.encode(), digits_of(runtime_of(db).get(Signer), code_id).encode()):
        return None
    row.used_at = clock.now()
    return row.email


async def customer_of(db: Session, email: str, locale: str) -> CustomerRef:
    """The customer who reads this mailbox; a new one where there is none."""
    # An address is the same person in every inbox, so it has none of its own here.
    return await customers.sign_in_by_email(db, UUID(int=0), email, Profile(email=email, locale=locale))
