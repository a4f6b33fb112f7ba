"""Eight clients at once over plain HTTP connections that stay open, the same for every product measured."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

Call = Callable[[http.client.HTTPConnection, int], None]


def percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]

    return {"n": len(ordered), "p50_ms": round(at(0.5) * 1000, 1), "p99_ms": round(at(0.99) * 1000, 1)}


def rate(base: str, call: Call, *, clients: int = 8, seconds: float = 8.0) -> dict[str, Any]:
    """Calls per second of `clients` who each ask again as soon as they are answered; a failure ends the measurement."""
    where = urlsplit(base)
    numbers = itertools.count()
    took: list[float] = []
    failed: list[BaseException] = []
    until = time.perf_counter() + seconds

    def work() -> None:
        connection = http.client.HTTPConnection(where.hostname or "127.0.0.1", where.port, timeout=60)
        try:
            while time.perf_counter() < until and not failed:
                began = time.perf_counter()
                call(connection, next(numbers))
                took.append(time.perf_counter() - began)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise SystemExit(f"a client failed: {failed[0]!r}")
    return {"per_s": round(len(took) / (time.perf_counter() - began), 1), **percentiles(took)}


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    *,
    headers: Mapping[str, str],
    good: tuple[int, ...] = (200, 201, 202),
) -> bytes:
    """One call; anything but a good answer is an error that shows what was said."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    kind = {} if data is None or isinstance(body, bytes) else {"Content-Type": "application/json"}
    connection.request(method, path, body=data, headers={**kind, **headers})
    answer = connection.getresponse()
    said = answer.read()
    if answer.status not in good:
        raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
    return said
