"""Whatever is asked, in whatever order: the pages of a list are exactly what the plain meaning of its filter says."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import true

from qiao.core.actor import Actor
from qiao.core.conditions import Condition, Group, Test, holds
from qiao.core.db import Db
from qiao.core.errors import Invalid
from qiao.desk.ticketlists import lists
from qiao.desk.tickets import fields, filters, finding, repository
from qiao.desk.tickets.filters import Reading
from qiao.desk.tickets.finding import TicketRow
from qiao.desk.tickets.models import TicketInvolved
from qiao.desk.tickets.policy import Doer, Scope, may_see
from qiao.people.customers.models import CustomerRow
from tests.desk.ticketlists.conftest import NOW, OPTIONS, Seed, definition

USERS = [uuid4() for _ in range(3)]
DEPARTMENTS = [uuid4() for _ in range(2)]
CUSTOMERS: dict[UUID, dict[str, Any]] = {
    uuid4(): {"level": "vip", "tags": ["老客户", "press"]},
    uuid4(): {"level": "standard", "tags": []},
}
SYSTEM = Actor.system()
MOMENTS = ["@now", "@today", "@now-1d", "@today+1d", "2026-03-03", NOW.isoformat()]
VALUES: dict[str, list[Any]] = {
    "status": ["open", "SOLVED", "new", "pending"],
    "type": ["sample", "other"],
    "channel": ["webchat", "email", None],
    "title": ["打印", "broken", "%", "退款没有到账"],
    "description": ["退货", ""],
    "priority": [0, 1, "2", 3.5],
    "rating": [1, 5, None],
    "breached": [True, False],
    "tags": ["vip", "加急", "none"],
    "assignee_id": ["@me", str(USERS[1]), None],
    "department_id": [str(DEPARTMENTS[0]), "@my_department"],
    "due_at": MOMENTS,
    "updated_at": MOMENTS,
    "customer_wrote_at": MOMENTS,
    "customer.level": ["vip", "gold", "STANDARD", None],
    "customer.tags": ["press", "老客户", "none"],
    "fields.remark": ["alpha", "ALPHA BETA", "_", "%", None],
    "fields.volume": [0, 1, "2.5", -3, None],
    "fields.price": [],
    "fields.price_minor": [100, 12900, 5000],
    "fields.day": ["2026-03-01", "2026-03-02", "@today"],
    "fields.agreed": [True, False],
    "fields.colour": [*OPTIONS, None],
    "fields.colours": OPTIONS,
    "fields.order_ref": ["A1", "b2"],
    "fields.papers": [],
}
FIELDS = {one.key: filters.Field(one) for one in definition().fields if not one.view_roles}


@st.composite
def _tests(draw: st.DrawFn) -> Condition:
    fact = draw(st.sampled_from(sorted(VALUES)))
    kind, _ = filters.kind_of(fact, FIELDS)
    assert kind is not None
    values = VALUES[fact]
    op = draw(st.sampled_from(sorted(filters.OPERATORS[kind] if values else {"filled", "empty"})))
    if op in ("filled", "empty"):
        return Test.model_validate({"fact": fact, "op": op})
    if op not in ("is", "is_not", "in", "not_in"):
        values = [one for one in values if one is not None]
    value = draw(st.lists(st.sampled_from(values), max_size=3) if op in ("in", "not_in") else st.sampled_from(values))
    return Test.model_validate({"fact": draw(st.sampled_from(["", "ticket."])) + fact, "op": op, "value": value})


_conditions = st.recursive(
    _tests(),
    lambda inner: st.builds(
        lambda match, parts: Group(match=match, conditions=parts),
        st.sampled_from(["all", "any", "none"]),
        st.lists(inner, max_size=3),
    ),
    max_leaves=5,
)


def _facts(row: TicketRow, description: str) -> dict[str, Any]:
    own = {name: getattr(row, name) for name in row.__struct_fields__ if name not in ("data", "type_id")}
    return {
        **own,
        "type": "sample",
        "description": description,
        "customer": CUSTOMERS.get(row.customer_id) if row.customer_id else {},
        "fields": fields.for_conditions(definition(), row.data),
    }


def _sorted(rows: list[TicketRow], sort: str, down: bool) -> list[UUID]:
    names = [key.key for key in finding._KEYS[sort]]
    filled = [row for row in rows if getattr(row, names[0]) is not None]
    rest = [row for row in rows if getattr(row, names[0]) is None]
    filled.sort(key=lambda row: (*[getattr(row, name) for name in names], row.id), reverse=down)
    rest.sort(key=lambda row: (row.updated_at, row.id), reverse=True)
    return [row.id for row in filled + rest]


async def test_pages_together_are_the_whole_filtered_list(db: Db, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    async with db.transaction() as session:
        for number, (customer_id, known) in enumerate(CUSTOMERS.items(), 1):
            session.add(CustomerRow(id=customer_id, number=number, **known))
    seeded = await seed(70, users=USERS, departments=DEPARTMENTS, customers=list(CUSTOMERS))
    monkeypatch.setattr(finding, "WINDOW", 9)  # every way through the table is taken
    monkeypatch.setattr(finding, "FAR", 30)
    me = Actor(kind="user", id=USERS[0], department_id=DEPARTMENTS[1], permissions=frozenset({"tickets.view_all"}))
    reading = Reading(me, NOW, ZoneInfo("Asia/Shanghai"), FIELDS)
    everything = finding.nothing_asked()
    described = {one.id: one.description for one in seeded.tickets}
    loop_db = db

    async def check(condition: Condition, sort: Any, down: bool, size: int) -> None:
        async with loop_db.read() as session:
            await finding.prepare(session)
            scope = await finding.scope_of(session, SYSTEM)
            rows, _ = await finding.page(
                session, scope, everything, sort="number", descending=False, cursor=None, limit=200, data=True
            )
            assert len(rows) == 70
            resolved = filters.resolve(condition, reading)
            found = filters.compiled(resolved, FIELDS)
            expected = [row for row in rows if holds(resolved, _facts(row, described[row.id]))]
            seen: list[UUID] = []
            cursor: str | None = None
            while True:
                page, cursor = await finding.page(
                    session, scope, found, sort=sort, descending=down, cursor=cursor, limit=size, data=False
                )
                seen += [row.id for row in page]
                if cursor is None:
                    break
                assert len(page) == size
            assert seen == _sorted(expected, sort, down)
            assert await finding.count(session, scope, found) == len(expected)

    import asyncio

    cases: list[tuple[Condition, str, bool, int]] = []

    @settings(max_examples=60, database=None)
    @given(_conditions, st.sampled_from(sorted(finding._KEYS)), st.booleans(), st.sampled_from([7, 23]))
    def collect(condition: Condition, sort: str, down: bool, size: int) -> None:
        cases.append((condition, sort, down, size))

    await asyncio.to_thread(collect)
    for condition, sort, down, size in cases:
        await check(condition, sort, down, size)


async def test_lists_show_what_policy_shows(db: Db, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    seeded = await seed(60, users=USERS, departments=DEPARTMENTS)
    async with db.transaction() as session:
        for index, ticket in enumerate(seeded.tickets):
            if index % 7 == 0:
                session.add(TicketInvolved(ticket_id=ticket.id, kind="user", party_id=USERS[0], reasons=["watcher"]))
            if index % 11 == 0:
                session.add(
                    TicketInvolved(ticket_id=ticket.id, kind="department", party_id=DEPARTMENTS[0], reasons=["task"])
                )
    monkeypatch.setattr(finding, "WINDOW", 9)  # searches are walked and gathered
    monkeypatch.setattr(finding, "FAR", 30)
    searched = finding.with_words(finding.nothing_asked(), "退款")
    titled = {one.id for one in seeded.tickets if "退款" in one.title}
    rights = ((), ("tickets.handle",), ("tasks.handle",), ("tickets.view_all",), ("tickets.handle", "tasks.handle"))
    for most in (2000, 1):  # by id, and too many for that
        monkeypatch.setattr(finding, "_INVOLVED", most)
        for permissions in rights:
            for department in (None, *DEPARTMENTS):
                actor = Actor(kind="user", id=USERS[0], department_id=department, permissions=frozenset(permissions))
                async with db.read() as session:
                    scope = await finding.scope_of(session, actor)
                    shown = set(await finding.ids(session, scope, finding.nothing_asked(), 1000))
                    named = await repository.visible_ids(session, actor, [one.id for one in seeded.tickets])
                    held: list[TicketRow] = []
                    cursor: str | None = None
                    while True:
                        rows, cursor = await finding.page(
                            session,
                            scope,
                            searched,
                            sort="updated",
                            descending=True,
                            cursor=cursor,
                            limit=9,
                            data=False,
                        )
                        held += rows
                        if cursor is None:
                            break
                expected = {
                    one.id
                    for index, one in enumerate(seeded.tickets)
                    if may_see(
                        actor,
                        Scope(
                            customer_id=None,
                            requester_id=one.requester_id,
                            creator_id=one.created_by,
                            assignee_id=one.assignee_id,
                            department_id=one.department_id,
                            involved=index % 7 == 0 or (index % 11 == 0 and department == DEPARTMENTS[0]),
                        ),
                    )
                }
                assert shown == expected == named, (permissions, department)
                assert {one.id for one in held} == titled & expected, (permissions, department)
                assert [one.id for one in held] == _sorted(held, "updated", True)


def test_what_cannot_be_asked_is_named() -> None:
    reading = Reading(
        SYSTEM, NOW, ZoneInfo("UTC"), FIELDS | {"phone": filters.Field(FIELDS["phone"].spec, masked=True)}
    )
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"fact": "colour", "op": "is", "value": 1}, "filter.fact", "ticketlists.fact_unknown"),
        ({"fact": "fields.nothing", "op": "filled"}, "filter.fact", "ticketlists.fact_unknown"),
        ({"fact": "fields.remark_minor", "op": "filled"}, "filter.fact", "ticketlists.fact_unknown"),
        ({"fact": "due_at", "op": "is", "value": "2026-01-01"}, "filter.op", "ticketlists.operator_unfit"),
        ({"fact": "fields.phone", "op": "is", "value": "1"}, "filter.op", "ticketlists.operator_unfit"),
        ({"fact": "priority", "op": "above", "value": "much"}, "filter.value", "ticketlists.value_unfit"),
        ({"fact": "assignee_id", "op": "is", "value": "nobody"}, "filter.value", "ticketlists.value_unfit"),
        ({"fact": "due_at", "op": "above", "value": "@soon"}, "filter.value", "ticketlists.value_unfit"),
    ]
    for given_test, place, code in cases:
        with pytest.raises(Invalid) as refused:
            filters.resolve(Test.model_validate(given_test), reading)
        assert (refused.value.fields[0].field, refused.value.fields[0].code) == (place, code)
    with pytest.raises(Invalid) as refused:
        filters.resolve(Group(conditions=[Group(match="none", conditions=[Test(fact="x", op="filled")])]), reading)
    assert refused.value.fields[0].field == "filter.conditions.0.conditions.0.fact"


def test_a_field_is_as_open_as_its_most_closed_type() -> None:
    class Kind:
        def __init__(self, **more: Any) -> None:
            self.definition = definition(**more)

    agent = Doer(Actor(kind="user", id=USERS[0]), frozenset({"agent"}))
    open_fields = lists.askable([Kind()], agent)  # type: ignore[list-item]  # only definitions are read
    assert "remark" in open_fields and "secret" not in open_fields
    assert open_fields["phone"].masked and not open_fields["remark"].masked
    closed = [{"key": "remark", "kind": "text", "label": {"en": "n"}, "view_roles": ["lead"]}]
    assert "remark" not in lists.askable([Kind(), Kind(fields=closed)], agent)  # type: ignore[list-item]


async def test_what_was_done_since_is_found_however_its_dates_came(seed: Seed) -> None:
    """Other systems do not always count the end of the work as its last change; lists look for both."""
    done = {"status": "solved", "updated_at": NOW, "solved_at": NOW + timedelta(days=2)}
    seeded = await seed(rows=[done, done | {"solved_at": NOW - timedelta(days=9)}])
    test = Test(fact="solved_at", op="at_least", value=(NOW + timedelta(days=1)).isoformat())
    async with seeded.runtime.db.read() as db:
        found = await finding.ids(db, finding.Scope(true(), all=True), filters.compiled(test, {}), 10)
    assert found == [seeded.tickets[0].id]
