"""REST of routing: queues, skills, presence, offers, live figures."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Response

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web import Read, Tx
from qiao.core.web.routing import Router
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import schemas, service
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs, SignedIn

Handler = Annotated[Actor, Needs("conversations.handle")]
Watcher = Annotated[Actor, Needs("conversations.handle", "conversations.view_all", "wallboard.view", "queues.manage")]
Monitor = Annotated[Actor, Needs("conversations.monitor")]
Manager = Annotated[Actor, Needs("queues.manage")]
SkillReader = Annotated[Actor, Needs("queues.manage", "users.manage")]

queues = Router(prefix="/queues", tags=["routing"])
skills = Router(tags=["routing"])
people = Router(tags=["routing"])
offers = Router(tags=["routing"])
routers = [queues, skills, people, offers]
_encoder = msgspec.json.Encoder()


def answer(body: Any, status: int = 200) -> Response:
    """A msgspec view as JSON."""
    return Response(_encoder.encode(body), status_code=status, media_type="application/json")


# -- queues ----------------------------------------------------------------------------------------------------------


@queues.get("")
async def list_queues(actor: Watcher, db: Read) -> Response:
    """Every queue, most important first."""
    return answer(await service.list_queues(db))


@queues.get("/live")
async def live(actor: Watcher, db: Read) -> Response:
    """Who waits and who is at work, by queue: all queues for those who watch, their own for agents."""
    return answer(await service.live(db, actor))


@queues.post("", status_code=201)
async def create_queue(body: schemas.QueueBody, actor: Manager, db: Tx) -> Response:
    return answer(await service.create_queue(db, actor, body), 201)


@queues.get("/{queue_id}")
async def get_queue(queue_id: UUID, actor: Watcher, db: Read) -> Response:
    return answer(await service.get_queue(db, queue_id))


@queues.patch("/{queue_id}")
async def update_queue(queue_id: UUID, body: schemas.QueuePatch, actor: Manager, db: Tx) -> Response:
    return answer(await service.update_queue(db, actor, queue_id, body))


@queues.delete("/{queue_id}", status_code=204)
async def delete_queue(queue_id: UUID, actor: Manager, db: Tx) -> None:
    """Removes an empty queue that nothing leads into."""
    await service.delete_queue(db, actor, queue_id)


@queues.put("/{queue_id}/members")
async def set_members(queue_id: UUID, body: schemas.MembersBody, actor: Manager, db: Tx) -> Response:
    return answer(await service.set_members(db, actor, queue_id, body.user_ids))


@queues.get("/{queue_id}/availability")
async def availability(queue_id: UUID, actor: Watcher, db: Read) -> Response:
    """What a customer who came to this queue now would be told."""
    await service.get_queue(db, queue_id)
    return answer(await service.availability(db, queue_id))


# -- skills ----------------------------------------------------------------------------------------------------------


@skills.get("/skills")
async def list_skills(actor: Watcher, db: Read) -> Response:
    return answer(await service.list_skills(db))


@skills.post("/skills", status_code=201)
async def create_skill(body: schemas.SkillBody, actor: Manager, db: Tx) -> Response:
    return answer(await service.create_skill(db, actor, body), 201)


@skills.get("/skills/people")
async def people_with_skills(actor: SkillReader, db: Read) -> Response:
    """Everybody who handles conversations, with their skills."""
    return answer(await service.people_with_skills(db))


@skills.patch("/skills/{skill_id}")
async def update_skill(skill_id: UUID, body: schemas.SkillPatch, actor: Manager, db: Tx) -> Response:
    return answer(await service.update_skill(db, actor, skill_id, body))


@skills.delete("/skills/{skill_id}", status_code=204)
async def delete_skill(skill_id: UUID, actor: Manager, db: Tx) -> None:
    """Removes a skill no queue asks for."""
    await service.delete_skill(db, actor, skill_id)


@skills.get("/users/{user_id}/skills")
async def user_skills(user_id: UUID, actor: SkillReader, db: Read) -> Response:
    return answer(await service.skills_of_user(db, user_id))


@skills.put("/users/{user_id}/skills")
async def set_user_skills(user_id: UUID, body: schemas.UserSkillsBody, actor: Manager, db: Tx) -> Response:
    """Replaces what a person can do, each with a level from 1 to 5."""
    return answer(await service.set_user_skills(db, actor, user_id, body))


# -- settings --------------------------------------------------------------------------------------------------------


@skills.get("/routing/settings")
async def get_settings(actor: SignedIn, db: Read) -> schemas.RoutingSettings:
    return await service.load_settings(db)


@skills.put("/routing/settings")
async def put_settings(body: schemas.RoutingSettings, actor: Manager, db: Tx) -> schemas.RoutingSettings:
    return await service.save_settings(db, actor, body)


# -- people at work --------------------------------------------------------------------------------------------------


async def _present(db: Session, user_id: UUID) -> Response:
    view = await service.agent(db, user_id)
    return answer(view)


@people.get("/me/presence")
async def my_presence(actor: Handler, db: Read) -> Response:
    assert actor.id is not None  # only people hold permissions over HTTP
    return await _present(db, actor.id)


@people.put("/me/presence")
async def set_my_presence(body: schemas.PresenceBody, actor: Handler, db: Tx) -> Response:
    """My state, its reason, and how much I take at once. Online means: give me conversations."""
    assert actor.id is not None  # only people hold permissions over HTTP
    await service.set_presence(db, actor, actor.id, state=body.state, reason=body.reason, capacity=body.capacity)
    return await _present(db, actor.id)


@people.get("/agents")
async def agents(actor: Watcher, db: Read) -> Response:
    """Everybody who handles conversations, as they are now."""
    return answer(await service.agents(db))


@people.put("/agents/{user_id}/presence")
async def set_presence(user_id: UUID, body: schemas.PresenceBody, actor: Monitor, db: Tx) -> Response:
    """A supervisor sets somebody's state, for example offline when they forgot."""
    await service.require_agent(db, user_id)
    await service.set_presence(db, actor, user_id, state=body.state, reason=body.reason, capacity=body.capacity)
    changes = {key: [None, value] for key, value in body.model_dump(mode="json", exclude_unset=True).items()}
    await audit.record(db, actor, "agent.presence_set", "user", user_id, changes)
    return await _present(db, user_id)


