"""Locks between processes that the kernel releases when their holder dies."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

POLL_SECONDS: Final = 0.01


class FileLock:
    """One handle on a lock file: free, shared or exclusive. Handles are independent, also within one process."""

    def __init__(self, path: Path):
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        return self._handle is not None

    def fileno(self) -> int:
        """The descriptor, to hand to a child: the lock then lasts until both are closed."""
        if self._handle is None:
            raise RuntimeError("this handle holds no lock")
        return self._handle

    def acquire(self, *, shared: bool = False, seconds: float = 0) -> bool:
        """Take the lock within `seconds`; False when others hold it."""
        if self._handle is not None:
            raise RuntimeError("this handle holds the lock already")
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + seconds
        while True:
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                # The file may have been removed between opening and locking: then the lock guards nothing.
                if self._path.stat().st_ino == os.fstat(handle).st_ino:
                    self._handle = handle
                    return True
            except (BlockingIOError, FileNotFoundError):
                pass
            os.close(handle)
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)

    def release(self) -> None:
        """Let go; does nothing when free."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
