"""The real product, started the way a person starts it, and spoken to over its public interface."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN_S = 240
"""Generous: a first start makes a database and a company, and the machine may be busy."""
PASSWORD = "kapok-demo-2026"
WORK_BEHIND_S = 90
"""What the product does after it has answered (search, suggestions, figures) is done by then, on a busy machine, too."""
T = TypeVar("T")


def eventually(look: Callable[[], T], fits: Callable[[T], bool] = bool, within: float = WORK_BEHIND_S) -> T:
    """What `look` finds once it fits; for what comes of work behind, which no screen waits for."""
    until = time.monotonic() + within
    while not fits(found := look()):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Product:
    """Where it answers."""

    url: str

    def api(self, who: str, password: str = PASSWORD, locale: str = "en") -> "Api":
        """Somebody signed in: `chen.yu`, or a whole address."""
        return Api(self.url, who if "@" in who else f"{who}@kapok.example", password, locale)


class Running:
    """One process of `qiao up`; use as a context manager."""

    def __init__(self, data: Path, *arguments: str) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._log = data.parent / f"{data.name}.log"
        env = {key: value for key, value in os.environ.items() if not key.startswith("QIAO_")}
        env |= {"QIAO_DATA": str(data), "QIAO_PORT": str(self.port), "QIAO_LOCALE": "en", "PYTHONUNBUFFERED": "1"}
        self._env, self._arguments = env, arguments
        self._log.unlink(missing_ok=True)
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "qiao.cli", "up", *self._arguments],
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def crash(self) -> None:
        """Gone without a word, as by a power cut of the machine it runs on."""
        self._process.kill()
        self._process.wait(10)

    def again(self) -> Product:
        """Started anew, at the same address with the same data."""
        self._process = self._start()
        return self.wait()

    def wait(self) -> Product:
        """Until it can serve. Raises with the end of its output when it does not come up."""
        until = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/ready", timeout=5).status_code == 200:
                    return Product(self.url)
            except httpx.TransportError:
                pass
            time.sleep(0.2)
        raise RuntimeError(f"the product did not start:\n{self.output()[-4000:]}")

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """As Ctrl-C does it; the whole group, should it not listen."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait(10)


class Api:
    """A colleague's calls beside the browser: to set a scene and to look at what became of it."""

    def __init__(self, url: str, email: str, password: str, locale: str) -> None:
        self.http = httpx.Client(
            base_url=f"{url}/api/v1", headers={"Origin": url, "Accept-Language": locale}, timeout=60
        )
        self.me = self.post("/auth/login", {"email": email, "password": password})["user"]

    def _done(self, response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.url}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def get(self, path: str, **params: Any) -> Any:
        return self._done(self.http.get(path, params=params))

    def post(self, path: str, body: Any = None) -> Any:
        return self._done(self.http.post(path, json=body if body is not None else {}))

    def put(self, path: str, body: Any) -> Any:
        return self._done(self.http.put(path, json=body))

    def patch(self, path: str, body: Any) -> Any:
        return self._done(self.http.patch(path, json=body))

    def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All of a list, paged or not."""
        answer = self.get(path, **params)
        if isinstance(answer, list):
            return answer
        found = list(answer["items"])
        while answer.get("next_cursor"):
            answer = self.get(path, **params, cursor=answer["next_cursor"])
            found += answer["items"]
        return found

    def presence(self, state: str) -> None:
        self.put("/me/presence", {"state": state})

    def close(self) -> None:
        self.http.close()
