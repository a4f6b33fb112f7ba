"""Which addresses are of the public internet, and that every address of a name is tried."""

import asyncio
from typing import Any

import httpx
import pytest

from qiao.core.outbound import AddressRefused, GuardedTransport, forbidden


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.1.1", "169.254.169.254", "::1", "fd00::1", "fe80::1%eth0", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "0.0.0.0", "224.0.0.1",
    ],
)  # fmt: skip
def test_own_networks_are_refused_however_they_are_written(address: str) -> None:
    assert forbidden(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are_not(address: str) -> None:
    assert not forbidden(address)


def resolving_to(*addresses: str) -> Any:
    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        return [(0, 0, 0, "", (address, port)) for address in addresses]

    return getaddrinfo


async def test_a_service_that_listens_on_one_address_of_its_name_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving_to("127.0.0.9", "127.0.0.1"))
    async with server, httpx.AsyncClient(transport=GuardedTransport(allow_private=True)) as client:
        assert (await client.get(f"http://shop.test:{port}/")).text == "ok"
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving_to("127.0.0.9"))
        with pytest.raises(httpx.ConnectError):
            await client.get(f"http://shop.test:{port}/")
    async with httpx.AsyncClient(transport=GuardedTransport()) as client:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolving_to("8.8.8.8", "127.0.0.1"))
        with pytest.raises(AddressRefused):
            await client.get("http://shop.test/")
