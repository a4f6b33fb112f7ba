"""django-helpdesk beside the product in the same run: the same matters, the same eight clients, its own database on the same
server, its own environment of packages. Nothing of it is a dependency of the product."""

import asyncio
import base64
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

import asyncpg
import httpx

from bench.chat.product import free_port
from bench.tickets import clients, seeds
from qiao.core.postgres import Dsn, EmbeddedPostgres

PACKAGES: Final = ("django-helpdesk==2.6.1", "psycopg[binary]>=3.2", "gunicorn>=23")
DATABASE: Final = "bench_helpdesk"
_SITE: Final = Path(__file__).parent / "peer_site"
_CSRF: Final = "b" * 32


def measure(postgres: Path, folder: Path, *, number: int, seed: int, seconds: float, times: int) -> dict[str, Any]:
    """Installs, fills and measures it; its database goes afterwards. `postgres`: the folder of the running server."""
    python = _installed(folder)
    dsn = EmbeddedPostgres(postgres).dsn()
    asyncio.run(_database(dsn, again=True))
    own = dsn.with_database(DATABASE)
    environment = os.environ | own.environment() | {
        "DJANGO_SETTINGS_MODULE": "peer_settings",
        "PYTHONPATH": str(_SITE),
    }  # fmt: skip
    try:
        began = time.perf_counter()
        about = _filled(python, environment, number, seed)
        took = time.perf_counter() - began
        port, workers = free_port(), 2 * (os.cpu_count() or 1) + 1
        server = subprocess.Popen(
            [python, "-m", "gunicorn", "--workers", str(workers), "--preload", "--no-control-socket",
             "--bind", f"127.0.0.1:{port}", "--log-level", "error", "django.core.wsgi:get_wsgi_application()"],
            env=environment,
        )  # fmt: skip
        try:
            found = _asked(f"http://127.0.0.1:{port}", about, seconds, times)
        finally:
            server.terminate()
            server.wait(60)
    finally:
        asyncio.run(_database(dsn, again=False))
    return {"tickets": number, "workers": workers, "filled_s": round(took, 1), **found}


def _installed(folder: Path) -> str:
    """The Python of the peer's own environment, made once."""
    python = folder / "peer" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


async def _database(dsn: Dsn, *, again: bool) -> None:
    connection = await asyncpg.connect(dsn.url())
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{DATABASE}" WITH (FORCE)')
        if again:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()


def _filled(python: str, environment: dict[str, str], number: int, seed: int) -> dict[str, Any]:
    nobody = [uuid4()]
    lines = [
        json.dumps([row.title, row.description, row.status in ("solved", "closed"), 4 - row.priority])
        for row in seeds.tickets(number, seed, types=nobody * 2, departments=nobody, people=nobody, customers=nobody)
    ]
    done = subprocess.run(
        [python, _SITE / "peer_fill.py"], env=environment, input="\n".join(lines), text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _asked(base: str, about: dict[str, Any], seconds: float, times: int) -> dict[str, Any]:
    headers = {"Cookie": f"sessionid={about['session']}; csrftoken={_CSRF}", "X-CSRFToken": _CSRF, "Referer": base}
    with httpx.Client(base_url=base, headers=headers, timeout=120) as http:
        _wait(http)
        made: list[int] = []

        def create(connection: Any, number: int) -> None:
            body = {"queue": about["queue"], "title": f"退款没有到账 {number}", "description": "客户说昨天下单。",
                    "priority": 3, "status": 1}  # fmt: skip
            made.append(json.loads(clients.ask(connection, "POST", "/api/tickets/", body, headers=headers))["id"])

        def reply(connection: Any, number: int) -> None:
            body = {"ticket": made[number % len(made)], "comment": f"已经处理 {number}", "public": True}
            clients.ask(connection, "POST", "/api/followups/", body, headers=headers)

        writes = {
            "create": clients.rate(base, create, seconds=seconds),
            "reply": clients.rate(base, reply, seconds=seconds),
        }
        chance = random.Random(7)
        asked: dict[str, tuple[str, ...]] = {
            "list: open, newest first": ("",),
            "search: rare": (seeds.RARE,),
            "search: common": ("退款没有到账", "物流一直不更新"),
            "search: two-character Chinese": ("退款", "发票", "保修", "换货"),
        }
        return {
            "writes": writes,
            "lists": {name: _timed(http, words, chance, times) for name, words in asked.items()},
        }


def _wait(http: httpx.Client) -> None:
    until = time.perf_counter() + 240
    while True:
        try:
            answer = http.get("/api/users/")
        except httpx.TransportError:
            if time.perf_counter() > until:
                raise SystemExit("the peer was not ready in time") from None
            time.sleep(0.1)
            continue
        if answer.status_code != 405:  # signed in, and nobody may list users
            raise SystemExit(f"the peer refuses its client: {answer.status_code} {answer.text[:300]}")
        return


def _timed(http: httpx.Client, words: tuple[str, ...], chance: random.Random, times: int) -> dict[str, Any]:
    """A page of 25 as its list of tickets asks for it."""
    took = []
    size = 0
    for number in range(times + 1):  # the first warms up
        query = {"filtering": {"status__in": [1, 2]}, "sorting": "created", "sortreverse": True}
        word = chance.choice(words)
        if word:
            query = {"filtering": {}, "sorting": "created", "sortreverse": True, "search_string": word}
        packed = quote(base64.b64encode(json.dumps(query).encode()).decode(), safe="/=")
        began = time.perf_counter()
        answer = http.get(f"/datatables_ticket_list/{packed}", params={"draw": 1, "start": 0, "length": 25})
        answer.raise_for_status()
        if number:
            took.append(time.perf_counter() - began)
        size = len(answer.json()["data"])
    return {**clients.percentiles(took), "items": size}
