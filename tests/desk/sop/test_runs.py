"""Walking procedures for tickets and conversations over HTTP: answers, deviations, two at once, who sees what, figures."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.realtime import Connection, Hub
from qiao.core.runtime import Runtime
from qiao.desk.sop import jobs, machine, repository, service
from qiao.desk.sop.service import walking
from qiao.desk.tickets import service as tickets
from qiao.packs.loader import procedure_files
from qiao.people.notifications import service as notifications
from tests.conftest import SignIn
from tests.desk.routing.office import Office as Talks
from tests.desk.tickets.office import Office
from tests.ears import Ear

URL = "/api/v1/procedures"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d\x00\x00\x00\x00IEND\xaeB`\x82"
)


async def shipped(runtime: Runtime) -> None:
    async def work(db: Any) -> None:
        for path in procedure_files():
            await service.put_in(db, Actor.system(), path.read_text("utf-8"))

    await runtime.db.run(work)


class Walk:
    """A run from one person's browser; each act is checked to have been taken."""

    def __init__(self, browser: httpx.AsyncClient, run: dict[str, Any]):
        self.browser, self.run = browser, run

    @classmethod
    async def start(cls, browser: httpx.AsyncClient, procedure: str, kind: str, subject: Any) -> "Walk":
        body = {"procedure": procedure, "subject_kind": kind, "subject_id": str(subject)}
        response = await browser.post(f"{URL}/runs", json=body)
        assert response.status_code == 201, response.text
        return cls(browser, response.json())

    @property
    def step(self) -> str | None:
        return self.run["current"]["id"] if self.run["current"] else None

    async def post(self, verb: str, **body: Any) -> httpx.Response:
        return await self.browser.post(
            f"{URL}/runs/{self.run['id']}/{verb}", json={"version": self.run["version"], **body}
        )

    async def do(self, verb: str = "step", **body: Any) -> dict[str, Any]:
        response = await self.post(verb, **({"step": self.step, **body} if verb == "step" else body))
        assert response.status_code == 200, response.text
        self.run = response.json()
        return self.run

    async def refused(self, status: int, verb: str = "step", **body: Any) -> dict[str, Any]:
        response = await self.post(verb, **({"step": self.step, **body} if verb == "step" else body))
        assert response.status_code == status, response.text
        problem: dict[str, Any] = response.json()
        return problem


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    made = await Office(runtime).open()
    await shipped(runtime)
    return made


async def test_a_refund_is_walked_to_its_end_with_every_kind_of_step(office: Office, sign_in: SignIn) -> None:
    li = await sign_in("li", role="agent")
    customer = await office.customer("Wang Fang")
    ticket = await office.make(Actor.system(), type_key="refund", title="我要退货", customer_id=customer)
    fits = (await li.get(f"{URL}/for/ticket/{ticket.id}")).json()
    assert fits["suggestions"][0]["key"] == "refund_inspection"
    assert {why["kind"] for why in fits["suggestions"][0]["why"]} >= {"type", "keyword"}
    assert len(fits["startable"]) == 5 and fits["may"]
    over = await office.make(Actor.system(), type_key="consultation", title="我要退货", customer_id=customer)
    assert (await li.get(f"{URL}/for/ticket/{over.id}")).json()["suggestions"]
    await office.run(tickets.move, Actor.system(), over.id, status="solved", reason="test")
    fits = (await li.get(f"{URL}/for/ticket/{over.id}")).json()
    assert fits["suggestions"] == [] and fits["startable"], "nothing is left to do about what is closed"

    walk = await Walk.start(li, "refund_inspection", "ticket", ticket.id)
    again = await Walk.start(li, "refund_inspection", "ticket", ticket.id)
    assert again.run["id"] == walk.run["id"], "one open run per ticket and procedure"
    assert "Wang Fang" in walk.run["current"]["say"]["en"]
    sent = await walk.do(send=True, client_id="c1")
    assert sent["history"][0]["done"]["sent"] == "comment"
    repeated = await walk.do(step="soothe", client_id="c1")
    assert (repeated["version"], len(repeated["history"])) == (sent["version"], 1), "the same act once"

    assert (await walk.refused(422, answer={"values": {"wants": "nothing"}}))["errors"][0][
        "field"
    ] == "answer.values.order_number"
    values = {"order_number": "KL20260001", "wants": "refund", "amount": 129, "days": 3}
    await walk.do(answer={"values": values})
    assert walk.step == "why", "the branch passed by itself"
    await walk.do(answer={"value": "broken"})
    upload = await li.post("/api/v1/files", content=PNG, headers={"x-filename": "broken.png"})
    assert upload.status_code == 201, upload.text
    proof = [{"kind": "image", "file_id": upload.json()["id"]}]
    assert (await walk.refused(422, answer={"items": []}))["errors"][0]["code"] == "sop.evidence_missing"
    done = await walk.do(answer={"items": proof})
    assert "url" in done["history"][-1]["answer"]["items"][0], "links are for the reader"
    await walk.do(answer={"value": "back"})
    assert "KL20260001" in walk.run["current"]["say"]["zh-CN"]
    assert (await walk.refused(422, act="skip"))["errors"][0]["code"] == "sop.reason_skipped"
    await walk.do(act="skip", reason="Told them by phone")
    asked = await walk.do()
    assert asked["history"][-1]["done"]["title"] == "验收退货：订单 KL20260001", "the warehouse has a task now"
    assert walk.run["deviations"] == 1
    await walk.do(answer={"value": False}, act="answer")
    assert walk.step == "disagree"
    await walk.do("back")
    assert (walk.step, walk.run["current"]["before"]) == ("arrived", {"value": False})
    assert (await walk.refused(422, act="against", answer={"value": False}))["errors"][0][
        "code"
    ] == "sop.reason_against"
    await walk.do(act="against", answer={"value": False}, reason="Customer is a VIP")
    assert walk.step == "pay" and "¥129.00" in walk.run["current"]["say"]["en"]
    ended = await walk.do()
    assert (ended["state"], ended["outcome"]["en"], ended["good"]) == ("finished", "Refunded", True)
    assert ended["deviations"] == 2 and ended["current"] is None
    assert (await walk.refused(409, step="pay"))["code"] == "sop.run_over"
    undone = [line["step"] for line in ended["history"] if line["undone"]]
    assert undone == ["arrived"]

    timeline = await office.read(_timeline, office.li, ticket.id)
    told = [(entry.entry_type, entry.payload["params"]) for entry in timeline.items if entry.kind == "event"]
    kinds = [kind for kind, _ in told if kind and kind.startswith("sop.")]
    assert kinds == ["sop.started", "sop.deviated", "sop.deviated", "sop.finished"]
    assert next(params for kind, params in told if kind == "sop.finished")["outcome"]["zh-CN"] == "已退款"

    boss = await sign_in("boss")
    [item] = [one for one in (await boss.get(URL)).json() if one["key"] == "refund_inspection"]
    figures = (await boss.get(f"{URL}/{item['id']}/statistics")).json()
    steps = {one["step"]: one for one in figures["steps"]}
    assert (figures["runs"], figures["finished"], figures["deviating"], figures["versions"]) == (1, 1, 1, [1])
    assert (steps["arrived"]["left"], steps["arrived"]["back"], steps["arrived"]["deviated"]) == (2, 1, 1)
    assert figures["deviations"] == {"skipped": 1, "against": 1}
    assert {"frm": "arrived", "to": "pay", "count": 1} in figures["ways"]
    runs = (await boss.get(f"{URL}/{item['id']}/runs", params={"step": "arrived", "how": "deviated"})).json()["items"]
    assert [one["subject"] for one in runs] == [ticket.ref]
    assert (await li.get(f"{URL}/{item['id']}/statistics")).status_code == 403

    # The history explains where it stands, on the database as in the machine.
    async def explained(db: Any) -> bool:
        row = await repository.run(db, UUID(walk.run["id"]))
        assert row is not None
        visits = walking.visits(await repository.steps(db, row.id))
        return machine.standing(walking.position_of(row.origin), visits) == walking.position_of(row.position)

    assert await office.read(explained)


