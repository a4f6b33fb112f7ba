"""Where bytes live."""

import errno
import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import anyio


class BlobStore(Protocol):
    """Keeps bytes under a key."""

    async def adopt(self, source: Path, key: str) -> None:
        """Moves a finished local file in under `key`, durably."""
        ...

    def open(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in chunks. Raises FileNotFoundError."""
        ...

    def local_path(self, key: str) -> Path | None:
        """A path the web server may send from, when the store is a local folder."""
        ...

    async def remove(self, key: str) -> None: ...


class FolderStore:
    """A folder below the data folder; two levels, so that no directory grows without end."""

    def __init__(self, root: Path):
        self.root = root

    def _path(self, key: str) -> Path:
        path = (self.root / key[:2] / key[2:4] / key).resolve()
        if not path.is_relative_to(self.root.resolve()):
            raise FileNotFoundError(key)
        return path

    async def adopt(self, source: Path, key: str) -> None:
        def move() -> None:
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as handle:
                os.fsync(handle.fileno())
            try:
                source.replace(target)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                # What was written among the system's temporary files often lies on another disk: a copy beside its
                # place, which then takes the place in one step, so that nobody ever reads half a file.
                beside = target.with_name(f"{key}.part")
                with source.open("rb") as handle, beside.open("wb") as copy:
                    shutil.copyfileobj(handle, copy, 1024 * 1024)
                    copy.flush()
                    os.fsync(copy.fileno())
                beside.replace(target)
                source.unlink()
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

        await anyio.to_thread.run_sync(move)

    async def open(self, key: str) -> AsyncIterator[bytes]:
        async with await anyio.open_file(self._path(key), "rb") as handle:
            while chunk := await handle.read(256 * 1024):
                yield chunk

    def local_path(self, key: str) -> Path | None:
        path = self._path(key)
        return path if path.is_file() else None

    async def remove(self, key: str) -> None:
        await anyio.to_thread.run_sync(lambda: self._path(key).unlink(missing_ok=True))
