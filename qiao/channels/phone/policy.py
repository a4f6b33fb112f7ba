"""What the facts of a call add up to. Pure.

A PBX reports late, twice, and in any order. So nothing here moves from state to state as facts come in: the record is worked
out anew from all facts there are, sorted by when they happened. The same facts give the same record, however they came.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

EventKind = Literal[
    "ringing", "answered", "held", "resumed", "transferred", "ended", "missed", "abandoned", "recording", "voicemail"
]
State = Literal["ringing", "active", "held", "ended", "missed", "abandoned"]
Direction = Literal["inbound", "outbound"]
LIVE: Final = frozenset({"ringing", "active", "held"})
OVER: Final = frozenset({"ended", "missed", "abandoned"})
# Facts of the same moment in the order in which they make sense.
_RANK: Final = {
    "ringing": 0, "answered": 1, "held": 2, "resumed": 3, "transferred": 4, "missed": 5, "abandoned": 6, "ended": 7,
    "recording": 8, "voicemail": 9,
}  # fmt: skip
LONGEST: Final = timedelta(days=2)
RINGS: Final = timedelta(minutes=5)
"""A telephone nobody reports of for so long does not ring any more."""
LASTS: Final = timedelta(hours=12)
"""A call that began so long ago and whose end nobody reported is over."""
LOST: Final = "lost:"


@dataclass(frozen=True, slots=True)
class Fact:
    """One report of the PBX. `key` is the same when it says the same thing twice."""

    key: str
    kind: EventKind
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What a call was, or is so far. `extension` is who speaks or spoke last; `ringing` are those it rings at now."""

    state: State
    direction: Direction
    number: str | None
    name: str
    line: str | None
    extension: str | None
    ringing: tuple[str, ...]
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    wait_s: int
    talk_s: int
    held_s: int
    hung_up_by: str | None
    reason: str | None
    transfers: tuple[dict[str, Any], ...]
    recording: dict[str, Any] | None
    voicemail: dict[str, Any] | None


def is_lost(state: str, started_at: datetime, heard_at: datetime, now: datetime) -> bool:
    """Whether a call is to be taken for over because nobody reports of it any more."""
    if state == "ringing":
        return heard_at < now - RINGS
    return state in LIVE and started_at < now - LASTS and heard_at < now - RINGS


def supposed_end(facts: Iterable[Fact]) -> Fact:
    """The end nobody reported: when it was last heard of. It holds until something more is reported."""
    told = _told(facts)
    data = {"hung_up_by": "system", "reason": "not_reported"}
    return Fact(f"{LOST}{len(told)}", "ended", max(fact.at for fact in told), data)


def _told(facts: Iterable[Fact]) -> list[Fact]:
    """What the PBX said of the call itself; what was recorded of it comes when it likes."""
    unique = {fact.key: fact for fact in facts}
    reported = [fact for fact in unique.values() if not fact.key.startswith(LOST)]
    return [fact for fact in reported if fact.kind not in ("recording", "voicemail")] or reported


def fold(facts: Iterable[Fact]) -> Record:
    """The record of a call. Raises ValueError when there are no facts."""
    unique = {fact.key: fact for fact in sorted(facts, key=lambda fact: (fact.key, fact.kind, fact.at))}
    still = f"{LOST}{len(_told(unique.values()))}"
    story = sorted(
        (fact for fact in unique.values() if not fact.key.startswith(LOST) or fact.key == still),
        key=lambda fact: (fact.at, _RANK[fact.kind], fact.key),
    )
    if not story:
        raise ValueError("a call without facts")
    answers = [fact for fact in story if fact.kind == "answered"]
    end = next((fact for fact in story if fact.kind == "ended"), None)
    gone = next((fact for fact in story if fact.kind == "abandoned"), None)
    started = min(fact.at for fact in story if fact.kind not in ("recording", "voicemail")) if any(
        fact.kind not in ("recording", "voicemail") for fact in story
    ) else story[0].at  # fmt: skip
    answered_at = answers[0].at if answers else None
    ended_at = end.at if end is not None else None
    said = _seconds(end.data.get("talk_s")) if end is not None else None
    if answered_at is None and end is not None and said:
        # It says how long they spoke, and the report of the answer is lost or still to come.
        answered_at = max(started, end.at - timedelta(seconds=said))
    state = _state(story, answered_at, end, gone)
    if state in OVER and ended_at is None:
        ended_at = _last(story, ("missed", "abandoned"))
    if answered_at is not None and ended_at is not None and ended_at < answered_at:
        ended_at = answered_at  # clocks of a PBX's parts differ
    hung_up_by = _value(story, "hung_up_by", ("ended",)) or ("customer" if state == "abandoned" else None)
    until = ended_at or story[-1].at
    talk = (
        said if said is not None else int((ended_at - answered_at).total_seconds()) if answered_at and ended_at else 0
    )
    return Record(
        state=state,
        direction="outbound" if _value(story, "direction") == "outbound" else "inbound",
        number=_value(story, "number"),
        name=_value(story, "name") or "",
        line=_value(story, "line"),
        extension=_speaker(story, answered_at),
        ringing=_ringing(story, state),
        started_at=started,
        answered_at=answered_at,
        ended_at=ended_at,
        wait_s=max(0, int(((answered_at or until) - started).total_seconds())),
        talk_s=max(0, talk) if answered_at else 0,
        held_s=min(_held(story, answered_at, ended_at), max(0, talk) if ended_at else 10**9),
        hung_up_by=hung_up_by,
        reason=_value(story, "reason", ("ended", "missed", "abandoned")),
        transfers=tuple(
            {"at": fact.at.isoformat(), "from": fact.data.get("extension"), "to": fact.data.get("to_extension")}
            for fact in story
            if fact.kind == "transferred"
        ),
        recording=_attachment(story, "recording"),
        voicemail=_attachment(story, "voicemail"),
    )


