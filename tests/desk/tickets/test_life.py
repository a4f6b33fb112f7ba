"""A ticket from its making to its end: what each verb does, and what it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Refused
from qiao.core.ids import new_id
from qiao.desk.tickets import reactions, service
from qiao.desk.tickets.schemas import ItemPatch, TicketPatch
from qiao.desk.tickets.types import service as types
from tests.desk.tickets.office import SYSTEM, Office


def fields_of(problem: Problem) -> dict[str, str]:
    return {one.field: one.code for one in problem.fields}


async def test_a_refund_goes_its_way(office: Office) -> None:
    customer = await office.customer()
    fields = {"order": "KP-1001", "reason": "damaged", "amount": "128.50"}
    made = await office.make(type_key="refund", title="Broken cup", fields=fields, customer_id=customer)
    assert (made.status, made.state.key, made.ref) == ("new", "new", f"RF-{made.number}")
    assert made.fields["amount"] == {"minor": 12850, "currency": "CNY"}
    assert made.fields["kind"] == "return", "the default"
    begun = await office.move(made.id, "check")
    assert begun.assignee is not None
    assert begun.assignee.name == "Li", "who begins the work is responsible"
    waiting = await office.move(made.id, "await_goods")
    assert (waiting.status, waiting.state.key) == ("on_hold", "waiting_goods")
    with pytest.raises(Invalid) as wrong:
        await office.move(made.id, "goods_back")
    assert fields_of(wrong.value) == {"fields.inspection": "ticket.field.required"}
    await office.move(made.id, "goods_back", fields={"inspection": "fine"})
    await office.move(made.id, "approve")  # 128.50 needs nobody's approval
    done = await office.move(made.id, "refund")
    assert done.status == "solved"
    assert done.solved_at is not None
    lines = await office.lines(made.id)
    said = [line.body for line in lines if line.kind == "comment"]
    assert "¥128.50" in said[-1]
    assert [line.seq for line in lines] == list(range(1, done.last_seq + 1))


async def test_above_an_amount_nobody_goes_on_without_approval(office: Office) -> None:
    fields = {"order": "KP-1", "reason": "quality", "kind": "refund_only", "amount": 200.01}
    made = await office.make(type_key="refund", fields=fields)
    await office.move(made.id, "check")
    with pytest.raises(Refused) as refused:
        await office.move(made.id, "approve")
    assert refused.value.code == "ticket.move.approval"
    assert refused.value.data is not None
    assert "decline" in [one["key"] for one in refused.value.data["moves"]], "and says what is open instead"
    await office.run(service.update, office.li, made.id, TicketPatch(fields={"amount": 200}))
    assert (await office.move(made.id, "approve")).state.key == "approved"


async def test_making_is_once_per_key(office: Office) -> None:
    first = await office.make(key="mail:1", title="One")
    again = await office.make(key="mail:1", title="Two")
    assert (again.id, again.title) == (first.id, "One")
    # A key of a ticket one may not see tells nothing of it.
    other = await office.person("zed", department=office.warehouse)
    assert (await office.run(service.assign, office.li, first.id, department_id=office.service)).department is not None
    with pytest.raises(Conflict):
        await office.make(other, key="mail:1")


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"type_key": "nothing"}, "type_key", "ticket.type.unknown"),
        ({"customer_id": new_id()}, "customer_id", "ticket.customer_unknown"),
        ({"department_id": new_id()}, "department_id", "ticket.department_unknown"),
        ({"assignee_id": new_id()}, "assignee_id", "ticket.not_an_agent"),
        ({"watchers": [new_id()]}, "watchers", "ticket.person_unknown"),
        ({"parent_id": new_id()}, "parent_id", "ticket.not_found"),
        ({"files": [new_id()]}, "files.0", "file.not_yours"),
        ({"type_key": "refund"}, "fields.order", "ticket.field.required"),
        ({"fields": {"nonsense": 1}}, "fields.nonsense", "ticket.field.unknown"),
    ],
)
async def test_what_does_not_exist_cannot_be_named(
    office: Office, values: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as wrong:
        await office.make(**values)
    assert fields_of(wrong.value)[field] == code


async def test_who_does_not_see_a_ticket_cannot_do_anything_to_it(office: Office) -> None:
    made = await office.make(department_id=office.service)
    stranger = await office.person("zed", department=office.warehouse)
    for actor in (stranger, office.bao, Actor(kind="customer", id=new_id())):
        for verb, values in (
            (service.get, {}),
            (service.update, {"patch": TicketPatch(title="x")}),
            (service.move, {"transition": "start"}),
            (service.assign, {"user_id": None}),
            (service.comment, {"body": "x", "public": True}),
            (service.escalate, {"reason": "x"}),
            (service.merge, {"sources": [new_id()]}),
            (service.set_tags, {"add": ["x"]}),
            (service.watch, {}),
            (service.timeline, {}),
            (service.add_item, {"text": "x"}),
            (service.log_work, {"seconds": 60}),
            (service.hold, {"waiting_on": {}}),
            (service.rate, {"rating": 5}),
        ):
            with pytest.raises(NotFound):
                await office.run(verb, actor, made.id, **values)
    assert (await office.get(made.id)).version == 1


async def test_who_is_involved_sees_it_and_writes_notes_only(office: Office) -> None:
    made = await office.make(department_id=office.service)
    await office.run(service.involve, office.li, made.id, departments=[office.warehouse], reason="task")
    view = await office.get(made.id, office.bao)
    assert view.may is not None
    assert (view.may["note"], view.may["comment"], view.may["edit"], view.may["move"]) == (True, False, False, False)
    await office.say(made.id, "Goods are here", office.bao, public=False)
    for verb, values in ((service.comment, {"body": "x", "public": True}), (service.move, {"status": "open"})):
        with pytest.raises((Forbidden, Refused)):
            await office.run(verb, office.bao, made.id, **values)
    await office.run(service.uninvolve, SYSTEM, made.id, departments=[office.warehouse], reason="task")
    with pytest.raises(NotFound):
        await office.get(made.id, office.bao)


async def test_lists_show_exactly_what_one_may_see(office: Office) -> None:
    customer = await office.customer()
    viewer = await office.person("eye", "viewer")
    stranger = await office.person("zed", department=office.warehouse)
    open_to_all = await office.make(stranger)
    of_service = await office.make(department_id=office.service, customer_id=customer)
    given = await office.make(office.li, department_id=office.service, assignee_id=stranger.id)
    watched = await office.make(department_id=office.service, watchers=[office.bao.id])
    everything = {open_to_all.id, of_service.id, given.id, watched.id}
    wanted = {
        office.li.id: everything,
        stranger.id: {open_to_all.id, given.id},
        office.bao.id: {watched.id},
        viewer.id: everything,
        customer: {of_service.id},
    }
    actors = [office.li, stranger, office.bao, viewer, Actor(kind="customer", id=customer)]
    for actor in actors:
        items, _ = await office.read(service.listing, actor)
        assert {one.id for one in items} == wanted[actor.id], actor.name
        seen = {key for key in everything if await _sees(office, actor, key)}
        assert seen == wanted[actor.id], "one by one as in the list"


async def _sees(office: Office, actor: Actor, key: Any) -> bool:
    try:
        await office.get(key, actor)
    except NotFound:
        return False
    return True


async def test_the_second_of_two_editors_is_told_what_changed(office: Office) -> None:
    made = await office.make(title="First", tags=["a"])
    await office.run(service.update, office.li, made.id, TicketPatch(title="Li's", priority=2, version=1))
    # Another thing meanwhile: no quarrel.
    kept = await office.run(service.update, office.wu, made.id, TicketPatch(description="more", version=1))
    assert (kept.title, kept.description) == ("Li's", "more")
    with pytest.raises(Conflict) as conflict:
        await office.run(service.update, office.wu, made.id, TicketPatch(title="Wu's", priority=2, version=1))
    assert conflict.value.code == "ticket_changed_meanwhile"
    data = conflict.value.data
    assert data is not None
    assert data["changed"]["title"]["before"] == "First"
    assert (data["changed"]["title"]["now"], data["changed"]["title"]["by"]) == ("Li's", "Li")
    assert "priority" not in data["changed"], "both want the same"
    again = await office.run(service.update, office.wu, made.id, TicketPatch(title="Wu's", version=data["version"]))
    assert again.title == "Wu's"

    # Ids come with their names, and the same amount in other digits is the same.
    ann, ben = await office.customer("Ann"), await office.customer("Ben")
    parcel = await office.make(type_key="logistics", fields={"order": "K-1", "issue": "lost"})
    theirs = TicketPatch(customer_id=ann, fields={"claim": 10}, version=parcel.version)
    await office.run(service.update, office.li, parcel.id, theirs)
    mine = TicketPatch(customer_id=ben, fields={"claim": "10.00"}, version=parcel.version)
    with pytest.raises(Conflict) as conflict:
        await office.run(service.update, office.wu, parcel.id, mine)
    data = conflict.value.data
    assert data is not None
    assert set(data["changed"]) == {"customer_id"}
    assert data["names"] == {str(ann): "Ann", str(ben): "Ben"}


async def test_the_timeline_says_what_changed_before_and_after(office: Office) -> None:
    customer = await office.customer("Ann")
    made = await office.make(type_key="logistics", fields={"order": "K-1", "issue": "lost", "claim": 10})
    patch = TicketPatch(fields={"issue": "address", "new_address": "1 Road"}, customer_id=customer, tags=["vip"])
    await office.run(service.update, office.li, made.id, patch)
    line = (await office.lines(made.id))[-1]
    assert line.kind == "change"
    assert line.changes == {
        "customer_id": [None, str(customer)],
        "tags": [[], ["vip"]],
        "fields.issue": ["lost", "address"],
        "fields.new_address": [None, "1 Road"],
        "fields.claim": [{"minor": 1000, "currency": "CNY"}, None],
    }, "a field that is hidden now has lost its value, and the line says so"
    timeline = await office.read(service.timeline, office.li, made.id)
    assert timeline.names[str(customer)] == "Ann"


async def test_a_move_that_is_not_possible_says_why(office: Office) -> None:
    made = await office.make(department_id=office.service)
    for transition, code in (("close", "not_from_here"), ("reopen", "not_from_here")):
        with pytest.raises(Refused) as refused:
            await office.move(made.id, transition)
        assert refused.value.code == f"ticket.move.{code}"
    with pytest.raises(Invalid):
        await office.move(made.id, "fly")
    moved = await office.run(service.move, office.li, made.id, status="solved")
    assert moved.state.key == "solved", "the first way into a shared status"
    same = await office.run(service.move, office.li, made.id, status="solved")
    assert same.version == moved.version, "there already: nothing happens"
    complaint = await office.make(type_key="complaint", fields={"about": ["goods", "quality"], "severity": "low"})
    await office.move(complaint.id, "start")
    with pytest.raises(Invalid) as wrong:
        await office.move(complaint.id, "settle", fields={"root_cause": "product"})
    assert fields_of(wrong.value) == {"fields.remedy": "ticket.field.required", "comment": "ticket.move.comment"}


async def test_a_move_seen_too_late_is_refused(office: Office) -> None:
    made = await office.make()
    await office.move(made.id, "start")
    with pytest.raises(Conflict) as conflict:
        await office.move(made.id, "solve", office.wu, version=made.version)
    assert conflict.value.data is not None
    state = conflict.value.data["changed"]["state"]
    assert (state["now"], state["by"]) == ("open", "Li")


async def test_hold_says_whom_it_waits_for_and_release_goes_back(office: Office) -> None:
    made = await office.make()
    await office.move(made.id, "start")
    waiting = {"kind": "department", "id": str(office.warehouse)}
    held = await office.run(service.hold, office.li, made.id, waiting_on=waiting, reason="look for it")
    assert held.status == "on_hold"
    assert held.waiting_on is not None
    assert held.waiting_on["id"] == str(office.warehouse)
    back = await office.run(service.release, office.li, made.id, reason="found")
    assert (back.status, back.state.key, back.waiting_on) == ("open", "open", None)
    again = await office.run(service.release, office.li, made.id, reason="found")
    assert again.version == back.version, "nothing to release, nothing happens"
    await office.run(service.move, office.li, made.id, status="solved")
    with pytest.raises(Refused):
        await office.run(service.hold, office.li, made.id, waiting_on=waiting, reason="")


async def test_another_department_takes_it_from_who_had_it(office: Office) -> None:
    made = await office.make(department_id=office.service, assignee_id=office.li.id)
    moved = await office.run(service.assign, office.li, made.id, department_id=office.warehouse)
    assert moved.assignee is None
    assert moved.department is not None
    assert moved.department.name == "Warehouse"
    with pytest.raises(Invalid):
        await office.run(service.assign, office.li, made.id, user_id=office.bao.id)  # handles tasks only
    assert (await office.lines(made.id))[-1].changes == {
        "department_id": [str(office.service), str(office.warehouse)],
        "assignee_id": [str(office.li.id), None],
    }


async def test_escalating_goes_one_tier_up_with_a_reason(office: Office) -> None:
    made = await office.make()
    up = await office.run(service.escalate, office.li, made.id, reason="too hard")
    assert up.tier == 2
    top = await office.run(service.escalate, office.li, made.id, tier=3, reason="harder")
    assert top.tier == 3
    with pytest.raises(Invalid):
        await office.run(service.escalate, office.li, made.id, reason="even harder")
    with pytest.raises(Invalid):
        await office.run(service.escalate, office.li, made.id, tier=1, reason=" ")
    assert (await office.lines(made.id))[-1].payload["reason"] == "harder"


async def test_whose_turn_it_is(office: Office) -> None:
    customer = await office.customer()
    me = Actor(kind="customer", id=customer, name="Ann")
    made = await office.make(customer_id=customer)
    await office.say(made.id, "note to self", public=False)
    assert (await office.facts(made.id)).first_response_at is None, "a note answers nobody"
    await office.say(made.id, "We look into it")
    answered = await office.facts(made.id)
    assert answered.first_response_at is not None
    await office.move(made.id, "ask")
    await office.say(made.id, "Here it is", me)
    woken = await office.facts(made.id)
    assert (woken.status, woken.state) == ("open", "open"), "a ticket that waited for the customer is open again"
    assert woken.customer_wrote_at is not None
    await office.say(made.id, "Thanks")
    assert (await office.facts(made.id)).customer_wrote_at is None
    await office.run(service.move, office.li, made.id, status="solved")
    await office.say(made.id, "Still broken", me)
    reopened = await office.facts(made.id)
    assert (reopened.status, reopened.reopened, reopened.solved_at) == ("open", 1, None)
    await office.run(service.move, office.li, made.id, status="solved")
    await office.move(made.id, "close")
    with pytest.raises(Refused) as refused:
        await office.say(made.id, "One more", me)
    assert refused.value.code == "ticket.closed_for_customer"
    public = await office.lines(made.id, me)
    assert "note to self" not in [line.body for line in public]
    assert {line.kind for line in public} == {"event", "comment", "change"}
    assert all(set(line.changes) <= {"status", "state"} for line in public if line.changes)


async def test_a_repeated_comment_is_the_first(office: Office) -> None:
    made = await office.make()
    first = await office.say(made.id, "Hello", client_id="c1")
    again = await office.say(made.id, "Hello!", client_id="c1")
    assert (again.id, again.body) == (first.id, "Hello")
    with pytest.raises(Conflict):
        await office.say(made.id, "Mine", office.wu, client_id="c1")
    with pytest.raises(Invalid):
        await office.say(made.id, "  ")
    with pytest.raises(Invalid):
        await office.say(made.id, "x", mentions=[new_id()])


async def test_who_is_mentioned_may_see_it_from_then_on(office: Office) -> None:
    made = await office.make(department_id=office.service)
    await office.say(made.id, "@Bao can you look?", public=False, mentions=[office.bao.id])
    assert (await office.get(made.id, office.bao)).id == made.id
    assert (await office.lines(made.id))[-1].payload["mentions"] == [str(office.bao.id)]


async def test_a_closed_ticket_takes_notes_and_tags_only(office: Office) -> None:
    made = await office.make()
    await office.run(service.move, office.li, made.id, status="solved")
    closed = await office.move(made.id, "close")
    assert closed.closed_at is not None
    await office.say(made.id, "for the record", public=False)
    await office.run(service.set_tags, office.li, made.id, add=["archive"])
    for verb, values in (
        (service.update, {"patch": TicketPatch(title="x")}),
        (service.assign, {"user_id": None}),
        (service.comment, {"body": "x", "public": True}),
        (service.set_priority, {"priority": 3}),
    ):
        with pytest.raises(Refused):
            await office.run(verb, office.li, made.id, **values)
    again = await office.move(made.id, "reopen_closed")
    assert (again.status, again.closed_at, again.reopened) == ("open", None, 1)


async def test_checklist_and_time(office: Office) -> None:
    made = await office.make()
    await office.run(service.add_item, office.li, made.id, "Call")
    items = await office.run(service.add_item, office.li, made.id, "Write")
    done = await office.run(service.change_item, office.li, made.id, items[1].id, ItemPatch(done=True, position=0))
    assert [(one.text, one.done_at is not None) for one in done] == [("Write", True), ("Call", False)]
    await office.run(service.remove_item, office.li, made.id, items[0].id)
    logged = await office.run(service.log_work, office.li, made.id, seconds=600, note="call")
    with pytest.raises(Forbidden):
        await office.run(service.remove_work, office.wu, made.id, logged[0].id)
    with pytest.raises(Invalid):
        await office.run(service.log_work, office.li, made.id, seconds=60, started_at=clock.now() + timedelta(days=1))
    view = await office.get(made.id)
    assert view.worked_seconds == 600
    assert [one.text for one in view.checklist or ()] == ["Write"]
    types = [line.entry_type for line in await office.lines(made.id)]
    assert types == [
        "created", "checklist.added", "checklist.added", "checklist.done", "checklist.removed", "worklog.added",
    ]  # fmt: skip


async def test_only_the_customer_rates_and_only_what_is_done(office: Office) -> None:
    customer = await office.customer()
    me = Actor(kind="customer", id=customer)
    made = await office.make(customer_id=customer)
    with pytest.raises(Refused):
        await office.run(service.rate, me, made.id, 5)
    await office.run(service.move, office.li, made.id, status="solved")
    with pytest.raises(Forbidden):
        await office.run(service.rate, office.li, made.id, 5)
    rated = await office.run(service.rate, me, made.id, 4, "fine")
    assert (rated.rating, rated.rating_comment) == (4, "fine")


async def test_ten_thousand_watchers_are_one_statement(office: Office) -> None:
    made = await office.make()
    async with office.runtime.db.transaction() as db:
        await db.execute(
            text(
                "INSERT INTO users (id, email, name, password_hash)"
                " SELECT gen_random_uuid(), n || '@many.test', n::text, 'x' FROM generate_series(1, 10000) n"
            )
        )
        ids = list((await db.execute(text("SELECT id FROM users WHERE email LIKE '%@many.test'"))).scalars())
    await office.run(service.watch, office.li, made.id, users=ids)
    view = await office.get(made.id)
    assert view.watchers == 10_000
    assert len(view.involved or ()) <= 200, "a page does not show them all"
    line = (await office.lines(made.id))[-1]
    assert line.payload["counts"] == {"removed": 0, "added": 10_000}
    await office.say(made.id, "hello all")
    async with office.runtime.db.read() as db:
        longest = await db.scalar(text("SELECT max(length(audience::text)) FROM events"))
    assert longest < 2000, "no event carries them"
    await office.run(service.unwatch, office.li, made.id, users=ids)
    assert (await office.get(made.id)).watchers == 0


async def test_solved_tickets_close_by_themselves(office: Office) -> None:
    made = await office.make()
    young = await office.make()
    for key in (made.id, young.id):
        await office.run(service.move, office.li, key, status="solved")
    async with office.runtime.db.transaction() as db:
        await db.execute(
            text("UPDATE tickets SET solved_at = now() - interval '49 hours' WHERE id = :id"), {"id": made.id}
        )
    await reactions.close_solved(office.runtime)
    assert (await office.facts(made.id)).status == "closed"
    assert (await office.facts(young.id)).status == "solved"
    assert (await office.lines(made.id))[-1].payload["reason"] == "silence"


async def test_another_type_keeps_what_both_know(office: Office) -> None:
    made = await office.make(type_key="consultation", fields={"order": "K-1", "phone": "13900000000"})
    await office.move(made.id, "start")
    with pytest.raises(Invalid):
        await office.run(service.update, office.li, made.id, TicketPatch(type_key="refund"))
    patch = TicketPatch(type_key="refund", fields={"reason": "quality"})
    changed = await office.run(service.update, office.li, made.id, patch)
    assert (changed.type.key, changed.state.key, changed.ref[:3]) == ("refund", "checking", "RF-")
    assert changed.fields["order"] == "K-1"


async def test_a_field_for_certain_roles_is_theirs(office: Office) -> None:
    boss = await office.person("boss", "supervisor")
    await office.kind(
        "secret",
        {
            "name": {"en": "Secret"},
            "prefix": "X",
            "fields": [
                {"key": "seen", "kind": "text", "label": {"en": "Seen"}, "edit_roles": ["supervisor"]},
                {"key": "hidden", "kind": "text", "label": {"en": "Hidden"}, "view_roles": ["supervisor"]},
                {"key": "call", "kind": "phone", "label": {"en": "Call"}},
            ],
            "workflow": {
                "initial": "a",
                "states": [
                    {"key": "a", "label": {"en": "A"}, "status": "new"},
                    {"key": "z", "label": {"en": "Z"}, "status": "closed"},
                ],
                "transitions": [
                    {"key": "end", "label": {"en": "End"}, "from_states": ["a"], "to": "z", "roles": ["supervisor"]}
                ],
            },
        },
    )
    async with office.runtime.db.read() as db:
        read = await types.get_type(db, "secret", reader=office.li)
    assert read.access == {"seen": "read", "call": "write"}, "what a form for this reader is made of"
    made = await office.make(boss, type_key="secret", fields={"seen": "x", "hidden": "y", "call": "13912345678"})
    view = await office.get(made.id, office.li)
    assert view.fields == {"seen": "x", "call": "139****5678"}
    assert view.masked == ["call"]
    assert view.field_access == {"seen": "read", "call": "write"}
    with pytest.raises(Invalid) as wrong:
        patch = TicketPatch(fields={"seen": "z", "hidden": "z", "call": "139****5678"})
        await office.run(service.update, office.li, made.id, patch)
    assert fields_of(wrong.value) == {
        "fields.seen": "ticket.field.not_yours",
        "fields.hidden": "ticket.field.unknown",
    }, "what is sent back as it was shown changes nothing"
    with pytest.raises(Refused):
        await office.move(made.id, "end")
    await office.run(service.update, boss, made.id, TicketPatch(fields={"hidden": "w", "call": "13900001111"}))
    seen = (await office.lines(made.id, office.li))[-1].changes
    assert seen == {"fields.call": ["139****5678", "139****1111"]}
    await office.move(made.id, "end", boss)
