"""Every screen, in both languages, light and dark: nothing breaks, nothing is untranslated, everybody can use it."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, expect

import qiao.demo
import qiao.packs
from tests.journeys import words
from tests.journeys.conftest import NewContext
from tests.journeys.people import Colleague, Customer
from tests.journeys.product import Product

pytestmark = [pytest.mark.journey]
Come = Callable[..., Customer]
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

SCREENS = [
    "/inbox/mine",
    "/inbox/queue",
    "/inbox/mentions",
    "/inbox/bot",
    "/inbox/live",
    "/inbox/joined",
    "/inbox/snoozed",
    "/inbox/resolved",
    "/inbox/closed",
    "/inbox/all",
    "/inbox/all/{conversation}",
    "/inbox/all/{resolved}",
    "/search",
    "/search?q={word}",
    "/customers",
    "/customers/{customer}",
    "/knowledge/faqs",
    "/knowledge/faqs/new",
    "/knowledge/faqs/{faq}",
    "/knowledge/articles",
    "/knowledge/articles/{article}",
    "/knowledge/articles/{article}/edit",
    "/knowledge/categories",
    "/knowledge/import",
    "/knowledge/gaps",
    "/tickets?view=all",
    "/tickets/{ticket}",
    "/tasks",
    "/approvals",
    "/evaluation",
    "/evaluation/shadow",
    "/evaluation/gate",
    "/insight/wallboard",
    "/insight/agents",
    "/insight/ratings",
    "/settings/users",
    "/settings/roles",
    "/settings/departments",
    "/settings/queues",
    "/settings/queues/new",
    "/settings/queues/{queue}",
    "/settings/skills",
    "/settings/hours",
    "/settings/hours/new",
    "/settings/hours/{calendar}",
    "/settings/lists",
    "/settings/inboxes",
    "/settings/inboxes/{inbox}",
    "/settings/bot",
    "/settings/certainty",
    "/settings/canned",
    "/settings/ticket-types/refund",
    "/settings/automation",
    "/settings/workspace",
    "/settings/audit",
    "/settings/operations",
    "/no-such-page",
]

# Words a Chinese screen may carry in Latin letters: names of things that have no other, keys, units, formats.
LATIN = re.compile(
    r"""^(
    Qiao|WhatsApp|VIP|SLA|SOP|CEL|YAML|xlsx|zip|rated|CSAT|ASA|AHT|FAQ|API|URL|ID|CSV|XLSX|Excel|Markdown|Webhook|Node|Node\.js|Python|PHP|JSON|HTTP|HTTPS|
    HMAC|SHA|PostgreSQL|Ctrl|Cmd|Enter|Esc|Shift|Tab|Alt|Del|[A-Z]|F\d+|PNG|JPEG|JPG|GIF|WebP|PDF|MB|KB|GB|B|kB|MiB|
    UTC|GMT|English|iframe|script|body|head|CSP|px|ms|s|v\d.*|SMTP|IP|OK|CJK|UTF|Chrome|HeadlessChrome|Linux|Safari|
    Firefox|Edge|Windows|macOS|Android|iOS|on|X|x|
    Zendesk|Intercom|Freshdesk|Chatwoot|Zammad|Word|docx|PowerPoint|pptx|HTML|RSS|Atom|robots\.txt
    )$""",
    re.VERBOSE,
)
WORD = re.compile(r"[A-Za-z][A-Za-z'’]+")
CJK = re.compile(r"[\u4e00-\u9fff]+")

# What people of the company and its customers have written is in their language, whatever the screen's. These are
# the places that show it; everything else on a screen is ours.
THEIRS = """
    .q-result, .q-result__main, .q-search, .q-context, .qs-preview, .qp-phone, .qk-list, .ant-list-item,
    .q-msg, .q-row, .q-bubble, .q-card, .q-handoff dd, .q-event, .q-pane__head, .q-pane__name, .q-pane__meta, .q-sources,
    .q-context, .q-tab--on .q-ellipsis, .q-avatar, .ant-avatar, .q-offer, .q-typing, .q-collision, .q-standin,
    .q-customer, .q-profile, .q-orders, .q-notes, mark, .q-search, .qk-linkish, .ant-table-tbody, .kn-q, .kn-tree,
    .kn-paper, .kn-edit, .kn-nav, .kn-cats, .kn-cat, .qi-queue-name, .qi-who, .qi-agent, .qi-comment, .qr-matrix thead,
    .qs-key, .qs-code, .qk-code, code, pre, kbd, [translate=no], textarea, input, .ant-select, .ant-tag, .ant-table-cell,
    .ql-title, .ql-row .q-ellipsis, .q-change, .q-happening, .q-entry, .q-tk__title,
    .qw-item__title, .qw-text, .q-wrap, .qw-meta a, .qw-actions,
    .qs-phone, .qp-, .qs-facts, .qs-summary, .qh-used, .q-page__title, h1, .ant-segmented, .qs-lists, .qs-departments
