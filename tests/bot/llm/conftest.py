from collections.abc import AsyncIterator
from typing import Any

import pytest

from qiao.bot.llm import service
from qiao.bot.llm.gateway import Llm
from qiao.bot.llm.schemas import LlmSettingsBody
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from tests.bot.llm.server import Model, model


@pytest.fixture
async def endpoint() -> AsyncIterator[Model]:
    async with model() as running:
        yield running


async def configure(runtime: Runtime, address: str, **values: Any) -> Llm:
    """The product with a language model for every task."""
    models = dict.fromkeys(("answer", "rewrite", "summary", "draft"), "qwen-small")
    body = {"enabled": True, "address": address, "models": models, "api_key": "sk-secret", **values}
    async with runtime.db.transaction() as db:
        await service.put_settings(db, Actor.system(), LlmSettingsBody.model_validate(body))
    return runtime.get(Llm)


@pytest.fixture
async def llm(runtime: Runtime, endpoint: Model) -> Llm:
    return await configure(runtime, endpoint.address)
