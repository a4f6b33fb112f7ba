"""Starts, adopts and stops the server of one data folder."""

import asyncio
import atexit
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from qiao.core.postgres import binaries, cluster, identity, process
from qiao.core.postgres.cluster import DATABASE, ROLE, Layout
from qiao.core.postgres.dsn import Dsn
from qiao.core.postgres.errors import PostgresError
from qiao.core.postgres.lock import FileLock
from qiao.core.postgres.process import Postmaster

START_SECONDS: Final = 180.0
"""Recovery after a crash replays at most `max_wal_size`, which takes a slow disk about a minute."""
STOP_SECONDS: Final = 60.0
GATE_SECONDS: Final = START_SECONDS + STOP_SECONDS


@dataclass(frozen=True, slots=True)
class Status:
    """What `EmbeddedPostgres.status` sees; `absent` means that no data folder has been made yet."""

    state: Literal["absent", "stopped", "starting", "running"]
    data_dir: Path
    pid: int | None = None
    started_at: datetime | None = None


class EmbeddedPostgres:
    """The server of one data folder, shared by all processes that use it.

    Every `start` is matched by one `stop`: the first user starts the server, later ones join it, the last to leave
    stops it, and a user that was killed counts as gone. A server that survived its last user is adopted by the next.
    """

    def __init__(self, data_dir: Path, *, settings: Mapping[str, str] | None = None, durable: bool = True):
        """`settings` override single values of postgresql.conf; `durable=False` (tests) skips syncing a new cluster."""
        self._layout = Layout(Path(data_dir).resolve())
        self._settings = dict(settings or {})
        self._durable = durable
        self._gate = FileLock(self._layout.root / "gate.lock")
        self._lease = FileLock(self._layout.root / "users.lock")
        self._child: subprocess.Popen[bytes] | None = None
        self._dsn: Dsn | None = None
        self._owner = os.getpid()

    @property
    def data_dir(self) -> Path:
        return self._layout.root

    @property
    def log_dir(self) -> Path:
        """Where the server writes its log."""
        return self._layout.log

    def start(self) -> Dsn:
        """Make the cluster if there is none, start the server or join the running one, wait until it accepts
        connections. Called again it starts a server that died meanwhile."""
        if self._dsn is not None and self.status().state == "running":
            return self._dsn
        self._owner = os.getpid()
        with self._alone():
            if not self._lease.held and not self._lease.acquire(shared=True, seconds=1):
                raise PostgresError("busy", path=str(self._layout.root))
            try:
                self._dsn = self._running()
            except BaseException:
                self._lease.release()
                raise
        atexit.register(self._leave_at_exit)
        return self._dsn

    def stop(self, *, remove: bool = False) -> bool:
        """Leave; stops the server when nobody else uses it, which is what the answer says, and deletes its folder if
        `remove`."""
        if self._dsn is None:
            return False
        self._dsn = None
        atexit.unregister(self._leave_at_exit)
        with self._alone():
            self._lease.release()
            last = self._lease.acquire()
            try:
                if last:
                    self._halt()
                    if remove:
                        shutil.rmtree(self._layout.root)
            finally:
                self._lease.release()
        return last

    def shutdown(self) -> bool:
        """Stop the server whoever uses it (`qiao down`). False when none ran."""
        if not self._layout.root.exists():
            return False
        with self._alone():
            ran = self._halt()
            self._lease.release()
        self._dsn = None
        atexit.unregister(self._leave_at_exit)
        return ran

    def abandon(self) -> None:
        """Leave and let the server run on without users, to be adopted by the next `start`."""
        self._dsn = None
        atexit.unregister(self._leave_at_exit)
        self._lease.release()

    def status(self) -> Status:
        """A glance, without waiting for a start or stop in progress."""
        layout = self._layout
        if not layout.cluster.exists():
            return Status("absent", layout.root)
        found = process.read(layout.cluster)
        if found is None:
            return Status("stopped", layout.root)
        return Status("running" if found.ready else "starting", layout.root, found.pid, found.started_at)

    def dsn(self) -> Dsn:
        """How to reach the running server, without becoming one of its users."""
        found = process.read(self._layout.cluster)
        if found is None or not found.ready:
            raise PostgresError("stopped", path=str(self._layout.root))
        return self._dsn_of(found)

    def program(self, name: str) -> Path:
        """A program of the same release: `pg_dump`, `pg_restore`, `psql`. Pair it with `Dsn.environment()`."""
        return binaries.find().program(name)

    async def start_async(self) -> Dsn:
        """`start` in a thread."""
        return await asyncio.to_thread(self.start)

    async def stop_async(self) -> bool:
        """`stop` in a thread."""
        return await asyncio.to_thread(self.stop)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await self.start_async()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_async()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._layout.prepare()
        try:
            taken = self._gate.acquire(seconds=GATE_SECONDS)
        except PermissionError:
            raise PostgresError("owner", path=str(self._layout.root), uid=self._layout.root.stat().st_uid) from None
        if not taken:
            raise PostgresError("busy", path=str(self._layout.root))
        try:
            yield
        finally:
            self._gate.release()

    def _running(self) -> Dsn:
        layout = self._layout
        server = identity.of_server(layout.cluster)
        programs = binaries.find()
        if not layout.cluster.exists():
            cluster.create(layout, programs, server, durable=self._durable)
        cluster.check_version(layout)
        password = cluster.read_password(layout)
        if process.read(layout.cluster) is None:
            self._launch(server, programs)
        try:
            found = self._wait_ready(server)
        except BaseException:
            if self._child is not None:
                self._halt()
            raise
        if self._child is not None:
            # From here on it is told by its pid file, whoever started it; Popen would complain about a running child.
            self._child.returncode = 0
            self._child = None
        return self._dsn_of(found, password)

    def _launch(self, server: identity.Identity, programs: binaries.Binaries) -> None:
        layout = self._layout
        serving = FileLock(layout.root / "server.lock")
        if not process.claim(serving, layout.name):
            raise PostgresError("busy", path=str(layout.root))
        try:
            process.clear_stale(layout.cluster, cluster.configure(layout, server, self._settings))
            layout.startup_log.unlink(missing_ok=True)
            layout.startup_log.touch(mode=0o600)
            with layout.startup_log.open("wb") as output:
                self._child = identity.spawn(
                    server,
                    [str(programs.program("postgres")), "-D", str(layout.cluster)],
                    reach=identity.reach(programs, layout.cluster),
                    output=output,
                    keep=serving.fileno(),
                )
        finally:
            serving.release()

    def _wait_ready(self, server: identity.Identity) -> Postmaster:
        layout = self._layout
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            found = process.read(layout.cluster)
            if found is not None and found.ready:
                return found
            if self._child is not None:
                code = self._child.poll()
                if code is not None:
                    self._child = None
                    text = layout.startup_log.read_text(encoding="utf-8", errors="replace")
                    identity.raise_for_launch(server, code, text)
                    raise PostgresError("start", detail=cluster.log_tail(layout), path=str(layout.root))
            elif found is None:
                # The one we meant to adopt has gone.
                raise PostgresError("start", detail=cluster.log_tail(layout), path=str(layout.root))
            time.sleep(process.POLL_SECONDS)
        raise PostgresError("slow", seconds=int(START_SECONDS), path=str(layout.log))

    def _halt(self) -> bool:
        found = process.read(self._layout.cluster)
        pid = found.pid if found is not None else self._child.pid if self._child is not None else None
        if pid is None:
            return False
        stopped = process.stop(pid, self._layout.cluster, seconds=STOP_SECONDS)
        if self._child is not None:
            self._child.wait()
            self._child = None
        # Its log writer ends a moment later.
        serving = FileLock(self._layout.root / "server.lock")
        if not stopped or not process.claim(serving, self._layout.name):
            raise PostgresError("stop", pid=pid)
        serving.release()
        if found is not None and found.socket_folder and Path(found.socket_folder).parent != self._layout.root:
            with suppress(OSError):
                Path(found.socket_folder).rmdir()
        return True

    def _dsn_of(self, found: Postmaster, password: str | None = None) -> Dsn:
        secret = password if password is not None else cluster.read_password(self._layout)
        return Dsn(host=found.socket_folder, port=found.port, user=ROLE, database=DATABASE, password=secret)

    def _leave_at_exit(self) -> None:
        # A forked child inherits the registration but not the right to leave for its parent.
        if self._owner == os.getpid():
            self.stop()
