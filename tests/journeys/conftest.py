"""The stage of the journeys: the product with its demo company, an empty one, and a browser."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product, Running
from tests.journeys.screenshots import Camera

PATIENCE_MS = 30_000
FLAGS = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BROWSER_LOCALES = {"zh-CN": "zh-CN", "en": "en-US"}


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if found := shutil.which(name):
            return found
    reason = "no Chromium found; install the package `chromium`"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = _chromium()
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


RUNNING = [url for url in os.environ.get("QIAO_JOURNEYS_AT", "").split(",") if url]
"""For whoever writes a journey: products that run already, the one with the demo company, then an empty one."""


@pytest.fixture(scope="package")
def _demo(tmp_path_factory: pytest.TempPathFactory, _empty: Running | None) -> Iterator[Running | None]:
    if RUNNING:
        yield None
        return
    running = Running(tmp_path_factory.mktemp("demo") / "data")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def product(_demo: Running | None) -> Product:
    """The product with its demo company, open round the clock: tests run at night, too."""
    ready = _demo.wait() if _demo is not None else Product(RUNNING[0])
    _open_always(ready)
    return ready


@pytest.fixture
def running(_demo: Running | None, product: Product) -> Running:
    """The process behind `product`, for journeys that end it."""
    if _demo is None:
        pytest.skip("this product was started by somebody else")
    return _demo


@pytest.fixture(scope="package")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running | None]:
    """Started first, so that both are being prepared at the same time."""
    if RUNNING:
        yield None
        return
    running = Running(tmp_path_factory.mktemp("empty") / "data", "--empty")
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def empty_product(_empty: Running | None) -> Product:
    """The product as it is before anybody has an account."""
    return _empty.wait() if _empty is not None else Product(RUNNING[1])


def _open_always(product: Product) -> None:
    admin = product.api("lin.mu")
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    for calendar in admin.items("/calendars"):
        admin.patch(f"/calendars/{calendar['id']}", {"weekly": always, "holidays_country": None, "exceptions": []})
    for agent in admin.items("/agents"):
        assert agent["state"] == "offline", "nobody is at work before the journey begins"
    admin.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser) -> Iterator[NewContext]:
    """A browser of one's own: `new_context("en", phone=True)`. It gathers what goes wrong in its pages."""
    opened: list[BrowserContext] = []

    def make(locale: str = "zh-CN", *, phone: bool = False, dark: bool = False) -> BrowserContext:
        context = browser.new_context(
            locale=BROWSER_LOCALES[locale],
            timezone_id="Asia/Shanghai",
            viewport={"width": 390, "height": 844} if phone else {"width": 1440, "height": 900},
            has_touch=phone,
            is_mobile=phone,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE_MS)
        context.set_default_navigation_timeout(PATIENCE_MS * 2)
        opened.append(context)
        return context

    yield make
    for context in opened:
        with contextlib.suppress(Exception):
            context.close()


@pytest.fixture
def customer(product: Product, new_context: NewContext) -> Callable[..., Customer]:
    """`customer("en")`: somebody who has just come into the shop."""

    def come(locale: str = "zh-CN", *, phone: bool = False, dark: bool = False) -> Customer:
        return Customer(new_context(locale, phone=phone, dark=dark), product, locale).visit_shop()

    return come


@pytest.fixture
def colleague(product: Product, new_context: NewContext) -> Iterator[Callable[..., Colleague]]:
    """`colleague("chen.yu")`: not signed in yet. At the end of the journey they go home, their work done."""
    at_work: list[Colleague] = []

    def come(who: str, locale: str = "zh-CN", *, phone: bool = False, dark: bool = False) -> Colleague:
        person = Colleague(new_context(locale, phone=phone, dark=dark), product, who, locale)
        at_work.append(person)
        return person

    yield come
    for person in at_work:
        if "conversations.handle" in person.api.get("/auth/me")["permissions"]:
            # What is left open is offered to the next one who comes, what is only resolved goes on with the same person.
            for talk in person.api.items("/conversations", view="mine"):
                person.api.post(f"/conversations/{talk['id']}/close")
            person.api.presence("offline")
        person.leaves()


@pytest.fixture
def clean_desk(product: Product) -> Iterator[None]:
    """Nobody waits and nobody is at work when the journey begins, nor after it."""
    admin = product.api("lin.mu")
    _clear(admin.items, admin.post)
    yield
    _clear(admin.items, admin.post)
    admin.close()


def _clear(items: Callable[..., list[dict[str, object]]], post: Callable[..., object]) -> None:
    for view in ("queue", "live"):
        for conversation in items("/conversations", view=view):
            if conversation["status"] in ("queued", "assigned", "snoozed"):
                post(f"/conversations/{conversation['id']}/close")


@pytest.fixture
def camera() -> Camera:
    return Camera()
