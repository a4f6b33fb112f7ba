"""Verbs on people and roles; also what other rooms ask about staff. Signing in is in `sessions`, tokens in `tokens`."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.permissions import BUILT_IN_ROLES, PERMISSIONS
from qiao.core.runtime import runtime_of
from qiao.people.accounts import audit, passwords, policy, repository
from qiao.people.accounts.events import AccessChanged, UserChanged, UserCreated
from qiao.people.accounts.models import RoleRow, UserRow
from qiao.people.accounts.ports import Presence
from qiao.people.accounts.schemas import (
    Contact,
    DirectoryEntry,
    PermissionView,
    PersonRef,
    RoleCreate,
    RolePatch,
    RoleRef,
    RoleView,
    UserCreate,
    UserPatch,
    UserView,
)
from qiao.people.accounts.sessions import end_sessions

_STAFF = Audience(permission="users.manage")

# -- what other rooms ask --------------------------------------------------------------------------------------------


async def people(db: Session, ids: Iterable[UUID]) -> dict[UUID, PersonRef]:
    """Staff by id (active or not) under the name customers and colleagues read."""
    return {
        key: PersonRef(id=key, name=name, avatar_url=picture)
        for key, name, picture in await repository.names_by_id(db, ids)
    }


async def holders(db: Session, permission: str) -> frozenset[UUID]:
    """Active people who hold `permission`."""
    return frozenset((await db.execute(repository.holders(permission))).scalars())


async def holders_of_roles(db: Session, roles: Iterable[str]) -> frozenset[UUID]:
    """Active people in any of these roles, named by key or id."""
    return frozenset(await repository.active_in_roles(db, roles))


async def members_of(db: Session, department_id: UUID) -> frozenset[UUID]:
    """Active people of a department."""
    return frozenset(await repository.active_in_department(db, department_id))


async def contacts(db: Session, ids: Iterable[UUID]) -> dict[UUID, Contact]:
    """Where active people read their mail, and in which language."""
    return {
        row.id: Contact(id=row.id, name=row.name, email=row.email, locale=row.locale or i18n.DEFAULT_LOCALE)
        for row in await repository.users_by_id(db, ids)
        if row.active
    }


async def ids_of_emails(db: Session, emails: Sequence[str]) -> list[UUID]:
    """Active people who sign in with one of these addresses, given in small letters."""
    return await repository.active_with_emails(db, emails) if emails else []


async def may_handle_conversations(db: Session, user_id: UUID) -> bool:
    """Whether conversations may be given to this person: active, and holding the permission."""
    query = repository.holders("conversations.handle").where(UserRow.id == user_id)
    return (await db.execute(query)).first() is not None


async def role_names(db: Session, user_id: UUID) -> frozenset[str]:
    """Keys and ids of a person's roles, where something is open to certain roles."""
    roles = (await repository.roles_of(db, [user_id])).get(user_id, [])
    return frozenset(name for role in roles for name in (role.key, str(role.id)) if name)


