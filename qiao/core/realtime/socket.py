"""The server's half of a WebSocket: a bounded outbox, heartbeats, and replay of what was missed."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from qiao.core import clock, log
from qiao.core.log import Position
from qiao.core.realtime.hub import Connection, Hub, encoder, frame_of
from qiao.core.runtime import Runtime

HEARTBEAT_SECONDS: Final = 25
SILENCE_SECONDS: Final = 60
OUTBOX: Final = 2000
REPLAY_EVENTS: Final = 1000
REPLAY_AGE: Final = timedelta(minutes=10)
FRAME_BYTES: Final = 64 * 1024

_RELOAD: Final = encoder.encode({"op": "reload", "reason": "lagging"}).decode()


class Frame(msgspec.Struct):
    """What a client says. Fields that an operation does not use are ignored."""

    op: str
    cursor: str | None = None
    token: str | None = None
    conversation_id: str | None = None
    conversation_ids: list[str] = []
    watch: list[str] = []
    after_seq: int | None = None
    on: bool = False
    preview: str | None = None
    composing: bool = False
    client_id: str | None = None
    kind: str = "text"
    body: str = ""
    payload: dict[str, Any] = {}
    seq: int = 0


decode_frame: Final = msgspec.json.Decoder(Frame).decode


class Outbox:
    """Frames on their way to one client. When it overflows it is emptied and the client told to take a fresh snapshot."""

    __slots__ = ("_frames", "_more", "closed")

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._more = asyncio.Event()
        self.closed = False

    def offer(self, frame: str) -> bool:
        if len(self._frames) >= OUTBOX:
            self._frames.clear()
            self._frames.append(_RELOAD)
            self._more.set()
            return False
        self._frames.append(frame)
        self._more.set()
        return True

    def say(self, **frame: Any) -> None:
        """Encodes and offers a frame."""
        self.offer(encoder.encode(frame).decode())

    async def drain(self, socket: WebSocket) -> None:
        """Sends frames until cancelled or until a `bye` has been sent."""
        while True:
            while self._frames:
                frame = self._frames.popleft()
                await socket.send_text(frame)
                if frame.startswith('{"op":"bye"'):
                    self.closed = True
                    await socket.close(4401)
                    return
            self._more.clear()
            await self._more.wait()


async def next_frame(socket: WebSocket) -> Frame | None:
    """The client's next frame; None when it went away or fell silent. Raises msgspec.MsgspecError for nonsense."""
    try:
        raw = await asyncio.wait_for(socket.receive_text(), SILENCE_SECONDS)
    except (TimeoutError, WebSocketDisconnect, RuntimeError, KeyError):
        return None
    if len(raw) > FRAME_BYTES:
        raise msgspec.ValidationError("frame too large")
    return decode_frame(raw)


async def replay(runtime: Runtime, connection: Connection, cursor: str, until: Position) -> list[str] | None:
    """Frames of what `connection` missed after `cursor`, or None when that is too much or too long ago."""
    try:
        position = log.parse_cursor(cursor)
    except ValueError:
        return None
    if position > until:
        # A cursor from the future belongs to another database (restored from a backup, perhaps).
        return None
    missed = runtime.tailer.since(position, REPLAY_EVENTS + 1)
    if missed is None:
        missed = await log.after(runtime.db, position, REPLAY_EVENTS + 1)
        if not missed and position[0] == 0:
            return None
    missed = [envelope for envelope in missed if envelope.position <= until]
    if len(missed) > REPLAY_EVENTS or (missed and clock.now() - missed[0].at > REPLAY_AGE):
        return None
    hub = runtime.get(Hub)
    return [
        frame_of(envelope.cursor, push)
        for envelope, push in await hub.pushes(missed)
        if hub.allows(connection, push.target)
    ]


async def close_quietly(socket: WebSocket, code: int = 1000) -> None:
    """Closes a socket that may be gone already."""
    if socket.application_state is not WebSocketState.DISCONNECTED:
        with suppress(RuntimeError, WebSocketDisconnect):
            await socket.close(code)
