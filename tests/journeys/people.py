"""The people of the journeys: what they can see and do, in their own words."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

from tests.journeys import words
from tests.journeys.product import Api, Product, eventually

Pattern = str | re.Pattern[str]
# Notices go by themselves after a moment: whoever looks later is still told what was said.
NOTICES = """
  window.__told = [];
  new MutationObserver(changes => {
    for (const change of changes) {
      for (const node of change.addedNodes) {
        const near = node.nodeType === 1 ? node : node.parentElement;
        const notice = near?.closest?.('.ant-message') ?? near?.querySelector?.('.ant-message');
        if (notice) window.__told.push(notice.textContent);
      }
    }
  }).observe(document, { childList: true, subtree: true, characterData: true });
"""
NOTHING_OPEN = """() => !document.querySelector(
  ".ant-modal-wrap:not([style*='display: none']), .ant-drawer-open, .q-palette"
)"""


class Customer:
    """Somebody in the shop, with the chat window."""

    def __init__(self, context: BrowserContext, product: Product, locale: str) -> None:
        self.context, self.product, self.locale = context, product, locale
        self.page: Page = context.new_page()

    def w(self, key: str, **params: object) -> str:
        return words.widget(self.locale, key, **params)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("#qiao-widget iframe")

    @property
    def launcher(self) -> Locator:
        return self.page.locator("#qiao-widget button.launcher")

    @property
    def box(self) -> Locator:
        return self.frame.get_by_label(self.w("a11y.composer"))

    @property
    def log(self) -> Locator:
        return self.frame.get_by_role("log")

    def visit_shop(self) -> "Customer":
        self.page.goto(f"{self.product.url}/shop")
        return self

    def open_chat(self) -> "Customer":
        self.launcher.click()
        expect(self.frame.get_by_role("dialog")).to_be_visible()
        begin = "|".join(re.escape(self.w(key)) for key in ("home.start", "home.continue"))
        start = self.frame.get_by_role("button", name=re.compile(begin)).first
        expect(start.or_(self.box)).to_be_visible()
        if start.is_visible():
            start.click()
        expect(self.box).to_be_visible()
        return self

    def says(self, text: str) -> "Customer":
        self.box.fill(text)
        self.box.press("Enter")
        return self

    def asks(self, text: str) -> Locator:
        """Say it, and wait for what comes back: the newest thing the other side has said."""
        before = self.answers.count()
        self.says(text)
        expect(self.answers).not_to_have_count(before)
        return self.answers.nth(before)

    @property
    def answers(self) -> Locator:
        return self.log.locator(".row.bot, .row.agent:has([data-id]), .row.agent[data-id]")

    def calls_a_person(self) -> "Customer":
        self.frame.get_by_role("button", name=self.w("chat.to_person"), exact=True).click()
        return self

    def sees(self, text: Pattern) -> Locator:
        found = self.log.get_by_text(text).last
        expect(found).to_be_visible()
        return found

    def is_told(self, text: Pattern) -> None:
        expect(self.frame.get_by_text(text).first).to_be_visible()

    def attaches(self, *files: Any) -> None:
        self.frame.locator("input[type=file]").set_input_files(list(files))


class Colleague:
    """Somebody of the company, in the console."""

    def __init__(self, context: BrowserContext, product: Product, who: str, locale: str) -> None:
        self.context, self.product, self.who, self.locale = context, product, who, locale
        context.add_init_script(NOTICES)
        self.page: Page = context.new_page()
        self._api: Api | None = None

    def w(self, key: str, **params: object) -> str:
        return words.console(self.locale, key, **params)

    @property
    def api(self) -> Api:
        if self._api is None:
            self._api = self.product.api(self.who, locale=self.locale)
        return self._api

    def comes_in(self, path: str = "/") -> "Colleague":
        """Signed in already this morning, with their own language and the system's colours: what another journey left
        in their profile is not this one's."""
        self.api.patch("/auth/me", {"locale": self.locale, "theme": "system"})
        for cookie in self.api.http.cookies.jar:
            self.context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": self.product.url}])
        return self.goes_to(path)

    def goes_to(self, path: str) -> "Colleague":
        self.page.goto(f"{self.product.url}/console{path}")
        expect(self.page.get_by_role("navigation", name=self.w("nav.label"))).to_be_visible()
        return self

    def signs_in(self, password: str) -> "Colleague":
        self.page.goto(f"{self.product.url}/console/")
        self.page.get_by_label(self.w("login.email")).fill(f"{self.who}@kapok.example")
        self.page.get_by_label(self.w("login.password"), exact=True).fill(password)
        self.page.get_by_role("button", name=self.w("login.submit"), exact=True).click()
        expect(self.page.get_by_role("navigation", name=self.w("nav.label"))).to_be_visible()
        return self

    def sets_state(self, state: str) -> "Colleague":
        me = self.page.get_by_role("button", name=re.compile("^" + re.escape(self.w("presence.label"))))
        radio = self.page.get_by_role("radio", name=re.compile("^" + re.escape(self.w(f"state.{state}"))))
        me.click()
        try:
            radio.wait_for(timeout=10_000)
        except TookTooLong:
            # The page moved on from signing in at that very moment, and took the menu with it.
            if "ant-popover-open" not in (me.get_attribute("class") or ""):
                me.click()
        radio.click()
        expect(me).to_have_accessible_name(re.compile(re.escape(self.w(f"state.{state}")) + "$"))
        self.page.keyboard.press("Escape")
        expect(radio).to_be_hidden()
        # The screen is ahead of the server.
        eventually(lambda: self.api.get("/me/presence")["state"], lambda found: bool(found == state))
        return self

    def accepts_offer(self) -> "Colleague":
        offer = self.page.get_by_role("alertdialog", name=self.w("inbox:offer.title")).first
        expect(offer).to_be_visible()
        offer.get_by_role("button", name=re.compile("^" + re.escape(self.w("inbox:offer.accept")))).click()
        expect(self.transcript).to_be_visible()
        return self

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("region", name=self.w("inbox:list_label"))

    @property
    def transcript(self) -> Locator:
        return self.page.get_by_role("log", name=self.w("inbox:transcript"))

    def writes(self, text: str, kind: str = "reply") -> Locator:
        tab = self.page.get_by_role("tab", name=self.w(f"inbox:composer.{kind}"), exact=True)
        if tab.get_attribute("aria-selected") != "true":
            tab.click()
        box = self.composer(kind)
        box.fill(text)
        return box

    def composer(self, kind: str = "reply") -> Locator:
        return self.page.get_by_role("textbox", name=self.w(f"inbox:composer.{kind}"), exact=True)

    def says(self, text: str, kind: str = "reply") -> "Colleague":
        self.writes(text, kind).press("Enter")
        expect(self.transcript.get_by_text(text).last).to_be_visible()
        return self

    def sees(self, text: Pattern) -> Locator:
        found = self.transcript.get_by_text(text).last
        expect(found).to_be_visible()
        return found

    def does(self, action: str) -> "Colleague":
        """A button of the conversation's header, or beside the composer."""
        self.page.get_by_role("button", name=self.w(f"inbox:action.{action}"), exact=True).first.click()
        return self

    @property
    def dialog(self) -> Locator:
        return self.page.get_by_role("dialog").last

    def in_dialog(self) -> Locator:
        """The dialog, once it has the keys."""
        self.page.wait_for_function("() => document.activeElement?.closest('[role=dialog]')")
        return self.dialog

    def nothing_open(self) -> None:
        """No dialog takes the keys any more."""
        self.page.wait_for_function(NOTHING_OPEN)

    def is_told(self, text: Pattern) -> None:
        """It stands on the page, or a notice has said it since the page was opened."""
        source, flags = (text.pattern, "") if isinstance(text, re.Pattern) else (re.escape(text), "")
        self.page.wait_for_function(
            """([source, flags]) => {
              const wanted = new RegExp(source, flags);
              return wanted.test(document.body.innerText) || window.__told.some(said => wanted.test(said));
            }""",
            arg=[source, flags],
            polling=200,
        )

    @property
    def conversation_id(self) -> str:
        return self.page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]

    def leaves(self) -> None:
        if self._api is not None:
            self._api.close()
