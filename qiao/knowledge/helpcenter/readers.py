"""Who reads: a cookie for customers the company's site vouched for, another that only tells browsers apart."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.knowledge.articles.audience import customer_reader
from qiao.knowledge.helpcenter.ports import Vouched
from qiao.people.customers import service as customers

SESSION: Final = "qiao_help"
BROWSER: Final = "qiao_help_browser"
_YEAR: Final = 365 * 24 * 3600
_LONGEST: Final = 1000


class _Claim(msgspec.Struct, frozen=True, array_like=True):
    customer_id: UUID
    inbox_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Reader:
    """`tags` decide what they may read. `name` is set for customers who are signed in."""

    tags: frozenset[str]
    customer_id: UUID | None = None
    name: str = ""
    level: str | None = None

    @property
    def signed_in(self) -> bool:
        return self.customer_id is not None


ANYBODY: Final = Reader(customer_reader(identified=False))


def _sealed(signer: Signer, purpose: str, content: bytes) -> str:
    text = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return f"{text}.{signer.sign(purpose, text)}"


def _opened(signer: Signer, purpose: str, sealed: str | None) -> bytes | None:
    if not sealed or len(sealed) > _LONGEST or not sealed.isascii():
        return None
    text, _, signature = sealed.partition(".")
    if not signer.verify(purpose, text, signature):
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error):
        return None


async def reader_of(runtime: Runtime, db: Session, request: Request) -> Reader:
    """The reader behind a request. A customer who was blocked meanwhile, or is gone, is anybody."""
    content = _opened(runtime.get(Signer), SESSION, request.cookies.get(SESSION))
    if content is None:
        return ANYBODY
    try:
        claim = msgspec.json.decode(content, type=_Claim)
    except msgspec.MsgspecError:
        return ANYBODY
    if claim.expires_at <= clock.now():
        return ANYBODY
    try:
        customer = await customers.ref(db, claim.customer_id)
    except NotFound:
        return ANYBODY
    if customer.blocked:
        return ANYBODY
    return Reader(customer_reader(identified=True), customer.id, customer.name, customer.level)


def sign_in(runtime: Runtime, response: Response, vouched: Vouched) -> None:
    """Makes the browser the customer's for as long as the site's word is good."""
    claim = _Claim(vouched.customer_id, vouched.inbox_id, vouched.expires_at)
    sealed = _sealed(runtime.get(Signer), SESSION, msgspec.json.encode(claim))
    seconds = max(1, int((vouched.expires_at - clock.now()).total_seconds()))
    _set(runtime, response, SESSION, sealed, seconds)


def sign_out(response: Response) -> None:
    response.delete_cookie(SESSION, path="/help")


def browser_of(runtime: Runtime, request: Request) -> bytes | None:
    """What tells this browser from others, if we gave it something."""
    return _opened(runtime.get(Signer), BROWSER, request.cookies.get(BROWSER))


def new_mark() -> bytes:
    return uuid4().bytes


def mark_browser(runtime: Runtime, response: Response, mark: bytes) -> None:
    """Gives a browser its mark."""
    _set(runtime, response, BROWSER, _sealed(runtime.get(Signer), BROWSER, mark), _YEAR)


def voter_of(runtime: Runtime, request: Request, reader: Reader, ip: str | None) -> bytes:
    """Whose vote it is: a customer's wherever they read, else a browser's; without cookies an address with its software."""
    mark = browser_of(runtime, request)
    if reader.customer_id is not None:
        return _digest(runtime, b"customer" + reader.customer_id.bytes)
    if mark is not None:
        return marked(runtime, mark)
    return _digest(runtime, f"address{ip}\n{request.headers.get('user-agent', '')}".encode())


def marked(runtime: Runtime, mark: bytes) -> bytes:
    """A browser with this mark, as a voter."""
    return _digest(runtime, b"browser" + mark)


def _digest(runtime: Runtime, told: bytes) -> bytes:
    named = runtime.get(Signer).sign("help-voter", base64.b64encode(told).decode())
    return hashlib.sha256(named.encode()).digest()[:16]


def _set(runtime: Runtime, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/help",
        httponly=True,
        samesite="lax",
        secure=runtime.settings.public_url.startswith("https://"),
    )
