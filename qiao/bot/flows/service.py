"""The verbs of flows: edit, check, rehearse, publish, restore."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from qiao.bot.flows import checking, rehearsal
from qiao.bot.flows.checking import Fault, FlowFaulty, hindrances, to_yaml
from qiao.bot.flows.document import Flow, dump
from qiao.bot.flows.events import FlowPublished
from qiao.bot.flows.from_procedure import to_flow
from qiao.bot.flows.models import FlowRow, FlowRunRow, FlowVersionRow
from qiao.bot.flows.rehearsal import RehearsalWorld
from qiao.bot.flows.schemas import (
    CheckBody,
    CheckView,
    DraftBody,
    FaultView,
    FlowCreate,
    FlowItem,
    FlowView,
    FromProcedure,
    RehearseBody,
    RehearseView,
    RunView,
    SaidView,
    TestView,
    VersionDetail,
    VersionView,
)
from qiao.bot.flows.state import State
from qiao.bot.tools import service as tools
from qiao.bot.tools.ports import Call, Result, Subject, ToolSpec
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.sop import service as procedures
from qiao.people.accounts import audit
from qiao.people.customers import service as customers

_AUDIENCE = Audience(permission="flows.manage")
COUNTED = timedelta(days=30)

# -- views -------------------------------------------------------------------------------------------------------------


def _fault_views(found: list[Fault], locale: str) -> list[FaultView]:
    return [FaultView(code=f.code, step=f.step, field=f.field, text=f.text(locale), warning=f.warning) for f in found]


def read(document: Mapping[str, Any], known: Mapping[str, ToolSpec]) -> tuple[Flow | None, list[Fault]]:
    """The document as a flow where it is one, and everything wrong with it."""
    return checking.everything(document, known)


async def _view(db: Session, row: FlowRow, locale: str) -> FlowView:
    _, found = read(row.draft, await tools.specs(db))
    current = await db.get(FlowVersionRow, row.published_id) if row.published_id else None
    return FlowView(
        id=row.id,
        key=row.key,
        revision=row.revision,
        document=row.draft,
        yaml=to_yaml(row.draft),
        faults=_fault_views(found, locale),
        published=current.number if current else None,
        changed=current is None or current.document != row.draft,
        updated_at=row.updated_at,
    )


async def listing(db: Session) -> list[FlowItem]:
    """Every flow by name of its key; there are few."""
    rows = (await db.execute(select(FlowRow).order_by(FlowRow.key))).scalars().all()
    current = {
        version.id: version
        for version in (
            await db.execute(select(FlowVersionRow).where(FlowVersionRow.id.in_([r.published_id for r in rows])))
        ).scalars()
    }
    since = clock.now() - COUNTED
    counted = select(FlowRunRow.flow, func.coalesce(FlowRunRow.outcome, "running"), func.count()).where(
        FlowRunRow.started_at > since
    )
    runs: dict[str, dict[str, int]] = {}
    for key, outcome, count in (await db.execute(counted.group_by(FlowRunRow.flow, FlowRunRow.outcome))).all():
        runs.setdefault(key, {})[outcome] = count
    known = await tools.specs(db)
    items = []
    for row in rows:
        version = current.get(row.published_id) if row.published_id else None
        names = row.draft.get("name")
        items.append(
            FlowItem(
                id=row.id,
                key=row.key,
                name=names if isinstance(names, dict) else {},
                description=row.draft.get("description"),
                published=version.number if version else None,
                changed=version is None or version.document != row.draft,
                faults=len(hindrances(read(row.draft, known)[1])),
                updated_at=row.updated_at,
                runs=runs.get(row.key, {}),
            )
        )
    return items


async def get(db: Session, flow_id: UUID, locale: str) -> FlowView:
    return await _view(db, await _row(db, flow_id), locale)


async def _row(db: Session, flow_id: UUID, *, lock: bool = False) -> FlowRow:
    row = await db.get(FlowRow, flow_id, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound("flows.not_found")
    return row


# -- editing -----------------------------------------------------------------------------------------------------------


def _data_of(document: dict[str, Any] | None, yaml: str | None) -> dict[str, Any]:
    if yaml is not None:
        try:
            data = checking.read_text(yaml)
        except FlowFaulty as faulty:
            raise Invalid(
                "invalid", fields=[FieldError("yaml", f"flows.{f.code}", f.params) for f in faulty.faults]
            ) from None
        if not isinstance(data, dict):
            raise Invalid.field("yaml", "flows.not_a_mapping")
        return data
    if document is None:
        raise Invalid.field("document", "field_missing")
    return document


def _storable(data: dict[str, Any]) -> dict[str, Any]:
    """A draft may be unfinished, but it is JSON, of bounded size, and when it is a flow, in its canonical form."""
    try:
        encoded = msgspec.json.encode(data)
        plain = msgspec.json.decode(encoded)
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):
        raise Invalid.field("document", "value_not_storable") from None
    if len(encoded) > checking.LARGEST_FILE or b"\\u0000" in encoded:
        raise Invalid.field("document", "flows.file_too_large", kb=checking.LARGEST_FILE // 1024)
    try:
        return dump(checking.parse(plain))
    except FlowFaulty:
        return dict(plain)


def _blank(key: str, name: str) -> dict[str, Any]:
    flow = Flow.model_validate(
        {
            "flow": key,
            "name": {"zh-CN": name, "en": name},
            "steps": [{"id": "end", "type": "end", "text": {"zh-CN": "好的。", "en": "All right."}}],
        }
    )
    return dump(flow)


async def create(db: Session, actor: Actor, body: FlowCreate, locale: str) -> FlowView:
    """A new flow, unpublished. Raises Conflict when the key is taken."""
    if body.yaml is not None:
        data = _storable(_data_of(None, body.yaml))
        if not _is_key(data.get("flow")):  # whoever mends the file for this mends all of it
            _, found = read(data, await tools.specs(db))
            raise Invalid("flows.faulty", fields=_fields(found))
    elif body.key is not None:
        data = _blank(body.key, body.name or body.key)
    else:
        raise Invalid.field("key", "field_missing")
    return await _view(db, await _insert(db, actor, data), locale)


async def from_procedure(db: Session, actor: Actor, body: FromProcedure, locale: str) -> FlowView:
    """The draft of a flow out of a procedure. Raises NotFound when there is none, Conflict when the key is taken."""
    procedure = await procedures.published_document(db, body.procedure)
    return await _view(db, await _insert(db, actor, _storable(to_flow(procedure, key=body.key))), locale)


def _is_key(key: object) -> TypeGuard[str]:
    return isinstance(key, str) and checking.KEY.fullmatch(key) is not None


def _fields(found: list[Fault]) -> list[FieldError]:
    """What hinders, as the fields of a refusal."""
    return [
        FieldError(".".join(p for p in (f.step, f.field) if p), f"flows.{f.code}", f.params) for f in hindrances(found)
    ]


async def _insert(db: Session, actor: Actor, data: dict[str, Any]) -> FlowRow:
    key = data.get("flow")
    if not _is_key(key):
        raise Invalid.field("flow", "flows.bad_name")
    if await db.scalar(select(FlowRow.id).where(FlowRow.key == key)):
        raise Conflict("flows.key_taken", flow=key)
    now = clock.now()
    row = FlowRow(id=new_id(), key=key, draft=data, revision=1, created_at=now, updated_at=now, updated_by=actor.id)
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "flow.created", "flow", key)
    return row


async def save_draft(db: Session, actor: Actor, flow_id: UUID, body: DraftBody, locale: str) -> FlowView:
    """Replaces the draft. An unfinished one is kept, too; only publishing asks for a faultless one."""
    row = await _row(db, flow_id, lock=True)
    if row.revision != body.revision:
        raise Conflict("flows.changed_meanwhile")
    data = _storable(_data_of(body.document, body.yaml))
    if data.get("flow") != row.key:
        raise Invalid.field("flow", "flows.key_fixed", flow=row.key)
    if data != row.draft:
        row.draft, row.revision = data, row.revision + 1
        row.updated_at, row.updated_by = clock.now(), actor.id
        await db.flush()
        await audit.record(db, actor, "flow.updated", "flow", row.key, {"revision": [row.revision - 1, row.revision]})
    return await _view(db, row, locale)


async def publish(db: Session, actor: Actor, flow_id: UUID, *, revision: int, note: str, locale: str) -> FlowView:
    """Makes the draft what customers meet from their next message on. Raises Invalid while something is wrong."""
    row = await _row(db, flow_id, lock=True)
    if row.revision != revision:
        raise Conflict("flows.changed_meanwhile")
    flow, found = read(row.draft, await tools.specs(db))
    serious = hindrances(found)
    if flow is None or serious:
        raise Invalid("flows.faulty", fields=_fields(serious))
    number = 1 + (await db.scalar(select(func.max(FlowVersionRow.number)).where(FlowVersionRow.flow_id == row.id)) or 0)
    version = FlowVersionRow(
        id=new_id(),
        flow_id=row.id,
        number=number,
        document=row.draft,
        note=note,
        published_at=clock.now(),
        published_by=actor.id,
    )
    db.add(version)
    row.published_id = version.id
    await db.flush()
    await audit.record(db, actor, "flow.published", "flow", row.key, {"version": [None, number]})
    await emit(db, FlowPublished(flow_id=row.id, flow=row.key), actor=actor, audience=_AUDIENCE)
    return await _view(db, row, locale)


async def unpublish(db: Session, actor: Actor, flow_id: UUID, locale: str) -> FlowView:
    """Customers no longer meet it; what is running goes on."""
    row = await _row(db, flow_id, lock=True)
    if row.published_id is not None:
        row.published_id = None
        await db.flush()
        await audit.record(db, actor, "flow.unpublished", "flow", row.key)
        await emit(db, FlowPublished(flow_id=row.id, flow=row.key), actor=actor, audience=_AUDIENCE)
    return await _view(db, row, locale)


async def delete(db: Session, actor: Actor, flow_id: UUID) -> None:
    """Deletes a flow that is not published, with its versions."""
    row = await _row(db, flow_id, lock=True)
    if row.published_id is not None:
        raise Conflict("flows.still_published")
    await audit.record(db, actor, "flow.deleted", "flow", row.key)
    await db.delete(row)
    await db.flush()


async def put_in(db: Session, actor: Actor, text: str) -> None:
    """A flow from a file, published: for packs."""
    flow = checking.load(text, await tools.specs(db))
    row = await _insert(db, actor, dump(flow))
    await publish(db, actor, row.id, revision=1, note="", locale=actor.locale)


# -- versions ----------------------------------------------------------------------------------------------------------


def _version(version: FlowVersionRow, row: FlowRow) -> dict[str, Any]:
    return {
        "id": version.id,
        "number": version.number,
        "note": version.note,
        "published_at": version.published_at,
        "published_by": version.published_by,
        "current": version.id == row.published_id,
    }


async def versions(
    db: Session, flow_id: UUID, cursor: str | None = None, limit: int = 50
) -> tuple[list[VersionView], str | None]:
    """Published versions, newest first."""
    row = await _row(db, flow_id)
    query = select(FlowVersionRow).where(FlowVersionRow.flow_id == flow_id)
    after = decode_cursor(cursor, tuple[int])
    if after:
        query = query.where(FlowVersionRow.number < after[0])
    found = (await db.execute(query.order_by(FlowVersionRow.number.desc()).limit(limit + 1))).scalars().all()
    items = [VersionView(**_version(version, row)) for version in found[:limit]]
    return items, encode_cursor(items[-1].number) if len(found) > limit else None


async def version(db: Session, flow_id: UUID, number: int) -> VersionDetail:
    row = await _row(db, flow_id)
    found = await _version_row(db, flow_id, number)
    return VersionDetail(**_version(found, row), document=found.document, yaml=to_yaml(found.document))


async def _version_row(db: Session, flow_id: UUID, number: int) -> FlowVersionRow:
    query = select(FlowVersionRow).where(FlowVersionRow.flow_id == flow_id, FlowVersionRow.number == number)
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("flows.version_not_found")
    return found


async def restore(db: Session, actor: Actor, flow_id: UUID, number: int, locale: str) -> FlowView:
    """Makes an old version the draft again; publishing it is a step of its own."""
    row = await _row(db, flow_id, lock=True)
    found = await _version_row(db, flow_id, number)
    row.draft, row.revision = found.document, row.revision + 1
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    await audit.record(db, actor, "flow.restored", "flow", row.key, {"version": [None, number]})
    return await _view(db, row, locale)


async def runs(
    db: Session, flow_id: UUID, cursor: str | None = None, limit: int = 50
) -> tuple[list[RunView], str | None]:
    """Runs with customers, newest first."""
    row = await _row(db, flow_id)
    query = (
        select(FlowRunRow, FlowVersionRow.number)
        .join(FlowVersionRow, FlowVersionRow.id == FlowRunRow.version_id, isouter=True)
        .where(FlowRunRow.flow == row.key)
    )
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        query = query.where(func.row(FlowRunRow.started_at, FlowRunRow.id) < func.row(*after))
    query = query.order_by(FlowRunRow.started_at.desc(), FlowRunRow.id.desc()).limit(limit + 1)
    found = (await db.execute(query)).all()
    items = [
        RunView(
            id=run.id,
            conversation_id=run.conversation_id,
            version=number,
            started_at=run.started_at,
            ended_at=run.ended_at,
            outcome=run.outcome,
            path=[str(step) for step in run.path],
        )
        for run, number in found[:limit]
    ]
    return items, encode_cursor(items[-1].started_at, items[-1].id) if len(found) > limit else None


# -- checking and rehearsing -------------------------------------------------------------------------------------------


async def check(db: Session, document: dict[str, Any] | None, yaml: str | None, locale: str) -> CheckView:
    """What is wrong with a document, given as data or as a file's text; never an error itself."""
    if yaml is not None:
        try:
            document = checking.read_text(yaml)
        except FlowFaulty as faulty:
            return CheckView(document=None, yaml=yaml, faults=_fault_views(faulty.faults, locale))
    if not isinstance(document, dict):
        return CheckView(document=None, yaml=yaml, faults=_fault_views([Fault("not_a_mapping")], locale))
    flow, found = read(document, await tools.specs(db))
    data = dump(flow) if flow is not None else document
    return CheckView(document=data, yaml=to_yaml(data), faults=_fault_views(found, locale))


