"""Doors into test sets and runs, over a small shop's knowledge."""

from typing import Any

import httpx
import pytest

from qiao.core.runtime import Runtime
from tests.bot.shops import Shop, open_shop, until

API = "/api/v1/evaluation"


@pytest.fixture
async def shop(runtime: Runtime) -> Shop:
    return await open_shop(runtime)


async def new_set(browser: httpx.AsyncClient, name: str = "大促", **values: Any) -> str:
    made = await browser.post(f"{API}/sets", json={"name": name, **values})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def add(browser: httpx.AsyncClient, set_id: str, question: str, **values: Any) -> dict[str, Any]:
    values.setdefault("expects", "texts" if values.get("expected") else "none")
    made = await browser.post(f"{API}/sets/{set_id}/cases", json={"question": question, **values})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def run(browser: httpx.AsyncClient, set_id: str, **config: Any) -> dict[str, Any]:
    """A run that is done."""
    started = await browser.post(f"{API}/sets/{set_id}/runs", json={"config": config})
    assert started.status_code == 202, started.text

    async def done() -> Any:
        view = (await browser.get(f"{API}/runs/{started.json()['id']}")).json()
        assert view["state"] != "failed", view
        return view if view["state"] == "done" else None

    found: dict[str, Any] = await until(done)
    return found
