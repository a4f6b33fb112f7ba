"""At the shop: a number from the kiosk, called by staff, shown on the display and the phone, served, rated."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import NewContext
from tests.journeys.people import Colleague
from tests.journeys.product import Product, eventually

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Work = Callable[..., Colleague]

WORDS = {
    "zh-CN": {
        "skip": "不用，直接取号",
        "your_number": "您的号码",
        "go": "请到 1 号窗口",
        "at": "1 号窗口",
        "thanks": "感谢您的光临",
        "star": "5 星",
        "send": "提交评价",
        "rated": "谢谢您的评价",
        "next": "接下来",
        "service": "退换货",
    },
    "en": {
        "skip": "No, just the number",
        "your_number": "Your number",
        "go": "Please go to counter 1",
        "at": "Counter 1",
        "thanks": "Thank you for coming",
        "star": "5 of 5",
        "send": "Send",
        "rated": "Thank you for telling us",
        "next": "Next",
        "service": "Returns and exchanges",
    },
}


@pytest.mark.parametrize("locale", ["zh-CN"])
def test_from_the_kiosk_to_the_counter_and_the_rating(
    locale: str, product: Product, colleague: Work, new_context: NewContext
) -> None:
    say = WORDS[locale]
    boss = product.api("lin.mu")
    site = boss.get("/counter/manage/sites")[0]
    links = {link["kind"]: link["url"] for link in boss.items(f"/counter/manage/sites/{site['id']}/links")}
    queue = boss.get(f"/queues/{site['services'][0]['queue_id']}")
    agent = colleague("chen.yu", locale)
    me = agent.api.get("/auth/me")["user"]["id"]
    assert me in {member["id"] for member in queue["members"]}

    def page(address: str, **more: bool) -> Page:
        opened = new_context(locale, **more).new_page()
        opened.goto(product.url + address[address.index("/walkin/") :])
        return opened

    display = page(links["display"], dark=locale == "en")
    kiosk = page(links["kiosk"])
    kiosk.get_by_role("button", name=re.compile(say["service"])).click()
    kiosk.get_by_role("button", name=say["skip"]).click()
    expect(kiosk.get_by_text(say["your_number"])).to_be_visible()
    code = kiosk.locator(".number").inner_text()
    assert re.fullmatch(r"A\d{3}", code)
    drawn = kiosk.locator("img.qr").get_attribute("src")
    assert drawn is not None
    # What the QR code leads to: the visitor's own page.
    phone = page(drawn.removesuffix("/qr.svg"), phone=True)
    expect(phone.locator(".number")).to_have_text(code)
    expect(display.locator(".next")).to_contain_text(code)

    agent.comes_in("/counter")
    mine = agent.page.get_by_role("region", name=agent.w("counter:mine.label"))
    mine.get_by_role("button", name=agent.w("counter:mine.open"), exact=True).click()
    expect(mine.get_by_role("button", name=re.compile(agent.w("counter:step.next")))).to_be_enabled()
    agent.page.keyboard.press("c")
    expect(mine.locator(".qc-code")).to_have_text(code)

    expect(display.locator(".newest.called")).to_contain_text(code)
    expect(display.locator(".newest.called")).to_contain_text(say["at"])
    expect(phone.get_by_role("alert")).to_have_text(say["go"])

    expect(mine.get_by_role("button", name=re.compile(agent.w("counter:step.start")))).to_be_enabled()
    agent.page.keyboard.press("c")
    expect(mine.locator(".qc-now--serving")).to_be_visible()
    agent.page.keyboard.press("c")
    wrap_up = agent.page.get_by_role("dialog")
    wrap_up.get_by_role("textbox").last.fill("Exchanged the kettle")
    wrap_up.get_by_role("button", name=agent.w("counter:step.end"), exact=True).click()
    expect(mine.get_by_text(agent.w("counter:mine.nobody"))).to_be_visible()

    expect(phone.get_by_text(say["thanks"])).to_be_visible()
    phone.get_by_role("radio", name=say["star"]).click()
    phone.get_by_role("button", name=say["send"]).click()
    expect(phone.get_by_text(say["rated"])).to_be_visible()

    talks = boss.items("/conversations", view="resolved", inbox_id=site["inbox_id"])
    eventually(
        lambda: boss.items("/ratings", inbox_id=site["inbox_id"], score=5),
        lambda rated: talks[0]["id"] in {rating["conversation"]["id"] for rating in rated},
    )
    assert talks[0]["wrap_up"]["note"] == "Exchanged the kettle"
    mine.get_by_role("button", name=agent.w("counter:mine.close"), exact=True).click()
    expect(mine.get_by_role("button", name=agent.w("counter:mine.open"), exact=True)).to_be_visible()
    boss.close()


def test_a_time_that_filled_up_while_somebody_wrote_their_name(product: Product, new_context: NewContext) -> None:
    boss = product.api("lin.mu")
    site = boss.get("/counter/manage/sites")[0]
    links = {link["kind"]: link["url"] for link in boss.items(f"/counter/manage/sites/{site['id']}/links")}
    service = next(one for one in site["services"] if one["slot_capacity"])
    address = links["join"][links["join"].index("/walkin/") :]

    page = new_context("zh-CN", phone=True).new_page()
    page.goto(product.url + address)
    page.get_by_role("button", name="预约办理").click()
    slot = page.locator("button.slot:not([disabled])").last
    slot.click()
    page.get_by_label("称呼").fill("王小二")
    chosen = boss.http.get(
        f"{product.url}/api/v1{address}/slots".replace("/v1/walkin/", "/v1/walkin/entry/"),
        params={"service_id": service["id"]},
    ).json()
    last = [one for day in chosen for one in day["slots"] if one["free"]][-1]
    for number in range(last["free"]):
        taken = boss.http.post(
            f"{product.url}/api/v1{address}/appointments".replace("/v1/walkin/", "/v1/walkin/entry/"),
            json={
                "service_id": service["id"],
                "starts_at": last["starts_at"],
                "name": f"G{number}",
                "phone": None,
                "note": "",
                "client_key": f"{number:032d}",
                "device": f"{number:032d}",
                "locale": "en",
            },
        )
        assert taken.status_code == 201, taken.text
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_role("status")).to_be_visible()
    free = page.locator("button.slot:not([disabled])").last
    expect(free).to_be_visible()
    free.click()
    expect(page.get_by_label("称呼")).to_have_value("王小二")
    page.get_by_role("button", name="确认预约").click()
    expect(page.get_by_text("已预约")).to_be_visible()
    boss.close()


def test_a_second_site_is_set_up_and_its_fields_are_called_what_they_are(product: Product, colleague: Work) -> None:
    boss = colleague("lin.mu").comes_in("/counter/manage")
    boss.page.get_by_role("button", name=boss.w("counter:manage.add_counter")).click()
    form = boss.in_dialog()
    number = form.get_by_label(boss.w("counter:form.counter_name"))
    number.fill("9")
    expect(number).to_have_value("9")
    form.get_by_role("button", name=re.compile(boss.w("counter:save")[0])).last.click()
    expect(boss.page.get_by_text(boss.w("counter:counter_name", name="9"))).to_be_visible()


def test_a_kiosk_of_a_site_without_services_sends_visitors_to_the_staff(
    product: Product, new_context: NewContext
) -> None:
    boss = product.api("lin.mu")
    site = boss.post("/counter/manage/sites", {"name": "Harbour"})
    links = {link["kind"]: link["url"] for link in boss.items(f"/counter/manage/sites/{site['id']}/links")}
    kiosk = new_context("zh-CN").new_page()
    kiosk.goto(product.url + links["kiosk"][links["kiosk"].index("/walkin/") :])
    expect(kiosk.get_by_text("请直接联系工作人员。")).to_be_visible()
    expect(kiosk.get_by_text("请选择业务取号")).to_have_count(0)
    boss.patch(f"/counter/manage/sites/{site['id']}", {"active": False})
    boss.close()
