"""Starts a PostgreSQL program as somebody it accepts. Run as a script by `identity.py`, with the standard library only.

    launcher.py drop UID GID REACH… -- PROGRAM ARG…
    launcher.py alias UID GID -- PROGRAM ARG…

`drop`: we are root, which PostgreSQL refuses. Becomes UID for good. When a folder above the data or the programs is
closed to UID (a checkout below /root, say), the program keeps the one capability that lets it pass, the weaker one that
suffices; no permission of any folder is changed. Docker grants only DAC_OVERRIDE, a plain machine both.

`alias`: our user id has no name (a container started with an arbitrary one), and `initdb` insists on one. Shows it as
UID, which has a name, inside a user namespace; outside files still belong to us.

Exits with 77 when a path of REACH stays closed, 78 when the system forbids the change of identity; the path or the
reason is the last line on stderr.
"""

# ruff: noqa: PTH119, PTH120, PTH123, S606, T201 - starts in milliseconds, with what is loaded anyway

import ctypes
import os
import stat
import sys

UNREACHABLE = 77
FORBIDDEN = 78

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def _check(result: int) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def _permitted(libc: ctypes.CDLL) -> int:
    header, data = _Header(CAPABILITY_VERSION_3, 0), (_Data * 2)()
    _check(libc.capget(ctypes.byref(header), ctypes.byref(data)))
    return int(data[0].permitted)


def _hold(libc: ctypes.CDLL, *, effective: int, permitted: int) -> None:
    header, data = _Header(CAPABILITY_VERSION_3, 0), (_Data * 2)()
    data[0].effective, data[0].permitted, data[0].inheritable = effective, permitted, effective
    _check(libc.capset(ctypes.byref(header), ctypes.byref(data)))


def _closed(path: str, uid: int, gid: int, *, override: bool) -> bool:
    """Whether `path` cannot be opened (with the capabilities in effect), or is a program that we may not execute."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return True
    try:
        found = os.fstat(handle)
    finally:
        os.close(handle)
    if os.path.basename(os.path.dirname(path)) != "bin":
        return False
    if override:
        return not found.st_mode & 0o111
    if found.st_uid == uid:
        return not found.st_mode & stat.S_IXUSR
    return not found.st_mode & (stat.S_IXGRP if found.st_gid == gid else stat.S_IXOTH)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _drop(uid: int, gid: int, reach: list[str]) -> None:
    def closed(*, override: bool = False) -> str | None:
        return next((path for path in reach if _closed(path, uid, gid, override=override)), None)

    if not sys.platform.startswith("linux"):
        _become(uid, gid)
        blocked = closed()
    else:
        libc = ctypes.CDLL(None, use_errno=True)
        _check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
        _become(uid, gid)
        available = _permitted(libc) & (1 << CAP_DAC_READ_SEARCH | 1 << CAP_DAC_OVERRIDE)
        _hold(libc, effective=0, permitted=available)
        blocked = closed()
        needed = 0
        for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
            if blocked is None or not available & 1 << capability:
                continue
            needed = 1 << capability
            _hold(libc, effective=needed, permitted=available)
            blocked = closed(override=capability == CAP_DAC_OVERRIDE)
        _hold(libc, effective=needed, permitted=needed)
        if needed:
            capability = needed.bit_length() - 1
            _check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0))
    if blocked is not None:
        print(blocked, file=sys.stderr)
        sys.exit(UNREACHABLE)


def _alias(uid: int, gid: int) -> None:
    ours = (os.getuid(), os.getgid())
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(CLONE_NEWUSER))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {ours[0]} 1"),
        ("gid_map", f"{gid} {ours[1]} 1"),
    ):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def main(arguments: list[str]) -> None:
    """Change identity, then become the program."""
    split = arguments.index("--")
    mode, uid, gid, *reach = arguments[:split]
    program = arguments[split + 1 :]
    try:
        if mode == "drop":
            _drop(int(uid), int(gid), reach)
        else:
            _alias(int(uid), int(gid))
        os.execv(program[0], program)
    except (OSError, AttributeError) as error:
        print(error, file=sys.stderr)
        sys.exit(FORBIDDEN)


if __name__ == "__main__":
    main(sys.argv[1:])
