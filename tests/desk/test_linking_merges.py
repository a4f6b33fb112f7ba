"""Two records of one person become one, everything of theirs with them, and can be taken apart again exactly."""

import asyncio
import itertools
import re
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint, func, insert, select

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Base, Db, Session
from qiao.core.errors import Refused
from qiao.core.ids import new_id
from qiao.core.permissions import BUILT_IN_ROLES
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.models import Conversation, Message
from qiao.desk.conversations.schemas import Inbound
from qiao.desk.inboxes.models import InboxRow
from qiao.desk.tickets.models import TicketType
from qiao.people.accounts.models import AuditRow
from qiao.people.customers import merging, service, suggesting
from qiao.people.customers.following import FOLLOWED
from qiao.people.customers.models import CustomerRow
from qiao.people.customers.schemas import CustomerCreate, Profile
from tests.conftest import SignIn

BOSS = Actor(kind="user", id=new_id(), name="Boss", permissions=frozenset(BUILT_IN_ROLES["admin"]))
CUSTOMERS = "/api/v1/customers"

# Columns that name a customer and stay as they are, each with its reason.
STAYING = {
    "customers.merged_into": "it is the merge",
    "wechat_visits.customer_id": "tells for a day through which entry somebody came in, and is part of that row's key",
    "customer_merges.survivor_id": "history of the merge",
    "customer_merges.merged_id": "history of the merge",
    "customer_suggestions.first_id": "read through whoever it means now",
    "customer_suggestions.second_id": "read through whoever it means now",
}
# Signed with a customer's id beside what follows its customer: changed with it.
WITH_IT = {"messages.author_id", "ticket_entries.author_id"}
# What a merge and its undoing leave different: counters that only grow, and the time a row was touched.
GROWING = {"version", "updated_at"}
# A browser that was ended, since nobody vouches for whom it shows, stays ended.
ENDED = {"visitor_sessions": {"revoked_at"}}


def _names_a_customer(table: Table) -> set[str]:
    return {
        f"{table.name}.{column.name}"
        for column in table.columns
        if column.name == "customer_id" or any(key.column.table.name == "customers" for key in column.foreign_keys)
    }


def test_every_column_that_names_a_customer_follows(runtime: Runtime) -> None:
    named = set[str]().union(*(_names_a_customer(table) for table in Base.metadata.tables.values()))
    assert named - set(FOLLOWED) - set(STAYING) == set()
    assert set(FOLLOWED) <= named


# -- rows of every table that follows ----------------------------------------------------------------------------------

_numbers = itertools.count(1)
_CHOICE = re.compile(r"^\s*(\w+) IN \('([^']+)'")


def _choices(table: Table) -> dict[str, Any]:
    """What columns with a fixed choice may hold: the first that their table's checks name."""
    checks = [str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint)]
    return {found[1]: found[2] for check in checks if (found := _CHOICE.match(check))}


def _one_each(table: Table, column: Column[Any]) -> bool:
    """Whether no two rows may refer to the same row by this column."""
    alone = [*table.indexes, *(one for one in table.constraints if isinstance(one, UniqueConstraint))]
    return any(getattr(one, "unique", True) and list(one.columns) == [column] for one in alone)


async def _row(db: Session, table: Table, known: dict[str, UUID], **given: Any) -> dict[str, Any]:
    """A row of `table` with something in every column that needs it; rows it refers to are made as well."""
    values: dict[str, Any] = {**_choices(table), **given}
    for column in table.columns:
        if column.name in values or column.server_default is not None or (column.nullable and not column.primary_key):
            continue
        if column.identity is not None or (column.default is not None and not column.foreign_keys):
            continue
        target = next((key.column.table for key in column.foreign_keys), None)
        if target is not None:
            if target.name not in known or _one_each(table, column):
                known = known | {target.name: (await _row(db, target, known))["id"]}
            values[column.name] = known[target.name]
            continue
        kind = column.type.python_type
        number = next(_numbers)
        text = str(number)[-(getattr(column.type, "length", None) or 40) :]
        values[column.name] = {
            UUID: new_id(), str: text, int: 1, bool: True, dict: {}, list: [], bytes: b"x", float: 1.0,
        }.get(kind, clock.now())  # fmt: skip
    return dict((await db.execute(insert(table).values(values).returning(*table.columns))).one()._mapping)


