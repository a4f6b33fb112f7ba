"""A supervisor's first look at the demo company as it is after the start; runs first, before others change it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.people import Colleague
from tests.journeys.product import Product
from tests.journeys.screenshots import Camera
from tests.journeys.test_screens import settled

pytestmark = pytest.mark.journey
AT_WORK = {"wang.lei": "online", "liu.xin": "online", "sun.kai": "busy", "xu.jing": "online", "zhao.min": "away"}


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_the_day_so_far(product: Product, colleague: Callable[..., Colleague], locale: str, camera: Camera) -> None:
    shift = [(product.api(name), state) for name, state in AT_WORK.items()]
    boss = colleague("zhou.yan", locale)
    boss.context.add_init_script(
        f"sessionStorage.setItem('qiao.locale.chosen', '{locale}'); localStorage.setItem('qiao.locale', '{locale}')"
    )
    try:
        for person, state in shift:
            person.presence(state)
        boss.comes_in("/insight/wallboard")
        agents = boss.page.get_by_role("region", name=boss.w("insight:nav.agents"))
        expect(agents).to_contain_text(re.compile(boss.w("insight:state.online") + r"\s*3"))
        settled(boss.page)
        camera.take(boss.page, f"wallboard-{locale}")
        served = boss.api.items("/conversations", view="all", sort="recent", limit=50)
        talk = next((c for c in served if c["status"] == "assigned"), served[0])
        boss.goes_to(f"/inbox/all/{talk['id']}")
        expect(boss.transcript).to_be_visible()
        settled(boss.page)
        camera.take(boss.page, f"inbox-{locale}")
        boss.goes_to("/knowledge/faqs")
        expect(boss.page.get_by_role("row").nth(5)).to_be_visible()
        settled(boss.page)
        camera.take(boss.page, f"knowledge-{locale}")
    finally:
        for person, _ in shift:
            person.presence("offline")
            person.close()
