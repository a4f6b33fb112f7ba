"""Reaching out to addresses that people typed in: only what is of the public internet, unless the operator says otherwise.

What is connected to is the very address that was looked up and judged, so that a name which resolves differently twice
fools nobody. Redirects are the caller's business: follow them one by one through the same client.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

import httpcore
import httpx

_TRIED: Final = 4


class AddressRefused(Exception):
    """The host is not of the public internet."""


def forbidden(address: str) -> bool:
    """Whether an IP address is not of the public internet (private, local, link-local, metadata, multicast …)."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            ip = inner
        elif ip in ipaddress.ip_network("64:ff9b::/96"):
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return not ip.is_global or ip.is_multicast or ip.is_reserved


class Guard(httpcore.AsyncNetworkBackend):
    """Connects to an address it has looked up and judged itself, so that there is no second look-up to be fooled by."""

    def __init__(self, allow_private: bool):
        from httpcore import AnyIOBackend

        self._allow_private = allow_private
        self._inner = AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore.ConnectError(f"{host} is not known") from None
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not self._allow_private and any(forbidden(address) for address in addresses):
            raise AddressRefused(host)
        # A name may stand for several (localhost is ::1 and 127.0.0.1), and a service need not listen on the first.
        for address in addresses[:_TRIED]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("unix socket")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates we trust; reading them takes longer than many requests."""
    return ssl.create_default_context()


class GuardedTransport(httpx.AsyncHTTPTransport):
    """For `httpx.AsyncClient`; takes no proxy from the environment."""

    def __init__(self, allow_private: bool = False, *, connections: int = 1):
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trusted(),
            max_connections=connections,
            http1=True,
            network_backend=Guard(allow_private),
        )
