"""`/ws/visitor`: the widget's socket. Thousands may be open and idle, so one costs as little as it can: raw ASGI, no task
of its own, a queue only while something is on its way, and one sweeper for everybody's silence."""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from qiao.channels.contract import customer_view
from qiao.channels.webchat import service
from qiao.channels.webchat.channel import accept
from qiao.channels.webchat.limits import too_fast
from qiao.channels.webchat.origins import page_allowed
from qiao.channels.webchat.realtime import load_conversations, push_to_visitors
from qiao.channels.webchat.typists import Typing
from qiao.channels.webchat.visitors import Visitor, Visitors
from qiao.core import clock, log, telemetry
from qiao.core.errors import Forbidden, Problem, Unauthenticated
from qiao.core.events import Envelope
from qiao.core.realtime import Connection, Hub, encoder, frame_of
from qiao.core.realtime.socket import (
    FRAME_BYTES,
    HEARTBEAT_SECONDS,
    REPLAY_AGE,
    REPLAY_EVENTS,
    SILENCE_SECONDS,
    Frame,
    decode_frame,
)
from qiao.core.runtime import Runtime
from qiao.core.web import locale_of, runtime_from
from qiao.desk.conversations import service as conversations

logger = structlog.get_logger(__name__)

OUTBOX: Final = 500
SWEEP_SECONDS: Final = 10.0
RESUME_MESSAGES: Final = 200
PER_VISITOR: Final = 20
_PONG: Final = '{"op":"pong"}'
_RELOAD: Final = '{"op":"reload","reason":"lagging"}'


class VisitorSocket:
    """One open widget. It is its own hub connection's sink."""

    __slots__ = ("closing", "connection", "desk", "flushing", "frames", "ip", "locale", "seen", "send", "visitor")

    def __init__(self, desk: "Sockets", send: Send, ip: str | None, locale: str):
        self.desk = desk
        self.send = send
        self.ip = ip
        self.locale = locale
        self.visitor: Visitor | None = None
        self.connection: Connection | None = None
        self.frames: deque[str] | None = None
        self.flushing = False
        self.closing = False
        self.seen = time.monotonic()

    # -- outbound ------------------------------------------------------------------------------------------------------

    def offer(self, frame: str) -> bool:
        """Hub sink: queues a frame and makes sure somebody sends it. A reader who lags too far is told to start over."""
        if self.closing:
            return True
        if self.frames is None:
            self.frames = deque()
        kept = len(self.frames) < OUTBOX
        if not kept:
            self.frames.clear()
            frame = _RELOAD
        self.frames.append(frame)
        if not self.flushing:
            self.flushing = True
            self.desk.spawn(self._flush())
        return kept

    def say(self, **frame: Any) -> None:
        self.offer(encoder.encode(frame).decode())

    async def _flush(self) -> None:
        try:
            while self.frames:
                await self.send({"type": "websocket.send", "text": self.frames.popleft()})
        except Exception:  # the other side is gone, whatever the server calls that; its reader ends the connection
            self.closing = True
        finally:
            self.frames = None
            self.flushing = False

    async def close(self, code: int, reason: str | None = None) -> None:
        """Says goodbye and closes; the reader then ends."""
        if self.closing:
            return
        self.closing = True
        with suppress(Exception):  # it may be gone already
            if reason is not None:
                await self.send(
                    {"type": "websocket.send", "text": encoder.encode({"op": "bye", "reason": reason}).decode()}
                )
            await self.send({"type": "websocket.close", "code": code})


class Listener(Protocol):
    """Somebody of a visitor who hears of their conversations: a socket, or a poll that waits."""

    visitor: Visitor | None
    connection: Connection | None

    def offer(self, frame: str) -> bool: ...

    async def close(self, code: int, reason: str | None = None) -> None: ...


