"""Posting messages to an integrator's address, signed, and never to where it should not go."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import httpx
import msgspec

from qiao.channels.contract import wire
from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.core import clock
from qiao.core.outbound import AddressRefused, GuardedTransport

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
CONNECTIONS: Final = 100
SIGNATURE: Final = "X-Qiao-Signature"


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: the receiver computes the same and compares; an old `t` is a replay."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class CallbackAdapter:
    """The api channel's I/O. One client for all inboxes; connections are kept alive."""

    def __init__(self, *, private_allowed: bool):
        self.private_allowed = private_allowed
        self._client: httpx.AsyncClient | None = None

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("callback_url"))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> None:
        """Posts one message; anything but a 2xx is a failure."""
        url = httpx.URL(str(endpoint.settings["callback_url"]))
        body = msgspec.json.encode(payload)
        headers = {
            "content-type": "application/json",
            "user-agent": "Qiao",
            "x-qiao-message-id": str(message_id),
            SIGNATURE: signature(endpoint.secret, int(clock.now().timestamp()), body),
        }
        if self._client is None:
            transport = GuardedTransport(self.private_allowed, connections=CONNECTIONS)
            self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, transport=transport)
        try:
            async with self._client.stream("POST", url, content=body, headers=headers) as response:
                status = response.status_code
        except (AddressRefused, httpx.HTTPError) as error:
            raise DeliveryFailed(wire.why(url.host, error)) from error
        if not 200 <= status < 300:
            raise DeliveryFailed(f"{url.host}: HTTP {status}")
