"""The verbs of certainty: note decisions and evidence, fit, apply, switch."""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.answering.asking import PLAIN, engine_name
from qiao.bot.answering.certainty import SHIPPED, Certainty, Control, Curve, Step, adjusted, offer_chance
from qiao.bot.answering.ports import Noted
from qiao.bot.certainty import fitting, policy, repository, risk
from qiao.bot.certainty.fitting import Example
from qiao.bot.certainty.models import CertaintyDecision, CertaintyEvidence, CertaintyFit, CertaintySettings
from qiao.bot.certainty.policy import Finding
from qiao.bot.certainty.schemas import CertaintyBody, FitView
from qiao.bot.dialogue import service as dialogue
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import NotFound, Refused
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.search.service import SearchService
from qiao.people.accounts import audit

NEW_EXAMPLES: Final = 20
"""From so many pieces of new evidence on, a fit does not wait for the next day."""
_WORSE: Final = 0.002
_KEPT_SECONDS: Final = 10.0


# -- what applies ------------------------------------------------------------------------------------------------------


class Keeper:
    """Of one process: what applies, looked up at most every few seconds; and where decisions are noted."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self._held: tuple[float, Certainty] | None = None

    async def current(self) -> Certainty:
        held = self._held
        if held is not None and time.monotonic() - held[0] < _KEPT_SECONDS:
            return held[1]
        async with self.runtime.db.read() as db:
            found = await _applying(db)
        self._held = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        """The next question looks it up."""
        self._held = None

    async def note(self, db: Session, noted: Noted) -> None:
        await note(db, noted)


def changed(db: Session) -> None:
    """This process applies the change at once, others in a few seconds."""
    after_commit(db, runtime_of(db).get(Keeper).forget)


async def _applying(db: Session) -> Certainty:
    settings = await settings_row(db)
    plain = Certainty(max_useless=settings.max_useless)
    if not settings.enabled:
        return plain if settings.max_useless != SHIPPED.max_useless else SHIPPED
    row = await db.scalar(select(CertaintyFit).where(CertaintyFit.state == "active"))
    if row is None:
        return plain
    search = runtime_of(db).get(SearchService)
    if not search.loaded.is_set() or row.engine != engine_name(search):
        return plain
    return certainty_of(row, settings.max_useless)


def certainty_of(row: CertaintyFit, max_useless: float) -> Certainty:
    """A stored version as it is applied."""
    curves = {locale: Curve(float(a), float(b)) for locale, (a, b) in row.curves.items()}
    return Certainty(
        version=row.version,
        overall=curves.pop("", Curve()),
        locales=curves,
        answers=_control(row.answers),
        offers=_control(row.offers),
        max_useless=max_useless,
    )


def _control(steps: list[Any]) -> Control:
    return Control(tuple(Step(float(t), int(n), int(wrong), float(bound)) for t, n, wrong, bound in steps))


# -- decisions and evidence --------------------------------------------------------------------------------------------


async def note(db: Session, noted: Noted, *, reckoned: bool = False) -> None:
    """Keeps a decision; repeating it changes nothing."""
    weighed = noted.weighed
    values = {
        "question_id": noted.question_id,
        "answer_id": noted.answer_id,
        "conversation_id": noted.conversation_id,
        "seq": noted.seq,
        "at": noted.at,
        "kind": weighed.kind,
        "action": noted.action,
        "items": list(weighed.items),
        "chances": list(weighed.chances),
        "known": weighed.known,
        "shown": list(weighed.shown),
        "used": weighed.used,
        "topic": weighed.topic,
        "locale": weighed.locale,
        "channel": noted.channel,
        "engine": weighed.engine,
        "version": weighed.version,
        "usable": not weighed.several and bool(weighed.items),
        "reckoned": reckoned,
        "lot": policy.lot(noted.question_id),
        "reviewed": False,
    }
    await db.execute(insert(CertaintyDecision).values(values).on_conflict_do_nothing())


async def learn(db: Session, findings: Iterable[Finding], at: datetime, user_id: UUID | None = None) -> None:
    """Keeps what showed; the last word of a kind counts."""
    values = {"at": at, "noted_at": clock.now(), "user_id": user_id}
    for finding in findings:
        told = {**values, "right": finding.right, "useful": finding.useful}
        query = insert(CertaintyEvidence).values(question_id=finding.question_id, kind=finding.kind, **told)
        changed = (CertaintyEvidence.right.is_distinct_from(finding.right)) | (
            CertaintyEvidence.useful.is_distinct_from(finding.useful)
        )
        await db.execute(query.on_conflict_do_update(index_elements=["question_id", "kind"], set_=told, where=changed))


# -- fits --------------------------------------------------------------------------------------------------------------


async def due(db: Session) -> bool:
    """Whether a fit would know more than the last: so much new evidence, or any and a day has passed."""
    last = await repository.newest_fit(db)
    fresh = await repository.evidence_since(db, last.evidence_at if last else None)
    if not fresh:
        return False
    search = runtime_of(db).get(SearchService)
    if last is None or last.engine != engine_name(search):
        return True
    return fresh >= NEW_EXAMPLES or (clock.now() - last.at).total_seconds() >= 86_400


async def fit(db: Session, actor: Actor) -> FitView:
    """Makes a version of what is known now; it applies unless versions are chosen by hand.

    A layer that does worse on examples it has not seen is left out; what examples show of thresholds counts all the same.
    """
    search = runtime_of(db).get(SearchService)
    await search.loaded.wait()
    engine = engine_name(search)
    rows = await repository.labelled(db, engine)
    examples = [example for row, found in rows if (example := example_of(row, found)) is not None]
    offers = [(row, useful) for row, found in rows if (useful := useful_of(row, found)) is not None]
    if not examples and not offers:
        raise Refused("certainty.no_examples")
    loss = fitting.compared(examples)
    plain = loss is not None and loss[1] > loss[0] + _WORSE
    curves = {"": Curve()} if plain else fitting.by_locale(examples)
    overall = curves[""]

    def score(row: CertaintyDecision) -> float:
        return curves.get(row.locale, overall)(row.chances[0])

    def offer(row: CertaintyDecision) -> float:
        return offer_chance(*adjusted(row.chances, row.known, curves.get(row.locale, overall)), PLAIN)

    drawn = [(score(row), not found["review"].right) for row, found in rows if _judged(found)]
    answers = risk.steps(drawn)
    offered = risk.steps([(offer(row), not useful) for row, useful in offers])
    state = "active" if (await settings_row(db)).automatic else "kept"
    if state == "active":
        await db.execute(update(CertaintyFit).where(CertaintyFit.state == "active").values(state="kept"))
    made = CertaintyFit(
        at=clock.now(),
        state=state,
        engine=engine,
        curves={locale: [curve.a, curve.b] for locale, curve in curves.items()},
        answers=[[s.threshold, s.count, s.wrong, s.bound] for s in answers],
        offers=[[s.threshold, s.count, s.wrong, s.bound] for s in offered],
        figures={
            "examples": len(examples),
            "reviewed": len(drawn),
            "offers": len(offers),
            "loss": loss,
            "plain": plain,
        },
        evidence_at=await repository.newest_evidence(db),
        made_by=actor.id,
    )
    db.add(made)
    await db.flush()
    if actor.kind == "user":
        await audit.record(db, actor, "certainty.fitted", "certainty", made.version, {"state": [None, state]})
    changed(db)
    return await fit_view(db, made)


async def fit_if_possible(db: Session, actor: Actor) -> None:
    """For work in the background: evidence alone need not make an example."""
    try:
        await fit(db, actor)
    except Refused:
        return


def example_of(row: CertaintyDecision, found: dict[str, CertaintyEvidence]) -> Example | None:
    """A decision as an example to fit on, if anything was shown."""
    label = policy.label({kind: evidence.right for kind, evidence in found.items()})
    if label is None:
        return None
    return Example(row.chances[0], label.right, label.weight, row.locale, label.kind == "review")


def useful_of(row: CertaintyDecision, found: dict[str, CertaintyEvidence]) -> bool | None:
    """Whether an offer was taken up. One made for a single word says nothing of its probability."""
    if row.kind != "choices" or row.topic:
        return None
    return policy.useful(evidence.useful for evidence in found.values())


def _judged(found: dict[str, CertaintyEvidence]) -> bool:
    return "review" in found and found["review"].right is not None


async def use(db: Session, actor: Actor, version: int) -> FitView:
    """This version applies from now on; new ones wait until somebody says so."""
    row = await db.get(CertaintyFit, version)
    if row is None:
        raise NotFound("certainty.fit_not_found")
    before = await db.scalar(select(CertaintyFit.version).where(CertaintyFit.state == "active"))
    await db.execute(update(CertaintyFit).where(CertaintyFit.state == "active").values(state="kept"))
    row.state = "active"
    (await settings_row(db, write=True)).automatic = False
    await db.flush()
    await audit.record(db, actor, "certainty.used", "certainty", version, {"version": [before, version]})
    changed(db)
    return await fit_view(db, row)


async def fits(db: Session, cursor: str | None, limit: int) -> tuple[list[FitView], str | None]:
    """Versions, newest first."""
    query = select(CertaintyFit).order_by(CertaintyFit.version.desc()).limit(limit + 1)
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(CertaintyFit.version < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].version) if len(rows) > limit else None
    return await fit_views(db, rows[:limit]), following


async def fit_view(db: Session, row: CertaintyFit) -> FitView:
    return (await fit_views(db, [row]))[0]


async def fit_views(db: Session, rows: Sequence[CertaintyFit]) -> list[FitView]:
    engine = engine_name(runtime_of(db).get(SearchService))
    found = []
    for row in rows:
        a, b = row.curves.get("", (1.0, 0.0))
        loss = row.figures.get("loss")
        found.append(
            FitView(
                version=row.version,
                at=row.at,
                state=row.state,
                current=row.engine == engine,
                a=round(a, 3),
                b=round(b, 3),
                plain=bool(row.figures.get("plain")),
                locales=sorted(locale for locale in row.curves if locale),
                examples=row.figures["examples"],
                reviewed=row.figures["reviewed"],
                offers=row.figures["offers"],
                loss_before=round(loss[0], 4) if loss else None,
                loss_after=round(loss[1], 4) if loss else None,
                made_by=row.made_by,
            )
        )
    return found


# -- settings ----------------------------------------------------------------------------------------------------------


async def settings_row(db: Session, *, write: bool = False) -> CertaintySettings:
    """The one row, or what holds before anybody changed anything."""
    row = await db.get(CertaintySettings, 1, with_for_update=write)
    if row is None:
        row = CertaintySettings(id=1, enabled=True, automatic=True, max_useless=SHIPPED.max_useless)
        if write:
            db.add(row)
    return row


async def read_settings(db: Session) -> CertaintyBody:
    row = await settings_row(db)
    bot = await dialogue.get_settings(db)
    return CertaintyBody(
        max_error=bot.max_error, max_useless=row.max_useless, enabled=row.enabled, automatic=row.automatic
    )


async def put_settings(db: Session, actor: Actor, body: CertaintyBody) -> CertaintyBody:
    """The accepted error goes where the bot keeps its settings."""
    bot = await dialogue.get_settings(db)
    if bot.max_error != body.max_error:
        await dialogue.put_settings(db, actor, bot.model_copy(update={"max_error": body.max_error}))
    row = await settings_row(db, write=True)
    names = ("enabled", "automatic", "max_useless")
    changes = audit.diff({name: getattr(row, name) for name in names}, {name: getattr(body, name) for name in names})
    for name in names:
        setattr(row, name, getattr(body, name))
    await db.flush()
    if changes:
        await audit.record(db, actor, "certainty.settings", "certainty", 1, changes)
    changed(db)
    return body
