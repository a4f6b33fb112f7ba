"""What verbs ask of others before they write: do these people, places and files exist, may they be named here?"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Invalid, NotFound
from qiao.core.files import service as files
from qiao.desk.tickets import views
from qiao.desk.tickets.definition import Definition
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef
from qiao.people.organization import service as organization


async def customer(db: Session, customer_id: UUID, field: str = "customer_id") -> CustomerRef:
    try:
        found = await customers.ref(db, customer_id)
    except NotFound:
        raise Invalid.field(field, "ticket.customer_unknown") from None
    views.customers_seen(db)[customer_id] = found
    return found


async def department(db: Session, department_id: UUID, field: str = "department_id") -> str:
    name = (await organization.department_names(db)).get(department_id)
    if name is None:
        raise Invalid.field(field, "ticket.department_unknown")
    return name


async def assignee(db: Session, user_id: UUID, field: str = "assignee_id") -> None:
    """Tickets are given to people who work here and may handle them."""
    if user_id not in await accounts.working_in(db, "tickets.handle", None):
        raise Invalid.field(field, "ticket.not_an_agent")


async def colleagues(db: Session, ids: Collection[UUID], field: str) -> None:
    """Everybody named works here."""
    if ids and set(ids) - await accounts.active_among(db, ids):
        raise Invalid.field(field, "ticket.person_unknown")


async def attachments(db: Session, actor: Actor, ids: Sequence[UUID], field: str = "files") -> list[dict[str, Any]]:
    """What is known of files this actor uploaded. Raises Invalid for others'."""
    found = []
    for index, file_id in enumerate(dict.fromkeys(ids)):
        try:
            found.append(await files.payload_for_sender(db, actor, str(file_id)))
        except Invalid:
            raise Invalid.field(f"{field}.{index}", "file.not_yours") from None
    return found


async def references(
    db: Session, actor: Actor, definition: Definition, values: dict[str, Any], keys: Iterable[str]
) -> list[FieldError]:
    """Looks up what these fields refer to and fills in what is known of files. Returns what does not exist."""
    errors: list[FieldError] = []
    wanted = set(keys)
    for spec in definition.fields:
        value = values.get(spec.key)
        if spec.key not in wanted or value is None:
            continue
        if spec.kind == "person" and not await accounts.active_among(db, [UUID(value)]):
            errors.append(FieldError(f"fields.{spec.key}", "ticket.person_unknown", {}))
        elif spec.kind == "customer" and not await customers.refs(db, [UUID(value)]):
            errors.append(FieldError(f"fields.{spec.key}", "ticket.customer_unknown", {}))
        elif spec.kind == "file":
            filled = []
            for one in value:
                if isinstance(one, Mapping) and "name" in one:
                    filled.append(dict(one))
                    continue
                try:
                    filled.append(await files.payload_for_sender(db, actor, one["file_id"]))
                except Invalid:
                    errors.append(FieldError(f"fields.{spec.key}", "file.not_yours", {}))
            values[spec.key] = filled
    return errors
