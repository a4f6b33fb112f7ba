"""Connected tools: HTTP within its fences, SQL that only reads, OpenAPI documents, secrets, the log of calls."""
# ruff: noqa: E501  tables and documents, easier to check in rows

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qiao.bot.flows.evaluation import evaluate_files
from qiao.bot.tools import http, openapi, service, sql
from qiao.bot.tools.http import HttpSettings
from qiao.bot.tools.ports import Call, ToolFailed
from qiao.core.outbound import forbidden
from qiao.core.runtime import Runtime
from qiao.packs.loader import flow_files
from tests.conftest import SignIn

WORDS = {"zh-CN": "查", "en": "look"}


@asynccontextmanager
async def shop_server(seen: list[dict[str, Any]]) -> AsyncIterator[int]:
    """A company's service: answers, redirects, stalls, talks too much."""

    stalled = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.split("\r\n")
        headers = {k.lower(): v for k, _, v in (row.partition(": ") for row in rest if row)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = line.split(" ")
        seen.append({"method": method, "path": path, "headers": headers, "body": body.decode()})
        status, more, content = (
            "200 OK",
            "",
            json.dumps({"data": {"state": "packed", "lines": [{"sku": "A"}, {"sku": "B"}]}}),
        )
        if path.startswith("/away"):
            status, more = "302 Found", "Location: http://169.254.169.254/latest/meta-data\r\n"
        elif path.startswith("/loop"):
            status, more = "302 Found", "Location: /loop\r\n"
        elif path.startswith("/none"):
            status = "404 Not Found"
        elif path.startswith("/large"):
            content = json.dumps({"x": "y" * (http.LARGEST_ANSWER + 10)})
        elif path.startswith("/slow"):
            await stalled.wait()
        elif path.startswith("/garbage"):
            content = "<html>"
        elif path.startswith("/locked"):
            status = "401 Unauthorized"
        data = content.encode()
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{more}Connection: close\r\n\r\n".encode() + data
        )
        with suppress(ConnectionError):
            await writer.drain()

    asked: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.add(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        stalled.set()
        await asyncio.gather(*asked, return_exceptions=True)


def tool(port: int, path: str, **more: Any) -> dict[str, Any]:
    return {
        "kind": "http", "name": "stock", "title": WORDS, "description": WORDS, "inputs": {"sku": {"type": "text", "personal": True}},
        "http": {"url": f"http://127.0.0.1:{port}{path}", "allow_private": True, "headers": {"Authorization": "Bearer {{secret.key}}"},
                 "output": {"state": "data.state", "skus": "data.lines.*.sku"}, "timeout_s": 0.5 if path == "/slow" else 10},
        "secrets": {"key": "s3cret-value"}, **more,
    }  # fmt: skip


async def test_an_http_tool_from_form_to_log(sign_in: SignIn, runtime: Runtime) -> None:
    admin = await sign_in()
    seen: list[dict[str, Any]] = []
    async with shop_server(seen) as port:
        made = await admin.post("/api/v1/bot/tools", json=tool(port, "/stock/{{sku}}?q={{sku}}"))
        assert made.status_code == 201, made.text
        assert made.json()["secret_names"] == ["key"]
        assert "s3cret" not in made.text
        tried = (await admin.post("/api/v1/bot/tools/stock/try", json={"inputs": {"sku": "a/../b?c=1"}})).json()
        assert (tried["error"], tried["output"]) == (None, {"state": "packed", "skus": ["A", "B"]})
        assert seen[0]["path"] == "/stock/a%2F..%2Fb%3Fc%3D1?q=a%2F..%2Fb%3Fc%3D1", "a value cannot change the address"
        assert seen[0]["headers"]["authorization"] == "Bearer s3cret-value"
        address = f"/api/v1/bot/tools/{made.json()['id']}"
        for path, expected in {
            "/away": "refused_address", "/loop": "unavailable", "/none": "not_found", "/large": "unavailable",
            "/slow": "timeout", "/garbage": "unavailable",
        }.items():  # fmt: skip
            changed = await admin.put(address, json=tool(port, path) | {"secrets": {}})
            assert changed.json()["secret_names"] == ["key"]
            tried = (await admin.post("/api/v1/bot/tools/stock/try", json={"inputs": {"sku": "A"}})).json()
            assert tried["error"] == expected, path
        body = tool(port, "/stock") | {"effect": "write"}
        body["http"] |= {"method": "POST", "body": {"item": {"sku": "{{sku}}"}}, "allow_private": True}
        await admin.put(address, json=body)
        asked = len(seen)
        for _ in range(2):  # the same step, repeated after a crash
            async with runtime.db.transaction() as db:
                result = await service.call(db, Call("stock", {"sku": 'A"}'}, key="flow:1"))
            assert (result.error, result.wrote) == (None, True)
        assert len(seen) == asked + 1
        assert json.loads(seen[-1]["body"]) == {"item": {"sku": 'A"}'}}
        assert seen[-1]["headers"]["idempotency-key"] == "flow:1"
        body["http"]["allow_private"] = False
        await admin.put(address, json=body)
        tried = (await admin.post("/api/v1/bot/tools/stock/try", json={"inputs": {"sku": "A"}})).json()
        assert tried["error"] == "refused_address", "this machine is private, whatever it is called"
    log = (await admin.get("/api/v1/bot/tools/calls")).json()["items"]
    assert {entry["tool"] for entry in log} == {"stock"}
    assert "a/../b" not in json.dumps(log), "personal inputs are masked"
    missing = (await admin.post("/api/v1/bot/tools/stock/try", json={"inputs": {}})).json()
    assert missing["error"] == "invalid_input"
    stored = json.dumps((await admin.get("/api/v1/audit")).json())
    assert "s3cret" not in stored
    agent = await sign_in("li", role="agent")
    assert (await agent.get("/api/v1/bot/tools")).status_code == 403


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("127.0.0.1", True), ("10.1.2.3", True), ("192.168.0.1", True), ("169.254.169.254", True), ("0.0.0.0", True), ("100.64.0.1", True),
        ("::1", True), ("fe80::1", True), ("fd00::1", True), ("::ffff:10.0.0.1", True), ("2002:0a00:0001::", True), ("64:ff9b::a00:1", True),
        ("224.0.0.1", True), ("8.8.8.8", False), ("2606:4700::1111", False),
    ],
)  # fmt: skip
def test_addresses_that_are_not_the_public_internet(address: str, refused: bool) -> None:
    assert forbidden(address) is refused


