"""Rules on events: which run, what they do, what the log says of those that do not."""

from typing import Any

from qiao.desk.automation import policy
from qiao.desk.tickets import service as tickets
from tests.desk.automation.conftest import SYSTEM, Desk


def when(*tests: tuple[str, str, Any]) -> dict[str, Any]:
    conditions = [{"fact": fact, "op": op, "value": value} for fact, op, value in tests]
    return {"kind": "builder", "condition": {"match": "all", "conditions": conditions}}


async def test_rules_run_in_order_each_sees_what_the_one_before_did_and_the_log_says_why_not(desk: Desk) -> None:
    vip = await desk.customer(level="vip")
    first = await desk.rule(
        name="First",
        condition=when(("customer.level", "in", ["vip"])),
        actions=[{"do": "set_priority", "by": 1}, {"do": "tags", "add": ["vip"]}],
    )
    second = await desk.rule(
        name="Second",
        condition={"kind": "cel", "source": '"vip" in ticket.tags && ticket.priority >= 2'},
        actions=[{"do": "comment", "public": False, "text": {"en": "{{ticket.number}} of {{customer.name}}"}}],
        stop=True,
    )
    third = await desk.rule(name="Third", actions=[{"do": "tags", "add": ["never"]}])
    ticket, other = await desk.ticket(customer_id=vip), await desk.ticket("Plain")
    await desk.settle()

    ticket = await desk.facts(ticket.id)
    assert (ticket.priority, ticket.tags) == (2, ["vip"])
    async with desk.runtime.db.read() as db:
        lines = await tickets.timeline(db, SYSTEM, ticket.id, kinds=("note",))
    assert [line.body for line in lines.items] == [f"{ticket.ref} of Wang"]
    assert (await desk.facts(other.id)).tags == ["never"]

    done = {(run.rule_id, run.subject_id): run for run in await desk.runs()}
    assert done[first.id, ticket.id].outcome == done[second.id, ticket.id].outcome == "done"
    assert (third.id, ticket.id) not in done
    why = done[first.id, other.id]
    assert why.outcome == "unmatched" and why.reason == {
        "fact": "customer.level", "op": "in", "value": ["vip"], "seen": None, "match": "all",
    }  # fmt: skip
    unmet = done[second.id, other.id].reason
    assert unmet == {"expression": '"vip" in ticket.tags', "seen": {"ticket.tags": []}}


async def test_a_failing_rule_takes_back_its_own_work_only_and_says_why(desk: Desk) -> None:
    async with desk.runtime.db.transaction() as db:
        from qiao.people.organization import service as organization
        from qiao.people.organization.schemas import DepartmentBody

        gone = (await organization.create_department(db, SYSTEM, DepartmentBody(name="Warehouse"))).id
    broken = await desk.rule(
        actions=[{"do": "tags", "add": ["half"]}, {"do": "assign", "to": "department", "department_id": str(gone)}]
    )
    sound = await desk.rule(name="Sound")
    async with desk.runtime.db.transaction() as db:
        await organization.delete_department(db, SYSTEM, gone)
    ticket = await desk.ticket()
    await desk.settle()
    assert (await desk.facts(ticket.id)).tags == ["seen"]
    (failed,) = await desk.runs(broken)
    assert failed.outcome == "failed" and failed.actions[0]["error"]["code"] == "automation.department_gone"
    assert [run.outcome for run in await desk.runs(sound)] == ["done"]

    from qiao.desk.automation import service

    async with desk.runtime.db.read() as db:
        listed = {view.id: view for view in await service.listing(db, desk.boss, "en")}
        items, _ = await service.runs(db, desk.boss, "zh-CN", rule_id=broken.id)
    assert [fault.where for fault in listed[broken.id].faults] == ["actions.1"]
    assert listed[broken.id].failed == 1 and listed[sound.id].daily[-1] == 1
    assert items[0].actions[0]["fault"] == "所选的部门已被删除，请重新选择。"
    assert items[0].object == f"{ticket.ref} Broken"


async def test_an_event_seen_twice_acts_once(desk: Desk) -> None:
    child = {"do": "create_ticket", "type_key": "consultation", "title": "Child of {{ticket.number}}"}
    rule = await desk.rule(actions=[child], condition=when(("ticket.title", "is", "Mother")))
    await desk.ticket("Mother")
    await desk.settle()
    made = await desk.count("tickets")
    for envelope in list(desk.seen):
        await desk.handle(envelope)
    await desk.settle()
    assert await desk.count("tickets") == made == 2
    assert [run.outcome for run in await desk.runs(rule)] == ["done", "unmatched"]


async def test_rules_that_cause_one_another_come_to_an_end_and_managers_hear_of_it(desk: Desk) -> None:
    changed = {"kind": "event", "event": "ticket.changed", "field": "tags"}
    await desk.rule(name="On", trigger=changed, actions=[{"do": "tags", "add": ["a"], "remove": ["b"]}])
    await desk.rule(name="Off", trigger=changed, actions=[{"do": "tags", "add": ["b"], "remove": ["a"]}])
    ticket = await desk.ticket()
    async with desk.runtime.db.transaction() as db:
        await tickets.add_tags(db, SYSTEM, ticket.id, ["a"])
    await desk.settle()
    runs = await desk.runs()
    for rule in {run.rule_id for run in runs}:
        acted = [run for run in runs if run.rule_id == rule and run.outcome == "done"]
        assert 0 < len(acted) <= policy.MOST_AN_HOUR and max(run.depth for run in acted) < policy.DEEPEST
    held = [run for run in runs if run.outcome == "limited"]
    assert {run.reason["limit"] for run in held if run.reason} <= {"depth", "rate"} and held
    assert len({run.chain_id for run in held}) == 1
    assert 1 <= await desk.count("notifications") <= 2


async def test_tickets_that_make_tickets_come_to_an_end(desk: Desk) -> None:
    await desk.rule(actions=[{"do": "create_ticket", "type_key": "consultation", "title": "Another"}])
    await desk.ticket()
    await desk.settle()
    assert await desk.count("tickets") == 1 + policy.DEEPEST
    last = (await desk.runs())[-1]
    assert (last.outcome, last.reason) == ("limited", {"limit": "depth", "most": policy.DEEPEST})


async def test_before_and_after_narrow_a_change(desk: Desk) -> None:
    rule = await desk.rule(
        trigger={"kind": "event", "event": "ticket.changed", "field": "priority", "before": [1], "after": [3]}
    )
    first, second = await desk.ticket(), await desk.ticket()
    async with desk.runtime.db.transaction() as db:
        await tickets.set_priority(db, SYSTEM, first.id, 3)
        await tickets.set_priority(db, SYSTEM, second.id, 2)
    async with desk.runtime.db.transaction() as db:
        await tickets.set_priority(db, SYSTEM, second.id, 3)
    await desk.settle()
    assert [run.subject_id for run in await desk.runs(rule)] == [first.id]
