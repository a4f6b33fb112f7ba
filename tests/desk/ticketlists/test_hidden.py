"""A search does not tell what its reader may not read, also when that was open before."""

from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.tickets import searching
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TypePatch
from qiao.desk.tickets.types import service as types
from tests.desk.ticketlists.conftest import Seed


async def test_what_a_type_hides_is_found_no_more(seed: Seed) -> None:
    seeded = await seed(rows=[{"data": {"remark": "Wintergarten", "secret": "Hinterzimmer"}}])
    runtime = seeded.runtime

    async def found(word: str) -> int:
        async def count(db: Session) -> int:
            query = "SELECT count(*) FROM ticket_search WHERE tokens @@ CAST(:word AS tsquery)"
            return int(await db.scalar(text(query), {"word": word}) or 0)

        return await runtime.db.run(count)

    async def index(db: Session) -> None:
        await searching.index(db, await searching.ids_of_type(db, seeded.type_id, None, 10))

    await runtime.db.run(index)
    assert (await found("wintergarten"), await found("hinterzimmer")) == (1, 0)

    async def restrict(db: Session, roles: list[str]) -> None:
        view = await types.get_type(db, "sample")
        given = view.definition.model_dump(mode="json")
        given["fields"] = [
            {**one, "view_roles": roles if one["key"] == "remark" else ["supervisor"] if one["key"] == "secret" else []}
            for one in given["fields"]
        ]
        body = TypePatch(revision=view.revision, definition=Definition.model_validate(given))
        await types.update(db, Actor.system(), "sample", body)

    await runtime.db.run(lambda db: restrict(db, ["supervisor"]))
    await runtime.reactions.settled()
    assert (await found("wintergarten"), await found("hinterzimmer")) == (0, 0)
    await runtime.db.run(lambda db: restrict(db, []))
    await runtime.reactions.settled()
    assert (await found("wintergarten"), await found("hinterzimmer")) == (1, 0)
