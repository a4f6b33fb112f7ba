"""Verbs of blocking: who may write, what is held back, and letting it in."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.jobs import every
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.blocking.events import BlockChanged, MessageHeld
from qiao.desk.blocking.models import Block, HeldMessage, IntakeRule
from qiao.desk.blocking.policy import PER_HOUR, PER_MINUTE, Pace, Rule, Standing, meant
from qiao.desk.blocking.schemas import BlockBody, BlockView, Held, HeldView, RuleBody, RuleView
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import audit
from qiao.people.customers import policy as spelling
from qiao.people.customers import service as customers
from qiao.people.personal import mask

KEPT_SECONDS: Final = 5.0
TOLD_EVERY: Final = timedelta(days=1)
Verdict = Literal["welcome", "refuse", "keep", "fold"]


@dataclass(slots=True)
class _Known:
    at: float
    blocks: list[Standing]
    rules: dict[str, IntakeRule]


class Gate:
    """Blocks and rules as they stood a few seconds ago, and how fast senders write."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self.pace = Pace()
        self._known: _Known | None = None

    @classmethod
    def of(cls, runtime: Runtime) -> "Gate":
        return runtime.once(cls, lambda: cls(runtime))

    def forget(self) -> None:
        """Somebody here has just changed a block or a rule."""
        self._known = None

    async def known(self) -> _Known:
        if self._known is None or time.monotonic() - self._known.at > KEPT_SECONDS:
            async with self.runtime.db.read() as db:
                rows = (await db.execute(select(Block).where(Block.lifted_at.is_(None)))).scalars()
                blocks = [
                    Standing(row.id, row.kind, row.value, row.customer_id, row.inbox_id, row.expires_at) for row in rows
                ]
                rules = {row.scope: row for row in (await db.execute(select(IntakeRule))).scalars()}
            self._known = _Known(time.monotonic(), blocks, rules)
        return self._known


async def verdict(runtime: Runtime, inbox_id: UUID, address: str, customer_id: UUID, *, blocked: bool) -> Verdict:
    """What becomes of a message: it is welcome, refused, kept apart, or folded because its sender writes too fast.

    Counts the message. `blocked`: the customer is.
    """
    gate = Gate.of(runtime)
    known = await gate.known()
    rule = _rule(known.rules, inbox_id)
    if blocked or meant(known.blocks, inbox_id, address, customer_id, clock.now()) is not None:
        return "keep" if rule.handling == "keep" else "refuse"
    return "fold" if gate.pace.too_fast(inbox_id, address, rule, time.monotonic()) else "welcome"


def _rule(rules: dict[str, IntakeRule], inbox_id: UUID) -> Rule:
    own, company = rules.get(str(inbox_id)), rules.get("")

    def first(name: str, otherwise: str | int) -> str | int:
        for row in (own, company):
            value = getattr(row, name) if row is not None else None
            if value is not None:
                found: str | int = value
                return found
        return otherwise

    return Rule(
        str(first("handling", "refuse")), int(first("per_minute", PER_MINUTE)), int(first("per_hour", PER_HOUR))
    )


async def hold(db: Session, message: Held, why: Literal["blocked", "fast"]) -> None:
    """Stores a message beside the conversations. One that comes twice is held once.

    The first one folded is said: to staff in the conversation, to the sender at most once a day.
    """
    now = clock.now()
    since = now - TOLD_EVERY
    told = why == "blocked" or bool(
        await db.scalar(
            select(HeldMessage.id)
            .where(
                HeldMessage.customer_id == message.customer_id,
                HeldMessage.inbox_id == message.inbox_id,
                HeldMessage.told,
                HeldMessage.at > since,
            )
            .limit(1)
        )
    )
    statement = insert(HeldMessage).values(
        id=new_id(), why=why, told=not told, at=now, **message.model_dump(exclude={"locale"})
    )
    held_id = await db.scalar(statement.on_conflict_do_nothing().returning(HeldMessage.id))
    if held_id is None:
        return
    fact = MessageHeld(held_id=held_id, inbox_id=message.inbox_id, customer_id=message.customer_id, why=why)
    actor = Actor(kind="customer", id=message.customer_id)
    await emit(db, fact, actor=actor, conversation_id=message.conversation_id)
    if told or message.conversation_id is None:
        return
    await conversations.add_line(db, Actor.system(), message.conversation_id, "folding")
    facts = await conversations.facts(db, message.conversation_id)
    if facts is not None and facts.status != "closed":
        words = i18n.t("blocking.too_fast", message.locale)
        outgoing = Outgoing("text", words, {}, f"folding-{held_id}")
        await conversations.relay(db, Actor.system(), message.conversation_id, outgoing)