def _state(story: list[Fact], answered_at: datetime | None, end: Fact | None, gone: Fact | None) -> State:
    if end is not None:
        if answered_at is not None:
            return "ended"
        return "abandoned" if gone is not None or end.data.get("hung_up_by") == "customer" else "missed"
    if answered_at is not None:
        holding = [fact.kind for fact in story if fact.kind in ("answered", "held", "resumed", "transferred")]
        return "held" if holding[-1] == "held" else "active"
    if gone is not None:
        return "abandoned"
    calling = [fact for fact in story if fact.kind in ("ringing", "missed")]
    if any(fact.kind == "missed" for fact in calling) and not _ringing(story, "ringing"):
        return "missed"
    return "ringing"


def _ringing(story: list[Fact], state: State) -> tuple[str, ...]:
    """Extensions it rings at: since the last answer or transfer, but for those that did not pick up."""
    if state in OVER:
        return ()
    now: dict[str, None] = {}
    for fact in story:
        if fact.kind in ("answered", "abandoned"):
            now.clear()
        elif fact.kind == "ringing":
            for extension in fact.data.get("extensions") or ():
                now[extension] = None
        elif fact.kind == "missed":
            given = fact.data.get("extensions") or ([fact.data["extension"]] if fact.data.get("extension") else None)
            for extension in given if given is not None else list(now):
                now.pop(extension, None)
    return tuple(now)


def _speaker(story: list[Fact], answered_at: datetime | None) -> str | None:
    found: str | None = None
    for fact in story:
        if fact.kind == "answered":
            found = fact.data.get("extension") or found
        elif fact.kind == "transferred":
            found = fact.data.get("to_extension") or found
    if found is None and answered_at is not None:
        found = _value(story, "extension", ("ended",))
    if found is None:
        # Who dialled speaks, whatever comes of it.
        outgoing = _value(story, "direction") == "outbound"
        found = _value(story, "extension", ("ringing", "ended")) if outgoing else None
    return found


def _held(story: list[Fact], answered_at: datetime | None, ended_at: datetime | None) -> int:
    if answered_at is None:
        return 0
    total, since = 0.0, None
    for fact in story:
        if fact.kind == "held" and since is None:
            since = fact.at
        elif fact.kind in ("resumed", "transferred", "answered") and since is not None:
            total += (fact.at - since).total_seconds()
            since = None
    if since is not None and ended_at is not None and ended_at > since:
        total += (ended_at - since).total_seconds()
    return max(0, int(total))


def _value(story: list[Fact], name: str, kinds: tuple[str, ...] | None = None) -> str | None:
    """What the earliest fact that says something says."""
    for fact in story:
        if (kinds is None or fact.kind in kinds) and fact.data.get(name):
            return str(fact.data[name])
    return None


def _last(story: list[Fact], kinds: tuple[str, ...]) -> datetime | None:
    return next((fact.at for fact in reversed(story) if fact.kind in kinds), None)


def _attachment(story: list[Fact], kind: str) -> dict[str, Any] | None:
    """The newest link or file; one may also come with the end of the call."""
    found: dict[str, Any] | None = None
    for fact in story:
        link = fact.data.get(f"{kind}_url") or (fact.data.get("url") if fact.kind == kind else None)
        file_id = fact.data.get("file_id") if fact.kind == kind else None
        if link or file_id:
            found = {"url": link, "file_id": file_id}
    return found


def _seconds(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and 0 <= value <= LONGEST.total_seconds() else None