"""
TEXT = """theirs => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element || ['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(element.tagName)) continue;
    if (!node.data.trim() || element.closest(theirs)) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    found.push(node.data.trim());
  }
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
    // A conversation is called what its customer is called, a gap what was asked.
    if (element.matches('.q-pane, [translate=no]')) continue;
    // What a library says to screen readers is ours to put into words, wherever it stands.
    const library = element.matches('.anticon, .ant-input-number *, .ant-checkbox-input, [class*=-clear], .ant-segmented');
    if (element.closest(theirs) && !element.matches('button') && !library) continue;
    for (const name of ['aria-label', 'placeholder', 'title'])
      if (element.getAttribute(name)) found.push('@' + name + ' ' + element.getAttribute(name));
  }
  return found;
}"""
EVERYTHING = "() => document.body.innerText"


class Ears:
    """Hears what a page complains about."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.problems.append(f"{message.type}: {message.text[:300]}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status} {response.request.method} {response.url}")

    def told(self) -> list[str]:
        heard, self.problems = self.problems, []
        return heard


@pytest.fixture(scope="module")
def things(product: Product) -> dict[str, str]:
    """One of each kind, for the screens that show one."""
    api = product.api("lin.mu")
    found = {
        "conversation": api.items("/conversations", view="live", limit=50)[0]["id"],
        "resolved": api.get("/conversations", view="resolved", limit=1)["items"][0]["id"],
        "customer": api.get("/customers", limit=1)["items"][0]["id"],
        "faq": api.get("/knowledge/faqs", limit=1)["items"][0]["id"],
        "article": api.get("/knowledge/articles", limit=1)["items"][0]["id"],
        "queue": api.items("/queues")[0]["id"],
        "calendar": api.items("/calendars")[0]["id"],
        "inbox": api.items("/inboxes")[0]["id"],
        "ticket": api.get("/tickets", limit=1)["items"][0]["ref"],
        "word": "退款",
    }
    api.close()
    return found


