"""Fixtures of promises."""

import pytest

from qiao.core.runtime import Runtime
from tests.desk.sla.promises import Promises


@pytest.fixture
async def office(runtime: Runtime) -> Promises:
    found = Promises(runtime)
    await found.open_office()
    return found
