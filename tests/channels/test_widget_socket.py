"""The visitor's socket, against a real server."""

import asyncio
import json
import random
from typing import Any

import pytest
import websockets
from fastapi import FastAPI

from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.people.customers import service as customers
from tests.channels.street import Street, Widget, connect, serving


async def closing_code(line: Any) -> int:
    """The close code, reading past whatever comes before it."""
    with pytest.raises(websockets.ConnectionClosed) as closed:
        while True:
            await line.next()
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


async def test_register_snapshot_replay(street: Street, app: FastAPI) -> None:
    widget = street.widget()
    await widget.open()
    async with serving(app) as address:
        async with connect(address, widget.token) as line:
            welcome = await line.next()
            assert (welcome["op"], welcome["resumed"], welcome["heartbeat_s"]) == ("welcome", False, 25)
            # The first message begins a conversation; the open socket hears of it from its first message on.
            await line.send(op="send", client_id="a", kind="text", body="hello", payload={})
            ack = await line.until(op="ack", client_id="a")
            created = next((f for f in line.frames if f.get("type") == "message.created"), None) or await line.until(
                type="message.created"
            )
            assert created["data"]["message"]["id"] == ack["message"]["id"]
            assert created["conversation_id"] == ack["message"]["conversation_id"]
            await line.quiet()
            cursor = line.cursor
        key = ack["message"]["conversation_id"]
        await street.answer(key, "missed this")
        await street.note(key, "internal")
        async with connect(address, widget.token, cursor=cursor) as line:
            assert (await line.next())["resumed"] is True
            event = await line.until(type="message.created")
            assert event["data"]["message"]["body"] == "missed this"
            rest = await line.quiet()
            assert "internal" not in json.dumps(line.frames)
            assert all(f.get("type") != "message.created" for f in rest)
        # A client that knows its place but no cursor is sent the messages after it, and takes a snapshot all the same.
        async with connect(address, widget.token, conversation_id=key, after_seq=ack["message"]["seq"]) as line:
            assert (await line.next())["resumed"] is False
            assert (await line.until(type="message.created"))["data"]["message"]["body"]
        async with connect(address, widget.token, cursor="999999999-1") as line:
            assert (await line.next())["resumed"] is False
            assert (await line.next())["op"] == "reload"


async def test_notes_and_strangers_messages_never_reach_a_visitor(street: Street, app: FastAPI) -> None:
    one, two = street.widget(), street.widget()
    await one.open()
    await two.open()
    key = (await one.say("one speaks"))["conversation_id"]
    await two.say("two speaks")
    async with serving(app) as address, connect(address, one.token) as line, connect(address, two.token) as other:
        await line.next()
        await other.next()
        await street.note(key, "difficult person")
        await street.note(key, "give in", kind="whisper")
        await street.answer(key, "of course")
        await two.say("two again")
        await line.until(type="message.created")
        await other.until(type="message.created")
        for held in (line, other):
            await held.quiet()
        mine, theirs = json.dumps(line.frames), json.dumps(other.frames)
        assert "of course" in mine
        for secret in ("difficult", "give in", "two again"):
            assert secret not in mine
        for secret in ("difficult", "give in", "of course"):
            assert secret not in theirs


async def test_one_client_id_is_one_message_on_every_way_in(street: Street, app: FastAPI) -> None:
    widget = street.widget()
    await widget.open()
    async with serving(app) as address, connect(address, widget.token) as line:
        await line.next()
        sent = await widget.say("over http", "k1")
        await line.send(op="send", client_id="k1", kind="text", body="over http", payload={})
        assert (await line.until(op="ack", client_id="k1"))["message"]["id"] == sent["id"]
        await line.send(op="send", client_id="k2", kind="text", body="over the socket", payload={})
        acked = (await line.until(op="ack", client_id="k2"))["message"]
        assert (await widget.say("over the socket", "k2"))["id"] == acked["id"]
        await line.send(op="send", client_id="k3", kind="card", body="", payload={"type": "order"})
        nack = await line.until(op="nack", client_id="k3")
        assert nack["problem"]["errors"][0]["field"] == "kind"
    assert [m["body"] for m in await widget.history() if m["kind"] == "text"] == ["over http", "over the socket"]


