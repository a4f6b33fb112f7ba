"""Whether what actions name is there: people, departments, queues, types, calendars. Looked at when a rule is saved, shown
and run, so that a rule whose department was deleted says so instead of failing oddly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from qiao.core import i18n, mail
from qiao.core.db import Session
from qiao.core.errors import FieldError
from qiao.core.runtime import runtime_of
from qiao.desk.automation import texts
from qiao.desk.automation.ports import Procedures
from qiao.desk.automation.schemas import (
    Action,
    Assign,
    ChangeTags,
    Comment,
    CreateTicket,
    Mail,
    Move,
    Notify,
    RuleFault,
    SetDue,
    SetField,
    SetPriority,
    SetType,
    StartProcedure,
)
from qiao.desk.routing import service as routing
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.accounts.schemas import Email
from qiao.people.organization import service as organization

ALLOWED: Final[dict[str, frozenset[str]]] = {
    "ticket": frozenset(
        {
            "set_field", "set_priority", "set_type", "tags", "set_due", "assign", "move", "escalate", "comment", "notify",
            "mail", "webhook", "create_ticket", "start_procedure", "ask_bot",
        }
    ),
    "conversation": frozenset(
        {"set_priority", "tags", "assign", "move", "comment", "notify", "mail", "webhook", "create_ticket", "ask_bot"}
    ),
    "none": frozenset({"create_ticket", "notify", "mail", "webhook"}),
}  # fmt: skip
"""What may be done to which subject."""
_TO: Final = {"ticket": ("person", "department", "least_loaded", "nobody"), "conversation": ("person", "queue", "bot")}


@dataclass
class Known:
    """What there is, with names. Only what the actions at hand may name is looked up."""

    people: Mapping[UUID, str] = field(default_factory=dict)
    active: frozenset[UUID] = frozenset()
    departments: Mapping[UUID, str] = field(default_factory=dict)
    queues: Mapping[UUID, str] = field(default_factory=dict)
    calendars: frozenset[UUID] = frozenset()
    roles: frozenset[str] = frozenset()
    types: Mapping[str, Definition] = field(default_factory=dict)
    procedures: Mapping[str, str] | None = None
    mail: bool = False


async def known(db: Session, actions: Iterable[Action]) -> Known:
    """Looks up what these actions may name, all of a kind in one statement."""
    actions = list(actions)
    found = Known(mail=mail.can_send(runtime_of(db).settings))
    people: set[UUID] = set()
    kinds: set[str] = set()
    for action in actions:
        kinds.add(action.do)
        if isinstance(action, Assign):
            people |= {action.user_id} if action.user_id else set()
            kinds |= {"queue"} if action.queue_id else set()
            kinds |= {"department"} if action.department_id else set()
        elif isinstance(action, Notify):
            people |= set(action.users)
            kinds |= {"department"} if action.departments else set()
            kinds |= {"role"} if action.roles else set()
        elif isinstance(action, CreateTicket):
            people |= {action.assignee_id} if action.assignee_id else set()
            kinds |= {"department"} if action.department_id else set()
        elif isinstance(action, SetDue) and action.calendar_id:
            kinds.add("calendar")
    if people:
        found.people = {key: person.name for key, person in (await accounts.people(db, people)).items()}
        found.active = frozenset(await accounts.active_among(db, people))
    if "department" in kinds:
        found.departments = {one.id: one.name for one in await organization.list_departments(db)}
    if "queue" in kinds:
        found.queues = {one.id: one.name for one in await routing.list_queues(db)}
    if "calendar" in kinds:
        found.calendars = frozenset(one.id for one in await organization.list_calendars(db))
    if "role" in kinds:
        listed = await accounts.list_roles(db, i18n.DEFAULT_LOCALE)
        found.roles = frozenset(name for role in listed for name in (role.key, str(role.id)) if name)
    if kinds & {"set_type", "create_ticket", "set_field", "move"}:
        found.types = {view.key: view.definition for view in await types.list_types(db) if view.active}
    if "start_procedure" in kinds:
        port = runtime_of(db).find(Procedures)
        found.procedures = dict(await port.listed(db)) if port is not None else None
    return found


def faults(subject: str, actions: Sequence[Action], known: Known) -> list[FieldError]:
    """What cannot be done, by the action's place. `code` is below `errors.`."""
    found: list[FieldError] = []
    for index, action in enumerate(actions):
        where = f"actions.{index}"
        for code, params in _faults(subject, action, known):
            found.append(FieldError(where, f"automation.{code}", params))
    return found


def said(faults: Sequence[FieldError], locale: str) -> list[RuleFault]:
    """Faults as sentences."""
    return [
        RuleFault(where=fault.field, code=fault.code, message=i18n.t(f"errors.{fault.code}", locale, **fault.params))
        for fault in faults
    ]


