"""The data folder of the server: making it, checking it, its settings."""

import hashlib
import os
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qiao.core.postgres import config, identity
from qiao.core.postgres.binaries import MAJOR, Binaries
from qiao.core.postgres.config import quoted
from qiao.core.postgres.errors import PostgresError
from qiao.core.postgres.identity import Identity

ROLE: Final = "qiao"
DATABASE: Final = "qiao"
SOCKET_PATH_MAX: Final = 103
"""Bytes of a Unix socket's path: 107 on Linux, 103 on macOS."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie below the data folder."""

    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def startup_log(self) -> Path:
        return self.root / "startup.log"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def name(self) -> str:
        """Shown in the process list; tells this cluster's processes from another's."""
        return "qiao-" + hashlib.sha256(os.fsencode(self.root)).hexdigest()[:10]

    def prepare(self) -> None:
        """Make the folder itself. One that exists keeps its permissions, as do all above it."""
        if not self.root.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            # Root's server, another user, must pass through; what lies in here is closed on its own.
            self.root.chmod(0o711 if os.geteuid() == 0 else 0o700)


def create(layout: Layout, binaries: Binaries, server: Identity, *, durable: bool) -> None:
    """Make a new cluster with the role and the database of Qiao. What an interrupted try left is thrown away."""
    staging = layout.root / "cluster.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    maker = identity.of_initdb(server)
    maker.give(staging)
    reach = identity.reach(binaries, staging)
    made = identity.run(
        maker,
        [
            str(binaries.program("initdb")),
            *("-D", str(staging), "-U", "postgres", "-E", "UTF8"),
            # The collation that PostgreSQL carries itself: an update of the system's C library cannot corrupt an index.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--auth=reject", "--no-instructions"),
            *(() if durable else ("--no-sync",)),
        ],
        reach=reach,
    )
    if made.returncode != 0:
        raise PostgresError("initdb", detail=_tail(made.stderr))
    password = config.new_password()
    # In single-user mode, so that the superuser never needs a password: nobody can sign in as it, and Qiao's own
    # role may neither read files nor run programs.
    statements = [
        "CREATE EXTENSION vector",
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD {quoted(password)}",
        f"GRANT pg_monitor TO {ROLE}",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    ]
    program = [str(binaries.program("postgres")), "--single", "-D", str(staging), "-c", "log_checkpoints=off"]
    # Rounds of hashing slow down guessing. 256 random bits need none, and each connection would pay for them.
    program += ["-c", "scram_iterations=1"]
    if not durable:
        program += ["-F"]
    filled = identity.run(maker, [*program, "template1"], reach=reach, text=";\n".join([*statements, ""]))
    if filled.returncode != 0 or "ERROR:" in filled.stderr or "FATAL:" in filled.stderr:
        raise PostgresError("initdb", detail=_tail(filled.stderr.replace(password, "…")))
    server.give(staging)
    write_private(layout.password, password + "\n")
    staging.rename(layout.cluster)
    if durable:
        _sync_folder(layout.root)


def check_version(layout: Layout) -> None:
    """Refuse a data folder that another major release wrote."""
    try:
        found = (layout.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError:
        raise PostgresError("damaged", path=str(layout.cluster)) from None
    if found != str(MAJOR):
        raise PostgresError("version", path=str(layout.cluster), found=found, major=MAJOR)


def configure(layout: Layout, server: Identity, settings: Mapping[str, str]) -> Path:
    """Write the settings and the folders they name, for a server about to start. The answer is its socket's folder."""
    if server.mode == "drop" and layout.cluster.stat().st_uid != server.uid:
        # Restored from a backup by root.
        server.give(layout.cluster)
    # The mode the server insists on; a copy may have lost it.
    layout.cluster.chmod(0o700)
    layout.log.mkdir(mode=0o700, exist_ok=True)
    server.give(layout.log)
    socket_folder = _socket_folder(layout, server)
    texts = {
        "postgresql.conf": config.render(
            socket_folder=_socket_folder(layout, server),
            log_folder=layout.log,
            name=layout.name,
            settings=settings,
        ),
        "pg_hba.conf": config.ACCESS,
    }
    for name, text in texts.items():
        write_private(layout.cluster / name, text)
        server.give(layout.cluster / name)
    return socket_folder


def read_password(layout: Layout) -> str:
    """The password of Qiao's role."""
    try:
        return layout.password.read_text(encoding="ascii").strip()
    except OSError:
        raise PostgresError("password", path=str(layout.password)) from None


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    fresh.replace(path)


def log_tail(layout: Layout) -> str:
    """The last lines of a start that failed: the newest of the two logs."""
    logs = [layout.startup_log, *layout.log.glob("postgresql-*.log")]
    texts = [
        path.read_text(encoding="utf-8", errors="replace") for path in sorted(logs, key=_modified) if path.exists()
    ]
    return _tail("\n".join(texts[-2:]))


def _socket_folder(layout: Layout, server: Identity) -> Path:
    beside = layout.root / "run"
    beside.mkdir(mode=0o700, exist_ok=True)
    server.give(beside)
    if _fits(beside):
        return beside
    # A deep data folder, or a file system without sockets.
    short = Path("/tmp") / f"{layout.name}-{server.uid}"  # noqa: S108 - what stands there is checked below
    try:
        short.mkdir(mode=0o700)
        server.give(short)
    except FileExistsError:
        found = short.lstat()
        if short.is_symlink() or not short.is_dir() or found.st_uid != server.uid or found.st_mode & 0o077:
            raise PostgresError("socket", path=str(short)) from None
    return short


def _fits(folder: Path) -> bool:
    probe = folder / ".s.PGSQL.5432.lock"
    if len(os.fsencode(probe)) > SOCKET_PATH_MAX or any(char in str(folder) for char in '",@\n'):
        return False
    probe = folder / ".probe"
    probe.unlink(missing_ok=True)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(probe))
    except OSError:
        return False
    probe.unlink()
    return True


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
