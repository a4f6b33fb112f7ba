"""From draft to published to archived: review, drafts beside live texts, schedules, versions, reminders."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from hypothesis import given
from hypothesis import strategies as st

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import diff, lifecycle, service
from tests.conftest import SignIn
from tests.ears import Ear
from tests.knowledge.articles.test_articles import made

KB = "/api/v1/knowledge"


async def ok(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


async def test_an_editor_asks_and_a_reviewer_decides(sign_in: SignIn) -> None:
    boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    for kind in ("faqs", "articles"):
        item = await made(editor, kind)
        url = f"{KB}/{kind}/{item['id']}"
        assert (await editor.post(f"{url}/review", json={"version": 1, "decision": "approve"})).status_code == 403
        asked = await ok(await editor.post(f"{url}/submit", json={"version": 1, "note": "请看看"}))
        assert (asked["status"], asked["remark"], asked["version"]) == ("review", "请看看", 2)
        assert (await editor.post(f"{url}/submit", json={"version": 2})).status_code == 409
        queue = (await ok(await boss.get(f"{KB}/work", params={"view": "review"})))["items"]
        assert [(entry["id"], entry["live"]) for entry in queue] == [(item["id"], False)]
        todo = await ok(await boss.get(f"{KB}/todo"))
        assert todo["review"] == 1
        # What was read is what is decided on.
        late = await boss.post(f"{url}/review", json={"version": 1, "decision": "approve"})
        assert late.status_code == 409
        mute = await boss.post(f"{url}/review", json={"version": 2, "decision": "send_back"})
        assert mute.json()["errors"][0]["field"] == "comment"
        back = await boss.post(f"{url}/review", json={"version": 2, "decision": "send_back", "comment": "太短"})
        assert (await ok(back))["status"] == "draft"
        assert (await ok(await editor.get(f"{KB}/todo")))["returned"] == 1
        await ok(await editor.post(f"{url}/submit", json={"version": 3}))
        await ok(await editor.post(f"{url}/withdraw", json={"version": 4}))
        await ok(await editor.post(f"{url}/submit", json={"version": 5}))
        done = await ok(await boss.post(f"{url}/review", json={"version": 6, "decision": "approve"}))
        assert done["status"] == "published" and done["remark"] is None and done["submitted_by"] is None
        heard = (await ok(await editor.get("/api/v1/notifications")))["items"]
        assert [one["kind"] for one in heard if one["link"].endswith(item["id"])] == [
            "knowledge.approved", "knowledge.sent_back",
        ]  # fmt: skip
        steps = [v["step"] for v in (await ok(await editor.get(f"{url}/versions")))["items"]]
        assert steps == [
            "published", "submitted", "withdrawn", "submitted", "sent_back", "submitted", "created",
        ]  # fmt: skip
        await boss.post(f"{url}/archive")


async def heard(browser: httpx.AsyncClient) -> list[tuple[str, str]]:
    return [(one["kind"], one["link"]) for one in (await ok(await browser.get("/api/v1/notifications")))["items"]]


async def test_who_may_publish_and_read_a_text_hears_that_it_waits(sign_in: SignIn) -> None:
    boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    publisher = await ok(
        await boss.post("/api/v1/roles", json={"name": "审稿", "permissions": ["knowledge.view", "knowledge.publish"]}),
        201,
    )
    names = ("财务", "销售")
    finance, sales = [(await ok(await boss.post("/api/v1/departments", json={"name": n}), 201))["id"] for n in names]
    inside, outside = await sign_in("qian", role="agent"), await sign_in("he", role="agent")
    for browser, department in ((inside, finance), (outside, sales), (editor, finance)):
        body = {"department_id": department}
        if browser is not editor:
            body["role_ids"] = [publisher["id"]]
        await ok(await boss.patch(f"/api/v1/users/{browser.actor_id}", json=body))
    public = await made(editor)
    secret = await made(editor, question="备用金在哪", audience="departments", department_ids=[finance])
    for item in (public, secret):
        await ok(await editor.post(f"{KB}/faqs/{item['id']}/submit", json={"version": 1}))
    asked = [("knowledge.submitted", f"/knowledge/faqs/{item['id']}") for item in (secret, public)]
    assert await heard(boss) == asked and await heard(inside) == asked
    assert await heard(outside) == asked[1:]
    assert await heard(editor) == []
    # Who may publish and submits all the same is not told of it.
    own = await made(boss)
    await ok(await boss.post(f"{KB}/faqs/{own['id']}/submit", json={"version": 1}))
    assert await heard(boss) == asked


async def test_without_an_owner_who_can_look_those_who_publish_are_reminded(sign_in: SignIn, runtime: Runtime) -> None:
    boss, gone, editor = await sign_in("boss"), await sign_in("gone"), await sign_in("sun", role="supervisor")
    start = clock.now()
    due = (start + timedelta(days=10)).isoformat()
    leaver = str(gone.actor_id)
    ownerless = await made(boss, publish=True, review_by=due, question="保修多久")
    left = await made(boss, publish=True, review_by=due, owner_id=leaver, question="怎么换货")
    await ok(await boss.patch(f"/api/v1/users/{leaver}", json={"active": False}))
    with clock.frozen(start + timedelta(days=11)):
        boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
        for _ in range(2):
            await lifecycle.run_due(runtime)
        told = {("knowledge.review_due", f"/knowledge/faqs/{item['id']}") for item in (ownerless, left)}
        found = await heard(boss)
        assert set(found) == told and len(found) == 2
        assert await heard(editor) == []


async def test_open_pages_hear_that_a_scheduled_text_is_live(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    item = await made(boss, question="中秋放假吗")
    start = clock.now()
    when = (start + timedelta(hours=1)).isoformat()
    await ok(await boss.post(f"{KB}/faqs/{item['id']}/schedule", json={"version": 1, "publish_at": when}))
    reads, works = Ear(), Ear()
    for ear, permission in ((reads, "knowledge.view"), (works, "tasks.handle")):
        runtime.get(Hub).join_staff(Connection(ear, actor=Actor("user", uuid4(), permissions=frozenset({permission}))))
    with clock.frozen(start + timedelta(hours=2)):
        await lifecycle.run_due(runtime)
    await reads.until('"knowledge.changed"')
    assert not any(item["id"] in frame or "中秋" in frame for frame in reads.frames)
    assert not any("knowledge.changed" in frame for frame in works.frames)


async def test_a_live_text_stays_while_changes_are_made_beside_it(sign_in: SignIn) -> None:
    boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    faq = await made(boss, publish=True, question="怎么退货", answer="七天内可退")
    url = f"{KB}/faqs/{faq['id']}"
    assert (await editor.patch(url, json={"version": 1, "answer": "十天内可退"})).status_code == 403
    kept = await ok(await editor.put(f"{url}/draft", json={"version": 1, "answer": "十天内可退", "note": "新规"}))
    assert kept["changed"] == ["answer"] and kept["faq"]["answer"] == "十天内可退"
    live = await ok(await editor.get(url))
    assert live["answer"] == "七天内可退" and live["status"] == "published" and live["draft"]["status"] == "draft"
    # Set back to what is live it is no change; a field the text cannot have is refused before anything is kept.
    same = await ok(await editor.put(f"{url}/draft", json={"version": 2, "answer": "七天内可退", "tags": ["退货"]}))
    assert same["changed"] == ["tags"]
    bad = {"version": 3, "valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"}
    assert (await editor.put(f"{url}/draft", json=bad)).status_code == 422
    await ok(await editor.put(f"{url}/draft", json={"version": 3, "answer": "十天内可退"}))
    await ok(await editor.post(f"{url}/submit", json={"version": 4, "note": "改为十天"}))
    (entry,) = (await ok(await boss.get(f"{KB}/work")))["items"]
    assert entry["live"] and entry["id"] == faq["id"] and entry["remark"] == "改为十天"
    done = await ok(await boss.post(f"{url}/review", json={"version": 5, "decision": "approve"}))
    assert (done["answer"], done["tags"], done["draft"]) == ("十天内可退", ["退货"], None)
    # Changes to a text that has become another meanwhile are not laid over it.
    await ok(await editor.put(f"{url}/draft", json={"version": 6, "answer": "三十天内可退"}))
    await ok(await boss.patch(url, json={"version": 7, "answer": "十五天内可退"}))
    refused = await boss.post(f"{url}/publish")
    assert refused.status_code == 409 and refused.json()["code"] == "knowledge.live_changed"
    assert (await ok(await boss.get(url)))["answer"] == "十五天内可退"
    assert (await editor.delete(f"{url}/draft")).status_code == 204
    assert (await editor.get(f"{url}/draft")).status_code == 404
    draft = await made(editor)
    unborn = await editor.put(f"{KB}/faqs/{draft['id']}/draft", json={"version": 1, "answer": "x"})
    assert unborn.status_code == 409


async def test_versions_are_compared_and_brought_back(sign_in: SignIn) -> None:
    boss, editor, agent = (
        await sign_in("boss"),
        await sign_in("sun", role="supervisor"),
        await sign_in("li", role="agent"),
    )
    article = await made(boss, "articles", title="退货", body="第一段\n退货请在七天内申请", audience="internal")
    url = f"{KB}/articles/{article['id']}"
    await ok(await boss.patch(url, json={"version": 1, "body": "第一段\n退货请在十天内申请\n第三段", "note": "延长"}))
    found = await ok(await editor.get(f"{url}/diff", params={"left": 1, "right": 2}))
    (field,) = found["fields"]
    assert field["field"] == "body"
    assert [line["op"] for line in field["lines"]] == ["same", "changed", "new"]
    gone = [text for kind, text in field["lines"][1]["left"] if kind == "gone"]
    new = [text for kind, text in field["lines"][1]["right"] if kind == "new"]
    assert "七" in "".join(gone) and "十" in "".join(new) and len("".join(gone)) <= 2
    # The words come back; who may read it stays as it is today.
    await ok(await boss.patch(url, json={"version": 2, "audience": "public"}))
    back = await ok(await editor.post(f"{url}/versions/1/restore", json={"version": 3}))
    assert back["body"] == "第一段\n退货请在七天内申请" and back["audience"] == "public"
    await ok(await boss.post(f"{url}/publish"))
    await ok(await editor.post(f"{url}/versions/2/restore", json={"version": 5}))
    live = await ok(await editor.get(url))
    assert live["body"].endswith("七天内申请") and live["draft"] is not None
    one = await ok(await editor.get(f"{url}/versions/2"))
    assert one["note"] == "延长" and one["actor_name"] and one["content"]["body"].endswith("第三段")
    assert (await editor.get(f"{url}/versions/99")).status_code == 404
    assert (await agent.get(f"{url}/versions")).status_code == 403
    page = await ok(await boss.get(f"{url}/versions", params={"limit": 2}))
    rest = await ok(await boss.get(f"{url}/versions", params={"limit": 50, "cursor": page["next_cursor"]}))
    assert [v["number"] for v in page["items"] + rest["items"]] == [6, 5, 4, 3, 2, 1]


async def test_what_is_scheduled_goes_live_once_and_what_runs_out_is_archived(
    sign_in: SignIn, runtime: Runtime
) -> None:
    boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
    now = datetime(2027, 3, 1, 8, tzinfo=UTC)
    with clock.frozen(now):
        boss, editor = await sign_in("boss"), await sign_in("sun", role="supervisor")
        soon = (now + timedelta(hours=1)).isoformat()
        new = await made(editor, question="五一几号放假")
        url = f"{KB}/faqs/{new['id']}"
        await ok(await editor.post(f"{url}/submit", json={"version": 1}))
        approved = {"version": 2, "decision": "approve", "publish_at": soon}
        assert (await ok(await boss.post(f"{url}/review", json=approved)))["status"] == "scheduled"
        past = {"version": 3, "publish_at": (now - timedelta(minutes=1)).isoformat()}
        assert (await boss.post(f"{url}/schedule", json=past)).status_code == 422
        # What was approved is what goes live: an editor's change takes the appointment away, a reviewer's does not.
        await ok(await boss.patch(url, json={"version": 3, "answer": "放三天"}))
        assert (await ok(await boss.get(url)))["status"] == "scheduled"
        changed = await ok(await editor.patch(url, json={"version": 4, "answer": "放五天"}))
        assert changed["status"] == "draft" and changed["publish_at"] is None
        await ok(await boss.post(f"{url}/schedule", json={"version": 5, "publish_at": soon}))
        live = await made(boss, question="运费多少", answer="八元", publish=True, valid_until=soon)
        beside = f"{KB}/faqs/{live['id']}"
        await ok(await editor.put(f"{beside}/draft", json={"version": 1, "answer": "六元", "valid_until": None}))
        await ok(await boss.post(f"{beside}/schedule", json={"version": 2, "publish_at": soon}))
        assert len((await ok(await boss.get(f"{KB}/work", params={"view": "scheduled"})))["items"]) == 2
    with clock.frozen(now + timedelta(minutes=59)):
        await lifecycle.run_due(runtime)
        async with runtime.db.read() as db:
            assert (await service.get_faq(db, UUID(new["id"]))).status == "scheduled"
    with clock.frozen(now + timedelta(minutes=61)):
        for _ in range(2):
            await lifecycle.run_due(runtime)
        async with runtime.db.read() as db:
            first, second = [await service.get_faq(db, UUID(item["id"])) for item in (new, live)]
        assert (first.status, first.publish_at, first.answer) == ("published", None, "放五天")
        assert (second.status, second.answer, second.draft) == ("published", "六元", None)
        steps = (await ok(await boss.get(f"{url}/versions")))["items"]
        assert [v["step"] for v in steps].count("published") == 1 and steps[0]["number"] == first.version
    ends = await made(boss, question="春节几号发货", publish=True, valid_until=(now + timedelta(days=1)).isoformat())
    with clock.frozen(now + timedelta(days=1)):
        for _ in range(2):
            await lifecycle.run_due(runtime)
        async with runtime.db.read() as db:
            gone = await service.get_faq(db, UUID(ends["id"]))
        assert gone.status == "archived" and gone.version == 2


async def test_owners_are_reminded_once_and_stale_texts_are_listed(sign_in: SignIn, runtime: Runtime) -> None:
    boss = await sign_in("boss")
    owner = str(boss.actor_id)
    start = clock.now()
    watched = await made(
        boss, publish=True, owner_id=owner, review_by=(start + timedelta(days=10)).isoformat(), question="保修多久"
    )
    zh = await made(boss, publish=True, question="怎么换货", answer="联系客服")
    en = await made(boss, publish=True, question="Exchange?", answer="Ask", locale="en", group_id=zh["group_id"])
    await ok(await boss.patch(f"{KB}/faqs/{zh['id']}", json={"version": 1, "answer": "联系在线客服"}))
    assert (await ok(await boss.get(f"{KB}/faqs/{en['id']}")))["behind"] is True
    behind = (await ok(await boss.get(f"{KB}/stale")))["items"]
    assert [(item["id"], item["reasons"]) for item in behind] == [(en["id"], ["behind"])]
    # Somebody looks and says that it still holds.
    await ok(await boss.post(f"{KB}/faqs/{en['id']}/confirm", json={}))
    assert (await ok(await boss.get(f"{KB}/stale")))["items"] == []
    with clock.frozen(start + timedelta(days=11)):
        boss = await sign_in("boss")
        for _ in range(2):
            await lifecycle.run_due(runtime)
        pool = await runtime.db.raw()
        told = await pool.fetch("SELECT audience FROM events WHERE kind = 'knowledge.review_due'")
        assert len(told) == 1 and owner in str(told[0]["audience"])
        heard = (await ok(await boss.get("/api/v1/notifications")))["items"]
        assert [(one["kind"], one["link"]) for one in heard] == [
            ("knowledge.review_due", f"/knowledge/faqs/{watched['id']}")
        ]
        assert "保修多久" in heard[0]["text"]
        assert (await ok(await boss.get(f"{KB}/todo")))["due"] == 1
        due = (await ok(await boss.get(f"{KB}/stale", params={"reason": "due", "mine": True})))["items"]
        assert [item["id"] for item in due] == [watched["id"]]
        next_time = (start + timedelta(days=100)).isoformat()
        await ok(await boss.post(f"{KB}/faqs/{watched['id']}/confirm", json={"review_by": next_time}))
        assert (await ok(await boss.get(f"{KB}/todo")))["due"] == 0
    with clock.frozen(start + lifecycle.OLD_AFTER + timedelta(days=1)):
        boss = await sign_in("boss")
        old = await ok(await boss.get(f"{KB}/stale", params={"reason": "old", "limit": 1}))
        assert len(old["items"]) == 1 and old["next_cursor"]
        rest = await ok(await boss.get(f"{KB}/stale", params={"reason": "old", "cursor": old["next_cursor"]}))
        assert {item["id"] for item in [*old["items"], *rest["items"]]} == {zh["id"], en["id"]}


texts = st.text(alphabet="退货请在七十天内申请 abc\n，。1", max_size=60)


@given(texts, texts)
def test_a_diff_holds_both_sides_whole(left: str, right: str) -> None:
    lines = diff.lines(left, right)

    def side(name: str) -> str:
        sides = [getattr(line, name) for line in lines]
        return "\n".join("".join(text for _, text in parts) for parts in sides if parts is not None)

    assert side("left") == left and side("right") == right
    if left == right:
        assert all(line.op == "same" for line in lines)
