"""Conversations tell what became of texts: answered, offered, chosen, sent, and handed over all the same."""

from collections.abc import Sequence
from typing import Any

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.desk.routing import service as routing
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.people.customers import service as customers
from tests.conftest import SignIn

STATISTICS = "/api/v1/knowledge/statistics"
BOT = Actor.bot("Qiao")


async def test_from_a_figure_to_the_conversations_behind_it(runtime: Runtime, sign_in: SignIn) -> None:
    async with runtime.db.transaction() as db:
        queue = await routing.create_default_queue(db, "en")
        spec = InboxCreate(channel="webchat", name="Shop", queue_id=queue, bot_enabled=True)
        inbox = await inboxes.create(db, Actor.system(), spec)
        texts = [
            await articles.create_faq(
                db, Actor.system(), FaqCreate(question=question, answer="Seven days.", locale="en", publish=True)
            )
            for question in ("How do I return it", "How do I pay", "Where are you")
        ]
    returns, pay, where = (str(text.id) for text in texts)

    async def talk(name: str, *said: dict[str, Any], handed: bool = False) -> Any:
        async with runtime.db.transaction() as db:
            customer = await customers.resolve_identity(db, inbox.id, "visitor", name, True)
            inbound = Inbound(inbox.id, customer.id, f"c-{name}", body="…", customer_name=name)
            started = await conversations.receive(db, inbound)
            for number, payload in enumerate(said):
                kind = "choices" if "options" in payload else "text"
                outgoing = Outgoing(kind=kind, body="…", payload=payload, client_id=f"b-{name}-{number}")
                await conversations.send(db, BOT, started.conversation_id, outgoing)
        if handed:
            async with runtime.db.transaction() as db:
                await conversations.enqueue(db, BOT, started.conversation_id, queue_id=queue, reason="requested")
        return started.conversation_id

    def answer(*ids: str) -> dict[str, Any]:
        return {"sources": [{"type": "faq", "id": key, "title": "…"} for key in ids], "feedback": True}

    offers = [{"id": key, "label": "…", "value": "…"} for key in (returns, pay)]
    spared = await talk("ann", answer(returns))
    handed = await talk("ben", {"prompt": "…", "options": offers}, answer(returns), answer(returns), handed=True)
    await talk("cat", answer("not-an-id"), handed=True)
    await runtime.reactions.settled()

    boss = await sign_in("boss")

    async def figures() -> dict[str, dict[str, Any]]:
        return {text["id"]: text for text in (await boss.get(f"{STATISTICS}/texts")).json()["items"]}

    found = await figures()
    assert [found[returns][name] for name in ("answered", "offered", "handed_over")] == [3, 1, 1]
    assert [found[pay][name] for name in ("answered", "offered", "handed_over")] == [0, 1, 0]
    assert found[where]["reads"] == 0

    async def behind(kind: str) -> Sequence[str]:
        page = (await boss.get(f"{STATISTICS}/texts/{returns}/conversations", params={"kind": kind})).json()
        return [case["conversation_id"] for case in page["items"]]

    assert set(await behind("answered")) == {str(spared), str(handed)}
    assert await behind("handed_over") == [str(handed)]
    first = (await boss.get(f"{STATISTICS}/texts/{returns}/conversations?kind=answered&limit=1")).json()
    second = f"{STATISTICS}/texts/{returns}/conversations?kind=answered&limit=1&cursor={first['next_cursor']}"
    assert (await boss.get(second)).json()["items"][0] != first["items"][0]

    # An agent's card counts as sent; people without a view of the conversation see the figure, not the case.
    agent = await sign_in("li", role="supervisor")
    assert (await agent.post(f"/api/v1/conversations/{handed}/take-over")).status_code in (200, 204)
    card = {"client_id": "k1", "kind": "card", "body": "", "payload": {"type": "article", "id": where, "title": "…"}}
    assert (await agent.post(f"/api/v1/conversations/{handed}/messages", json=card)).status_code in (200, 201)
    await runtime.reactions.settled()
    assert (await figures())[where]["inserted"] == 1
    made = await boss.post("/api/v1/roles", json={"name": "figures", "permissions": ["reports.view"]})
    reader = await sign_in("reader", role="viewer")
    await boss.patch(f"/api/v1/users/{reader.actor_id}", json={"role_ids": [made.json()["id"]]})
    blind = await reader.get(f"{STATISTICS}/texts/{returns}/conversations?kind=answered")
    assert blind.status_code == 200 and blind.json()["items"] == []