async def _world(db: Session) -> dict[str, list[dict[str, Any]]]:
    """Everything that names a customer, as it stands."""
    found: dict[str, list[dict[str, Any]]] = {}
    places = {one.split(".")[0] for one in (*FOLLOWED, *WITH_IT)} | {"customers"}
    for name in sorted(places):
        table = Base.metadata.tables[name]
        rows = (await db.execute(select(table).order_by(*table.primary_key.columns))).mappings()
        different = GROWING | ENDED.get(name, set())
        found[name] = [{key: row[key] for key in row if key not in different} for row in rows]
    return found


_amounts = st.fixed_dictionaries({place: st.integers(0, 2) for place in ("first", "second")})


async def test_undoing_restores_every_row(runtime: Runtime) -> None:
    """Whatever two records hold, in whichever tables: merged and taken apart again, every row is as it was."""
    async with runtime.db.transaction() as db:
        inbox = (await db.execute(select(InboxRow.id))).scalars().first()
        kind = (await db.execute(select(TicketType.id))).scalars().first()
        known: dict[str, UUID] = {}
        if inbox is not None:
            known["inboxes"] = inbox
        if kind is not None:
            known["ticket_types"] = kind
    profiles = st.fixed_dictionaries(
        {
            "name": st.sampled_from(["", "苏晚晴", "Emma"]),
            "phone": st.sampled_from([None, "19900000001", "19900000002"]),
            "email": st.sampled_from([None, "a@example.com"]),
            "phone_vouched": st.booleans(),
            "level": st.sampled_from(["standard", "vip"]),
            "tags": st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
            "attributes": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 3)),
            "notes": st.sampled_from(["", "called", "likes tea"]),
            "blocked": st.booleans(),
        }
    )
    places = sorted(FOLLOWED)
    amounts = st.lists(st.tuples(st.sampled_from(places), st.booleans()), max_size=6)
    loop = asyncio.get_running_loop()
    cases: list[tuple[Any, Any, Any]] = []

    @settings(max_examples=25, database=None)
    @given(profiles, profiles, amounts)
    def collect(one: Any, other: Any, held: Any) -> None:
        cases.append((one, other, held))

    await loop.run_in_executor(None, collect)
    for one, other, held in cases:
        async with runtime.db.transaction() as db:
            ids = [await _record(db, one), await _record(db, other)]
            for place, of_first in held:
                table, _, column = place.partition(".")
                # Whoever is blocked everywhere says so in their record, too; a block in one inbox stands by itself.
                more = {"inbox_id": await _known_inbox(db, known)} if table == "blocks" else {}
                named = {column: ids[0 if of_first else 1], **more}
                row = await _row(db, Base.metadata.tables[table], dict(known), **named)
                if table == "conversations":
                    author = {"author_kind": "customer", "author_id": row["customer_id"], "kind": "text", "body": "hi"}
                    await _row(db, Base.metadata.tables["messages"], {}, conversation_id=row["id"], seq=1, **author)
        async with runtime.db.read() as db:
            before = await _world(db)
        made = await runtime.db.run(partial(merging.merge, actor=BOSS, survivor_id=ids[0], merged_id=ids[1]))
        async with runtime.db.read() as db:
            for followed in FOLLOWED.values():
                left = await db.scalar(
                    select(func.count()).select_from(followed.own.table).where(followed.own == ids[1])
                )
                assert left == 0, followed.place
            assert await db.scalar(select(func.count()).where(Message.author_id == ids[1])) == 0
        await runtime.db.run(partial(merging.undo, actor=BOSS, merge_id=made.id))
        async with runtime.db.read() as db:
            assert await _world(db) == before


async def _known_inbox(db: Session, known: dict[str, UUID]) -> UUID:
    if "inboxes" not in known:
        known["inboxes"] = (await _row(db, Base.metadata.tables["inboxes"], {}))["id"]
    return known["inboxes"]


async def _record(db: Session, given: dict[str, Any]) -> UUID:
    fields = {key: value for key, value in given.items() if key != "blocked"}
    row = CustomerRow(id=new_id(), last_seen_at=clock.now(), **fields)
    row.blocked_at = clock.now() if given["blocked"] else None
    db.add(row)
    await db.flush()
    await db.refresh(row)
    service.index(row)
    await db.flush()
    return row.id


# -- what it means -----------------------------------------------------------------------------------------------------


async def _person(db: Db, kind: str, address: str, inbox: UUID, **profile: Any) -> UUID:
    return (await db.run(lambda s: service.recognise(s, inbox, kind, address, Profile(**profile)))).id


async def _merge(db: Db, survivor: UUID, merged: UUID) -> Any:
    return await db.run(lambda s: merging.merge(s, BOSS, survivor, merged))