# -- what staff do ---------------------------------------------------------------------------------------------------


async def block(db: Session, actor: Actor, body: BlockBody) -> BlockView:
    """Keeps a customer, an address, a domain or numbers with a prefix from writing."""
    value = _value(body)
    if body.inbox_id is not None:
        await inboxes.get(db, body.inbox_id)
    customer_id = None
    if body.kind == "customer":
        if body.customer_id is None:
            raise Invalid.field("customer_id", "field_missing")
        ref = await customers.ref(db, body.customer_id)
        customer_id = ref.id
        if body.inbox_id is None and not ref.blocked:
            await customers.set_blocked(db, actor, ref.id, True)
    if body.expires_at is not None and body.expires_at <= clock.now():
        raise Invalid.field("expires_at", "blocking_over_already")
    row = Block(
        id=new_id(),
        kind=body.kind,
        value=value,
        customer_id=customer_id,
        inbox_id=body.inbox_id,
        reason=body.reason.strip(),
        expires_at=body.expires_at,
        created_by=actor.id,
        created_by_name=actor.name[:120],
        created_at=clock.now(),
    )
    db.add(row)
    await db.flush()
    changes = {"kind": [None, row.kind], "value": [None, mask("identity", value)], "reason": [None, row.reason]}
    await audit.record(db, actor, "block.made", "block", row.id, changes)
    await _changed(db, actor, row)
    return (await _views(db, actor, [row]))[0]


def _value(body: BlockBody) -> str:
    text = body.value.strip().casefold()
    match body.kind:
        case "customer":
            return ""
        case "address":
            plain = spelling.clean_phone(text) or text
        case "domain":
            plain = text.rpartition("@")[2].strip(".")
            if "." not in plain or any(c.isspace() for c in plain):
                plain = ""
        case _:
            plain = "".join(c for c in text if c.isdigit() or c == "+")
            if not 2 <= len(plain.lstrip("+")) <= 15:
                plain = ""
    if not plain:
        raise Invalid.field("value", "blocking_value_invalid")
    return plain


async def lift(db: Session, actor: Actor, block_id: UUID) -> BlockView:
    """Lets somebody write again; the entry stays as history."""
    row = await db.get(Block, block_id, with_for_update=True)
    if row is None:
        raise NotFound("block_not_found")
    if row.lifted_at is not None:
        raise Refused("block_lifted_already")
    await _lift(db, actor, row)
    return (await _views(db, actor, [row]))[0]


async def _lift(db: Session, actor: Actor, row: Block) -> None:
    row.lifted_at, row.lifted_by_name = clock.now(), actor.name[:120]
    await db.flush()
    await audit.record(db, actor, "block.lifted", "block", row.id, {"kind": [row.kind, None]})
    await _changed(db, actor, row)
    if row.kind == "customer" and row.inbox_id is None and row.customer_id is not None:
        query = select(func.count()).select_from(Block)
        left = await db.scalar(
            query.where(Block.customer_id == row.customer_id, Block.lifted_at.is_(None), Block.inbox_id.is_(None))
        )
        if not left and (await customers.ref(db, row.customer_id)).blocked:
            await customers.set_blocked(db, actor, row.customer_id, False)


