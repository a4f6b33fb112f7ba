"""Who is told of what happens to a ticket."""

import asyncio

from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.tickets import service as tickets
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from tests.desk.routing.office import Office
from tests.desk.tasks.shop import SYSTEM, Shop


async def told(shop: Shop, name: str, *kinds: str) -> None:
    """Waits until exactly these have been told to somebody."""
    for _ in range(3000):
        found = await shop.told(name)
        if sorted(found) == sorted(kinds):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{name}: {await shop.told(name)}")


async def test_comments_mentions_assignments_and_moves_reach_whom_they_concern(runtime: Runtime) -> None:
    shop = Shop(runtime)
    await shop.type()
    li, mei, zhao = await shop.person("li"), await shop.person("mei"), await shop.person("zhao")
    await shop.person("wang")
    async with runtime.db.transaction() as db:
        customer = await customers.create(db, SYSTEM, CustomerCreate(name="Chen"))
    ticket = await shop.ticket(zhao, assignee_id=li.id, watchers=[mei.id], customer_id=customer.id)
    await shop.move(li, ticket, "begin")  # who does it is not told
    async with runtime.db.transaction() as db:
        await tickets.comment(
            db, zhao, ticket, body="look @wang @mei", public=False, mentions=[shop.people["wang"], mei.id]
        )
        buyer = Actor("customer", customer.id, name="Chen")
        await tickets.comment(db, buyer, ticket, body="And now?", public=True)
        await tickets.escalate(db, zhao, ticket, reason="hard")
    await told(shop, "li", "ticket.assigned", "ticket.commented", "ticket.replied", "ticket.escalated")
    await told(shop, "mei", "ticket.moved", "ticket.mentioned", "ticket.replied", "ticket.escalated")
    await told(shop, "wang", "ticket.mentioned")
    await told(shop, "zhao")
    async with runtime.db.read() as db:
        row = await db.execute(
            text("SELECT params->'state'->>'en', link FROM notifications WHERE kind = 'ticket.moved'")
        )
        assert row.one() == ("checking", f"/tickets/{(await shop.facts(ticket)).number}")


async def test_ten_thousand_watchers_are_one_statement(runtime: Runtime) -> None:
    shop = Shop(runtime)
    await shop.type()
    li = await shop.person("li")
    many = [new_id() for _ in range(10_000)]
    async with runtime.db.transaction() as db:
        await db.execute(
            text(
                "INSERT INTO users (id, email, name, password_hash) SELECT u, u::text, 'n', 'x'"
                " FROM unnest(CAST(:ids AS uuid[])) u"
            ),
            {"ids": many},
        )
    ticket = await shop.ticket(li, watchers=many)
    async with runtime.db.transaction() as db:
        await tickets.comment(db, li, ticket, body="all of you", public=False)
    for _ in range(3000):
        async with runtime.db.read() as db:
            count = await db.scalar(text("SELECT count(*) FROM notifications WHERE kind = 'ticket.commented'"))
            told_of = await db.scalar(text("SELECT count(*) FROM events WHERE kind = 'notification.told'"))
        if count:
            break
        await asyncio.sleep(0.02)
    assert (count, told_of) == (10_000, 1)


async def test_being_named_in_a_conversation_is_told_with_the_way_there(runtime: Runtime) -> None:
    shop, office = Shop(runtime), Office(runtime)
    boss, _ = await shop.person("boss", "supervisor"), await shop.person("mei")
    inbox = await office.inbox()
    talk = await office.write(await office.customer(inbox), inbox)
    async with runtime.db.transaction() as db:
        await conversations.note(db, boss, talk, body="see this", mentions=[shop.people["mei"]])
    await told(shop, "mei", "conversation.mentioned")
    async with runtime.db.read() as db:
        assert await db.scalar(text("SELECT link FROM notifications")) == f"/inbox/mentions/{talk}"