class Sockets:
    """All widgets connected to this process."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.open: set[VisitorSocket] = set()
        self._by_customer: dict[UUID, list[Listener]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep(), name="visitor-sweeper")
        self.runtime.tailer.listen(self.on_batch)

    async def stop(self) -> None:
        for task in [self._sweeper, *self._tasks]:
            if task is not None:
                task.cancel()
        await asyncio.gather(*(t for t in [self._sweeper, *self._tasks] if t is not None), return_exceptions=True)

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def connections_of(self, customer_id: UUID, inbox_id: UUID) -> Iterator[Connection]:
        for socket in self._by_customer.get(customer_id, ()):
            if socket.connection is not None and socket.visitor is not None and socket.visitor.inbox_id == inbox_id:
                yield socket.connection

    def enter(self, socket: Listener, visitor: Visitor) -> None:
        mine = self._by_customer.setdefault(visitor.customer_id, [])
        if len(mine) >= PER_VISITOR:
            raise too_fast(HEARTBEAT_SECONDS)
        mine.append(socket)
        visitor.sockets += 1
        socket.visitor = visitor
        socket.connection = Connection(sink=socket, customer_id=visitor.customer_id)

    def leave(self, socket: Listener) -> None:
        visitor, connection = socket.visitor, socket.connection
        if visitor is None or connection is None:
            return
        visitor.sockets -= 1
        mine = [other for other in self._by_customer.get(visitor.customer_id, ()) if other is not socket]
        if mine:
            self._by_customer[visitor.customer_id] = mine
        else:
            self._by_customer.pop(visitor.customer_id, None)
        self.runtime.get(Hub).leave_visitor(connection)

    async def on_batch(self, batch: Sequence[Envelope]) -> None:
        """Log listener: visitors who were blocked, signed out or whose inbox is off are disconnected."""
        ended = self.runtime.get(Visitors).note(batch)
        for visitor in ended:
            for socket in list(self._by_customer.get(visitor.customer_id, ())):
                if socket.visitor is visitor:
                    self.spawn(self._recheck(socket, visitor))

    async def _recheck(self, socket: Listener, visitor: Visitor) -> None:
        try:
            await self.runtime.get(Visitors).fresh(visitor)
        except Unauthenticated as problem:
            await socket.close(4401, problem.code)
        except Problem as problem:
            await socket.close(4403, problem.code)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            limit = time.monotonic() - SILENCE_SECONDS
            for socket in [s for s in self.open if s.seen < limit]:
                self.spawn(socket.close(4408))

    # -- one connection ------------------------------------------------------------------------------------------------

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """From accept to close."""
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        about = HTTPConnection(scope)
        origin, own = about.headers.get("origin"), about.headers.get("host", "")
        socket = VisitorSocket(self, send, about.client.host if about.client else None, locale_of(about))
        del about
        await send({"type": "websocket.accept"})
        self.open.add(socket)
        counted = False
        try:
            frame = await _next(receive)
            if frame is None or frame.op != "hello":
                await socket.close(4400)
                return
            await self._register(socket, frame, origin, own)
            frame = None
            telemetry.sockets.labels("visitor").inc()
            counted = True
            await self._converse(socket, receive)
        except Problem as problem:
            with suppress(Exception):  # it may be gone already
                bye = {"op": "bye", "reason": problem.code, "problem": problem.body(socket.locale)}
                await send({"type": "websocket.send", "text": encoder.encode(bye).decode()})
            await socket.close(4401 if isinstance(problem, Unauthenticated) else 4403)
        except msgspec.MsgspecError:
            await socket.close(4400)
        finally:
            socket.closing = True
            self.open.discard(socket)
            self.leave(socket)
            if counted:
                telemetry.sockets.labels("visitor").dec()

    async def _register(self, socket: VisitorSocket, hello: Frame, origin: str | None, own: str) -> None:
        visitors = self.runtime.get(Visitors)
        visitor = await visitors.resolve(hello.token)
        if not page_allowed(await visitors.inbox(visitor.inbox_id), origin, own, self.runtime):
            raise Forbidden("origin_refused")
        self.enter(socket, visitor)
        connection = socket.connection
        assert connection is not None
        # From here on everything later than `until` reaches the socket; the frames below go out before it, in order.
        socket.flushing = True
        try:
            hub = self.runtime.get(Hub)
            hub.join_visitor(connection, [visitor.latest_id] if visitor.latest_id is not None else [])
            until = self.runtime.tailer.position
            here = f"{until[0]}-{until[1]}"
            missed = await self._missed(connection, hello.cursor, until) if hello.cursor else None
            if not hello.cursor:
                missed = await self._since(visitor, hello, here)
            welcome = {
                "op": "welcome",
                "cursor": here,
                "resumed": bool(hello.cursor) and missed is not None,
                "heartbeat_s": HEARTBEAT_SECONDS,
                "server_time": clock.now(),
            }
            await socket.send({"type": "websocket.send", "text": encoder.encode(welcome).decode()})
            if missed is None:
                await socket.send({"type": "websocket.send", "text": '{"op":"reload","reason":"gap"}'})
            for frame in missed or ():
                await socket.send({"type": "websocket.send", "text": frame})
        finally:
            socket.flushing = False
        if socket.frames:
            socket.flushing = True
            self.spawn(socket._flush())

    async def _missed(self, connection: Connection, cursor: str, until: log.Position) -> list[str] | None:
        """Frames of what this visitor missed after `cursor`; None when that is too much or too long ago."""
        try:
            position = log.parse_cursor(cursor)
        except ValueError:
            return None
        if position > until:
            return None
        found = self.runtime.tailer.since(position, REPLAY_EVENTS + 1)
        if found is None:
            found = await log.after(self.runtime.db, position, REPLAY_EVENTS + 1)
        found = [envelope for envelope in found if envelope.position <= until]
        if len(found) > REPLAY_EVENTS or (found and clock.now() - found[0].at > REPLAY_AGE):
            return None
        mine = [envelope for envelope in found if envelope.conversation_id in connection.conversation_ids]
        return [frame_of(envelope.cursor, push) for envelope, push in await push_to_visitors(self.runtime, mine)]

    async def _since(self, visitor: Visitor, hello: Frame, cursor: str) -> list[str]:
        """Messages after `after_seq` for a client that knows its place but no cursor. It takes a snapshot all the same."""
        key = _uuid(hello.conversation_id)
        if key is None or hello.after_seq is None or key != visitor.latest_id:
            return []
        async with self.runtime.db.read() as db:
            found, _ = await conversations.transcript(
                db, visitor.actor, key, after_seq=hello.after_seq, limit=RESUME_MESSAGES
            )
        frames = [
            encoder.encode(
                {
                    "op": "event",
                    "cursor": cursor,
                    "type": "message.created",
                    "conversation_id": key,
                    "data": {"message": view},
                }
            ).decode()
            for view in customer_view.shown_all(found)
        ]
        for view in (await load_conversations(self.runtime, [key])).values():
            frames.append(
                encoder.encode(
                    {
                        "op": "event",
                        "cursor": cursor,
                        "type": "conversation.changed",
                        "conversation_id": key,
                        "data": {"conversation": view},
                    }
                ).decode()
            )
        return frames

    async def _converse(self, socket: VisitorSocket, receive: Receive) -> None:
        while not socket.closing:
            frame = await _next(receive)
            if frame is None:
                return
            socket.seen = time.monotonic()
            try:
                await self._handle(socket, frame)
            except Unauthenticated:
                raise
            except Problem as problem:
                if frame.op == "send":
                    socket.say(op="nack", client_id=frame.client_id, problem=problem.body(socket.locale))

    async def _handle(self, socket: VisitorSocket, frame: Frame) -> None:
        visitors = self.runtime.get(Visitors)
        assert socket.visitor is not None
        match frame.op:
            case "ping":
                socket.offer(_PONG)
            case "send":
                visitor = await visitors.fresh(socket.visitor)
                visitors.slow_down(visitor, socket.ip)
                incoming = accept(frame.client_id or "", frame.kind, frame.body, frame.payload)
                received = await service.submit(self.runtime, visitor, incoming)
                socket.say(op="ack", client_id=frame.client_id, message=received.message)
            case "typing":
                visitor = await visitors.fresh(socket.visitor)
                visitors.slow_down(visitor, None, 0.2)
                await self.runtime.get(Typing).relay(visitor, frame.on, frame.preview)
            case "read":
                visitor = await visitors.fresh(socket.visitor)
                visitors.slow_down(visitor, None, 0.2)
                key = _uuid(frame.conversation_id)
                if key is not None and key == visitor.latest_id:
                    async with self.runtime.db.transaction() as db:
                        await conversations.mark_read(db, visitor.actor, key, frame.seq)
            case _:
                pass  # a newer widget may say more than this version understands


async def _next(receive: Receive) -> Frame | None:
    """The client's next frame; None when it went away. Raises msgspec.MsgspecError for nonsense."""
    message = await receive()
    if message["type"] != "websocket.receive":
        return None
    raw = message.get("text") or message.get("bytes") or ""
    if len(raw) > FRAME_BYTES:
        raise msgspec.ValidationError("frame too large")
    return decode_frame(raw)


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


class VisitorEndpoint:
    """ASGI application of the route; a class, so that Starlette wraps nothing around it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await runtime_from(HTTPConnection(scope)).get(Sockets).serve(scope, receive, send)
