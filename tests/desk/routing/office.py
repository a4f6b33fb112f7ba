"""A small office on a real database: people, queues, customers, and the checks that must hold at every moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text

from qiao import models
from qiao.core.actor import Actor
from qiao.core.db import Db, Session
from qiao.core.ids import new_id
from qiao.core.log import LogTailer
from qiao.core.reactions import ReactionRunner
from qiao.core.realtime import Hub
from qiao.core.runtime import Runtime, attach
from qiao.core.settings import Settings
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations import wiring as conversation_wiring
from qiao.desk.conversations.schemas import Inbound
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.ports import ChannelSettings
from qiao.desk.inboxes.schemas import ApiSettings, InboxCreate, WebchatSettings
from qiao.desk.routing import policy, repository, service
from qiao.desk.routing import reactions as reactions  # registers itself
from qiao.desk.routing import wiring as routing_wiring
from qiao.desk.routing.policy import AgentState
from qiao.desk.routing.schemas import QueueBody, RoutingSettings
from qiao.people.accounts import repository as account_rows
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.accounts.schemas import UserCreate
from qiao.people.customers import service as customers

SYSTEM = Actor.system()


class DeskChannels:
    """The channels whose settings the desk itself knows; those above it are not loaded here."""

    def model(self, channel: str) -> type[BaseModel] | None:
        return {"webchat": WebchatSettings, "api": ApiSettings}.get(channel)

    def secrets(self, channel: str) -> frozenset[str]:
        return frozenset()


def desk_runtime(settings: Settings, url: str) -> Runtime:
    """The desk alone: rooms above it are not loaded and no background work runs."""
    models.load_all()
    db = Db(url, pool_size=settings.pool_size)
    tailer = LogTailer(db)
    runtime = Runtime(settings, db, tailer, ReactionRunner(db, tailer, {}))
    attach(runtime)
    runtime.provide(Hub, Hub(runtime))
    runtime.provide(ChannelSettings, DeskChannels())
    conversation_wiring.provide(runtime)
    routing_wiring.provide(runtime)
    return runtime


@dataclass
class Office:
    """Shorthand for what tests do again and again; each call is one transaction, as in the product."""

    runtime: Runtime
    inbox_id: UUID | None = None
    written: int = 0
    customers: list[UUID] = field(default_factory=list)

    async def person(
        self, name: str, *, role: str = "agent", state: AgentState | None = None, capacity: int | None = None
    ) -> UUID:
        async def work(db: Session) -> UUID:
            await accounts.ensure_built_in_roles(db)
            found = await account_rows.role_by_key(db, role)
            assert found is not None
            body = UserCreate(email=f"{name}@qiao.test", name=name, role_ids=[found.id])
            user, _ = await accounts.create_user(db, SYSTEM, body, password_hash="!")
            if state is not None or capacity is not None:
                cap = Decimal(capacity) if capacity is not None else None
                await service.set_presence(db, SYSTEM, user.id, state=state, capacity=cap)
            return user.id

        return await self.runtime.db.run(work)

    async def actor(self, user_id: UUID) -> Actor:
        return await self.runtime.db.run(lambda db: actor_for(db, user_id))

    async def queue(self, name: str, members: Sequence[UUID] = (), **values: Any) -> UUID:
        body = QueueBody.model_validate({"name": name, "member_ids": list(members), **values})
        return (await self.runtime.db.run(lambda db: service.create_queue(db, SYSTEM, body))).id

    async def inbox(self, queue_id: UUID | None = None, *, bot: bool = False, channel: str = "webchat") -> UUID:
        body = InboxCreate.model_validate(
            {
                "channel": channel,
                "name": f"in {new_id()}",
                "queue_id": queue_id,
                "bot_enabled": bot,
            }
        )
        made = (await self.runtime.db.run(lambda db: inboxes.create(db, SYSTEM, body))).id
        self.inbox_id = self.inbox_id or made
        return made

    async def customer(self, inbox_id: UUID | None = None) -> UUID:
        inbox = inbox_id or self.inbox_id
        assert inbox is not None
        value = str(new_id())
        ref = await self.runtime.db.run(lambda db: customers.resolve_identity(db, inbox, "visitor", value, True))
        self.customers.append(ref.id)
        return ref.id

    async def write(self, customer_id: UUID, inbox_id: UUID | None = None, body: str = "你好") -> UUID:
        """The customer writes. Returns the conversation it went to."""
        inbox = inbox_id or self.inbox_id
        assert inbox is not None
        self.written += 1
        inbound = Inbound(inbox, customer_id, f"m{self.written}", body=body)
        return (await self.runtime.db.run(lambda db: conversations.receive(db, inbound))).conversation_id

    async def arrive(self, inbox_id: UUID | None = None) -> UUID:
        """A new customer writes for the first time."""
        return await self.write(await self.customer(inbox_id), inbox_id)

    async def state(self, user_id: UUID, state: AgentState | None = None, *, capacity: int | None = None) -> None:
        actor = await self.actor(user_id)
        cap = Decimal(capacity) if capacity is not None else None
        await self.runtime.db.run(lambda db: service.set_presence(db, actor, user_id, state=state, capacity=cap))

    async def resolve(self, conversation_id: UUID) -> None:
        await self.runtime.db.run(lambda db: conversations.resolve(db, SYSTEM, conversation_id))

    async def assignee(self, conversation_id: UUID) -> UUID | None:
        facts = await self.facts(conversation_id)
        return facts.assignee_id if facts.status == "assigned" else None

    async def facts(self, conversation_id: UUID) -> Any:
        async with self.runtime.db.read() as db:
            facts = await conversations.facts(db, conversation_id)
        assert facts is not None
        return facts

    async def offers(self, user_id: UUID) -> list[Any]:
        async with self.runtime.db.read() as db:
            return list(await repository.open_offers(db, user_id=user_id))

    async def accept(self, user_id: UUID, offer_id: UUID) -> UUID:
        actor = await self.actor(user_id)
        return await self.runtime.db.run(lambda db: service.accept(db, actor, offer_id))

    async def decline(self, user_id: UUID, offer_id: UUID) -> None:
        actor = await self.actor(user_id)
        await self.runtime.db.run(lambda db: service.decline(db, actor, offer_id))

    async def log(self, conversation_id: UUID) -> list[Any]:
        async with self.runtime.db.read() as db:
            return await service.routing_log(db, SYSTEM, conversation_id)

    async def rows(self, query: str, **values: Any) -> list[Any]:
        async with self.runtime.db.read() as db:
            return list((await db.execute(text(query), values)).all())

    async def assert_sound(self) -> None:
        """What must be true between any two transactions."""
        async with self.runtime.db.read() as db:
            settings = await service.load_settings(db)
            await _assert_loads(db, settings)
            await _assert_lines(db)
            await _assert_offers(db)
            await _assert_nobody_waits_in_vain(db, settings)


async def _all(db: Session, query: str, **values: Any) -> list[Any]:
    return list((await db.execute(text(query), values)).all())


async def _assert_loads(db: Session, settings: RoutingSettings) -> None:
    """The stored load is exactly what the rows add up to."""
    counted: dict[UUID, Decimal] = {}
    held = await _all(db, "SELECT assignee_id AS u, channel FROM conversations WHERE status = 'assigned'")
    offered = await _all(
        db,
        "SELECT o.user_id AS u, c.channel FROM offers o JOIN conversations c ON c.id = o.conversation_id"
        " WHERE o.state = 'offered'",
    )
    for row in [*held, *offered]:
        counted[row.u] = counted.get(row.u, Decimal(0)) + settings.weight(row.channel)
    stored = {row.user_id: row.load for row in await _all(db, "SELECT user_id, load FROM agent_states")}
    for user_id, load in stored.items():
        assert load == counted.get(user_id, Decimal(0)), f"{user_id} has {counted.get(user_id)}, stored {load}"
    assert set(counted) <= set(stored)
    idle = await _all(
        db, "SELECT user_id FROM agent_states WHERE state = 'online' AND (load = 0) <> (idle_since IS NOT NULL)"
    )
    assert not idle


async def _assert_lines(db: Session) -> None:
    """Whatever is queued stands in exactly one line, its own; nothing else does."""
    queued = await _all(db, "SELECT id, queue_id, priority FROM conversations WHERE status = 'queued'")
    entries = await _all(db, "SELECT conversation_id, queue_id, priority FROM queue_entries")
    assert {tuple(row) for row in queued} == {tuple(row) for row in entries}
    wrong = await _all(
        db,
        "SELECT id, status FROM conversations WHERE (status = 'assigned' AND assignee_id IS NULL)"
        " OR (status IN ('bot', 'queued') AND assignee_id IS NOT NULL)",
    )
    assert not wrong


async def _assert_offers(db: Session) -> None:
    """An open offer is for something that waits, to a member who is online."""
    stray = await _all(
        db,
        "SELECT o.id FROM offers o LEFT JOIN queue_entries e ON e.conversation_id = o.conversation_id"
        " LEFT JOIN agent_states a ON a.user_id = o.user_id"
        " LEFT JOIN queue_members m ON m.user_id = o.user_id AND m.queue_id = o.queue_id"
        " WHERE o.state = 'offered' AND (e.queue_id IS DISTINCT FROM o.queue_id OR a.state <> 'online' OR m.user_id IS NULL)",
    )
    assert not stray


async def _assert_nobody_waits_in_vain(db: Session, settings: RoutingSettings) -> None:
    rows = {row.id: row for row in await repository.queues(db)}
    agents = await repository.agents_of(db, rows)
    for entry in await repository.waiting(db, list(rows), 0, 10_000):
        waiting = repository.waiting_of(entry, settings.weight(entry.channel))
        rule = repository.rule_of(rows[entry.queue_id])
        for agent in agents:
            if entry.queue_id in agent.turns:
                assert policy.why_not(agent, waiting, rule), f"{entry.conversation_id} waits, {agent.user_id} is free"


async def decisions_since(db: Session, last: UUID | None) -> list[Any]:
    """The automatic hand-overs logged after `last`."""
    return await _all(
        db,
        "SELECT l.id, l.conversation_id, l.queue_id, l.user_id, l.decision, l.at, l.explanation, c.channel, c.priority"
        " FROM routing_log l JOIN conversations c ON c.id = l.conversation_id"
        " WHERE l.decision IN ('assigned', 'offered') AND (CAST(:last AS uuid) IS NULL OR l.id > :last) ORDER BY l.id",
        last=last,
    )


async def assert_fair(office: Office, last: UUID | None, before: dict[UUID, datetime]) -> UUID | None:
    """Each hand-over since `last` kept within capacity and overtook nobody the same person could have taken."""
    async with office.runtime.db.read() as db:
        settings = await service.load_settings(db)
        rows = {row.id: row for row in await repository.queues(db)}
        agents = {agent.user_id: agent for agent in await repository.agents_of(db, rows)}
        still = await repository.waiting(db, list(rows), 0, 10_000)
        made = await decisions_since(db, last)
        for row in made:
            person = next(c for c in row.explanation["candidates"] if c["user_id"] == str(row.user_id))
            weight = settings.weight(row.channel)
            room = Decimal(str(person["capacity"])) - Decimal(str(person["load"]))
            assert weight <= room, "given more than there was room for"
            if row.user_id not in agents:
                continue
            waited_s = row.explanation["waited_s"]
            for entry in still:
                if entry.queue_id != row.queue_id or entry.conversation_id not in before:
                    continue
                overtaken = entry.priority > row.priority or (
                    entry.priority == row.priority and (row.at - entry.entered_at).total_seconds() > waited_s + 1
                )
                if overtaken:
                    other = settings.weight(entry.channel)
                    declined = row.user_id in entry.declined_by
                    assert declined or other > room, f"{row.conversation_id} overtook {entry.conversation_id}"
    return made[-1].id if made else last
