"""Ratings."""

from datetime import timedelta
from typing import Any

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.growth.surveys import service as surveys
from tests.channels.street import API, Street, Widget


async def _talked(street: Street) -> tuple[Widget, str]:
    widget = street.widget()
    await widget.open()
    return widget, (await widget.say("hi"))["conversation_id"]


async def rate(widget: Widget, key: str, score: int, comment: str = "") -> Any:
    return await widget.post("/rating", {"conversation_id": key, "score": score, "comment": comment})


async def test_a_conversation_is_rated_once_and_by_its_customer(street: Street, sign_in: Any) -> None:
    widget, key = await _talked(street)
    early = await rate(widget, key, 5)
    assert (early.status_code, early.json()["code"]) == (409, "survey.too_early")
    agent = await sign_in("li", role="agent")
    async with street.runtime.db.transaction() as db:
        await conversations.assign(db, Actor.system(), key, agent.actor_id)
    await street.resolve(key)
    stranger, _ = await _talked(street)
    assert (await rate(stranger, key, 1)).status_code == 404
    for score in (0, 6, "x"):
        assert (await rate(widget, key, score)).status_code == 422  # type: ignore[arg-type]  # what a form might send
    given = await rate(widget, key, 4, "  quick  ")
    assert given.json() == {"rating": {"score": 4, "comment": "quick"}}
    view = (await widget.open())["conversation"]
    assert view["rating"] == {"score": 4, "comment": "quick"}
    assert [m["payload"] for m in await widget.history() if m["payload"].get("type") == "rated"] == [
        {"type": "rated", "params": {"score": 4}}
    ]

    manager = await sign_in("boss", role="viewer")
    listed = (await manager.get(f"{API}/ratings")).json()["items"]
    assert [(r["score"], r["comment"], r["agent"]["name"], r["conversation"]["id"]) for r in listed] == [
        (4, "quick", "Li", key)
    ]
    assert (await agent.get(f"{API}/ratings")).status_code == 403


async def test_a_rating_may_be_changed_for_a_day(street: Street) -> None:
    widget, key = await _talked(street)
    await street.resolve(key)
    await rate(widget, key, 2, "slow")
    assert (await rate(widget, key, 2, "slow")).status_code == 200  # the same again is no change
    assert (await rate(widget, key, 5, "solved after all")).status_code == 200
    with clock.frozen(clock.now() + timedelta(hours=25)):
        late = await rate(widget, key, 1)
        assert (late.status_code, late.json()["code"]) == (409, "survey.too_late")
    pool = await street.runtime.db.raw()
    rows = await pool.fetch("SELECT payload FROM events WHERE kind = 'survey.rated' ORDER BY id")
    assert [(r["payload"]["previous"], r["payload"]["score"]) for r in rows] == [(None, 2), (2, 5)]
    async with street.runtime.db.read() as db:
        now = clock.now()
        assert await surveys.figures(db, now - timedelta(hours=1), now + timedelta(hours=1)) == (1, 5.0)


async def test_an_answered_conversation_may_be_rated_before_it_ends(street: Street, sign_in: Any) -> None:
    widget, key = await _talked(street)
    agent = await sign_in("li", role="agent")
    await street.hire(agent)
    async with street.runtime.db.transaction() as db:
        await conversations.assign(db, Actor.system(), key, agent.actor_id)
    sent = await agent.post(
        f"{API}/conversations/{key}/messages", json={"client_id": "a", "kind": "text", "body": "hello"}
    )
    assert sent.status_code in (200, 201), sent.text
    assert (await rate(widget, key, 5)).status_code == 200


async def test_ratings_come_in_pages(street: Street, sign_in: Any) -> None:
    for score in range(1, 6):
        widget, key = await _talked(street)
        await street.resolve(key)
        assert (await rate(widget, key, score)).status_code == 200
    manager = await sign_in("boss", role="viewer")
    found, cursor = [], None
    while True:
        page = (
            await manager.get(f"{API}/ratings", params={"limit": 2, **({"cursor": cursor} if cursor else {})})
        ).json()
        found += [r["score"] for r in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == [5, 4, 3, 2, 1]
    assert [r["score"] for r in (await manager.get(f"{API}/ratings?score=3")).json()["items"]] == [3]
