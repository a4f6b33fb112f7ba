"""What tests of channels on other people's servers share: endpoints, HTTP to a fake, and payloads spoilt in every way."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import httpx
from hypothesis import strategies as st

from qiao.channels.contract.channel import Channel, Endpoint, Request
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.lanes import Lanes
from qiao.core.errors import Invalid, Unauthenticated
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.inboxes.schemas import InboxView
from tests.channels.street import Street

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def http_to(app: Any) -> ChannelHttp:
    """Requests that reach `app`, whatever their address; files are not to be had without a runtime."""
    return ChannelHttp(cast(Runtime, None), transport=httpx.ASGITransport(app=app))


def endpoint(settings: dict[str, Any], **credentials: str) -> Endpoint:
    return Endpoint(
        new_id(),
        settings,
        "inbox-secret",
        key="k1",
        name="Shop",
        credentials=credentials,
        public_url="https://help.example",
    )


def posted(body: bytes | dict[str, Any] | list[Any], *, method: str = "POST", **more: Any) -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Request(method, more.pop("query", {}), more.pop("headers", {"content-type": "application/json"}), raw)


def examples(folder: str) -> dict[str, bytes]:
    """The documented payloads of a channel, by name."""
    found = Path(__file__).parent.joinpath(folder, "examples").glob("*.json")
    return {path.stem: path.read_bytes() for path in sorted(found)}


_WHEN = re.compile(rb"(<CreateTime>|\"(?:CreateTime|send_time|timestamp|time)\": ?\"?)([0-9]{10})([0-9]{3})?(?![0-9])")


def of_now(raw: bytes) -> bytes:
    """A documented payload as if it had just been sent: a provider's window counts from what the payload says."""
    now = f"{time.time():.3f}".replace(".", "").encode()
    return _WHEN.sub(lambda found: found[1] + (now if found[3] else now[:10]), raw)


def spoilt(good: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Good payloads cut, with bytes changed, and with one of their values swapped for another; and plain rubbish."""
    whole = st.sampled_from(list(good))
    cut = st.builds(lambda raw, share: raw[: int(len(raw) * share)], whole, st.floats(0, 1))
    changed = st.builds(_changed, whole, st.floats(0, 1), st.binary(max_size=4))
    swapped = st.builds(_swapped, whole, st.integers(0, 200), JSON)
    rubbish = st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode())
    return cut | changed | swapped | swapped | rubbish


def _changed(raw: bytes, share: float, new: bytes) -> bytes:
    at = int(len(raw) * share)
    return raw[:at] + new + raw[at + len(new) :]


def _swapped(raw: bytes, which: int, value: Any) -> bytes:
    """The document with its `which`-th inner value replaced."""
    document = json.loads(raw)
    places: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        here = todo.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            places.append((here, key))
            if isinstance(here[key], dict | list):
                todo.append(here[key])
    if places:
        here, key = places[which % len(places)]
        here[key] = value
    return json.dumps(document).encode()


def survives(channel: Channel, raw: bytes) -> None:
    """`parse` gives items or refuses; nothing else happens. What it gives can be stored."""
    try:
        items = channel.parse(raw)
    except Invalid as refused:
        assert refused.fields
        return
    for item in items:
        own = getattr(item, "client_id", "x")
        assert own and len(own) <= 80
        assert "\x00" not in repr(item.__class__) + str(getattr(item, "body", ""))


def takes(channel: Channel, place: Endpoint, request: Request) -> None:
    """The hook takes or refuses; what it takes, `parse` survives."""
    assert channel.hook is not None
    try:
        taken = channel.hook.take(place, request)
    except (Invalid, Unauthenticated):
        return
    for _, raw in taken.payloads:
        survives(channel, raw)


class Wire:
    """A channel's inbox in the running application, with a fake provider at the far end."""

    def __init__(self, street: Street, inbox: InboxView):
        self.street = street
        self.inbox = inbox

    @classmethod
    async def lay(cls, street: Street, fake: Any, channel: str, settings: dict[str, Any]) -> "Wire":
        ChannelHttp.of(street.runtime).transport = httpx.ASGITransport(app=fake)
        return cls(street, await street.add_inbox(channel, bot_enabled=False, settings=settings))

    async def place(self) -> Endpoint:
        return (await Endpoints.of(self.street.runtime).get(self.inbox.id)).endpoint

    async def posts(self, body: bytes, headers: dict[str, str], query: str = "") -> httpx.Response:
        """What the provider posts, taken in to the end."""
        path = f"/api/v1/channels/hooks/{self.inbox.key}{query}"
        response = await self.street.http.post(path, content=body, headers=headers)
        assert response.status_code == 200, response.text
        await self.street.runtime.get(Lanes).settled()
        return response

    async def messages(self) -> list[dict[str, Any]]:
        pool = await self.street.runtime.db.raw()
        rows = await pool.fetch(
            "SELECT m.id, m.conversation_id, m.author_kind, m.kind, m.body, m.payload, m.delivery, m.client_id"
            " FROM messages m JOIN conversations c ON c.id = m.conversation_id"
            " WHERE c.inbox_id = $1 AND m.kind <> 'event' ORDER BY m.id",
            self.inbox.id,
        )
        return [dict(row) for row in rows]

    async def answers(self, body: str = "", kind: str = "text", **payload: Any) -> Any:
        """An answer in the latest conversation."""
        conversation_id = str((await self.messages())[-1]["conversation_id"])
        return await self.street.answer(conversation_id, body, kind, **payload)

    async def delivery(self, message_id: Any, *wanted: str) -> str:
        """The state of a message on its channel, once it is one of `wanted`."""
        pool = await self.street.runtime.db.raw()
        state = None
        try:
            async with asyncio.timeout(60):
                while state not in wanted:
                    await asyncio.sleep(0.02)
                    query = "SELECT state FROM channel_deliveries WHERE message_id = $1"
                    state = await pool.fetchval(query, message_id)
        except TimeoutError:
            raise AssertionError(f"{state}, not {wanted}") from None
        return str(state)

    async def letters(self) -> int:
        """How many payloads were set aside as dead."""
        pool = await self.street.runtime.db.raw()
        found = await pool.fetchval(
            "SELECT count(*) FROM channel_arrivals WHERE inbox_id = $1 AND state = 'dead'", self.inbox.id
        )
        return int(found)
