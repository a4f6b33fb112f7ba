"""Seeds tickets through the product's bulk path, then measures what people and machines do with them.

python -m bench.tickets --tickets 1000000 --seed 7 [--json FILE]
"""

import argparse
import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from bench.chat.product import ADMIN, Api, Product, machine
from bench.tickets import clients, peer, seeds, sweeps
from qiao.app import create_app, running
from qiao.core.db import Db
from qiao.core.settings import Settings
from qiao.desk.tickets import bulk
from qiao.desk.tickets.definition import Definition

LIST_AIM, PAGE_AIM, PEER_AIM = 80, 1000, 10


def set_up(product: Product) -> dict[str, Any]:
    """A company with departments, people and types to measure with."""
    with httpx.Client(base_url=product.base, headers={"Origin": product.base}, timeout=60) as http:
        body = {"company": {"name": "Bench"}, "admin": ADMIN, "inbox": {"name": "Web"}}
        http.post("/api/v1/setup", json=body).raise_for_status()
    admin = Api(product.base, ADMIN["email"], ADMIN["password"])
    departments = [admin("POST", "/departments", {"name": f"Department {number}"})["id"] for number in range(12)]
    roles = admin("GET", "/roles")
    role = next(one["id"] for one in (roles["items"] if isinstance(roles, dict) else roles) if one["key"] == "agent")
    people = []
    for number in range(24):
        email, password = f"agent{number}@qiao.example", f"bench-agent-{number:04d}-passphrase"
        person = {"name": f"Agent {number}", "email": email, "password": password, "role_ids": [role]}
        made = admin("POST", "/users", person | {"department_id": departments[number % len(departments)]})
        people.append((made.get("user", made)["id"], email, password))
    types = []
    for key, wide in (("bench_plain", False), ("bench_other", False), ("bench_wide", True)):
        made = admin("POST", "/ticket-types", {"key": key, "definition": seeds.definition(key, wide=wide)})
        types.append(made["id"])
    customers = [admin("POST", "/customers", {"name": f"Customer {number}"})["id"] for number in range(200)]
    return {
        "departments": departments,
        "people": people,
        "types": types,
        "customers": customers,
        "cookie": admin.cookie,
    }


async def fill(url: str, about: dict[str, Any], number: int, seed: int) -> dict[str, Any]:
    db = Db(url)
    definitions = {
        UUID(type_id): Definition.model_validate(seeds.definition("bench", wide=index == 2))
        for index, type_id in enumerate(about["types"])
    }
    rows = seeds.tickets(
        number,
        seed,
        types=[UUID(one) for one in about["types"]],
        departments=[UUID(one) for one in about["departments"]],
        people=[UUID(one) for one, _, _ in about["people"]],
        customers=[UUID(one) for one in about["customers"]],
    )
    began = time.perf_counter()
    copied = 0.0
    async with bulk.indexes_last(db):
        await bulk.load(db, rows, definitions)
        copied = time.perf_counter() - began
    took = time.perf_counter() - began
    await db.close()
    return {
        "tickets": number,
        "copy_s": round(copied, 1),
        "with_indexes_s": round(took, 1),
        "per_s": round(number / took),
    }


Ask = Callable[[], Awaitable[httpx.Response]]


async def timed(ask: Callable[[int], Awaitable[httpx.Response]], times: int) -> dict[str, Any]:
    took = []
    size = 0
    for number in range(times + 2):  # the first two warm caches and plans
        began = time.perf_counter()
        answer = await ask(number)
        if answer.status_code != 200:
            raise SystemExit(f"{answer.request.url}: {answer.status_code} {answer.text[:400]}")
        if number >= 2:
            took.append(time.perf_counter() - began)
            body = answer.json()
            size = len(body.get("items", [])) if isinstance(body, dict) else size
    return {**clients.percentiles(took), "items": size}


