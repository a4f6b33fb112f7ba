"""Further ways to hear: off by default, chosen by each person, tried again, and given up with a reason."""

from datetime import timedelta
from typing import Any

import pytest

from qiao.core import clock, i18n
from qiao.core.runtime import Runtime
from qiao.people.notifications import jobs, service
from qiao.people.notifications.ports import Notice, WayFailed, WayRefused, Ways
from tests.conftest import SignIn
from tests.people.notifications.test_notifications import URL, tell


class Pager:
    """A way of a test's own."""

    name = "wecom"  # its words are in the catalogue

    def __init__(self) -> None:
        self.set_up = True
        self.rung: list[tuple[str, Notice]] = []
        self.trouble: Exception | None = None

    async def ready(self) -> bool:
        return self.set_up

    async def send(self, account: str, notice: Notice) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.rung.append((account, notice))


@pytest.fixture
def pager(runtime: Runtime) -> Pager:
    pager = Pager()
    Ways.of(runtime).register(pager)
    return pager


async def later(runtime: Runtime, **time: float) -> None:
    with clock.frozen(clock.now() + timedelta(**time)):
        await jobs.send_by_ways(runtime)


async def test_a_person_chooses_a_way_and_hears_by_it(runtime: Runtime, sign_in: SignIn, pager: Pager) -> None:
    li, mei = await sign_in("li", role="agent"), await sign_in("mei", role="agent", locale="zh-CN")
    both: list[Any] = [li.actor_id, mei.actor_id]
    found = (await li.get(f"{URL}/choices")).json()["ways"]
    mine = next(way for way in found if way["way"] == "wecom")
    assert (mine["name"], mine["account"], mine["active"], mine["problem"]) == ("WeCom", "", False, None)
    await tell(runtime, both)
    await later(runtime, minutes=1)
    assert pager.rung == []  # off until somebody says otherwise
    for browser, account in ((li, "LiMing"), (mei, "mei")):
        answer = await browser.put(f"{URL}/ways/wecom", json={"account": f" {account} ", "active": True})
        assert answer.status_code == 200, answer.text
    await tell(runtime, both, kind="task.overdue", link="/tickets/2")
    await tell(runtime, both, kind="task.reminder", link="/tickets/3")
    await tell(runtime, both, kind="ticket.commented", link="/tickets/4")  # not by mail, so not by this either
    await mei.post(f"{URL}/read", json={})
    await jobs.send_by_ways(runtime)
    assert pager.rung == []  # there may be somebody in the console
    await later(runtime, minutes=1)
    await later(runtime, minutes=2)
    ((account, notice),) = pager.rung
    assert account == "LiMing" and notice.title == "2 new notifications" and notice.locale == "en"
    assert [str(line.url).rpartition("/console")[2] for line in notice.lines] == ["/tickets/2", "/tickets/3"]
    body = {"kinds": [{"kind": "ticket.commented", "console": True, "mail": False, "app": True}]}
    kinds = (await li.put(f"{URL}/choices", json=body)).json()["kinds"]
    assert next(one for one in kinds if one["kind"] == "ticket.commented")["app"] is True
    await tell(runtime, both, kind="ticket.commented", link="/tickets/5")
    await later(runtime, minutes=1)
    assert len(pager.rung) == 2
    assert (await li.put(f"{URL}/ways/wecom", json={"account": "", "active": True})).status_code == 200
    await tell(runtime, both, kind="task.overdue", link="/tickets/6")
    await later(runtime, minutes=1)
    assert [account for account, _ in pager.rung] == ["LiMing", "LiMing", "mei"]
    async with runtime.db.read() as db:
        assert await service.account_of(db, both[0], "wecom") == ""
        assert await service.account_of(db, both[1], "wecom") == "mei"


async def test_trouble_is_tried_again_and_a_refusal_is_told(runtime: Runtime, sign_in: SignIn, pager: Pager) -> None:
    li = await sign_in("li", role="agent")
    await li.put(f"{URL}/ways/wecom", json={"account": "nobody", "active": True})
    await tell(runtime, [li.actor_id])
    pager.trouble = WayFailed("busy")
    await later(runtime, minutes=1)
    await later(runtime, minutes=2)
    pager.trouble = None
    await later(runtime, minutes=2)  # not yet: left alone for a while
    assert pager.rung == []
    await later(runtime, minutes=20)
    assert len(pager.rung) == 1
    await tell(runtime, [li.actor_id], link="/tickets/2")
    pager.trouble = WayRefused("wecom.refused.staff")
    await later(runtime, minutes=1)
    (mine,) = [way for way in (await li.get(f"{URL}/choices")).json()["ways"] if way["way"] == "wecom"]
    assert mine["problem"] == i18n.t("wecom.refused.staff", "en")
    pager.trouble = None
    await later(runtime, hours=2)
    assert len(pager.rung) == 1  # what was refused is not tried again
    pager.set_up = False
    assert [way["way"] for way in (await li.get(f"{URL}/choices")).json()["ways"]] == ["wecom"]  # theirs to take away
    await li.put(f"{URL}/ways/wecom", json={"account": "", "active": False})
    assert (await li.get(f"{URL}/choices")).json()["ways"] == []
    assert (await li.put(f"{URL}/ways/pigeon", json={"account": "a", "active": True})).status_code == 404
    for account in ("a|b", "x" * 121, "a\nb"):
        assert (await li.put(f"{URL}/ways/wecom", json={"account": account, "active": True})).status_code == 422
