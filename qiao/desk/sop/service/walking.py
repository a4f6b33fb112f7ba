"""Walking a procedure: start, do a step, go back, pause, hand over, stop. No verb commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.core.files import service as files
from qiao.core.ids import new_id
from qiao.desk.sop import book, machine, repository, subjects
from qiao.desk.sop.book import Shelf
from qiao.desk.sop.document import Action, AnyStep, Check, Evidence, Procedure, Script
from qiao.desk.sop.events import RunDeviated, RunFinished, RunMoved, RunStarted
from qiao.desk.sop.machine import Arrival, Frame, Position, Verdict, Visit
from qiao.desk.sop.models import RunRow, StepRow
from qiao.desk.sop.schemas import HandOverBody, RunBody, RunView, StepBody, StopBody
from qiao.desk.sop.service import deeds, showing
from qiao.desk.sop.subjects import Subject
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.notifications import service as notifications

MOST_ACTS: Final = 500
"""A run that is gone through for ever ends here: it can be stopped, and a new one begun."""


@dataclass(slots=True)
class Walk:
    """A run with all that is needed to go on."""

    run: RunRow
    subject: Subject
    rows: Sequence[StepRow]
    shelf: Shelf
    facts: dict[str, Any]

    @property
    def position(self) -> Position:
        return position_of(self.run.position)

    @property
    def here(self) -> tuple[Procedure, AnyStep]:
        """Where one stands. Raises Refused when it is over."""
        if not self.run.position:
            raise Refused("sop.run_over")
        frame = self.position[-1]
        document = self.shelf.document(frame.version)
        return document, document.step(frame.step)

    @property
    def procedure(self) -> Procedure:
        return self.shelf.document(str(self.run.version_id))


def position_of(stored: Sequence[Any]) -> Position:
    return tuple(Frame(str(version), str(step)) for version, step in stored)


def stored(position: Position) -> list[Any]:
    return [[frame.version, frame.step] for frame in position]


def visits(rows: Sequence[StepRow]) -> list[Visit]:
    """The rows that moved, as the machine reads them."""
    return [
        Visit(position_of(row.came_from), position_of(row.went_to), row.answers, row.undone_at is not None)
        for row in rows
        if row.moved
    ]


async def load(db: Session, actor: Actor, run_id: UUID, *, lock: bool = False) -> Walk:
    """A run `actor` may see. Raises NotFound otherwise."""
    run = await repository.run(db, run_id, lock=lock)
    if run is None:
        raise NotFound("sop.run_not_found")
    subject = await subjects.find(db, actor, run.subject_kind, run.subject_id)
    rows = await repository.steps(db, run.id)
    frames = [*position_of(run.origin), *position_of(run.position)]
    versions = {UUID(frame.version) for frame in frames} | {row.version_id for row in rows if row.version_id}
    facts = await subjects.facts(db, actor, subject)
    facts = machine.with_answers(facts, machine.known_answers(visits(rows)))
    return Walk(run, subject, rows, await book.shelf(db, versions | {run.version_id}), facts)


# -- starting ----------------------------------------------------------------------------------------------------------


async def start(
    db: Session,
    actor: Actor,
    procedure_key: str,
    subject_kind: str,
    subject_id: UUID,
    *,
    reason: str = "hand",
) -> UUID:
    """Begins a procedure for a ticket or conversation `actor` may see; the one already open is gone on with.

    Whoever starts it owns it; started by the product, whoever is responsible for the subject does. Returns the run's id.
    """
    subjects.require_may_act(actor, subject_kind)
    subject = await subjects.find(db, actor, subject_kind, subject_id)
    row = await repository.by_key(db, procedure_key)
    if row is None:
        raise NotFound("sop.not_found")
    if row.published_id is None:
        raise Refused("sop.not_published", procedure=procedure_key)
    procedure = await repository.procedure(db, row.id, lock=True)  # two who start at once begin one run
    assert procedure is not None and procedure.published_id is not None
    known = await repository.open_run(db, subject_kind, subject_id, procedure.id)
    if known is not None:
        return known.id
    shelf = await book.shelf(db, [procedure.published_id])
    facts = await subjects.facts(db, actor, subject)
    arrival = _moving(lambda: machine.begin(shelf, str(procedure.published_id), {**facts, "answers": {}}))
    now = clock.now()
    origin = stored(arrival.position)
    run = RunRow(
        id=new_id(),
        procedure_id=procedure.id,
        version_id=procedure.published_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        origin=origin,
        position=origin,
        owner_id=actor.id if actor.kind == "user" else subject.assignee_id,
        start_reason=reason,
        started_by_kind=actor.kind,
        started_by=actor.id,
        deviations=0,
        version=1,
        last_seq=0,
        started_at=now,
        entered_at=now,
        updated_at=now,
    )
    _stand(run, shelf, arrival, now)
    db.add(run)
    await db.flush()
    name = shelf.document(str(run.version_id)).name
    await subjects.HANDLERS[subject_kind].note(db, actor, subject, "started", {"procedure": dict(name)})
    fact = RunStarted(run_id=run.id, procedure=row.key, subject_kind=subject_kind, subject_id=subject_id, reason=reason)
    await emit(db, fact, actor=actor, conversation_id=subject_id, audience=_audience(run, ()))
    if run.owner_id is not None and actor.kind != "user":
        params = {"procedure": subjects.in_locale(name, actor.locale), "subject": subject.label}
        await notifications.tell(db, [run.owner_id], "sop.started", params=params, link=subject.link, actor=actor)
    if arrival.outcome is not None:
        await _finished(db, actor, Walk(run, subject, [], shelf, facts))
    return run.id


def _moving(move: Any) -> Arrival:
    try:
        found: Arrival = move()
    except machine.Endless:
        raise Refused("sop.endless") from None
    return found


def _stand(run: RunRow, shelf: Shelf, arrival: Arrival, now: datetime) -> None:
    """Writes where the run stands now, or how it came out."""
    run.position = stored(arrival.position)
    run.entered_at = run.updated_at = now
    run.remind_at = None
    if arrival.position:
        frame = arrival.position[-1]
        run.step, run.step_version_id = frame.step, UUID(frame.version)
        due = machine.reminders(shelf.document(frame.version).step(frame.step), now)
        run.remind_at = due[0] if due else None
    else:
        run.step, run.step_version_id = None, None
        run.state, run.outcome, run.good, run.ended_at = "finished", arrival.outcome, arrival.good, now


# -- steps -------------------------------------------------------------------------------------------------------------


async def advance(db: Session, actor: Actor, run_id: UUID, body: StepBody, locale: str) -> RunView:
    """Does the step one stands on. The same `client_id` again is the same act; an outdated `version` is refused."""
    walk = await _for_change(db, actor, run_id)
    if _repeated(walk, body.client_id):
        return await showing.view(db, actor, walk, locale)
    _require_state(walk.run, ("active",))
    _require_current(walk, body.version, body.step)
    if len(walk.rows) >= MOST_ACTS:
        raise Refused("sop.too_long", max=MOST_ACTS)
    document, step = walk.here
    now = clock.now()
    verdict, act, deviation = _decide(walk, document, step, body, now)
    if deviation is not None and deviation != "late" and not (body.reason or "").strip():
        raise Invalid("invalid", fields=[FieldError("reason", f"sop.reason_{deviation}", {})])
    answer = verdict.stored
    if isinstance(step, Evidence) and act == "answered":
        items = await _known_files(db, actor, walk, answer["items"])
        answer = {"items": items}
        shown = [item.get("text") or item.get("url") or item.get("name") or "" for item in items]
        verdict = Verdict(answer, {step.id: shown}, verdict.target)
    client_id = body.client_id or f"{run_id}:{walk.run.last_seq + 1}"
    done: dict[str, Any] | None = None
    if act == "answered" and isinstance(step, Action):
        done = await deeds.perform(db, actor, walk.subject, step.action, walk.facts, client_id)
    elif act == "answered" and isinstance(step, Script) and body.send:
        done = await deeds.say(db, actor, walk.subject, step.say, walk.facts, client_id)
    walk.facts = machine.with_answers(walk.facts, verdict.answers)
    arrival = _moving(lambda: machine.onward(walk.shelf, walk.position, verdict.target, walk.facts))
    row = _row(walk, actor, act, now, note=body.note, client_id=body.client_id)
    row.came_from, row.went_to = walk.run.position, stored(arrival.position)
    if arrival.position:
        row.to_step, row.to_version_id = arrival.position[-1].step, UUID(arrival.position[-1].version)
    row.via = [list(frame) for frame in arrival.via]
    row.answer, row.answers, row.done = answer, verdict.answers, done
    row.deviation, row.reason = deviation, (body.reason or "").replace("\x00", "").strip() or None
    db.add(row)
    _stand(walk.run, walk.shelf, arrival, now)
    walk.rows = [*walk.rows, row]
    if deviation is not None:
        walk.run.deviations += 1
    if walk.run.owner_id is None and actor.kind == "user":
        walk.run.owner_id = actor.id
    await _changed(db, actor, walk, act)
    if deviation is not None:
        await _deviated(db, actor, walk, document, step, deviation, row.reason)
    if walk.run.state == "finished":
        await _finished(db, actor, walk)
    return await showing.view(db, actor, walk, locale)


def _decide(
    walk: Walk, document: Procedure, step: AnyStep, body: StepBody, now: datetime
) -> tuple[Verdict, str, machine.DeviationKind | None]:
    """What is done, how it is called, and whether it is a deviation."""
    onward = document.after(step)
    if body.act == "jump":
        target = body.to
        if target is None or all(one.id != target for one in document.steps):
            raise Invalid.field("to", "sop.unknown_step", given=target or "")
        return Verdict({}, {}, target), "jumped", "jumped"
    if body.act == "skip":
        target = body.to or onward
        if target is None or all(one.id != target for one in document.steps):
            raise Invalid.field("to", "sop.skip_where")
        return Verdict({}, {}, target), "skipped", None if step.optional else "skipped"
    try:
        verdict = machine.judge(document, step, body.answer, walk.facts)
    except machine.Unanswerable as wrong:
        raise Invalid("invalid", fields=wrong.fields) from None
    if body.act == "against":
        if not isinstance(step, Check) or verdict.passes or onward is None:
            raise Invalid.field("act", "sop.nothing_against")
        return Verdict(verdict.stored, verdict.answers, onward, passes=False), "against", "against"
    return verdict, "answered", machine.timing(step, walk.run.entered_at, now)


async def _known_files(
    db: Session, actor: Actor, walk: Walk, items: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Files of the actor's, or those this run has already; what the sender claims about them is not believed."""
    had = {
        str(item.get("file_id")): item
        for row in walk.rows
        for item in row.answer.get("items", ())
        if item.get("kind") in ("file", "image")
    }
    found: list[dict[str, Any]] = []
    for number, item in enumerate(items):
        if item["kind"] not in ("file", "image"):
            found.append(dict(item))
            continue
        known = had.get(item["file_id"]) or await files.payload_for_sender(db, actor, item["file_id"])
        is_image = str(known.get("mime", "")).startswith("image/")
        if item["kind"] == "image" and not is_image:
            raise Invalid.field(f"answer.items.{number}", "sop.evidence_image")
        found.append({**known, "kind": "image" if is_image else "file"})
    return found