async def active_among(db: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Those of `ids` who work here now, in one statement however many."""
    return await repository.active_among(db, ids)


async def working_in(db: Session, permission: str, department_id: UUID | None) -> frozenset[UUID]:
    """Active people of a department (None: of all) who hold `permission`."""
    query = repository.holders(permission)
    if department_id is not None:
        query = query.where(UserRow.department_id == department_id)
    return frozenset((await db.execute(query)).scalars())


async def exists(db: Session, user_id: UUID) -> bool:
    """Whether this is an active member of staff."""
    row = await repository.user(db, user_id)
    return row is not None and row.active


async def directory(db: Session) -> list[DirectoryEntry]:
    """Everybody who works here now, for pickers."""
    rows = await repository.active_users(db)
    presence: Presence | None = runtime_of(db).parts.get(Presence)
    states = await presence.states(db, [row.id for row in rows]) if presence is not None else {}
    handling = await holders(db, "conversations.handle")
    return [
        DirectoryEntry(
            id=row.id,
            name=row.name,
            display_name=row.display_name,
            avatar_url=row.avatar_url,
            state=states.get(row.id, "offline"),
            can_handle=row.id in handling,
        )
        for row in rows
    ]


# -- roles -----------------------------------------------------------------------------------------------------------


def role_name(role: RoleRow, locale: str) -> str:
    """What people read; a built-in role's name follows their language."""
    return i18n.t(f"roles.{role.key}.name", locale) if role.key else role.name


def role_ref(role: RoleRow, locale: str) -> RoleRef:
    return RoleRef(id=role.id, key=role.key, name=role_name(role, locale))


def _role_view(role: RoleRow, locale: str, users: int) -> RoleView:
    return RoleView(
        id=role.id,
        key=role.key,
        name=role_name(role, locale),
        description=i18n.t(f"roles.{role.key}.description", locale) if role.key else role.description,
        permissions=[p for p in PERMISSIONS if p in role.permissions],
        built_in=role.built_in,
        users=users,
    )


def permission_list(locale: str) -> list[PermissionView]:
    """Every permission with its name, grouped by what it is about."""
    return [
        PermissionView(key=key, name=i18n.t(f"permissions.{key}", locale), group=key.partition(".")[0])
        for key in PERMISSIONS
    ]


async def ensure_built_in_roles(db: Session) -> None:
    """Creates the built-in roles and brings their permissions up to this version."""
    present = {role.key: role for role in await repository.roles(db) if role.key}
    missing = []
    for key, permissions in BUILT_IN_ROLES.items():
        role = present.get(key)
        if role is None:
            missing.append(
                {"id": new_id(), "key": key, "name": f"built-in:{key}", "permissions": list(permissions)},
            )
        elif set(role.permissions) != set(permissions):
            role.permissions = list(permissions)
    if missing:
        await repository.add_roles(db, missing)


async def role_id_of(db: Session, name: str) -> UUID:
    """The role with this id or built-in key. Raises Invalid."""
    for role in await repository.roles(db):
        if name in (str(role.id), role.key):
            return role.id
    raise Invalid.field("role", "role_not_found")


async def list_roles(db: Session, locale: str) -> list[RoleView]:
    sizes = await repository.role_sizes(db)
    return [_role_view(role, locale, sizes.get(role.id, 0)) for role in await repository.roles(db)]


def _check_permissions(actor: Actor, wanted: Iterable[str]) -> list[str]:
    unknown = policy.unknown_permissions(wanted)
    if unknown:
        raise Invalid.field("permissions", "permission_unknown", names=", ".join(unknown))
    _refuse_beyond(actor, wanted)
    return [p for p in PERMISSIONS if p in set(wanted)]


def _refuse_beyond(actor: Actor, wanted: Iterable[str]) -> None:
    beyond = [] if actor.kind == "system" else policy.exceeds(wanted, actor.permissions)
    if beyond:
        raise Forbidden("rights_beyond_own", names=", ".join(i18n.t(f"permissions.{p}", actor.locale) for p in beyond))


async def create_role(db: Session, actor: Actor, body: RoleCreate) -> RoleView:
    permissions = _check_permissions(actor, body.permissions)
    await _refuse_taken_role_name(db, body.name, None)
    role = RoleRow(id=new_id(), key=None, name=body.name, description=body.description, permissions=permissions)
    db.add(role)
    await db.flush()
    await audit.record(db, actor, "role.created", "role", role.id, {"name": body.name, "permissions": permissions})
    return _role_view(role, actor.locale, 0)


async def update_role(db: Session, actor: Actor, role_id: UUID, body: RolePatch) -> RoleView:
    role = await _custom_role(db, actor, role_id)
    before = audit.snapshot(role)
    if body.permissions is not None:
        role.permissions = _check_permissions(actor, body.permissions)
    if body.name is not None:
        await _refuse_taken_role_name(db, body.name, role.id)
        role.name = body.name
    if body.description is not None:
        role.description = body.description
    await db.flush()
    changes = audit.diff(before, audit.snapshot(role), model=RoleRow)
    members = await repository.role_members(db, role.id)
    if changes:
        await audit.record(db, actor, "role.updated", "role", role.id, changes)
    if "permissions" in changes:
        for user_id in members:
            await _access_changed(db, actor, user_id)
    return _role_view(role, actor.locale, len(members))


async def delete_role(db: Session, actor: Actor, role_id: UUID) -> None:
    role = await _custom_role(db, actor, role_id)
    if members := await repository.role_members(db, role_id):
        raise Conflict("role_in_use", count=len(members))
    await db.delete(role)
    await audit.record(db, actor, "role.deleted", "role", role.id, {"name": role.name})


async def _custom_role(db: Session, actor: Actor, role_id: UUID) -> RoleRow:
    role = await repository.role(db, role_id, lock=True)
    if role is None:
        raise NotFound("role_not_found")
    if role.built_in:
        raise Refused("role_built_in")
    _refuse_beyond(actor, role.permissions)
    return role


async def _refuse_taken_role_name(db: Session, name: str, but: UUID | None) -> None:
    for role in await repository.roles(db):
        names = {role_name(role, locale).casefold() for locale in i18n.LOCALES}
        if role.id != but and name.casefold() in names:
            raise Invalid.field("name", "name_taken")


# -- people ----------------------------------------------------------------------------------------------------------


def user_view(row: UserRow, roles: Sequence[RoleRow], locale: str) -> UserView:
    return UserView(
        id=row.id,
        email=row.email,
        name=row.name,
        display_name=row.display_name,
        avatar_url=row.avatar_url,
        locale=row.locale,
        department_id=row.department_id,
        roles=[role_ref(role, locale) for role in roles],
        active=row.active,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
    )


async def list_users(
    db: Session,
    locale: str,
    *,
    q: str | None = None,
    role_id: UUID | None = None,
    department_id: UUID | None = None,
    active: bool | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 50,
) -> list[UserView]:
    rows = await repository.user_page(
        db, q=q, role_id=role_id, department_id=department_id, active=active, after=after, limit=limit
    )
    roles = await repository.roles_of(db, [row.id for row in rows])
    return [user_view(row, roles.get(row.id, []), locale) for row in rows]


async def get_user(db: Session, user_id: UUID, locale: str) -> UserView:
    row = await repository.user(db, user_id)
    if row is None:
        raise NotFound("user_not_found")
    return user_view(row, (await repository.roles_of(db, [user_id])).get(user_id, []), locale)


async def create_user(
    db: Session, actor: Actor, body: UserCreate, *, password_hash: str | None = None
) -> tuple[UserView, str | None]:
    """Adds a member of staff. Returns the temporary password when the body names none."""
    roles = await _roles_to_give(db, actor, body.role_ids)
    if await repository.user_by_email(db, body.email) is not None:
        raise Invalid.field("email", "email_taken")
    temporary: str | None = None
    if password_hash is None:
        password = body.password
        if password is None:
            password = temporary = passwords.temporary()
        else:
            check_password(password, body.email, body.name)
        password_hash = await passwords.hash_password(password)
    row = UserRow(
        id=new_id(),
        email=body.email,
        name=body.name,
        display_name=body.display_name or None,
        locale=body.locale,
        department_id=body.department_id,
        password_hash=password_hash,
        must_change_password=temporary is not None,
        active=True,
    )
    db.add(row)
    await db.flush()
    await repository.set_roles(db, row.id, [role.id for role in roles])
    await db.refresh(row)
    await audit.record(
        db, actor, "user.created", "user", row.id, {"name": row.name, "roles": [role_name(r, "en") for r in roles]}
    )
    await emit(db, UserCreated(user_id=row.id), actor=actor, audience=_STAFF)
    return user_view(row, roles, actor.locale), temporary


async def ensure_user(
    db: Session,
    actor: Actor,
    *,
    email: str,
    name: str,
    password: str,
    roles: Sequence[str],
    locale: str | None = None,
    display_name: str | None = None,
    department_id: UUID | None = None,
    avatar_url: str | None = None,
) -> UUID:
    """The person with this address, made with built-in `roles` if missing. For seeding: the password is not judged."""
    await ensure_built_in_roles(db)
    known = await repository.user_by_email(db, email.lower())
    if known is not None:
        return known.id
    by_key = {role.key: role.id for role in await repository.roles(db) if role.key}
    body = UserCreate.model_validate(
        {
            "email": email,
            "name": name,
            "display_name": display_name,
            "role_ids": [by_key[key] for key in roles],
            "department_id": department_id,
            "locale": locale,
        }
    )
    user, _ = await create_user(db, actor, body, password_hash=await passwords.hash_password(password))
    if avatar_url is not None:
        await repository.set_avatar(db, user.id, avatar_url)
    return user.id


async def update_user(db: Session, actor: Actor, user_id: UUID, body: UserPatch) -> UserView:
    """Changes a member of staff: profile, roles, whether they still work here."""
    await _lock_admins(db)
    row, old_roles = await _someone_within(db, actor, user_id)
    before = audit.snapshot(row) | {"roles": sorted(role_name(r, "en") for r in old_roles)}
    given = body.model_fields_set
    roles = old_roles
    if body.role_ids is not None:
        roles = await _roles_to_give(db, actor, body.role_ids, had=old_roles)
    active = row.active if body.active is None else body.active
    if active != row.active and user_id == actor.id:
        raise Refused("user_self_deactivate")
    if _is_admin(old_roles) and row.active and not (_is_admin(roles) and active):
        await _refuse_last_admin(db, user_id)
    if body.email is not None and body.email != row.email:
        if await repository.user_by_email(db, body.email) is not None:
            raise Invalid.field("email", "email_taken")
        row.email = body.email
    if body.name is not None:
        row.name = body.name
    for field in ("display_name", "avatar_url", "locale", "department_id"):
        if field in given:
            setattr(row, field, getattr(body, field) or None)
    if active != row.active:
        row.active = active
        row.deactivated_at = None if active else clock.now()
    if {r.id for r in roles} != {r.id for r in old_roles}:
        await repository.set_roles(db, user_id, [role.id for role in roles])
    await db.flush()
    after = audit.snapshot(row) | {"roles": sorted(role_name(r, "en") for r in roles)}
    changes = audit.diff(before, after, model=UserRow)
    if changes:
        action = "user.updated" if "active" not in changes else "user.activated" if active else "user.deactivated"
        await audit.record(db, actor, action, "user", user_id, changes)
        await emit(db, UserChanged(user_id=user_id, fields=tuple(changes), active=active), actor=actor, audience=_STAFF)
    if "active" in changes and not active:
        await end_sessions(db, actor, user_id)
    elif "roles" in changes:
        await _access_changed(db, actor, user_id)
    return user_view(row, roles, actor.locale)


async def reset_password(db: Session, actor: Actor, user_id: UUID) -> str:
    """Gives someone a temporary password and ends everything they have open. Returns the password, this once."""
    if user_id == actor.id:
        raise Refused("user_self_reset")
    row, _ = await _someone_within(db, actor, user_id)
    password = passwords.temporary()
    row.password_hash = await passwords.hash_password(password)
    row.must_change_password = True
    await audit.record(db, actor, "user.password_reset", "user", user_id)
    await end_sessions(db, actor, user_id)
    return password


def check_password(password: str, email: str, name: str, field: str = "password") -> None:
    """Raises Invalid when a new password is too easy to guess."""
    fault = policy.password_fault(password, email=email, name=name)
    if fault is not None:
        raise Invalid.field(field, fault, min=policy.PASSWORD_MIN, max=policy.PASSWORD_MAX)


async def _someone_within(db: Session, actor: Actor, user_id: UUID) -> tuple[UserRow, list[RoleRow]]:
    """A person the actor may manage: nobody manages someone who may do more than they may themselves."""
    row = await repository.user(db, user_id, lock=True)
    if row is None:
        raise NotFound("user_not_found")
    roles = (await repository.roles_of(db, [user_id])).get(user_id, [])
    _refuse_beyond(actor, {p for role in roles for p in role.permissions})
    return row, roles


async def _roles_to_give(
    db: Session, actor: Actor, role_ids: Iterable[UUID], had: Iterable[RoleRow] = ()
) -> list[RoleRow]:
    wanted = list(dict.fromkeys(role_ids))
    roles = list(await repository.roles(db, wanted))
    if len(roles) != len(wanted):
        raise Invalid.field("role_ids", "role_not_found")
    _refuse_beyond(actor, {p for role in [*roles, *had] for p in role.permissions})
    return roles


def _is_admin(roles: Iterable[RoleRow]) -> bool:
    return any(role.key == "admin" for role in roles)


async def _lock_admins(db: Session) -> None:
    """Two administrators removing each other at once must not both succeed."""
    await repository.role_by_key(db, "admin", lock=True)


async def _refuse_last_admin(db: Session, user_id: UUID) -> None:
    admin = await repository.role_by_key(db, "admin")
    if admin is not None and await repository.other_active_members(db, admin.id, user_id) == 0:
        raise Refused("last_admin")


async def _access_changed(db: Session, actor: Actor, user_id: UUID) -> None:
    """Every process hears of it and lets the person's open connections see what they may see from now on."""
    await emit(db, AccessChanged(user_id=user_id), actor=actor, audience=Audience(users=(user_id,)))


async def password_fits(db: Session, email: str, password: str) -> bool:
    """Whether this is (still) the password of an active person. For showing demo logins, not for signing in."""
    row = await repository.user_by_email(db, email.lower())
    if row is None or not row.active:
        return False
    right, _ = await passwords.verify(password, row.password_hash)
    return right


async def reset_password_by_email(db: Session, actor: Actor, email: str) -> str:
    """`reset_password` for the command line, which knows people by their address."""
    row = await repository.user_by_email(db, email.lower())
    if row is None:
        raise NotFound("user_not_found")
    return await reset_password(db, actor, row.id)
