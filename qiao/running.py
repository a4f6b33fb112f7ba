"""Which servers run on a data folder: each holds a lock on a file with its process id, so a number is never mistaken."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from qiao.core.postgres.lock import FileLock

FOLDER: Final = "run"
STOP_SECONDS: Final = 60.0


@contextmanager
def noted(data: Path) -> Iterator[None]:
    """Notes this process as a server of `data` while the block runs. The kernel forgets it when the process dies."""
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}.lock"
    lock = FileLock(path)
    lock.acquire(seconds=1)
    path.write_text(f"{os.getpid()}\n", encoding="ascii")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        lock.release()


def stop_all(data: Path, *, seconds: float = STOP_SECONDS) -> int:
    """Asks every server of `data` to stop and waits until they have. Returns how many there were.

    Raises TimeoutError when one does not stop in time, PermissionError when one belongs to another user.
    """
    stopping: list[tuple[Path, FileLock]] = []
    for path in sorted((data / FOLDER).glob("*.lock")):
        lock = FileLock(path)
        if lock.acquire():
            path.unlink(missing_ok=True)  # its process died without a chance to tidy up
            lock.release()
            continue
        with suppress(ValueError, ProcessLookupError, FileNotFoundError):
            os.kill(int(path.read_text(encoding="ascii")), signal.SIGTERM)
            stopping.append((path, lock))
    for path, lock in stopping:
        if not lock.acquire(seconds=seconds):
            raise TimeoutError(str(path))
        path.unlink(missing_ok=True)
        lock.release()
    return len(stopping)
