"""Posting messages to an integrator's address, signed, and never to where it should not go."""

import asyncio
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.core import clock

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
SIGNATURE: Final = "X-Qiao-Signature"


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<seconds>,v1=<hex>`: the receiver computes the same and compares; an old `t` is a replay."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def is_public(address: str) -> bool:
    """Whether an address is on the public internet (not private, loopback, link-local, multicast, or mapped to one)."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        ip = mapped
    return ip.is_global and not ip.is_multicast


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
        address = await self._resolve(url)
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False)
        # The checked address is the one connected to: asking the name again could give another answer.
        target = url.copy_with(host=address)
        headers["host"] = urlsplit(str(url)).netloc
        try:
            async with self._client.stream(
                "POST", target, content=body, headers=headers, extensions={"sni_hostname": url.host}
            ) as response:
                status = response.status_code
        except httpx.HTTPError as error:
            raise DeliveryFailed(f"{type(error).__name__} from {url.host}") from error
        if not 200 <= status < 300:
            raise DeliveryFailed(f"{url.host} answered {status}")

    async def _resolve(self, url: httpx.URL) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
            )
        except OSError as error:
            raise DeliveryFailed(f"{url.host} has no address") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not self.private_allowed and not all(is_public(address.partition("%")[0]) for address in addresses):
            raise DeliveryFailed(f"{url.host} is not a public address")
        return addresses[0]
