"""The verbs of canned replies."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, case, cast, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import TSQUERY, insert

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Forbidden, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.text import normalize, query_tokens, search_tokens
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.canned import policy
from qiao.desk.canned.models import CannedReply
from qiao.desk.canned.schemas import CannedCreate, CannedPatch, CannedView, Gap, Rendered, VariableView
from qiao.desk.conversations import service as conversations
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.orders import service as orders
from qiao.people.organization import service as organization

_TOKENS = text("UPDATE canned_replies SET tokens = array_to_tsvector(CAST(:tokens AS text[])) WHERE id = :id")


def _mine_or_shared(actor: Actor) -> ColumnElement[bool]:
    shared = CannedReply.owner_user_id.is_(None)
    return or_(shared, CannedReply.owner_user_id == actor.id) if actor.id is not None else shared


# -- reading -----------------------------------------------------------------------------------------------------------


async def listing(
    db: Session,
    actor: Actor,
    *,
    q: str | None = None,
    locale: str | None = None,
    sort: str = "shortcut",
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[CannedView], str | None]:
    """What `actor` may use, shared and their own.

    With `q`, the best matches on one page: the shortcut itself, shortcuts that begin so, then texts with all its words.
    """
    query = select(CannedReply).where(_mine_or_shared(actor))
    if locale:
        query = query.where(CannedReply.locale == locale)
    wanted = normalize(q or "").lstrip("/").strip()
    if wanted:
        prefix = wanted.replace(" ", "-")
        starts = func.starts_with(CannedReply.shortcut, prefix)
        matches: list[ColumnElement[bool]] = [starts]
        tokens = query_tokens(wanted)
        if tokens:
            words = " & ".join(_word(token) for token in tokens)
            matches.append(CannedReply.tokens.bool_op("@@")(cast(words, TSQUERY)))
        rank = case((CannedReply.shortcut == prefix, 0), (starts, 1), else_=2)
        query = query.where(or_(*matches)).order_by(rank, CannedReply.usage_count.desc(), CannedReply.shortcut)
        rows = (await db.execute(query.limit(limit))).scalars().all()
        return [CannedView.model_validate(row) for row in rows], None
    if sort == "used":
        used = decode_cursor(cursor, tuple[int, UUID])
        if used:
            query = query.where(func.row(CannedReply.usage_count, CannedReply.id) < func.row(*used))
        query = query.order_by(CannedReply.usage_count.desc(), CannedReply.id.desc())
    else:
        after = decode_cursor(cursor, tuple[str, UUID])
        if after:
            query = query.where(func.row(CannedReply.shortcut, CannedReply.id) > func.row(*after))
        query = query.order_by(CannedReply.shortcut, CannedReply.id)
    rows = (await db.execute(query.limit(limit + 1))).scalars().all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = encode_cursor(last.usage_count if sort == "used" else last.shortcut, last.id)
    return [CannedView.model_validate(row) for row in rows[:limit]], following


async def get(db: Session, actor: Actor, canned_id: UUID) -> CannedView:
    """One reply. Somebody else's personal one does not exist for `actor`."""
    return CannedView.model_validate(await _visible(db, actor, canned_id))


def variables(locale: str) -> list[VariableView]:
    """What may stand in braces."""
    return [VariableView(name=name, label=i18n.t(f"canned.variable.{name}", locale)) for name in policy.VARIABLES]


