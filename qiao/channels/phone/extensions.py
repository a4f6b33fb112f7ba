"""Whose telephone an extension is."""

from uuid import UUID

from qiao.channels.phone import repository
from qiao.channels.phone.schemas import ExtensionsBody, ExtensionView, Person
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts


async def _check_line(db: Session, inbox_id: UUID) -> None:
    if (await inboxes.get(db, inbox_id)).channel != "phone":
        raise NotFound("inbox_not_found")


async def listing(db: Session, inbox_id: UUID) -> list[ExtensionView]:
    """The extensions of a line. Raises NotFound for an inbox that is none."""
    await _check_line(db, inbox_id)
    rows = await repository.extensions(db, inbox_id)
    people = await accounts.people(db, {row.user_id for row in rows})
    return [
        ExtensionView(
            extension=row.extension,
            user=Person(
                id=row.user_id,
                name=people[row.user_id].name if row.user_id in people else "",
                avatar_url=people[row.user_id].avatar_url if row.user_id in people else None,
            ),
        )
        for row in rows
    ]


async def put(db: Session, actor: Actor, inbox_id: UUID, body: ExtensionsBody) -> list[ExtensionView]:
    """Replaces the whole list. An extension is one person's; a person may have several."""
    await _check_line(db, inbox_id)
    before = {row.extension: str(row.user_id) for row in await repository.extensions(db, inbox_id)}
    wanted: dict[str, UUID] = {}
    for number, item in enumerate(body.items):
        if item.extension in wanted:
            raise Invalid.field(f"items.{number}.extension", "phone.extension_twice", extension=item.extension)
        wanted[item.extension] = item.user_id
    known = await accounts.people(db, set(wanted.values()))
    for number, item in enumerate(body.items):
        if item.user_id not in known:
            raise Invalid.field(f"items.{number}.user_id", "user_not_found")
    await repository.put_extensions(db, inbox_id, list(wanted.items()))
    after = {extension: str(user_id) for extension, user_id in wanted.items()}
    if after != before:
        changed = {
            key: [before.get(key), after.get(key)] for key in {*before, *after} if before.get(key) != after.get(key)
        }
        await audit.record(db, actor, "phone.extensions_changed", "inbox", inbox_id, changed)
    return await listing(db, inbox_id)
