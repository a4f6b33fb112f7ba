"""`/ws`: the staff's socket."""

import asyncio
import contextlib
import math
import time
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DBAPIError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from qiao.core import clock, telemetry
from qiao.core.actor import Actor
from qiao.core.errors import Invalid, Problem, Unauthenticated, Unavailable
from qiao.core.realtime import Connection, Hub, Target
from qiao.core.realtime.socket import (
    HEARTBEAT_SECONDS,
    Frame,
    Outbox,
    close_quietly,
    next_frame,
    replay,
)
from qiao.core.runtime import Runtime
from qiao.core.web import locale_of, runtime_from
from qiao.core.web.errors import from_database
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, Outgoing
from qiao.desk.live.tokens import TokenSockets
from qiao.desk.routing import presence
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketFacts
from qiao.people.accounts import service as accounts
from qiao.people.accounts.access import authenticate

logger = structlog.get_logger(__name__)
RECHECK_SECONDS: Final = 30
WATCH_LIMIT: Final = 200
SIGNAL_TRUST_SECONDS: Final = 10
FAREWELL_SECONDS: Final = 2
CLIENT_ID_LIMIT: Final = 80


class StaffSocket:
    """One agent's or supervisor's open console."""

    def __init__(self, socket: WebSocket, runtime: Runtime):
        self.socket = socket
        self.runtime = runtime
        self.hub = runtime.get(Hub)
        self.outbox = Outbox()
        self.connection = Connection(sink=self.outbox, end=self.outbox.end)
        self.locale = locale_of(socket)
        self._scopes: dict[UUID, tuple[float, ConversationFacts]] = {}
        self._checked = time.monotonic()
        self._token: str | None = None
        self._doubted = asyncio.Event()
        self._called = ""

    @property
    def actor(self) -> Actor:
        assert self.connection.actor is not None
        return self.connection.actor

    async def serve(self) -> None:
        """From accept to close."""
        await self.socket.accept()
        writer: asyncio.Task[None] | None = None
        try:
            hello = await next_frame(self.socket)
            if hello is None or hello.op != "hello":
                await close_quietly(self.socket, 4400)
                return
            self._token = hello.token
            self.connection.actor = await authenticate(self.socket, hello.token)
            self._checked = time.monotonic()
            self.locale = locale_of(self.socket)
            assert self.actor.id is not None
            async with self.runtime.db.read() as db:
                self._called = (await accounts.people(db, [self.actor.id]))[self.actor.id].name
            if self.actor.session_id is None:
                self.runtime.get(TokenSockets).add(self.actor.id, self._doubted)
            await self._register(hello)
            telemetry.sockets.labels("staff").inc()
            writer = asyncio.create_task(self.outbox.drain(self.socket))
            await presence.connected(self.runtime, self.actor.id)
            await self._converse(writer)
        except Problem as problem:
            with contextlib.suppress(RuntimeError):
                await self.socket.send_json({"op": "bye", "reason": problem.code, "problem": problem.body(self.locale)})
            await close_quietly(self.socket, 4401 if isinstance(problem, Unauthenticated) else 4403)
        except msgspec.MsgspecError:
            await close_quietly(self.socket, 4400)
        except WebSocketDisconnect:
            pass  # gone before we had said everything
        finally:
            await self._depart(writer)

    async def _register(self, hello: Frame) -> None:
        self.outbox.batch = hello.batch
        await self._watch(hello.watch)
        # From here on everything later than `until` reaches the outbox; nothing is sent before the replay below.
        self.hub.join_staff(self.connection)
        until = self.runtime.tailer.position
        missed = await replay(self.runtime, self.connection, hello.cursor, until) if hello.cursor else []
        welcome = {
            "op": "welcome",
            "cursor": f"{until[0]}-{until[1]}",
            "resumed": bool(hello.cursor) and missed is not None,
            "heartbeat_s": HEARTBEAT_SECONDS,
            "server_time": clock.now(),
        }
        await self.socket.send_text(msgspec.json.encode(welcome).decode())
        if missed is None:
            await self.socket.send_json({"op": "reload", "reason": "gap"})
        else:
            for frame in missed:
                await self.socket.send_text(frame)

    async def _converse(self, writer: asyncio.Task[None]) -> None:
        ending = asyncio.ensure_future(self.outbox.ending.wait())
        doubted = asyncio.ensure_future(self._doubted.wait())
        reader: asyncio.Future[Frame | None] | None = None
        try:
            while True:
                reader = reader or asyncio.ensure_future(next_frame(self.socket))
                waits: set[asyncio.Future[Any]] = {reader, writer, ending, doubted}
                await asyncio.wait(waits, timeout=RECHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if writer.done() or self.outbox.ending.is_set():
                    # Whoever was signed out is not heard any more, not even what they said just before.
                    reader.cancel()
                    await asyncio.gather(reader, return_exceptions=True)
                    await asyncio.wait({writer}, timeout=FAREWELL_SECONDS)
                    return
                if doubted.done():
                    self._doubted.clear()
                    doubted = asyncio.ensure_future(self._doubted.wait())
                    self._checked = -math.inf
                if not reader.done():
                    await self._recheck()
                    continue
                frame = await reader
                reader = None
                if frame is None:
                    return
                try:
                    await self._handle(frame)
                except Problem as problem:
                    self._refuse(frame, problem)
                except DBAPIError as error:
                    known = from_database(error)
                    if known is None:
                        logger.exception("socket_request_failed", op=frame.op)
                    self._refuse(frame, known or Unavailable("internal"))
                except Exception:
                    logger.exception("socket_request_failed", op=frame.op)
                    self._refuse(frame, Unavailable("internal"))
                await self._recheck()
        finally:
            ending.cancel()
            doubted.cancel()
            if reader is not None:
                reader.cancel()

    def _refuse(self, frame: Frame, problem: Problem) -> None:
        self.outbox.say(op="nack", client_id=frame.client_id, problem=problem.body(self.locale))

    async def _handle(self, frame: Frame) -> None:
        match frame.op:
            case "ping":
                self.outbox.say(op="pong")
            case "watch":
                await self._watch(frame.conversation_ids)
            case "typing":
                await self._typing(frame)
            case "viewing":
                await self._viewing(frame)
            case "send":
                await self._send(frame)
            case "read":
                key = _uuid(frame.conversation_id)
                if key is not None:
                    seq = frame.seq
                    await self.runtime.db.run(lambda db: conversations.mark_read(db, self.actor, key, seq))
            case _:
                pass  # a newer client may say more than this version understands

    async def _send(self, frame: Frame) -> None:
        self.actor.require("conversations.handle")
        key = _uuid(frame.conversation_id)
        if key is None:
            raise Invalid.field("conversation_id", "uuid_invalid")
        if not frame.client_id:
            raise Invalid.field("client_id", "field_missing")
        if len(frame.client_id) > CLIENT_ID_LIMIT:
            raise Invalid.field("client_id", "text_too_long", max_length=CLIENT_ID_LIMIT)
        outgoing = Outgoing(
            kind=frame.kind,  # type: ignore[arg-type]  # checked by the service, which answers with a sentence
            body=frame.body,
            payload=frame.payload,
            client_id=frame.client_id,
        )
        message = await self.runtime.db.run(lambda db: conversations.send(db, self.actor, key, outgoing))
        self.outbox.say(op="ack", client_id=frame.client_id, message=message)

    async def _watch(self, ids: list[str]) -> None:
        """Replaces what is watched by those of `ids` this person may see."""
        wanted = [key for key in map(_uuid, ids[:WATCH_LIMIT]) if key is not None]
        if not wanted:
            self.hub.watch(self.connection, ())
            return
        async with self.runtime.db.read() as db:
            visible = await conversations.visible_of(db, self.actor, wanted)
        self.hub.watch(self.connection, visible)

    async def _scope(self, conversation_id: UUID) -> ConversationFacts | None:
        known = self._scopes.get(conversation_id)
        if known is not None and time.monotonic() - known[0] < SIGNAL_TRUST_SECONDS:
            return known[1]
        try:
            async with self.runtime.db.read() as db:
                facts = await conversations.require_visible(db, self.actor, conversation_id)
        except Problem:
            self._scopes.pop(conversation_id, None)
            return None
        if len(self._scopes) > WATCH_LIMIT * 2:
            self._scopes.clear()
        self._scopes[conversation_id] = (time.monotonic(), facts)
        return facts

    def _staff(self, facts: ConversationFacts) -> Target:
        return Target(
            users=frozenset({facts.assignee_id} if facts.assignee_id else ()),
            queues=frozenset({facts.queue_id} if facts.queue_id else ()),
            permission="conversations.view_all",
        )

    def _self(self) -> dict[str, Any]:
        return {"id": self.actor.id, "name": self._called}

    async def _typing(self, frame: Frame) -> None:
        key = _uuid(frame.conversation_id)
        facts = await self._scope(key) if key is not None else None
        if facts is None or not self.actor.may("conversations.handle"):
            return
        data = {"user": self._self(), "on": frame.on}
        self.hub.signal(self._staff(facts), "typing", data, facts.id, skip=self.connection)
        if facts.assignee_id == self.actor.id:
            customer = {"name": self._called, "on": frame.on}
            self.hub.signal(Target(customer_of=facts.id), "typing", customer, facts.id)

    async def _viewing(self, frame: Frame) -> None:
        before, after = self.connection.viewing, _uuid(frame.conversation_id)
        known = {key: await self._seen(key) for key in (before, after) if key is not None}
        # What somebody may not see they cannot be seen looking at.
        self.connection.viewing = after if after is not None and known[after] is not None else None
        for key, facts in known.items():
            if facts is None:
                continue
            viewers = {c.actor.id for c in self.hub.viewers(key) if c.actor is not None and c.actor.id is not None}
            async with self.runtime.db.read() as db:
                called = await accounts.people(db, viewers)
            data = {"users": [{"id": person.id, "name": person.name} for person in called.values()]}
            # Who looks at a ticket concerns those who do, too; of a conversation all who may take it are told.
            target = self._staff(facts) if isinstance(facts, ConversationFacts) else Target(users=frozenset(viewers))
            self.hub.signal(target, "viewing", data, key)

    async def _seen(self, key: UUID) -> ConversationFacts | TicketFacts | None:
        """The conversation or ticket of that id, if this person may see it."""
        talk = await self._scope(key)
        if talk is not None:
            return talk
        try:
            async with self.runtime.db.read() as db:
                return await tickets.require_visible(db, self.actor, key)
        except Problem:
            return None

    async def _recheck(self) -> None:
        """Every half minute: is the session still good, has what this person may see changed?"""
        if time.monotonic() - self._checked < RECHECK_SECONDS:
            return
        self._checked = time.monotonic()
        before = self.actor
        self.connection.actor = await authenticate(self.socket, self._token)
        if (before.permissions, before.queue_ids) != (self.actor.permissions, self.actor.queue_ids):
            self.outbox.say(op="reload", reason="access")

    async def _depart(self, writer: asyncio.Task[None] | None) -> None:
        self.hub.leave_staff(self.connection)
        if self.connection.actor is not None and self.connection.actor.id is not None:
            self.runtime.get(TokenSockets).discard(self.connection.actor.id, self._doubted)
        if writer is None:
            return
        telemetry.sockets.labels("staff").dec()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        if self.connection.viewing is not None:
            with contextlib.suppress(Exception):
                await self._viewing(Frame(op="viewing"))
        actor_id = self.actor.id
        assert actor_id is not None
        if actor_id not in self.hub.users_here():
            try:
                await presence.disconnected(self.runtime, actor_id)
            except Exception:
                # Then the sweep takes them for gone a little earlier than their grace period says.
                logger.exception("disconnect_not_noted")
        await close_quietly(self.socket)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


async def staff_socket(socket: WebSocket) -> None:
    """Starlette endpoint."""
    await StaffSocket(socket, runtime_from(socket)).serve()


plain_routes = [WebSocketRoute("/ws", staff_socket)]
