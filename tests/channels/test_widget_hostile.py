"""Whatever is thrown at the visitor's socket: a clear refusal or a closed line, and the next visitor is served."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import structlog.testing
import websockets
from fastapi import FastAPI

from qiao.channels.webchat.visitors import Visitors
from tests.channels.street import Street, Widget, connect, serving

OPS = ("send", "typing", "read", "ping", "hello", "watch", "viewing", "bye", "", "DROP TABLE", "\x00")
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 2**70, 1e400, "", "\x00", "\ud800", "x" * 5000, [], {}, [[]], {"a": {"b": [1]}},
    "00000000-0000-0000-0000-000000000000", "👩‍👩‍👧" * 50, "<script>", "'; DROP TABLE messages; --",
)  # fmt: skip
FIELDS = ("client_id", "kind", "body", "payload", "conversation_id", "seq", "on", "preview", "cursor", "watch", "token")


async def works(address: str, widget: Widget, n: int) -> None:
    """Somebody else is served as if nothing had happened."""
    async with connect(address, widget.token) as line:
        await line.until(op="welcome", seconds=20)
        await line.send(op="send", client_id=f"ok-{n}", kind="text", body=f"still here {n}", payload={})
        assert (await line.until(op="ack", seconds=20))["client_id"] == f"ok-{n}"


async def test_nonsense_is_refused_and_hurts_nobody(street: Street, app: FastAPI) -> None:
    dice = random.Random(7)
    victim, other = street.widget(), street.widget()
    await victim.open()
    await other.open()
    with structlog.testing.capture_logs() as logs:
        async with serving(app) as address:
            # Well-formed JSON with every kind of wrong value, on one line after another.
            for _ in range(120):
                frame: dict[str, Any] = {"op": dice.choice(OPS)}
                for name in dice.sample(FIELDS, dice.randrange(1, 6)):
                    frame[name] = dice.choice(ODD)
                async with connect(address, victim.token) as line:
                    await line.until(op="welcome", seconds=20)
                    await line.send(**frame)
                    await line.send(op="ping")
                    with suppress(websockets.ConnectionClosed):
                        while (answer := await line.next(20))["op"] != "pong":
                            if answer["op"] == "nack":
                                assert 400 <= answer["problem"]["status"] < 500, (frame, answer)
                if line.socket.close_code is not None and line.socket.close_code >= 1002:
                    assert line.socket.close_code in (4400, 4401, 4403), frame
            # What is no frame at all.
            raw: list[str | bytes] = [
                "", "{", "[]", "null", '"x"', '{"op":' * 2000, "[" * 50_000, b"\x00\xff\xfe" * 30, b"", "x" * 70_000,
                '{"op": 5}', '{"op": "send", "body": 5}', '{"op": "send", "op": "ping"}' + " " * 100,
            ]  # fmt: skip
            for text in raw:
                async with connect(address, victim.token) as line:
                    await line.until(op="welcome", seconds=20)
                    await line.socket.send(text)
                    with suppress(websockets.ConnectionClosed):
                        await line.send(op="ping")
                        await line.until(op="pong", seconds=20)
            # Too large for the transport itself.
            async with connect(address, victim.token) as line:
                await line.until(op="welcome", seconds=20)
                with suppress(websockets.ConnectionClosed):
                    await line.socket.send("x" * (20 * 2**20))
                    await line.next(20)
            await works(address, other, 1)
    assert [entry for entry in logs if entry["log_level"] in ("error", "critical")] == []


async def test_a_flood_is_slowed_down_and_stored_once(street: Street, app: FastAPI) -> None:
    # The tests of this folder may write faster than anybody does; here it is as shipped.
    visitors = street.runtime.get(Visitors)
    visitors.rate, visitors.burst = 1.0, 20.0
    flooder, other = street.widget(), street.widget()
    await flooder.open()
    await other.open()
    async with serving(app) as address:
        async with connect(address, flooder.token) as line:
            await line.until(op="welcome", seconds=20)
            for n in range(300):
                await line.send(op="send", client_id=f"f{n}", kind="text", body=f"flood {n}", payload={})
            told: dict[str, int] = {}
            with suppress(websockets.ConnectionClosed):
                while len(told) < 300:
                    frame = await line.next(20)
                    if frame["op"] in ("ack", "nack"):
                        assert frame["client_id"] not in told
                        told[frame["client_id"]] = 201 if frame["op"] == "ack" else frame["problem"]["status"]
            await asyncio.wait_for(works(address, other, 2), 30)
        acked = {key for key, status in told.items() if status == 201}
        assert set(told.values()) <= {201, 429} and 429 in told.values()
        assert 0 < len(acked) < 150
        kept = [m["client_id"] for m in await flooder.history(limit=200) if m["author"]["kind"] == "customer"]
        assert sorted(kept) == sorted(acked)
