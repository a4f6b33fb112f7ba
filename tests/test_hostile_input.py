"""Whatever is sent to a route, the answer is an answer: a problem document, never a failure of ours."""

import os
import random
import sys
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI

from qiao.core.ids import new_id
from tests.conftest import SignIn
from tests.desk.conversations.desk import Desk

ROUNDS = int(os.environ.get("QIAO_ROUNDS") or 1)
"""Requests to every route; each run makes others (QIAO_SEED), QIAO_ROUNDS=20 looks longer."""
# Signing out, and what waits on purpose.
SPARED = {"/api/v1/auth/logout", "/api/v1/auth/password"}
TEXTS = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "' OR 1=1 --",
    "%",
    "\\",
    "😀" * 50,
    "x" * 5000,
    "٣",
    "²",
    "-1",
    "null",
    "../../etc",
    "｡",
    "{0}",
]
NUMBERS: list[Any] = [0, -1, 1, 2**31, 2**63, 10**30, 1.5, -0.0, 1e308, True]
TIMES = [
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2026-02-30T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
]
OTHERS: list[Any] = [None, [], {}, [[]], {"": ""}, [None], {"a": {"b": {"c": []}}}]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"x"',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"a":' * 3000,
    b'{"a":1e999}',
    b'{"a":NaN}',
    b"9" * 5000,
]
KINDS = [
    "application/json",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "",
]


class Hostile:
    """Makes requests that fit a route's description more or less."""

    def __init__(self, description: dict[str, Any], chance: random.Random, known: list[str]):
        self.schemas = description.get("components", {}).get("schemas", {})
        self.chance = chance
        self.known = known

    def text(self) -> str:
        return self.chance.choice([*TEXTS, *TIMES, *self.known, str(new_id())])

    def value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """Something for a place that asks for `schema`: often of its kind, sometimes anything at all."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        if self.chance.random() < 0.15:
            return self.chance.choice([*NUMBERS, *OTHERS, self.text()])
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self.value(self.chance.choice(options), depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                fields = schema.get("properties", {})
                required = schema.get("required", [])
                made = {
                    n: self.value(s, depth + 1)
                    for n, s in fields.items()
                    if n in required or self.chance.random() < 0.5
                }
                if not fields:
                    made = {
                        self.text(): self.chance.choice([*NUMBERS, self.text()])
                        for _ in range(self.chance.randrange(3))
                    }
                return made
            case "array":
                return [self.value(schema.get("items", {}), depth + 1) for _ in range(self.chance.randrange(3))]
            case "integer" | "number":
                return self.chance.choice(NUMBERS)
            case "boolean":
                return self.chance.choice([True, False])
            case "string" if schema.get("format") == "uuid":
                return self.chance.choice([*self.known, str(new_id())])
            case "string" if schema.get("format") == "date-time":
                return self.chance.choice(TIMES)
            case _:
                return self.text()

    def request(self, method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
        query: list[tuple[str, str]] = []
        for parameter in operation.get("parameters", []):
            value = self.value(parameter["schema"])
            text = (value if isinstance(value, str) else str(value)).encode("utf-8", "replace").decode()
            if parameter["in"] == "path":
                if self.chance.random() < 0.6 and self.known:
                    text = self.chance.choice(self.known)
                path = path.replace("{" + parameter["name"] + "}", quote(text[:300] or "x", safe=""))
            elif parameter["in"] == "query" and (parameter.get("required") or self.chance.random() < 0.6):
                query.append((parameter["name"], text[:2000]))
        made: dict[str, Any] = {"method": method.upper(), "url": path, "params": query}
        content = operation.get("requestBody", {}).get("content", {})
        if method != "get" and self.chance.random() < 0.2:
            return made | {"content": self.chance.choice(RAW), "headers": {"Content-Type": self.chance.choice(KINDS)}}
        if "application/json" in content:
            import json

            body = json.dumps(self.value(content["application/json"]["schema"]))  # \ud800 stays written out
            return made | {"content": body.encode(), "headers": {"Content-Type": "application/json"}}
        return made


async def known_ids(desk: Desk, browser: httpx.AsyncClient) -> list[str]:
    key = await desk.arrive(body="退货流程是什么")
    facts = await desk.facts(key)
    messages = await desk.transcript(key)
    return [str(i) for i in (key, facts.customer_id, facts.inbox_id, facts.queue_id, messages[0].id)]


async def bombard(app: FastAPI, browser: httpx.AsyncClient, hostile: Hostile, rounds: int) -> int:
    sent = 0
    for path, operations in app.openapi()["paths"].items():
        if path in SPARED:
            continue
        for method, operation in operations.items():
            for _ in range(rounds):
                request = hostile.request(method, path, operation)
                if (
                    "wait" in path
                    or path.endswith("/poll")
                    or any(p["name"] == "wait" for p in operation.get("parameters", []))
                ):
                    request["params"] = [(k, v) for k, v in request["params"] if k != "wait"] + [("wait", "0")]
                try:
                    response = await browser.request(**request)
                except (httpx.InvalidURL, UnicodeEncodeError):
                    continue
                sent += 1
                assert response.status_code < 500, f"{response.status_code} {request} {response.text[:1000]}"
                if response.status_code >= 400:
                    assert response.headers["content-type"] == "application/problem+json", request
                    assert response.json()["detail"], request
    return sent


@pytest.mark.parametrize("who", ["admin", "nobody"])
async def test_no_request_breaks_a_route(app: FastAPI, client: httpx.AsyncClient, sign_in: SignIn, who: str) -> None:
    seed = int(os.environ.get("QIAO_SEED") or random.randrange(10**6))
    sys.stdout.write(f"QIAO_SEED={seed}\n")
    desk = await Desk(app.state.runtime).open()
    admin = await sign_in("admin")
    browser = admin if who == "admin" else client
    hostile = Hostile(app.openapi(), random.Random(seed), await known_ids(desk, admin))
    assert await bombard(app, browser, hostile, ROUNDS) > 100


@pytest.mark.parametrize(
    "path",
    [
        "/console/%00",
        "/console/" + "x" * 400,
        "/console/..%2f..%2fetc%2fpasswd",
        "/docs/%00",
        "/docs/" + "x" * 400,
        "/docs/..%2f..%2f..%2fpyproject.toml",
        "/widget/assets/%00",
        "/widget/assets/" + "x" * 400,
        "/shop/%00",
        "/console/assets/%00",
        "/api/v1/nothing",
        "/%ff%fe",
        "//",
    ],
)
async def test_no_address_breaks_a_page(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code < 500
    assert "root:" not in response.text
    assert "[build-system]" not in response.text
