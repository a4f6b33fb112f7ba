"""Routing over HTTP and live: who may do what, and what people are shown."""

from typing import Any

import pytest

from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import service
from tests.desk.routing.office import SYSTEM, Office
from tests.ears import Ear

API = "/api/v1"


@pytest.fixture
def office(runtime: Runtime) -> Office:
    """The whole product this time: routes, reactions after commit, realtime."""
    return Office(runtime)


async def test_managing_queues(sign_in: Any, office: Office) -> None:
    boss = await sign_in()
    agent = await sign_in("li", role="agent")
    skill = (await boss.post(f"{API}/skills", json={"name": "Returns"})).json()
    made = await boss.post(
        f"{API}/queues",
        json={
            "name": "Returns",
            "required_skills": [{"skill_id": skill["id"], "level": 2}],
            "overflow": {"action": "message", "on": ["closed"], "after_s": None, "queue_id": None},
            "accept_timeout_s": 30,
            "member_ids": [str(agent.actor_id)],
        },
    )
    assert made.status_code == 201, made.text
    queue = made.json()
    assert queue["is_default"] and [member["name"] for member in queue["members"]] == ["Li"]
    assert queue["required_skills"] == [{"skill_id": skill["id"], "level": 2, "name": "Returns"}]
    changed = await boss.patch(
        f"{API}/queues/{queue['id']}", json={"overflow": None, "accept_timeout_s": None, "priority": 4}
    )
    body = changed.json()
    assert (body["overflow"], body["accept_timeout_s"], body["priority"], body["name"]) == (None, None, 4, "Returns")
    assert (await boss.delete(f"{API}/skills/{skill['id']}")).status_code == 409
    assert (await boss.patch(f"{API}/queues/{queue['id']}", json={"active": False})).status_code == 409
    for bad in (
        {"name": ""},
        {"name": "x", "priority": 10},
    ):
        assert (await boss.post(f"{API}/queues", json=bad)).status_code == 422
    half = {"action": "queue", "on": ["cap", "timeout"]}
    refused = await boss.post(f"{API}/queues", json={"name": "x", "overflow": half})
    assert {e["field"]: e["code"] for e in refused.json()["errors"]} == {
        "overflow.queue_id": "field_missing",
        "overflow.after_s": "field_missing",
    }
    assert (await agent.post(f"{API}/queues", json={"name": "Mine"})).status_code == 403
    assert (await agent.get(f"{API}/queues")).status_code == 200
    levels = {"skills": [{"skill_id": skill["id"], "level": 3}]}
    assert (await agent.put(f"{API}/users/{agent.actor_id}/skills", json=levels)).status_code == 403
    assert (await boss.put(f"{API}/users/{agent.actor_id}/skills", json=levels)).json()[0]["level"] == 3
    people = {person["name"]: person["skills"] for person in (await boss.get(f"{API}/skills/people")).json()}
    assert people["Li"][0]["level"] == 3
    audit = await office.rows("SELECT action FROM audit_log ORDER BY id")
    assert {"queue.created", "queue.updated", "user.skills_changed"} <= {row.action for row in audit}


async def test_settings_come_with_defaults_in_both_languages(sign_in: Any) -> None:
    boss, viewer = await sign_in(), await sign_in("eye", role="viewer")
    found = (await viewer.get(f"{API}/routing/settings")).json()
    assert {"zh-CN", "en"} == set(found["presence_reasons"][0]["label"])
    found["channel_weights"] = {"api": 0.5}
    assert (await viewer.put(f"{API}/routing/settings", json=found)).status_code == 403
    saved = await boss.put(f"{API}/routing/settings", json=found)
    assert saved.status_code == 200, saved.text
    assert float((await viewer.get(f"{API}/routing/settings")).json()["channel_weights"]["api"]) == 0.5
    assert (await boss.put(f"{API}/routing/settings", json={"channel_weights": {"api": 0}})).status_code == 422