@pytest.fixture(params=["zh-CN", "en"])
def locale(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def admin(product: Product, new_context: NewContext, locale: str) -> Iterator[Colleague]:
    """Somebody who may see everything, whose screens follow the system's appearance."""
    context = new_context(locale)
    context.add_init_script(
        f"sessionStorage.setItem('qiao.locale.chosen', '{locale}'); localStorage.setItem('qiao.locale', '{locale}')"
    )
    person = Colleague(context, product, "lin.mu", locale)
    yield person.comes_in("/inbox/mine")
    person.leaves()


def turns_to(person: Colleague, path: str) -> None:
    """As a link does it, without loading the application anew."""
    person.page.evaluate(
        "path => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate', {state: {}})); }",
        f"/console{path}",
    )
    person.page.wait_for_url(re.compile(re.escape(f"/console{path.split('?')[0]}")), wait_until="commit")
    settled(person.page)


def settled(page: Page) -> None:
    """Nothing is loading any more: no picture of something to come, and a breath without any."""
    page.wait_for_function(
        """() => {
          const busy = '.ant-spin-spinning, .ant-skeleton-active, [aria-busy=true], .q-loading';
          const now = performance.now();
          if (document.querySelector(busy)) window.__quietSince = now;
          window.__quietSince ??= now;
          return now - window.__quietSince > 150;
        }"""
    )
    page.evaluate("delete window.__quietSince")


@cache
def _keys() -> frozenset[str]:
    return frozenset(key for key in words.keys("en") if "." in key)


def untranslated(text: str) -> list[str]:
    """Keys of catalogues that stand where their words should."""
    known = _keys()
    text = re.sub(r"\{\{.*?\}\}", " ", text)  # variables of canned replies look the same
    return [token for token in re.findall(r"[a-z][\w-]*(?:[.:][\w-]+)+", text) if token in known]


@cache
def _demo_words() -> str:
    """Everything the demo company has written, names and all; and how our language is called in itself."""
    pack = Path(qiao.packs.__file__).parent / "ecommerce"
    written = [p for p in pack.rglob("*.*") if p.suffix in (".yaml", ".md")]
    code = Path(qiao.demo.__file__).parent / "counter.py"
    return "简体中文 " + "\n".join(p.read_text(encoding="utf-8") for p in [*written, code])


def foreign(locale: str, texts: list[str]) -> list[str]:
    """What is in the other language. What a sentence quotes (“…”, {{…}}) may be in any."""
    texts = [re.sub(r"“.*?”|\{\{.*?\}\}|\bKL\d+", " ", text, flags=re.DOTALL) for text in texts]
    if locale == "en":
        return [text for text in texts if any(run not in _demo_words() for run in CJK.findall(text))]
    strange = []
    for text in texts:
        bare = re.sub(r"https?://\S+|\S+@\S+|\S*[/_<>{}=]\S*|\b[\w-]+\.[\w.-]+\b|\b[A-Z]{1,3}[-_]?\d+\S*", " ", text)
        if text.startswith("@"):
            bare = bare.split(" ", 1)[-1]
        if not CJK.search(bare) and len(WORD.findall(bare)) == 0:
            continue
        words_ = [word for word in WORD.findall(bare) if not LATIN.match(word)]
        if words_:
            strange.append(f"{text[:80]} -> {words_}")
    return strange


APPEARANCE = {"zh-CN": "light", "en": "dark"}
"""Words do not know colours: each screen is seen in both languages and in both appearances, not in all four pairs."""


def test_every_screen(admin: Colleague, locale: str, things: dict[str, str]) -> None:
    page, found = admin.page, []
    ears = Ears(page)
    page.emulate_media(color_scheme=APPEARANCE[locale])
    expect(page.locator("html")).to_have_css("color-scheme", APPEARANCE[locale])
    theirs = " ".join(THEIRS.split())
    for path in SCREENS:
        turns_to(admin, path.format(**things))
        everything, texts = page.evaluate(f"theirs => [({EVERYTHING})(), ({TEXT})(theirs)]", theirs)
        found += [f"{path}: no words for {key}" for key in untranslated(everything)]
        found += [f"{path}: {text}" for text in foreign(locale, texts)]
        found += [f"{path}: {problem}" for problem in ears.told()]
    # Turned while one looks.
    other = "dark" if APPEARANCE[locale] == "light" else "light"
    page.emulate_media(color_scheme=other)
    expect(page.locator("html")).to_have_css("color-scheme", other)
    assert not [*found, *ears.told()], "\n".join(found)


# The measuring row is a library's, of no height; tags come in colours people choose; the stage is a drawing of the
# widget, an avatar one of a name that stands beside it. The rule about names is an experiment of axe's own.
RUN_AXE = """only => axe.run({exclude: ['.ant-table-measure-row', '.ant-tag', '.qw-stage', '.q-avatar']}, {
  resultTypes: ['violations'],
  runOnly: only ? [only] : ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
  ...(only ? {} : {rules: {'label-content-name-mismatch': {enabled: false}}}),
})"""


def violations(page: Page, only: str | None = None) -> list[str]:
    """What axe calls serious or worse, by rule, with the first places."""
    if page.evaluate("typeof window.axe") == "undefined":
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(RUN_AXE, only)
    return [
        f"{v['id']}: {v['help']} – " + "; ".join(f"{n['target']} {n['html'][:140]}" for n in v["nodes"][:3])
        for v in result["violations"]
        if v["impact"] in ("serious", "critical")
    ]


ACCESSIBLE = [
    "/inbox/all/{conversation}",
    "/search?q={word}",
    "/customers/{customer}",
    "/knowledge/faqs",
    "/knowledge/faqs/{faq}",
    "/insight/wallboard",
    "/insight/ratings",
    "/settings/users",
    "/settings/queues/{queue}",
    "/settings/inboxes/{inbox}",
    "/tickets/{ticket}",
]


@pytest.mark.parametrize("locale", ["zh-CN"], indirect=True)
def test_the_main_screens_are_for_everybody(admin: Colleague, locale: str, things: dict[str, str]) -> None:
    found = []
    for path in ACCESSIBLE:
        admin.page.emulate_media(color_scheme="light")
        turns_to(admin, path.format(**things))
        found += [f"{path}: {violation}" for violation in violations(admin.page)]
        # In the dark only the colours are others.
        admin.page.emulate_media(color_scheme="dark")
        expect(admin.page.locator("html")).to_have_css("color-scheme", "dark")
        found += [f"{path} (dark): {violation}" for violation in violations(admin.page, "color-contrast")]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_widget_is_for_everybody(product: Product, customer: Come, new_context: NewContext, dark: bool) -> None:
    api = product.api("lin.mu")
    inbox = next(i for i in api.items("/inboxes") if i["channel"] == "webchat")
    api.close()
    page = new_context("zh-CN", dark=dark).new_page()
    ears = Ears(page)
    page.goto(f"{product.url}/widget/frame?key={inbox['key']}&locale=zh-CN")
    start = page.get_by_role("button", name=re.compile(words.widget("zh-CN", "home.start")))
    expect(start).to_be_visible()
    # The page's own policy forbids evaluating text; the home view is looked at from a script of ours.
    found = violations(page)
    start.click()
    box = page.get_by_label(words.widget("zh-CN", "a11y.composer"))
    box.fill("怎么开发票")
    box.press("Enter")
    expect(page.locator(".sources").first).to_be_visible()
    assert found + violations(page) == []
    assert ears.told() == []


def test_signing_in_is_for_everybody(product: Product, new_context: NewContext) -> None:
    page = new_context("en").new_page()
    page.goto(f"{product.url}/console/login")
    expect(page.get_by_role("button", name=words.console("en", "login.submit"), exact=True)).to_be_visible()
    assert violations(page) == []