async def back(db: Session, actor: Actor, run_id: UUID, body: RunBody, locale: str) -> RunView:
    """Goes back one step: what was done last counts no more (but stays in the history)."""
    walk = await _for_change(db, actor, run_id)
    if _repeated(walk, body.client_id):
        return await showing.view(db, actor, walk, locale)
    _require_state(walk.run, ("active",))
    _require_current(walk, body.version)
    last = next((row for row in reversed(walk.rows) if row.moved and row.undone_at is None), None)
    if last is None:
        raise Refused("sop.at_the_beginning")
    now = clock.now()
    row = _row(walk, actor, "back", now, note=body.note, client_id=body.client_id, moved=False)
    db.add(row)
    last.undone_at = now
    if last.deviation is not None:
        walk.run.deviations -= 1
    _stand(walk.run, walk.shelf, Arrival(position_of(last.came_from)), now)
    walk.rows = [*walk.rows, row]
    facts = await subjects.facts(db, actor, walk.subject)
    walk.facts = machine.with_answers(facts, machine.known_answers(visits(walk.rows)))
    await _changed(db, actor, walk, "back")
    return await showing.view(db, actor, walk, locale)


async def pause(db: Session, actor: Actor, run_id: UUID, body: RunBody, locale: str) -> RunView:
    """Puts it aside; reminders wait."""
    return await _aside(db, actor, run_id, body, locale, "paused", ("active",), "paused")


