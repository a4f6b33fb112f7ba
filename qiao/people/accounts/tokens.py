"""Personal API tokens."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.permissions import PERMISSIONS
from qiao.people.accounts import audit, policy, repository
from qiao.people.accounts.credentials import hash_token, new_api_token, shown_prefix
from qiao.people.accounts.events import TokenDeleted
from qiao.people.accounts.identity import own_id
from qiao.people.accounts.models import ApiTokenRow
from qiao.people.accounts.schemas import NewTokenView, TokenCreate, TokenView

MOST: Final = 50
LONGEST: Final = timedelta(days=730)


async def list_tokens(db: Session, actor: Actor) -> list[TokenView]:
    return [TokenView.model_validate(row) for row in await repository.tokens_of(db, own_id(actor))]


async def create_token(db: Session, actor: Actor, body: TokenCreate) -> NewTokenView:
    """Makes a token with at most the rights of its owner; the token itself is returned this once."""
    unknown = policy.unknown_permissions(body.scopes)
    if unknown:
        raise Invalid.field("scopes", "permission_unknown", names=", ".join(unknown))
    beyond = policy.exceeds(body.scopes, actor.permissions)
    if beyond:
        raise Forbidden("permission_missing", permission=beyond[0])
    now = clock.now()
    if body.expires_at is not None and not now < body.expires_at <= now + LONGEST:
        raise Invalid.field("expires_at", "token_expiry_range", days=LONGEST.days)
    if len(await repository.tokens_of(db, own_id(actor))) >= MOST:
        raise Conflict("token_too_many", count=MOST)
    token = new_api_token()
    row = ApiTokenRow(
        id=new_id(),
        user_id=own_id(actor),
        name=body.name,
        prefix=shown_prefix(token),
        token_hash=hash_token(token),
        scopes=[p for p in PERMISSIONS if p in set(body.scopes)],
        expires_at=body.expires_at,
    )
    db.add(row)
    await db.flush()
    await db.refresh(row)
    await audit.record(db, actor, "token.created", "token", row.id, {"name": row.name, "scopes": row.scopes})
    return NewTokenView(**TokenView.model_validate(row).model_dump(), token=token)


async def delete_token(db: Session, actor: Actor, token_id: UUID) -> None:
    row = await repository.token(db, own_id(actor), token_id)
    if row is None:
        raise NotFound("token_not_found")
    await db.delete(row)
    await emit(
        db, TokenDeleted(user_id=row.user_id, token_id=token_id), actor=actor, audience=Audience(users=(row.user_id,))
    )
    await audit.record(db, actor, "token.deleted", "token", token_id, {"name": row.name})
