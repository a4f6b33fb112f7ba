"""Lists: a query made whole, run, and its rows made readable."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.conditions import Condition, Group, Test
from qiao.core.db import Session
from qiao.core.errors import Invalid
from qiao.desk.ticketlists import saved
from qiao.desk.ticketlists.schemas import (
    COLUMNS,
    STANDARD,
    Asked,
    Counted,
    FactView,
    Grouped,
    GroupsBody,
    GroupValue,
    GroupView,
    ListPage,
    ListRow,
    QueryBody,
    Sort,
    ViewBody,
)
from qiao.desk.ticketlists.snippets import hits_of
from qiao.desk.tickets import fields, filters, finding, policy, views
from qiao.desk.tickets.filters import Field, Filter, Reading
from qiao.desk.tickets.finding import Scope, TicketRow
from qiao.desk.tickets.policy import Doer
from qiao.desk.tickets.schemas import Customer, Ref, Text
from qiao.desk.tickets.types.known import Kind
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

_FACT_OF: Final = {
    "assignee": "assignee_id",
    "department": "department_id",
    "customer": "customer_id",
    "requester": "requester_id",
    "tag": "tags",
}
_GROUPABLE: Final = frozenset({"choice", "choices", "cascade", "yes_no", "person"})
_LISTED: Final = frozenset({"choices", "cascade"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a list: what they may see of tickets and of their fields."""

    doer: Doer
    kinds: dict[UUID, Kind]
    reading: Reading
    scope: Scope


@dataclass(frozen=True, slots=True)
class Question:
    """A query made whole: the view's and the caller's own parts together."""

    reader: Reader
    found: Filter
    condition: Condition
    view: ViewBody
    words: str | None


async def reader_of(db: Session, actor: Actor) -> Reader:
    kinds = await finding.catalogue(db)
    roles = frozenset[str]()
    if actor.kind == "user" and actor.id is not None and any(kind.for_roles for kind in kinds.values()):
        roles = await accounts.role_names(db, actor.id)
    doer = Doer(actor, roles)
    workspace = await organization.get_workspace(db)
    reading = Reading(actor, clock.now(), ZoneInfo(workspace.timezone), askable(kinds.values(), doer))
    return Reader(doer, kinds, reading, await finding.scope_of(db, actor))


def askable(kinds: Iterable[Kind], doer: Doer) -> dict[str, Field]:
    """Fields that may be asked about. One key in several types is as open as the most closed of them."""
    found: dict[str, Field] = {}
    closed: set[str] = set()
    for kind in kinds:
        for spec in kind.definition.fields:
            if not fields.readable(spec, doer):
                closed.add(spec.key)
                continue
            known = found.get(spec.key)
            masked = fields.is_masked(spec, doer) or (known is not None and known.masked)
            found[spec.key] = Field(known.spec if known else spec, masked)
    return {key: field for key, field in found.items() if key not in closed}


async def question(db: Session, actor: Actor, asked: Asked) -> Question:
    """Raises Invalid for what cannot be asked, NotFound for a view the caller may not use."""
    await finding.prepare(db)
    reader = await reader_of(db, actor)
    view = await saved.body_of(db, actor, asked.view_id) if asked.view_id else ViewBody(columns=list(STANDARD))
    parts: list[Condition] = []
    if asked.view_id:
        parts.append(filters.resolve(view.filter, reader.reading, "view"))
    if asked.filter is not None:
        parts.append(filters.resolve(asked.filter, reader.reading))
    if asked.group is not None:
        parts.append(filters.resolve(_in_group(asked.group, reader), reader.reading, "group"))
    condition = parts[0] if len(parts) == 1 else Group(match="all", conditions=parts)
    found = filters.compiled(condition, reader.reading.fields)
    words = asked.q.strip() if asked.q else ""
    if words:
        found = finding.with_words(found, words)
    return Question(reader, found, condition, view, words or None)


