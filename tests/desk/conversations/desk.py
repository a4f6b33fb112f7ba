"""People, a queue, inboxes and customers on a running product, for tests of conversations and of the staff's socket."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service
from qiao.desk.conversations.schemas import ConversationFacts, Inbound, MessageView, Outgoing, Received
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.desk.routing import service as routing
from qiao.desk.routing.schemas import QueueBody
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.customers import service as customers
from tests.conftest import PASSWORD

SYSTEM = Actor.system()


@dataclass
class Desk:
    """Each call is one transaction, as in the product."""

    runtime: Runtime
    inbox_id: UUID = field(default_factory=new_id)
    queue_id: UUID = field(default_factory=new_id)
    written: int = 0

    async def open(self, *, bot: bool = True) -> "Desk":
        await self.queue("lobby")  # the default queue takes in every new colleague
        self.queue_id = await self.queue("main")
        self.inbox_id = await self.inbox(self.queue_id, bot=bot)
        return self

    async def run(self, verb: Any, *args: Any, **values: Any) -> Any:
        return await self.runtime.db.run(lambda db: verb(db, *args, **values))

    async def queue(self, name: str, members: Sequence[UUID] = ()) -> UUID:
        body = QueueBody.model_validate({"name": name, "member_ids": list(members)})
        view = await self.run(routing.create_queue, SYSTEM, body)
        return UUID(str(view.id))

    async def inbox(self, queue_id: UUID, *, bot: bool) -> UUID:
        body = InboxCreate.model_validate(
            {"channel": "webchat", "name": f"in {new_id()}", "queue_id": queue_id, "bot_enabled": bot, "settings": {}}
        )
        return UUID(str((await self.run(inboxes.create, SYSTEM, body)).id))

    async def person(self, name: str, role: str = "agent", *, queues: Sequence[UUID] = ()) -> Actor:
        async def work(db: Session) -> UUID:
            return await accounts.ensure_user(
                db, SYSTEM, email=f"{name}@qiao.test", name=name.title(), password=PASSWORD, roles=[role], locale="en"
            )

        user_id: UUID = await self.runtime.db.run(work)
        for queue_id in queues:
            await self.enlist(queue_id, user_id)
        return await self.actor(user_id)

    async def enlist(self, queue_id: UUID, user_id: UUID) -> None:
        async def work(db: Session) -> None:
            from qiao.desk.routing import repository

            members = (await repository.members(db, [queue_id]))[queue_id]
            await routing.set_members(db, SYSTEM, queue_id, [*members, user_id])

        await self.runtime.db.run(work)

    async def actor(self, user_id: UUID) -> Actor:
        return await self.runtime.db.run(lambda db: actor_for(db, user_id))

    async def customer(self) -> UUID:
        ref = await self.run(customers.resolve_identity, self.inbox_id, "visitor", str(new_id()), True)
        return UUID(str(ref.id))

    def inbound(self, customer_id: UUID, body: str = "你好", **values: Any) -> Inbound:
        self.written += 1
        values.setdefault("client_id", f"c{self.written}")
        return Inbound(self.inbox_id, customer_id, body=body, **values)

    async def write(self, customer_id: UUID, body: str = "你好", **values: Any) -> Received:
        received: Received = await self.run(service.receive, self.inbound(customer_id, body, **values))
        return received

    async def arrive(self, *, assigned_to: Actor | None = None, body: str = "你好") -> UUID:
        """A new customer's conversation, with the bot, or assigned to somebody."""
        conversation_id = (await self.write(await self.customer(), body)).conversation_id
        if assigned_to is not None:
            assert assigned_to.id is not None
            await self.run(service.assign, SYSTEM, conversation_id, assigned_to.id)
        return conversation_id

    async def send(self, actor: Actor, conversation_id: UUID, body: str = "hello", **values: Any) -> MessageView:
        view: MessageView = await self.run(service.send, actor, conversation_id, Outgoing(body=body, **values))
        return view

    async def facts(self, conversation_id: UUID) -> ConversationFacts:
        async with self.runtime.db.read() as db:
            found = await service.facts(db, conversation_id)
        assert found is not None
        return found

    async def view(self, actor: Actor, conversation_id: UUID) -> Any:
        async with self.runtime.db.read() as db:
            return await service.get(db, actor, conversation_id)

    async def transcript(self, conversation_id: UUID) -> list[MessageView]:
        async with self.runtime.db.read() as db:
            items, more = await service.transcript(db, SYSTEM, conversation_id, after_seq=0, limit=1000)
        assert not more
        return items