# -- offers and what waits -------------------------------------------------------------------------------------------


@offers.get("/offers")
async def my_offers(actor: Handler, db: Read) -> Response:
    """What is offered to me now, oldest first."""
    return answer(await service.my_offers(db, actor))


@offers.post("/offers/{offer_id}/accept")
async def accept(offer_id: UUID, actor: Handler, db: Tx) -> Response:
    """Takes it. Answers the conversation, which is mine now; 409 when the offer has ended."""
    conversation_id = await service.accept(db, actor, offer_id)
    return answer(await conversations.get(db, actor, conversation_id))


@offers.post("/offers/{offer_id}/decline", status_code=204)
async def decline(offer_id: UUID, actor: Handler, db: Tx) -> None:
    """Passes it on to the next person."""
    await service.decline(db, actor, offer_id)


@offers.post("/conversations/{conversation_id}/take")
async def take(conversation_id: UUID, actor: Handler, db: Tx) -> Response:
    """Takes a waiting conversation out of turn."""
    await service.take(db, actor, conversation_id)
    return answer(await conversations.get(db, actor, conversation_id))


@offers.get("/conversations/{conversation_id}/routing-log")
async def routing_log(conversation_id: UUID, actor: Watcher, db: Read) -> Response:
    """Why it went where it went: every decision with its candidates and what spoke against each."""
    return answer(await service.routing_log(db, actor, conversation_id))
