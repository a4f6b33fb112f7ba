"""The customers' own pages: what they have asked, one request, one conversation, a new request."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from starlette.responses import RedirectResponse, Response

from qiao.channels.contract import customer_view
from qiao.channels.contract.channel import Channels
from qiao.channels.portal import calling, forms, repository, requests, session, suggesting
from qiao.channels.portal.limits import Posts
from qiao.channels.portal.session import Signed
from qiao.channels.portal.visits import (
    FILES,
    Form,
    kept_files,
    own_page,
    read_form,
    sentence,
    show,
    stamps,
    zone,
)
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound, Refused
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound
from qiao.desk.tickets import fields
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.policy import Doer
from qiao.desk.tickets.schemas import TITLE_LIMIT, TicketCreate, TicketFacts, TicketView
from qiao.desk.tickets.types import service as types
from qiao.knowledge.helpcenter.pages import Gone, Visit
from qiao.people.orders import service as orders
from qiao.people.organization import service as organization

SHOWN: Final = 50
STATUSES: Final = ("new", "open", "pending", "on_hold", "solved", "closed")
LINES: Final = 200
REPLY_LIMIT: Final = 10_000


def _id(visit: Visit, name: str = "id") -> UUID:
    try:
        return UUID(visit.request.path_params[name])
    except ValueError:
        raise Gone from None


def _words(visit: Visit, text: Any) -> str:
    return forms.words(text or {}, visit.locale)


def _form_key(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


# -- the overview ------------------------------------------------------------------------------------------------------


@own_page
async def overview(visit: Visit, who: Signed) -> Response:
    """Everything of theirs, what waits for them first."""
    place = await zone(visit)
    found = await tickets.of_customer(visit.db, who.actor, who.customer.id, SHOWN)
    talks = await conversations.of_customer(visit.db, Actor.system(), who.customer.id, 20)
    names = await _departments(visit, found)
    rows = [
        {
            "path": f"/help/{visit.locale}/my/requests/{view.id}",
            "ref": view.ref,
            "title": view.title,
            "type": _words(visit, view.type.name),
            "status": view.status,
            "words": _state(visit, view, names),
            "at": stamps(visit, view.updated_at, place),
            "done": view.status in ("solved", "closed"),
        }
        for view in found
        if view.merged_into is None
    ]
    rows.sort(key=lambda row: (bool(row["done"]), row["status"] != "pending"))
    return show(
        visit,
        "my-overview.html",
        title=visit.t("my.title"),
        rows=rows,
        talks=[
            {
                "path": f"/help/{visit.locale}/my/conversations/{talk.id}",
                "number": talk.number,
                "words": visit.t(f"my.talk.{'open' if talk.status not in ('resolved', 'closed') else 'over'}"),
                "over": talk.status in ("resolved", "closed"),
                "at": stamps(visit, talk.created_at, place),
            }
            for talk in talks
            if _carries_words(visit, talk.inbox.channel)
        ],
        may_open=bool(await types.summaries(visit.db, for_customers=True)),
        call=await calling.standing(visit, who),
    )


def _carries_words(visit: Visit, channel: str) -> bool:
    """Whether customers can write on it: a telephone line holds promises and calls, no chat to go on with."""
    found = Channels.of(visit.runtime).find(channel)
    return found is not None and "text" in found.manifest.capabilities.receives


async def _departments(visit: Visit, views: list[TicketView]) -> dict[UUID, str]:
    if not any(requests.waits_for(view) for view in views):
        return {}
    return dict(await organization.department_names(visit.db))


def _state(visit: Visit, view: TicketView, departments: dict[UUID, str]) -> str:
    """`正在由仓储部处理`: what a customer needs to know of where it stands."""
    waiting = requests.waits_for(view)
    name = departments.get(waiting) if waiting is not None else None
    if name:
        return visit.t("my.status.with", department=name)
    return visit.t(f"my.status.{view.status}")


# -- one request -------------------------------------------------------------------------------------------------------


async def _request(
    visit: Visit, who: Signed, *, form: Form | None = None, fault: str = "", status: int = 200, at: str = ""
) -> Response:
    ticket_id = _id(visit)
    view = await tickets.get(visit.db, who.actor, ticket_id)
    if view.merged_into is not None:
        return RedirectResponse(f"/help/{visit.locale}/my/requests/{view.merged_into.id}", 303)
    place = await zone(visit)
    timeline = await tickets.timeline(visit.db, who.actor, ticket_id, limit=LINES)
    definition = await types.definition(visit.db, view.type.id)
    said = {"you": visit.t("my.you"), "us": visit.look.company or visit.t("my.us")}
    said |= {
        f"status.{one}": visit.t(f"my.status.{one}")
        for one in ("new", "open", "pending", "on_hold", "solved", "closed")
    }
    said["event.rated"] = visit.t("my.event.rated")
    promised = requests.promise(view, clock.now())
    return show(
        visit,
        "my-request.html",
        title=f"{view.ref} {view.title}",
        status=status,
        view=view,
        type=_words(visit, view.type.name),
        state=_state(visit, view, await _departments(visit, [view])),
        steps=requests.steps(view.status),
        promise=(promised[0], stamps(visit, promised[1], place)) if promised else None,
        asked=stamps(visit, view.created_at, place),
        values=forms.shown_values(definition, view.fields, visit.locale, place, visit.t("my.yes"), visit.t("my.no")),
        attached=[
            file
            for spec in forms.own_fields(definition)
            if spec.kind == "file"
            for file in view.fields.get(spec.key) or ()
        ],
        lines=[(line, stamps(visit, line.at, place)) for line in requests.lines(timeline.items, said)],
        earlier=timeline.more,
        ways=[(key, _words(visit, label), needs) for key, label, needs in requests.open_ways(view)],
        writable=requests.may_write(view),
        rate=bool((view.may or {}).get("rate")),
        token=session.form_token(visit.runtime, who),
        form_key=_form_key(form.one("form", 60)) if form else uuid4(),
        typed=form.one("body", REPLY_LIMIT) if form else "",
        kept=await kept_files(visit, who.actor, form, "files") if form else [],
        fault=fault,
        fault_at=at,
        most=FILES,
        said=visit.request.query_params.get("said", ""),
    )


@own_page
async def request(visit: Visit, who: Signed) -> Response:
    """How far it has come, what was said, and what they may do."""
    return await _request(visit, who)


def _there(visit: Visit, ticket_id: UUID, said: str) -> Response:
    return RedirectResponse(f"/help/{visit.locale}/my/requests/{ticket_id}?said={said}#news", 303)


@own_page
async def reply(visit: Visit, who: Signed) -> Response:
    """Words and files of the customer; they wake what waited for them and open what was solved."""
    ticket_id = _id(visit)
    await tickets.require_visible(visit.db, who.actor, ticket_id)
    form = await read_form(visit, who)
    body = form.one("body", REPLY_LIMIT + 1)
    kept = await kept_files(visit, who.actor, form, "files")
    if form.faults:
        return await _request(visit, who, form=form, fault=next(iter(form.faults.values())), status=422, at="reply")
    if len(body) > REPLY_LIMIT:
        words = i18n.t("errors.text_too_long", visit.locale, max_length=REPLY_LIMIT)
        return await _request(visit, who, form=form, fault=words, status=422, at="reply")
    try:
        await visit.runtime.db.run(
            partial(
                tickets.comment,
                actor=who.actor,
                ticket_id=ticket_id,
                body=body,
                public=True,
                files=[UUID(file_id) for file_id, _ in kept[:FILES]],
                client_id=f"portal:{_form_key(form.one('form', 60))}",
            )
        )
    except (Invalid, Refused) as problem:
        words = sentence(visit, problem.fields[0]) if problem.fields else str(problem.body(visit.locale)["detail"])
        return await _request(visit, who, form=form, fault=words, status=problem.status, at="reply")
    return _there(visit, ticket_id, "sent")


@own_page
async def rate(visit: Visit, who: Signed) -> Response:
    """1 to 5, and why."""
    ticket_id = _id(visit)
    await tickets.require_visible(visit.db, who.actor, ticket_id)
    form = await read_form(visit, who)
    stars = form.one("rating", 2)
    if stars not in ("1", "2", "3", "4", "5"):
        return await _request(visit, who, fault=visit.t("my.rate.choose"), status=422, at="rate")
    comment = form.one("comment", 2000)
    try:
        await visit.runtime.db.run(
            partial(tickets.rate, actor=who.actor, ticket_id=ticket_id, rating=int(stars), comment=comment.strip())
        )
    except Refused as problem:
        words = str(problem.body(visit.locale)["detail"])
        return await _request(visit, who, fault=words, status=problem.status, at="rate")
    return _there(visit, ticket_id, "rated")


@own_page
async def move(visit: Visit, who: Signed) -> Response:
    """A way of the workflow that is the customer's own: settled, no longer needed."""
    ticket_id = _id(visit)
    view = await tickets.get(visit.db, who.actor, ticket_id)
    form = await read_form(visit, who)
    key = form.one("way", 40)
    way = next((one for one in requests.open_ways(view) if one[0] == key), None)
    if way is None:
        return await _request(visit, who, fault=visit.t("my.move.gone"), status=409, at="move")
    comment = form.one("comment", REPLY_LIMIT).strip()
    if way[2] and not comment:
        return await _request(visit, who, fault=visit.t("my.move.comment_needed"), status=422, at="move")
    try:
        await visit.runtime.db.run(
            partial(tickets.move, actor=who.actor, ticket_id=ticket_id, transition=key, comment=comment, public=True)
        )
    except (Refused, Conflict, Invalid):
        return await _request(visit, who, fault=visit.t("my.move.gone"), status=409, at="move")
    return _there(visit, ticket_id, "moved")


