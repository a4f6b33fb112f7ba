"""Vector caches: in memory, and in one SQLite file of the data folder."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from qiao.knowledge.search.ports import Vectors

_BATCH = 500


def vector_key(embedder: str, kind: str, text: str) -> bytes:
    return blake2b(f"{embedder}\0{kind}\0{text}".encode(), digest_size=16).digest()


class MemoryVectorCache:
    def __init__(self) -> None:
        self._vectors: dict[bytes, Vectors] = {}

    def get(self, keys: Sequence[bytes], dimensions: int) -> Mapping[bytes, Vectors]:
        return {key: self._vectors[key] for key in keys if key in self._vectors}

    def put(self, vectors: Mapping[bytes, Vectors]) -> None:
        self._vectors.update(vectors)

    def close(self) -> None:
        """Nothing to give back."""


class SqliteVectorCache:
    """Half precision (1 KB a vector; cosines move by less than 0.001). Losing the file costs time, never answers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, keys: Sequence[bytes], dimensions: int) -> Mapping[bytes, Vectors]:
        found: dict[bytes, Vectors] = {}
        with self._lock:
            connection = self._open()
            for start in range(0, len(keys), _BATCH):
                batch = keys[start : start + _BATCH]
                marks = ",".join("?" * len(batch))
                rows = connection.execute(f"SELECT key, value FROM vectors WHERE key IN ({marks})", batch)  # noqa: S608
                for key, value in rows:
                    if len(value) == 2 * dimensions:
                        found[key] = np.frombuffer(value, np.float16).astype(np.float32)
        return found

    def put(self, vectors: Mapping[bytes, Vectors]) -> None:
        rows = [(key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items()]
        with self._lock, self._open() as connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = self._connect()
            except sqlite3.DatabaseError:
                self._path.unlink(missing_ok=True)  # damaged: it is a cache
                self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=10, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection
