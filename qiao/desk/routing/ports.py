"""What rooms above tell routing about their channels; a part of the runtime."""

from dataclasses import dataclass, field

from qiao.core.db import Session
from qiao.core.runtime import Runtime, runtime_of


@dataclass
class ByHand:
    """Channels whose conversations are called by people and never handed out: who waits at a counter is called to it.

    They wait in their queues like all others; matching, offers and overflow leave them alone.
    """

    channels: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, runtime: Runtime) -> "ByHand":
        """The part of `runtime`, made by whoever asks first."""
        return runtime.once(cls, cls)


def by_hand(db: Session) -> set[str]:
    """Names of channels that are called by hand."""
    return ByHand.of(runtime_of(db)).channels
