"""The demo company's conversations, past and present, replayed through the verbs at the times they happened."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.channels.webchat import service as webchat
from qiao.channels.webchat.visitors import Visitor
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.core.permissions import BUILT_IN_ROLES
from qiao.demo.company import DEFAULT_QUEUE, Places
from qiao.demo.writing import Answer
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound, Outgoing
from qiao.growth.surveys import service as surveys
from qiao.packs.models import Conversation, DemoPack, Turn
from qiao.people.customers import service as people

Step = Callable[[int], None]
AGENT = frozenset(BUILT_IN_ROLES["supervisor"])


async def seed_history(
    db: Session,
    actor: Actor,
    pack: DemoPack,
    places: Places,
    customers: dict[str, UUID],
    answers: dict[tuple[str, str], Answer],
    step: Step,
) -> dict[str, UUID]:
    """Returns the conversations' ids by their keys."""
    now = clock.now()
    made: dict[str, UUID] = {}
    tags = {tag.key: tag.name.in_language(pack.company.locale) for tag in pack.company.tags}
    # Oldest first, so that numbers grow with time; open ones last, so that agents' loads are of today.
    for talk in sorted(pack.conversations.conversations, key=lambda c: -c.minutes_ago):
        made[talk.key] = await _Replay(db, pack, places, customers, answers, tags, talk, now).run()
        step(1)
    return made


class _Replay:
    """One conversation, turn by turn."""

    def __init__(
        self,
        db: Session,
        pack: DemoPack,
        places: Places,
        customers: dict[str, UUID],
        answers: dict[tuple[str, str], Answer],
        tags: dict[str, str],
        talk: Conversation,
        now: datetime,
    ):
        self.db, self.pack, self.places, self.talk, self.now = db, pack, places, talk, now
        self.customer = customers[talk.customer]
        self.answers, self.tags = answers, tags
        self.start = now - timedelta(minutes=talk.minutes_ago)
        self.id: UUID | None = None
        self.handed = False
        self.assigned = False

    async def run(self) -> UUID:
        for index, turn in enumerate(self.talk.turns):
            at = min(self.start + timedelta(seconds=turn.at), self.now)
            with clock.frozen(at):
                await self._before(turn)
                await self._turn(index, turn)
        end = min(self.start + timedelta(seconds=self.talk.turns[-1].at + 20), self.now)
        with clock.frozen(end):
            await self._finish()
        assert self.id is not None  # every conversation begins with the customer
        return self.id

    def _agent(self, key: str) -> Actor:
        return Actor(
            kind="user",
            id=self.places.users[key],
            name=self.places.names[key],
            permissions=AGENT,
            queue_ids=frozenset(self.places.queues.values()),
        )

    def _bot(self) -> Actor:
        return Actor.bot(self.pack.company.widget.bot_name.in_language(self.talk.language))

    async def _hand_over(self) -> None:
        if self.handed or self.id is None:
            return
        self.handed = True
        talk = self.talk
        handoff = talk.handoff
        asked = [turn.text for turn in talk.turns if turn.by == "customer"]
        summary: dict[str, Any] = {
            "reason": handoff.reason if handoff else "requested",
            "question": asked[0] if asked else None,
            "text": handoff.summary.in_language(talk.language) if handoff else None,
            "language": talk.language,
            "tried": [],
        }
        await conversations.enqueue(
            self.db,
            self._bot(),
            self.id,
            queue_id=self.places.queues[talk.queue or DEFAULT_QUEUE],
            reason=handoff.reason if handoff else "requested",
            summary=summary,
        )

    async def _assign(self, key: str | None) -> None:
        if key is None or self.assigned or self.id is None:
            return
        self.assigned = True
        await conversations.assign(self.db, Actor.system(), self.id, self.places.users[key], reason="queue")

    async def _before(self, turn: Turn) -> None:
        handoff = self.talk.handoff
        if turn.by == "agent" or (turn.by == "note" and handoff is not None):
            await self._hand_over()
            await self._assign(self.talk.assignee or turn.user)

    async def _turn(self, index: int, turn: Turn) -> None:
        talk = self.talk
        client_id = f"demo:{talk.key}:{index}"
        if turn.by == "customer":
            received = await conversations.receive(
                self.db,
                Inbound(
                    inbox_id=self.places.webchat,
                    customer_id=self.customer,
                    client_id=client_id,
                    body=turn.text,
                    locale=talk.language,
                ),
            )
            self.id = received.conversation_id
            await people.touch(self.db, self.customer)
            return
        if self.id is None:
            raise ValueError(f"conversation {talk.key} must begin with the customer")
        if turn.by == "bot":
            payload: dict[str, Any] = {"offer_person": True} if turn.missed else {}
            if turn.faq is not None:
                answer = self.answers[turn.faq, talk.language]
                source = {"type": "faq", "id": str(answer.id), "title": answer.question}
                payload = {"sources": [source], "faq_id": str(answer.id), "feedback": True}
            sent = await conversations.send(
                self.db, self._bot(), self.id, Outgoing(body=turn.text, payload=payload, client_id=client_id)
            )
            if turn.helpful is not None:
                visitor = Visitor("", new_id(), self.places.webchat, self.customer, 1.0)
                await webchat.rate_answer(self.db, visitor, sent.id, turn.helpful)
            if talk.handoff is not None and turn.at >= talk.handoff.at:
                await self._hand_over()
        elif turn.by == "agent":
            speaker = self._agent(turn.user or talk.assignee or "")
            await conversations.send(self.db, speaker, self.id, Outgoing(body=turn.text, client_id=client_id))
        else:
            speaker = self._agent(turn.user or talk.assignee or "")
            await conversations.note(self.db, speaker, self.id, body=turn.text, client_id=client_id)

    async def _finish(self) -> None:
        talk = self.talk
        assert self.id is not None
        system = Actor.system()
        if talk.tags:
            await conversations.set_tags(self.db, system, self.id, add=[self.tags[key] for key in talk.tags])
        if talk.status in ("queued", "assigned", "snoozed"):
            await self._hand_over()
        if talk.status in ("assigned", "snoozed"):
            await self._assign(talk.assignee)
        if talk.status == "snoozed":
            until = self.now + timedelta(hours=3)
            await conversations.snooze(self.db, self._agent(talk.assignee or ""), self.id, until)
        if talk.status in ("resolved", "closed"):
            who = self._agent(talk.assignee) if talk.assignee else self._bot()
            await conversations.resolve(
                self.db,
                who,
                self.id,
                disposition=talk.wrap_up.disposition.replace("/", ".") if talk.wrap_up else None,
                note=talk.wrap_up.note if talk.wrap_up else "",
            )
            if talk.rating is not None:
                customer = Actor(kind="customer", id=self.customer)
                await surveys.rate(self.db, customer, self.id, talk.rating.score, talk.rating.comment)
        if talk.status == "closed":
            await conversations.close(self.db, system, self.id, reason="reopen_window_passed")