async def test_an_agents_day(sign_in: Any, office: Office) -> None:
    agent, other, boss = await sign_in("li", role="agent"), await sign_in("wang", role="agent"), await sign_in()
    queue = await office.queue("General", [agent.actor_id], accept_timeout_s=30)
    await office.inbox(queue)
    assert (await agent.get(f"{API}/me/presence")).json()["state"] == "offline"
    mine = (await agent.put(f"{API}/me/presence", json={"state": "online", "reason": None, "capacity": 2})).json()
    assert (mine["state"], mine["capacity"], mine["load"]) == ("online", 2.0, 0.0)
    conversation = await office.arrive()
    offer = (await agent.get(f"{API}/offers")).json()[0]
    assert offer["conversation"]["id"] == str(conversation) and offer["queue"]["name"] == "General"
    assert (await other.post(f"{API}/offers/{offer['id']}/accept")).status_code == 404
    taken = await agent.post(f"{API}/offers/{offer['id']}/accept")
    assert taken.status_code == 200 and taken.json()["assignee"]["name"] == "Li"
    assert (await agent.post(f"{API}/offers/{offer['id']}/decline")).status_code == 409
    log = (await agent.get(f"{API}/conversations/{conversation}/routing-log")).json()
    assert [entry["decision"] for entry in log] == ["offered", "accepted"]
    assert log[0]["candidates"][0]["name"] == "Li"
    assert (await other.get(f"{API}/conversations/{conversation}/routing-log")).status_code == 404
    assert (await other.post(f"{API}/conversations/{conversation}/take")).status_code == 404
    agents = {row["user"]["name"]: row for row in (await boss.get(f"{API}/agents")).json()}
    assert (agents["Li"]["state"], agents["Li"]["conversations"], agents["Li"]["load"]) == ("online", 1, 1.0)
    url = f"{API}/agents/{agent.actor_id}/presence"
    assert (await other.put(url, json={"state": "away"})).status_code == 403
    assert (await boss.put(url, json={"state": "away", "reason": "lunch"})).json()["reason"] == "lunch"
    live = (await boss.get(f"{API}/queues/live")).json()
    assert (live[0]["queue"]["name"], live[0]["waiting"], live[0]["agents_online"]) == ("General", 0, 0)
    waiting = await office.arrive()
    assert (await agent.post(f"{API}/conversations/{waiting}/take")).status_code == 200
    assert (await other.get(f"{API}/queues/live")).json() == []
    told = (await boss.get(f"{API}/queues/{queue}/availability")).json()
    assert (told["mode"], told["agents_online"]) == ("leave_message", 0)


async def test_people_see_it_live(office: Office) -> None:
    li, wang = await office.person("li"), await office.person("wang")
    queue = await office.queue("General", [li], accept_timeout_s=30)
    await office.inbox(queue)
    hub = office.runtime.get(Hub)
    mine, theirs, visitor = Ear(), Ear(), Ear()
    hub.join_staff(Connection(mine, actor=await office.actor(li)))
    hub.join_staff(Connection(theirs, actor=await office.actor(wang)))
    first, second = await office.arrive(), await office.arrive()
    hub.join_visitor(Connection(visitor), [second])
    await office.state(li, "online", capacity=1)
    await theirs.until("presence.changed", str(li), '"online"')
    frame = await mine.until("offer.created", str(first))
    assert "General" in frame
    assert not any("offer.created" in f for f in theirs.frames)
    await mine.until("queues.changed", str(queue))
    assert not any("queues.changed" in f for f in theirs.frames)  # not theirs to watch
    assert '"place":2' in await visitor.until("queue_place", str(second))
    offer_id = (await office.offers(li))[0].id
    await office.accept(li, offer_id)
    await mine.until("offer.ended", '"accepted"')
    await visitor.until("queue_place", '"place":1')
    # A supervisor who adds somebody to a queue gives them its view at once.
    await office.runtime.db.run(lambda db: service.set_members(db, SYSTEM, queue, [li, wang]))
    assert any(c.actor and c.actor.id == wang and queue in c.actor.queue_ids for c in hub.staff)
    await office.runtime.db.run(lambda db: conversations.close(db, SYSTEM, second))
    await theirs.until("queues.changed")
