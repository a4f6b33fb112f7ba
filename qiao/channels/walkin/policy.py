"""Pure decisions of the counter: which move is legal, who is called next, how long it will take, what can be booked."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.people.organization import hours
from qiao.people.organization.hours import Calendar


class State(StrEnum):
    WAITING = "waiting"
    CALLED = "called"
    SERVING = "serving"
    PARKED = "parked"
    SERVED = "served"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Move(StrEnum):
    """What happens to a visit."""

    CALL = "call"
    RECALL = "recall"
    START = "start"
    MISS = "miss"
    BACK = "back"
    LATER = "later"
    PARK = "park"
    RESUME = "resume"
    TRANSFER = "transfer"
    RELEASE = "release"
    END = "end"
    CANCEL = "cancel"


LIVE: Final = frozenset({State.WAITING, State.CALLED, State.SERVING, State.PARKED})
AT_COUNTER: Final = frozenset({State.CALLED, State.SERVING})

_W, _C, _S, _P, _D, _M, _X = State
TRANSITIONS: Final[dict[tuple[State, Move], State]] = {
    (_W, Move.CALL): _C,
    (_M, Move.CALL): _C,
    (_C, Move.RECALL): _C,
    (_C, Move.START): _S,
    (_C, Move.MISS): _M,
    (_M, Move.BACK): _W,
    (_W, Move.LATER): _W,
    (_S, Move.PARK): _P,
    (_P, Move.RESUME): _S,
    (_W, Move.TRANSFER): _W,
    (_C, Move.TRANSFER): _W,
    (_S, Move.TRANSFER): _W,
    (_P, Move.TRANSFER): _W,
    (_C, Move.RELEASE): _W,
    (_S, Move.RELEASE): _W,
    (_P, Move.RELEASE): _W,
    (_C, Move.END): _D,
    (_S, Move.END): _D,
    (_P, Move.END): _D,
    (_W, Move.CANCEL): _X,
    (_C, Move.CANCEL): _X,
    (_P, Move.CANCEL): _X,
    (_M, Move.CANCEL): _X,
}


class MoveRefused(Exception):
    """The move is not legal from this state."""

    def __init__(self, state: State, move: Move):
        super().__init__(f"{state} -{move}-> ?")
        self.state = state
        self.move = move


def next_state(state: State, move: Move, *, may_return: bool = True) -> State:
    """Where `move` leads. Who was missed and let the time run out cannot come back. Raises MoveRefused."""
    found = TRANSITIONS.get((state, move))
    if found is None or (state is State.MISSED and not may_return):
        raise MoveRefused(state, move)
    return found


def code_of(prefix: str, number: int) -> str:
    """`A001`; after the thousandth of a day simply longer."""
    return f"{prefix}{number:03d}"


# -- the order of calling ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """Head starts, in minutes."""

    priority_minutes: int = 15
    """For each step of priority above the ordinary."""
    appointment_minutes: int = 30
    late_minutes: int = 15
    """Later than this, an appointment counts no more."""
    early_minutes: int = 30
    """Coming earlier than this before an appointment gains nothing."""

    @property
    def longest(self) -> timedelta:
        """Nobody is passed by anyone who came more than this after them."""
        return timedelta(minutes=max(2 * self.priority_minutes, self.appointment_minutes))


def rank_at(arrived: datetime, priority: int, booked: datetime | None, rules: Rules) -> datetime:
    """A visitor's place: the moment they count from. Smaller is earlier.

    Arrival, less the larger of the two head starts. It does not change while they wait, so waiting always pays: somebody who
    comes later than `rules.longest` after them has a later moment whatever their right of way.
    """
    head = timedelta(minutes=(priority - 1) * rules.priority_minutes)
    since = arrived
    if booked is not None and arrived <= booked + timedelta(minutes=rules.late_minutes):
        head = max(head, timedelta(minutes=rules.appointment_minutes))
        since = max(arrived, booked - timedelta(minutes=rules.early_minutes))
    return since - head


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in line."""

    id: UUID
    service_id: UUID
    sort_at: datetime
    wanted_counter_id: UUID | None = None

    @property
    def place(self) -> tuple[datetime, UUID]:
        return (self.sort_at, self.id)