async def _inbox(db: Db) -> UUID:
    async with db.transaction() as session:
        return UUID(str((await _row(session, Base.metadata.tables["inboxes"], {}, channel="api"))["id"]))


class TestMeaning:
    async def test_the_old_id_leads_to_the_survivor_everywhere(self, db: Db, sign_in: SignIn) -> None:
        inbox = await _inbox(db)
        first, second, third = [await _person(db, "telegram", f"t-{n}", inbox, name=f"P{n}") for n in range(3)]
        agent = await sign_in("mei", role="agent")
        number = (await agent.get(f"{CUSTOMERS}/{third}")).json()["number"]
        await _merge(db, second, third)
        await _merge(db, first, second)
        seen = (await agent.get(f"{CUSTOMERS}/{third}")).json()
        assert seen["id"] == str(first) and {one["id"] for one in seen["formerly"]} == {str(second), str(third)}
        async with db.read() as session:
            assert {ref.id for ref in (await service.refs(session, [first, second, third])).values()} == {first}
            assert (await service.ref_by_number(session, number)).id == first
        listed = (await agent.get(CUSTOMERS, params={"q": str(number)})).json()["items"]
        assert [one["id"] for one in listed] == [str(first)]
        assert len((await agent.get(CUSTOMERS)).json()["items"]) == 1
        # Whoever writes from any of the addresses is the survivor, and so is work that still holds an old id.
        assert await _person(db, "telegram", "t-2", inbox) == first
        said = await db.run(lambda s: conversations.receive(s, Inbound(inbox, third, "m-1", body="hello")))
        async with db.read() as session:
            assert (await session.get_one(Conversation, said.conversation_id)).customer_id == first
        assert [
            one["id"]
            for one in (await agent.get("/api/v1/conversations", params={"customer_id": str(third)})).json()["items"]
        ] in ([], [str(said.conversation_id)])

    async def test_the_stricter_of_two_wins_and_both_logs_say_so(self, db: Db, sign_in: SignIn) -> None:
        inbox = await _inbox(db)
        first, second = await _person(db, "telegram", "a", inbox), await _person(db, "telegram", "b", inbox)
        await db.run(lambda s: service.set_blocked(s, BOSS, second, True))
        made = await _merge(db, first, second)
        async with db.read() as session:
            assert (await service.ref(session, first)).blocked
        await db.run(lambda s: merging.undo(s, BOSS, made.id))
        async with db.read() as session:
            assert not (await service.ref(session, first)).blocked and (await service.ref(session, second)).blocked
            logged = {(row.object_id, row.action) for row in (await session.execute(select(AuditRow))).scalars()}
        assert {(str(first), "customer.merged"), (str(second), "customer.merged_away")} <= logged
        assert {(str(first), "customer.unmerged"), (str(second), "customer.unmerged")} <= logged

    async def test_what_somebody_changed_since_stays(self, db: Db) -> None:
        inbox = await _inbox(db)
        first = await _person(db, "telegram", "a", inbox, name="A")
        second = await _person(db, "telegram", "b", inbox, name="B", city="杭州", attributes={"size": "L"})
        made = await _merge(db, first, second)
        await db.run(lambda s: service.fill_contact(s, first, Profile(attributes={"shoe": 42})))
        async with db.transaction() as session:
            (await session.get_one(CustomerRow, first)).city = "上海"
        await db.run(lambda s: merging.undo(s, BOSS, made.id))
        async with db.read() as session:
            row = await session.get_one(CustomerRow, first)
        assert (row.city, row.attributes) == ("上海", {"shoe": 42})

    async def test_what_must_not_be_one(self, db: Db) -> None:
        inbox, other = await _inbox(db), await _inbox(db)

        async def account(user: str, where: UUID) -> UUID:
            ref = await db.run(lambda s: service.identify_visitor(s, where, None, user, Profile()))
            return ref.id

        one, two, elsewhere = await account("u1", inbox), await account("u2", inbox), await account("u9", other)
        with pytest.raises(Refused, match="two_external"):
            await _merge(db, one, two)
        await _merge(db, one, elsewhere)
        phones = [await _person(db, "phone", f"1990000000{n}", inbox) for n in range(2)]
        made = await _merge(db, *phones)  # two checked numbers are one person's two telephones
        with pytest.raises(Refused, match="merged_already"):
            await _merge(db, phones[1], one)
        with clock.frozen(clock.now() + timedelta(days=31)), pytest.raises(Refused, match="merge_over"):
            await db.run(lambda s: merging.undo(s, BOSS, made.id))

    async def test_undo_goes_from_the_last_to_the_first(self, db: Db) -> None:
        inbox = await _inbox(db)
        a, b, c = [await _person(db, "telegram", name, inbox) for name in "abc"]
        first, second = await _merge(db, b, a), await _merge(db, c, b)
        with pytest.raises(Refused, match="later_first"):
            await db.run(lambda s: merging.undo(s, BOSS, first.id))
        await db.run(lambda s: merging.undo(s, BOSS, second.id))
        await db.run(lambda s: merging.undo(s, BOSS, first.id))
        assert [await _person(db, "telegram", name, inbox) for name in "abc"] == [a, b, c]
        with pytest.raises(Refused, match="merge_undone"):
            await db.run(lambda s: merging.undo(s, BOSS, first.id))

    async def test_overlapping_merges_at_once(self, db: Db) -> None:
        inbox = await _inbox(db)
        a, b, c = [await _person(db, "telegram", name, inbox) for name in "abc"]
        pairs = [(a, b), (b, a), (b, c), (c, a), (a, c)]
        done = await asyncio.gather(*(_merge(db, *pair) for pair in pairs), return_exceptions=True)
        assert all(isinstance(one, Refused) or hasattr(one, "survivor_id") for one in done), done
        async with db.read() as session:
            alive = {(await service.ref(session, one)).id for one in (a, b, c)}
        assert len(alive) == 3 - sum(not isinstance(one, Exception) for one in done)

    async def test_messages_during_a_merge_find_the_survivor(self, db: Db) -> None:
        inbox = await _inbox(db)
        first, second = await _person(db, "telegram", "a", inbox), await _person(db, "telegram", "b", inbox)

        async def write(number: int) -> None:
            await db.run(lambda s: conversations.receive(s, Inbound(inbox, second, f"m-{number}", body="hi")))

        await asyncio.gather(*(write(n) for n in range(6)), _merge(db, first, second))
        async with db.read() as session:
            owners = set((await session.execute(select(Conversation.customer_id))).scalars())
            theirs = select(func.count()).select_from(Message).where(Message.author_kind == "customer")
            stored = await session.scalar(theirs)
        assert owners == {first} and stored == 6


