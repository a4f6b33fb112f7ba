"""Who the server runs as, and how a program is started as that user."""

# ruff: noqa: S603 - the programs are our own, given as a list

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from qiao.core.postgres import launcher
from qiao.core.postgres.binaries import Binaries
from qiao.core.postgres.errors import PostgresError

SERVER_UID: Final = 60970
"""Used when we are root. From the range that the distributions' and systemd's uid tables leave unused, so that no other
service can read the data, which it could if we ran as `nobody`. No entry in /etc/passwd is needed or made.
`QIAO_POSTGRES_UID` sets another; an existing data folder keeps its owner."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user id and the route by which a program gets it."""

    uid: int
    gid: int
    mode: str | None
    """`drop` or `alias` of the launcher; None: we are that user already."""

    def command(self, program: Sequence[str], *, reach: Sequence[Path] = ()) -> list[str]:
        """The command line that runs `program` as this user."""
        if self.mode is None:
            return list(program)
        paths = [os.fspath(path) for path in reach] if self.mode == "drop" else []
        script = os.fspath(Path(launcher.__file__))
        return [
            sys.executable,
            "-I",
            "-S",
            script,
            self.mode,
            str(self.uid),
            str(self.gid),
            *paths,
            "--",
            *program,
        ]

    def give(self, path: Path) -> None:
        """Make `path` and all below it this user's, when we are root."""
        if self.mode != "drop":
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)


def of_server(cluster: Path) -> Identity:
    """Who runs the server on `cluster`, existing or not."""
    euid = os.geteuid()
    owner = cluster.stat().st_uid if cluster.exists() else None
    if euid != 0:
        if owner is not None and owner != euid:
            raise PostgresError("owner", path=str(cluster), uid=owner)
        return Identity(euid, os.getegid(), None)
    wanted = owner or int(os.environ.get("QIAO_POSTGRES_UID") or SERVER_UID)
    if not _exists(wanted):
        # A container that maps few ids: any but root will do.
        wanted = _named().pw_uid
    return Identity(wanted, wanted, "drop")


def of_initdb(server: Identity) -> Identity:
    """Who runs `initdb` for `server`: it refuses a user id without a name, which the server itself does not."""
    try:
        pwd.getpwuid(server.uid)
    except KeyError:
        named = _named()
        return Identity(named.pw_uid, named.pw_gid, server.mode or "alias")
    return server


def run(
    identity: Identity, program: Sequence[str], *, reach: Sequence[Path] = (), text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end with `text` on its standard input."""
    done = subprocess.run(
        identity.command(program, reach=reach),
        input=text or "",
        capture_output=True,
        text=True,
        errors="replace",
        env=environment(),
        cwd="/",
        umask=0o077,
        check=False,
    )
    raise_for_launch(identity, done.returncode, done.stderr)
    return done


def spawn(
    identity: Identity, program: Sequence[str], *, reach: Sequence[Path], output: IO[bytes], keep: int
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C in our terminal does not reach it. It inherits `keep`."""
    return subprocess.Popen(
        identity.command(program, reach=reach),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=environment(),
        cwd="/",
        umask=0o077,
        start_new_session=True,
        pass_fds=(keep,),
    )


def raise_for_launch(identity: Identity, returncode: int, stderr: str) -> None:
    """Turn the launcher's own exit codes into errors."""
    if identity.mode is None or returncode not in (launcher.UNREACHABLE, launcher.FORBIDDEN):
        return
    reason = stderr.strip().rpartition("\n")[2]
    if returncode == launcher.UNREACHABLE:
        raise PostgresError("unreachable", path=reason, uid=identity.uid)
    raise PostgresError("unnamed" if identity.mode == "alias" else "root", reason=reason, uid=os.geteuid())


def reach(binaries: Binaries, *folders: Path) -> tuple[Path, ...]:
    """What a server must be able to open."""
    return (*binaries.probes, *folders)


def environment() -> dict[str, str]:
    """What a PostgreSQL program needs of our environment: no PG* variable may redirect it, no secret may reach it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C"}


def _named() -> pwd.struct_passwd:
    entries = [entry for entry in pwd.getpwall() if entry.pw_uid != 0 and _exists(entry.pw_uid)]
    entries.sort(key=lambda entry: entry.pw_name != "nobody")
    if not entries:
        raise PostgresError("unnamed", reason="/etc/passwd", uid=os.geteuid())
    return entries[0]


def _exists(uid: int) -> bool:
    """Whether the user namespace we are in has this id."""
    try:
        ranges = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    spans = [tuple(map(int, line.split())) for line in ranges]
    return any(first <= uid < first + count for first, _, count in spans)
