"""What actions do: each says in one line what it is about to do, and does it through the verbs of the room it concerns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Problem, Refused
from qiao.core.events import emit
from qiao.core.runtime import runtime_of
from qiao.desk.automation import outbox, texts
from qiao.desk.automation.events import BotAsked
from qiao.desk.automation.ports import Procedures
from qiao.desk.automation.references import Known
from qiao.desk.automation.schemas import (
    Action,
    AskBot,
    Assign,
    ChangeTags,
    Comment,
    CreateTicket,
    Escalate,
    Mail,
    Move,
    Notify,
    SetDue,
    SetField,
    SetPriority,
    SetType,
    StartProcedure,
    Webhook,
)
from qiao.desk.automation.target import Target
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing, TransferTo
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketCreate, TicketPatch
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.notifications import service as notifications
from qiao.people.organization import service as organization
from qiao.people.organization.hours import add_business_seconds

Line = dict[str, Any]
"""What an action does, as data: `do`, and `say`, the words' key below `automation.step.`, with its `params`."""


@dataclass
class Doing:
    """One run of a rule, or of a macro (`rule_id` is then the macro's), on one object."""

    actor: Actor
    target: Target
    known: Known
    values: Mapping[str, str]
    rule_id: UUID
    rule_name: str
    run_id: UUID
    key: str
    """Makes what is created idempotent."""
    by_hand: bool = False
    index: int = 0
    done: list[Line] = field(default_factory=list)

    def text(self, given: Mapping[Any, str], locale: str | None = None) -> str:
        return texts.fill(texts.chosen(given, [locale or self.target.locale, i18n.DEFAULT_LOCALE]), self.values)


def describe(action: Action, doing: Doing) -> Line:
    """What it would do, without doing it."""
    say, params = _described(action, doing)
    return {"do": action.do, "say": say, "params": params}


def _described(action: Action, doing: Doing) -> tuple[str, dict[str, Any]]:
    known, target = doing.known, doing.target
    match action:
        case SetField():
            return "set_field", {"field": action.field.removeprefix("fields."), "value": _value(action, doing)}
        case SetPriority():
            before = _priority(target)
            after = _new_priority(action, before)
            return "set_priority", {"before": f"{{priority.{before}}}", "after": f"{{priority.{after}}}"}
        case SetType():
            name = known.types[action.type_key].name if action.type_key in known.types else {}
            return "set_type", {"type": next(iter(name.values()), action.type_key)}
        case ChangeTags():
            if action.add and action.remove:
                return "tags_both", {"add": ", ".join(action.add), "remove": ", ".join(action.remove)}
            return ("tags_add" if action.add else "tags_remove"), {"tags": ", ".join(action.add or action.remove)}
        case SetDue():
            if action.minutes is None:
                return "due_none", {}
            return ("due_business" if action.clock == "business" else "due"), {"minutes": action.minutes}
        case Assign():
            return f"assign_{action.to}", {
                "name": known.people.get(action.user_id, "?") if action.user_id else "",
                "department": known.departments.get(action.department_id, "?") if action.department_id else "",
                "queue": known.queues.get(action.queue_id, "?") if action.queue_id else "",
            }
        case Move():
            if action.transition is not None:
                label = next(
                    (
                        next(iter(way.label.values()), way.key)
                        for one in known.types.values()
                        for way in one.workflow.transitions
                        if way.key == action.transition
                    ),
                    action.transition,
                )
                return "move_transition", {"transition": label}
            return "move_status", {"status": f"{{status.{action.status}}}"}
        case Escalate():
            return "escalate", {"reason": action.reason}
        case Comment():
            return ("comment_public" if action.public else "comment_private"), {"text": doing.text(action.text)}
        case Notify():
            people = [known.people.get(user_id, "?") for user_id in action.users]
            people += [known.departments.get(one, "?") for one in action.departments]
            people += [f"{{role.{role}}}" for role in action.roles]
            marks = ("assignee", "watchers", "own_department")
            people += [f"{{who.{mark}}}" for mark in marks if getattr(action, mark)]
            return "notify", {"who": people, "text": doing.text(action.text)}
        case Mail():
            to = action.address if action.to == "address" else f"{{who.{action.to}}}"
            return "mail", {"to": to, "title": doing.text(action.title)}
        case Webhook():
            return "webhook", {"url": action.url}
        case CreateTicket():
            return "create_ticket", {"title": texts.fill(action.title, doing.values)}
        case StartProcedure():
            return "start_procedure", {"procedure": (known.procedures or {}).get(action.procedure_key, "?")}
        case AskBot():
            return ("ask_bot_reply" if action.reply else "ask_bot"), {}


