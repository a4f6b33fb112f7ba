"""What the console asks first: who am I, what may I do, where do I work."""

from uuid import UUID

from pydantic import BaseModel

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Unauthenticated
from qiao.people.accounts import repository, service, sessions
from qiao.people.accounts.identity import own_id
from qiao.people.accounts.schemas import Me, RoleRef
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import WorkspaceView


class SignedInView(BaseModel):
    """Who is signed in, what they may do, and where they work."""

    user: Me
    roles: list[RoleRef]
    permissions: list[str]
    queue_ids: list[UUID]
    workspace: WorkspaceView


async def me_view(db: Session, actor: Actor) -> SignedInView:
    """The signed-in person. Raises Unauthenticated when they are no longer there."""
    row = await repository.user(db, own_id(actor))
    if row is None:
        raise Unauthenticated("sign_in_again")
    roles = [service.role_ref(role, actor.locale) for role in (await repository.roles_of(db, [row.id])).get(row.id, [])]
    me = Me(
        id=row.id,
        email=row.email,
        name=row.name,
        display_name=row.display_name,
        avatar_url=row.avatar_url,
        locale=row.locale,
        theme=row.theme,
        settings=sessions.settings_of(row),
        department_id=row.department_id,
        roles=roles,
        permissions=sorted(actor.permissions),
        queue_ids=sorted(actor.queue_ids),
        must_change_password=row.must_change_password,
    )
    return SignedInView(
        user=me,
        roles=roles,
        permissions=me.permissions,
        queue_ids=me.queue_ids,
        workspace=await organization.get_workspace(db),
    )
