"""Who may call a route. Every route of the product carries exactly one of these, and a test walks all of them:

    async def resolve(actor: Annotated[Actor, Needs("conversations.handle")], …)   # any one of the named permissions
    async def me(actor: SignedIn, …)                                              # any signed-in member of staff
    @router.get("/health", dependencies=[Public("for load balancers")])            # anybody

Other doors (the visitor of a widget) mark their dependency with `@door(Access("visitor"))`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.requests import HTTPConnection

from qiao.core.actor import Actor
from qiao.core.errors import Forbidden, Unauthenticated
from qiao.core.permissions import PERMISSIONS
from qiao.core.web.deps import runtime_from
from qiao.people.accounts.credentials import COOKIE
from qiao.people.accounts.identity import Identified, actor_for, identify, own_id

__all__ = [
    "Access",
    "Needs",
    "Public",
    "SignedIn",
    "accesses",
    "actor_for",
    "authenticate",
    "bearer_of",
    "client_ip",
    "door",
    "own_id",
    "refuse_foreign_origin",
    "require_session",
]

F = TypeVar("F", bound=Callable[..., Any])
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Access:
    """How a route is guarded, as the walking test reads it."""

    kind: Literal["needs", "signed_in", "public", "visitor"]
    any_of: tuple[str, ...] = ()
    reason: str = ""


def door(access: Access) -> Callable[[F], F]:
    """Marks a dependency callable as the thing that guards a route."""

    def mark(dependency: F) -> F:
        dependency.qiao_access = access  # type: ignore[attr-defined]  # functions carry attributes
        return dependency

    return mark


def accesses(dependant: Dependant) -> Iterator[Access]:
    """Every mark on a route's dependency tree: `list(accesses(route.dependant))` must have exactly one item."""
    access = getattr(dependant.call, "qiao_access", None)
    if access is not None:
        yield access
    for child in dependant.dependencies:
        yield from accesses(child)


def client_ip(connection: HTTPConnection) -> str | None:
    """The caller's address (uvicorn has already applied the headers of trusted proxies)."""
    return connection.client.host if connection.client else None


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token of an `Authorization: Bearer …` header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _own_hosts(connection: HTTPConnection) -> set[str]:
    hosts = {connection.headers.get("host", "").lower()}
    base_url = runtime_from(connection).settings.base_url
    if base_url:
        hosts.add(urlsplit(base_url).netloc.lower())
    hosts.discard("")
    return hosts


def _from_own_origin(connection: HTTPConnection, *, when_silent: bool) -> bool:
    """Whether the page that made this request is ours. `when_silent`: what to think when the caller does not say."""
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = connection.headers.get("origin")
    if origin is None:
        return when_silent
    return urlsplit(origin).netloc.lower() in _own_hosts(connection)


def refuse_foreign_origin(connection: HTTPConnection) -> None:
    """For open routes that set a cookie (sign-in, set-up): refuses a browser that comes from another site."""
    if not _from_own_origin(connection, when_silent=True):
        raise Forbidden("origin_refused")


async def _identify(connection: HTTPConnection, token: str | None) -> Identified:
    proof = token or bearer_of(connection)
    if proof is None:
        proof = connection.cookies.get(COOKIE)
        if proof is None:
            raise Unauthenticated("sign_in_required")
        # A socket that rides on the cookie acts as the person for as long as it lives: treat it like a write.
        unsafe = connection.scope["type"] == "websocket" or connection.scope["method"] not in SAFE_METHODS
        if unsafe and not _from_own_origin(connection, when_silent=False):
            raise Forbidden("origin_refused")
    found = await identify(runtime_from(connection), proof, ip=client_ip(connection))
    if found is None:
        raise Unauthenticated("sign_in_again")
    if found.own_locale:
        connection.scope["qiao.locale"] = found.own_locale
    return found


async def authenticate(connection: HTTPConnection, token: str | None = None) -> Actor:
    """The actor behind a request or WebSocket: `token` if given, else the bearer header, else the cookie.

    The cookie counts only from our own origin. Raises Unauthenticated or Forbidden. Someone who must change their
    password has no permissions.
    """
    return (await _identify(connection, token)).actor


# Declared so that the API description shows both ways to sign in; they never refuse by themselves.
_bearer: Final = HTTPBearer(auto_error=False, scheme_name="apiToken", description="A personal API token: `qiao_pat_…`.")
_cookie: Final = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="Set by signing in.")


async def _current(
    connection: HTTPConnection, _b: Annotated[Any, Depends(_bearer)], _c: Annotated[Any, Depends(_cookie)]
) -> Identified:
    return await _identify(connection, None)


_Current = Annotated[Identified, Depends(_current)]


def Needs(*any_of: str) -> Any:  # noqa: N802 - reads as a type in signatures
    """A dependency that yields the actor if they hold at least one of these permissions."""
    unknown = set(any_of) - set(PERMISSIONS)
    if unknown or not any_of:
        raise ValueError(f"unknown permissions: {sorted(unknown)}")

    @door(Access("needs", any_of))
    async def needs(current: _Current) -> Actor:
        if current.must_change_password:
            raise Forbidden("password_change_needed")
        if not any(current.actor.may(permission) for permission in any_of):
            raise Forbidden("permission_missing", permission=any_of[0])
        return current.actor

    return Depends(needs)


@door(Access("signed_in"))
async def _signed_in(current: _Current) -> Actor:
    return current.actor


SignedIn = Annotated[Actor, Depends(_signed_in)]


def Public(reason: str) -> Any:  # noqa: N802 - reads as a type in signatures
    """Marks a route as open to anybody, with the reason why that is right."""

    @door(Access("public", reason=reason))
    async def public() -> None:
        return None

    return Depends(public)


def require_session(actor: Actor) -> None:
    """Refuses API tokens: what guards the account itself is for the signed-in person only."""
    if actor.session_id is None:
        raise Forbidden("session_needed")
