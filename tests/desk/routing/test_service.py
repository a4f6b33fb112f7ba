"""Routing through the real service, one promise a test."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from qiao.core import clock
from qiao.core.errors import Conflict, Invalid, NotFound, Refused
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import TransferTo
from qiao.desk.routing import jobs, presence, service
from qiao.desk.routing.schemas import QueuePatch, RoutingSettings
from qiao.people.accounts import service as accounts
from qiao.people.accounts.schemas import UserPatch
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import CalendarSpec
from tests.desk.routing.office import SYSTEM, Office

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, 12:00 in Shanghai


async def test_an_agent_who_frees_up_gets_the_oldest_most_urgent(office: Office) -> None:
    li = await office.person("li", state="online", capacity=1)
    await office.inbox(await office.queue("General", [li]))
    first, second, third, urgent = [await office.arrive() for _ in range(4)]
    assert await office.assignee(first) == li
    await office.runtime.db.run(lambda db: conversations.set_priority(db, SYSTEM, urgent, 3))
    for done, expected in ((first, urgent), (urgent, second), (second, third)):
        await office.resolve(done)
        assert await office.assignee(expected) == li
        await office.assert_sound()


async def test_the_hand_over_happens_in_the_transaction_that_frees(office: Office) -> None:
    li = await office.person("li", state="online", capacity=1)
    await office.inbox(await office.queue("General", [li]))
    first, second = await office.arrive(), await office.arrive()
    with pytest.raises(RuntimeError):
        async with office.runtime.db.transaction() as db:
            await conversations.resolve(db, SYSTEM, first)
            facts = await conversations.facts(db, second)
            assert facts is not None and facts.assignee_id == li
            raise RuntimeError("the transaction fails")
    assert await office.assignee(first) == li
    assert (await office.facts(second)).status == "queued"
    await office.assert_sound()


async def test_channels_weigh_differently(office: Office) -> None:
    li = await office.person("li", state="online", capacity=2)
    await office.inbox(await office.queue("General", [li]))
    light = await office.inbox((await office.facts(await office.arrive())).queue_id, channel="api")
    weights = RoutingSettings.model_validate({"channel_weights": {"api": "0.25"}})
    await office.runtime.db.run(lambda db: service.save_settings(db, SYSTEM, weights))
    taken = [await office.assignee(await office.arrive(light)) for _ in range(5)]
    assert taken == [li, li, li, li, None]
    await office.assert_sound()


async def test_skills_and_a_reason_for_everybody_in_the_log(office: Office) -> None:
    from qiao.desk.routing.schemas import SkillBody, UserSkillsBody

    li, wang, zhao = [await office.person(n, state="online") for n in ("li", "wang", "zhao")]
    skill = (await office.runtime.db.run(lambda db: service.create_skill(db, SYSTEM, SkillBody(name="Returns")))).id
    need = [{"skill_id": str(skill), "level": 3}]
    for person, level in ((li, 2), (zhao, 3)):
        body = UserSkillsBody.model_validate({"skills": [{"skill_id": skill, "level": level}]})
        await office.runtime.db.run(
            lambda db, person=person, body=body: service.set_user_skills(db, SYSTEM, person, body)
        )
    await office.inbox(await office.queue("Returns", [li, wang, zhao], required_skills=need))
    conversation = await office.arrive()
    assert await office.assignee(conversation) == zhao
    entry = (await office.log(conversation))[-1]
    assert (entry.decision, entry.rule, entry.user.name) == ("assigned", "longest_idle", "zhao")
    why = {candidate.name: candidate.why_not for candidate in entry.candidates}
    assert why == {"zhao": [], "li": ["skill_level"], "wang": ["skill_missing"]}


async def test_a_returning_customer_meets_the_same_agent_again(office: Office) -> None:
    li, wang = await office.person("li", state="online"), await office.person("wang", state="away")
    queue = await office.queue("General", [li, wang])
    await office.inbox(queue)
    customer = await office.customer()
    first = await office.write(customer)
    await office.runtime.db.run(lambda db: conversations.close(db, SYSTEM, first))
    await office.state(wang, "online")
    await office.arrive()
    await office.arrive()
    second = await office.write(customer)
    assert second != first
    assert await office.assignee(second) == li
    assert (await office.log(second))[-1].rule == "sticky"
    await office.runtime.db.run(lambda db: conversations.close(db, SYSTEM, second))
    await office.state(li, "away")
    assert await office.assignee(await office.write(customer)) == wang


async def test_offers_go_from_one_to_the_next(office: Office) -> None:
    li, wang = [await office.person(n, state="online", capacity=1) for n in ("li", "wang")]
    await office.inbox(await office.queue("General", [li, wang], accept_timeout_s=20, strategy="round_robin"))
    start = clock.now()
    with clock.frozen(start):
        conversation = await office.arrive()
        holder = li if await office.offers(li) else wang
        other = wang if holder == li else li
        offer = (await office.offers(holder))[0]
        await office.assert_sound()
        with pytest.raises(NotFound):
            await office.accept(other, offer.id)
        await office.decline(holder, offer.id)
        assert not await office.offers(holder)
        second = (await office.offers(other))[0]
        with pytest.raises(Conflict):
            await office.accept(holder, offer.id)
    with clock.frozen(start + timedelta(seconds=21)):
        with pytest.raises(Conflict):
            await office.accept(other, second.id)  # late: over, even before anybody swept
        await jobs.sweep(office.runtime)
        assert not await office.offers(other) and not await office.offers(holder)
        await office.assert_sound()
    with clock.frozen(start + timedelta(seconds=42)):
        await jobs.sweep(office.runtime)  # everybody turned it down, it has rested: asked again
        again = [*await office.offers(li), *await office.offers(wang)]
        assert len(again) == 1
        await office.accept(again[0].user_id, again[0].id)
        assert await office.assignee(conversation) == again[0].user_id
        await office.assert_sound()
    decisions = [entry.decision for entry in await office.log(conversation)]
    assert decisions[0] == "offered" and "declined" in decisions and "expired" in decisions
    assert decisions[-1] == "accepted"


async def test_who_misses_offers_is_set_away(office: Office) -> None:
    li = await office.person("li", state="online")
    await office.inbox(await office.queue("General", [li], accept_timeout_s=10))
    start = clock.now()
    for step, missed in enumerate((1, 2)):
        with clock.frozen(start + timedelta(seconds=30 * step)):
            await presence.heartbeat(office.runtime, [li])
            await office.arrive()
        with clock.frozen(start + timedelta(seconds=30 * step + 11)):
            await jobs.sweep(office.runtime)
            row = (await office.rows("SELECT state, reason, missed_offers FROM agent_states WHERE user_id = :u", u=li))[
                0
            ]
            assert row.missed_offers == missed or row.state == "away"
    assert (row.state, row.reason) == ("away", "missed_offers")
    await office.state(li, "online")
    assert await office.offers(li)
    await office.assert_sound()


async def test_a_hundred_toggles_lose_nothing(office: Office) -> None:
    li = await office.person("li", capacity=1)
    await office.inbox(await office.queue("General", [li], accept_timeout_s=60))
    waiting = [await office.arrive() for _ in range(3)]
    actor = await office.actor(li)
    for number in range(100):
        state = ("online", "away", "online", "offline")[number % 4]
        await office.runtime.db.run(lambda db, s=state: service.set_presence(db, actor, li, state=s))
    await office.state(li, "online")
    await office.assert_sound()
    offered = await office.offers(li)
    assert [offer.conversation_id for offer in offered] == waiting[:1]
    line = await office.rows("SELECT conversation_id FROM queue_entries ORDER BY entered_at, seq")
    assert [row.conversation_id for row in line] == waiting


async def test_disconnecting_has_a_grace_period(office: Office) -> None:
    li = await office.person("li", capacity=1)
    await office.inbox(await office.queue("General", [li]))
    start = clock.now()
    with clock.frozen(start):
        await presence.connected(office.runtime, li)
        await office.state(li, "online")
        mine = await office.arrive()
        await presence.disconnected(office.runtime, li)

    async def state() -> tuple[str, str | None]:
        row = (await office.rows("SELECT state, reason FROM agent_states WHERE user_id = :u", u=li))[0]
        return row.state, row.reason

    with clock.frozen(start + timedelta(seconds=59)):
        await jobs.sweep(office.runtime)
        assert await state() == ("online", None)
    with clock.frozen(start + timedelta(seconds=61)):
        await jobs.sweep(office.runtime)
        assert await state() == ("offline", "disconnected")
        await jobs.sweep(office.runtime)
        assert await office.assignee(mine) == li  # still theirs: nobody has written
    with clock.frozen(start + timedelta(seconds=90)):
        await presence.connected(office.runtime, li)
        assert await state() == ("online", None)


async def test_a_customer_who_writes_to_an_absent_agent_goes_back_in_line(office: Office) -> None:
    li, wang = await office.person("li", state="online"), await office.person("wang")
    await office.inbox(await office.queue("General", [li, wang]))
    start = clock.now()
    with clock.frozen(start):
        customer = await office.customer()
        conversation = await office.write(customer)
        await office.state(li, "offline")
        await jobs.sweep(office.runtime)
        assert await office.assignee(conversation) == li
    with clock.frozen(start + timedelta(seconds=5)):
        newer = await office.arrive()
        assert await office.write(customer) == conversation
        await jobs.sweep(office.runtime)
        assert (await office.facts(conversation)).status == "queued"
        place = await office.runtime.db.run(lambda db: service.place(db, conversation))
        assert place is not None and place.place == 1  # its first waiting counts
        await office.state(wang, "online", capacity=1)
        assert await office.assignee(conversation) == wang
        assert (await office.facts(newer)).status == "queued"
    await office.assert_sound()


async def test_reopened_with_its_agent_offline_goes_to_the_queue(office: Office) -> None:
    li, wang = await office.person("li", state="online"), await office.person("wang")
    await office.inbox(await office.queue("General", [li, wang]))
    customer = await office.customer()
    conversation = await office.write(customer)
    await office.resolve(conversation)
    await office.state(li, "offline")
    assert await office.write(customer) == conversation
    assert (await office.facts(conversation)).status == "queued"
    await office.state(wang, "online")
    assert await office.assignee(conversation) == wang
    await office.assert_sound()


async def test_passing_on_to_the_own_queue_does_not_come_straight_back(office: Office) -> None:
    li, wang = await office.person("li", state="online"), await office.person("wang", state="away")
    queue = await office.queue("General", [li, wang])
    await office.inbox(queue)
    conversation = await office.arrive()
    actor = await office.actor(li)
    to = TransferTo(type="queue", id=queue)
    await office.runtime.db.run(lambda db: conversations.transfer(db, actor, conversation, to))
    assert (await office.facts(conversation)).status == "queued"
    await office.state(wang, "online")
    assert await office.assignee(conversation) == wang


async def test_overflow_never_goes_round(office: Office) -> None:
    li = await office.person("li", state="online", capacity=1)
    first = await office.queue("First")
    rule = {"action": "queue", "on": ["no_agent", "cap"]}
    second = await office.queue("Second", [li], max_waiting=1, overflow={**rule, "queue_id": str(first)})
    patch = QueuePatch.model_validate({"overflow": {**rule, "queue_id": str(second)}})
    await office.runtime.db.run(lambda db: service.update_queue(db, SYSTEM, first, patch))
    inbox = await office.inbox(first)
    served, waits, back = [await office.arrive(inbox) for _ in range(3)]
    assert await office.assignee(served) == li
    for conversation in (waits, back):
        facts = await office.facts(conversation)
        assert (facts.status, facts.queue_id) == ("queued", second)
    assert [entry.decision for entry in await office.log(back)][-1] == "unreachable"
    assert {entry.cause for entry in await office.log(back) if entry.cause} == {"no_agent", "cap"}
    await office.assert_sound()


async def test_overflow_to_the_bot_and_to_a_message(office: Office) -> None:
    closed = await office.queue("Bot takes over", overflow={"action": "bot", "on": ["no_agent"]})
    bot_inbox = await office.inbox(closed, bot=True)
    conversation = await office.arrive(bot_inbox)
    await office.runtime.db.run(lambda db: conversations.enqueue(db, SYSTEM, conversation, reason="asked"))
    assert (await office.facts(conversation)).status == "bot"
    plain = await office.inbox(closed)  # no bot there: a message instead
    left = await office.arrive(plain)
    assert (await office.facts(left)).status == "queued"
    assert (await office.rows("SELECT leave_message FROM queue_entries WHERE conversation_id = :c", c=left))[
        0
    ].leave_message
    place = await office.runtime.db.run(lambda db: service.place(db, left))
    assert place is not None and (place.place, place.mode) == (1, "leave_message")
    li = await office.person("li", state="online")
    await office.runtime.db.run(lambda db: service.set_members(db, SYSTEM, closed, [li]))
    assert await office.assignee(left) == li  # served when people are back
    await office.assert_sound()


async def test_waiting_too_long_or_alone_overflows_by_the_clock(office: Office) -> None:
    busy, free = await office.person("busy", state="online", capacity=1), await office.person("free")
    other = await office.queue("Other", [free])
    rule = {"action": "queue", "queue_id": str(other), "on": ["timeout", "no_agent"], "after_s": 30}
    await office.inbox(await office.queue("Mine", [busy], overflow=rule))
    start = clock.now()
    with clock.frozen(start):
        await office.arrive()
        waits = await office.arrive()
    with clock.frozen(start + timedelta(seconds=29)):
        await presence.heartbeat(office.runtime, [busy])
        await jobs.sweep(office.runtime)
        assert (await office.facts(waits)).queue_id != other
        second = await office.arrive()
    with clock.frozen(start + timedelta(seconds=31)):
        await jobs.sweep(office.runtime)
        assert (await office.facts(waits)).queue_id == other
        assert (await office.facts(second)).queue_id != other
        await office.state(busy, "away")
    with clock.frozen(start + timedelta(seconds=50)):
        await office.state(free, "online")
        assert await office.assignee(waits) == free
    await office.assert_sound()


async def test_availability_tells_what_to_expect(office: Office) -> None:
    weekly = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    body = CalendarSpec.model_validate({"name": "Office hours", "timezone": "Asia/Shanghai", "weekly": weekly})
    calendar = (await office.runtime.db.run(lambda db: organization.create_calendar(db, SYSTEM, body))).id
    li = await office.person("li", capacity=1)
    queue = await office.queue("General", [li], calendar_id=calendar, max_waiting=2)
    await office.inbox(queue)

    async def now():  # type: ignore[no-untyped-def]
        return await office.runtime.db.run(lambda db: service.availability(db, queue))

    with clock.frozen(NOON - timedelta(minutes=30)):
        found = await now()
        assert (found.open, found.mode, found.estimate_s) == (True, "leave_message", None)  # nobody there
        await office.state(li, "online")
        assert ((await now()).mode, (await now()).estimate_s) == ("wait", 0)
        await office.arrive()
        await office.arrive()
        found = await now()
        assert (found.waiting, found.mode) == (1, "wait") and found.estimate_s >= 60
        await office.arrive()
        assert (await now()).mode == "leave_message"  # as many wait as may
    with clock.frozen(NOON + timedelta(minutes=30)):  # lunch
        found = await now()
        assert (found.open, found.mode) == (False, "leave_message")
        assert found.next_open == NOON + timedelta(hours=1)


async def test_availability_follows_the_overflow_to_people_who_are_there(office: Office) -> None:
    li = await office.person("li", state="online")
    there = await office.queue("There", [li])
    rule = {"action": "queue", "queue_id": str(there), "on": ["no_agent"]}
    empty = await office.queue("Empty", overflow=rule)
    found = await office.runtime.db.run(lambda db: service.availability(db, empty))
    assert found is not None and (found.queue_id, found.mode) == (there, "wait")


async def test_places_and_estimates(office: Office) -> None:
    li = await office.person("li", state="online", capacity=1)
    queue = await office.queue("General", [li])
    await office.inbox(queue)
    start = clock.now()
    with clock.frozen(start):
        first = await office.arrive()
    with clock.frozen(start + timedelta(seconds=240)):
        await presence.heartbeat(office.runtime, [li])
        await office.resolve(first)  # handling took four minutes
        await office.arrive()
        line = [await office.arrive() for _ in range(3)]
        await office.runtime.db.run(lambda db: conversations.set_priority(db, SYSTEM, line[2], 2))
        places = await office.runtime.db.run(lambda db: service.queue_places(db, queue))
        assert [places[c].place for c in line] == [2, 3, 1]
        assert [places[c].estimate_s for c in line] == [480, 720, 240]
        for conversation in line:
            assert await office.runtime.db.run(lambda db, c=conversation: service.place(db, c)) == places[conversation]
        live = await office.runtime.db.run(lambda db: service.live(db, SYSTEM))
        assert [(q.waiting, q.agents_online, q.agents_available) for q in live] == [(3, 1, 0)]


async def test_taking_out_of_turn(office: Office) -> None:
    li, wang = await office.person("li", capacity=1), await office.person("wang")
    queue = await office.queue("General", [li])
    await office.inbox(queue)
    first, second = await office.arrive(), await office.arrive()
    stranger, actor = await office.actor(wang), await office.actor(li)
    with pytest.raises(NotFound):
        await office.runtime.db.run(lambda db: service.take(db, stranger, second))
    await office.runtime.db.run(lambda db: service.take(db, actor, second))
    assert await office.assignee(second) == li
    state = (await office.rows("SELECT state FROM agent_states WHERE user_id = :u", u=li))[0].state
    assert state == "busy"  # whoever takes one is here, and is not given more unasked
    with pytest.raises(Refused):
        await office.runtime.db.run(lambda db: service.take(db, actor, first))
    await office.runtime.db.run(lambda db: conversations.close(db, SYSTEM, first))
    with pytest.raises((Conflict, NotFound)):
        await office.runtime.db.run(lambda db: service.take(db, actor, first))
    await office.assert_sound()


async def test_somebody_who_leaves_the_company_leaves_nothing_behind(office: Office) -> None:
    li, wang = await office.person("li", state="online"), await office.person("wang")
    await office.inbox(await office.queue("General", [li, wang]))
    conversation = await office.arrive()
    await office.runtime.db.run(lambda db: accounts.update_user(db, SYSTEM, li, UserPatch(active=False)))
    assert (await office.facts(conversation)).status == "queued"
    assert not await office.rows("SELECT 1 FROM queue_members WHERE user_id = :u", u=li)
    await office.state(wang, "online")
    assert await office.assignee(conversation) == wang
    await office.assert_sound()


async def test_a_new_colleague_starts_in_the_default_queue(office: Office) -> None:
    await office.queue("General")
    li = await office.person("li", state="online")
    await office.person("viewer", role="viewer")
    assert [row.user_id for row in await office.rows("SELECT user_id FROM queue_members")] == [li]


async def test_the_first_queue_takes_in_what_waits(office: Office) -> None:
    await office.inbox()
    conversation = await office.arrive()
    assert (await office.facts(conversation)).queue_id is None
    li = await office.person("li", state="online")
    await office.queue("General", [li])
    assert await office.assignee(conversation) == li
    await office.assert_sound()


async def test_queues_that_are_in_use_stay(office: Office) -> None:
    li = await office.person("li")
    default, other = await office.queue("General"), await office.queue("Other", [li])
    inbox = await office.inbox(other)
    waiting = await office.arrive(inbox)

    async def delete(queue_id: UUID) -> None:
        await office.runtime.db.run(lambda db: service.delete_queue(db, SYSTEM, queue_id))

    for queue_id in (default, other):
        with pytest.raises(Refused):
            await delete(queue_id)
    await office.resolve(waiting)
    await delete(other)
    moved = await office.arrive(inbox)  # its queue is gone: the default one
    assert (await office.facts(moved)).queue_id == default
    with pytest.raises(Invalid):
        await office.queue("general")
    await office.assert_sound()


async def test_lowering_capacity_takes_nothing_away(office: Office) -> None:
    li = await office.person("li", state="online", capacity=3)
    await office.inbox(await office.queue("General", [li]))
    mine = [await office.arrive() for _ in range(3)]
    await office.state(li, capacity=1)
    waits = await office.arrive()
    await office.resolve(mine[0])
    await office.resolve(mine[1])
    assert (await office.facts(waits)).status == "queued"
    await office.resolve(mine[2])
    assert await office.assignee(waits) == li
    row = (await office.rows("SELECT load, capacity FROM agent_states WHERE user_id = :u", u=li))[0]
    assert (row.load, row.capacity) == (Decimal(1), Decimal(1))