def _in_group(group: GroupValue, reader: Reader) -> Condition:
    fact = _FACT_OF.get(group.by, group.by)
    if group.value is None:
        return Test(fact=fact, op="empty")
    if group.by in ("tag",) or _kind_of_field(group.by, reader) in _LISTED:
        return Test(fact=fact, op="contains", value=group.value)
    value: Any = group.value
    if _kind_of_field(group.by, reader) == "yes_no" and isinstance(value, str):
        value = value == "true"
    return Test(fact=fact, op="is", value=value)


def _kind_of_field(by: str, reader: Reader) -> str | None:
    found = reader.reading.fields.get(by.removeprefix("fields.")) if by.startswith("fields.") else None
    return found.spec.kind if found else None


async def check_body(db: Session, actor: Actor, body: ViewBody) -> None:
    """Raises Invalid for a view that asks or shows what there is not."""
    reader = await reader_of(db, actor)
    filters.resolve(body.filter, reader.reading, "body.filter")
    checked_columns(body.columns, reader, strict=True)
    group = body.group or ""
    if group.startswith("fields.") and _kind_of_field(group, reader) not in _GROUPABLE:
        raise Invalid.field("body.group", "ticketlists.group_unfit", by=group)


async def query(db: Session, actor: Actor, body: QueryBody) -> ListPage:
    """One page of a list."""
    asked = await question(db, actor, body)
    return await page_of(db, asked, sort=body.sort, columns=body.columns, cursor=body.cursor, limit=body.limit)


async def page_of(
    db: Session,
    asked: Question,
    *,
    sort: Sort | None,
    columns: Sequence[str] | None,
    cursor: str | None,
    limit: int,
) -> ListPage:
    order = sort or asked.view.sort
    shown = checked_columns(columns or asked.view.columns, asked.reader, strict=columns is not None)
    rows, following = await finding.page(
        db,
        asked.reader.scope,
        asked.found,
        sort=order.by,
        descending=order.descending,
        cursor=cursor,
        limit=limit,
        data=any(name.startswith("fields.") for name in shown),
    )
    items, names = await readable(db, asked.reader, rows, shown)
    if asked.words:
        hits = await hits_of(db, rows, asked.words)
        items = [_with_hits(item, hits.get(item.id)) for item in items]
    return ListPage(items, following, shown, order.model_dump(), names)


def _with_hits(item: ListRow, hits: Any) -> ListRow:
    return msgspec.structs.replace(item, hits=hits or [])


def checked_columns(names: Sequence[str], reader: Reader, *, strict: bool) -> list[str]:
    """Known columns, each once. With `strict` an unknown one is refused, else left out (a view outlives a field)."""
    shown: dict[str, None] = {}
    for index, name in enumerate(names):
        key = name.removeprefix("fields.")
        good = key in reader.reading.fields if name.startswith("fields.") else name in COLUMNS
        if not good and strict:
            raise Invalid.field(f"columns.{index}", "ticketlists.column_unknown", column=name)
        if good:
            shown[name] = None
    return list(shown)


