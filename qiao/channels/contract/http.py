"""Talking to providers over HTTP: one pool of connections, one reading of failures."""

from collections.abc import AsyncIterator
from email.utils import parsedate_to_datetime
from typing import Any, Final
from uuid import UUID

import httpx

from qiao.channels.contract import wire
from qiao.channels.contract.channel import DeliveryFailed, MediaFailed
from qiao.core import clock
from qiao.core.files import service as files
from qiao.core.files.store import BlobStore
from qiao.core.outbound import AddressRefused, GuardedTransport
from qiao.core.runtime import Runtime

TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
CONNECTIONS: Final = 100
ANSWER_LIMIT: Final = 8 * 1024 * 1024
LONGEST_WAIT: Final = 3600.0


class ChannelHttp:
    """Requests of all channels of a process. `transport` stands in for the network in tests."""

    def __init__(self, runtime: Runtime, transport: httpx.AsyncBaseTransport | None = None):
        self.runtime = runtime
        self.transport = transport
        self._client: httpx.AsyncClient | None = None

    @classmethod
    def of(cls, runtime: Runtime) -> "ChannelHttp":
        """The one of `runtime`, made by whoever asks first."""
        return runtime.once(cls, lambda: cls(runtime))

    async def request(
        self, method: str, url: str, *, answers: frozenset[int] = frozenset(), **options: Any
    ) -> httpx.Response:
        """The provider's answer, read whole; 4xx are answers too, and so are the statuses in `answers`.

        Raises DeliveryFailed when it cannot be reached, is too slow, answers 429 or 5xx, or answers too much. Redirects
        are not followed.
        """
        try:
            async with self.client.stream(method, url, **options) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > ANSWER_LIMIT:
                        raise DeliveryFailed(f"{response.url.host}: > {ANSWER_LIMIT} B")
        except (AddressRefused, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise DeliveryFailed(wire.why(_host(url), error)) from error
        status = response.status_code
        if (status == 429 or status >= 500) and status not in answers:
            raise DeliveryFailed(f"{_host(url)}: HTTP {response.status_code}", after=retry_after(response))
        return httpx.Response(
            response.status_code,
            headers=[(k, v) for k, v in response.headers.multi_items() if k.lower() not in ("content-encoding",)],
            content=bytes(body),
            request=response.request,
        )

    async def download(self, url: str, limit: int, **options: Any) -> AsyncIterator[bytes]:
        """A file in pieces. Raises DeliveryFailed like `request`, also for any status but 200; MediaFailed past `limit`."""
        seen = 0
        try:
            async with self.client.stream("GET", url, **options) as response:
                if response.status_code != 200:
                    raise DeliveryFailed(f"{_host(url)}: HTTP {response.status_code}", after=retry_after(response))
                async for chunk in response.aiter_bytes():
                    seen += len(chunk)
                    if seen > limit:
                        raise MediaFailed("channels.media.too_large", limit_mb=limit // (1024 * 1024))
                    yield chunk
        except (AddressRefused, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise DeliveryFailed(wire.why(_host(url), error)) from error

    async def read_file(self, file_id: UUID | str) -> bytes:
        """One of our own files, for channels that take bytes. Raises NotFound."""
        async with self.runtime.db.read() as db:
            row = await files.get(db, UUID(str(file_id)))
        store: BlobStore = self.runtime.get(BlobStore)
        return b"".join([chunk async for chunk in store.open(row.key)])

    @property
    def client(self) -> httpx.AsyncClient:
        """The pool itself, for SDKs that want one."""
        if self._client is None:
            transport = self.transport or GuardedTransport(
                self.runtime.settings.callbacks_may_be_private, connections=CONNECTIONS
            )
            self._client = httpx.AsyncClient(
                timeout=TIMEOUT, follow_redirects=False, transport=transport, headers={"User-Agent": "Qiao"}
            )
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def retry_after(response: httpx.Response) -> float | None:
    """Seconds the server asks us to wait, as a number or a date; at most an hour."""
    text = response.headers.get("retry-after")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - clock.now()).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT) if seconds == seconds else None


def _host(url: str) -> str:
    try:
        return httpx.URL(url).host or "?"
    except (httpx.InvalidURL, TypeError):
        return "?"
