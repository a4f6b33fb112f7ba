"""Questions without a good answer: from conversations to gaps, to a draft, to an answer that spares people."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.permissions import BUILT_IN_ROLES
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.desk.routing import service as routing
from qiao.growth.surveys import service as surveys
from qiao.insight.gaps.jobs import forget_gone
from qiao.knowledge.gaps import service as gaps
from qiao.knowledge.gaps.jobs import tidy
from qiao.knowledge.search.service import SearchService
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import Profile
from tests.conftest import SignIn

GAPS = "/api/v1/knowledge/gaps"
BOT = Actor.bot("Qiao")
Talk = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def agent(sign_in: SignIn) -> Actor:
    browser = await sign_in("mei", role="agent")
    user_id: UUID = browser.actor_id
    return Actor(kind="user", id=user_id, name="Mei", permissions=frozenset(BUILT_IN_ROLES["supervisor"]))


@pytest.fixture
async def talk(runtime: Runtime, agent: Actor) -> Talk:
    """Plays a conversation: what the customer asks, what the bot does, what a person answers."""
    async with runtime.db.transaction() as db:
        queue = await routing.create_default_queue(db, "en")
        spec = InboxCreate(channel="webchat", name="Shop", queue_id=queue, bot_enabled=True)
        inbox = await inboxes.create(db, Actor.system(), spec)
        await runtime.get(SearchService).settled()

    async def play(
        name: str,
        question: str,
        *,
        bot: dict[str, Any] | bool | None = None,
        answer: str | None = None,
        days_ago: float = 1,
        locale: str = "en",
        score: int | None = None,
        minutes: int = 4,
    ) -> UUID:
        start = clock.now() - timedelta(days=days_ago)
        payload = bot if isinstance(bot, dict) else {"offer_person": True}
        kind = "choices" if "options" in payload else "text"
        async with runtime.db.transaction() as db:
            with clock.frozen(start):
                customer = await customers.resolve_identity(db, inbox.id, "visitor", name, True, Profile(name=name))
                inbound = Inbound(inbox.id, customer.id, f"c-{name}", body=question, customer_name=name, locale=locale)
                key = (await conversations.receive(db, inbound)).conversation_id
                outgoing = Outgoing(kind=kind, body="…", payload=payload, client_id=f"b-{name}")  # type: ignore[arg-type]
                if bot is not False:
                    await conversations.send(db, BOT, key, outgoing)
            if answer is not None:
                with clock.frozen(start + timedelta(minutes=1)):
                    await conversations.enqueue(db, BOT, key, queue_id=queue, reason="requested")
                    await conversations.assign(db, Actor.system(), key, agent.id, reason="queue")  # type: ignore[arg-type]
                with clock.frozen(start + timedelta(minutes=1 + minutes)):
                    await conversations.send(db, agent, key, Outgoing(body=answer, client_id=f"a-{name}"))
            with clock.frozen(start + timedelta(minutes=2 + minutes)):
                by = agent if answer is not None else BOT
                await conversations.resolve(db, by, key)
                if score is not None:
                    await surveys.rate(db, Actor(kind="customer", id=customer.id), key, score, "")
        return key

    return play


async def listed(browser: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    answer = await browser.get(GAPS, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_from_conversations_to_an_answer(runtime: Runtime, sign_in: SignIn, talk: Talk) -> None:
    paid = "You can trade in one old kettle per order: tick “trade in” at the checkout and 30 yuan are taken off."
    await talk("Ann Lee", "Can I trade in my old kettle?", answer=f"Hi Ann, Mei here. {paid}", score=5)
    await talk(
        "Ben",
        "Can I trade in an old kettle for a new one?",
        answer=f"Hello! {paid} Call me at 13812345678.",
        days_ago=3,
    )
    key = await talk("Cat", "How do I trade in my old kettle?", answer=paid, minutes=10, days_ago=5)
    await talk("Dan", "Is the trade in for an old kettle possible? Mail dan@example.com")
    await talk(
        "Eve",
        "Which voltage do the lamps need in Canada?",
        bot=False,  # an inbox without one: the knowledge base is asked when it is over
        answer="They need 220 to 240 volts, so not in Canada, sorry.",
    )
    await talk("Fay", "Hello", answer="Hello, what can I do for you today, dear customer?")
    await runtime.reactions.settled()

    boss = await sign_in("boss")
    found = await listed(boss)
    assert len(found) == 1, "one question alone is no gap yet, a greeting never"
    gap = found[0]
    figures = gap["figures"]
    assert (figures["count"], figures["handed_over"], figures["csat"]) == (4, 3, 5.0)
    assert figures["minutes"] == 18.0 and figures["cost"] is None, "four, four and ten minutes of a person's time"
    assert "trade in" in gap["name"] and sum(gap["trend"]) == 4 and gap["status"] == "open"
    assert len(await listed(boss, least=1)) == 2

    # Told again (a rating, a close), nothing counts twice.
    async with runtime.db.transaction() as db:
        await conversations.close(db, Actor.system(), key, reason="over")
    await runtime.reactions.settled()
    assert (await listed(boss))[0]["figures"] == figures

    # An hour's price makes it money; the filters and pages hold.
    saved = await boss.put(f"{GAPS}/settings", json={"hourly_cost": 6000, "currency": "CNY"})
    assert saved.status_code == 200 and (await listed(boss))[0]["figures"]["cost"] == 1800
    assert await listed(boss, channel="email") == [] and await listed(boss, language="zh-CN") == []
    assert (await boss.get(GAPS, params={"since": "2026-05-02", "until": "2026-05-01"})).status_code == 422
    first = (await boss.get(GAPS, params={"least": 1, "limit": 1})).json()
    second = (await boss.get(GAPS, params={"least": 1, "limit": 1, "cursor": first["next_cursor"]})).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [g["id"] for g in await listed(boss, least=1)]

    # Who may not see conversations reads masked words and no link.
    one = f"{GAPS}/{gap['id']}"
    texts = (await boss.get(f"{one}/questions")).json()["items"]
    assert {t["outcome"] for t in texts} == {"people", "bot"} and all(t["conversation"] for t in texts)
    assert "dan@example.com" not in str(texts)
    role = (
        await boss.post("/api/v1/roles", json={"name": "words", "permissions": ["knowledge.view", "knowledge.edit"]})
    ).json()
    writer = await sign_in("writer", role="viewer")
    await boss.patch(f"/api/v1/users/{writer.actor_id}", json={"role_ids": [role["id"]]})
    blind = (await writer.get(f"{one}/questions")).json()["items"]
    assert len(blind) == 4 and all(t["conversation"] is None for t in blind)
    answers = (await writer.get(f"{one}/answers")).json()
    assert len(answers) == 3 and all(a["conversation"] is None for a in answers)
    assert "13812345678" not in str(answers) and "Ann" not in str(answers) and "Mei" not in str(answers)
    assert (await (await sign_in("al", role="agent")).get(GAPS)).status_code == 403

    # One click drafts it, an editor approves, and what comes later is counted against the time before.
    made = await writer.post(f"{one}/draft", json={})
    assert made.status_code == 201, made.text
    draft = made.json()
    assert draft["answer"] == paid and not draft["written"] and draft["conversations"] == 3
    assert draft["variants"] and gap["name"] not in draft["variants"]
    assert (await writer.post(f"{one}/draft", json={})).status_code == 409
    assert (await listed(boss, status="drafted"))[0]["text"]["status"] == "draft"
    faq = (await boss.get(f"/api/v1/knowledge/faqs/{draft['faq_id']}")).json()
    moved = await boss.post(f"/api/v1/knowledge/faqs/{draft['faq_id']}/publish", json={"version": faq["version"]})
    assert moved.status_code == 200, moved.text
    await runtime.reactions.settled()
    done = (await listed(boss, status="answered"))[0]
    assert done["text"]["status"] == "published" and done["effect"]["verdict"] == "too_early"
    assert sum(a["used"] for a in (await boss.get(f"{one}/answers")).json()) == 3
    known = {"sources": [{"type": "faq", "id": draft["faq_id"], "title": "…"}], "feedback": True}
    await talk("Gus", "Could I hand in a kettle?", bot=known, days_ago=0)
    await runtime.reactions.settled()
    after = (await boss.get(one)).json()
    assert {"name": "answered", "count": 1} in after["kinds"] and after["figures"]["count"] == 4
    assert after["figures"]["asked"] == 5

    # Gone with its conversation.
    async with runtime.db.transaction() as db:
        await gaps.forget(db, [key])
    assert len((await boss.get(f"{one}/questions")).json()["items"]) == 4


async def test_shaping_and_coming_back(runtime: Runtime, sign_in: SignIn, talk: Talk) -> None:
    for number in range(3):
        await talk(
            f"n{number}", "Do you have a shop in Berlin?", answer="We have no shop in Berlin, only the one in Hamburg."
        )
    for number in range(2):
        await talk(f"m{number}", "Can the teapot go into the dishwasher?", days_ago=2)
    await runtime.reactions.settled()
    boss = await sign_in("boss")
    shop, pot = await listed(boss)
    assert (shop["figures"]["count"], pot["figures"]["count"]) == (3, 2)

    # Taken in, taken apart, renamed; each stands in the audit log.
    merged = (await boss.post(f"{GAPS}/{shop['id']}/merge", json={"gap_ids": [pot["id"]]})).json()
    assert merged["figures"]["count"] == 5 and (await boss.get(f"{GAPS}/{pot['id']}")).status_code == 404
    await tidy(runtime)
    assert len(await listed(boss)) == 1, "what a person has put together stays together"
    rows = (await boss.get(f"{GAPS}/{shop['id']}/questions", params={"limit": 50})).json()["items"]
    pots = [row["id"] for row in rows if "teapot" in row["text"]]
    split = await boss.post(f"{GAPS}/{shop['id']}/split", json={"question_ids": pots})
    assert split.status_code == 201 and split.json()["figures"]["count"] == 2
    assert (await boss.post(f"{GAPS}/{shop['id']}/exclude", json={"question_ids": pots})).status_code == 422
    own = [row["id"] for row in rows if row["id"] not in pots]
    assert (await boss.post(f"{GAPS}/{shop['id']}/exclude", json={"question_ids": own[:1]})).status_code == 204
    renamed = (await boss.patch(f"{GAPS}/{shop['id']}", json={"name": "A shop in Berlin"})).json()
    assert (renamed["name"], renamed["figures"]["count"]) == ("A shop in Berlin", 2)
    actions = {entry["action"] for entry in (await boss.get("/api/v1/audit")).json()["items"]}
    assert {"gap.merged", "gap.split", "gap.excluded", "gap.renamed"} <= actions

    # Put aside, it collects on and returns when it has grown by as much as it had, at least by five.
    bare = await boss.post(f"{GAPS}/{shop['id']}/dismiss", json={"reason": "elsewhere"})
    assert bare.status_code == 422, "answered elsewhere: where?"
    put = await boss.post(f"{GAPS}/{shop['id']}/dismiss", json={"reason": "rare", "note": "Two a month"})
    assert put.json()["status"] == "dismissed"
    for number in range(4):
        await talk(f"p{number}", "Do you have a shop in Berlin?", days_ago=0.1)
    await runtime.reactions.settled()
    assert [g["id"] for g in await listed(boss, status="dismissed")] == [shop["id"]]
    await talk("p9", "Is there a shop of yours in Berlin?", days_ago=0.1)
    await runtime.reactions.settled()
    back = next(g for g in await listed(boss, status="open") if g["id"] == shop["id"])
    assert back["returned_at"] and back["name"] == "A shop in Berlin"
    summary = (await boss.get(f"{GAPS}/summary")).json()
    assert (summary["open"], summary["dismissed"], summary["returned"]) == (2, 0, 1)

    await forget_gone(runtime)
    assert len(await listed(boss)) == 2, "conversations that exist lose nothing"


async def test_an_answer_elsewhere_is_named_to_those_who_may_read_it(
    runtime: Runtime, sign_in: SignIn, talk: Talk
) -> None:
    for number in range(2):
        await talk(f"q{number}", "Which bank do you pay refunds from?", days_ago=2)
    await runtime.reactions.settled()
    boss = await sign_in("boss")
    department = (await boss.post("/api/v1/departments", json={"name": "Finance", "description": ""})).json()
    secret = {"question": "Secret bank", "answer": "Ours.", "locale": "en", "audience": "departments", "publish": True}
    text = (await boss.post("/api/v1/knowledge/faqs", json={**secret, "department_ids": [department["id"]]})).json()
    gap = (await listed(boss))[0]

    # A supervisor of no department can neither name that text nor read its title where another has.
    head = await sign_in("head", role="supervisor")
    body = {"reason": "elsewhere", "text_id": text["id"]}
    assert (await head.post(f"{GAPS}/{gap['id']}/dismiss", json=body)).status_code == 422
    done = (await boss.post(f"{GAPS}/{gap['id']}/dismiss", json=body)).json()
    assert done["elsewhere"]["title"] == "Secret bank"
    seen = await head.get(f"{GAPS}/{gap['id']}")
    assert seen.json()["dismiss_reason"] == "elsewhere" and seen.json()["elsewhere"] is None
    assert "Secret bank" not in seen.text and "Secret bank" not in str(await listed(head, status="dismissed"))
    assert (await head.post(f"{GAPS}/{gap['id']}/reopen")).json()["status"] == "open"
