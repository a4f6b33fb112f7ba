"""Runs: a set asked of a configuration, in the background, case by case, to be gone on with after a restart."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.dialogue import service as dialogue
from qiao.bot.evaluation import policy, sets
from qiao.bot.evaluation.knowledge import opened
from qiao.bot.evaluation.models import EvalCase, EvalResult, EvalRun
from qiao.bot.evaluation.schemas import (
    Comparison,
    Config,
    Pair,
    ResultView,
    RunBody,
    RunBrief,
    SignView,
    TextRef,
)
from qiao.bot.evaluation.trial import Settings, Trial, asker_for, attempt
from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.text import normalize
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import may_read, reader_of

JOB: Final = "evaluation.run"
KEPT: Final = 100
"""Runs of a set that are kept; the oldest go."""
_SHOWN: Final = 5
_BATCH: Final = 25
_BATCH_SECONDS: Final = 0.7


class Cancelled(Exception):
    """Somebody ended the run."""


async def run_row(db: Session, run_id: UUID, *, lock: bool = False) -> EvalRun:
    row = await db.get(EvalRun, run_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("evaluation.run_not_found")
    return row


async def start(
    db: Session, actor: Actor, set_id: UUID, body: RunBody, *, purpose: str = "manual", job: bool = True
) -> RunBrief:
    """Asks for a run. It begins after commit; without a `job` the caller carries it out."""
    await sets.set_row(db, set_id)
    total = int(await db.scalar(select(func.count()).where(EvalCase.set_id == set_id)) or 0)
    if not total:
        raise Refused("evaluation.set_empty")
    if body.config.at is not None and body.config.at > clock.now():
        raise Invalid.field("config.at", "evaluation.at_future")
    row = EvalRun(
        id=new_id(),
        set_id=set_id,
        purpose=purpose,
        name=body.name.strip(),
        config=body.config.model_dump(mode="json", exclude_none=True),
        state="queued",
        total=total,
        created_by=actor.id,
        created_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    if job:
        row.job_id = await jobs.enqueue(db, actor, JOB, {"run_id": str(row.id)}, total=total)
    await _forget_old(db, set_id)
    return RunBrief.model_validate(row)


async def _forget_old(db: Session, set_id: UUID) -> None:
    old = select(EvalRun.id).where(EvalRun.set_id == set_id).order_by(EvalRun.id.desc()).offset(KEPT)
    await db.execute(delete(EvalRun).where(EvalRun.id.in_(old), EvalRun.state.not_in(("queued", "running"))))


async def cancel(db: Session, run_id: UUID) -> RunBrief:
    """Ends a run that is not done; what it has found stays."""
    row = await run_row(db, run_id, lock=True)
    if row.state in ("queued", "running"):
        row.state, row.finished_at = "cancelled", clock.now()
    return RunBrief.model_validate(row)


async def remove(db: Session, run_id: UUID) -> None:
    row = await run_row(db, run_id, lock=True)
    if row.state in ("queued", "running"):
        raise Refused("evaluation.run_running")
    await db.delete(row)


# -- doing it ----------------------------------------------------------------------------------------------------------


async def settings_of(db: Session, config: Config) -> Settings:
    own = await dialogue.get_settings(db)
    return Settings(config.max_error or own.max_error, own.misses_before_handoff, config.model)


async def carry_out(runtime: Runtime, run_id: UUID, progress: jobs.Progress | None = None) -> None:
    """Asks what has not been asked yet and sums up. Done again after a crash, it goes on where it was."""
    began = await runtime.db.run(lambda db: _begin(db, run_id))
    if began is None:
        return
    config, cases, settings = began
    try:
        held_out: dict[UUID, set[str]] = {}
        for case in cases:
            if case.source.get("kind") == "phrasing":
                for key in case.expected:
                    held_out.setdefault(key, set()).add(normalize(case.question))
        async with opened(runtime, config, held_out) as (search, spaces):
            async with runtime.db.read() as db:
                query = select(EvalResult.case_id).where(EvalResult.run_id == run_id)
                asked = set((await db.execute(query)).scalars())
            batch: list[dict[str, Any]] = []
            since = time.monotonic()
            for position, case in enumerate(cases):
                if case.id in asked:
                    continue
                trial = await attempt(
                    runtime,
                    search,
                    settings,
                    case.question,
                    asker=asker_for(case.reader, case.channel),
                    locale=case.locale,
                    context=case.context,
                )
                batch.append(_result(run_id, position, case, trial, spaces))
                if len(batch) >= _BATCH or time.monotonic() - since > _BATCH_SECONDS:
                    await _keep(runtime, run_id, batch, progress, len(cases))
                    batch, since = [], time.monotonic()
            await _keep(runtime, run_id, batch, progress, len(cases))
    except Cancelled:
        return
    except Exception as error:
        message = repr(error)[:500]
        await runtime.db.run(lambda db: _end(db, run_id, "failed", error=message))
        raise
    await runtime.db.run(lambda db: _sum_up(db, run_id, len(spaces)))


async def _begin(db: Session, run_id: UUID) -> tuple[Config, list[EvalCase], Settings] | None:
    row = await db.get(EvalRun, run_id, with_for_update=True)
    if row is None or row.state in ("done", "cancelled"):
        return None
    config = Config.model_validate(row.config)
    row.state, row.started_at, row.error = "running", row.started_at or clock.now(), None
    cases = await sets.all_cases(db, row.set_id)
    row.total = len(cases)
    return config, cases, await settings_of(db, config)


def _result(
    run_id: UUID, position: int, case: EvalCase, trial: Trial, spaces: Mapping[UUID, UUID | None]
) -> dict[str, Any]:
    outcome = trial.outcome
    expects: policy.Expects = case.expects  # type: ignore[assignment]  # the table's check says so
    verdict = policy.verdict(expects, case.expected, case.flow, outcome)
    return {
        "run_id": run_id,
        "case_id": case.id,
        "position": position,
        "question": case.question,
        "context": case.context,
        "locale": case.locale,
        "reader": case.reader,
        "expects": case.expects,
        "expected": case.expected,
        "flow": case.flow,
        "space_id": next((spaces[key] for key in case.expected if key in spaces), None),
        "decision": outcome.decision,
        "given": list(outcome.given),
        "given_flow": outcome.flow,
        "verdict": verdict,
        "weight": policy.WEIGHTS[verdict],
        "rank": trial.rank_of(set(case.expected)) if case.expects == "texts" else None,
        "probability": trial.hits[0].probability if trial.hits else 0.0,
        "found": trial.found(_SHOWN),
        "why": trial.why | {"present": sum(key in spaces for key in case.expected)},
        "ms": round(trial.ms, 2),
    }


async def _keep(
    runtime: Runtime, run_id: UUID, batch: Sequence[dict[str, Any]], progress: jobs.Progress | None, total: int
) -> None:
    async def work(db: Session) -> int | None:
        row = await db.get(EvalRun, run_id, with_for_update=True)
        if row is None or row.state == "cancelled":
            return None
        if batch:
            await db.execute(insert(EvalResult).values(list(batch)).on_conflict_do_nothing())
        row.done = int(await db.scalar(select(func.count()).where(EvalResult.run_id == run_id)) or 0)
        return row.done

    done = await runtime.db.run(work)
    if done is None:
        raise Cancelled
    if progress is not None:
        await progress.step(done, total)


async def _end(db: Session, run_id: UUID, state: str, *, error: str | None = None) -> None:
    await db.execute(
        update(EvalRun)
        .where(EvalRun.id == run_id, EvalRun.state.in_(("queued", "running")))
        .values(state=state, error=error, finished_at=clock.now())
    )


async def _sum_up(db: Session, run_id: UUID, texts: int) -> None:
    row = await db.get(EvalRun, run_id, with_for_update=True)
    if row is None or row.state != "running":
        return
    query = select(
        EvalResult.expects,
        EvalResult.verdict,
        EvalResult.decision,
        EvalResult.rank,
        EvalResult.locale,
        EvalResult.space_id,
        EvalResult.probability,
        EvalResult.ms,
    ).where(EvalResult.run_id == run_id)
    results = (await db.execute(query)).all()
    whole = policy.Tally()
    locales: dict[str, policy.Tally] = {}
    spaces: dict[str, policy.Tally] = {}
    verdicts: dict[str, int] = {}
    sure: list[tuple[float, bool]] = []
    for one in results:
        tallies = [whole, locales.setdefault(one.locale, policy.Tally())]
        if one.space_id is not None:
            tallies.append(spaces.setdefault(str(one.space_id), policy.Tally()))
        for tally in tallies:
            tally.add(one.expects, one.verdict, one.decision, one.rank)
        verdicts[one.verdict] = verdicts.get(one.verdict, 0) + 1
        if one.expects != "flow":
            sure.append((one.probability, one.rank == 1))
    times = [one.ms for one in results]
    row.figures = {
        **whole.view(),
        "verdicts": verdicts,
        "by_locale": {key: tally.view() for key, tally in locales.items()},
        "by_space": {key: tally.view() for key, tally in spaces.items()},
        "reliability": policy.reliability(sure),
        "curve": policy.curve(sure),
        "ms_p50": policy.percentile(times, 0.5),
        "ms_p99": policy.percentile(times, 0.99),
    }
    row.state, row.texts, row.done, row.finished_at = "done", texts, len(results), clock.now()


# -- reading -----------------------------------------------------------------------------------------------------------


async def get(db: Session, run_id: UUID) -> RunBrief:
    return RunBrief.model_validate(await run_row(db, run_id))


async def listing(
    db: Session, set_id: UUID | None, *, purpose: str | None = None, cursor: str | None, limit: int
) -> tuple[list[RunBrief], str | None]:
    """Runs, newest first."""
    query = select(EvalRun).order_by(EvalRun.id.desc()).limit(limit + 1)
    if set_id is not None:
        await sets.set_row(db, set_id)
        query = query.where(EvalRun.set_id == set_id)
    if purpose is not None:
        query = query.where(EvalRun.purpose == purpose)
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(EvalRun.id < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return [RunBrief.model_validate(row) for row in rows[:limit]], following


async def results(
    db: Session, actor: Actor, run_id: UUID, *, verdict: str | None, cursor: str | None, limit: int
) -> tuple[list[ResultView], str | None]:
    """What came of the cases, in the order of the set."""
    await run_row(db, run_id)
    query = select(EvalResult).where(EvalResult.run_id == run_id).order_by(EvalResult.position).limit(limit + 1)
    if verdict:
        query = query.where(EvalResult.verdict == verdict)
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(EvalResult.position > after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].position) if len(rows) > limit else None
    return await _shown(db, actor, rows[:limit]), following


async def _shown(db: Session, actor: Actor, rows: Sequence[EvalResult]) -> list[ResultView]:
    """Results with names only of what the reader may see, today and when it was found."""
    reader = reader_of(actor)
    wanted = {key for row in rows for key in (*row.expected, *row.given)}
    wanted |= {UUID(hit["id"]) for row in rows for hit in row.found}
    refs = await sets.refs_of(db, actor, wanted)
    there = await articles.existing(db, wanted) if wanted else set()
    views = []
    for row in rows:
        found = []
        for hit in row.found:
            key = UUID(hit["id"])
            seen = may_read(hit["readers"], reader) and (key not in there or refs[key].title is not None)
            hidden = {"title": None, "matched": None, "kind": None}
            found.append(
                {k: v for k, v in (hit if seen else hit | hidden).items() if k != "readers"} | {"live": key in there}
            )
        named = {UUID(hit["id"]): TextRef(id=hit["id"], kind=hit["kind"], title=hit["title"]) for hit in found}
        values = {name: getattr(row, name) for name in ResultView.model_fields}
        values |= {
            "expected": [refs[key] for key in row.expected],
            "given": [refs[key] if key in there else named.get(key, refs[key]) for key in row.given],
            "found": found,
        }
        views.append(ResultView(**values))
    return views


async def every_result(db: Session, run_id: UUID) -> list[EvalResult]:
    query = select(EvalResult).where(EvalResult.run_id == run_id).order_by(EvalResult.position)
    return list((await db.execute(query)).scalars())


# -- comparing ---------------------------------------------------------------------------------------------------------


async def weights(db: Session, before: UUID, after: UUID) -> list[tuple[int, int]]:
    """The weights of the cases that stand in both runs with the same expectation."""
    first, second = _sides()
    query = (
        select(first.weight, second.weight)
        .join(second, _same(first, second))
        .where(first.run_id == before, second.run_id == after)
    )
    return [(old, new) for old, new in await db.execute(query)]


def _sides() -> tuple[Any, Any]:
    from sqlalchemy.orm import aliased

    return aliased(EvalResult), aliased(EvalResult)


def _same(first: Any, second: Any) -> Any:
    """The same case, expecting the same; one whose expectation was changed meanwhile cannot be compared."""
    return (
        (first.case_id == second.case_id)
        & (first.expects == second.expects)
        & (first.expected == second.expected)
        & (first.question == second.question)
    )


async def compare(db: Session, before: UUID, after: UUID) -> Comparison:
    """Two runs in figures."""
    one, two = await run_row(db, before), await run_row(db, after)
    if one.set_id != two.set_id:
        raise Refused("evaluation.other_set")
    pairs = await weights(db, before, after)
    good = [(old == policy.BEST, new == policy.BEST) for old, new in pairs]
    sign = policy.sign_test(sum(new > old for old, new in good), sum(new < old for old, new in good))
    return Comparison(
        before=RunBrief.model_validate(one),
        after=RunBrief.model_validate(two),
        common=len(pairs),
        only_before=one.done - len(pairs),
        only_after=two.done - len(pairs),
        regressions=sum(new < old for old, new in pairs),
        improvements=sum(new > old for old, new in pairs),
        sign=sign_view(sign),
    )


def sign_view(sign: policy.Sign) -> SignView:
    return SignView(better=sign.better, worse=sign.worse, p=round(sign.p, 6), says=sign.says)


async def pairs(
    db: Session, actor: Actor, before: UUID, after: UUID, *, only: str | None, cursor: str | None, limit: int
) -> tuple[list[Pair], str | None]:
    """The cases of two runs side by side, those that became worse first, then those that became better."""
    first, second = _sides()
    change = second.weight - first.weight
    # Worse first and worst of all at the top, then better ones, then what stayed as it was.
    order = func.coalesce(func.nullif(change, 0), 99)
    query = (
        select(first, second, order.label("place"))
        .join(second, _same(first, second))
        .where(first.run_id == before, second.run_id == after)
        .order_by(order, first.position)
        .limit(limit + 1)
    )
    conditions = {"worse": change < 0, "better": change > 0, "changed": (change != 0) | (first.given != second.given)}
    if only in conditions:
        query = query.where(conditions[only])
    mark = decode_cursor(cursor, tuple[int, int])
    if mark:
        query = query.where(func.row(order, first.position) > func.row(*mark))
    rows = (await db.execute(query)).all()
    following = encode_cursor(rows[limit - 1].place, rows[limit - 1][0].position) if len(rows) > limit else None
    rows = rows[:limit]
    shown = await _shown(db, actor, [side for row in rows for side in row[:2]])
    may = actor.may("knowledge.edit")
    found = []
    for number, row in enumerate(rows):
        old, new = shown[2 * number], shown[2 * number + 1]
        mend = next((ref.id for ref in new.expected if ref.kind == "faq"), None) if may else None
        found.append(Pair(before=old, after=new, change=row[1].weight - row[0].weight, mend=mend))
    return found, following
