"""Roles and permissions."""

from typing import Annotated
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.web import Read, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts import service
from qiao.people.accounts.access import Needs, SignedIn
from qiao.people.accounts.schemas import PermissionView, RoleCreate, RolePatch, RoleView

router = Router(tags=["people"])
Manager = Annotated[Actor, Needs("roles.manage")]


@router.get("/roles")
async def list_roles(
    actor: Annotated[Actor, Needs("users.manage", "roles.manage", "tickets.manage")], db: Read
) -> list[RoleView]:
    """Roles and what they may do; whoever makes ticket types names roles in them."""
    return await service.list_roles(db, actor.locale)


@router.post("/roles", status_code=201)
async def create_role(actor: Manager, db: Tx, body: RoleCreate) -> RoleView:
    """Makes a role out of permissions one holds oneself."""
    return await service.create_role(db, actor, body)


@router.patch("/roles/{role_id}")
async def update_role(actor: Manager, db: Tx, role_id: UUID, body: RolePatch) -> RoleView:
    """Changes a role of one's own making; built-in roles are fixed."""
    return await service.update_role(db, actor, role_id, body)


@router.delete("/roles/{role_id}", status_code=204)
async def delete_role(actor: Manager, db: Tx, role_id: UUID) -> None:
    """Removes a role nobody has."""
    await service.delete_role(db, actor, role_id)


@router.get("/permissions")
async def list_permissions(actor: SignedIn) -> list[PermissionView]:
    """Every permission there is, with its name."""
    return service.permission_list(actor.locale)