@dataclass(frozen=True, slots=True)
class Open:
    """A counter with somebody behind it. `busy_s` is how long its current visitor has been there, None: it is free."""

    id: UUID
    taking: frozenset[UUID]
    serves: UUID | None = None
    busy_s: float | None = None


def may_call(counter: Open, waiting: Waiting, open_ids: AbstractSet[UUID]) -> bool:
    """Whether this counter is one that calls them. One they were passed on to has them for itself while it is open."""
    if waiting.wanted_counter_id == counter.id:
        return True
    if waiting.service_id not in counter.taking:
        return False
    return waiting.wanted_counter_id is None or waiting.wanted_counter_id not in open_ids


def next_of(line: Iterable[Waiting], counter: Open, open_ids: AbstractSet[UUID]) -> Waiting | None:
    """Whom the counter calls next."""
    return min((w for w in line if may_call(counter, w, open_ids)), key=lambda w: w.place, default=None)


def behind(line: Sequence[datetime], places: int, now: datetime) -> datetime:
    """A place in line (sorted moments) behind the next `places` people; in an empty one, the first."""
    if not line:
        return now
    if places == 0:
        return line[0] - timedelta(microseconds=1)
    return line[min(places, len(line)) - 1] + timedelta(microseconds=1)


# -- how long it will take ---------------------------------------------------------------------------------------------

PRIOR: Final = 3
"""How many measured visits the average somebody has entered weighs as much as."""


def pace(entered_s: float, measured_s: Sequence[float]) -> float:
    """Seconds a visit takes: what was entered for the service, moved towards what was measured today."""
    return (PRIOR * entered_s + sum(measured_s)) / (PRIOR + len(measured_s))


@dataclass(frozen=True, slots=True)
class Outlook:
    """`ahead` people come first. `wait_s` None: no counter is open for them."""

    ahead: int
    wait_s: int | None


def outlook(
    line: Iterable[Waiting],
    counters: Sequence[Open],
    paces: Mapping[UUID, float],
    *,
    service_id: UUID,
    place: tuple[datetime, UUID] | None,
    wanted: UUID | None = None,
) -> Outlook:
    """What somebody at `place` (None: at the end) for a service can expect.

    wait = (work of all ahead of them + what is left at busy counters) ÷ counters open for their service; ahead are those
    with an earlier place whom one of these counters would call first. A visitor who stays longer than usual counts as
    about to leave.
    """
    mine = [c for c in counters if c.id == wanted] or [c for c in counters if service_id in c.taking]
    open_ids = {c.id for c in counters}
    earlier = [w for w in line if place is None or w.place < place]
    if mine:
        ahead = [w for w in earlier if any(may_call(c, w, open_ids) for c in mine)]
    else:
        ahead = [w for w in earlier if w.service_id == service_id]
    if not mine:
        return Outlook(len(ahead), None)
    if not ahead and any(c.busy_s is None for c in mine):
        return Outlook(0, 0)
    work = sum(paces[w.service_id] for w in ahead)
    for counter in mine:
        if counter.busy_s is not None and counter.serves is not None:
            work += max(0.0, paces[counter.serves] - counter.busy_s)
    return Outlook(len(ahead), round(work / len(mine)))


# -- appointments ------------------------------------------------------------------------------------------------------


def slots(calendar: Calendar | None, zone: ZoneInfo, day: date, minutes: int) -> Iterator[datetime]:
    """Beginnings of whole slots of a day, in UTC. No calendar: round the clock."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    following = day + timedelta(days=1)
    end = datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)
    length = timedelta(minutes=minutes)
    stretches = [(start, end)] if calendar is None else hours.stretches(calendar, start, end)
    for opened, closed in stretches:
        at = opened
        while at + length <= closed:
            yield at
            at += length


def today(zone: ZoneInfo, now: datetime) -> date:
    """The date on the site's wall."""
    return now.astimezone(zone).date()


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed (nearest rank)."""
    if not values:
        return None
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))
    return ordered[min(len(ordered), int(rank)) - 1]
