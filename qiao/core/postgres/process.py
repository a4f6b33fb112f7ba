"""The running server as seen from outside: its pid file, its processes, stopping it."""

# ruff: noqa: S603, S607 - ps, where there is no /proc

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from qiao.core.postgres.lock import FileLock

PID_FILE: Final = "postmaster.pid"
POLL_SECONDS: Final = 0.005
"""Also the granularity of start-up: a warm start takes some 50 ms."""


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What the pid file says. Its lines: pid, folder, start, port, socket folder, address, shared memory, state."""

    pid: int
    started_at: datetime
    port: int
    socket_folder: str
    ready: bool


def read(cluster: Path) -> Postmaster | None:
    """The server of `cluster` if its process lives. A pid file whose number went to another program is no server."""
    try:
        lines = (cluster / PID_FILE).read_text(encoding="utf-8").splitlines()
        pid = int(lines[0])
    except (OSError, ValueError, IndexError):
        return None
    if not is_postmaster(pid, cluster):
        return None
    return Postmaster(
        pid=pid,
        started_at=datetime.fromtimestamp(int(lines[2]) if len(lines) > 2 and lines[2].strip() else 0, UTC),
        port=int(lines[3]) if len(lines) > 3 and lines[3].strip() else 0,
        socket_folder=lines[4].strip() if len(lines) > 4 else "",
        ready=len(lines) > 7 and lines[7].strip() == "ready",
    )


def is_postmaster(pid: int, cluster: Path) -> bool:
    """Whether process `pid` is the server of `cluster`: told by its command line, the one thing of a foreign user's
    process that even root in a container may read. A zombie has none."""
    words = _command(pid)
    return "-D" in words and words[words.index("-D") + 1 :][:1] == [str(cluster)] and Path(words[0]).name == "postgres"


def leftovers(name: str) -> list[int]:
    """Backends of the cluster called `name` that this machine's process list shows."""
    return [pid for pid in _pids() if " ".join(_command(pid)).startswith(f"postgres: {name}: ")]


def claim(serving: FileLock, name: str, *, seconds: float = 3) -> bool:
    """Take the lock that every process of a server inherits, so that no second server can start beside the remains of a
    killed one, or beside one in another container. Remains that do not end by themselves are ended."""
    if serving.acquire(seconds=seconds):
        return True
    for pid in leftovers(name):
        # Without their server they can only finish a statement nobody waits for.
        signal_process(pid, signal.SIGQUIT)
    return serving.acquire(seconds=seconds)


def clear_stale(cluster: Path, socket_folder: Path) -> None:
    """Remove lock files that a killed server left and a new one would take for a living server's, because their number
    now belongs to another program or to a process nobody collected. Call with the lock of `claim` held: it proves the
    server dead."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int((cluster / PID_FILE).read_text(encoding="utf-8").splitlines()[0])
        reap(pid)
        if _alive(pid) and not is_postmaster(pid, cluster):
            (cluster / PID_FILE).unlink()
    for left in socket_folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)


def stop(pid: int, cluster: Path, *, seconds: float) -> bool:
    """Fast shutdown; after half the time the immediate one, from which the next start recovers. False: it runs on."""
    for wanted in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not signal_process(pid, wanted):
            return True
        deadline = time.monotonic() + seconds / 2
        while time.monotonic() < deadline:
            reap(pid)
            if not is_postmaster(pid, cluster):
                return True
            time.sleep(POLL_SECONDS)
    return False


def signal_process(pid: int, wanted: signal.Signals) -> bool:
    """Send a signal; False when the process is gone."""
    try:
        os.kill(pid, wanted)
    except ProcessLookupError:
        return False
    return True


def reap(pid: int) -> None:
    """Collect the process if it was a child of ours that ended, whichever object started it."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pids() -> Iterator[int]:
    if Path("/proc/self").is_dir():
        yield from (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    else:
        listing = subprocess.run(["ps", "-axo", "pid="], capture_output=True, text=True, check=False)
        yield from map(int, listing.stdout.split())


def _command(pid: int) -> list[str]:
    if Path("/proc/self").is_dir():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return []
        return [os.fsdecode(word) for word in raw.rstrip(b"\0").split(b"\0")]
    # ps joins the words; a folder with a blank in its name is compared by its own joined form.
    line = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    program, dash, folder = line.partition(" -D ")
    return [program, "-D", folder] if dash else [line]
