"""Triggers on time and schedule: each object once per occasion; dry runs; what leaves the house; macros."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from qiao.core import clock
from qiao.core.errors import Conflict, Invalid
from qiao.core.jobs import JobRow, Progress
from qiao.desk.automation import dryrun, macros, outbox, service
from qiao.desk.automation.models import AutomationOutbox
from qiao.desk.automation.schemas import MacroBody, MacroTarget, OrderBody, RuleBody
from qiao.desk.tickets import service as tickets
from tests.desk.automation.conftest import SYSTEM, Desk

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""A Monday, ten o'clock in Shanghai."""


def after(since: str, minutes: int, **more: Any) -> dict[str, Any]:
    return {"kind": "time", "since": since, "minutes": minutes, **more}


async def test_a_silent_ticket_is_reminded_once_then_solved_and_an_answer_begins_anew(desk: Desk) -> None:
    say = {"do": "comment", "public": True, "text": {"en": "Still there?", "zh-CN": "您还在吗？"}}
    remind = await desk.rule(trigger=after("status_change", 48 * 60, statuses=["pending"]), actions=[say])
    solve = await desk.rule(
        trigger=after("status_change", 96 * 60, statuses=["pending"]), actions=[{"do": "move", "status": "solved"}]
    )
    with clock.frozen(START):
        ticket = await desk.ticket(customer_id=await desk.customer())
        async with desk.runtime.db.transaction() as db:
            await tickets.move(db, SYSTEM, ticket.id, status="open")
        async with desk.runtime.db.transaction() as db:
            await tickets.move(db, SYSTEM, ticket.id, status="pending")
        await desk.settle()
    for hours, reminded, status in ((47, 0, "pending"), (48, 1, "pending"), (60, 1, "pending"), (97, 1, "solved")):
        with clock.frozen(START + timedelta(hours=hours)):
            await desk.sweep()
            await desk.sweep()
            await desk.settle()
        assert [run.outcome for run in await desk.runs(remind)] == ["done"] * reminded
        assert (await desk.facts(ticket.id)).status == status
    assert [run.outcome for run in await desk.runs(solve)] == ["done"]
    async with desk.runtime.db.read() as db:
        lines = await tickets.timeline(db, SYSTEM, ticket.id, kinds=("comment",))
    assert [line.body for line in lines.items] == ["您还在吗？"]