async def test_why_a_call_failed_is_said_in_words(sign_in: SignIn, database_url: str) -> None:
    admin, english = await sign_in("wu", locale="zh-CN"), await sign_in("smith")
    dsn = database_url.replace("postgresql+asyncpg", "postgresql")

    async def tried(inputs: dict[str, Any], who: httpx.AsyncClient = admin) -> tuple[str, str]:
        answer = (await who.post("/api/v1/bot/tools/stock/try", json={"inputs": inputs})).json()
        return answer["error"], answer["detail"]

    async with shop_server([]) as port:
        made = (await admin.post("/api/v1/bot/tools", json=tool(port, "/locked"))).json()
        address = f"/api/v1/bot/tools/{made['id']}"
        assert await tried({"sku": "A"}) == ("unavailable", "对方回答 HTTP 401：密钥不对，或没有权限。")
        assert (await tried({"sku": "A"}, english))[1].startswith("The other side answered HTTP 401")
        await admin.put(address, json=tool(port, "/garbage"))
        assert (await tried({"sku": "A"}))[1] == "对方的回答不是 JSON。"
        assert await tried({}) == ("invalid_input", "缺少输入“sku”。")
    assert (await tried({"sku": "A"}))[1].startswith(f"连不上 127.0.0.1:{port}")
    log = (await admin.get("/api/v1/bot/tools/calls")).json()["items"]
    assert log[-1]["detail"] == "对方回答 HTTP 401：密钥不对，或没有权限。"
    await admin.delete(address)

    body = {
        "kind": "sql", "name": "stock", "title": WORDS, "description": WORDS, "inputs": {"n": {"type": "text", "required": False}},
        "sql": {"statement": "SELECT wrong FROM pg_class"}, "secrets": {"dsn": dsn},
    }  # fmt: skip
    made = (await admin.post("/api/v1/bot/tools", json=body)).json()
    address = f"/api/v1/bot/tools/{made['id']}"
    assert await tried({}) == ("unavailable", '数据库不接受这条语句：column "wrong" does not exist')
    for statement, n, expected in (
        ("SELECT 1 + :n AS x", "2", None),
        ("SELECT 1 + :n AS x", "two", "输入“n”的值不合语句里要的类型。"),
        ("SELECT CAST(:n AS date) AS x", "2026-11-03", None),
        ("SELECT CAST(:n AS uuid) AS x", "not one", "输入“n”的值不合语句里要的类型。"),
        ("SELECT 1 / :n AS x", "0", "数据库在处理数据时出错，请检查语句和输入。"),
    ):
        await admin.put(address, json=body | {"sql": {"statement": statement}, "secrets": {}})
        error, detail = await tried({"n": n})
        assert (error is None) == (expected is None) and detail == (expected or ""), statement
    for wrong, expected in (
        ("postgresql://nobody@127.0.0.1:1/x", "连不上数据库"),
        ("mysql://x", "数据库地址写得不对"),
        (re.sub(r"/t_\w+", "/there_is_none", dsn), "没有这个数据库"),
    ):
        await admin.put(address, json=body | {"secrets": {"dsn": wrong}})
        assert (await tried({}))[1].startswith(expected), wrong