async def _timeline(db: Any, actor: Actor, ticket_id: UUID) -> Any:
    from qiao.desk.tickets import service as tickets

    return await tickets.timeline(db, actor, ticket_id)


async def test_a_conversation_is_walked_too_by_two_people_who_see_each_other(
    office: Office, runtime: Runtime, sign_in: SignIn
) -> None:
    li, wu, stranger = (
        await sign_in("li", role="agent"),
        await sign_in("wu", role="agent"),
        await sign_in("zoe", role="back_office"),
    )
    talks = Talks(runtime)
    queue = await talks.queue("all", [office.li.id, office.wu.id])  # type: ignore[list-item]
    inbox = await talks.inbox(queue)
    talk = await talks.write(await talks.customer(inbox), inbox, "我的快递还没到")
    ear = Ear()
    hub = runtime.get(Hub)
    hub.join_staff(Connection(ear, actor=Actor("user", office.wu.id, permissions=frozenset({"conversations.handle"}))))
    deaf = Ear()
    hub.join_staff(Connection(deaf, actor=Actor("user", office.li.id, permissions=frozenset({"tasks.handle"}))))
    fits = (await li.get(f"{URL}/for/conversation/{talk}")).json()
    assert fits["suggestions"][0]["key"] == "parcel_missing"
    assert (await stranger.get(f"{URL}/for/conversation/{talk}")).status_code == 404

    walk = await Walk.start(li, "parcel_missing", "conversation", talk)
    other = Walk(wu, (await wu.get(f"{URL}/runs/{walk.run['id']}")).json())
    assert (await stranger.get(f"{URL}/runs/{walk.run['id']}")).status_code == 404
    await walk.do(answer={"values": {"order_number": "KL20260002"}})
    moved = await other.refused(409, answer={"values": {"order_number": "KL20260003"}})
    assert moved["code"] == "sop.run_moved"
    # Open panels are told that it moved, without a word of what was found out.
    await ear.until("procedure.changed", walk.run["id"], str(talk))
    assert not any("KL20260002" in frame for frame in ear.frames if "procedure.changed" in frame)
    assert not any("procedure.changed" in frame for frame in deaf.frames)
    other.run = (await wu.get(f"{URL}/runs/{walk.run['id']}")).json()
    assert (other.step, other.run["history"][0]["by"]) == ("state", "Li")
    await other.do(answer={"value": "stuck"})
    walk.run = other.run
    assert (await walk.refused(409, act="answer"))["code"] == "sop.needs_ticket"
    await walk.do(act="skip", reason="Wrote to the carrier", note="by mail")

    # A timer: going on at once is early, reminders come when it is time and when it is late.
    assert walk.step == "wait" and walk.run["current"]["ready_at"] < walk.run["current"]["late_at"]
    assert (await walk.refused(422))["errors"][0]["code"] == "sop.reason_early"
    await walk.do("pause", note="lunch")
    assert (await walk.refused(409))["code"] == "sop.run_paused"
    await walk.do("resume")
    await walk.do("hand-over", user_id=str(office.wu.id))
    assert walk.run["owner"]["name"] == "Wu"
    zoe = str(stranger.actor_id)
    assert (await walk.refused(422, "hand-over", user_id=zoe))["errors"][0]["code"] == "sop.cannot_see"

    async def told() -> list[str]:
        listed, _ = await office.read(notifications.listing, office.wu, "en")
        return [one.kind for one in listed]

    assert "sop.handed_over" in await told()
    run_id = UUID(walk.run["id"])
    for hours, kind in ((5, "sop.ready"), (25, "sop.late")):

        async def earlier(db: Any, hours: int = hours) -> None:
            row = await repository.run(db, run_id, lock=True)
            assert row is not None
            row.entered_at = clock.now() - timedelta(hours=hours)
            row.remind_at = clock.now() - timedelta(minutes=1)

        await runtime.db.run(earlier)
        await jobs.remind(runtime)
        assert kind in await told()
        before = len(await told())
        await jobs.remind(runtime)
        assert len(await told()) == before, "once"
    walk.run = (await li.get(f"{URL}/runs/{run_id}")).json()
    late = await walk.do()
    assert [line["deviation"] for line in late["history"] if line["deviation"]] == ["skipped", "late"]

    # A procedure within this one: its steps, then on behind it.
    await walk.do(answer={"value": False})
    await walk.do(answer={"value": "money"})
    assert walk.step == "soothe" and [one["en"] for one in walk.run["current"]["within"]] == [
        "Parcel not received",
        "Returns and refunds",
    ]
    await walk.do(act="jump", to="refused", reason="Customer has it after all")
    assert (walk.run["state"], walk.run["outcome"]["en"]) == ("finished", "Refunded")

    stopped = await Walk.start(li, "angry_customer", "conversation", talk)
    assert (await stopped.refused(422, "stop", reason=""))["code"] == "invalid"
    gone = await stopped.do("stop", reason="They hung up")
    assert (gone["state"], gone["outcome"], gone["left"]) == ("stopped", None, 0)
    notes = (await li.get(f"/api/v1/conversations/{talk}/messages")).json()["items"]
    assert any("They hung up" in one["body"] for one in notes if one["kind"] == "note")
    assert (await Walk.start(li, "angry_customer", "conversation", talk)).run["id"] != gone["id"]


