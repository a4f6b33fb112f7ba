"""Signing in and out, sessions, one's own password and profile."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import Invalid, NotFound, RateLimited, Unauthenticated
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.jobs import every
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime, runtime_of
from qiao.people.accounts import audit, limits, passwords, policy, repository
from qiao.people.accounts.credentials import hash_token, new_session_token
from qiao.people.accounts.events import SessionsEnded, UserChanged
from qiao.people.accounts.identity import own_id
from qiao.people.accounts.models import SessionRow, UserRow
from qiao.people.accounts.schemas import MePatch, SessionView, UserSettings

REMEMBERED: Final = timedelta(days=30)
ONE_SHIFT: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class SignedInAs:
    """A fresh session: `token` goes into the cookie and nowhere else."""

    user_id: UUID
    token: str
    remember: bool


async def login(
    runtime: Runtime, email: str, password: str, *, remember: bool, ip: str | None, user_agent: str | None
) -> SignedInAs:
    """Signs someone in. Raises Unauthenticated (the same for every reason) or RateLimited.

    Works in transactions of its own: the try must count although it fails, and hashing must not hold one open.
    """
    email = email.strip().lower()
    refused: RateLimited | None = None
    async with runtime.db.transaction() as db:
        try:
            await limits.count(db, email, ip)
        except RateLimited as error:
            refused = error
        row = await repository.user_by_email(db, email) if refused is None and "\x00" not in email else None
    if refused is not None:
        raise refused
    right, fresh = await passwords.verify(password, row.password_hash if row is not None else None)
    if row is None or not right or not row.active:
        raise Unauthenticated("login_failed")

    async def open_session(db: Session) -> SignedInAs:
        user = await repository.user(db, row.id, lock=True)
        # The password may have been changed, or the person dismissed, while we were hashing.
        if user is None or not user.active or user.password_hash != row.password_hash:
            raise Unauthenticated("login_failed")
        if fresh is not None:
            user.password_hash = fresh
        await limits.forgive(db, email, ip)
        return await start_session(db, user.id, remember=remember, ip=ip, user_agent=user_agent)

    return await runtime.db.run(open_session)


async def start_session(
    db: Session, user_id: UUID, *, remember: bool, ip: str | None, user_agent: str | None
) -> SignedInAs:
    """A session for someone who has proved who they are."""
    user = await repository.user(db, user_id)
    if user is None:
        raise NotFound("user_not_found")
    now = clock.now()
    idle = REMEMBERED if remember else ONE_SHIFT
    token = new_session_token()
    row = SessionRow(
        id=new_id(),
        user_id=user_id,
        token_hash=hash_token(token),
        idle_seconds=int(idle.total_seconds()),
        ip=ip,
        user_agent=_printable(user_agent),
        created_at=now,
        last_seen_at=now,
        expires_at=now + idle,
    )
    db.add(row)
    user.last_login_at = now
    actor = Actor(kind="user", id=user_id, name=user.name, session_id=row.id, ip=ip)
    await audit.record(db, actor, "session.started", "session", row.id)
    return SignedInAs(user_id, token, remember)


def _printable(text: str | None) -> str | None:
    return "".join(c for c in text if c.isprintable())[:400] if text else None


async def logout(db: Session, actor: Actor) -> None:
    """Ends the actor's own session."""
    if actor.id is not None and actor.session_id is not None:
        await audit.record(db, actor, "session.ended", "session", actor.session_id)
        await end_sessions(db, actor, actor.id, only=actor.session_id)


async def list_sessions(db: Session, actor: Actor) -> list[SessionView]:
    """Where the actor is signed in."""
    return [
        SessionView(
            id=row.id,
            ip=row.ip,
            user_agent=row.user_agent,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            expires_at=row.expires_at,
            current=row.id == actor.session_id,
        )
        for row in await repository.sessions_of(db, own_id(actor), clock.now())
    ]


async def end_session(db: Session, actor: Actor, session_id: UUID) -> None:
    """Ends one of the actor's sessions."""
    if not await end_sessions(db, actor, own_id(actor), only=session_id):
        raise NotFound("session_not_found")
    await audit.record(db, actor, "session.ended", "session", session_id)