def worded(line: Mapping[str, Any], locale: str) -> str:
    """A line in the reader's language."""

    def one(value: Any) -> str:
        if isinstance(value, list):
            return i18n.t("automation.comma", locale).join(one(item) for item in value)
        if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
            group, _, name = value[1:-1].partition(".")
            key = f"automation.word.{group}.{name}"
            found = i18n.t(key, locale)
            if found == key and group == "role":
                found = i18n.t(f"roles.{name}.name", locale)
                return i18n.t("automation.word.a_role", locale) if found.startswith("roles.") else found
            return found
        return "" if value is None else str(value)

    params = {key: one(value) for key, value in (line.get("params") or {}).items()}
    return i18n.t(f"automation.step.{line['say']}", locale, **params)


async def perform(db: Session, action: Action, doing: Doing) -> Line:
    """Does it. Raises what the verbs raise."""
    line = describe(action, doing)
    doing.index += 1
    on = doing.target.subject
    match action:
        case Notify():
            line["params"]["told"] = await _notify(db, action, doing)
        case Mail():
            await _mail(db, action, doing, line)
        case Webhook():
            await outbox.webhook(db, doing.rule_id, doing.run_id, action.url, await _payload(doing), actor=doing.actor)
        case CreateTicket():
            line["params"]["number"] = await _create(db, action, doing)
        case AskBot():
            await _ask_bot(db, action, doing)
        case _ if on == "ticket":
            await _on_ticket(db, action, doing, line)
        case _:
            await _on_conversation(db, action, doing)
    return line


async def _on_ticket(db: Session, action: Action, doing: Doing, line: Line) -> None:
    ticket, actor = doing.target.ticket, doing.actor
    assert ticket is not None
    match action:
        case SetField():
            value = _value(action, doing)
            patch = {"title": value} if action.field == "title" else {"fields": {action.field[7:]: value}}
            await tickets.update(db, actor, ticket.id, TicketPatch.model_validate(patch))
        case SetPriority():
            priority = _new_priority(action, ticket.priority)
            if priority != ticket.priority:
                await tickets.set_priority(db, actor, ticket.id, priority)
        case SetType():
            await tickets.update(db, actor, ticket.id, TicketPatch(type_key=action.type_key))
        case ChangeTags():
            if action.add:
                await tickets.add_tags(db, actor, ticket.id, action.add)
            if action.remove:
                await tickets.remove_tags(db, actor, ticket.id, action.remove)
        case SetDue():
            due_at = await _due(db, action)
            await tickets.update(db, actor, ticket.id, TicketPatch(due_at=due_at))
        case Assign():
            reason = doing.rule_name
            if action.to == "person":
                await tickets.assign(db, actor, ticket.id, user_id=action.user_id, reason=reason)
            elif action.to == "department":
                await tickets.assign(
                    db, actor, ticket.id, department_id=action.department_id, user_id=None, reason=reason
                )
            elif action.to == "nobody":
                await tickets.assign(db, actor, ticket.id, user_id=None, reason=reason)
            else:
                department_id = action.department_id or ticket.department_id
                chosen = await _least_loaded(db, department_id)
                people = await accounts.people(db, [chosen])
                line["params"]["name"] = people[chosen].name if chosen in people else ""
                await tickets.assign(db, actor, ticket.id, department_id=department_id, user_id=chosen, reason=reason)
        case Move():
            await tickets.move(
                db, actor, ticket.id, transition=action.transition, status=action.status, reason=doing.rule_name
            )
        case Escalate():
            await tickets.escalate(db, actor, ticket.id, tier=action.tier, reason=action.reason)
        case Comment():
            await tickets.comment(
                db, actor, ticket.id, body=doing.text(action.text), public=action.public, client_id=_client_id(doing)
            )
        case StartProcedure():
            port = runtime_of(db).find(Procedures)
            if port is None:
                raise Refused("automation.procedure_gone", procedure=action.procedure_key)
            await port.start(db, actor, ticket.id, action.procedure_key)
        case _:
            raise Refused("automation.action_not_here", action=action.do)


