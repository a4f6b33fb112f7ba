"""Pure decisions of blocking: who is meant by a block, and who writes too fast."""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

PER_MINUTE: Final = 20
PER_HOUR: Final = 200
REMEMBERED: Final = 50_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A block that stands."""

    id: UUID
    kind: str
    value: str
    customer_id: UUID | None
    inbox_id: UUID | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Rule:
    """How an inbox takes messages in."""

    handling: str = "refuse"
    per_minute: int = PER_MINUTE
    per_hour: int = PER_HOUR


def meant(
    blocks: Iterable[Standing], inbox_id: UUID, address: str, customer_id: UUID, now: datetime
) -> Standing | None:
    """The block a sender falls under, if any."""
    plain = address.strip().casefold()
    for block in blocks:
        if block.inbox_id not in (None, inbox_id) or (block.expires_at is not None and block.expires_at <= now):
            continue
        if block.kind == "customer":
            hit = block.customer_id == customer_id
        elif block.kind == "address":
            hit = plain == block.value
        elif block.kind == "domain":
            domain = plain.rpartition("@")[2] if "@" in plain else ""
            hit = domain == block.value or domain.endswith("." + block.value)
        else:
            digits = plain.lstrip("+")
            hit = digits.isdigit() and digits.startswith(block.value.lstrip("+"))
        if hit:
            return block
    return None


class Pace:
    """How fast senders write, as this process sees it. Bounded: who was quiet longest is forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[UUID, str], deque[float]] = OrderedDict()

    def too_fast(self, inbox_id: UUID, address: str, rule: Rule, now: float) -> bool:
        """Counts a message, and says whether it is one too many."""
        key = (inbox_id, address)
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        while times and now - times[0] > 3600:
            times.popleft()
        times.append(now)
        while len(times) > rule.per_hour + 1:
            times.popleft()  # no more is needed to know that it is too many
        return len(times) > rule.per_hour or sum(now - at <= 60 for at in times) > rule.per_minute
