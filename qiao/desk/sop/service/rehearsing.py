"""Walking through a draft without anything happening: the same machine, nothing written."""

from typing import Any, Final

from qiao.core import clock, i18n
from qiao.core.db import Session
from qiao.core.errors import Invalid
from qiao.desk.sop import checking, machine
from qiao.desk.sop.book import Shelf
from qiao.desk.sop.checking import Faulty
from qiao.desk.sop.document import Check, Procedure
from qiao.desk.sop.machine import Arrival, Frame
from qiao.desk.sop.schemas import RehearseBody, RehearsedAct, RehearseView
from qiao.desk.sop.service import showing
from qiao.desk.sop.service.procedures import known_documents

DRAFT: Final = "draft"


def _facts(locale: str) -> dict[str, Any]:
    """Somebody made up, so that scripts read as they will."""
    return {
        "customer": {"name": i18n.t("sop.sample.customer", locale), "level": "standard"},
        "agent": {"name": i18n.t("sop.sample.agent", locale)},
        "company": {"name": i18n.t("sop.sample.company", locale)},
        "ticket": {"number": "R-10001", "title": i18n.t("sop.sample.title", locale), "fields": {}},
        "conversation": {"number": "1001"},
        "order": {"number": "KL20260001", "total": "¥129.00"},
        "logistics": {"carrier": i18n.t("sop.sample.carrier", locale), "tracking_number": "SF100000000001"},
        "answers": {},
    }


async def rehearse(db: Session, body: RehearseBody) -> RehearseView:
    """Plays the acts from the beginning and shows where one stands. An act that does not fit is told and not counted."""
    try:
        document = checking.parse(body.document)
    except Faulty as faulty:
        raise Invalid.field("document", f"sop.{faulty.faults[0].code}", **faulty.faults[0].params) from None
    known = await known_documents(db)
    if checking.hindrances(checking.faults(document, known)):
        raise Invalid.field("document", "sop.faulty")
    others = {key: one for key, one in known.items() if key != document.procedure}
    shelf = Shelf({DRAFT: document, **others}, {key: key for key in others})
    return play(document, shelf, body.acts, body.locale)


def play(document: Procedure, shelf: Shelf, acts: list[RehearsedAct], locale: str) -> RehearseView:
    facts = _facts(locale)
    arrival = machine.begin(shelf, DRAFT, facts)
    counted: list[tuple[RehearsedAct, Arrival, dict[str, Any], str | None]] = []
    errors: list[dict[str, str]] = []
    kept: list[RehearsedAct] = []
    for act in acts:
        errors = []
        if act.act == "back":
            if counted:
                _, arrival, facts, _ = counted.pop()
                kept.pop()
            continue
        if not arrival.position:
            break
        frame = arrival.position[-1]
        inner = shelf.document(frame.version)
        step = inner.step(frame.step)
        deviation: str | None = None
        gained: dict[str, Any] = {}
        target = act.to if act.to and any(one.id == act.to for one in inner.steps) else inner.after(step)
        if act.act in ("skip", "jump"):
            deviation = None if act.act == "skip" and step.optional else "skipped" if act.act == "skip" else "jumped"
            if target is None:
                errors = [{"field": "to", "message": i18n.t("errors.sop.skip_where", locale)}]
                continue
        else:
            try:
                verdict = machine.judge(inner, step, act.answer, facts)
            except machine.Unanswerable as wrong:
                errors = [
                    {"field": one.field, "message": i18n.t(f"errors.{one.code}", locale, **one.params)}
                    for one in wrong.fields
                ]
                continue
            gained, target = verdict.answers, verdict.target
            if act.act == "against" and isinstance(step, Check) and not verdict.passes:
                target, deviation = inner.after(step), "against"
            elif machine.timing(step, clock.now(), clock.now()) == "early":
                deviation = "early"
        counted.append((act, arrival, facts, deviation))
        kept.append(act)
        facts = machine.with_answers(facts, gained)
        try:
            arrival = machine.onward(shelf, arrival.position, target, facts)
        except machine.Endless:
            errors = [{"field": "", "message": i18n.t("errors.sop.endless", locale)}]
            _, arrival, facts, _ = counted.pop()
            kept.pop()
            break
    path = [one.position[-1].step for _, one, _, _ in counted if one.position]
    path += [frame.step for _, one, _, _ in counted for frame in one.via] + [frame.step for frame in arrival.via]
    current = None
    if arrival.position:
        here: Frame = arrival.position[-1]
        inner = shelf.document(here.version)
        names: list[dict[str, str]] = [
            {str(k): v for k, v in shelf.document(frame.version).name.items()} for frame in arrival.position
        ]
        current = showing.step_view(
            inner,
            inner.step(here.step),
            facts,
            locale,
            say_locale=locale,
            before=None,
            within=names if len(names) > 1 else (),
        )
    return RehearseView(
        current=current,
        path=list(dict.fromkeys(path)),
        outcome=showing.outcome_of(document, arrival.outcome),
        good=arrival.good,
        deviations=[deviation for _, _, _, deviation in counted if deviation],
        errors=errors,
        done=len(counted),
        left=showing.left_of(arrival.position, shelf.documents) if arrival.position else 0,
        acts=kept,
    )
