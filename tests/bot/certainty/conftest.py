"""The shop whose answers are judged."""

import pytest

from qiao.core.runtime import Runtime
from tests.bot.shops import Shop, open_shop


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    return await open_shop(runtime)