async def test_a_run_keeps_its_version_and_a_new_ticket_may_start_one(
    office: Office, runtime: Runtime, sign_in: SignIn
) -> None:
    boss, li = await sign_in("boss"), await sign_in("li", role="agent")
    ticket = await office.make(Actor.system(), type_key="invoice", title="发票抬头错了")
    walk = await Walk.start(li, "invoice_correction", "ticket", ticket.id)
    [item] = [one for one in (await boss.get(URL)).json() if one["key"] == "invoice_correction"]
    address = f"{URL}/{item['id']}"
    draft = (await boss.get(address)).json()
    document = draft["document"]
    document["steps"] = [step for step in document["steps"] if step["id"] != "proof"]
    document["start"]["by_itself"] = True
    document["start"]["when"] = {"fact": "ticket.priority", "op": "at_least", "value": 2}
    saved = (await boss.put(f"{address}/draft", json={"revision": draft["revision"], "document": document})).json()
    assert saved["changed"] and saved["faults"] == []
    late = await boss.put(f"{address}/draft", json={"revision": draft["revision"], "document": document})
    assert late.status_code == 409
    diff = (await boss.get(f"{address}/diff", params={"before": 1})).json()
    assert {(one["step"], one["field"], one["kind"]) for one in diff["changes"]} == {
        ("", "start", "changed"),
        ("proof", "", "removed"),
    }
    published = (await boss.post(f"{address}/publish", json={"revision": saved["revision"], "note": "quicker"})).json()
    assert published["published"] == 2
    await walk.do(answer={"value": "title"})
    await walk.do(
        answer={
            "values": {"order_number": "KL1", "company": "X", "email": "a@b.cn", "tax_number": "91310000MA1FL5E91B"}
        }
    )
    assert (walk.step, walk.run["number"]) == ("proof", 1), "it keeps the version it began with"

    urgent = await office.make(Actor.system(), type_key="invoice", title="急：重开发票", priority=3)
    calm = await office.make(Actor.system(), type_key="invoice", title="重开发票")
    await runtime.reactions.settled()
    begun = (await li.get(f"{URL}/for/ticket/{urgent.id}")).json()["runs"]
    assert [(one["start_reason"], one["number"]) for one in begun] == [("type", 2)]
    assert (await li.get(f"{URL}/for/ticket/{calm.id}")).json()["runs"] == []

    rolled = (await boss.post(f"{address}/versions/1/use")).json()
    assert (rolled["published"], rolled["changed"], rolled["revision"]) == (1, True, published["revision"])
    versions = (await boss.get(f"{address}/versions")).json()["items"]
    assert [(one["number"], one["current"], one["runs"]) for one in versions] == [(2, False, 1), (1, True, 1)]
    restored = (await boss.post(f"{address}/versions/1/restore")).json()
    assert not restored["changed"]
    assert (await boss.delete(address)).status_code == 409
    assert (await boss.post(f"{address}/unpublish")).json()["published"] is None
    assert (await boss.delete(address)).json()["code"] == "sop.has_runs"
    body = {"procedure": "invoice_correction", "subject_kind": "ticket", "subject_id": str(calm.id)}
    assert (await li.post(f"{URL}/runs", json=body)).json()["code"] == "sop.not_published"
    assert (await li.get(URL)).status_code == 403
    viewer = await sign_in("vera", role="viewer")
    assert (await viewer.get(f"{URL}/for/ticket/{calm.id}")).json()["may"] is False
    assert (await viewer.post(f"{URL}/runs", json=body)).status_code == 403