async def end_sessions(
    db: Session, actor: Actor, user_id: UUID, *, only: UUID | None = None, but: UUID | None = None
) -> list[UUID]:
    """Ends sessions of a person (all, one, or all but one) and, after commit, closes their sockets."""
    ended = await repository.end_sessions(db, user_id, only=only, but=but)
    everything = only is None and but is None
    if not ended and not everything:
        return ended
    await emit(
        db,
        SessionsEnded(user_id=user_id, session_ids=() if everything else tuple(ended)),
        actor=actor,
        audience=Audience(users=(user_id,)),
    )
    hub: Any = runtime_of(db).find(Hub)
    if hub is not None:

        def close() -> None:
            for session_id in (None,) if everything else ended:
                hub.drop(user_id, session_id)

        after_commit(db, close)
    return ended


async def change_password(runtime: Runtime, actor: Actor, current: str, new: str) -> None:
    """Changes one's own password; every other session ends. Wrong guesses of the current one count as sign-in tries."""
    refused: RateLimited | None = None
    async with runtime.db.transaction() as db:
        row = await repository.user(db, own_id(actor))
        if row is None:
            raise Unauthenticated("sign_in_again")
        # Before anything is counted: a poor choice is no guess at the current one.
        fault = policy.password_fault(new, email=row.email, name=row.name) or (
            "password_same" if new == current else None
        )
        if fault is not None:
            raise Invalid.field("new", fault, min=policy.PASSWORD_MIN, max=policy.PASSWORD_MAX)
        try:
            await limits.count(db, row.email, actor.ip)
        except RateLimited as error:
            refused = error
    if refused is not None:
        raise refused
    right, _ = await passwords.verify(current, row.password_hash)
    if not right:
        raise Invalid.field("current", "password_wrong")
    fresh = await passwords.hash_password(new)

    async def store(db: Session) -> None:
        user = await repository.user(db, own_id(actor), lock=True)
        if user is None or user.password_hash != row.password_hash:
            raise Unauthenticated("sign_in_again")
        user.password_hash = fresh
        user.must_change_password = False
        await limits.forgive(db, user.email, actor.ip)
        await audit.record(db, actor, "user.password_changed", "user", own_id(actor))
        await end_sessions(db, actor, own_id(actor), but=actor.session_id)

    await runtime.db.run(store)


async def update_me(db: Session, actor: Actor, body: MePatch) -> None:
    """Changes one's own profile and preferences. Fields left out stay; null clears what may be empty."""
    row = await repository.user(db, own_id(actor), lock=True)
    if row is None:
        raise Unauthenticated("sign_in_again")
    before = audit.snapshot(row)
    if body.name is not None:
        row.name = body.name
    if body.theme is not None:
        row.theme = body.theme
    for field in ("display_name", "avatar_url", "locale"):
        if field in body.model_fields_set:
            value = getattr(body, field)
            setattr(row, field, value.strip() or None if value else None)
    if body.settings is not None:
        row.settings = {**row.settings, **body.settings.model_dump(exclude_none=True)}
    await db.flush()
    changes = audit.diff(before, audit.snapshot(row), model=UserRow)
    if changes:
        await audit.record(db, actor, "user.updated", "user", own_id(actor), changes)
        await emit(
            db,
            UserChanged(user_id=own_id(actor), fields=tuple(changes), active=True),
            actor=actor,
            audience=Audience(users=(own_id(actor),), permission="users.manage"),
        )


def settings_of(row: UserRow) -> UserSettings:
    """Stored preferences over the defaults; what an older version stored and we no longer know is ignored."""
    return UserSettings(**{k: v for k, v in row.settings.items() if k in UserSettings.model_fields})


@every(3600, name="accounts.tidy")
async def tidy(runtime: Runtime) -> None:
    """Forgets ended sessions and old sign-in counters."""
    async with runtime.db.transaction() as db:
        await db.execute(delete(SessionRow).where(SessionRow.expires_at < clock.now()))
        await limits.tidy(db)