def _faults(subject: str, action: Action, known: Known) -> Iterable[tuple[str, dict[str, Any]]]:
    if action.do not in ALLOWED[subject]:
        yield "action_not_here", {"action": action.do}
        return
    match action:
        case Assign():
            if action.to not in _TO[subject]:
                yield "assign_not_here", {}
            elif action.to == "person":
                yield from _person(action.user_id, known)
            elif action.to == "department":
                yield from _department(action.department_id, known)
            elif action.to == "queue" and action.queue_id not in known.queues:
                yield "queue_gone", {}
            elif action.to == "least_loaded" and action.department_id is not None:
                yield from _department(action.department_id, known)
        case Notify():
            named = [*action.users, *action.roles, *action.departments]
            if not named and not (action.assignee or action.watchers or action.own_department):
                yield "nobody_named", {}
            for user_id in action.users:
                yield from _person(user_id, known)
            for department_id in action.departments:
                yield from _department(department_id, known)
            if any(str(role) not in known.roles for role in action.roles):
                yield "role_gone", {}
            yield from _texts(action.text)
        case Comment():
            yield from _texts(action.text)
        case Mail():
            if not known.mail:
                yield "no_mail_server", {}
            if action.to == "address" and not _address(action.address):
                yield "address_invalid", {}
            yield from _texts(action.title)
            yield from _texts(action.text)
        case Move():
            ways = ("resolved", "closed") if subject == "conversation" else None
            if (action.transition is None) == (action.status is None):
                yield "move_where", {}
            elif (ways and action.status not in ways) or (not ways and action.status == "resolved"):
                yield "move_not_here", {}
            elif action.transition is not None and not any(
                way.key == action.transition for one in known.types.values() for way in one.workflow.transitions
            ):
                yield "transition_gone", {"transition": action.transition}
        case SetType():
            yield from _type(action.type_key, known)
        case SetField():
            key = action.field.removeprefix("fields.")
            if action.field != "title" and not any(
                spec.key == key for one in known.types.values() for spec in one.fields
            ):
                yield "field_gone", {"field": key}
            if isinstance(action.value, str):
                yield from _text(action.value)
        case SetPriority() if action.to is None and action.by == 0:
            yield "priority_unchanged", {}
        case ChangeTags() if not action.add and not action.remove:
            yield "tags_none", {}
        case SetDue(minutes=int(), clock="business", calendar_id=None):
            yield "calendar_needed", {}
        case SetDue() if action.calendar_id is not None and action.calendar_id not in known.calendars:
            yield "calendar_gone", {}
        case CreateTicket():
            yield from _type(action.type_key, known)
            definition = known.types.get(action.type_key)
            if definition is not None:
                own = {spec.key for spec in definition.fields}
                for key in action.fields:
                    if key not in own:
                        yield "field_gone", {"field": key}
            if action.assignee_id is not None:
                yield from _person(action.assignee_id, known)
            if action.department_id is not None:
                yield from _department(action.department_id, known)
            yield from _text(action.title)
            yield from _text(action.description)
        case StartProcedure():
            if not action.procedure_key:
                yield "procedure_needed", {}
            elif known.procedures is None or action.procedure_key not in known.procedures:
                yield "procedure_gone", {"procedure": action.procedure_key}
        case _:
            pass


def _type(key: str, known: Known) -> Iterable[tuple[str, dict[str, Any]]]:
    if not key:
        yield "type_needed", {}
    elif key not in known.types:
        yield "type_gone", {"type": key}


def _person(user_id: UUID | None, known: Known) -> Iterable[tuple[str, dict[str, Any]]]:
    if user_id is None or user_id not in known.active:
        yield "person_gone", {"name": known.people.get(user_id, "") if user_id else ""}


def _department(department_id: UUID | None, known: Known) -> Iterable[tuple[str, dict[str, Any]]]:
    if department_id is None or department_id not in known.departments:
        yield "department_gone", {}


def _texts(given: Mapping[Any, str]) -> Iterable[tuple[str, dict[str, Any]]]:
    if not any(text.strip() for text in given.values()):
        yield "text_empty", {}
    for text in given.values():
        yield from _text(text)


def _text(text: str) -> Iterable[tuple[str, dict[str, Any]]]:
    for fault in texts.faults(text):
        if fault.name is None:
            yield "variable_unclosed", {"line": fault.line, "column": fault.column}
        else:
            yield "variable_unknown", {"name": fault.name, "line": fault.line, "column": fault.column}


def _address(address: str | None) -> bool:
    from pydantic import TypeAdapter, ValidationError

    try:
        TypeAdapter(Email).validate_python(address)
    except ValidationError:
        return False
    return True


async def calendars(db: Session) -> frozenset[UUID]:
    """Calendars there are."""
    return frozenset(one.id for one in await organization.list_calendars(db))


async def department_there(db: Session, department_id: UUID) -> bool:
    return any(one.id == department_id for one in await organization.list_departments(db))