async def test_drafts_are_checked_and_rehearsed_without_a_trace(office: Office, sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    source = next(path for path in procedure_files() if path.stem == "appliance_fault").read_text("utf-8")
    checked = (await boss.post(f"{URL}/check", json={"yaml": source})).json()
    assert checked["faults"] == []
    again = (await boss.post(f"{URL}/check", json={"document": checked["document"]})).json()
    assert again["document"] == checked["document"]
    broken = source.replace("failed: stop_using", "failed: stop_usng")
    [fault, *_] = (await boss.post(f"{URL}/check", json={"yaml": broken})).json()["faults"]
    assert (fault["step"], fault["field"]) == ("danger", "failed")
    assert broken.splitlines()[fault["line"] - 1].strip() == "failed: stop_usng"
    unread = (await boss.post(f"{URL}/check", json={"yaml": "steps: [\n"})).json()
    assert (unread["document"], unread["faults"][0]["code"], unread["faults"][0]["line"]) == (None, "not_yaml", 2)
    assert (await boss.post(URL, json={"yaml": source})).json()["code"] == "sop.key_taken"
    made = (await boss.post(URL, json={"key": "short", "name": "短流程"})).json()
    assert (made["faults"], made["published"]) == ([], None)
    assert (await boss.delete(f"{URL}/{made['id']}")).status_code == 204

    async def play(*acts: dict[str, Any]) -> dict[str, Any]:
        body = {"document": checked["document"], "acts": list(acts), "locale": "en"}
        response = await boss.post(f"{URL}/rehearse", json=body)
        assert response.status_code == 200, response.text
        played: dict[str, Any] = response.json()
        return played

    assert (await play())["current"]["id"] == "danger"
    danger = await play({"answer": {"value": True}})
    assert danger["current"]["id"] == "stop_using" and danger["path"] == ["danger"]
    short = await play({"answer": {"value": False}}, {"answer": {"values": {"model": "KL-1"}}})
    assert short["current"]["id"] == "device" and short["errors"][0]["field"] == "answer.values.symptom"
    way = [
        {"answer": {"value": False}},
        {"answer": {"values": {"model": "KL-1", "symptom": "no_power"}}},
        {"act": "skip"},
        {"answer": {"value": False}},
    ]
    ended = await play(*way)
    assert (ended["outcome"]["en"], ended["deviations"], ended["current"]) == ("Works again", [], None)
    assert (await play(*way, {"act": "back"}))["current"]["id"] == "plug"
    assert (await boss.get(f"{URL}")).json()[0]["runs"] == {}