async def resume(db: Session, actor: Actor, run_id: UUID, body: RunBody, locale: str) -> RunView:
    return await _aside(db, actor, run_id, body, locale, "resumed", ("paused",), "active")


async def _aside(
    db: Session, actor: Actor, run_id: UUID, body: RunBody, locale: str, act: str, states: tuple[str, ...], to: str
) -> RunView:
    walk = await _for_change(db, actor, run_id)
    if _repeated(walk, body.client_id):
        return await showing.view(db, actor, walk, locale)
    _require_state(walk.run, states)
    _require_current(walk, body.version)
    now = clock.now()
    row = _row(walk, actor, act, now, note=body.note, client_id=body.client_id, moved=False)
    db.add(row)
    walk.run.state, walk.run.updated_at = to, now
    _, step = walk.here
    due = [at for at in machine.reminders(step, walk.run.entered_at) if at > now]
    walk.run.remind_at = due[0] if due and to == "active" else None
    walk.rows = [*walk.rows, row]
    await _changed(db, actor, walk, act)
    return await showing.view(db, actor, walk, locale)


async def hand_over(db: Session, actor: Actor, run_id: UUID, body: HandOverBody, locale: str) -> RunView:
    """Makes it a colleague's turn; they are told. They must be able to see the subject themselves."""
    walk = await _for_change(db, actor, run_id)
    if _repeated(walk, body.client_id):
        return await showing.view(db, actor, walk, locale)
    _require_state(walk.run, repository.OPEN)
    _require_current(walk, body.version)
    person = (await accounts.people(db, [body.user_id])).get(body.user_id)
    if person is None:
        raise Invalid.field("user_id", "sop.nobody")
    receiver = await actor_for(db, body.user_id)
    try:
        await subjects.find(db, receiver, walk.run.subject_kind, walk.run.subject_id)
    except NotFound:
        raise Invalid.field("user_id", "sop.cannot_see", name=person.name) from None
    now = clock.now()
    row = _row(walk, actor, "handed_over", now, note=body.note, client_id=body.client_id, moved=False)
    row.done = {"to": str(body.user_id), "name": person.name}
    db.add(row)
    walk.run.owner_id, walk.run.updated_at = body.user_id, now
    walk.rows = [*walk.rows, row]
    await _changed(db, actor, walk, "handed_over")
    params = {
        "procedure": subjects.in_locale(walk.procedure.name, receiver.locale),
        "subject": walk.subject.label,
    }
    link = walk.subject.link
    await notifications.tell(db, [body.user_id], "sop.handed_over", params=params, link=link, actor=actor)
    return await showing.view(db, actor, walk, locale)


