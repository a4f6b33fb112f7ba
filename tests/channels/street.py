"""A shop with a chat on its page: what channel tests act in."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import uvicorn
import websockets
from fastapi import FastAPI

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.inboxes import identity
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate, InboxView
from qiao.desk.routing import service as routing
from tests.conftest import Browser

API = "/api/v1"


class Widget:
    """A browser with the widget open."""

    def __init__(self, http: httpx.AsyncClient, inbox: InboxView):
        self.http = http
        self.inbox = inbox
        self.token: str | None = None
        self.session: dict[str, Any] = {}
        self.count = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def open(self, identity_token: str | None = None, **more: Any) -> dict[str, Any]:
        response = await self.try_open(identity_token, **more)
        assert response.status_code == 200, response.text
        self.session = response.json()
        self.token = self.session["visitor_token"]
        return self.session

    async def try_open(self, identity_token: str | None = None, **more: Any) -> httpx.Response:
        page = {"url": "https://shop.example/bed", "title": "Bed", "referrer": ""}
        body = {"visitor_token": self.token, "identity_token": identity_token, "locale": "en", "page": page, **more}
        return await self.http.post(f"{API}/widget/{self.inbox.key}/session", json=body)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.http.post(f"{API}/widget{path}", json=body, headers=self.headers)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"{API}/widget{path}", params=params, headers=self.headers, timeout=60)

    async def try_say(self, body: str, client_id: str | None = None, **more: Any) -> httpx.Response:
        self.count += 1
        client_id = client_id or f"{(self.token or '')[3:9]}-{self.count}"
        return await self.post(
            "/messages", {"client_id": client_id, "kind": "text", "body": body, "payload": {}, **more}
        )

    async def say(self, body: str, client_id: str | None = None, **more: Any) -> dict[str, Any]:
        response = await self.try_say(body, client_id, **more)
        assert response.status_code in (200, 201), response.text
        return response.json()["message"]

    async def history(self, **params: Any) -> list[dict[str, Any]]:
        response = await self.get("/messages", **params)
        assert response.status_code == 200, response.text
        return response.json()["items"]


class Street:
    """A workspace with a queue, inboxes and people."""

    def __init__(self, runtime: Runtime, app: FastAPI, queue_id: UUID, inbox: InboxView, http: httpx.AsyncClient):
        self.runtime = runtime
        self.app = app
        self.queue_id = queue_id
        self.inbox = inbox
        self.http = http

    async def add_inbox(self, channel: str = "webchat", **more: Any) -> InboxView:
        async with self.runtime.db.transaction() as db:
            spec = InboxCreate(channel=channel, name=f"{channel} inbox", queue_id=self.queue_id, **more)  # type: ignore[arg-type]
            return await inboxes.create(db, Actor.system(), spec)

    def widget(self, inbox: InboxView | None = None) -> Widget:
        return Widget(self.http, inbox or self.inbox)

    def identity_token(self, sub: str, inbox: InboxView | None = None, **claims: Any) -> str:
        at = inbox or self.inbox
        assert at.secret is not None
        expires_at = claims.pop("expires_at", clock.now() + timedelta(hours=1))
        return identity.sign(at.secret, sub=sub, expires_at=expires_at, **claims)

    async def hire(self, browser: Browser, *, online: bool = True) -> UUID:
        """Puts a signed-in agent into the queue and to work."""
        user_id: UUID = browser.actor_id
        async with self.runtime.db.transaction() as db:
            await routing.set_members(db, Actor.system(), self.queue_id, [user_id])
        if online:
            await self.set_state(user_id, "online")
        return user_id

    async def set_state(self, user_id: UUID, state: Any) -> None:
        async def work(db: Any) -> None:
            await routing.set_presence(db, Actor(kind="user", id=user_id), user_id, state=state)

        await self.runtime.db.run(work)

    async def answer(self, conversation_id: str, body: str = "", kind: str = "text", **payload: Any) -> Any:
        """A word from the system to the customer."""
        async with self.runtime.db.transaction() as db:
            outgoing = Outgoing(kind=kind, body=body, payload=payload)  # type: ignore[arg-type]
            return await conversations.send(db, Actor.system(), UUID(conversation_id), outgoing)

    async def resolve(self, conversation_id: str) -> None:
        async with self.runtime.db.transaction() as db:
            await conversations.resolve(db, Actor.system(), UUID(conversation_id))

    async def note(self, conversation_id: str, body: str, kind: str = "note") -> None:
        async with self.runtime.db.transaction() as db:
            await conversations.note(db, Actor.system(), UUID(conversation_id), body=body, kind=kind)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """The application on a free loopback port (its runtime is already running); yields `127.0.0.1:port`."""
    listener = sockets.socket()
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(app, lifespan="off", log_level="error", ws_per_message_deflate=False, access_log=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.005)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
        listener.close()


class Line:
    """A visitor's WebSocket, as the widget uses it."""

    def __init__(self, socket: websockets.ClientConnection):
        self.socket = socket
        self.frames: list[dict[str, Any]] = []
        self.cursor: str | None = None

    async def next(self, seconds: float = 60.0) -> dict[str, Any]:
        raw = await asyncio.wait_for(self.socket.recv(), seconds)
        frame: dict[str, Any] = json.loads(raw)
        self.frames.append(frame)
        if frame.get("cursor"):
            self.cursor = frame["cursor"]
        return frame

    async def until(self, seconds: float = 60.0, **wanted: Any) -> dict[str, Any]:
        """The next frame with these values; earlier ones stay in `frames`."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self.next(seconds)
                if all(frame.get(key) == value for key, value in wanted.items()):
                    return frame

    async def quiet(self, seconds: float = 0.4) -> list[dict[str, Any]]:
        """Everything that comes within a moment."""
        came: list[dict[str, Any]] = []
        try:
            while True:
                came.append(await self.next(seconds))
        except TimeoutError:
            return came

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))


@asynccontextmanager
async def connect(address: str, token: str | None, **hello: Any) -> AsyncIterator[Line]:
    """An open visitor socket after its welcome."""
    async with websockets.connect(f"ws://{address}/ws/visitor", compression=None) as socket:
        line = Line(socket)
        await line.send(op="hello", token=token, **hello)
        yield line