async def test_other_hosts_are_out_of_reach() -> None:
    settings = HttpSettings(url="https://api.example.com/x")
    for url in ("https://evil.example.com/", "file:///etc/passwd", "https://api.example.com@evil.example.com/"):
        with pytest.raises(ToolFailed) as caught:
            await http.fetch(settings, url, {}, None, timeout_s=1)
        assert caught.value.code == "refused_address"


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM t", "SELECT 1; DROP TABLE t", "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "SELECT * INTO y FROM t",
        "SELECT pg_sleep(10)", "COPY t TO '/tmp/x'", "SELECT * FROM t WHERE a = :unknown", "select set_config('a', 'b', false)",
    ],
)  # fmt: skip
def test_statements_that_do_more_than_read_are_refused(statement: str) -> None:
    assert sql.fault(statement, {"sku"}) is not None


def test_parameters_are_never_put_into_the_text() -> None:
    statement, names = sql.positional("SELECT ':a', x::text, :b FROM t WHERE c = :a AND d = :b -- :z")
    assert statement == "SELECT ':a', x::text, $1 FROM t WHERE c = $2 AND d = $1 -- :z"
    assert names == ["b", "a"]


async def test_an_sql_tool_reads_and_nothing_else(sign_in: SignIn, runtime: Runtime, database_url: str) -> None:
    admin = await sign_in()
    async with runtime.db.transaction() as db:
        await db.execute(text("CREATE TABLE stock (sku text, left_over int)"))
        await db.execute(text("INSERT INTO stock SELECT 'S' || i, i FROM generate_series(1, 50) i"))
        await db.execute(text("CREATE FUNCTION sneaky() RETURNS int LANGUAGE sql AS 'DELETE FROM stock RETURNING 1'"))
    body = {
        "kind": "sql", "name": "warehouse", "title": WORDS, "description": WORDS, "inputs": {"sku": {"type": "text"}},
        "sql": {"statement": "SELECT sku, left_over FROM stock WHERE sku = :sku", "one_row": True},
        "secrets": {"dsn": database_url.replace("postgresql+asyncpg", "postgresql")},
    }  # fmt: skip
    made = await admin.post("/api/v1/bot/tools", json=body)
    assert made.status_code == 201, made.text
    address = f"/api/v1/bot/tools/{made.json()['id']}"

    async def attempt(sku: str) -> dict[str, Any]:
        return dict((await admin.post("/api/v1/bot/tools/warehouse/try", json={"inputs": {"sku": sku}})).json())

    assert (await attempt("S7"))["output"] == {"sku": "S7", "left_over": 7}
    assert (await attempt("' OR 1=1 --"))["error"] == "not_found"
    for statement, expected in {
        "SELECT sneaky() AS x, :sku AS s": "refused",
        "SELECT sum(a.left_over) FROM stock a, stock b, stock c, stock d, stock e WHERE a.sku <> :sku": "timeout",
    }.items():
        body["sql"] = {"statement": statement, "timeout_s": 0.3}
        changed = await admin.put(address, json=body | {"secrets": {}})
        assert changed.status_code == 200, changed.text
        assert (await attempt("S7"))["error"] == expected
    body["sql"] = {"statement": "SELECT sku FROM stock WHERE sku <> :sku", "max_rows": 3}
    await admin.put(address, json=body | {"secrets": {}})
    assert (await attempt("S7"))["output"]["count"] == 3
    async with runtime.db.read() as db:
        assert await db.scalar(text("SELECT count(*) FROM stock")) == 50
    body["sql"] = {"statement": "DELETE FROM stock"}
    refused = await admin.put(address, json=body)
    assert refused.json()["errors"][0]["field"] == "sql.statement"