async def _visible(db: Session, actor: Actor, canned_id: UUID, *, lock: bool = False) -> CannedReply:
    query = select(CannedReply).where(CannedReply.id == canned_id, _mine_or_shared(actor))
    row = (await db.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
    if row is None:
        raise NotFound("canned.not_found")
    return row


# -- writing -----------------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, body: CannedCreate) -> CannedView:
    """Writes a reply: a personal one for those who handle conversations, a shared one for those who may edit these."""
    _require_may_write(actor, shared=body.shared)
    _check_body(body.body)
    owner = None if body.shared else actor.id
    await _check_free(db, owner, body.locale, body.shortcut)
    row = CannedReply(**_columns(body, actor, owner))
    db.add(row)
    await _index(db, row)
    await audit.record(db, actor, "canned_reply.created", "canned_reply", row.id, {"shortcut": [None, row.shortcut]})
    return CannedView.model_validate(row)


async def create_many(db: Session, actor: Actor, bodies: Sequence[CannedCreate]) -> list[UUID]:
    """Many at once (seeds); those whose shortcut is taken are left as they are. Returns the ids of the new ones."""
    for shared in {body.shared for body in bodies}:
        _require_may_write(actor, shared=shared)
    for body in bodies:
        _check_body(body.body)
    values = [_columns(body, actor, None if body.shared else actor.id) for body in bodies]
    if not values:
        return []
    query = insert(CannedReply).values(values).on_conflict_do_nothing().returning(CannedReply.id)
    made = set((await db.execute(query)).scalars())
    rows = [{"id": v["id"], "tokens": _tokens(v["shortcut"], v["title"], v["body"])} for v in values if v["id"] in made]
    if rows:
        await db.execute(_TOKENS, rows)
    return [row["id"] for row in rows]


async def update_reply(db: Session, actor: Actor, canned_id: UUID, body: CannedPatch) -> CannedView:
    """Changes what is given. An empty folder takes it out of its folder."""
    row = await _visible(db, actor, canned_id, lock=True)
    _require_may_write(actor, shared=row.owner_user_id is None)
    given = body.model_dump(exclude_unset=True)
    before = {key: getattr(row, key) for key in (*given, "locale", "shortcut")}
    for key, value in given.items():
        if value is None and key != "folder":
            continue
        setattr(row, key, (value or None) if key == "folder" else value)
    if body.body is not None:
        _check_body(body.body)
    if (row.locale, row.shortcut) != (before["locale"], before["shortcut"]):
        await _check_free(db, row.owner_user_id, row.locale, row.shortcut, but=row.id)
    row.updated_at, row.updated_by = clock.now(), actor.id
    await _index(db, row)
    changes = audit.diff(before, {key: getattr(row, key) for key in given})
    if changes:
        await audit.record(db, actor, "canned_reply.updated", "canned_reply", row.id, changes)
    return CannedView.model_validate(row)


async def delete(db: Session, actor: Actor, canned_id: UUID) -> None:
    row = await _visible(db, actor, canned_id, lock=True)
    _require_may_write(actor, shared=row.owner_user_id is None)
    await db.delete(row)
    await audit.record(db, actor, "canned_reply.deleted", "canned_reply", row.id, {"shortcut": [row.shortcut, None]})


def _require_may_write(actor: Actor, *, shared: bool) -> None:
    actor.require("canned.edit" if shared else "conversations.handle")
    if not shared and actor.id is None:
        raise Forbidden("forbidden")


def _check_body(body: str) -> None:
    fields = [
        FieldError("body", "canned.variable_unclosed", {"line": fault.line, "column": fault.column})
        if fault.name is None
        else FieldError(
            "body", "canned.variable_unknown", {"name": fault.name, "line": fault.line, "column": fault.column}
        )
        for fault in policy.faults(body)
    ]
    if fields:
        raise Invalid("invalid", fields=fields)


async def _check_free(db: Session, owner: UUID | None, locale: str, shortcut: str, *, but: UUID | None = None) -> None:
    with db.no_autoflush:
        taken = await db.scalar(
            select(CannedReply.id).where(
                CannedReply.owner_user_id.is_not_distinct_from(owner),
                CannedReply.locale == locale,
                CannedReply.shortcut == shortcut,
                CannedReply.id.is_distinct_from(but),
            )
        )
    if taken is not None:
        raise Invalid.field("shortcut", "canned.shortcut_taken", shortcut=shortcut)


def _columns(body: CannedCreate, actor: Actor, owner: UUID | None) -> dict[str, Any]:
    now = clock.now()
    return {
        **body.model_dump(exclude={"shared", "folder"}),
        "id": new_id(),
        "folder": body.folder or None,
        "owner_user_id": owner,
        "usage_count": 0,
        "created_at": now,
        "updated_at": now,
        "updated_by": actor.id,
    }


def _tokens(*texts: str) -> list[str]:
    return sorted(search_tokens("\n".join(texts)))


async def _index(db: Session, row: CannedReply) -> None:
    await db.flush()
    await db.execute(_TOKENS, {"id": row.id, "tokens": _tokens(row.shortcut, row.title, row.body)})


# -- using -------------------------------------------------------------------------------------------------------------


async def render(
    db: Session,
    actor: Actor,
    canned_id: UUID,
    *,
    conversation_id: UUID | None = None,
    ticket_id: UUID | None = None,
) -> Rendered:
    """The reply for a conversation or ticket `actor` may see, and counts the use.

    The order is the customer's latest; what is not known shows as a gap in the language of what it is for.
    """
    row = await _visible(db, actor, canned_id)
    place = await _place(db, actor, conversation_id, ticket_id)
    values: dict[str, str | None] = {
        "agent.name": await _called(db, actor),
        "company.name": (await organization.get_workspace(db)).name,
        "conversation.number": place.conversation,
    }
    if place.customer_id is not None:
        values |= await _of_customer(db, actor, place.customer_id, place.locale)
    gaps = {
        name: i18n.t("canned.gap", place.locale, label=i18n.t(f"canned.variable.{name}", place.locale))
        for name in policy.VARIABLES
    }
    filled, missing = policy.fill(row.body, values, gaps)
    await db.execute(
        update(CannedReply).where(CannedReply.id == row.id).values(usage_count=CannedReply.usage_count + 1)
    )
    return Rendered(body=filled, missing=[Gap(variable=name, text=gaps[name]) for name in missing])


class _Place(NamedTuple):
    """What a reply is written for."""

    customer_id: UUID | None
    locale: str
    conversation: str | None


async def _place(db: Session, actor: Actor, conversation_id: UUID | None, ticket_id: UUID | None) -> _Place:
    if ticket_id is None:
        assert conversation_id is not None
        talk = await conversations.require_visible(db, actor, conversation_id)
        return _Place(talk.customer_id, talk.locale, str(talk.number))
    ticket = await tickets.require_visible(db, actor, ticket_id)
    origin = await conversations.facts(db, ticket.conversation_id) if ticket.conversation_id else None
    return _Place(ticket.customer_id, ticket.locale, str(origin.number) if origin else None)


async def _called(db: Session, actor: Actor) -> str:
    people = await accounts.people(db, [actor.id] if actor.id else [])
    return next((person.name for person in people.values()), actor.name)


async def _of_customer(db: Session, actor: Actor, customer_id: UUID, locale: str) -> dict[str, str | None]:
    customer = await customers.get(db, actor, customer_id)
    values: dict[str, str | None] = {
        "customer.name": customer.name,
        "customer.level": i18n.t(f"canned.level.{customer.level}", locale),
        "customer.city": customer.city,
    }
    latest = next(iter(await orders.of_customer(db, actor, customer_id, limit=1)), None)
    if latest is not None:
        values |= {
            "order.number": latest.number,
            "order.total": policy.money(latest.total_minor, latest.currency),
            "logistics.carrier": latest.logistics.get("carrier"),
            "logistics.tracking_number": latest.logistics.get("tracking_number"),
        }
    return values


def _word(token: str) -> str:
    """A token as a tsquery operand; what is being typed may still be half a word."""
    quoted = "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
    return f"{quoted}:*" if token.isascii() else quoted