async def stop(db: Session, actor: Actor, run_id: UUID, body: StopBody, locale: str) -> RunView:
    """Leaves it for good where it stands."""
    walk = await _for_change(db, actor, run_id)
    if _repeated(walk, body.client_id):
        return await showing.view(db, actor, walk, locale)
    _require_state(walk.run, repository.OPEN)
    _require_current(walk, body.version)
    now = clock.now()
    row = _row(walk, actor, "stopped", now, note=body.note, client_id=body.client_id, moved=False)
    row.reason = body.reason.replace("\x00", "").strip()
    db.add(row)
    run = walk.run
    run.state, run.ended_at, run.updated_at, run.remind_at = "stopped", now, now, None
    walk.rows = [*walk.rows, row]
    await _changed(db, actor, walk, "stopped")
    await _finished(db, actor, walk, reason=row.reason)
    return await showing.view(db, actor, walk, locale)


# -- what all share ----------------------------------------------------------------------------------------------------


async def _for_change(db: Session, actor: Actor, run_id: UUID) -> Walk:
    walk = await load(db, actor, run_id, lock=True)
    subjects.require_may_act(actor, walk.run.subject_kind)
    return walk


def _repeated(walk: Walk, client_id: str | None) -> bool:
    return client_id is not None and any(row.client_id == client_id for row in walk.rows)