async def lists(url: str, folder: Path, about: dict[str, Any], seed: int, times: int) -> dict[str, Any]:
    """What people ask of lists, through the whole HTTP application in this process."""
    settings = Settings(data=folder, base_url="http://bench.test")
    app = create_app(settings, url, background=False)
    found: dict[str, Any] = {}
    chance = random.Random(seed)
    async with running(app.state.runtime, background=False):
        app.state.ready = True
        transport = httpx.ASGITransport(app=app)
        headers = {"Origin": "http://bench.test"}
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://bench.test", headers=headers, timeout=120) as admin,
            httpx.AsyncClient(transport=transport, base_url="http://bench.test", headers=headers, timeout=120) as agent,
        ):
            await admin.post("/api/v1/auth/login", json={"email": ADMIN["email"], "password": ADMIN["password"]})
            _, email, password = about["people"][0]
            await agent.post("/api/v1/auth/login", json={"email": email, "password": password})
            views = {one["shipped"]: one["id"] for one in (await admin.get("/api/v1/ticket-lists/views")).json()}

            def query(who: httpx.AsyncClient, **body: Any) -> Awaitable[httpx.Response]:
                return who.post("/api/v1/ticket-lists/query", json=body)

            def one_of(fact: str, *values: Any, op: str = "is") -> dict[str, Any]:
                return {"fact": fact, "op": op, "value": chance.choice(values)}

            async def far(_: int) -> httpx.Response:
                return await query(admin, cursor=deep)

            cursor: str | None = None
            for _ in range(30):
                cursor = (await query(admin, cursor=cursor, limit=200)).json()["next_cursor"]
            deep = cursor
            live = {"fact": "status", "op": "in", "value": ["new", "open", "pending", "on_hold"]}
            asked: dict[str, Callable[[int], Awaitable[httpx.Response]]] = {
                "all, last changed": lambda _: query(admin),
                "all, 6,000 rows on": far,
                "all, by next promise": lambda _: query(admin, sort={"by": "next_due", "descending": False}),
                "all, by priority": lambda _: query(admin, sort={"by": "priority", "descending": True}),
                "open, oldest first": lambda _: query(admin, filter=live, sort={"by": "created", "descending": False}),
                "view: mine (agent)": lambda _: query(agent, view_id=views["mine"]),
                "view: department, unassigned (agent)": lambda _: query(
                    agent, view_id=views["my_department_unassigned"]
                ),
                "view: breached": lambda _: query(admin, view_id=views["breached"]),
                "all an agent sees": lambda _: query(agent),
                "one choice of 500": lambda _: query(
                    admin, filter=one_of("fields.product_code", *[f"g{n:03d}" for n in range(seeds.GROUPS)])
                ),
                "one customer": lambda _: query(admin, filter=one_of("customer_id", *about["customers"])),
                "tag and status": lambda _: query(
                    admin, filter={"match": "all", "conditions": [one_of("tags", "海外", "易碎", op="contains"), live]}
                ),
            }
            for name, ask in asked.items():
                found[f"list: {name}"] = await timed(ask, times)
            found["count: views"] = await timed(lambda _: admin.get("/api/v1/ticket-lists/views/counts"), times // 4)
            found["count: views (agent)"] = await timed(
                lambda _: agent.get("/api/v1/ticket-lists/views/counts"), times // 4
            )
            found["count: one filter"] = await timed(
                lambda _: admin.post("/api/v1/ticket-lists/count", json={"filter": one_of("priority", 0, 1, 2, 3)}),
                times,
            )
            words = {
                "rare": (seeds.RARE,),
                "common": ("退款没有到账", "物流一直不更新"),
                "two words": ("退款 仓储", "打印机 审批", "积分 call"),
                "two-character Chinese": ("退款", "发票", "保修", "换货"),
                "nothing": ("不存在的词", "zzzz9"),
            }

            async def search(who: httpx.AsyncClient, choices: Sequence[str], _: int) -> httpx.Response:
                return await query(who, q=chance.choice(choices))

            async def groups_of_all(by: str, _: int) -> httpx.Response:
                return await admin.post("/api/v1/ticket-lists/groups", json={"by": by})

            for name, choices in words.items():
                for who, of in ((admin, ""), (agent, " (agent)")):
                    found[f"search: {name}{of}"] = await timed(partial(search, who, choices), times)
            numbers = [one["number"] for one in (await query(admin, limit=200)).json()["items"]]
            found["search: number"] = await timed(lambda _: query(admin, q=f"B-{chance.choice(numbers)}"), times)
            wide = {"fact": "type", "op": "is", "value": "bench_wide"}
            columns = ["title", "fields.product_code", "fields.order_ref"]
            columns += [f"fields.f{number:03d}" for number in range(seeds.FIELDS - 2)]

            async def groups(_: int) -> httpx.Response:
                body = {"by": "fields.product_code", "filter": wide}
                answer = await admin.post("/api/v1/ticket-lists/groups", json=body)
                await query(admin, filter=wide, columns=columns, limit=50)
                return answer

            found["page: 500 groups, 50 rows of 200 fields"] = await timed(groups, times // 4)
            for by in ("status", "assignee", "tag", "fields.product_code"):
                found[f"groups of all: {by}"] = await timed(partial(groups_of_all, by), 5)
    return found


async def sweep(url: str, folder: Path) -> dict[str, Any]:
    """What time does, last of all: it changes very many tickets."""
    settings = Settings(data=folder, base_url="http://bench.test")
    app = create_app(settings, url, background=False)
    async with running(app.state.runtime, background=False):
        return await sweeps.measure(app.state.runtime)


def writes(product: Product, about: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Eight clients at once over HTTP."""
    headers = {"Cookie": about["cookie"], "Origin": product.base}
    made: list[str] = []

    def create(connection: Any, number: int) -> None:
        body = {"type_key": "bench_plain", "title": f"退款没有到账 {number}", "description": "客户说昨天下单。",
                "customer_id": about["customers"][number % len(about["customers"])],
                "department_id": about["departments"][0], "fields": {"product_code": "g001"}}  # fmt: skip
        made.append(json.loads(clients.ask(connection, "POST", "/api/v1/tickets", body, headers=headers))["id"])

    def reply(connection: Any, number: int) -> None:
        body = {"body": f"已经处理 {number}", "public": True}
        clients.ask(connection, "POST", f"/api/v1/tickets/{made[number % len(made)]}/comments", body, headers=headers)

    def move(connection: Any, number: int) -> None:
        status = ("open", "pending", "on_hold")[number // len(made) % 3]
        path = f"/api/v1/tickets/{made[number % len(made)]}/move"
        clients.ask(connection, "POST", path, {"status": status}, headers=headers)

    return {
        "create": clients.rate(product.base, create, seconds=seconds),
        "reply": clients.rate(product.base, reply, seconds=seconds),
        "transition": clients.rate(product.base, move, seconds=seconds),
    }


def show(found: dict[str, Any]) -> None:
    about = found["seeded"]["tickets"], found["seed"], found["machine"]["cores"]
    title = "bench/tickets · {:,} tickets · seed {} · {} cores".format(*about)
    table = Table(title=title)
    for name in ("what", "reached", "aim"):
        table.add_column(name)
    seeded = found["seeded"]
    table.add_row("seeded through the bulk path", f"{seeded['with_indexes_s']} s ({seeded['per_s']:,}/s)", "")
    beside = found.get("peer", {"writes": {}, "lists": {}, "tickets": 0})
    for name, row in found["writes"].items():
        other = beside["writes"].get(name)
        aim = f"≥ {PEER_AIM * other['per_s']:.0f}/s" if other and name == "create" else ""
        table.add_row(f"{name}, 8 clients", f"{row['per_s']}/s, p50/p99 {row['p50_ms']}/{row['p99_ms']} ms", aim)
    for name, row in found["lists"].items():
        aim = f"p99 ≤ {LIST_AIM} ms" if name.startswith(("list", "search")) else ""
        aim = f"p99 ≤ {PAGE_AIM} ms" if name.startswith("page") else aim
        table.add_row(name, f"p50/p99 {row['p50_ms']}/{row['p99_ms']} ms", aim)
    for name, row in found["sweeps"].items():
        table.add_row(name, f"{row['seconds']} s", row.get("aim", ""))
    for name, row in {**beside["writes"], **beside["lists"]}.items():
        reached = f"p50/p99 {row['p50_ms']}/{row['p99_ms']} ms"
        rate = f"{row['per_s']}/s, " if "per_s" in row else ""
        table.add_row(f"django-helpdesk, {beside['tickets']:,} tickets: {name}", rate + reached, "")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.tickets", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each measured stretch of writing")
    parser.add_argument("--times", type=int, default=100, help="how often each list and search is asked for")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument(
        "--keep", type=Path, help="keep the data folder here, or use the one that is there already seeded"
    )
    parser.add_argument("--peer", action="store_true", help="measure django-helpdesk beside it")
    parser.add_argument("--peer-tickets", type=int, default=20_000, help="how many tickets the peer holds")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="qiao-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / "about.json"
    product = Product(folder / "tickets", empty=True)
    product.start()
    try:
        found: dict[str, Any] = {
            "seed": options.seed,
            "machine": machine(),
            "settings": {"clients": 8, "seconds": options.seconds, "times": options.times, "processes": 1},
        }
        if known.exists():
            about = json.loads(known.read_text())
            about["cookie"] = Api(product.base, ADMIN["email"], ADMIN["password"]).cookie
        else:
            about = set_up(product)
            about["seeded"] = asyncio.run(fill(product.database_url(), about, options.tickets, options.seed))
            known.write_text(json.dumps(about))
        found["seeded"] = about["seeded"]
        found["lists"] = asyncio.run(lists(product.database_url(), folder / "app", about, options.seed, options.times))
        found["writes"] = writes(product, about, options.seconds)
        if options.peer:
            found["peer"] = peer.measure(
                product.data / "postgres",
                folder,
                number=options.peer_tickets,
                seed=options.seed,
                seconds=options.seconds,
                times=min(options.times, 10),
            )
        found["load_after"] = machine()["load_before"]
        found["sweeps"] = asyncio.run(sweep(product.database_url(), folder / "app"))
    finally:
        product.stop()
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    show(found)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
