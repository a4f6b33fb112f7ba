"""Definitions in memory: a type is read and checked once per revision and process."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from qiao.core.conditions import Condition, tests_of
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.runtime import runtime_of
from qiao.desk.tickets import repository
from qiao.desk.tickets.definition import Definition, State
from qiao.desk.tickets.models import TicketType


@dataclass(frozen=True, slots=True)
class Kind:
    """A type as the verbs use it. `asks` are the roots its conditions speak of, `for_roles` whether it names roles."""

    id: UUID
    key: str
    revision: int
    active: bool
    definition: Definition
    asks: frozenset[str]
    for_roles: bool

    def state(self, key: str) -> State:
        """A state by key; one that is not there any more shows as itself."""
        for state in self.definition.workflow.states:
            if state.key == key:
                return state
        return State.model_construct(key=key, label={"zh-CN": key, "en": key}, status="open")


class KnownTypes:
    """The part of a runtime that keeps them."""

    def __init__(self) -> None:
        self._by_id: dict[UUID, Kind] = {}

    def find(self, type_id: UUID, revision: int, active: bool) -> Kind | None:
        kind = self._by_id.get(type_id)
        return kind if kind is not None and (kind.revision, kind.active) == (revision, active) else None

    def keep(self, kind: Kind) -> None:
        self._by_id[kind.id] = kind


def kind_of(row: TicketType) -> Kind:
    """What a row of the table says."""
    definition = Definition.model_validate(row.definition)
    return Kind(row.id, row.key, row.revision, row.active, definition, _asks(definition), _for_roles(definition))


def _conditions(definition: Definition) -> Iterable[Condition]:
    for spec in definition.fields:
        yield from (one for one in (spec.required_when, spec.shown_when) if one is not None)
    yield from (one.when for one in definition.workflow.transitions if one.when is not None)


def _asks(definition: Definition) -> frozenset[str]:
    return frozenset(
        test.fact.partition(".")[0] for condition in _conditions(definition) for test in tests_of(condition)
    )


def _for_roles(definition: Definition) -> bool:
    named = (*(one.view_roles for one in definition.fields), *(one.edit_roles for one in definition.fields))
    return any(named) or any(one.roles for one in definition.workflow.transitions)


def _known(db: Session) -> KnownTypes:
    runtime = runtime_of(db)
    return runtime.once(KnownTypes, KnownTypes)


async def by_ids(db: Session, ids: Collection[UUID]) -> dict[UUID, Kind]:
    """Types by id: those of tickets read in this transaction cost no statement, unless one is new or changed."""
    seen = _seen(db)
    found: dict[UUID, Kind] = {one: seen[one] for one in ids if one in seen}
    wanted = [one for one in set(ids) if one not in found]
    if not wanted:
        return found
    stamps = {one: stamp for one in wanted if (stamp := repository.stamps_seen(db).get(one)) is not None}
    if len(stamps) < len(wanted):
        others = await repository.type_stamps(db, ids=[one for one in wanted if one not in stamps])
        stamps |= {one.id: (one.revision, one.active) for one in others}
    for type_id, (revision, active) in stamps.items():
        kind = await _kind(db, type_id, revision, active)
        if kind is not None:
            found[type_id] = kind
    return found


async def _kind(db: Session, type_id: UUID, revision: int, active: bool) -> Kind | None:
    """A type, from memory where that is of this revision; this transaction goes on with it."""
    kind = _known(db).find(type_id, revision, active)
    if kind is None:
        row = await repository.type_by_id(db, type_id)
        if row is None:
            return None
        kind = kind_of(row)
        _known(db).keep(kind)
    _seen(db)[type_id] = kind
    return kind


def _seen(db: Session) -> dict[UUID, Kind]:
    """Types this transaction has looked at: it goes on with what it began with."""
    seen: dict[UUID, Kind] = db.info.setdefault("ticket_types", {})
    return seen


def forget(db: Session) -> None:
    """This transaction changes types itself."""
    db.info.pop("ticket_types", None)
    repository.stamps_seen(db).clear()


async def by_id(db: Session, type_id: UUID) -> Kind:
    """One type. Raises NotFound."""
    found = (await by_ids(db, [type_id])).get(type_id)
    if found is None:
        raise NotFound("ticket.type.not_found")
    return found


async def for_new(db: Session, key: str, field: str = "type_key") -> Kind:
    """The type a new ticket shall have. Raises Invalid when there is none of that key, or it is archived."""
    stamps = await repository.type_stamps(db, keys=[key])
    kind = await _kind(db, stamps[0].id, stamps[0].revision, stamps[0].active) if stamps else None
    if kind is None:
        raise Invalid.field(field, "ticket.type.unknown", key=key)
    if not kind.active:
        raise Invalid.field(field, "ticket.type.archived", key=key)
    return kind