async def readable(
    db: Session, reader: Reader, rows: Sequence[TicketRow], columns: Sequence[str]
) -> tuple[list[ListRow], dict[str, str]]:
    """Rows with names for ids, fields as far as the reader may see them; and names of who stands in fields."""
    staff_ids = {one for row in rows for one in (row.assignee_id, row.requester_id) if one is not None}
    customer_ids = {row.customer_id for row in rows if row.customer_id is not None}
    wanted = {name.removeprefix("fields.") for name in columns if name.startswith("fields.")}
    values: dict[UUID, dict[str, Any]] = {}
    for row in rows if wanted else ():
        shown, _ = fields.shown_to(reader.kinds[row.type_id].definition, row.data, reader.doer)
        values[row.id] = {key: value for key, value in shown.items() if key in wanted}
    in_fields = _named(reader, wanted, values.values())
    people = await views.people(db, staff_ids | in_fields["person"])
    who = await customers.refs(db, customer_ids | in_fields["customer"])
    departments = await organization.department_names(db) if any(row.department_id for row in rows) else {}
    names = {str(one): people[one].name for one in in_fields["person"] if one in people}
    names |= {str(one): who[one].name for one in in_fields["customer"] if one in who}
    types = {key: views.type_ref(kind) for key, kind in reader.kinds.items()}
    items = []
    for row in rows:
        kind = reader.kinds[row.type_id]
        customer = who.get(row.customer_id) if row.customer_id else None
        items.append(
            ListRow(
                id=row.id,
                number=row.number,
                ref=policy.ref(kind.definition.prefix, row.number),
                type=types[row.type_id],
                title=row.title,
                status=row.status,
                state=views.state_view(kind, row.state),
                priority=row.priority,
                tier=row.tier,
                source=row.source,
                channel=row.channel,
                customer=Customer(customer.id, customer.number, customer.name, customer.level) if customer else None,
                requester=people.get(row.requester_id) if row.requester_id else None,
                assignee=people.get(row.assignee_id) if row.assignee_id else None,
                department=Ref(row.department_id, departments.get(row.department_id, ""))
                if row.department_id
                else None,
                tags=row.tags,
                waiting_on=row.waiting_on,
                due_at=row.due_at,
                next_due_at=row.next_due_at,
                next_due_kind=row.next_due_kind,
                breached=row.breached,
                rating=row.rating,
                version=row.version,
                reopened=row.reopened,
                created_at=row.created_at,
                updated_at=row.updated_at,
                first_response_at=row.first_response_at,
                customer_wrote_at=row.customer_wrote_at,
                solved_at=row.solved_at,
                closed_at=row.closed_at,
                merged=row.merged_into_id is not None,
                fields=values.get(row.id, {}),
            )
        )
    return items, names


def _named(reader: Reader, wanted: set[str], values: Iterable[Mapping[str, Any]]) -> dict[str, set[UUID]]:
    """Ids of people and customers that stand in fields."""
    keys = {
        key: field.spec.kind
        for key, field in reader.reading.fields.items()
        if key in wanted and field.spec.kind in ("person", "customer")
    }
    found: dict[str, set[UUID]] = {"person": set(), "customer": set()}
    for row in values:
        for key, kind in keys.items():
            try:
                found[kind].add(UUID(str(row[key])))
            except (KeyError, ValueError):
                continue
    return found


# -- figures -----------------------------------------------------------------------------------------------------------


async def count(db: Session, actor: Actor, body: Asked) -> Counted:
    asked = await question(db, actor, body)
    return _counted(await finding.count(db, asked.reader.scope, asked.found))


def _counted(number: int) -> Counted:
    return Counted(min(number, finding.COUNTED), number > finding.COUNTED)


async def view_counts(db: Session, actor: Actor) -> dict[str, Counted]:
    """How many tickets each of the caller's views holds. A view that asks for what is no more counts nothing."""
    await finding.prepare(db)
    reader = await reader_of(db, actor)
    found: dict[str, Counted] = {}
    for view_id, body in await saved.bodies(db, actor):
        try:
            condition = filters.resolve(body.filter, reader.reading)
        except Invalid:
            continue
        asked = filters.compiled(condition, reader.reading.fields)
        found[str(view_id)] = _counted(await finding.count(db, reader.scope, asked))
    return found


async def groups(db: Session, actor: Actor, body: GroupsBody) -> Grouped:
    """Groups with their numbers; the first ones with rows."""
    asked = await question(db, actor, body)
    reader = asked.reader
    field_kind = _kind_of_field(body.by, reader)
    if body.by.startswith("fields.") and field_kind not in _GROUPABLE:
        raise Invalid.field("by", "ticketlists.group_unfit", by=body.by)
    if body.by.startswith("fields.") and reader.reading.fields[body.by.removeprefix("fields.")].masked:
        raise Invalid.field("by", "ticketlists.group_unfit", by=body.by)
    key = finding.group_key(body.by, listed=field_kind in _LISTED)
    counted = await finding.groups(db, reader.scope, asked.found, key)
    labels = await _labels(db, reader, body.by, [value for value, _ in counted])
    items: list[GroupView] = []
    for index, (value, number) in enumerate(counted):
        plain = _plain(value, body.by, reader)
        rows = None
        if body.rows and index < body.open:
            own = await _within(asked, GroupValue(by=body.by, value=plain))
            rows = await page_of(db, own, sort=body.sort, columns=body.columns, cursor=None, limit=body.rows)
        items.append(GroupView(value=plain, label=labels.get(value), count=number, rows=rows))
    return Grouped(items, len(counted) >= finding.MOST_GROUPS)