# -- conversations -----------------------------------------------------------------------------------------------------


@own_page
async def talk(visit: Visit, who: Signed) -> Response:
    """A conversation, and going on with it. POST: one more message."""
    talk_id = _id(visit)
    facts = await conversations.facts(visit.db, talk_id)
    if facts is None or facts.customer_id != who.customer.id:
        raise NotFound("conversation.not_found")
    writable = facts.status not in ("resolved", "closed") and _carries_words(visit, facts.channel)
    fault = ""
    if visit.request.method == "POST":
        form = await read_form(visit, who)
        body = form.one("body", REPLY_LIMIT).strip()
        if not writable:
            fault = visit.t("my.talk.over_text")
        elif not body:
            fault = i18n.t("errors.ticket.comment_empty", visit.locale)
        else:
            inbound = Inbound(
                facts.inbox_id,
                who.customer.id,
                f"portal:{_form_key(form.one('form', 60))}",
                body=body,
                locale=visit.locale,
                customer_name=who.customer.name,
            )
            received = await visit.runtime.db.run(lambda db: conversations.receive(db, inbound))
            return RedirectResponse(
                f"/help/{visit.locale}/my/conversations/{received.conversation_id}?said=sent#news", 303
            )
    place = await zone(visit)
    found, more = await conversations.transcript(visit.db, who.actor, talk_id, limit=LINES)
    company = visit.look.company or visit.t("my.us")
    lines = [
        {
            "mine": message.author.kind == "customer",
            "who": visit.t("my.you")
            if message.author.kind == "customer"
            else (message.author.name if message.author.kind == "user" else None) or company,
            "text": message.body or str(message.payload.get("title") or ""),
            "files": [message.payload] if message.kind in ("image", "file") else [],
            "at": stamps(visit, message.created_at, place),
        }
        for message in customer_view.shown_all(found)
        if message.kind != "event"
    ]
    return show(
        visit,
        "my-talk.html",
        title=visit.t("my.talk.title", number=facts.number),
        status=422 if fault else 200,
        number=facts.number,
        words=visit.t(f"my.talk.{'open' if writable else 'over'}"),
        lines=lines,
        earlier=more,
        writable=writable,
        token=session.form_token(visit.runtime, who),
        form_key=uuid4(),
        fault=fault,
        said=visit.request.query_params.get("said", ""),
    )


