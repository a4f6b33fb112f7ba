"""An office for routing tests."""

from collections.abc import AsyncIterator

import pytest

from qiao.core.settings import Settings
from tests.desk.routing.office import Office, desk_runtime


@pytest.fixture
async def office(settings: Settings, database_url: str) -> AsyncIterator[Office]:
    """The desk alone, without the rooms above it and without background work."""
    runtime = desk_runtime(settings, database_url)
    yield Office(runtime)
    await runtime.db.close()