async def test_who_may_not_connect(street: Street, app: FastAPI) -> None:
    async with serving(app) as address:
        async with connect(address, "qv_nonsense") as line:
            assert (await line.next())["reason"] == "widget.session_ended"
            assert await closing_code(line) == 4401
        async with websockets.connect(f"ws://{address}/ws/visitor") as socket:
            await socket.send("{]")
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == 4400
        picky = await street.add_inbox(settings={"allowed_origins": ["https://shop.example"]})
        widget = street.widget(picky)
        await widget.open()
        for origin, op in (("https://evil.example", "bye"), ("https://shop.example", "welcome")):
            async with websockets.connect(f"ws://{address}/ws/visitor", origin=origin) as socket:  # type: ignore[arg-type]
                await socket.send(json.dumps({"op": "hello", "token": widget.token}))
                assert json.loads(await socket.recv())["op"] == op


async def test_a_blocked_customer_is_disconnected(street: Street, app: FastAPI) -> None:
    widget = street.widget()
    await widget.open()
    async with serving(app) as address, connect(address, widget.token) as line:
        await line.next()
        async with street.runtime.db.transaction() as db:
            await customers.set_blocked(db, Actor.system(), widget.session["customer"]["id"], True)
        assert await closing_code(line) == 4403


async def test_signs_of_life(street: Street, app: FastAPI, sign_in: Any) -> None:
    agent = await sign_in("li", role="supervisor")
    inbox = await street.add_inbox(bot_enabled=False, settings={"show_typing_preview": True})
    widget = street.widget(inbox)
    await widget.open()
    key = (await widget.say("hi"))["conversation_id"]
    cookie = "; ".join(f"{c.name}={c.value}" for c in agent.cookies.jar)
    async with serving(app) as address, connect(address, widget.token) as line:
        await line.next()
        await line.send(op="ping")
        await line.until(op="pong")
        headers = {"Cookie": cookie, "Origin": f"http://{address}"}
        async with websockets.connect(f"ws://{address}/ws", additional_headers=headers) as staff:
            await staff.send(json.dumps({"op": "hello", "watch": [key]}))
            while json.loads(await staff.recv())["op"] != "welcome":
                pass
            await line.send(op="typing", conversation_id=key, on=True, preview="I want")
            while (frame := json.loads(await asyncio.wait_for(staff.recv(), 60))).get("type") != "typing":
                pass
            assert frame["data"]["preview"] == "I want"
            assert frame["data"]["author"]["kind"] == "customer"
            async with street.runtime.db.transaction() as db:
                await conversations.assign(db, Actor.system(), key, agent.actor_id)
            view = (await line.until(type="conversation.changed"))["data"]["conversation"]
            assert (view["status"], view["agent"]["name"]) == ("assigned", "Li")
            await asyncio.sleep(0.1)
            await staff.send(json.dumps({"op": "viewing", "conversation_id": key}))
        await line.send(op="read", conversation_id=key, seq=99)
        await line.quiet(0.3)
    async with street.runtime.db.read() as db:
        facts = await conversations.facts(db, key)
    assert facts is not None and facts.customer_read_seq == facts.last_seq


