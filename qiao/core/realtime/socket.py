"""The server's half of a WebSocket: a bounded outbox, heartbeats, and replay of what was missed."""

import asyncio
from collections import deque
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from qiao.core import clock, log
from qiao.core.log import Position
from qiao.core.realtime.hub import Connection, Hub, encoder, frame_of
from qiao.core.runtime import Runtime

logger = structlog.get_logger(__name__)

HEARTBEAT_SECONDS: Final = 25
SILENCE_SECONDS: Final = 60
OUTBOX: Final = 2000
OUTBOX_CHARACTERS: Final = 4 * 1024 * 1024
BATCH_CHARACTERS: Final = 256 * 1024
REPLAY_EVENTS: Final = 1000
REPLAY_AGE: Final = timedelta(minutes=10)
FRAME_BYTES: Final = 64 * 1024
CLOSE_SECONDS: Final = 5

_RELOAD: Final = encoder.encode({"op": "reload", "reason": "lagging"}).decode()


class Frame(msgspec.Struct):
    """What a client says. Fields that an operation does not use are ignored."""

    op: str
    cursor: str | None = None
    token: str | None = None
    conversation_id: str | None = None
    conversation_ids: list[str] = []
    watch: list[str] = []
    batch: bool = False
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

    __slots__ = ("_frames", "_last", "_more", "_waiting", "batch", "closed", "ending")

    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._more = asyncio.Event()
        self._waiting = 0
        self._last: str | None = None
        self.ending = asyncio.Event()
        """Set once the connection is to be closed by us."""
        self.closed = False
        self.batch = False
        """The client takes several frames at once, as a JSON array: a burst then costs one send."""

    def offer(self, frame: str) -> bool:
        """Queues a frame. False: the reader lags too far; what waited is gone and it was told to reload."""
        if self._last is not None:
            return True
        kept = len(self._frames) < OUTBOX and self._waiting < OUTBOX_CHARACTERS
        if not kept:
            self._frames.clear()
            self._waiting = 0
            frame = _RELOAD
        self._frames.append(frame)
        self._waiting += len(frame)
        self._more.set()
        return kept

    def say(self, **frame: Any) -> None:
        """Encodes and offers a frame."""
        self.offer(encoder.encode(frame).decode())

    def end(self, frame: str) -> None:
        """`frame` is the last thing this client hears; what still waited was for somebody who may no longer hear it."""
        if self._last is None:
            self._frames.clear()
            self._last = frame
            self.ending.set()
            self._more.set()

    async def drain(self, socket: WebSocket) -> None:
        """Sends frames until cancelled or until the last one has been sent and the socket closed."""
        while True:
            while self._frames:
                await socket.send_text(self._next())
            if self._last is not None:
                self.closed = True
                await socket.send_text(self._last)
                await socket.close(4401)
                return
            self._more.clear()
            await self._more.wait()

    def _next(self) -> str:
        frame = self._frames.popleft()
        taken, size = [frame], len(frame)
        while self.batch and self._frames and size < BATCH_CHARACTERS:
            frame = self._frames.popleft()
            taken.append(frame)
            size += len(frame)
        self._waiting -= size
        return taken[0] if len(taken) == 1 else f"[{','.join(taken)}]"


async def next_frame(socket: WebSocket) -> Frame | None:
    """The client's next frame; None when it went away or fell silent. Raises msgspec.MsgspecError for nonsense."""
    try:
        raw = await asyncio.wait_for(socket.receive_text(), SILENCE_SECONDS)
    except (TimeoutError, WebSocketDisconnect, RuntimeError, KeyError):
        return None
    if not isinstance(raw, str) or len(raw) > FRAME_BYTES:
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
    try:
        found = await hub.pushes(missed)
    except Exception:
        logger.exception("replay_failed", events=len(missed))
        return None
    return [frame_of(envelope.cursor, push) for envelope, push in found if hub.allows(connection, push.target)]


async def close_quietly(socket: WebSocket, code: int = 1000) -> None:
    """Closes a socket that may be gone already."""
    if socket.application_state is not WebSocketState.DISCONNECTED:
        # A peer that reads nothing must not hold us: the server drops the connection when we return.
        with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
            await asyncio.wait_for(socket.close(code), CLOSE_SECONDS)
