"""Verbs of surveys."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from qiao.channels.contract.ports import RatingRef
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.events import Audience, emit
from qiao.desk.conversations import service as conversations
from qiao.growth.surveys import policy, repository
from qiao.growth.surveys.events import ConversationRated
from qiao.growth.surveys.models import RatingRow
from qiao.growth.surveys.schemas import ConversationRef, RatingView, Ref
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers

COMMENT_LIMIT = 1000


async def rate(db: Session, actor: Actor, conversation_id: UUID, score: int, comment: str) -> RatingRef:
    """Records what a conversation's customer thinks of it, or changes what they said within a day."""
    facts = await conversations.facts(db, conversation_id)
    if facts is None or actor.kind != "customer" or facts.customer_id != actor.id:
        raise NotFound("conversation.not_found")
    if not 1 <= score <= 5:
        raise Invalid.field("score", "survey.score_range")
    comment = comment.replace("\x00", "").strip()[:COMMENT_LIMIT]
    if not policy.may_rate(facts.status, facts.first_response_at, facts.resolved_at):
        raise Refused("survey.too_early")
    now = clock.now()
    row = await repository.rating(db, conversation_id, lock=True)
    previous = row.score if row is not None else None
    if row is None:
        row = RatingRow(
            conversation_id=conversation_id,
            score=score,
            comment=comment,
            agent_id=facts.assignee_id,
            queue_id=facts.queue_id,
            inbox_id=facts.inbox_id,
            created_at=now,
            updated_at=now,
        )
        db.add(row)
        await db.flush()
    elif (row.score, row.comment) == (score, comment):
        return RatingRef(row.score, row.comment)
    elif not policy.may_change(row.created_at, now):
        raise Refused("survey.too_late")
    else:
        row.score, row.comment, row.updated_at = score, comment, now
        await db.flush()
    fact = ConversationRated(score=score, previous=previous, agent_id=row.agent_id, queue_id=row.queue_id)
    users = (row.agent_id,) if row.agent_id is not None else ()
    await emit(
        db,
        fact,
        actor=actor,
        conversation_id=conversation_id,
        audience=Audience(users=users, permission="reports.view"),
    )
    # The line in the transcript is what tells everybody who looks at the conversation.
    await conversations.add_line(db, actor, conversation_id, "rated", score=score)
    return RatingRef(score, comment)


async def of_conversations(db: Session, ids: Sequence[UUID]) -> dict[UUID, RatingRef]:
    """The ratings of some conversations."""
    return {row.conversation_id: RatingRef(row.score, row.comment) for row in await repository.ratings(db, ids)}


async def listing(
    db: Session,
    actor: Actor,
    *,
    agent_id: UUID | None = None,
    inbox_id: UUID | None = None,
    score: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[RatingView]:
    """Ratings, newest first."""
    actor.require("reports.view")
    rows = await repository.page(
        db, agent_id=agent_id, inbox_id=inbox_id, score=score, since=since, until=until, after=after, limit=limit
    )
    facts = await conversations.facts_many(db, [row.conversation_id for row in rows])
    agents = await accounts.people(db, {row.agent_id for row in rows if row.agent_id is not None})
    people = await customers.refs(db, {about.customer_id for about in facts.values()})
    views = []
    for row in rows:
        about = facts[row.conversation_id]
        agent, customer = agents.get(row.agent_id) if row.agent_id else None, people.get(about.customer_id)
        views.append(
            RatingView(
                conversation=ConversationRef(id=about.id, number=about.number),
                customer=Ref(id=customer.id, name=customer.name) if customer is not None else None,
                agent=Ref(id=agent.id, name=agent.name) if agent is not None else None,
                score=row.score,
                comment=row.comment,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
        )
    return views


async def figures(db: Session, since: datetime, until: datetime) -> tuple[int, float | None]:
    """How many ratings were given in [since, until), and their mean: satisfaction, as the wallboard shows it."""
    return await repository.figures(db, since, until)
