"""The product as a subprocess: start, measure, stop."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

ADMIN = {"name": "Bench", "email": "bench@qiao.example", "password": "bench-passphrase-42"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Product:
    """One `qiao up` with a data folder of its own."""

    def __init__(self, data: Path, *, empty: bool):
        self.data, self.empty = data, empty
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self, *, wait: float = 240.0) -> float:
        """Starts it and returns the seconds until it says it is ready."""
        environment = os.environ | {
            "QIAO_DATA": str(self.data),
            "QIAO_PORT": str(self.port),
            "QIAO_LOG_LEVEL": "warning",
            "QIAO_VISITOR_MESSAGES_PER_SECOND": "10000",
        }
        # As anybody starts it: Python keeps what it has compiled.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        log = (self.data.parent / f"{self.data.name}.log").open("ab")
        arguments = [sys.executable, "-m", "qiao.cli", "up", *(["--empty"] if self.empty else [])]
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)
        while time.perf_counter() - self.started_at < wait:
            if self.process.poll() is not None:
                raise SystemExit(f"the product stopped at start; see {log.name}")
            try:
                if httpx.get(f"{self.base}/ready", timeout=2).status_code == 200:
                    return time.perf_counter() - self.started_at
            except httpx.HTTPError:
                time.sleep(0.01)
        raise SystemExit("the product was not ready in time")

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)
            self.process = None

    def memory(self) -> int:
        """Resident bytes of the server process (PostgreSQL is counted apart)."""
        assert self.process is not None
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def processor_seconds(self) -> float:
        """Processor time the server process has used so far (PostgreSQL is counted apart)."""
        assert self.process is not None
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def database_url(self) -> str:
        from qiao.core.postgres import EmbeddedPostgres

        return EmbeddedPostgres(self.data / "postgres").dsn().url()


class Api:
    """A signed-in person's calls."""

    def __init__(self, base: str, email: str, password: str):
        self.http = httpx.Client(base_url=base, headers={"Origin": base}, timeout=30)
        self.http.post("/api/v1/auth/login", json={"email": email, "password": password}).raise_for_status()

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"/api/v1{path}", json=body)
        if answer.status_code >= 400:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return answer.json() if answer.content else None

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())


def set_up(product: Product, agents: int) -> Mapping[str, Any]:
    """A company with `agents` agents of capacity 100 who take everything at once. Returns what the client needs."""
    with httpx.Client(base_url=product.base, headers={"Origin": product.base}, timeout=30) as http:
        body = {"company": {"name": "Bench"}, "admin": ADMIN, "inbox": {"name": "Web"}}
        http.post("/api/v1/setup", json=body).raise_for_status()
    admin = Api(product.base, ADMIN["email"], ADMIN["password"])
    inbox = next(i for i in _items(admin("GET", "/inboxes")) if i["channel"] == "webchat")
    admin("PATCH", f"/inboxes/{inbox['id']}", {"bot_enabled": False})
    role = next(r["id"] for r in _items(admin("GET", "/roles")) if r["key"] == "agent")
    people = []
    for number in range(agents):
        email, password = f"agent{number}@qiao.example", f"bench-agent-{number:04d}-passphrase"
        made = admin(
            "POST", "/users", {"name": f"Agent {number}", "email": email, "password": password, "role_ids": [role]}
        )
        people.append((made.get("user", made)["id"], email, password))
    queue = _items(admin("GET", "/queues"))[0]
    admin("PATCH", f"/queues/{queue['id']}", {"accept_timeout_s": None, "strategy": "least_loaded", "sticky": False})
    admin("PUT", f"/queues/{queue['id']}/members", {"user_ids": [person[0] for person in people]})
    cookies = []
    for _, email, password in people:
        cookies.append(Api(product.base, email, password).cookie)
    return {"base": product.base, "port": product.port, "key": inbox["key"], "cookies": cookies}


def _items(page: Any) -> list[Any]:
    return list(page["items"] if isinstance(page, dict) else page)


def machine() -> dict[str, Any]:
    """What this was measured on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        found = re.match(r"model name\s*:\s*(.*)", line)
        if found:
            model = found.group(1)
            break
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_before": [round(x, 2) for x in os.getloadavg()],
        "python": sys.version.split()[0],
    }
