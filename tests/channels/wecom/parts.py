"""What tests of the workplace channels put in place of the product's own parts."""

import io
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import httpx
from PIL import Image
from starlette.types import ASGIApp

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.tokens import Fetch, Tokens
from qiao.core.errors import NotFound
from qiao.core.ids import new_id

INBOX = new_id()


def picture() -> bytes:
    """A real one, small."""
    into = io.BytesIO()
    Image.new("RGB", (4, 4), "teal").save(into, "PNG")
    return into.getvalue()


class FakeTokens:
    """Keeps tokens in memory; `fetched` counts."""

    def __init__(self) -> None:
        self.held: dict[tuple[UUID, str], str] = {}
        self.fetched = 0

    async def get(self, endpoint: Endpoint, name: str, fetch: Fetch) -> str:
        key = (endpoint.inbox_id, name)
        if key not in self.held:
            self.fetched += 1
            self.held[key] = (await fetch())[0]
        return self.held[key]

    async def drop(self, endpoint: Endpoint, name: str, token: str) -> None:
        if self.held.get((endpoint.inbox_id, name)) == token:
            del self.held[(endpoint.inbox_id, name)]


class LocalHttp(ChannelHttp):
    """Reaches one application in this process; `files` are what agents uploaded."""

    def __init__(self, app: ASGIApp):
        super().__init__(cast(Any, None), httpx.ASGITransport(app=app))
        self.files: dict[str, bytes] = {}

    async def read_file(self, file_id: UUID | str) -> bytes:
        if str(file_id) not in self.files:
            raise NotFound("file_not_found")
        return self.files[str(file_id)]


def tokens() -> Tokens:
    return cast(Tokens, FakeTokens())


def endpoint(settings: Mapping[str, Any], credentials: Mapping[str, str]) -> Endpoint:
    return Endpoint(INBOX, dict(settings), "secret", "key", "Inbox", dict(credentials), "https://desk.test")


class ListSink:
    """Keeps what a source stored, in order, with the cursor that was stored along."""

    def __init__(self, cursor: dict[str, Any] | None = None):
        self.cursor = cursor or {}
        self.taken: list[tuple[str | None, bytes]] = []
        self.cursors: list[dict[str, Any] | None] = []
        self.times_fine = 0
        self.fails = 0

    async def take(self, payloads: Any, cursor: dict[str, Any] | None = None) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is gone")
        known = {key for key, _ in self.taken}
        self.taken += [one for one in payloads if one[0] not in known]
        self.cursors.append(cursor)
        if cursor is not None:
            self.cursor = cursor

    async def fine(self) -> None:
        self.times_fine += 1
