"""Which addresses are of the public internet."""

import pytest

from qiao.core.outbound import forbidden


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
