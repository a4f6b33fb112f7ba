"""Runs the whole measurement and prints a table and JSON."""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench.chat import floor
from bench.chat.product import Product, machine, set_up

AIM_FLOOR = 0.25


class Client:
    """The separate process that makes the load."""

    def __init__(self, about: dict[str, Any]):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench.chat.client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(about)

    def _say(self, line: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()

    def __call__(self, do: str, **arguments: Any) -> dict[str, Any]:
        self._say({"do": do, **arguments})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the client stopped")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def chat(folder: Path, seed: int, seconds: float, idle: int) -> dict[str, Any]:
    """Latency, throughput and idle memory on a fresh database."""
    product = Product(folder / "chat", empty=True)
    product.start()
    client = None
    try:
        about = {**set_up(product, agents=10), "seed": seed}
        found: dict[str, Any] = {"floor_per_s": round(asyncio.run(floor.measure(product.database_url(), 4.0)), 1)}
        client = Client(about)
        found["alone"] = client("latency", count=1, rate=0, seconds=min(seconds, 5))
        found["at_50"] = client("latency", count=50, rate=100, seconds=seconds)
        found["at_500"] = client("latency", count=500, rate=500, seconds=seconds)
        found["sustained"] = client("sustained", count=500, window=2, seconds=seconds)
        found["ratio_to_floor"] = round(found["sustained"]["stored_per_s"] / found["floor_per_s"], 3)
        before = product.memory()
        client("open_idle", count=idle)
        time.sleep(2)
        found["idle_sockets"] = idle
        found["kib_per_idle_socket"] = round((product.memory() - before) / idle / 1024, 1)
        client("close_all")
        return found
    finally:
        if client is not None:
            client.stop()
        product.stop()


def cold_start(folder: Path) -> dict[str, Any]:
    """An existing database with the demo company: until ready, until the first answer, memory with the bot loaded."""
    product = Product(folder / "demo", empty=False)
    product.start(wait=600)
    with httpx.Client(base_url=product.base, timeout=60) as http:
        page = http.get("/shop/data.json").json()
    key = page["widget_key"] if "widget_key" in page else _key(product)
    product.stop()
    product.port = product.port
    ready = product.start()
    try:
        with httpx.Client(base_url=product.base, headers={"Origin": product.base}, timeout=60) as http:
            session = http.post(f"/api/v1/widget/{key}/session", json={"locale": "zh-CN"}).json()
            http.headers["Authorization"] = f"Bearer {session['visitor_token']}"
            body = {"client_id": uuid.uuid4().hex, "kind": "text", "body": "多少钱包邮？"}
            http.post("/api/v1/widget/messages", json=body).raise_for_status()
            while True:
                items = http.get("/api/v1/widget/messages").json()["items"]
                if any(item["author"]["kind"] == "bot" for item in items):
                    break
                time.sleep(0.01)
        answered = time.perf_counter() - product.started_at
        return {
            "ready_s": round(ready, 2),
            "first_answer_s": round(answered, 2),
            "memory_mib_with_bot": round(product.memory() / 2**20),
        }
    finally:
        product.stop()


def _key(product: Product) -> str:
    from bench.chat.product import Api
    from qiao.demo.seed import PASSWORD

    admin = Api(product.base, "lin.mu@kapok.example", PASSWORD)
    inboxes = admin("GET", "/inboxes")
    items = inboxes["items"] if isinstance(inboxes, dict) else inboxes
    return str(next(i["key"] for i in items if i["channel"] == "webchat"))


def show(found: dict[str, Any]) -> None:
    table = Table(title=f"bench/chat · seed {found['seed']} · {found['machine']['cores']} cores, load client included")
    for name in ("what", "reached", "aim"):
        table.add_column(name)
    talk = found["chat"]
    table.add_row("floor: insert + update + commit, 8 tasks", f"{talk['floor_per_s']}/s", "")
    table.add_row(
        "sustained, stored and delivered",
        f"{talk['sustained']['stored_per_s']}/s stored, {talk['sustained']['delivered_per_s']}/s delivered"
        f" ({talk['ratio_to_floor']} of the floor)",
        f"≥ 1500/s, ≥ {AIM_FLOOR}",
    )
    for name, aim in (("alone", "p50 ≤ 2 ms"), ("at_50", ""), ("at_500", "p99 ≤ 50 ms")):
        row = talk[name]
        table.add_row(
            f"{row['conversations']} live, {row['offered_per_s'] or 'one at a time'}{'/s' if row['offered_per_s'] else ''}",
            "delivery p50/p95/p99 {p50}/{p95}/{p99} ms".format(**row["delivery_ms"])
            + ", ack {p50}/{p95}/{p99} ms".format(**row["ack_ms"]),
            aim,
        )
    table.add_row(f"memory per idle visitor ({talk['idle_sockets']})", f"{talk['kib_per_idle_socket']} KiB", "≤ 35 KiB")
    start = found["start"]
    table.add_row("ready after start", f"{start['ready_s']} s", "≤ 3 s")
    table.add_row("first answer after start", f"{start['first_answer_s']} s", "≤ 5 s")
    table.add_row("memory with the bot loaded", f"{start['memory_mib_with_bot']} MiB", "≤ 350 MiB")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.chat", description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each measured stretch")
    parser.add_argument("--idle", type=int, default=5000, help="idle visitor sockets")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="qiao-bench-"))
    try:
        found = {
            "seed": options.seed,
            "machine": machine(),
            "settings": {
                "seconds": options.seconds,
                "synchronous_commit": "on",
                "processes": 1,
                "visitor_messages_per_second": 10000,
            },
            "chat": chat(folder, options.seed, options.seconds, options.idle),
            "start": cold_start(folder),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show(found)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    if options.json:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
