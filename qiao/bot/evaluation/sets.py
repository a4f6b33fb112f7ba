"""Test sets and their cases: writing, reading, and where the texts they expect stand today."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from qiao.bot.evaluation.models import EvalCase, EvalRun, EvalSet
from qiao.bot.evaluation.schemas import (
    Added,
    CaseBody,
    CaseView,
    RunBrief,
    SetBody,
    SetName,
    SetPatch,
    SetView,
    TextRef,
)
from qiao.bot.flows.book import FlowBook
from qiao.bot.llm.private import hide
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.text import normalize
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import reader_of
from qiao.people.accounts import audit

MOST_CASES = 5_000


def key_of(question: str, context: str | None) -> str:
    """The same question after the same question is the same case."""
    return hashlib.sha256(f"{normalize(question)}\0{normalize(context or '')}".encode()).hexdigest()


async def set_row(db: Session, set_id: UUID, *, lock: bool = False) -> EvalSet:
    row = await db.get(EvalSet, set_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("evaluation.set_not_found")
    return row


# -- sets --------------------------------------------------------------------------------------------------------------


async def names(db: Session) -> list[SetName]:
    """All sets by name, to choose one."""
    rows = (await db.execute(select(EvalSet).order_by(EvalSet.name).limit(500))).scalars()
    return [SetName.model_validate(row) for row in rows]


async def list_sets(db: Session, cursor: str | None, limit: int) -> tuple[list[SetView], str | None]:
    """Sets, the one changed last first."""
    query = select(EvalSet).order_by(EvalSet.updated_at.desc(), EvalSet.id.desc()).limit(limit + 1)
    after = decode_cursor(cursor, tuple[Any, UUID])
    if after:
        query = query.where(func.row(EvalSet.updated_at, EvalSet.id) < func.row(*after))
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
    return await _views(db, rows[:limit]), following


async def get_set(db: Session, set_id: UUID) -> SetView:
    return (await _views(db, [await set_row(db, set_id)]))[0]


async def _views(db: Session, rows: Sequence[EvalSet]) -> list[SetView]:
    ids = [row.id for row in rows]
    outside = func.count().filter(EvalCase.expects == "none")
    counted = await db.execute(
        select(EvalCase.set_id, func.count() - outside, outside)
        .where(EvalCase.set_id.in_(ids))
        .group_by(EvalCase.set_id)
    )
    cases = {set_id: (inside, out) for set_id, inside, out in counted}
    newest = (
        select(EvalRun)
        .where(EvalRun.set_id.in_(ids), EvalRun.state == "done", EvalRun.purpose == "manual")
        .distinct(EvalRun.set_id)
        .order_by(EvalRun.set_id, EvalRun.id.desc())
    )
    last = {run.set_id: RunBrief.model_validate(run) for run in (await db.execute(newest)).scalars()}
    return [
        SetView(
            id=row.id,
            name=row.name,
            description=row.description,
            gate=row.gate,
            cases=sum(cases.get(row.id, (0, 0))),
            in_scope=cases.get(row.id, (0, 0))[0],
            out_of_scope=cases.get(row.id, (0, 0))[1],
            created_at=row.created_at,
            updated_at=row.updated_at,
            last=last.get(row.id),
        )
        for row in rows
    ]


async def create_set(db: Session, actor: Actor, body: SetBody) -> SetView:
    """Raises Conflict when another set has this name. A set that guards publishing is a decision."""
    if body.gate:
        actor.require("evaluation.decide")
    row = EvalSet(id=new_id(), **body.model_dump(), created_by=actor.id, created_at=clock.now(), updated_at=clock.now())
    db.add(row)
    await _flush_name(db)
    await audit.record(db, actor, "evaluation.set_created", "evaluation_set", row.id, {"name": row.name})
    return await get_set(db, row.id)


async def update_set(db: Session, actor: Actor, set_id: UUID, body: SetPatch) -> SetView:
    row = await set_row(db, set_id, lock=True)
    given = {key: value for key, value in body.model_dump(exclude_unset=True).items() if value is not None}
    if given.get("gate", row.gate) != row.gate:
        actor.require("evaluation.decide")
    changes = {key: [getattr(row, key), value] for key, value in given.items() if getattr(row, key) != value}
    for key, value in given.items():
        setattr(row, key, value)
    row.updated_at = clock.now()
    await _flush_name(db)
    await audit.record(db, actor, "evaluation.set_updated", "evaluation_set", row.id, changes)
    return await get_set(db, row.id)


async def _flush_name(db: Session) -> None:
    try:
        async with db.begin_nested():
            await db.flush()
    except IntegrityError:
        raise Conflict("evaluation.name_taken") from None


async def delete_set(db: Session, actor: Actor, set_id: UUID) -> None:
    """With its cases, runs and results."""
    row = await set_row(db, set_id, lock=True)
    if row.gate:
        actor.require("evaluation.decide")
    await audit.record(db, actor, "evaluation.set_deleted", "evaluation_set", row.id, {"name": row.name})
    await db.delete(row)


async def touch(db: Session, set_id: UUID) -> None:
    await db.execute(update(EvalSet).where(EvalSet.id == set_id).values(updated_at=clock.now()))


# -- cases -------------------------------------------------------------------------------------------------------------


async def add_case(db: Session, actor: Actor, set_id: UUID, body: CaseBody) -> Added:
    """Adds a case, once: the same question again only says where it is."""
    await set_row(db, set_id)
    await check_expected(db, actor, body)
    await _room(db, set_id, 1)
    added = await put(db, actor, set_id, [body])
    if added:
        await touch(db, set_id)
        return Added(id=added[0])
    query = select(EvalCase.id).where(
        EvalCase.set_id == set_id, EvalCase.key == key_of(hide(body.question), _hidden(body.context))
    )
    found = (await db.execute(query)).scalar_one()
    return Added(id=found, known=True)


async def _room(db: Session, set_id: UUID, more: int) -> None:
    held = int(await db.scalar(select(func.count()).where(EvalCase.set_id == set_id)) or 0)
    if held + more > MOST_CASES:
        raise Conflict("evaluation.set_full", most=MOST_CASES)


async def put(db: Session, actor: Actor, set_id: UUID, bodies: Sequence[CaseBody]) -> list[UUID]:
    """Stores cases whose expectations were checked. Returns the new ones; questions the set has are left alone."""
    await _room(db, set_id, len(bodies))
    found: list[UUID] = []
    rows = [_values(actor, set_id, body) for body in bodies]
    for start in range(0, len(rows), 500):
        query = insert(EvalCase).values(rows[start : start + 500]).on_conflict_do_nothing()
        found += (await db.execute(query.returning(EvalCase.id))).scalars()
    return found


def _hidden(text: str | None) -> str | None:
    return hide(text) if text else None


def _values(actor: Actor, set_id: UUID, body: CaseBody) -> dict[str, Any]:
    question, context = hide(body.question), _hidden(body.context)
    now = clock.now()
    return {
        "id": new_id(),
        "set_id": set_id,
        "question": question,
        "context": context,
        "key": key_of(question, context),
        "locale": body.locale,
        "channel": body.channel,
        "reader": body.reader,
        "expects": body.expects,
        "expected": list(dict.fromkeys(body.expected)) if body.expects == "texts" else [],
        "flow": body.flow if body.expects == "flow" else None,
        "note": hide(body.note),
        "source": body.source.model_dump(mode="json", exclude_none=True),
        "created_by": actor.id,
        "created_at": now,
        "updated_at": now,
    }


async def check_expected(db: Session, actor: Actor, body: CaseBody) -> None:
    """A case that nothing could ever fulfil is refused."""
    fault = fault_of(body, await possible(db, actor, [body]))
    if fault is not None:
        raise Invalid.field(*fault)


@dataclass(frozen=True, slots=True)
class Possible:
    """What cases may expect: texts the writer may read, and published flows."""

    texts: frozenset[UUID]
    flows: frozenset[str]


async def possible(db: Session, actor: Actor, bodies: Sequence[CaseBody]) -> Possible:
    wanted = {key for body in bodies for key in body.expected}
    known = await articles.named(db, wanted, reader_of(actor)) if wanted else {}
    flows = any(body.expects == "flow" for body in bodies)
    published = await runtime_of(db).get(FlowBook).published(db) if flows else {}
    return Possible(frozenset(known), frozenset(published))


def fault_of(body: CaseBody, may: Possible) -> tuple[str, str] | None:
    """(field, code) of what no knowledge could fulfil; None when a case is sound."""
    if body.expects == "texts" and not body.expected:
        return "expected", "evaluation.expected_needed"
    if body.expects == "texts" and not may.texts.issuperset(body.expected):
        return "expected", "evaluation.text_unknown"
    if body.expects == "flow" and body.flow not in may.flows:
        return "flow", "evaluation.flow_unknown"
    return None


async def update_case(db: Session, actor: Actor, case_id: UUID, body: CaseBody) -> CaseView:
    """Replaces a case; where it comes from stays."""
    row = await _case(db, case_id, lock=True)
    await check_expected(db, actor, body)
    values = _values(actor, row.set_id, body)
    for key in ("question", "context", "key", "locale", "channel", "reader", "expects", "expected", "flow", "note"):
        setattr(row, key, values[key])
    row.updated_at = clock.now()
    try:
        async with db.begin_nested():
            await db.flush()
    except IntegrityError:
        raise Conflict("evaluation.question_known") from None
    await touch(db, row.set_id)
    return (await case_views(db, actor, [row]))[0]


async def _case(db: Session, case_id: UUID, *, lock: bool = False) -> EvalCase:
    row = await db.get(EvalCase, case_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("evaluation.case_not_found")
    return row


async def delete_case(db: Session, actor: Actor, case_id: UUID) -> None:
    row = await _case(db, case_id, lock=True)
    await db.execute(delete(EvalCase).where(EvalCase.id == case_id))
    await touch(db, row.set_id)


async def list_cases(
    db: Session, actor: Actor, set_id: UUID, *, expects: str | None, q: str | None, cursor: str | None, limit: int
) -> tuple[list[CaseView], str | None]:
    """Cases, newest first."""
    await set_row(db, set_id)
    query = select(EvalCase).where(EvalCase.set_id == set_id).order_by(EvalCase.id.desc()).limit(limit + 1)
    if expects:
        query = query.where(EvalCase.expects == expects)
    if q and q.strip():
        query = query.where(EvalCase.question.icontains(q.strip(), autoescape=True))
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(EvalCase.id < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return await case_views(db, actor, rows[:limit]), following


async def case_views(db: Session, actor: Actor, rows: Sequence[EvalCase]) -> list[CaseView]:
    wanted = [key for row in rows for key in row.expected]
    refs = await refs_of(db, actor, wanted)
    there = await articles.existing(db, wanted) if wanted else set()
    found = []
    for row in rows:
        live = [key in there and refs[key].status in (None, "published") for key in row.expected]
        values = {name: getattr(row, name) for name in CaseView.model_fields if name not in ("expected", "gone")}
        found.append(
            CaseView(**values, expected=[refs[key] for key in row.expected], gone=bool(live) and not any(live))
        )
    return found


async def refs_of(db: Session, actor: Actor, ids: Iterable[UUID]) -> dict[UUID, TextRef]:
    """Texts by name as far as the reader may see them."""
    wanted = list(ids)
    known = await articles.named(db, wanted, reader_of(actor)) if wanted else {}
    return {
        key: TextRef(id=key, kind=known[key].source, title=known[key].title, status=known[key].status)
        if key in known
        else TextRef(id=key)
        for key in wanted
    }


async def all_cases(db: Session, set_id: UUID) -> list[EvalCase]:
    """Every case in the order it was added."""
    query = select(EvalCase).where(EvalCase.set_id == set_id).order_by(EvalCase.id)
    return list((await db.execute(query)).scalars())