async def _on_conversation(db: Session, action: Action, doing: Doing) -> None:
    view, actor = doing.target.conversation, doing.actor
    if view is None:
        raise Refused("automation.action_not_here", action=action.do)
    match action:
        case SetPriority():
            await conversations.set_priority(db, actor, view.id, _new_priority(action, view.priority))
        case ChangeTags():
            await conversations.set_tags(db, actor, view.id, add=action.add, remove=action.remove)
        case Assign(to="person") if action.user_id is not None:
            await conversations.assign(db, actor, view.id, action.user_id, reason="automation")
        case Assign(to="queue"):
            if view.status in ("assigned", "snoozed", "queued"):
                to = TransferTo(type="queue", id=action.queue_id)
                await conversations.transfer(db, actor, view.id, to)
            else:
                await conversations.enqueue(db, actor, view.id, queue_id=action.queue_id, reason="automation")
        case Assign(to="bot"):
            await conversations.to_bot(db, actor, view.id, reason="automation")
        case Move(status="resolved"):
            await conversations.resolve(db, actor, view.id, reason="automation")
        case Move(status="closed"):
            await conversations.close(db, actor, view.id, reason="automation")
        case Comment():
            body, client_id = doing.text(action.text), _client_id(doing)
            if action.public:
                await conversations.send(db, actor, view.id, Outgoing(body=body, client_id=client_id))
            else:
                await conversations.note(db, actor, view.id, body=body, client_id=client_id)
        case _:
            raise Refused("automation.action_not_here", action=action.do)


def _client_id(doing: Doing) -> str:
    return f"auto-{doing.run_id}-{doing.index}"


def _priority(target: Target) -> int:
    found = target.ticket or target.conversation
    return found.priority if found is not None else 1


def _new_priority(action: SetPriority, before: int) -> int:
    return action.to if action.to is not None else max(0, min(3, before + action.by))


def _value(action: SetField, doing: Doing) -> Any:
    return texts.fill(action.value, doing.values) if isinstance(action.value, str) else action.value


async def _due(db: Session, action: SetDue) -> datetime | None:
    if action.minutes is None:
        return None
    if action.clock == "wall" or action.calendar_id is None:
        return clock.now() + timedelta(minutes=action.minutes)
    calendar = await organization.get_calendar(db, action.calendar_id)
    due_at = add_business_seconds(calendar, clock.now(), action.minutes * 60)
    if due_at is None:
        raise Refused("automation.calendar_closed")
    return due_at


async def _least_loaded(db: Session, department_id: UUID | None) -> UUID:
    candidates = await accounts.working_in(db, "tickets.handle", department_id)
    if not candidates:
        raise Refused("automation.nobody_free")
    load = await tickets.open_by_assignee(db, candidates)
    return min(candidates, key=lambda user_id: (load.get(user_id, 0), str(user_id)))


async def _notify(db: Session, action: Notify, doing: Doing) -> int:
    target = doing.target
    people: set[UUID] = set(action.users)
    if action.roles:
        people |= await accounts.holders_of_roles(db, [str(role) for role in action.roles])
    departments = set(action.departments)
    if action.own_department and target.ticket is not None and target.ticket.department_id is not None:
        departments.add(target.ticket.department_id)
    for department_id in departments:
        people |= await accounts.members_of(db, department_id)
    if action.assignee and target.assignee_id is not None:
        people.add(target.assignee_id)
    if action.watchers and target.ticket is not None:
        people |= set(await tickets.watchers_of(db, target.ticket.id))
    active = await accounts.active_among(db, people) if people else set()
    # Each reads it in their own language.
    told = 0
    by_locale: dict[str, set[UUID]] = {}
    for user_id, contact in (await accounts.contacts(db, active)).items():
        by_locale.setdefault(contact.locale, set()).add(user_id)
    for locale, users in sorted(by_locale.items()):
        text = doing.text(action.text, locale)
        params = {"text": text[:500], "rule": doing.rule_name, "object": target.name or ""}
        told += await notifications.tell(
            db, users, "automation.told", params=params, link=target.link, actor=doing.actor
        )
    return told