async def unblocked(db: Session, actor: Actor, customer_id: UUID) -> None:
    """A customer was unblocked elsewhere: the entries say so, too."""
    if (await customers.ref(db, customer_id)).blocked:
        return
    await db.execute(
        update(Block)
        .where(Block.customer_id == customer_id, Block.lifted_at.is_(None), Block.inbox_id.is_(None))
        .values(lifted_at=clock.now(), lifted_by_name=actor.name[:120])
        .execution_options(synchronize_session=False)
    )


async def leave_queues(db: Session, customer_id: UUID, inbox_id: UUID | None = None) -> None:
    """What a blocked customer has waiting for people is over: in one inbox, or wherever they are blocked altogether.

    What somebody is already looking after stays theirs to end.
    """
    if inbox_id is None and not (await customers.ref(db, customer_id)).blocked:
        return
    for conversation_id, inbox in (await conversations.ids_of_customer(db, customer_id)).items():
        if inbox_id in (None, inbox):
            await conversations.close_if_queued(db, conversation_id, reason="blocked")


async def standing(db: Session, block_id: UUID) -> Standing | None:
    """A block as it stands; None when it has been lifted or is over."""
    row = await db.get(Block, block_id)
    if row is None or row.lifted_at is not None or (row.expires_at is not None and row.expires_at <= clock.now()):
        return None
    return Standing(row.id, row.kind, row.value, row.customer_id, row.inbox_id, row.expires_at)


async def _changed(db: Session, actor: Actor, row: Block) -> None:
    gate = Gate.of(runtime_of(db))
    after_commit(db, gate.forget)
    fact = BlockChanged(block_id=row.id, block_kind=row.kind, standing=row.lifted_at is None, inbox_id=row.inbox_id)
    await emit(db, fact, actor=actor)


async def listing(
    db: Session, actor: Actor, *, standing: bool, customer_id: UUID | None, before: UUID | None, limit: int
) -> list[BlockView]:
    """Blocks, newest first."""
    query = select(Block).order_by(Block.id.desc()).limit(limit)
    query = query.where(Block.lifted_at.is_(None) if standing else Block.lifted_at.is_not(None))
    if customer_id is not None:
        query = query.where(Block.customer_id == await customers.means(db, customer_id))
    if before is not None:
        query = query.where(Block.id < before)
    return await _views(db, actor, list((await db.execute(query)).scalars()))


async def _views(db: Session, actor: Actor, rows: Sequence[Block]) -> list[BlockView]:
    who = await customers.refs(db, {row.customer_id for row in rows if row.customer_id is not None})
    now = clock.now()
    masked = not actor.may("customers.reveal")
    return [
        BlockView(
            id=row.id,
            kind=row.kind,
            value=_shown(row, masked),
            customer=who.get(row.customer_id) if row.customer_id else None,
            inbox_id=row.inbox_id,
            reason=row.reason,
            expires_at=row.expires_at,
            created_by_name=row.created_by_name,
            created_at=row.created_at,
            lifted_at=row.lifted_at,
            lifted_by_name=row.lifted_by_name,
            standing=row.lifted_at is None and (row.expires_at is None or row.expires_at > now),
        )
        for row in rows
    ]


def _shown(row: Block, masked: bool) -> str:
    if not masked or row.kind != "address":
        return row.value
    return str(mask("email" if "@" in row.value else "phone", row.value))


# -- what was held back ----------------------------------------------------------------------------------------------