@pytest.mark.parametrize("seed", range(3))
async def test_each_moment_fires_exactly_once_however_the_sweeps_fall(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    steps, minutes = [chance.randint(1, 90) for _ in range(chance.randint(3, 12))], chance.randint(5, 60)
    rule = await desk.rule(trigger=after("created", minutes), actions=[{"do": "tags", "add": ["late"]}])
    now, made = START, []
    for step in steps:
        with clock.frozen(now):
            made.append((now, (await desk.ticket()).id))
            await desk.settle()
            await asyncio.gather(desk.sweep(), desk.sweep())
        now += timedelta(minutes=step)
    with clock.frozen(now):
        await desk.sweep()
    fired = [run.subject_id for run in await desk.runs(rule)]
    assert sorted(fired) == sorted(one for at, one in made if at + timedelta(minutes=minutes) <= now)


async def test_a_rule_looks_again_when_something_happened_and_due_dates_count_ahead(desk: Desk) -> None:
    unassigned = {"kind": "cel", "source": '"urgent" in ticket.tags'}
    rule = await desk.rule(trigger=after("created", 30), condition=unassigned)
    ahead = await desk.rule(trigger=after("due", 60, before=True), actions=[{"do": "tags", "add": ["soon"]}])
    with clock.frozen(START):
        ticket = await desk.ticket(due_at=START + timedelta(hours=3))
        await desk.settle()
    with clock.frozen(START + timedelta(minutes=31)):
        await desk.sweep()
        await desk.sweep()
        assert [run.outcome for run in await desk.runs(rule)] == ["unmatched"]
        async with desk.runtime.db.transaction() as db:
            await tickets.add_tags(db, SYSTEM, ticket.id, ["urgent"])
    with clock.frozen(START + timedelta(minutes=40)):
        await desk.settle()
        await desk.sweep()
        assert [run.outcome for run in await desk.runs(rule)] == ["done"]
        assert await desk.runs(ahead) == []
    with clock.frozen(START + timedelta(minutes=121)):
        await desk.sweep()
        await desk.sweep()
    assert [run.outcome for run in await desk.runs(ahead)] == ["done"]


async def test_a_schedule_makes_its_ticket_once_a_day_and_nothing_for_the_past(desk: Desk) -> None:
    with clock.frozen(START):
        made = {"do": "create_ticket", "type_key": "internal", "title": "Check {{today}}"}
        await desk.rule(
            subject="none",
            trigger={"kind": "schedule", "every": "day", "time": "11:00", "timezone": "Asia/Shanghai"},
            actions=[made],
        )
        await desk.sweep()
    assert await desk.count("tickets") == 0
    for hours, expected in ((0.9, 0), (1.1, 1), (2, 1), (25.1, 2), (24 * 5 + 1.1, 3)):
        with clock.frozen(START + timedelta(hours=hours)):
            await desk.sweep()
            await desk.sweep()
        assert await desk.count("tickets") == expected
    async with desk.runtime.db.read() as db:
        titles = (await db.execute(text("SELECT title, source FROM tickets ORDER BY number"))).tuples().all()
    assert titles[0] == ("Check 2026-03-02", "schedule")
    async with desk.runtime.db.read() as db:
        [*_, first], _ = await service.runs(db, desk.boss, "en")
        [line] = first.actions
        made = await tickets.resolve(db, line["ticket"])
    assert (line["text"], (await desk.facts(made)).title) == (
        "Create the ticket “Check 2026-03-02”",
        "Check 2026-03-02",
    )


async def test_a_dry_run_says_what_would_have_happened_and_changes_nothing(desk: Desk) -> None:
    vip = await desk.customer(level="vip")
    first = await desk.ticket("One", customer_id=vip)
    await desk.ticket("Two")
    await desk.settle()
    body = RuleBody.model_validate(
        {
            "name": "Tried",
            "trigger": {"kind": "event", "event": "ticket.created"},
            "condition": {"kind": "cel", "source": 'customer.level == "vip"'},
            "actions": [
                {"do": "set_priority", "by": 1},
                {"do": "comment", "public": True, "text": {"en": "Hi {{customer.name}}"}},
            ],
        }
    )
    async with desk.runtime.db.transaction() as db:
        job_id = await dryrun.ask(db, desk.boss, body, 7)

    async def state() -> list[Any]:
        tables = (
            "tickets",
            "ticket_entries",
            "notifications",
            "automation_runs",
            "automation_outbox",
            "automation_rules",
        )
        async with desk.runtime.db.read() as db:
            return [(await db.execute(text(f"SELECT * FROM {table} ORDER BY 1"))).tuples().all() for table in tables]

    before = await state()
    async with desk.runtime.db.read() as db:
        payload = (await db.execute(select(JobRow.payload).where(JobRow.id == job_id))).scalar_one()
    result = await dryrun.run(desk.runtime, payload, Progress(desk.runtime, job_id, dryrun.JOB, desk.boss.id))
    assert await state() == before
    assert (result["looked"], result["matched"], result["unmatched"], result["objects"]) == (2, 1, 1, 1)
    (row,) = dryrun.said(result, "en")["rows"]
    assert row["object"] == f"{first.ref} One"
    assert row["lines"] == ["Priority: normal → high", "Tell the customer: Hi Wang"]
    assert result["reasons"] == [{"what": 'customer.level == "vip"', "count": 1}]

    timely = body.model_copy(update={"trigger": service.RuleBody.model_validate(
        {**body.model_dump(mode="json"), "trigger": after("created", 1)}).trigger})  # fmt: skip
    with clock.frozen(clock.now() + timedelta(minutes=5)):
        payload = {"rule": timely.model_dump(mode="json"), "days": 1}
        result = await dryrun.run(desk.runtime, payload, Progress(desk.runtime, job_id, dryrun.JOB, desk.boss.id))
    assert (result["looked"], result["matched"]) == (2, 1)
    assert await state() == before


async def test_no_address_gets_two_mails_a_day_and_all_rules_share_a_limit(desk: Desk) -> None:
    desk.runtime.settings.smtp_url, desk.runtime.settings.mail_from = "smtp://127.0.0.1:1", "qiao@example.com"
    mail = {"do": "mail", "to": "customer", "title": {"en": "About {{ticket.number}}"}, "text": {"en": "Hello"}}
    rule = await desk.rule(actions=[mail])
    customer = await desk.customer(email="Wang@Example.com")
    other = await desk.customer(email="li@example.com")
    for one in (customer, customer, other):
        await desk.ticket(customer_id=one)
    await desk.settle()
    says = [run.actions[0]["say"] for run in await desk.runs(rule)]
    assert says == ["mail", "mail_again", "mail"]
    async with desk.runtime.db.transaction() as db:
        assert (await service.set_limits(db, desk.boss, 2)).sent_last_hour == 2
    await desk.rule(name="Another", actions=[mail])
    await desk.ticket(customer_id=other)
    await desk.settle()
    assert await desk.count("automation_outbox") == 2
    assert {run.actions[0]["say"] for run in (await desk.runs())[-2:]} == {"mail_limit"}


async def test_calls_are_signed_stay_on_the_public_internet_and_are_tried_again(desk: Desk) -> None:
    seen: list[tuple[bytes, bytes]] = []
    answers = [b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n", b"HTTP/1.1 204 OK\r\n\r\n"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            next(line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        )
        seen.append((head, await reader.readexactly(length)))
        writer.write(answers[min(len(seen), 2) - 1])
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await desk.rule(actions=[{"do": "webhook", "url": f"http://127.0.0.1:{port}/hook"}])
    ticket = await desk.ticket("Told")
    await desk.settle()

    async def send() -> AutomationOutbox:
        async with desk.runtime.db.transaction() as db:
            row = (await db.execute(select(AutomationOutbox))).scalar_one()
            await outbox.leave(db, outbox.OutgoingAsked(outbox_id=row.id), desk.seen[-1])
        return row

    async with server:
        assert (await send()).state == "refused" and not seen  # a private address
        desk.runtime.settings.callbacks_may_be_private = True
        async with desk.runtime.db.transaction() as db:
            await db.execute(text("UPDATE automation_outbox SET state = 'queued'"))
        with pytest.raises(outbox.NotDelivered, match="answered 503"):
            await send()
        assert (await send()).state == "sent"
    async with desk.runtime.db.transaction() as db:
        secret = await service.webhook_secret(db, desk.boss)
    head, body = seen[-1]
    signed = next(
        line.split(b": ")[1].decode() for line in head.split(b"\r\n") if line.lower().startswith(b"x-qiao-signature")
    )
    at = int(signed.split(",")[0].removeprefix("t="))
    assert signed == outbox.signature(secret, at, body) and ticket.ref.encode() in body


async def test_rules_are_refused_with_their_faults_kept_in_versions_and_ordered(desk: Desk) -> None:
    bad = {
        "name": "Bad",
        "subject": "ticket",
        "trigger": {"kind": "event", "event": "conversation.queued"},
        "condition": {"kind": "cel", "source": "ticket.nothing == 1"},
        "actions": [
            {"do": "assign", "to": "person", "user_id": "01900000-0000-7000-8000-000000000000"},
            {"do": "comment", "public": True, "text": {"en": "Hi\n{{customer.nam}} {{"}},
            {"do": "mail", "to": "customer", "title": {"en": "x"}, "text": {"en": "x"}},
            {"do": "move", "status": "resolved"},
            {"do": "create_ticket", "type_key": "", "title": "x"},
            {"do": "start_procedure", "procedure_key": ""},
        ],
    }
    async with desk.runtime.db.transaction() as db:
        with pytest.raises(Invalid) as refused:
            await service.create(db, desk.boss, RuleBody.model_validate(bad), "en")
    faults = [(fault.field, fault.code.removeprefix("automation.")) for fault in refused.value.fields]
    assert faults == [
        ("trigger.event", "event_unknown"),
        ("condition.source", "expression.unknown_name"),
        ("actions.0", "person_gone"),
        ("actions.1", "variable_unknown"),
        ("actions.1", "variable_unclosed"),
        ("actions.2", "no_mail_server"),
        ("actions.3", "move_not_here"),
        ("actions.4", "type_needed"),
        ("actions.5", "procedure_needed"),
    ]
    assert refused.value.fields[3].params == {"name": "customer.nam", "line": 2, "column": 1}

    # Business time without a calendar: told that one is needed, not that one was lost, and never counted by the wall.
    due = {"do": "set_due", "minutes": 30, "clock": "business"}
    unsaid = {**bad, "trigger": after("created", 30, clock="business"), "condition": None, "actions": [due]}
    gone = "01900000-0000-7000-8000-000000000000"
    lost = {**unsaid, "trigger": {**unsaid["trigger"], "calendar_id": gone}, "actions": [{**due, "calendar_id": gone}]}
    for body, code in ((unsaid, "calendar_needed"), (lost, "calendar_gone")):
        async with desk.runtime.db.transaction() as db:
            with pytest.raises(Invalid) as refused:
                await service.create(db, desk.boss, RuleBody.model_validate(body), "en")
        assert [(fault.field, fault.code) for fault in refused.value.fields] == [
            ("actions.0", f"automation.{code}"),
            ("trigger.calendar_id", f"automation.{code}"),
        ]

    one, two = await desk.rule(name="One"), await desk.rule(name="Two")
    async with desk.runtime.db.transaction() as db:
        body = service.body_of(await service._existing(db, one.id))
        changed = body.model_copy(update={"name": "Won", "stop": True, "revision": 1})
        again = await service.replace(db, desk.boss, one.id, changed, "en")
        assert (again.revision, again.name, again.updated_by) == (2, "Won", "Boss")
        with pytest.raises(Conflict):
            await service.replace(db, desk.boss, one.id, changed, "en")
        versions, _ = await service.versions(db, desk.boss, one.id, None, 10)
        assert [(row.revision, row.changes) for row in versions] == [(2, ["name", "stop"]), (1, ["created"])]
        back = await service.restore(db, desk.boss, one.id, 1, "en")
        assert (back.name, back.stop, back.revision) == ("One", False, 3)
        await service.order(db, desk.boss, OrderBody(ids=[two.id, one.id]))
        assert [rule.name for rule in await service.listing(db, desk.boss, "en")][:2] == ["Two", "One"]
        await service.archive(db, desk.boss, one.id)
    await desk.ticket()
    await desk.settle()
    assert {run.rule_id for run in await desk.runs()} == {two.id}


async def test_a_macro_is_looked_at_first_and_does_all_or_nothing_once(desk: Desk) -> None:
    ticket = await desk.ticket(customer_id=await desk.customer())
    body = {
        "name": "Calm",
        "actions": [{"do": "tags", "add": ["calm"]}, {"do": "set_priority", "by": -1}],
        "shared": True,
    }
    async with desk.runtime.db.transaction() as db:
        macro = await macros.create(db, desk.boss, MacroBody.model_validate(body), "en")
        broken = {**body, "name": "Broken", "actions": [*body["actions"], {"do": "move", "transition": "no_such_way"}]}
        with pytest.raises(Invalid):
            await macros.create(db, desk.boss, MacroBody.model_validate(broken), "en")
    on = MacroTarget(subject="ticket", subject_id=ticket.id, client_id="press-1")
    async with desk.runtime.db.read() as db:
        preview = await macros.preview(db, desk.boss, macro.id, on, "zh-CN")
    assert [step.text for step in preview.steps] == ["添加标签：calm", "优先级：普通 → 低"]
    for _ in range(2):
        async with desk.runtime.db.transaction() as db:
            await macros.run(db, desk.boss, macro.id, on, "en")
    facts = await desk.facts(ticket.id)
    assert (facts.tags, facts.priority) == (["calm"], 0)
    async with desk.runtime.db.read() as db:
        (listed,) = await macros.listing(db, desk.boss, "en", subject="ticket")
    assert (listed.usage_count, listed.scope, listed.may_edit) == (1, "all", True)
    await desk.settle()