async def _mail(db: Session, action: Mail, doing: Doing, line: Line) -> None:
    target, locale = doing.target, doing.target.locale
    address: str | None = action.address
    if action.to == "customer":
        address = None
        if target.customer_id is not None:
            address = (await customers.get(db, Actor.system(), target.customer_id)).email
    elif action.to == "assignee":
        found = await accounts.contacts(db, [target.assignee_id]) if target.assignee_id else {}
        contact = next(iter(found.values()), None)
        address, locale = (contact.email, contact.locale) if contact is not None else (None, locale)
    if not address:
        line["say"], line["params"] = "mail_nobody", {}
        return
    content = {
        "title": doing.text(action.title, locale)[:200],
        "text": doing.text(action.text, locale),
        "locale": locale,
    }
    held = await outbox.mail(db, doing.rule_id, doing.run_id, address, content, actor=doing.actor)
    if held is not None:
        line["say"], line["params"] = held, {}


async def _create(db: Session, action: CreateTicket, doing: Doing) -> str:
    target = doing.target
    fields = {
        key: texts.fill(value, doing.values) if isinstance(value, str) else value
        for key, value in action.fields.items()
    }
    due_at = clock.now() + timedelta(minutes=action.due_minutes) if action.due_minutes else None
    conversation_id = target.conversation.id if target.conversation is not None else None
    made = await tickets.create(
        db,
        doing.actor,
        TicketCreate(
            type_key=action.type_key,
            title=texts.fill(action.title, doing.values)[:200] or doing.rule_name,
            description=texts.fill(action.description, doing.values),
            fields=fields,
            priority=action.priority,
            tags=action.tags,
            customer_id=target.customer_id,
            conversation_id=conversation_id,
            department_id=action.department_id,
            assignee_id=action.assignee_id,
            parent_id=target.id if action.child and target.ticket is not None else None,
            due_at=due_at,
            source="console" if doing.by_hand else ("schedule" if target.subject == "none" else "automation"),
            key=f"auto-{doing.key}-{doing.index}"[:160],
        ),
    )
    return made.ref


async def _ask_bot(db: Session, action: AskBot, doing: Doing) -> None:
    """It thinks after commit: looking things up must not hold the object's lock."""
    subject_id = doing.target.id
    assert subject_id is not None  # rules without an object may not ask
    asked = BotAsked(
        subject=doing.target.subject,
        subject_id=subject_id,
        reply=action.reply,
        client_id=_client_id(doing),
        run_id=doing.run_id,
        name=doing.rule_name,
    )
    await emit(db, asked, actor=doing.actor, conversation_id=subject_id)


async def _payload(doing: Doing) -> dict[str, Any]:
    """What another program is told: ids and states, and the texts people wrote only as far as the title."""
    target = doing.target
    found: dict[str, Any] = {
        "rule": {"id": str(doing.rule_id), "name": doing.rule_name},
        "run_id": str(doing.run_id),
        "at": clock.now().isoformat(),
    }
    if target.ticket is not None:
        ticket = target.ticket
        found["ticket"] = {
            "id": str(ticket.id),
            "number": ticket.ref,
            "title": ticket.title,
            **{key: value for key, value in target.facts["ticket"].items() if key not in ("description", "title")},
        }
    if target.conversation is not None:
        found["conversation"] = {
            "id": str(target.conversation.id),
            "number": target.conversation.number,
            **target.facts["conversation"],
        }
    if target.customer_id is not None:
        found["customer"] = {"id": str(target.customer_id), "level": (target.facts.get("customer") or {}).get("level")}
    return found


def ticket_made(line: Mapping[str, Any]) -> str | None:
    """The number of the ticket that an action made."""
    return line["params"].get("number") if line["do"] == "create_ticket" else None


def problem_line(action: Action, doing: Doing, error: Problem) -> Line:
    """An action that could not be done, with the reason as data."""
    fields = [{"field": one.field, "code": one.code, "params": one.params} for one in error.fields]
    return {
        **describe(action, doing),
        "error": {
            "code": error.code,
            "params": {key: str(value) for key, value in error.params.items()},
            "fields": fields,
        },
    }


def error_said(error: Mapping[str, Any], locale: str) -> str:
    """A reason in the reader's language."""
    parts = [i18n.t(f"errors.{one['code']}", locale, **one["params"]) for one in error.get("fields") or ()]
    return " ".join(parts) or i18n.t(f"errors.{error['code']}", locale, **(error.get("params") or {}))
