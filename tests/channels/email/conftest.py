"""Mail servers and mailboxes for tests."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.channels.email.parts import Box
from tests.channels.email.servers import MISSING, MailServers, add_people, mail_servers

_numbers = count(1)


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    if MISSING:
        pytest.skip(f"needs {' and '.join(MISSING)} (Debian: dovecot-imapd, exim4-daemon-light)")
    with mail_servers() as running:
        yield running


@pytest.fixture
def box(servers: MailServers) -> Box:
    """A company's mailbox, and one customer's, that no other test uses."""
    number = next(_numbers)
    made = Box(servers, f"support{number}", f"li{number}")
    add_people(servers, made.name, made.customer)
    return made
