"""Runs as people see them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.files import service as files
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.sop import book, repository, subjects
from qiao.desk.sop.document import (
    Action,
    AnyStep,
    Branch,
    Check,
    Choice,
    End,
    Form,
    Procedure,
    Script,
    SendText,
    Sub,
    Timer,
)
from qiao.desk.sop.machine import Position
from qiao.desk.sop.models import RunRow, StepRow, VersionRow
from qiao.desk.sop.schemas import Person, RunSummary, RunView, StepLine, StepView, Text
from qiao.desk.sop.texts import fill, named, shown_value, words
from qiao.desk.tickets.definition import FieldSpec
from qiao.people.accounts import service as accounts

if TYPE_CHECKING:
    from qiao.desk.sop.service.walking import Walk

_TITLED = 40


def _text(written: Mapping[Any, str]) -> Text:
    return dict(written)


def title_of(step: AnyStep) -> Text:
    """What a step is called: its title, or the beginning of what it says."""
    if step.title:
        return _text(step.title)
    if isinstance(step, End):
        return _text(step.label)
    text: Mapping[Any, str] | None = getattr(step, "text", None)
    if not text:
        return dict.fromkeys(i18n.LOCALES, step.id)
    return {locale: one if len(one) <= _TITLED else one[: _TITLED - 1] + "…" for locale, one in text.items()}


def outcome_of(document: Procedure, outcome: str | None) -> Text | None:
    """The words of an outcome, as the procedure names it."""
    if outcome is None:
        return None
    found = (step.label for step in document.steps if isinstance(step, End) and step.outcome == outcome)
    label = next(found, None)
    return _text(label) if label else dict.fromkeys(i18n.LOCALES, outcome)


def step_view(
    document: Procedure,
    step: AnyStep,
    facts: Mapping[str, Any],
    locale: str,
    *,
    say_locale: str,
    before: Mapping[str, Any] | None,
    within: Iterable[Text] = (),
    can_send: bool = True,
) -> StepView:
    """A step ready to be shown to who reads `locale`, with words for a customer who reads `say_locale`."""
    missing: list[str] = []

    def filled(text: Mapping[Any, str] | None, to: str) -> str:
        shown, gone = fill(words(text, to), subjects.for_texts(facts, to), to)
        missing.extend(name for name in gone if name not in missing)
        return shown

    said: Mapping[Any, str] | None = None
    if isinstance(step, Script):
        said = step.say
    elif isinstance(step, Action) and isinstance(step.action, SendText):
        said = step.action.text
    say = {one: filled(said, one) for one in dict.fromkeys((say_locale, *said))} if said else None
    return StepView(
        id=step.id,
        type=step.type,
        step=step.model_dump(mode="json", exclude_none=True, exclude={"note"}),
        text=filled(getattr(step, "text", None), locale),
        title=words(title_of(step), locale),
        say=say,
        say_locale=say_locale if say else None,
        missing=[named(path, locale) for path in missing],
        before=dict(before) if before else None,
        within=list(within),
        can_send=bool(say) and can_send,
    )


def left_from(document: Procedure, step_id: str) -> int:
    """How many steps one would still stand on, on the shortest way to an end, this one included."""
    ends = {step.id for step in document.steps if isinstance(step, End)}
    cost, waiting = {step_id: 0}, [step_id]
    best: int | None = None
    while waiting:
        current = waiting.pop(0)
        if current in ends:
            best = cost[current] if best is None else min(best, cost[current])
            continue
        step = document.step(current)
        weight = 0 if isinstance(step, Branch) else 1
        for target in document.leads_to(step):
            if target not in cost or cost[target] > cost[current] + weight:
                cost[target] = cost[current] + weight
                waiting.append(target)
    return best if best is not None else 1


def left_of(position: Position, documents: Mapping[str, Procedure]) -> int:
    """The same for a stack: what is left of each procedure around it, too."""
    total = 0
    for depth, frame in enumerate(position):
        rest = left_from(documents[frame.version], frame.step)
        total += rest if depth == len(position) - 1 else max(0, rest - 1)
    return total


# -- runs --------------------------------------------------------------------------------------------------------------


async def summaries(db: Session, runs: Sequence[RunRow], labels: Mapping[UUID, str]) -> list[RunSummary]:
    """Runs in a list. `labels` are the numbers of their subjects."""
    versions = await repository.version_rows(db, {run.version_id for run in runs})
    wanted = {run.version_id for run in runs} | {run.step_version_id for run in runs if run.step_version_id}
    shelf = await book.shelf(db, wanted)
    people = await accounts.people(db, {run.owner_id for run in runs if run.owner_id})
    return [
        _summary(run, versions, {UUID(key): one for key, one in shelf.documents.items()}, people, labels)
        for run in runs
    ]


def _summary(
    run: RunRow,
    versions: Mapping[UUID, VersionRow],
    documents: Mapping[UUID, Procedure],
    people: Mapping[UUID, Any],
    labels: Mapping[UUID, str],
) -> RunSummary:
    document = documents[run.version_id]
    inner = documents.get(run.step_version_id) if run.step_version_id else None
    known = inner is not None and any(one.id == run.step for one in inner.steps)
    owner = people.get(run.owner_id) if run.owner_id else None
    return RunSummary(
        id=run.id,
        procedure_id=run.procedure_id,
        key=document.procedure,
        name=_text(document.name),
        number=versions[run.version_id].number,
        subject_kind=run.subject_kind,  # the table allows no other
        subject_id=run.subject_id,
        subject=labels.get(run.subject_id, ""),
        state=run.state,
        step=run.step,
        step_title=title_of(inner.step(run.step)) if inner is not None and known and run.step else None,
        outcome=outcome_of(document, run.outcome),
        good=run.good,
        owner=Person(id=owner.id, name=owner.name) if owner else None,
        start_reason=run.start_reason,  # written by us
        deviations=run.deviations,
        version=run.version,
        started_at=run.started_at,
        entered_at=run.entered_at,
        ended_at=run.ended_at,
    )


async def view(db: Session, actor: Actor, walk: "Walk", locale: str) -> RunView:
    """A run as `actor` sees it, in their language."""
    run = walk.run
    [summary] = await summaries(db, [run], {walk.subject.id: walk.subject.label})
    ids = {row.by_id for row in walk.rows if row.by_kind == "user" and row.by_id}
    people = await accounts.people(db, ids)
    current: StepView | None = None
    steps: dict[str, Text] = {}
    if run.position:
        document, step = walk.here
        within: list[Text] = [_text(walk.shelf.document(frame.version).name) for frame in walk.position[:-1]]
        before = next(
            (row.answer for row in reversed(walk.rows) if row.undone_at is not None and row.step == step.id), None
        )
        current = step_view(
            document,
            step,
            walk.facts,
            locale,
            say_locale=walk.subject.locale,
            before=_with_links(runtime_of(db), before) if before else None,
            within=[*within, _text(document.name)] if within else [],
        )
        if isinstance(step, Timer):
            if step.at_least is not None:
                current.ready_at = run.entered_at + timedelta(minutes=step.at_least)
            if step.at_most is not None:
                current.late_at = run.entered_at + timedelta(minutes=step.at_most)
        steps = {one.id: title_of(one) for one in document.steps if not isinstance(one, Branch | Sub)}
    effective = [row for row in walk.rows if row.moved and row.undone_at is None]
    others = [Person(id=one.id, name=one.name) for one in people.values() if one.id != run.owner_id]
    return RunView(
        **summary.model_dump(),
        done=len(effective),
        left=left_of(walk.position, walk.shelf.documents) if run.position and run.state in repository.OPEN else 0,
        current=current,
        history=[_line(runtime_of(db), walk, row, people, locale) for row in walk.rows],
        others=others,
        steps=steps,
        may=subjects.may_act(actor, run.subject_kind),
    )


def _line(runtime: Runtime, walk: "Walk", row: StepRow, people: Mapping[UUID, Any], locale: str) -> StepLine:
    document = walk.shelf.documents.get(str(row.version_id)) if row.version_id else None
    step = next((one for one in document.steps if one.id == row.step), None) if document else None
    if row.by_kind == "user" and row.by_id and row.by_id in people:
        by = people[row.by_id].name
    else:
        by = i18n.t(f"sop.by.{row.by_kind}", locale)
    return StepLine(
        seq=row.seq,
        act=row.act,
        step=row.step,
        title=title_of(step) if step else {},
        type=step.type if step else None,
        procedure=_text(document.name) if document else {},
        answer=_with_links(runtime, row.answer),
        shown=shown_answer(step, row.answer, locale) if step else "",
        note=row.note,
        deviation=row.deviation,
        reason=row.reason,
        done=row.done,
        by=by,
        entered_at=row.entered_at,
        left_at=row.left_at,
        to_step=row.to_step,
        undone=row.undone_at is not None,
    )


def _with_links(runtime: Runtime, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Links to files are made for the reader, never stored."""
    items = answer.get("items")
    if not isinstance(items, list):
        return dict(answer)
    return {**answer, "items": [files.with_links(runtime, item) for item in items]}