class TestSuggesting:
    async def _look(self, db: Db, *ids: UUID) -> None:
        await db.run(lambda s: suggesting.refresh(s, ids))

    async def _seen(self, db: Db, customer_id: UUID, actor: Actor = BOSS) -> dict[UUID, list[str]]:
        async with db.read() as session:
            return {one.customer.id: one.evidence for one in await suggesting.of_customer(session, actor, customer_id)}

    async def test_what_speaks_for_it_is_said_and_no_is_remembered(self, db: Db) -> None:
        inbox = await _inbox(db)
        first = await _person(db, "telegram", "a", inbox, name="苏晚晴", phone="19900000001")
        second = await _person(db, "line", "b", inbox, name="苏晚晴")
        await self._look(db, first, second)
        assert await self._seen(db, first) == {}  # a name alone is no reason
        await db.run(lambda s: service.fill_contact(s, second, Profile(phone="199 0000 0001")))
        await self._look(db, second)
        assert await self._seen(db, first) == {second: ["phone_claimed", "name_rare"]}
        assert await self._seen(db, second) == {first: ["phone_claimed", "name_rare"]}
        await db.run(lambda s: suggesting.dismiss(s, BOSS, second, first))
        await self._look(db, first, second)
        assert await self._seen(db, first) == {} == await self._seen(db, second)
        # It holds for the record one of them becomes part of, too.
        third = await _person(db, "line", "c", inbox, phone="19900000001")
        await self._look(db, third)
        assert set(await self._seen(db, third)) == {first, second}
        await _merge(db, third, second)
        await self._look(db, third)
        assert await self._seen(db, third) == {}

    async def test_what_was_refused_can_be_taken_back(self, db: Db, sign_in: SignIn) -> None:
        inbox = await _inbox(db)
        first = await _person(db, "telegram", "a", inbox, name="苏晚晴", phone="19900000001")
        second = await _person(db, "line", "b", inbox, name="苏晚晴", phone="19900000001")
        await self._look(db, first, second)
        agent, viewer = await sign_in("mei", role="agent"), await sign_in("eve", role="viewer")
        path, other = f"{CUSTOMERS}/{first}/suggestions", {"other_id": str(second)}
        assert (await agent.post(f"{path}/reconsider", json=other)).status_code == 404
        assert (await agent.post(f"{path}/dismiss", json=other)).status_code == 204
        assert (await agent.get(path)).json() == []
        (refused,) = (await viewer.get(path, params={"refused": True})).json()
        assert refused["customer"]["id"] == str(second) and refused["decided_by_name"] == "Mei"
        (mirrored,) = (await viewer.get(f"{CUSTOMERS}/{second}/suggestions", params={"refused": True})).json()
        assert mirrored["customer"]["id"] == str(first)
        assert (await viewer.post(f"{path}/reconsider", json=other)).status_code == 403
        assert (await agent.post(f"{path}/reconsider", json=other)).status_code == 204
        assert (await agent.get(path, params={"refused": True})).json() == []
        assert await self._seen(db, first) == {second: ["phone_claimed", "name_rare"]}
        assert await self._seen(db, second) == {first: ["phone_claimed", "name_rare"]}
        # What nothing speaks for any more is not suggested again.
        await agent.post(f"{path}/dismiss", json=other)
        await agent.patch(f"{CUSTOMERS}/{second}", json={"phone": "19900000002"})
        assert (
            await agent.post(f"{CUSTOMERS}/{second}/suggestions/reconsider", json={"other_id": str(first)})
        ).is_success
        assert await self._seen(db, first) == {}

    async def test_a_switchboard_tells_nothing_and_two_accounts_are_never_suggested(self, db: Db) -> None:
        inbox = await _inbox(db)
        crowd = [await _person(db, "telegram", f"t{n}", inbox, phone="02161234567") for n in range(8)]
        await self._look(db, *crowd)
        assert await self._seen(db, crowd[0]) == {}
        pair = []
        for user in ("u1", "u2"):
            body = Profile(email="two@example.com", held=frozenset({"email"}))
            work = partial(
                service.identify_visitor, inbox_id=inbox, visitor_customer_id=None, external_id=user, profile=body
            )
            pair.append((await db.run(work)).id)
        await self._look(db, *pair)
        assert await self._seen(db, pair[0]) == {}

    async def test_screens(self, sign_in: SignIn, db: Db) -> None:
        boss, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        body = CustomerCreate(name="Emma Clarke", email="emma@example.com", tags=["vip"])
        first = (await db.run(lambda s: service.create(s, Actor.system(), body))).id
        inbox = await _inbox(db)
        second = await _person(db, "telegram", "t", inbox, name="Emma C", email="emma@example.com")
        await self._look(db, first, second)
        (seen,) = (await agent.get(f"{CUSTOMERS}/{first}/suggestions")).json()
        assert (seen["customer"]["id"], seen["email"], seen["score"]) == (str(second), "e***@example.com", 72)
        assert (await agent.post(f"{CUSTOMERS}/{first}/merge", json={"other_id": str(second)})).status_code == 403
        preview = (await boss.get(f"{CUSTOMERS}/{second}/merge-preview", params={"other_id": str(first)})).json()
        assert preview["changes"]["tags"] == [[], ["vip"]] and preview["warnings"] == ["names_differ"]
        assert preview["moves"] == {"identities": 1} and preview["conflicts"] == [] and preview["undo_days"] == 30
        merged = await boss.post(f"{CUSTOMERS}/{first}/merge", json={"other_id": str(second), "reason": "called"})
        assert merged.status_code == 201, merged.text
        assert (await boss.post(f"{CUSTOMERS}/{first}/merge", json={"other_id": str(second)})).status_code == 409
        (kept,) = (await agent.get(f"{CUSTOMERS}/{second}/merges")).json()
        assert kept["undoable"] and kept["reason"] == "called"
        assert (await agent.post(f"{CUSTOMERS}/merges/{kept['id']}/undo")).status_code == 403
        assert (await boss.post(f"{CUSTOMERS}/merges/{kept['id']}/undo")).json()["undoable"] is False
        await self._consent(agent, second)

    async def _consent(self, agent: httpx.AsyncClient, customer_id: UUID) -> None:
        (address,) = (await agent.get(f"{CUSTOMERS}/{customer_id}")).json()["identities"]
        path = f"{CUSTOMERS}/{customer_id}/identities/{address['id']}/consents"
        said = await agent.post(path, json={"state": "in", "source": "form", "proof": "F-17"})
        assert said.status_code == 201, said.text
        assert (await agent.post(path, json={"state": "out"})).status_code == 201
        assert [(one["state"], one["proof"]) for one in (await agent.get(path)).json()] == [("out", ""), ("in", "F-17")]
        (address,) = (await agent.get(f"{CUSTOMERS}/{customer_id}")).json()["identities"]
        assert address["consent"] == "out"
        assert (await agent.get(f"{CUSTOMERS}/{new_id()}/identities/{address['id']}/consents")).status_code == 404
