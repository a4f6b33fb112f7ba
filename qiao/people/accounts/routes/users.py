"""Members of staff."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts import service
from qiao.people.accounts.access import Needs, SignedIn
from qiao.people.accounts.schemas import DirectoryEntry, UserCreate, UserPatch, UserView

router = Router(tags=["people"])
Manager = Annotated[Actor, Needs("users.manage")]


class CreatedUser(UserView):
    """`temporary_password` is shown this once, when no password was given."""

    temporary_password: str | None = None


class TemporaryPassword(BaseModel):
    temporary_password: str


@router.get("/users")
async def list_users(
    actor: Annotated[Actor, Needs("users.manage", "roles.manage")],
    db: Read,
    q: Annotated[str | None, Query(max_length=100)] = None,
    role: Annotated[str | None, Query(max_length=40, description="Id of a role, or the key of a built-in one.")] = None,
    department_id: UUID | None = None,
    active: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[UserView]:
    """Members of staff by name."""
    after = decode_cursor(cursor, tuple[str, UUID])
    items = await service.list_users(
        db,
        actor.locale,
        q=q,
        role_id=await service.role_id_of(db, role) if role else None,
        department_id=department_id,
        active=active,
        after=after,
        limit=limit + 1,
    )
    more = len(items) > limit
    items = items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].name, items[-1].id) if more else None)


@router.post("/users", status_code=201)
async def create_user(actor: Manager, db: Tx, body: UserCreate) -> CreatedUser:
    """Adds a member of staff. Nobody can give more rights than they have."""
    user, password = await service.create_user(db, actor, body)
    return CreatedUser(**user.model_dump(), temporary_password=password)


@router.get("/users/{user_id}")
async def get_user(actor: Manager, db: Read, user_id: UUID) -> UserView:
    return await service.get_user(db, user_id, actor.locale)


@router.patch("/users/{user_id}")
async def update_user(actor: Manager, db: Tx, user_id: UUID, body: UserPatch) -> UserView:
    """Changes profile, roles or state. Switching someone off ends their sessions."""
    return await service.update_user(db, actor, user_id, body)


@router.post("/users/{user_id}/reset-password")
async def reset_password(actor: Manager, db: Tx, user_id: UUID) -> TemporaryPassword:
    """Gives someone a temporary password and ends their sessions."""
    return TemporaryPassword(temporary_password=await service.reset_password(db, actor, user_id))


@router.get("/directory")
async def directory(actor: SignedIn, db: Read) -> list[DirectoryEntry]:
    """Everybody who works here now, for pickers."""
    return await service.directory(db)
