"""What happens to clocks: they start, stand still, run again, get other targets, end. Changes rows in memory; no queries.

Every change first settles what time has already done, so that the outcome never depends on when a sweep came by.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from qiao.core.ids import new_id
from qiao.desk.sla import clock as clocks
from qiao.desk.sla.clock import SECOND, Clock
from qiao.desk.sla.events import SlaBreached
from qiao.desk.sla.models import ClockRow
from qiao.desk.sla.rules import Policy, Rulebook

OPEN: Final = frozenset({"running", "paused", "breached"})
DONE: Final = frozenset({"solved", "closed"})
NO_PROMISE: Final = "no_promise"
"""Why a clock stands still that no policy asks for any more: what has counted is kept for when one does again."""
RESPONSES: Final = ("first_response", "next_response")


def clock_of(row: ClockRow) -> Clock:
    return Clock(row.target_s * SECOND, row.spent_us, row.since)


def is_open(row: ClockRow) -> bool:
    return row.state in OPEN


def start(
    book: Rulebook, policy: Policy, kind: str, *, subject_id: UUID, priority: int, status: str, at: datetime
) -> ClockRow | None:
    """A new clock as the policy promises it; None when it promises nothing of this kind."""
    terms = policy.terms.get((kind, priority))
    if terms is None:
        return None
    row = ClockRow(
        id=new_id(),
        subject_kind=policy.subject,
        subject_id=subject_id,
        kind=kind,
        policy_id=policy.id,
        calendar_id=terms.calendar_id,
        target_s=terms.target_s,
        priority=priority,
        state="paused",
        started_at=at,
        spent_us=0,
        since=None,
        segments=[],
        fired=[],
        acted=[],
    )
    if status in policy.pause_on:
        row.paused_why, row.paused_since = status, at
    else:
        _run(row, book, at)
    return row


def settle(row: ClockRow, at: datetime) -> None:
    """The promise was broken at its due time, whoever looks at it when."""
    if row.state == "running" and row.due_at is not None and row.due_at < at:
        row.state, row.breached_at = "breached", row.due_at


def whole(rows: Iterable[ClockRow]) -> set[UUID]:
    """Those nobody knows to be broken."""
    return {row.id for row in rows if row.breached_at is None}


def newly_broken(rows: Iterable[ClockRow], whole: Collection[UUID]) -> list[SlaBreached]:
    """What there is to tell of those that were `whole` and are found broken."""
    return [
        SlaBreached(
            ticket_id=row.subject_id if row.subject_kind == "ticket" else None,
            clock_id=row.id,
            clock_kind=row.kind,
            policy_id=row.policy_id,
            breached_at=row.breached_at,
        )
        for row in rows
        if row.id in whole and row.breached_at is not None
    ]


def posture(row: ClockRow, book: Rulebook, status: str, at: datetime) -> None:
    """Lets it run or stand still, as the status and its policy say."""
    if row.paused_why == NO_PROMISE:
        return
    if status in book.pauses(row.policy_id):
        stand(row, book, at, status)
    else:
        _run(row, book, at)


def stand(row: ClockRow, book: Rulebook, at: datetime, why: str) -> None:
    settle(row, at)
    if row.since is not None:
        _close_stretch(row, book, at)
        row.since = row.next_at = None
        if row.state != "breached":
            row.state, row.due_at = "paused", None
        row.paused_since = at
    elif row.paused_why != why:
        if row.paused_since is not None:
            _note_pause(row, at)
        row.paused_since = at
    row.paused_why = why


def retarget(row: ClockRow, book: Rulebook, policy: Policy | None, priority: int, status: str, at: datetime) -> bool:
    """Follows the policy that applies now. What has counted stays counted. Returns whether anything changed."""
    terms = policy.terms.get((row.kind, priority)) if policy is not None else None
    row.priority = priority
    if policy is None or terms is None:
        if row.paused_why == NO_PROMISE:
            return False
        stand(row, book, at, NO_PROMISE)
        return True
    same = (row.policy_id, row.target_s, row.calendar_id) == (policy.id, terms.target_s, terms.calendar_id)
    if same and row.paused_why != NO_PROMISE:
        before = (row.due_at, row.next_at)
        refresh(row, book)  # the ladder may be another one
        return before != (row.due_at, row.next_at)
    settle(row, at)
    if row.since is not None:
        _close_stretch(row, book, at)
        row.since = at
    if row.target_s != terms.target_s:
        _note_target(row, at)
    row.policy_id, row.target_s, row.calendar_id = policy.id, terms.target_s, terms.calendar_id
    if row.paused_why == NO_PROMISE:
        _note_pause(row, at)
        row.paused_why = row.paused_since = None
    posture(row, book, status, at)
    refresh(row, book)
    return True


def refresh(row: ClockRow, book: Rulebook) -> None:
    """Computes anew when it runs out and when the sweep has to look."""
    if row.since is None:
        row.next_at = None
        return
    ruler = book.ruler(row.calendar_id)
    clock = clock_of(row)
    broken = row.breached_at is not None
    if not broken:
        row.due_at = clocks.due(clock, ruler)
    steps = book.steps(row.policy_id, row.kind, row.target_s)
    row.next_at = clocks.next_step(clock, ruler, steps, {step["id"] for step in row.fired}, broken=broken)


def finish(row: ClockRow, book: Rulebook, at: datetime) -> None:
    """What was promised is done, in time or late."""
    _end(row, book, at)
    if row.paused_why == NO_PROMISE:
        row.state = "cancelled"
        return
    row.state, row.met_at, row.paused_why = "met", at, None


def cancel(row: ClockRow, book: Rulebook, at: datetime) -> None:
    """Nothing has to be done any more. That it was broken before, if so, stays known."""
    _end(row, book, at)
    row.state = "cancelled"


def earlier(one: ClockRow, other: ClockRow, book: Rulebook, at: datetime) -> ClockRow:
    """The promise that runs out first if both ran from now on; a broken one before one that is not."""

    def runs_out(row: ClockRow) -> datetime:
        if row.breached_at is not None:
            return row.breached_at
        ruler = book.ruler(row.calendar_id)
        left = clocks.remaining(clock_of(row), ruler, at)
        return ruler.after(at, left) or at + timedelta(days=36_500)

    return other if runs_out(other) < runs_out(one) else one


def next_due(rows: Iterable[ClockRow]) -> tuple[datetime | None, str | None, bool]:
    """What a ticket shows: when the first of its open promises runs out, which, and whether one is broken. A kind without
    a time stands still."""
    open_rows = [row for row in rows if is_open(row) and row.paused_why != NO_PROMISE]
    timed = [row for row in open_rows if row.due_at is not None]
    first = min(timed, key=lambda row: (row.due_at, row.kind), default=None) or min(
        open_rows, key=lambda row: row.kind, default=None
    )
    broken = any(row.state == "breached" for row in open_rows)
    return (first.due_at, first.kind, broken) if first is not None else (None, None, False)


def target_when_broken(row: ClockRow) -> int:
    """In seconds; the target may have been another one since."""
    for at, target_s in _former_targets(row):
        if row.breached_at is not None and at > row.breached_at:
            return target_s
    return row.target_s


def broken_by_change(row: ClockRow) -> bool:
    """Whether it ran out because what had counted was more than a new target allows."""
    return any(at == row.breached_at for at, _ in _former_targets(row))


def find(rows: Sequence[ClockRow], *kinds: str) -> list[ClockRow]:
    return [row for row in rows if row.kind in kinds and is_open(row)]


# -- within ------------------------------------------------------------------------------------------------------------


def _run(row: ClockRow, book: Rulebook, at: datetime) -> None:
    if row.since is not None:
        settle(row, at)
        return
    if row.paused_since is not None:
        _note_pause(row, at)
    row.since = at
    row.paused_why = row.paused_since = None
    if row.state == "paused":
        row.state = "running"
    refresh(row, book)


def _end(row: ClockRow, book: Rulebook, at: datetime) -> None:
    settle(row, at)
    if row.since is not None:
        _close_stretch(row, book, at)
    elif row.paused_since is not None:
        _note_pause(row, at)
    row.since = row.next_at = row.paused_since = None
    if row.breached_at is None:
        row.due_at = None
    row.ended_at = at


def _close_stretch(row: ClockRow, book: Rulebook, at: datetime) -> None:
    assert row.since is not None
    counted = book.ruler(row.calendar_id).between(row.since, at)
    row.spent_us += counted
    _note(row, row.since, at, calendar=row.calendar_id, why=None, counted=counted)


def _note_target(row: ClockRow, at: datetime) -> None:
    """What was promised until now."""
    moment = at.isoformat()
    row.segments = [*row.segments, {"from": moment, "to": moment, "why": None, "spent_s": 0, "target_s": row.target_s}]


def _former_targets(row: ClockRow) -> list[tuple[datetime, int]]:
    """What was promised until when, in order."""
    return [(datetime.fromisoformat(part["to"]), part["target_s"]) for part in row.segments if "target_s" in part]


def _note_pause(row: ClockRow, at: datetime) -> None:
    assert row.paused_since is not None
    _note(row, row.paused_since, at, calendar=None, why=row.paused_why, counted=0)


def _note(
    row: ClockRow, start: datetime, end: datetime, *, calendar: UUID | None, why: str | None, counted: int
) -> None:
    segment = {
        "from": start.isoformat(),
        "to": end.isoformat(),
        "calendar": str(calendar) if calendar else None,
        "why": why,
        "spent_s": counted / SECOND,
    }
    row.segments = [*row.segments, segment]
