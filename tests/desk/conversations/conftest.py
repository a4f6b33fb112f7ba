import pytest

from qiao.core.runtime import Runtime
from tests.desk.conversations.desk import Desk


@pytest.fixture
async def desk(runtime: Runtime) -> Desk:
    return await Desk(runtime).open()
