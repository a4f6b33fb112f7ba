"""Setting up the language model: who may, what is kept, and where the key goes."""

from sqlalchemy import text

from qiao.bot.llm.gateway import Llm
from qiao.bot.llm.protocol import Said
from qiao.core.runtime import Runtime
from tests.bot.llm.conftest import configure
from tests.bot.llm.server import Model, fails, raw, says
from tests.conftest import SignIn

BASE = "/api/v1/bot/llm"


async def test_the_key_is_never_shown_and_stays_with_its_host(
    runtime: Runtime, endpoint: Model, sign_in: SignIn
) -> None:
    admin = await sign_in()
    agent = await sign_in("li", role="agent")
    for path in ("settings", "state", "calls"):
        assert (await agent.get(f"{BASE}/{path}")).status_code == 403
    assert (await agent.post(f"{BASE}/test", json={"address": endpoint.address})).status_code == 403
    body = {"enabled": True, "address": endpoint.address + "/", "models": {"summary": "m"}, "api_key": "sk-very-secret"}
    saved = await admin.put(f"{BASE}/settings", json=body)
    assert saved.status_code == 200 and saved.json()["has_key"] and saved.json()["address"] == endpoint.address
    read = await admin.get(f"{BASE}/settings")
    log = await admin.get("/api/v1/audit", params={"action": "llm.settings"})
    assert "sk-very" not in saved.text + read.text + log.text and "llm.settings" in log.text
    async with runtime.db.read() as db:
        assert "sk-very" not in str(await db.scalar(text("SELECT key || settings::text::bytea FROM llm_settings")))
    endpoint.then(says("好的。"))
    assert await runtime.get(Llm).complete("summary", [Said("user", "hi")]) == "好的。"
    assert endpoint.asked[-1].headers["authorization"] == "Bearer sk-very-secret"
    # Saved again without a key: kept. At another host: gone, and never sent there.
    del body["api_key"]
    assert (await admin.put(f"{BASE}/settings", json=body)).json()["has_key"]
    elsewhere = {**body, "address": endpoint.address.replace("127.0.0.1", "localhost")}
    endpoint.then(says("ready"))
    tried = await admin.post(f"{BASE}/test", json={"address": elsewhere["address"], "model": "m"})
    assert tried.json()["ok"] and "authorization" not in endpoint.asked[-1].headers
    assert not (await admin.put(f"{BASE}/settings", json=elsewhere)).json()["has_key"]
    assert not (await admin.put(f"{BASE}/settings", json=body)).json()["has_key"], "and it does not come back"


async def test_a_try_tells_what_is_wrong_in_the_readers_words(endpoint: Model, sign_in: SignIn) -> None:
    admin = await sign_in()
    address = {"address": endpoint.address}
    found = (await admin.post(f"{BASE}/test", json=address)).json()
    assert found["ok"] and found["models"] == ["qwen-large", "qwen-small"]
    for step, outcome, words in (
        (fails(401), "refused", "key"),
        (fails(404), "refused", "/v1"),
        (fails(500), "server_error", "500"),
        (raw("<html>"), "bad_reply", "protocol"),
    ):
        endpoint.then(step)
        answer = await admin.post(f"{BASE}/test", json={**address, "model": "m"})
        assert answer.json()["outcome"] == outcome and words in answer.json()["message"]
        assert "secret detail" not in answer.text, "what the endpoint says is not passed on"
    endpoint.key = "sk-good"
    wrong = (await admin.post(f"{BASE}/test", json={**address, "api_key": "sk-bad"})).json()
    assert (wrong["ok"], wrong["outcome"], wrong["status"]) == (False, "refused", 401) and "key" in wrong["message"]
    assert (await admin.post(f"{BASE}/test", json={**address, "api_key": "sk-good"})).json()["ok"]
    closed = (await admin.post(f"{BASE}/test", json={"address": "http://127.0.0.1:9/v1", "model": "m"})).json()
    assert (closed["ok"], closed["outcome"]) == (False, "unreachable")
    for address_ in (
        "ftp://x/v1",
        "not an address",
        "http://user:pw@host/v1",
        "http://169.254.169.254/latest",
        "http://[::1",
    ):
        refused = await admin.post(f"{BASE}/test", json={"address": address_})
        assert refused.status_code == 422 and refused.json()["errors"][0]["field"].endswith("address"), address_
    assert (await admin.put(f"{BASE}/settings", json={"enabled": True})).status_code == 422
    bad_key = {"address": endpoint.address, "api_key": "sk-\n1"}
    assert (await admin.put(f"{BASE}/settings", json=bad_key)).status_code == 422


async def test_calls_are_listed_page_by_page_and_texts_are_for_few(
    runtime: Runtime, endpoint: Model, sign_in: SignIn
) -> None:
    llm = await configure(runtime, endpoint.address, store_texts=True)
    admin = await sign_in()
    endpoint.then(says("一"), says("二"), fails(400), fails(400))
    for n in range(2):
        await llm.complete("summary", [Said("user", f"问题 {n}")])
    assert (await admin.get(f"{BASE}/state")).json()["ready"]
    await llm.logged()
    first = (await admin.get(f"{BASE}/calls", params={"limit": 1})).json()
    assert first["items"][0]["has_text"] and "prompt" not in first["items"][0]
    second = (await admin.get(f"{BASE}/calls", params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert second["next_cursor"] is None and second["items"][0]["id"] != first["items"][0]["id"]
    whole = (await admin.get(f"{BASE}/calls/{first['items'][0]['id']}")).json()
    assert "问题 1" in whole["prompt"] and whole["reply"] == "二"
    assert (await admin.get(f"{BASE}/calls", params={"failed": "true"})).json()["items"] == []
    missing = await admin.get(f"{BASE}/calls/01a200e0-e1e3-7000-bd58-a3a749aaa207")
    assert missing.json()["code"] == "llm.call_not_found"
    state = (await admin.get(f"{BASE}/state")).json()
    assert (state["calls_today"], state["tokens_today"], state["days"][0]["task"]) == (2, 240, "summary")
