"""Requests as their customers see them: shared states in our words, whose turn it is, what was said in public."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from qiao.desk.tickets.schemas import EntryView, TicketView

STEPS: Final = ("received", "working", "solved", "closed")
_AT: Final = {"new": 0, "open": 1, "pending": 1, "on_hold": 1, "solved": 2, "closed": 3}
PROMISES: Final = {"first_response": "answer", "next_response": "answer", "resolution": "solve"}
BRIEF: Final = timedelta(minutes=10)
"""What a request has been for less is not worth a line, when nothing was said meanwhile."""
_TOLD: Final = frozenset({"rated"})
"""Public lines of the log that are worth a line here; that it was created stands at the top of the page."""


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    done: bool
    here: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what happened. `kind` is mine, theirs or news."""

    kind: str
    who: str
    text: str
    at: datetime
    files: Sequence[Mapping[str, Any]] = ()


def steps(status: str) -> list[Step]:
    """How far it has come. A request is closed without anybody looking; that step is shown when it is reached."""
    at = _AT[status]
    shown = STEPS if status == "closed" else STEPS[:3]
    return [Step(key, index < at, index == at) for index, key in enumerate(shown)]


def waits_for(view: TicketView) -> UUID | None:
    """The department a request waits for, when it waits for one."""
    found = view.waiting_on or {}
    if view.status != "on_hold" or found.get("kind") != "department":
        return None
    try:
        return UUID(str(found.get("id")))
    except ValueError:
        return None


def promise(view: TicketView, now: datetime) -> tuple[str, datetime] | None:
    """What we said we would do by when; nothing once it is too late to say so, or when it is not our turn."""
    what = PROMISES.get(view.next_due_kind or "")
    if what is None or view.next_due_at is None or view.next_due_at <= now or view.status not in ("new", "open"):
        return None
    return what, view.next_due_at


def open_ways(view: TicketView) -> list[tuple[str, Mapping[str, str], bool]]:
    """Ways a customer may take by themselves to an end: key, words, whether a comment is needed. Going on is done by
    writing."""
    if view.status in ("solved", "closed"):
        return []
    return [
        (move.key, move.label, move.require_comment)
        for move in view.moves or ()
        if move.allowed and not move.missing and move.to.status in ("solved", "closed")
    ]


def may_write(view: TicketView) -> bool:
    """Whether words are taken: a closed request only where its type lets customers open it again."""
    if view.merged_into is not None:
        return False
    if view.status != "closed":
        return True
    return any(move.allowed and move.to.status in ("open", "new") for move in view.moves or ())


def lines(entries: Sequence[EntryView], words: Mapping[str, str]) -> list[Line]:
    """The public timeline. `words`: you, us, and those of `status.<status>` and `event.<type>`."""
    found: list[Line] = []
    status: str | None = None
    step: Line | None = None
    for entry in entries:
        mine = entry.author.kind == "customer"
        who = words["you"] if mine else (entry.author.name if entry.author.kind == "user" else None) or words["us"]
        files = entry.payload.get("files")
        files = [one for one in files if isinstance(one, Mapping)] if isinstance(files, list) else []
        if entry.kind == "comment":
            found.append(Line("mine" if mine else "theirs", who, entry.body, entry.created_at, files))
        elif entry.kind == "change":
            pair = (entry.changes or {}).get("status")
            if pair and str(pair[-1]) != status:
                status = str(pair[-1])
                text = words.get(f"status.{status}")
                if text:
                    # How we passed it around among ourselves within minutes is not their story.
                    if step is not None and found[-1] is step and entry.created_at - step.at < BRIEF:
                        found.pop()
                    step = Line("news", "", text, entry.created_at)
                    found.append(step)
        elif entry.entry_type == "created":
            if files:
                found.append(Line("mine" if mine else "theirs", who, "", entry.created_at, files))
        elif entry.entry_type in _TOLD:
            text = words.get(f"event.{entry.entry_type}")
            if text:
                found.append(Line("news", "", text, entry.created_at))
    return found