async def _within(asked: Question, group: GroupValue) -> Question:
    reader = asked.reader
    inner = filters.resolve(_in_group(group, reader), reader.reading, "group")
    condition = Group(match="all", conditions=[asked.condition, inner])
    found = filters.compiled(condition, reader.reading.fields)
    if asked.words:
        found = finding.with_words(found, asked.words)
    return Question(reader, found, condition, asked.view, asked.words)


def _plain(value: Any, by: str, reader: Reader) -> Any:
    if by == "type" and value in reader.kinds:
        return reader.kinds[value].key
    return str(value) if isinstance(value, UUID) else value


async def _labels(db: Session, reader: Reader, by: str, values: Sequence[Any]) -> dict[Any, Text]:
    """Names of groups, in the languages they have."""
    if by in ("assignee", "requester") or _kind_of_field(by, reader) == "person":
        ids = {_uuid(value): value for value in values if _uuid(value) is not None}
        people = await views.people(db, ids)
        return {ids[key]: _both(person.name) for key, person in people.items()}
    if by == "customer":
        who = await customers.refs(db, [value for value in values if value is not None])
        return {key: _both(one.name or f"#{one.number}") for key, one in who.items()}
    if by == "department":
        names = await organization.department_names(db)
        return {value: _both(names[value]) for value in values if value in names}
    if by == "type":
        return {key: views.words(kind.definition.name) for key, kind in reader.kinds.items()}
    if by == "state":
        labels: dict[Any, Text] = {}
        for kind in reader.kinds.values():
            for state in kind.definition.workflow.states:
                labels.setdefault(state.key, views.words(state.label))
        return labels
    if by.startswith("fields."):
        spec = reader.reading.fields[by.removeprefix("fields.")].spec
        named: dict[Any, Text] = {}
        _options(spec.options, named)
        return named
    return {}


def _options(options: Iterable[Any], named: dict[Any, Text]) -> None:
    for option in options:
        named.setdefault(option.key, views.words(option.label))
        _options(option.children, named)


def _both(name: str) -> Text:
    return dict.fromkeys(i18n.LOCALES, name)


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value is not None else None
    except ValueError:
        return None


async def facts(db: Session, actor: Actor) -> list[FactView]:
    """Everything the caller may filter, group or show by."""
    reader = await reader_of(db, actor)
    named = {"assignee_id": "assignee", "department_id": "department", "customer_id": "customer"}
    groupable = {
        "status", "state", "type", "assignee_id", "department_id", "customer_id", "requester_id", "priority", "tier",
        "source", "channel", "tags",
    }  # fmt: skip
    found = [
        FactView(path=path, kind=kind, group=path in groupable, column=named.get(path, path) in COLUMNS)
        for path, kind in filters.COLUMNS.items()
    ]
    for key, field in reader.reading.fields.items():
        spec = field.spec
        used = [kind.key for kind in reader.kinds.values() if any(one.key == key for one in kind.definition.fields)]
        base = FactView(
            path=f"fields.{key}",
            kind=filters.kind_of(f"fields.{key}", reader.reading.fields)[0] or "there",
            field=spec.kind,
            label=views.words(spec.label),
            options=spec.options,
            currency=spec.currency if spec.kind == "money" else None,
            types=used,
            group=spec.kind in _GROUPABLE,
        )
        found.append(base)
        if spec.kind == "money" and f"{key}_minor" not in reader.reading.fields:
            found.append(base.model_copy(update={"path": f"fields.{key}_minor", "kind": "money", "column": False}))
    return found
