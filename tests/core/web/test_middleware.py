"""What holds for every request: limits, headers, idempotency, failures nobody foresaw."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from qiao.core.web.middleware import forget_old_keys
from tests.conftest import BASE, SignIn


class Body(BaseModel):
    text: str = ""


@pytest.fixture
def calls() -> list[Any]:
    return []


@pytest.fixture
async def probe(app: FastAPI, client: httpx.AsyncClient, calls: list[Any]) -> httpx.AsyncClient:
    """A client, and routes that do what products should not."""

    async def count(request: Request) -> Response:
        calls.append(await request.body())
        status = int(request.query_params.get("status", 200))
        return JSONResponse({"n": len(calls)}, status)

    async def boom(request: Request) -> Response:
        raise RuntimeError("secret detail")

    async def slow(request: Request) -> Response:
        calls.append(1)
        await asyncio.sleep(0.3)
        return JSONResponse({"n": len(calls)})

    async def stream(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for n in range(3):
                yield b"%d" % n

        return StreamingResponse(parts())

    async def parse(body: Body) -> dict[str, int]:
        return {"length": len(body.text)}

    app.router.routes[:0] = [
        Route("/api/v1/test/count", count, methods=["POST"]),
        Route("/api/v1/test/boom", boom, methods=["GET", "POST"]),
        Route("/api/v1/test/slow", slow, methods=["POST"]),
        Route("/api/v1/test/stream", stream, methods=["POST"]),
    ]
    app.post("/api/v1/test/parse")(parse)
    app.router.routes.insert(0, app.router.routes.pop())
    return client


def key(value: str, caller: str = "a") -> dict[str, str]:
    return {"Idempotency-Key": value, "Authorization": f"Bearer {caller}"}


async def test_a_repeat_gets_the_first_answer(probe: httpx.AsyncClient, calls: list[Any]) -> None:
    first = await probe.post("/api/v1/test/count", json={"x": 1}, headers=key("k"))
    again = await probe.post("/api/v1/test/count", json={"x": 1}, headers=key("k"))
    assert (first.json(), again.json(), len(calls)) == ({"n": 1}, {"n": 1}, 1)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    other = await probe.post("/api/v1/test/count", json={"x": 2}, headers=key("k"))
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    for different in (key("k", "b"), key("other")):
        await probe.post("/api/v1/test/count", json={"x": 1}, headers=different)
    await probe.post("/api/v1/test/count?status=201", json={"x": 1}, headers=key("k"))
    assert len(calls) == 4, "another caller, another key, another address: requests of their own"
    for _ in range(2):
        await probe.post("/api/v1/test/count", json={"x": 1}, headers={"Idempotency-Key": "k"})
    assert len(calls) == 6, "nobody in particular has nothing of their own to repeat"


@pytest.mark.parametrize("status", [400, 401, 409, 429, 500, 503])
async def test_what_failed_may_be_tried_again(probe: httpx.AsyncClient, calls: list[Any], status: int) -> None:
    for _ in range(2):
        response = await probe.post(f"/api/v1/test/count?status={status}", headers=key("k"))
        assert response.status_code == status
    assert len(calls) == 2


async def test_the_second_of_two_at_once_is_told_to_wait(probe: httpx.AsyncClient, calls: list[Any]) -> None:
    one, two = await asyncio.gather(*(probe.post("/api/v1/test/slow", headers=key("k")) for _ in range(2)))
    assert sorted((one.status_code, two.status_code)) == [200, 409]
    refused = one if one.status_code == 409 else two
    assert refused.json()["code"] == "idempotency_in_progress"
    assert refused.headers["retry-after"] == "1"
    assert len(calls) == 1
    assert (await probe.post("/api/v1/test/slow", headers=key("k"))).json() == {"n": 1}


async def test_idempotency_leaves_streams_and_errors_whole(app: FastAPI, probe: httpx.AsyncClient) -> None:
    for _ in range(2):
        assert (await probe.post("/api/v1/test/stream", headers=key("s"))).text == "012"
    for _ in range(2):
        failed = await probe.post("/api/v1/test/boom", headers=key("b"))
        assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    bad = await probe.post("/api/v1/test/count", headers=key("no spaces allowed"))
    assert bad.status_code == 422
    db = app.state.runtime.db
    async with db.transaction() as session:
        await session.execute(text("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'"))
    await forget_old_keys(db)
    async with db.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM idempotency_keys")) == 0


async def test_secrets_are_never_kept(app: FastAPI, sign_in: SignIn) -> None:
    admin = await sign_in()
    made = await admin.post(
        "/api/v1/auth/tokens", json={"name": "t", "scopes": ["customers.view"]}, headers={"Idempotency-Key": "k"}
    )
    assert made.status_code == 201, made.text
    async with app.state.runtime.db.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM idempotency_keys")) == 0


async def test_bodies_are_bounded_whatever_they_claim(probe: httpx.AsyncClient, calls: list[Any]) -> None:
    limit = 1024 * 1024
    assert (await probe.post("/api/v1/test/parse", json={"text": "x" * (limit - 100)})).status_code == 200
    declared = await probe.post("/api/v1/test/parse", json={"text": "x" * limit})
    assert (declared.status_code, declared.json()["code"]) == (413, "body_too_large")
    assert "1 MB" in declared.json()["detail"], "who is refused reads how much is allowed"

    async def chunks() -> AsyncIterator[bytes]:
        yield b'{"text": "'
        for _ in range(40):
            yield b"x" * 64 * 1024
        yield b'"}'

    for headers in ({}, key("big")):
        chunked = await probe.post(
            "/api/v1/test/parse", content=chunks(), headers={"Content-Type": "application/json", **headers}
        )
        assert (chunked.status_code, chunked.json()["code"]) == (413, "body_too_large")
        assert "1 MB" in chunked.json()["detail"]


async def test_a_file_over_the_limit_is_told_the_limit_of_files(sign_in: SignIn, app: FastAPI) -> None:
    admin = await sign_in()
    largest = app.state.runtime.settings.upload_max_bytes
    file = {"file": ("big.csv", b"x" * (largest + 128 * 1024), "text/csv")}
    refused = await admin.post("/api/v1/knowledge/imports", files=file)
    assert refused.status_code == 413 and f"{largest / 1024 / 1024:.3g} MB" in refused.json()["detail"]
    # A file of cases may have more than an ordinary request.
    made = (await admin.post("/api/v1/evaluation/sets", json={"name": "cases"})).json()
    rows = "question\n" + "怎么退货\n" * 120_000
    taken = await admin.post(
        f"/api/v1/evaluation/sets/{made['id']}/upload", files={"file": ("c.csv", rows.encode(), "text/csv")}
    )
    assert taken.status_code != 413, taken.text


async def test_a_failure_nobody_foresaw_says_nothing_of_itself(probe: httpx.AsyncClient) -> None:
    for locale, title in (("en", "Something broke"), ("zh-CN", "出错了")):
        response = await probe.get("/api/v1/test/boom", headers={"Accept-Language": locale})
        body = response.json()
        assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
        assert "secret" not in response.text
        assert body["request_id"] == response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert body["title"] if locale == "zh-CN" else body["title"] == title
        assert response.headers["content-language"] == locale


async def test_headers_are_strict_everywhere(probe: httpx.AsyncClient) -> None:
    for path in ("/api/v1/setup", "/api/v1/nothing", "/console/", "/docs", "/health", "/openapi.json"):
        headers = (await probe.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy and "unsafe-eval" not in policy
        assert "frame-ancestors 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "SAMEORIGIN"
        if path.startswith("/api/"):
            assert headers["cache-control"] == "no-store"


async def test_a_page_for_the_api_that_asks_nobody_else(probe: httpx.AsyncClient) -> None:
    page = await probe.get("/docs")
    assert page.status_code == 200, "built by the web build"
    assert "http" not in page.text.replace("http-equiv", "")
    for path in ("swagger-ui-bundle.js", "swagger-ui.css", "page.js", "page.css"):
        assert (await probe.get(f"/docs/{path}")).status_code == 200


async def test_writes_from_another_site_are_refused(sign_in: SignIn) -> None:
    admin = await sign_in()
    body = {"name": "x", "permissions": []}
    for headers in ({"Origin": "https://evil.test"}, {"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert (await admin.post("/api/v1/roles", json=body, headers=headers)).status_code == 403
    assert (await admin.post("/api/v1/roles", json=body)).status_code == 201
