"""What one running process is made of; rooms reach shared parts through it instead of through globals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from qiao.core.db import Db, Session
from qiao.core.log import LogTailer
from qiao.core.reactions import ReactionRunner
from qiao.core.settings import Settings

T = TypeVar("T")


@dataclass
class Runtime:
    """One process: its settings, database, log, and the parts rooms have provided at start-up."""

    settings: Settings
    db: Db
    tailer: LogTailer
    reactions: ReactionRunner
    parts: dict[type[Any], Any] = field(default_factory=dict)

    def provide(self, kind: type[T], part: T) -> None:
        """Makes `part` available as `kind` (a class or protocol)."""
        self.parts[kind] = part

    def get(self, kind: type[T]) -> T:
        """The part provided as `kind`. Raises LookupError when nobody provided it."""
        try:
            return cast(T, self.parts[kind])
        except KeyError:
            raise LookupError(f"nothing provides {kind.__qualname__}") from None

    def once(self, kind: type[T], make: Callable[[], T]) -> T:
        """The part provided as `kind`, made by whoever asks first."""
        found = self.find(kind)
        if found is None:
            found = make()
            self.provide(kind, found)
        return found

    def find(self, kind: type[T]) -> T | None:
        return cast("T | None", self.parts.get(kind))


def attach(runtime: Runtime) -> None:
    """Lets sessions of `runtime.db` find it."""
    runtime.db.runtime = runtime


def runtime_of(db: Session) -> Runtime:
    """The runtime a session belongs to."""
    return cast(Runtime, db.info["db"].runtime)