class Mirror:
    """What a client knows: a snapshot, changed by events only."""

    def __init__(self, session: dict[str, Any]):
        self.messages = {m["id"]: m for m in session["messages"]}
        self.conversation = session["conversation"]

    def apply(self, frame: dict[str, Any]) -> None:
        if frame.get("op") != "event":
            return
        if frame["type"] in ("message.created", "message.changed"):
            message = frame["data"]["message"]
            self.messages[message["id"]] = message
        elif frame["type"] == "conversation.changed":
            view = frame["data"]["conversation"]
            held = self.conversation
            if (
                held is None
                or held["id"] < view["id"]
                or (held["id"] == view["id"] and held["version"] <= view["version"])
            ):
                self.conversation = view

    def state(self) -> tuple[Any, Any]:
        view = dict(self.conversation or {})
        # Notes of the staff raise these two without a word to the customer; a place in line comes as a signal.
        for key in ("version", "last_seq", "queue", "read_seq_by_staff"):
            view.pop(key, None)
        return {m["id"]: _plain(m) for m in self.messages.values()}, view


def _plain(message: dict[str, Any]) -> dict[str, Any]:
    return {key: message[key] for key in ("seq", "kind", "body", "conversation_id", "recalled_at", "author")}


async def _step(street: Street, widget: Widget, agent_id: Any, dice: random.Random) -> None:
    """One random thing that happens."""
    async with street.runtime.db.read() as db:
        facts = await conversations.latest_of_customer(db, widget.inbox.id, widget.session["customer"]["id"])
    if facts is None or dice.random() < 0.3:
        await widget.say(f"customer {dice.random()}")
        return
    agent = Actor(
        kind="user", id=agent_id, name="Li", permissions=frozenset({"conversations.handle", "conversations.view_all"})
    )
    system = Actor.system()

    async def work(db: Any) -> None:
        match dice.randrange(9):
            case 0 if facts.status == "assigned":
                await conversations.send(db, agent, facts.id, Outgoing(body="agent says"))
            case 1:
                await conversations.note(db, system, facts.id, body="SECRET")
            case 2 if facts.status in ("queued", "assigned"):
                await conversations.assign(db, system, facts.id, agent_id)
            case 3 if facts.status in ("queued", "assigned"):
                await conversations.resolve(db, system, facts.id)
            case 4 if facts.status == "resolved" and dice.random() < 0.5:
                await conversations.close(db, system, facts.id)
            case 5 if facts.status == "assigned":
                sent = await conversations.send(db, agent, facts.id, Outgoing(body="to be recalled"))
                await conversations.recall(db, agent, facts.id, sent.id)
            case 6 if facts.status == "assigned":
                await conversations.requeue(db, system, facts.id, reason="test")
            case 7 if facts.status == "assigned":
                await conversations.mark_read(db, agent, facts.id, facts.last_seq)
            case _:
                await conversations.set_tags(db, system, facts.id, add=[f"t{dice.randrange(5)}"])

    await street.runtime.db.run(work)


@pytest.mark.parametrize("seed", range(4))
async def test_snapshot_and_events_are_a_fresh_snapshot(street: Street, app: FastAPI, sign_in: Any, seed: int) -> None:
    dice = random.Random(seed)
    agent_id = (await sign_in("li", role="agent")).actor_id
    widget = street.widget()
    await widget.open()
    async with serving(app) as address:
        for _ in range(dice.randrange(5)):
            await _step(street, widget, agent_id, dice)
        mirror, cursor = None, None
        for _ in range(3):  # connected for a while, away for a while
            async with connect(address, widget.token, **({"cursor": cursor} if cursor else {})) as line:
                welcome = await line.next()
                if mirror is None:
                    await _step(street, widget, agent_id, dice)
                    mirror = Mirror(await widget.open())
                else:
                    assert welcome["resumed"] is True
                for _ in range(6):
                    await _step(street, widget, agent_id, dice)
                applied = 0
                async with asyncio.timeout(60):
                    while True:  # until what happened has come: when, nobody promises
                        await line.quiet(0.3)
                        for frame in line.frames[applied:]:
                            mirror.apply(frame)
                        applied = len(line.frames)
                        if mirror.state() == Mirror(await widget.open()).state():
                            break
                assert "SECRET" not in json.dumps(line.frames)
                cursor = line.cursor
            for _ in range(4):
                await _step(street, widget, agent_id, dice)
