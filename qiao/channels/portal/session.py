"""Who is signed in: signed cookies, and the token that ties a form to them."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.people.accounts.access import refuse_foreign_origin
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef

COOKIE: Final = "qiao_portal"
PENDING: Final = "qiao_portal_code"
DAYS: Final = 14
CODE_MINUTES: Final = 10
_LONGEST: Final = 600


class _Claim(msgspec.Struct, frozen=True, array_like=True):
    customer_id: UUID
    nonce: UUID
    expires_at: datetime


class _Pending(msgspec.Struct, frozen=True, array_like=True):
    """A code on its way, and the address it went to, so that the page can name it."""

    code_id: UUID
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Signed:
    """A customer and the browser they are signed in with."""

    customer: CustomerRef
    nonce: UUID

    @property
    def actor(self) -> Actor:
        return Actor(
            kind="customer", id=self.customer.id, name=self.customer.name, locale=self.customer.locale or "zh-CN"
        )


def _seal(signer: Signer, purpose: str, claim: msgspec.Struct) -> str:
    text = base64.urlsafe_b64encode(msgspec.json.encode(claim)).decode().rstrip("=")
    return f"{text}.{signer.sign(purpose, text)}"


def _open(signer: Signer, purpose: str, sealed: str | None) -> bytes | None:
    if not sealed or len(sealed) > _LONGEST or not sealed.isascii():
        return None
    text, _, signature = sealed.partition(".")
    if not signer.verify(purpose, text, signature):
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None


async def signed(runtime: Runtime, db: Session, request: Request) -> Signed | None:
    """Whose pages these are; None for strangers, for whom is gone or blocked, and after the time."""
    content = _open(runtime.get(Signer), COOKIE, request.cookies.get(COOKIE))
    if content is None:
        return None
    try:
        claim = msgspec.json.decode(content, type=_Claim)
        if claim.expires_at <= clock.now():
            return None
        customer = await customers.ref(db, claim.customer_id)
    except (msgspec.MsgspecError, NotFound):
        return None
    return None if customer.blocked else Signed(customer, claim.nonce)


def plausible(runtime: Runtime, request: Request) -> bool:
    """Whether the cookie is one of ours, without looking anybody up."""
    return _open(runtime.get(Signer), COOKIE, request.cookies.get(COOKIE)) is not None


def expiry() -> datetime:
    return clock.now() + timedelta(days=DAYS)


def begin(runtime: Runtime, response: Response, customer_id: UUID, expires_at: datetime) -> None:
    """Makes the browser this customer's. A new nonce each time: forms of an earlier session are worth nothing."""
    claim = _Claim(customer_id, new_id(), expires_at)
    _set(runtime, response, COOKIE, _seal(runtime.get(Signer), COOKIE, claim), expires_at)


def end(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/help")


def wait_for_code(runtime: Runtime, response: Response, code_id: UUID, email: str) -> None:
    expires_at = clock.now() + timedelta(minutes=CODE_MINUTES)
    claim = _Pending(code_id, email, expires_at)
    _set(runtime, response, PENDING, _seal(runtime.get(Signer), PENDING, claim), expires_at)


def pending(runtime: Runtime, request: Request) -> tuple[UUID, str] | None:
    """The code this browser asked for, and where it went."""
    content = _open(runtime.get(Signer), PENDING, request.cookies.get(PENDING))
    if content is None:
        return None
    try:
        claim = msgspec.json.decode(content, type=_Pending)
    except msgspec.MsgspecError:
        return None
    return (claim.code_id, claim.email) if claim.expires_at > clock.now() else None


def no_longer_pending(response: Response) -> None:
    response.delete_cookie(PENDING, path="/help")


def form_token(runtime: Runtime, who: Signed) -> str:
    """What a form of this session carries."""
    return runtime.get(Signer).sign("portal-form", str(who.nonce))


def check_form(runtime: Runtime, request: Request, who: Signed, token: str) -> None:
    """Raises Forbidden for a form that is not ours, or of another session."""
    refuse_foreign_origin(request)
    if not token.isascii() or not runtime.get(Signer).verify("portal-form", str(who.nonce), token):
        raise Forbidden("portal.form_expired")


def _set(runtime: Runtime, response: Response, name: str, value: str, expires_at: datetime) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max(1, int((expires_at - clock.now()).total_seconds())),
        path="/help",
        httponly=True,
        samesite="lax",
        secure=runtime.settings.public_url.startswith("https://"),
    )
