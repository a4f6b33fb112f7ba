import pytest

from qiao.core.runtime import Runtime
from tests.desk.tickets.office import Office


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    return await Office(runtime).open()