def test_an_openapi_document_becomes_tools() -> None:
    document = {
        "openapi": "3.1.0", "servers": [{"url": "https://api.example.com/v1/"}],
        "paths": {
            "/orders/{orderId}": {
                "parameters": [{"name": "orderId", "in": "path", "required": True, "schema": {"type": "string"}}],
                "get": {"operationId": "getOrder", "summary": "An order",
                        "parameters": [{"name": "expand", "in": "query", "schema": {"type": "boolean"}}]},
                "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}}}},
                "put": {"requestBody": {"content": {"text/csv": {}}}},
                "delete": {"requestBody": {"$ref": "#/components/loop"}},
            }
        },
        "components": {"loop": {"$ref": "#/components/loop"}, "schemas": {"Change": {
            "type": "object", "required": ["state"],
            "properties": {"state": {"type": "string", "enum": ["a", "b"]}, "when": {"type": "string", "format": "date"},
                           "to": {"type": "object", "properties": {"city": {"type": "string"}}}}}}},
    }  # fmt: skip
    tools, skipped = openapi.operations(document)
    get, post = tools
    assert get.http is not None
    assert (get.name, get.http.url) == ("get_order", "https://api.example.com/v1/orders/{{order_id}}?expand={{expand}}")
    assert get.inputs["order_id"].required
    assert not get.inputs["expand"].required
    assert post.http is not None
    assert (post.effect, post.http.body) == (
        "write", {"state": "{{state}}", "when": "{{when}}", "to": {"city": "{{to_city}}"}},
    )  # fmt: skip
    assert post.inputs["state"].choices == ["a", "b"]
    assert post.inputs["when"].type == "date"
    assert {(one.operation, one.reason.key) for one in skipped} == {
        ("PUT /orders/{orderId}", "not_json"), ("DELETE /orders/{orderId}", "circle"),
    }  # fmt: skip
    with pytest.raises(openapi.Unfit, match="not_3"):
        openapi.operations({"swagger": "2.0"})


def test_the_command_says_which_test_of_which_file_fails(tmp_path: Any) -> None:
    said: list[str] = []
    assert evaluate_files(flow_files(), "en", said.append)
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        flow_files()[0].read_text(encoding="utf-8").replace("says: 已经改好", "says: 晚安"), encoding="utf-8"
    )
    broken = tmp_path / "broken.yaml"
    broken.write_text("flow: x\nsteps: []\n", encoding="utf-8")
    said.clear()
    assert not evaluate_files([bad, broken], "en", said.append)
    assert any("✗" in line for line in said)
    assert any("broken.yaml: steps" in line for line in said)