async def held(
    db: Session,
    *,
    why: Literal["blocked", "fast"] | None = None,
    conversation_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[HeldView]:
    """Messages that wait beside the conversations, newest first."""
    query = select(HeldMessage).where(HeldMessage.released_at.is_(None)).order_by(HeldMessage.id.desc()).limit(limit)
    if why is not None:
        query = query.where(HeldMessage.why == why)
    if conversation_id is not None:
        query = query.where(HeldMessage.conversation_id == conversation_id)
    if before is not None:
        query = query.where(HeldMessage.id < before)
    rows = list((await db.execute(query)).scalars())
    who = await customers.refs(db, {row.customer_id for row in rows})
    return [
        HeldView(
            id=row.id,
            inbox_id=row.inbox_id,
            conversation_id=row.conversation_id,
            customer=who.get(row.customer_id),
            why=row.why,
            kind=row.kind,
            body=row.body,
            at=row.at,
            released_at=row.released_at,
            released_by_name=row.released_by_name,
        )
        for row in rows
    ]


async def release(db: Session, actor: Actor, ids: Sequence[UUID], *, conversation_id: UUID | None = None) -> int:
    """Lets held messages in, in the order they came: they stand in the customer's conversation from now on."""
    query = select(HeldMessage).where(HeldMessage.id.in_(list(ids)), HeldMessage.released_at.is_(None))
    if conversation_id is not None:
        query = query.where(HeldMessage.conversation_id == conversation_id)
    rows = list((await db.execute(query.order_by(HeldMessage.id).with_for_update())).scalars())
    for row in rows:
        row.released_at, row.released_by_name = clock.now(), actor.name[:120]
        await conversations.receive(
            db,
            Inbound(
                row.inbox_id,
                row.customer_id,
                row.client_id,
                row.kind,  # type: ignore[arg-type]  # checked when it was held
                row.body,
                row.payload,
                threaded=row.conversation_id is not None,
                conversation_id=row.conversation_id,
            ),
        )
    if rows:
        await audit.record(db, actor, "message.let_in", "customer", rows[0].customer_id, {"count": [None, len(rows)]})
    return len(rows)


# -- rules -----------------------------------------------------------------------------------------------------------


async def rules(db: Session) -> list[RuleView]:
    """The company's rule first (with what applies where nothing is set), then those of inboxes that have their own."""
    rows = {row.scope: row for row in (await db.execute(select(IntakeRule).order_by(IntakeRule.scope))).scalars()}
    company = rows.pop("", None)
    shown = [
        RuleView(
            inbox_id=None,
            handling=(company.handling if company else None) or "refuse",
            per_minute=(company.per_minute if company else None) or PER_MINUTE,
            per_hour=(company.per_hour if company else None) or PER_HOUR,
        )
    ]
    return shown + [_rule_view(row) for row in rows.values()]


def _rule_view(row: IntakeRule) -> RuleView:
    return RuleView(
        inbox_id=UUID(row.scope) if row.scope else None,
        handling=row.handling,
        per_minute=row.per_minute,
        per_hour=row.per_hour,
    )


async def set_rule(db: Session, actor: Actor, inbox_id: UUID | None, body: RuleBody) -> RuleView:
    """Sets the company's rule, or that of one inbox."""
    if inbox_id is not None:
        await inboxes.get(db, inbox_id)
    scope = str(inbox_id) if inbox_id is not None else ""
    values = body.model_dump()
    before = await db.get(IntakeRule, scope)
    old = audit.snapshot(before) if before is not None else dict.fromkeys(values)
    statement = insert(IntakeRule).values(scope=scope, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["scope"], set_=values))
    changes = {key: [old[key], value] for key, value in values.items() if old[key] != value}
    if changes:
        await audit.record(db, actor, "block.rule_changed", "inbox", scope or "all", changes)
    after_commit(db, Gate.of(runtime_of(db)).forget)
    return RuleView(inbox_id=inbox_id, **values)


@every(60, name="blocking.run_out")
async def run_out(runtime: Runtime) -> None:
    """Blocks end when their time is over."""
    async with runtime.db.read() as db:
        due = (
            (await db.execute(select(Block.id).where(Block.lifted_at.is_(None), Block.expires_at <= clock.now())))
            .scalars()
            .all()
        )
    for block_id in due:
        await runtime.db.run(partial(_end, block_id=block_id, now=clock.now()))


async def _end(db: Session, *, block_id: UUID, now: datetime) -> None:
    row = await db.get(Block, block_id, with_for_update=True)
    if row is not None and row.lifted_at is None and row.expires_at is not None and row.expires_at <= now:
        await _lift(db, Actor.system(), row)
