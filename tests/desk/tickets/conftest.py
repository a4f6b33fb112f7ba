from collections.abc import AsyncIterator

import pytest

from qiao.app import create_runtime, running
from qiao.core.settings import Settings
from tests.desk.tickets.office import Office


@pytest.fixture
async def office(settings: Settings, database_url: str) -> AsyncIterator[Office]:
    """People and departments on a running product without its routes; ask for `sign_in` to have those."""
    runtime = create_runtime(settings, database_url)
    async with running(runtime, background=False):
        yield await Office(runtime).open()