def shown_answer(step: AnyStep, answer: Mapping[str, Any], locale: str) -> str:
    """An answer in words."""
    value = answer.get("value")
    if isinstance(step, Choice):
        found = next((option.label for option in step.options if option.key == value), None)
        return words(found, locale) if found else ""
    if isinstance(step, Check):
        return _shown_field(step.value, value, locale) if step.value else shown_value(value, locale)
    if isinstance(step, Form):
        values = answer.get("values") or {}
        pairs = [
            f"{words(spec.label, locale)}{'：' if locale == 'zh-CN' else ': '}{_shown_field(spec, values[spec.key], locale)}"
            for spec in step.fields
            if values.get(spec.key) is not None
        ]
        return ("；" if locale == "zh-CN" else "; ").join(pairs)
    items = answer.get("items")
    if isinstance(items, list):
        names = [str(item.get("text") or item.get("url") or item.get("name") or "") for item in items]
        return ("、" if locale == "zh-CN" else ", ").join(names)
    return ""


def _shown_field(spec: FieldSpec, value: Any, locale: str) -> str:
    if spec.kind in ("choice", "choices", "cascade"):
        names: list[str] = []
        level = spec.options
        for key in value if isinstance(value, list) else [value]:
            option = next((one for one in level if one.key == key), None)
            if option is None:
                continue
            names.append(words(option.label, locale))
            if spec.kind == "cascade":
                level = option.children
        return (" / " if spec.kind == "cascade" else "、" if locale == "zh-CN" else ", ").join(names)
    return shown_value(value, locale)