# -- a new request -----------------------------------------------------------------------------------------------------


@own_page
async def choose(visit: Visit, who: Signed) -> Response:
    """What it is about."""
    found = await types.summaries(visit.db, for_customers=True)
    if len(found) == 1:
        return RedirectResponse(f"/help/{visit.locale}/my/new/{found[0].key}", 303)
    return show(
        visit,
        "my-choose.html",
        title=visit.t("my.new.title"),
        kinds=[
            {
                "path": f"/help/{visit.locale}/my/new/{kind.key}",
                "name": _words(visit, kind.name),
                "text": _words(visit, kind.description),
            }
            for kind in found
        ],
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A type customers may open."""

    id: UUID
    key: str
    definition: Definition


async def _kind(visit: Visit) -> Kind:
    """The type in the address, when customers may open it."""
    key = visit.request.path_params["type"]
    found = next((one for one in await types.summaries(visit.db, for_customers=True) if one.key == key), None)
    if found is None:
        raise Gone
    return Kind(found.id, key, await types.definition(visit.db, found.id))


async def _facts(visit: Visit, who: Signed, kind: Kind, title: str) -> dict[str, Any]:
    """What the form's conditions are tested against: the request as it would be."""
    now, definition = clock.now(), kind.definition
    state = definition.workflow.initial
    draft = TicketFacts(
        id=UUID(int=0), number=0, prefix=definition.prefix, type_id=kind.id, type_key=kind.key, title=title,
        status=next(one.status for one in definition.workflow.states if one.key == state), state=state,
        priority=definition.priority, tier=1, source="portal", channel=None, locale=visit.locale,
        customer_id=who.customer.id, requester_id=None, conversation_id=None, assignee_id=None, department_id=None,
        parent_id=None, merged_into_id=None, fields={}, tags=[], waiting_on=None, due_at=None, version=1,
        created_at=now, updated_at=now, first_response_at=None, customer_wrote_at=now, solved_at=None, closed_at=None,
        rating=None, reopened=0,
    )  # fmt: skip
    return await tickets.condition_facts(visit.db, draft)


async def _shape(
    visit: Visit, who: Signed, kind: Kind, title: str, values: dict[str, Any]
) -> tuple[set[str], list[str]]:
    """Which fields are shown and which are needed with these values."""
    definition, facts = kind.definition, await _facts(visit, who, kind, title)
    outcome = fields.fill(definition, {}, values, facts, Doer(who.actor), new=False)
    now = fields.with_values(facts, definition, outcome.values)
    return fields.visible_now(definition, now), fields.required_now(definition, now)


async def _new(
    visit: Visit,
    who: Signed,
    form: Form,
    *,
    faults: dict[str, str] | None = None,
    general: str = "",
    first: bool = False,
    status: int = 200,
) -> Response:
    kind = await _kind(visit)
    definition = kind.definition
    place = await zone(visit)
    file_names = [spec.key for spec in forms.own_fields(definition) if spec.kind == "file"]
    stored = {name: await kept_files(visit, who.actor, form, f"f.{name}") for name in file_names}
    title = form.one("title", TITLE_LIMIT)
    given = forms.values_of(definition, form.given, {}, place)
    if first:
        given |= {spec.key: spec.default for spec in forms.own_fields(definition) if spec.default is not None}
    visible, required = await _shape(visit, who, kind, title, given)
    form_key = _form_key(form.one("form", 60))
    found = await suggesting.find(visit, f"{title} {form.one('description', 300)}") if title else []
    numbers: list[str] = []
    if any(spec.kind == "order" for spec in forms.own_fields(definition)):
        numbers = [one.number for one in await orders.of_customer(visit.db, who.actor, who.customer.id, 20)]
    return show(
        visit,
        "my-new.html",
        title=_words(visit, definition.name),
        status=status,
        text=_words(visit, definition.description),
        action=f"/help/{visit.locale}/my/new/{kind.key}",
        inputs=forms.inputs(
            definition,
            form.given,
            locale=visit.locale,
            visible=visible,
            required=required,
            faults={name.removeprefix("f."): words for name, words in (faults or {}).items()},
            files=stored,
            zone=place,
            first=first,
        ),
        changes=forms.asks(definition),
        subject=title,
        details=form.one("description"),
        limit=TITLE_LIMIT,
        faults=faults or {},
        general=general,
        kept=await kept_files(visit, who.actor, form, "files"),
        most=FILES,
        token=session.form_token(visit.runtime, who),
        form_key=form_key,
        suggested=suggesting.links(visit, form_key, found),
        orders=numbers,
    )


@own_page
async def new(visit: Visit, who: Signed) -> Response:
    """The form of a type. POST: sends it, or looks again what it asks and what may help."""
    if visit.request.method != "POST":
        title = visit.request.query_params.get("title", "")[:TITLE_LIMIT]
        return await _new(visit, who, Form(given={"title": [title]} if title else {}), first=True)
    kind = await _kind(visit)
    definition = kind.definition
    form = await read_form(visit, who)
    faults = dict(form.faults)
    if form.one("act", 10) == "look":
        return await _new(visit, who, form, faults=faults)
    stored = {
        spec.key: await kept_files(visit, who.actor, form, f"f.{spec.key}")
        for spec in forms.own_fields(definition)
        if spec.kind == "file"
    }
    attached = (await kept_files(visit, who.actor, form, "files"))[:FILES]
    title = " ".join(form.one("title", TITLE_LIMIT).split())
    if not title:
        faults["title"] = i18n.t("errors.field_missing", visit.locale)
    if faults:
        return await _new(visit, who, form, faults=faults, status=422)
    values = forms.values_of(
        definition, form.given, {name: [one for one, _ in found] for name, found in stored.items()}, await zone(visit)
    )
    visible, _ = await _shape(visit, who, kind, title, values)
    form_key = _form_key(form.one("form", 60))
    body = TicketCreate(
        type_key=kind.key,
        title=title,
        description=form.one("description").strip(),
        fields={name: value for name, value in values.items() if name in visible},
        source="portal",
        channel="portal",
        locale="en" if visit.locale == "en" else "zh-CN",
        key=f"portal:{who.customer.id}:{form_key}",
        files=[UUID(file_id) for file_id, _ in attached],
    )

    async def send(db: Any) -> TicketView:
        made = await tickets.create(db, who.actor, body)
        await repository.sent(db, form_key, who.customer.id, clock.now())
        return made

    try:
        made = await visit.runtime.db.run(send)
    except Invalid as problem:
        faults, general = _faults(visit, problem.fields)
        return await _new(visit, who, form, faults=faults, general=general, status=422)
    return _there(visit, made.id, "created")


def _faults(visit: Visit, errors: tuple[FieldError, ...]) -> tuple[dict[str, str], str]:
    """The server's complaints beside their inputs; what has no input here is said above."""
    faults: dict[str, str] = {}
    general = ""
    for error in errors:
        words = sentence(visit, error)
        first, _, rest = error.field.partition(".")
        if first == "fields" and rest:
            faults.setdefault(f"f.{rest.split('.')[0]}", words)
        elif first in ("title", "description", "files"):
            faults.setdefault(first, words)
        else:
            general = general or words
    return faults, general


@own_page
async def shape(visit: Visit, who: Signed) -> Response:
    """For scripts: which fields are shown and needed with what stands in the form now."""
    kind = await _kind(visit)
    definition = kind.definition
    form = await read_form(visit, who, cost=0.1)
    values = forms.values_of(definition, form.given, {}, await zone(visit))
    visible, required = await _shape(visit, who, kind, form.one("title", TITLE_LIMIT), values)
    own = [spec.key for spec in forms.own_fields(definition)]
    body = {"shown": [one for one in own if one in visible], "required": [one for one in own if one in required]}
    return Response(msgspec.json.encode(body), media_type="application/json")


@own_page
async def suggest(visit: Visit, who: Signed) -> Response:
    """For scripts: help texts that fit what has been written so far."""
    query = visit.request.query_params
    found = await suggesting.find(visit, query.get("q", "")[:400])
    links = suggesting.links(visit, _form_key(query.get("form", "")), found)
    return Response(msgspec.json.encode({"items": links}), media_type="application/json")


@own_page
async def suggested(visit: Visit, who: Signed) -> Response:
    """On the way from a form to a help text: notes that it was opened."""
    form, item = _id(visit, "form"), _id(visit, "item")
    visit.runtime.get(Posts).check(str(who.customer.id))
    await visit.runtime.db.run(partial(repository.opened, form=form, item_id=item, customer_id=who.customer.id))
    return RedirectResponse(f"/help/{visit.locale}/go/{item}?from=request", 303)
