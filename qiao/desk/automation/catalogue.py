"""The facts conditions may test, with their kinds and values: what editors offer and expressions are checked against."""

from collections.abc import Iterator
from typing import Any, Final

from qiao.core import i18n
from qiao.core.db import Session
from qiao.desk.automation.expressions import Kind, Names
from qiao.desk.automation.schemas import FactView
from qiao.desk.inboxes import service as inboxes
from qiao.desk.routing import service as routing
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

TICKET: Final[dict[str, str]] = {
    "ticket.type": "choice",
    "ticket.status": "choice",
    "ticket.state": "text",
    "ticket.priority": "number",
    "ticket.tier": "number",
    "ticket.source": "choice",
    "ticket.channel": "text",
    "ticket.title": "text",
    "ticket.description": "text",
    "ticket.tags": "list",
    "ticket.department_id": "id",
    "ticket.assignee_id": "id",
    "ticket.rating": "number",
    "ticket.reopened": "number",
    "ticket.breached": "yes_no",
    "ticket.locale": "choice",
    "ticket.age_minutes": "number",
    "ticket.waiting_minutes": "number",
    "ticket.due_in_minutes": "number",
}
CUSTOMER: Final[dict[str, str]] = {
    "customer.name": "text",
    "customer.level": "choice",
    "customer.city": "text",
    "customer.tags": "list",
}
CONVERSATION: Final[dict[str, str]] = {
    "conversation.status": "choice",
    "conversation.channel": "text",
    "conversation.inbox_id": "id",
    "conversation.queue_id": "id",
    "conversation.assignee_id": "id",
    "conversation.priority": "number",
    "conversation.locale": "choice",
    "conversation.tags": "list",
    "conversation.handoff_reason": "text",
    "conversation.age_minutes": "number",
    "conversation.waiting_minutes": "number",
}
EVENT: Final[dict[str, str]] = {
    "event.by": "choice",
    "event.public": "yes_no",
    "event.text": "text",
    "event.reason": "text",
}
_OPTIONS: Final[dict[str, tuple[Any, ...]]] = {
    "ticket.status": ("new", "open", "pending", "on_hold", "solved", "closed"),
    "ticket.priority": (0, 1, 2, 3),
    "ticket.tier": (1, 2, 3),
    "ticket.source": ("conversation", "console", "mail", "api", "portal", "automation", "schedule", "import"),
    "ticket.locale": ("zh-CN", "en"),
    "conversation.locale": ("zh-CN", "en"),
    "customer.level": ("standard", "silver", "gold", "vip"),
    "conversation.status": ("bot", "queued", "assigned", "snoozed", "resolved", "closed"),
    "conversation.priority": (0, 1, 2, 3),
    "event.by": ("customer", "user", "bot", "system"),
}
_KINDS: Final[dict[str, Kind]] = {
    "choice": "text", "id": "text", "text": "text", "number": "number", "yes_no": "yes_no", "list": "list",
    "moment": "moment",
}  # fmt: skip
_FIELD_KINDS: Final = {
    "number": "number", "yes_no": "yes_no", "choice": "choice", "choices": "list", "cascade": "list", "date": "moment",
    "moment": "moment", "file": "list", "table": "list",
}  # fmt: skip


def paths(subject: str) -> dict[str, str]:
    """Facts of every object of a subject, with their kinds."""
    if subject == "ticket":
        return {**TICKET, **CUSTOMER, **EVENT}
    if subject == "conversation":
        return {**CONVERSATION, **CUSTOMER, **EVENT}
    return {}


def _fields(definition: Definition) -> Iterator[tuple[str, str]]:
    for spec in definition.fields:
        if spec.kind == "money":
            yield f"ticket.fields.{spec.key}_minor", "number"
        else:
            yield f"ticket.fields.{spec.key}", _FIELD_KINDS.get(spec.kind, "text")


async def _definitions(db: Session) -> list[Definition]:
    return [view.definition for view in await types.list_types(db) if view.active]


async def names(db: Session, subject: str) -> Names:
    """What expressions about a subject may name."""
    kinds: dict[str, Kind] = {path: _KINDS[kind] for path, kind in paths(subject).items()}
    if subject == "ticket":
        kinds["ticket.fields"] = "object"
        for definition in await _definitions(db):
            for path, kind in _fields(definition):
                # Two types may call different things the same; then nothing is known of it.
                kinds[path] = _KINDS[kind] if kinds.get(path, _KINDS[kind]) == _KINDS[kind] else "any"
            for spec in definition.fields:
                if spec.kind == "money":
                    kinds[f"ticket.fields.{spec.key}"] = "any"
    return Names(kinds)


async def facts(db: Session, subject: str, locale: str) -> list[FactView]:
    """What an editor offers, in the reader's language."""
    found = [
        FactView(
            path=path,
            label=i18n.t(f"automation.fact.{path}", locale),
            kind=kind,
            options=[
                {"value": value, "label": i18n.t(f"automation.option.{path}.{value}", locale)}
                for value in _OPTIONS.get(path, ())
            ],
        )
        for path, kind in paths(subject).items()
    ]
    people = [{"value": str(person.id), "label": person.name} for person in await accounts.directory(db)]
    given: dict[str, list[dict[str, Any]]] = {"ticket.assignee_id": people, "conversation.assignee_id": people}
    if subject == "ticket":
        departments = await organization.list_departments(db)
        given["ticket.department_id"] = [{"value": str(one.id), "label": one.name} for one in departments]
        listed = [view for view in await types.list_types(db) if view.active]
        given["ticket.type"] = [{"value": one.key, "label": said(one.definition.name, locale)} for one in listed]
        known = {fact.path for fact in found}
        for view in listed:
            for path, kind in _fields(view.definition):
                if path in known:
                    continue
                known.add(path)
                key = path.removeprefix("ticket.fields.")
                spec = next(one for one in view.definition.fields if one.key in (key, key.removesuffix("_minor")))
                label = f"{said(view.definition.name, locale)} · {said(spec.label, locale)}"
                options = [{"value": one.key, "label": said(one.label, locale)} for one in spec.options]
                found.append(FactView(path=path, label=label, kind=kind, options=options))
    if subject == "conversation":
        given["conversation.queue_id"] = [
            {"value": str(one.id), "label": one.name} for one in await routing.list_queues(db)
        ]
        given["conversation.inbox_id"] = [
            {"value": str(one.id), "label": one.name} for one in await inboxes.everything(db)
        ]
    for fact in found:
        if fact.path in given:
            fact.options = given[fact.path]
    return found


def said(text: dict[Any, str], locale: str) -> str:
    """Words of an admin in a language, or in one there is."""
    return text.get(locale) or next(iter(text.values()), "")
