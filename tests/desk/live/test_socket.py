"""The staff's socket: nobody hears too much, nobody misses anything, nobody fills our memory."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import websockets
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.errors import Problem
from qiao.core.ids import new_id
from qiao.core.realtime import Hub
from qiao.core.realtime import socket as sockets
from qiao.core.realtime.socket import Outbox
from qiao.desk.conversations import service
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import TransferTo
from qiao.desk.live import routes as live
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketCreate
from tests.desk.conversations.desk import SYSTEM
from tests.desk.live.client import Console
from tests.desk.live.conftest import Office
from tests.served import line


async def test_hello_ping_and_nonsense(office: Office) -> None:
    li = await office.enter("li")
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        welcome = await socket.hear()
        assert (welcome["op"], welcome["resumed"], welcome["heartbeat_s"]) == ("welcome", False, 25)
        await socket.say(op="ping")
        assert (await socket.hear())["op"] == "pong"
        await socket.say(op="from the future", kind="x")
        await socket.say(op="watch", conversation_ids=["no uuid", str(new_id())])
        for op in ("viewing", "typing", "read"):
            await socket.say(op=op, conversation_id="no uuid", seq=-5)
        await socket.say(op="ping")
        assert (await socket.hear())["op"] == "pong"
        for wrong in (
            {},
            {"client_id": "x", "conversation_id": "no"},
            {"client_id": "x" * 90, "conversation_id": str(new_id())},
        ):
            await socket.say(op="send", body="x", **wrong)
            assert (await socket.expect("nack"))["problem"]["status"] == 422
    for wrong in ("{", "[]", '{"op": 7}', '{"op": "read", "seq": "x"}', "x" * 70_000):
        async with line(office.address, cookie=li.cookie) as socket:
            await socket.say(op="hello")
            await socket.hear()
            await socket.connection.send(wrong)
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    await socket.hear()
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="ping")
        with pytest.raises(websockets.ConnectionClosed):
            await socket.hear()


async def test_silence_ends_a_connection(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "SILENCE_SECONDS", 3.0)
    li = await office.enter("li")
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        await socket.hear()
        for _ in range(3):
            await asyncio.sleep(1.1)
            await socket.say(op="ping")
            assert (await socket.hear())["op"] == "pong"
        with pytest.raises(websockets.ConnectionClosed):
            await socket.hear()


async def test_messages_reach_those_who_may_see_them_and_no_others(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    wang = await office.enter("wang", queues=[desk.queue_id])
    stranger = await office.enter("chen")
    boss = await office.enter("boss", "supervisor")
    customer = await desk.customer()
    key = (await desk.write(customer)).conversation_id
    await desk.run(service.assign, SYSTEM, key, li.actor.id)
    async with (
        line(office.address, cookie=li.cookie) as at_li,
        line(office.address, cookie=wang.cookie) as at_wang,
        line(office.address, cookie=stranger.cookie) as at_stranger,
        line(office.address, cookie=boss.cookie) as at_boss,
    ):
        everyone = (at_li, at_wang, at_stranger, at_boss)
        for socket in everyone:
            await socket.say(op="hello", watch=[str(key)] if socket is not at_wang else [])
            await socket.expect("welcome")
        await desk.write(customer, "在吗")
        heard = [
            [f["type"] for f in await s.so_far(desk.runtime) if f["op"] == "event" and f["conversation_id"] == str(key)]
            for s in everyone
        ]
        assert "message.created" in heard[0], "its agent, without being asked"
        assert heard[1] == ["conversation.changed"], "a colleague of the queue sees that it moved"
        assert heard[2] == [], "a stranger hears nothing, whatever they watch"
        assert "message.created" in heard[3], "a supervisor hears what they watch"
        # Mentioned: from now on it exists for them.
        await desk.run(service.note, li.actor, key, body="@chen", mentions=[stranger.actor.id])
        types = [f["type"] for f in await at_stranger.so_far(desk.runtime) if f["op"] == "event"]
        assert {"mention.created", "message.created", "conversation.changed"} <= set(types)
        # Passed on to a queue of others: gone for those who may not see it there.
        other = await desk.queue("other")
        await desk.run(service.transfer, li.actor, key, TransferTo(type="queue", id=other), "")
        assert "conversation.gone" in [f.get("type") for f in await at_li.so_far(desk.runtime)]
        assert "conversation.gone" in [f.get("type") for f in await at_wang.so_far(desk.runtime)]
        assert "conversation.gone" not in [f.get("type") for f in await at_stranger.so_far(desk.runtime)], (
            "still mentioned"
        )
        await desk.run(service.leave, stranger.actor, key)
        assert "conversation.gone" in [f.get("type") for f in await at_stranger.so_far(desk.runtime)]


async def test_typing_and_viewing_of_what_is_not_visible_is_not_heard(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    wang = await office.enter("wang", queues=[desk.queue_id])
    stranger = await office.enter("chen")
    key = await desk.arrive(assigned_to=li.actor)
    async with (
        line(office.address, cookie=li.cookie) as at_li,
        line(office.address, cookie=wang.cookie) as at_wang,
        line(office.address, cookie=stranger.cookie) as at_stranger,
    ):
        for socket in (at_li, at_wang, at_stranger):
            await socket.say(op="hello")
            await socket.expect("welcome")
        await at_stranger.say(op="viewing", conversation_id=str(key))
        await at_stranger.say(op="typing", conversation_id=str(key), on=True)
        await at_stranger.say(op="read", conversation_id=str(key), seq=1)
        assert (await at_stranger.expect("nack"))["problem"]["status"] == 404
        await at_wang.say(op="viewing", conversation_id=str(key))
        seen = await at_li.expect("signal", "viewing")
        assert [u["name"] for u in seen["data"]["users"]] == ["Wang"], "the stranger is not shown"
        await at_wang.say(op="typing", conversation_id=str(key), on=True)
        assert (await at_li.expect("signal", "typing"))["data"]["user"]["name"] == "Wang"


async def test_those_who_look_at_a_ticket_see_each_other(office: Office) -> None:
    desk = office.desk
    li, wang = await office.enter("li"), await office.enter("wang")
    made = TicketCreate(type_key="suggestion", title="Softer soap")
    key = (await desk.run(tickets.create, li.actor, made)).id
    async with line(office.address, cookie=li.cookie) as at_li, line(office.address, cookie=wang.cookie) as at_wang:
        for socket in (at_li, at_wang):
            await socket.say(op="hello")
            await socket.expect("welcome")
            await socket.say(op="viewing", conversation_id=str(key))
        seen = await at_wang.expect("signal", "viewing")
        assert seen["conversation_id"] == str(key)
        assert sorted(user["name"] for user in seen["data"]["users"]) == ["Li", "Wang"]
        await at_wang.say(op="viewing")
        while [user["name"] for user in (await at_li.expect("signal", "viewing"))["data"]["users"]] != ["Li"]:
            pass


async def test_a_ticket_that_changed_says_who_alone_did_it(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li")
    made = TicketCreate(type_key="suggestion", title="Softer soap")
    key = (await desk.run(tickets.create, li.actor, made)).id
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        await socket.expect("welcome")
        for actor, by in ((li.actor, str(li.actor.id)), (Actor.system(), None)):
            await desk.run(tickets.add_tags, actor, key, [actor.kind])
            told = [one["data"] for one in await socket.so_far(desk.runtime) if one.get("type") == "ticket.changed"]
            assert told[-1]["by"] == by


async def test_sending_is_acknowledged_after_commit_and_once(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    wang = await office.enter("wang", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li.actor)
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        for _ in range(2):
            await socket.say(op="send", conversation_id=str(key), client_id="a", body="您好")
            ack = await socket.expect("ack")
            assert ack["message"]["body"] == "您好"
        assert [m.body for m in await desk.transcript(key)].count("您好") == 1
        await socket.say(op="send", conversation_id=str(key), client_id="b", body="x\x00")
        assert (await socket.expect("nack"))["client_id"] == "b"
        await socket.say(op="send", conversation_id=str(new_id()), client_id="c", body="x")
        assert (await socket.expect("nack"))["problem"]["status"] == 404
    async with line(office.address, cookie=wang.cookie) as socket:
        await socket.say(op="hello")
        await socket.say(op="send", conversation_id=str(key), client_id="d", body="x")
        assert (await socket.expect("nack"))["problem"]["status"] == 403


async def test_who_is_signed_out_hears_and_says_nothing_more(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li.actor)
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        await socket.expect("welcome")
        assert (await li.browser.post("/api/v1/auth/logout")).status_code in (200, 204)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            while True:
                await socket.say(op="send", conversation_id=str(key), client_id="late", body="late")
                await socket.hear()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4401
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        assert (await socket.hear())["op"] == "bye"


async def test_a_token_takes_its_sockets_with_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    li = await office.enter("li", queues=[office.desk.queue_id])

    async def token(name: str, **more: Any) -> dict[str, Any]:
        body = {"name": name, "scopes": ["conversations.handle"], **more}
        response = await li.browser.post("/api/v1/auth/tokens", json=body)
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.json()
        return made

    async def closed(socket: Any) -> int:
        with pytest.raises(websockets.ConnectionClosed) as end:
            while True:
                await socket.hear()
        assert end.value.rcvd is not None
        return int(end.value.rcvd.code)

    kept, gone = await token("kept"), await token("gone")
    async with (
        line(office.address) as first,
        line(office.address) as second,
        line(office.address, cookie=li.cookie) as own,
    ):
        for socket, hello in ((first, {"token": kept["token"]}), (second, {"token": gone["token"]}), (own, {})):
            await socket.say(op="hello", **hello)
            await socket.expect("welcome")
        assert (await li.browser.delete(f"/api/v1/auth/tokens/{gone['id']}")).status_code == 204
        # Nothing needs to be said for it.
        assert await closed(second) == 4401
        for socket in (first, own):
            await socket.say(op="ping")
            await socket.expect("pong")
    # What expires ends without being told.
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.05)
    short = await token("short", expires_at=(clock.now() + timedelta(hours=1)).isoformat())
    async with line(office.address) as socket:
        await socket.say(op="hello", token=short["token"])
        await socket.expect("welcome")
        pool = await office.desk.runtime.db.raw()
        await pool.execute("UPDATE api_tokens SET expires_at = now() WHERE name = 'short'")
        assert await closed(socket) == 4401


async def test_colleagues_are_called_by_their_name(office: Office) -> None:
    """Typing, viewing and lines of the transcript use the name people are called, never the one of the contract."""
    desk = office.desk
    li, boss = await office.enter("li", queues=[desk.queue_id]), await office.enter("boss", "supervisor")
    response = await boss.browser.patch("/api/v1/auth/me", json={"display_name": "Captain"})
    assert response.status_code == 200, response.text
    key = await desk.arrive(assigned_to=li.actor)
    async with line(office.address, cookie=li.cookie) as mine, line(office.address, cookie=boss.cookie) as theirs:
        for socket in (mine, theirs):
            await socket.say(op="hello", watch=[str(key)])
            await socket.expect("welcome")
        await theirs.say(op="viewing", conversation_id=str(key))
        assert (await mine.expect("signal", "viewing"))["data"]["users"] == [
            {"id": str(boss.actor.id), "name": "Captain"}
        ]
        await theirs.say(op="typing", conversation_id=str(key), on=True)
        assert (await mine.expect("signal", "typing"))["data"]["user"]["name"] == "Captain"
    assert (await boss.browser.post(f"/api/v1/conversations/{key}/join")).status_code == 200
    lines = (await li.get(f"/conversations/{key}/messages"))["items"]
    joined = next(m for m in lines if m["payload"].get("type") == "joined")
    assert joined["payload"]["params"]["name"] == "Captain"


async def test_rights_that_change_change_what_is_heard(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    customer = await desk.customer()
    key = (await desk.write(customer)).conversation_id
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello", watch=[str(key)])
        await socket.expect("welcome")
        await desk.write(customer)
        await socket.expect("event", "message.created")
        from qiao.desk.routing import service as routing

        await desk.run(routing.set_members, SYSTEM, desk.queue_id, [])
        await socket.expect("reload")
        await socket.so_far(desk.runtime)
        await desk.write(customer)
        assert not [
            f for f in await socket.so_far(desk.runtime) if f["op"] == "event" and f["conversation_id"] == str(key)
        ]


@pytest.mark.parametrize("cursor", ["nonsense", "999999999999-1", "0-0", "1-99999999999999999999999", "-1-2"])
async def test_a_cursor_that_leads_nowhere_means_reload(office: Office, cursor: str) -> None:
    li = await office.enter("li")
    async with office.desk.runtime.db.transaction() as db:
        await db.execute(text("UPDATE events SET at = now() - interval '11 minutes'"))
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello", cursor=cursor)
        assert (await socket.expect("welcome"))["resumed"] is False
        assert (await socket.hear())["op"] == "reload"


async def test_a_gap_too_wide_means_reload(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk
    monkeypatch.setattr(sockets, "REPLAY_EVENTS", 5)
    li = await office.enter("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li.actor)
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        cursor = (await socket.expect("welcome"))["cursor"]
    for n in range(10):
        await desk.send(li.actor, key, f"m{n}")
    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello", cursor=cursor)
        assert (await socket.expect("welcome"))["resumed"] is False
        assert (await socket.hear())["op"] == "reload"


def test_a_slow_reader_costs_a_bounded_amount() -> None:
    outbox = Outbox()
    big = "x" * 100_000
    for _ in range(10_000):
        outbox.offer(big)
    assert sum(map(len, outbox._frames)) <= sockets.OUTBOX_CHARACTERS + len(big)
    small = Outbox()
    for _ in range(10 * sockets.OUTBOX):
        small.offer("x")
    assert len(small._frames) <= sockets.OUTBOX
    assert any("reload" in frame for frame in small._frames)
    small.end('{"op":"bye"}')
    assert small.offer("later"), "what comes after goodbye is dropped quietly"
    assert not small._frames


async def test_who_does_not_read_is_cut_off_when_signed_out(office: Office) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    key = await desk.arrive(assigned_to=li.actor)
    hub = desk.runtime.get(Hub)
    async with line(office.address, cookie=li.cookie, max_queue=1) as socket:
        await socket.say(op="hello")
        await socket.hear()
        filler = "x" * 200_000
        for connection in hub.staff:
            for _ in range(200):
                connection.sink.offer(filler)
        await asyncio.sleep(0.3)
        assert hub.users_here() == {li.actor.id}
        async with desk.runtime.db.transaction() as db:
            from qiao.people.accounts import sessions

            assert li.actor.id is not None
            await sessions.end_sessions(db, SYSTEM, li.actor.id)
        assert not hub.users_here()
        await socket.say(op="send", conversation_id=str(key), client_id="late", body="late")
        await asyncio.sleep(0.5)
        assert "late" not in [m.client_id for m in await desk.transcript(key)]


async def test_a_failing_room_makes_everybody_reload(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk
    li = await office.enter("li", queues=[desk.queue_id])
    hub = desk.runtime.get(Hub)

    async def broken(batch: Any) -> Any:
        raise RuntimeError("an enricher failed")

    async with line(office.address, cookie=li.cookie) as socket:
        await socket.say(op="hello")
        await socket.expect("welcome")
        with monkeypatch.context() as patch:
            patch.setattr(hub, "pushes", broken)
            await desk.arrive(assigned_to=li.actor)
            assert "reload" in [frame["op"] for frame in await socket.so_far(desk.runtime)]
        key = await desk.arrive(assigned_to=li.actor)
        heard = await socket.so_far(desk.runtime)
        assert str(key) in [f["conversation_id"] for f in heard if f["op"] == "event"]


# -- snapshot + events = fresh snapshot ----------------------------------------------------------------------------------


async def random_action(
    office: Office, people: list[Any], keys: list[UUID], customers: list[UUID], chance: random.Random
) -> None:
    desk = office.desk
    key, actor = chance.choice(keys), chance.choice(people).actor
    index = keys.index(key)
    later = clock.now() + timedelta(hours=1)
    actions: list[Any] = [
        lambda: desk.write(customers[index], f"q{chance.random()}"),
        lambda: desk.runtime.get(Intake).submit(desk.inbound(customers[index], "hot"), key),
        lambda: desk.send(actor, key, f"a{chance.random()}"),
        lambda: desk.send(actor, key, f"a{chance.random()}"),
        lambda: desk.run(service.note, actor, key, body="n", mentions=[chance.choice(people).actor.id]),
        lambda: desk.run(service.assign, SYSTEM, key, chance.choice(people).actor.id),
        lambda: desk.run(service.enqueue, SYSTEM, key, reason="test"),
        lambda: desk.run(
            service.requeue, SYSTEM, key, reason="test", queue_id=chance.choice([desk.queue_id, office.other])
        ),
        lambda: desk.run(service.snooze, actor, key, later),
        lambda: desk.run(service.unsnooze, actor, key),
        lambda: desk.run(service.resolve, actor, key),
        lambda: desk.run(service.reopen, actor, key),
        lambda: desk.run(service.to_bot, SYSTEM, key, reason="test"),
        lambda: desk.run(service.set_tags, actor, key, add=[chance.choice("abc")], remove=[chance.choice("abc")]),
        lambda: desk.run(service.set_priority, actor, key, chance.randrange(4)),
        lambda: desk.run(service.mark_read, actor, key, chance.randrange(30)),
        lambda: desk.run(service.join, actor, key),
        lambda: desk.run(service.leave, actor, key),
        lambda: desk.run(service.take_over, actor, key),
    ]
    with suppress(Problem):  # refused moves are part of life
        await chance.choice(actions)()


@pytest.mark.parametrize("seed", [11, 12, 13])
async def test_snapshot_and_events_equal_a_fresh_snapshot(office: Office, seed: int) -> None:
    chance = random.Random(seed)
    desk = office.desk
    office.other = await desk.queue("other")
    li = await office.enter("li", queues=[desk.queue_id])
    chen = await office.enter("chen", queues=[office.other])
    boss = await office.enter("boss", "supervisor")
    people = [li, chen, boss]
    customers = [await desk.customer() for _ in range(4)]
    keys = [(await desk.write(c)).conversation_id for c in customers]
    consoles = [Console(desk.runtime, who, office.address, keys) for who in people]
    for console in consoles:
        await console.connect()
    for _ in range(50):
        await random_action(office, people, keys, customers, chance)
        for console in consoles:
            if chance.random() < 0.12:
                if console.line is None:
                    await console.connect()
                else:
                    if chance.random() < 0.5:
                        await console.catch_up()
                    await console.disconnect()
    for console in consoles:
        if console.line is None:
            await console.connect()
        await console.catch_up()
        fresh = Console(desk.runtime, console.who, office.address, keys)
        await fresh.snapshot()
        known = {k: {**v, "may": None} for k, v in console.conversations.items()}
        expected = {k: {**v, "may": None} for k, v in fresh.conversations.items()}
        assert known.keys() == expected.keys(), console.who.actor.name
        for key, conversation in expected.items():
            assert known[key] == conversation, console.who.actor.name
            assert console.messages.get(key, {}).keys() >= _heard_while_visible(console, fresh, key)
        await console.disconnect()
    assert len(keys) < live.WATCH_LIMIT


def _heard_while_visible(console: Console, fresh: Console, key: str) -> set[int]:
    """Messages a console must hold without asking again: all since it last began to hold the conversation."""
    held = console.messages.get(key, {})
    return {seq for seq in fresh.messages[key] if held and seq >= min(held)}