async def rehearse(db: Session, actor: Actor, body: RehearseBody) -> RehearseView:
    """One more message to the draft, in the very machine customers meet. Nothing is written, nothing leaves the house."""
    known = await tools.specs(db)
    flow, found = read(body.document, known)
    if flow is None or hindrances(found):
        raise Invalid("flows.faulty", fields=_fields(found))
    subject = rehearsal.SOMEBODY
    read_real = None
    if body.customer_number is not None:
        actor.require("customers.view")
        subject = Subject((await customers.ref_by_number(db, body.customer_number)).id)

        async def read_real(name: str, inputs: Mapping[str, Any]) -> Result:
            wanted = Call(tool=name, inputs=inputs, key=f"rehearsal:{new_id()}", locale=body.locale, subject=subject)
            return await tools.call(db, wanted, tried_by=actor.id, log=tools.CallLog())

    world = RehearsalWorld(
        flow, known, locale=body.locale, signed_in=subject if body.signed_in else None, read=read_real
    )
    try:
        state = msgspec.convert(body.state, State) if body.state else State()
    except msgspec.ValidationError:
        state = State()
    rehearsed = rehearsal.Rehearsal(world, state)
    turn = await rehearsed.say(body.text, body.choice)
    frame = state.active or (turn.ended[0].frame if turn.ended else None)
    return RehearseView(
        said=[
            SaidView(text=line.text, options=[{"id": o.id, "label": o.label} for o in line.options], card=line.card)
            for line in turn.lines
        ],
        step=state.active.step if state.active else None,
        path=list(frame.path) if frame else [],
        slots=dict(frame.slots) if frame else {},
        calls=world.calls,
        ended=turn.ended[0].outcome if turn.ended and not state.active else None,
        state=msgspec.to_builtins(state) if state.active else None,
    )


async def run_tests(db: Session, body: CheckBody) -> list[TestView]:
    """The tests a document brings along."""
    known = await tools.specs(db)
    flow, found = read(_data_of(body.document, body.yaml), known)
    if flow is None or hindrances(found):
        raise Invalid("flows.faulty")
    results = await rehearsal.run_tests(flow, known)
    return [TestView.model_validate(result.as_data()) for result in results]
