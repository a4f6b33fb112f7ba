"""Editing procedures: draft, check, publish, versions, restore and roll back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.sop import book, checking, repository
from qiao.desk.sop.checking import Fault, Faulty, hindrances, placed, to_yaml
from qiao.desk.sop.document import Procedure, dump
from qiao.desk.sop.events import ProcedurePublished
from qiao.desk.sop.models import ProcedureRow, VersionRow
from qiao.desk.sop.schemas import (
    ChangeView,
    CheckView,
    DiffView,
    DraftBody,
    FaultView,
    ProcedureCreate,
    ProcedureItem,
    ProcedureView,
    VersionDetail,
    VersionView,
)
from qiao.packs.loader import procedure_files
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts

COUNTED: Final = timedelta(days=30)
_AUDIENCE: Final = Audience(permission="sop.manage")


# -- views -------------------------------------------------------------------------------------------------------------


def fault_views(found: list[Fault], locale: str) -> list[FaultView]:
    return [
        FaultView(
            code=f.code,
            step=f.step,
            field=f.field,
            text=f.text(locale),
            warning=f.warning,
            line=f.line,
            column=f.column,
        )
        for f in found
    ]


def read(document: Mapping[str, Any], known: Mapping[str, Procedure]) -> tuple[Procedure | None, list[Fault]]:
    """The document as a procedure where it is one, and everything wrong with it."""
    try:
        procedure = checking.parse(document)
    except Faulty as faulty:
        return None, faulty.faults
    return procedure, checking.faults(procedure, known)


async def known_documents(db: Session) -> dict[str, Procedure]:
    """What may be begun within another procedure: all that are published."""
    return {key: document for key, (_, _, document) in (await book.published(db)).items()}


async def _view(db: Session, row: ProcedureRow, locale: str) -> ProcedureView:
    _, found = read(row.draft, await known_documents(db))
    current = await db.get(VersionRow, row.published_id) if row.published_id else None
    yaml = to_yaml(row.draft)
    return ProcedureView(
        id=row.id,
        key=row.key,
        revision=row.revision,
        document=row.draft,
        yaml=yaml,
        faults=fault_views(placed(found, yaml), locale),
        published=current.number if current else None,
        changed=current is None or current.document != row.draft,
        updated_at=row.updated_at,
    )


async def listing(db: Session) -> list[ProcedureItem]:
    """Every procedure by its key; there are few."""
    rows = await repository.procedures(db)
    current = await repository.version_rows(db, [row.published_id for row in rows if row.published_id])
    runs = await repository.run_states(db, clock.now() - COUNTED)
    known = await known_documents(db)
    items = []
    for row in rows:
        version = current.get(row.published_id) if row.published_id else None
        names, steps = row.draft.get("name"), row.draft.get("steps")
        about = row.draft.get("description")
        items.append(
            ProcedureItem(
                id=row.id,
                key=row.key,
                name=_texts(names),
                description=_texts(about) or None,
                published=version.number if version else None,
                changed=version is None or version.document != row.draft,
                faults=len(hindrances(read(row.draft, known)[1])),
                steps=len(steps) if isinstance(steps, list) else 0,
                updated_at=row.updated_at,
                runs=runs.get(row.id, {}),
            )
        )
    return items


def _texts(value: Any) -> dict[str, str]:
    """An unfinished draft may hold anything."""
    return {str(k): v for k, v in value.items() if isinstance(v, str)} if isinstance(value, dict) else {}


async def get(db: Session, procedure_id: UUID, locale: str) -> ProcedureView:
    return await _view(db, await row_of(db, procedure_id), locale)


async def row_of(db: Session, procedure_id: UUID, *, lock: bool = False) -> ProcedureRow:
    row = await repository.procedure(db, procedure_id, lock=lock)
    if row is None:
        raise NotFound("sop.not_found")
    return row


async def published_document(db: Session, key: str) -> Procedure:
    """The document in use, or the draft of one that is not: for other rooms that make something out of it."""
    row = await repository.by_key(db, key)
    if row is None:
        raise NotFound("sop.not_found")
    version = await db.get(VersionRow, row.published_id) if row.published_id else None
    try:
        return checking.parse(version.document if version else row.draft)
    except Faulty as faulty:
        raise _invalid(faulty.faults) from None


# -- editing -----------------------------------------------------------------------------------------------------------


def _invalid(found: list[Fault]) -> Invalid:
    return Invalid(
        "sop.faulty",
        fields=[
            FieldError(".".join(p for p in (f.step, f.field) if p) or "document", f"sop.{f.code}", f.params)
            for f in found
        ],
    )


def _data_of(document: dict[str, Any] | None, yaml: str | None) -> dict[str, Any]:
    if yaml is not None:
        try:
            data = checking.read_text(yaml)
        except Faulty as faulty:
            raise Invalid(
                "invalid", fields=[FieldError("yaml", f"sop.{f.code}", f.params) for f in faulty.faults]
            ) from None
        if not isinstance(data, dict):
            raise Invalid.field("yaml", "sop.not_a_mapping")
        return data
    if document is None:
        raise Invalid.field("document", "field_missing")
    return document


def _storable(data: dict[str, Any]) -> dict[str, Any]:
    """A draft may be unfinished, but it is JSON, of bounded size, and when it is a procedure, in its canonical form."""
    try:
        encoded = msgspec.json.encode(data)
        plain = msgspec.json.decode(encoded)
    except (TypeError, ValueError, msgspec.MsgspecError, RecursionError):
        raise Invalid.field("document", "value_not_storable") from None
    if len(encoded) > checking.LARGEST_FILE or b"\\u0000" in encoded:
        raise Invalid.field("document", "sop.file_too_large", kb=checking.LARGEST_FILE // 1024)
    try:
        return dump(checking.parse(plain))
    except Faulty:
        return dict(plain)


def _blank(key: str, name: str) -> dict[str, Any]:
    return dump(
        Procedure.model_validate(
            {
                "procedure": key,
                "name": {"zh-CN": name, "en": name},
                "steps": [
                    {
                        "id": "first",
                        "type": "instruction",
                        "text": {"zh-CN": "先了解情况。", "en": "First find out what is the matter."},
                    },
                    {"id": "end", "type": "end", "outcome": "done", "label": {"zh-CN": "完成", "en": "Done"}},
                ],
            }
        )
    )


async def create(db: Session, actor: Actor, body: ProcedureCreate, locale: str) -> ProcedureView:
    """A new procedure, not published. Raises Conflict when the key is taken."""
    if body.yaml is not None:
        data = _storable(_data_of(None, body.yaml))
    elif body.key is not None:
        data = _blank(body.key, body.name or body.key)
    else:
        raise Invalid.field("key", "field_missing")
    return await _view(db, await _insert(db, actor, data), locale)


async def _insert(db: Session, actor: Actor, data: dict[str, Any]) -> ProcedureRow:
    key = data.get("procedure")
    if not isinstance(key, str) or not checking.KEY.fullmatch(key):
        raise Invalid.field("procedure", "sop.bad_name")
    if await repository.by_key(db, key) is not None:
        raise Conflict("sop.key_taken", procedure=key)
    now = clock.now()
    row = ProcedureRow(
        id=new_id(), key=key, draft=data, revision=1, created_at=now, updated_at=now, updated_by=actor.id
    )
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "procedure.created", "procedure", key)
    return row


async def save_draft(db: Session, actor: Actor, procedure_id: UUID, body: DraftBody, locale: str) -> ProcedureView:
    """Replaces the draft. An unfinished one is kept, too; only publishing asks for a faultless one."""
    row = await row_of(db, procedure_id, lock=True)
    if row.revision != body.revision:
        raise Conflict("sop.changed_meanwhile")
    data = _storable(_data_of(body.document, body.yaml))
    if data.get("procedure") != row.key:
        raise Invalid.field("procedure", "sop.key_fixed", procedure=row.key)
    if data != row.draft:
        row.draft, row.revision = data, row.revision + 1
        row.updated_at, row.updated_by = clock.now(), actor.id
        await db.flush()
        changes = {"revision": [row.revision - 1, row.revision]}
        await audit.record(db, actor, "procedure.updated", "procedure", row.key, changes)
    return await _view(db, row, locale)


async def publish(
    db: Session, actor: Actor, procedure_id: UUID, *, revision: int, note: str, locale: str
) -> ProcedureView:
    """Makes the draft what is started from now on; open runs keep theirs. Raises Invalid while something is wrong."""
    row = await row_of(db, procedure_id, lock=True)
    if row.revision != revision:
        raise Conflict("sop.changed_meanwhile")
    procedure, found = read(row.draft, await known_documents(db))
    serious = hindrances(found)
    if procedure is None or serious:
        raise _invalid(serious)
    number = 1 + await repository.last_number(db, row.id)
    version = VersionRow(
        id=new_id(),
        procedure_id=row.id,
        number=number,
        document=row.draft,
        note=note.replace("\x00", ""),
        published_at=clock.now(),
        published_by=actor.id,
    )
    db.add(version)
    row.published_id = version.id
    await db.flush()
    await audit.record(db, actor, "procedure.published", "procedure", row.key, {"version": [None, number]})
    await _published(db, actor, row)
    return await _view(db, row, locale)


async def _published(db: Session, actor: Actor, row: ProcedureRow) -> None:
    await emit(db, ProcedurePublished(procedure_id=row.id, procedure=row.key), actor=actor, audience=_AUDIENCE)
    after_commit(db, runtime_of(db).get(book.SopBook).forget)


async def unpublish(db: Session, actor: Actor, procedure_id: UUID, locale: str) -> ProcedureView:
    """It is not started any more; open runs go on."""
    row = await row_of(db, procedure_id, lock=True)
    if row.published_id is not None:
        row.published_id = None
        await db.flush()
        await audit.record(db, actor, "procedure.unpublished", "procedure", row.key)
        await _published(db, actor, row)
    return await _view(db, row, locale)


async def delete(db: Session, actor: Actor, procedure_id: UUID) -> None:
    """Deletes a procedure that is neither in use nor was ever walked."""
    row = await row_of(db, procedure_id, lock=True)
    if row.published_id is not None:
        raise Conflict("sop.still_published")
    if await repository.has_runs(db, row.id):
        raise Conflict("sop.has_runs")
    await audit.record(db, actor, "procedure.deleted", "procedure", row.key)
    for version in await repository.versions(db, row.id, None, 10_000):
        await db.delete(version)
    await db.flush()
    await db.delete(row)
    await db.flush()


async def put_in(db: Session, actor: Actor, source: str) -> bool:
    """A procedure from a file, published, unless there is one of its key: for packs. Returns whether it was new."""
    procedure = checking.load(source, None)
    if await repository.by_key(db, procedure.procedure) is not None:
        return False
    row = await _insert(db, actor, dump(procedure))
    await publish(db, actor, row.id, revision=1, note="", locale=actor.locale)
    return True


_LOCK: Final = 0x50C0DE


async def install(db: Session) -> bool:
    """Puts the shipped procedures in where there is none yet. Returns whether it did."""
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if await repository.procedures(db):
        return False
    for path in procedure_files():
        await put_in(db, Actor.system(), path.read_text(encoding="utf-8"))
    return True


# -- versions ----------------------------------------------------------------------------------------------------------


async def _versions(db: Session, rows: list[VersionRow], row: ProcedureRow) -> list[dict[str, Any]]:
    names = await accounts.people(db, [one.published_by for one in rows if one.published_by])
    runs = await repository.runs_of_versions(db, [one.id for one in rows])
    return [
        {
            "id": one.id,
            "number": one.number,
            "note": one.note,
            "published_at": one.published_at,
            "published_by": names[one.published_by].name if one.published_by in names else None,
            "current": one.id == row.published_id,
            "runs": runs.get(one.id, 0),
        }
        for one in rows
    ]


async def versions(
    db: Session, procedure_id: UUID, cursor: str | None = None, limit: int = 50
) -> tuple[list[VersionView], str | None]:
    """Published versions, newest first."""
    row = await row_of(db, procedure_id)
    after = decode_cursor(cursor, tuple[int])
    found = list(await repository.versions(db, procedure_id, after[0] if after else None, limit + 1))
    items = [VersionView(**one) for one in await _versions(db, found[:limit], row)]
    return items, encode_cursor(items[-1].number) if len(found) > limit else None


async def version(db: Session, procedure_id: UUID, number: int) -> VersionDetail:
    row = await row_of(db, procedure_id)
    found = await _version_row(db, procedure_id, number)
    [values] = await _versions(db, [found], row)
    return VersionDetail(**values, document=found.document, yaml=to_yaml(found.document))


async def _version_row(db: Session, procedure_id: UUID, number: int) -> VersionRow:
    found = await repository.version(db, procedure_id, number)
    if found is None:
        raise NotFound("sop.version_not_found")
    return found


async def restore(db: Session, actor: Actor, procedure_id: UUID, number: int, locale: str) -> ProcedureView:
    """Makes an old version the draft again; publishing it is a step of its own."""
    row = await row_of(db, procedure_id, lock=True)
    found = await _version_row(db, procedure_id, number)
    row.draft, row.revision = found.document, row.revision + 1
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    await audit.record(db, actor, "procedure.restored", "procedure", row.key, {"version": [None, number]})
    return await _view(db, row, locale)


async def roll_back(db: Session, actor: Actor, procedure_id: UUID, number: int, locale: str) -> ProcedureView:
    """An old version is started again at once. The draft stays as it is. Raises Invalid if it no longer fits the others."""
    row = await row_of(db, procedure_id, lock=True)
    found = await _version_row(db, procedure_id, number)
    procedure, faults = read(found.document, await known_documents(db))
    serious = hindrances(faults)
    if procedure is None or serious:
        raise _invalid(serious)
    current = await db.get(VersionRow, row.published_id) if row.published_id else None
    if current is None or current.id != found.id:
        row.published_id = found.id
        await db.flush()
        changes = {"version": [current.number if current else None, number]}
        await audit.record(db, actor, "procedure.rolled_back", "procedure", row.key, changes)
        await _published(db, actor, row)
    return await _view(db, row, locale)


async def diff(db: Session, procedure_id: UUID, before: int, after: int | None) -> DiffView:
    """What `after` (None: the draft) has otherwise than version `before`."""
    row = await row_of(db, procedure_id)
    old = (await _version_row(db, procedure_id, before)).document
    new = (await _version_row(db, procedure_id, after)).document if after is not None else row.draft
    return DiffView(
        before=f"v{before}", after=f"v{after}" if after is not None else "draft", changes=list(_differences(old, new))
    )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[ChangeView]:
    found: list[ChangeView] = []
    for key in dict.fromkeys([*old, *new]):
        if key not in ("steps", "layout") and old.get(key) != new.get(key):
            found.append(_change("", key, old.get(key), new.get(key)))
    before, after = _by_id(old), _by_id(new)
    for step in dict.fromkeys([*before, *after]):
        one, other = before.get(step), after.get(step)
        if one is None or other is None:
            found.append(_change(step, "", one, other))
            continue
        for key in dict.fromkeys([*one, *other]):
            if one.get(key) != other.get(key):
                found.append(_change(step, key, one.get(key), other.get(key)))
    shared_before = [step for step in before if step in after]
    shared_after = [step for step in after if step in before]
    if shared_before != shared_after:
        found.append(_change("", "order", shared_before, shared_after))
    return found


def _by_id(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    steps = document.get("steps")
    if not isinstance(steps, list):
        return {}
    return {str(step.get("id", number)): step for number, step in enumerate(steps) if isinstance(step, dict)}


def _change(step: str, field: str, before: Any, after: Any) -> ChangeView:
    kind: Any = "added" if before is None else "removed" if after is None else "changed"
    return ChangeView(step=step, field=field, kind=kind, before=before, after=after)


# -- checking ----------------------------------------------------------------------------------------------------------


async def check(db: Session, document: dict[str, Any] | None, yaml: str | None, locale: str) -> CheckView:
    """What is wrong with a document, given as data or as a file's text; never an error itself."""
    source = yaml
    if yaml is not None:
        try:
            document = checking.read_text(yaml)
        except Faulty as faulty:
            return CheckView(document=None, yaml=yaml, faults=fault_views(faulty.faults, locale))
    if not isinstance(document, dict):
        return CheckView(document=None, yaml=yaml, faults=fault_views([Fault("not_a_mapping")], locale))
    procedure, found = read(document, await known_documents(db))
    data = dump(procedure) if procedure is not None else document
    if source is None:
        source = yaml = to_yaml(data)
    return CheckView(document=data, yaml=yaml, faults=fault_views(placed(found, source), locale))
