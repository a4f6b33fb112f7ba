"""Signing in and out, and what a person does with their own account."""

from uuid import UUID

from fastapi import Request, Response

from qiao.core.web import Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts import sessions, tokens
from qiao.people.accounts.access import (
    Public,
    SignedIn,
    authenticate,
    client_ip,
    refuse_foreign_origin,
    require_session,
)
from qiao.people.accounts.me import SignedInView, me_view
from qiao.people.accounts.routes.cookie import clear_session, set_session
from qiao.people.accounts.schemas import (
    LoginBody,
    MePatch,
    NewTokenView,
    PasswordBody,
    SessionView,
    TokenCreate,
    TokenView,
)

router = Router(prefix="/auth", tags=["account"])


@router.post("/login", dependencies=[Public("signing in comes before being known")])
async def login(request: Request, response: Response, runtime: Runtime_, body: LoginBody) -> SignedInView:
    """Signs in and sets the session cookie. After too many tries: 429 with `Retry-After`."""
    refuse_foreign_origin(request)
    session = await sessions.login(
        runtime,
        body.email,
        body.password,
        remember=body.remember,
        ip=client_ip(request),
        user_agent=request.headers.get("user-agent"),
    )
    set_session(request, response, session)
    actor = await authenticate(request, session.token)
    async with runtime.db.read() as db:
        return await me_view(db, actor)


@router.post("/logout", status_code=204)
async def logout(request: Request, response: Response, actor: SignedIn, db: Tx) -> None:
    """Ends this session."""
    await sessions.logout(db, actor)
    clear_session(request, response)


@router.get("/me")
async def me(actor: SignedIn, db: Read) -> SignedInView:
    return await me_view(db, actor)


@router.patch("/me")
async def update_me(actor: SignedIn, db: Tx, body: MePatch) -> SignedInView:
    """Changes one's own name, language, look and preferences."""
    require_session(actor)
    await sessions.update_me(db, actor, body)
    return await me_view(db, actor)


@router.post("/password", status_code=204)
async def change_password(actor: SignedIn, runtime: Runtime_, body: PasswordBody) -> None:
    """Changes one's own password; every other session ends."""
    require_session(actor)
    await sessions.change_password(runtime, actor, body.current, body.new)


@router.get("/sessions")
async def list_sessions(actor: SignedIn, db: Read) -> list[SessionView]:
    """Where one is signed in."""
    return await sessions.list_sessions(db, actor)


@router.delete("/sessions/{session_id}", status_code=204)
async def end_session(actor: SignedIn, db: Tx, session_id: UUID) -> None:
    require_session(actor)
    await sessions.end_session(db, actor, session_id)


@router.get("/tokens")
async def list_tokens(actor: SignedIn, db: Read) -> list[TokenView]:
    return await tokens.list_tokens(db, actor)


@router.post("/tokens", status_code=201)
async def create_token(actor: SignedIn, db: Tx, body: TokenCreate) -> NewTokenView:
    """Makes a personal API token; it is shown this once. Scopes can be at most one's own permissions."""
    require_session(actor)
    return await tokens.create_token(db, actor, body)


@router.delete("/tokens/{token_id}", status_code=204)
async def delete_token(actor: SignedIn, db: Tx, token_id: UUID) -> None:
    require_session(actor)
    await tokens.delete_token(db, actor, token_id)