def _require_state(run: RunRow, states: tuple[str, ...]) -> None:
    if run.state not in states:
        raise Refused(
            "sop.run_paused" if run.state == "paused" else "sop.run_over" if run.ended_at else "sop.run_active"
        )


def _require_current(walk: Walk, version: int, step: str | None = None) -> None:
    run = walk.run
    if run.version != version or (step is not None and step != run.step):
        raise Conflict("sop.run_moved", version=run.version, step=run.step)


def _row(
    walk: Walk,
    actor: Actor,
    act: str,
    now: datetime,
    *,
    note: str,
    client_id: str | None,
    moved: bool = True,
) -> StepRow:
    run = walk.run
    run.last_seq += 1
    return StepRow(
        id=new_id(),
        run_id=run.id,
        seq=run.last_seq,
        act=act,
        moved=moved,
        version_id=run.step_version_id,
        step=run.step,
        came_from=run.position,
        went_to=run.position,
        via=[],
        answer={},
        answers={},
        note=note.replace("\x00", "").strip(),
        by_kind=actor.kind,
        by_id=actor.id,
        client_id=client_id,
        entered_at=run.entered_at,
        left_at=now,
    )


def _audience(run: RunRow, rows: Sequence[StepRow]) -> Audience:
    """All who have to do with it; others ask when they look."""
    users = {run.owner_id, run.started_by if run.started_by_kind == "user" else None}
    users |= {row.by_id for row in rows if row.by_kind == "user"}
    return Audience(users=tuple(sorted(user for user in users if user is not None)))


async def _changed(db: Session, actor: Actor, walk: Walk, act: str) -> None:
    run = walk.run
    run.version += 1
    run.updated_at = clock.now()
    await db.flush()
    fact = RunMoved(
        run_id=run.id, subject_kind=run.subject_kind, subject_id=run.subject_id, version=run.version, act=act
    )
    await emit(db, fact, actor=actor, conversation_id=run.subject_id, audience=_audience(run, walk.rows))


async def _deviated(
    db: Session,
    actor: Actor,
    walk: Walk,
    document: Procedure,
    step: AnyStep,
    deviation: str,
    reason: str | None,
) -> None:
    run = walk.run
    fact = RunDeviated(
        run_id=run.id,
        procedure=document.procedure,
        subject_kind=run.subject_kind,
        subject_id=run.subject_id,
        step=step.id,
        deviation=deviation,
    )
    await emit(db, fact, actor=actor, conversation_id=run.subject_id)
    params = {
        "procedure": dict(walk.procedure.name),
        "step": showing.title_of(step),
        "kind": {locale: i18n.t(f"sop.deviation.{deviation}", locale) for locale in i18n.LOCALES},
        "reason": reason or "",
    }
    await subjects.HANDLERS[run.subject_kind].note(db, actor, walk.subject, "deviated", params)


async def _finished(db: Session, actor: Actor, walk: Walk, *, reason: str | None = None) -> None:
    run = walk.run
    fact = RunFinished(
        run_id=run.id,
        procedure=walk.procedure.procedure,
        subject_kind=run.subject_kind,
        subject_id=run.subject_id,
        outcome=run.outcome,
        good=bool(run.good),
        deviations=run.deviations,
    )
    await emit(db, fact, actor=actor, conversation_id=run.subject_id)
    params: dict[str, Any] = {"procedure": dict(walk.procedure.name), "deviations": run.deviations}
    entry = "finished" if run.state == "finished" else "stopped"
    if entry == "finished":
        params["outcome"] = showing.outcome_of(walk.procedure, run.outcome) or run.outcome or ""
    else:
        params["reason"] = reason or ""
    await subjects.HANDLERS[run.subject_kind].note(db, actor, walk.subject, entry, params)
