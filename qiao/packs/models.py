"""The shape of a demo pack's files. Field names are the YAML keys; money is in minor units."""

from typing import Literal

from msgspec import Struct, field

Language = Literal["zh-CN", "en"]
Level = Literal["standard", "silver", "gold", "vip"]
OrderStatus = Literal["pending_payment", "paid", "shipped", "delivered", "refunding", "refunded", "cancelled"]
ConversationStatus = Literal["bot", "queued", "assigned", "snoozed", "resolved", "closed"]
Role = Literal["admin", "supervisor", "agent", "back_office", "knowledge_editor", "viewer"]
FaqAction = Literal[
    "cancel_order", "change_address", "handoff", "intercept_parcel", "order_status", "price_protection",
    "refund_status", "report_damage", "request_invoice", "request_repair", "start_exchange", "start_return",
    "track_parcel",
]  # fmt: skip


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """One text in both languages."""

    zh_cn: str = field(name="zh-CN")
    en: str

    def in_language(self, language: str) -> str:
        return self.zh_cn if language.startswith("zh") else self.en


class Phrases(Struct, frozen=True, forbid_unknown_fields=True):
    """Several phrasings per language; the two lists are not translations of each other."""

    zh_cn: tuple[str, ...] = field(name="zh-CN")
    en: tuple[str, ...]

    def in_language(self, language: str) -> tuple[str, ...]:
        return self.zh_cn if language.startswith("zh") else self.en


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    name: Text


# company.yaml


class Department(Named, frozen=True, forbid_unknown_fields=True):
    description: Text


class OpenHours(Struct, frozen=True, forbid_unknown_fields=True):
    """Local opening hours on ISO weekdays (1 = Monday); a lunch break is two entries."""

    days: tuple[int, ...]
    opens: str
    closes: str


class Calendar(Named, frozen=True, forbid_unknown_fields=True):
    """`holidays` names the country whose public holidays close it; `makeup_workdays` opens its 调休 days."""

    timezone: str
    holidays: Literal["CN"] | None
    makeup_workdays: bool
    hours: tuple[OpenHours, ...]


class Skill(Named, frozen=True, forbid_unknown_fields=True):
    description: Text


class Overflow(Struct, frozen=True, forbid_unknown_fields=True):
    action: Literal["queue", "bot", "leave_message"]
    after_seconds: int
    queue: str | None = None


class Queue(Named, frozen=True, forbid_unknown_fields=True):
    """`skills` are required levels 1–5; a higher `priority` is served first."""

    description: Text
    department: str
    calendar: str
    skills: dict[str, int]
    priority: int
    strategy: Literal["longest_idle", "least_loaded", "round_robin"]
    accept_timeout_seconds: int
    cap: int
    overflow: Overflow
    sticky: bool


class User(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    email: str
    name: Text
    display_name: Text
    title: Text
    roles: tuple[Role, ...]
    department: str
    locale: Language
    capacity: int
    skills: dict[str, int]


class PresenceReason(Named, frozen=True, forbid_unknown_fields=True):
    presence: Literal["busy", "away"]


class Disposition(Named, frozen=True, forbid_unknown_fields=True):
    children: tuple[Named, ...]


class Tag(Named, frozen=True, forbid_unknown_fields=True):
    color: str


class CannedReply(Struct, frozen=True, forbid_unknown_fields=True):
    shortcut: str
    folder: str
    title: Text
    body: Text


class Widget(Struct, frozen=True, forbid_unknown_fields=True):
    """`suggested_questions` are FAQ ids."""

    bot_name: Text
    title: Text
    greeting: Text
    reply_time: Text
    offline_message: Text
    suggested_questions: tuple[str, ...]
    accent_color: str
    position: Literal["left", "right"]


class Company(Struct, frozen=True, forbid_unknown_fields=True):
    name: Text
    slug: str
    domain: str
    timezone: str
    currency: str
    locale: Language
    hotline: str
    email: str
    about: Text
    departments: tuple[Department, ...]
    calendars: tuple[Calendar, ...]
    skills: tuple[Skill, ...]
    queues: tuple[Queue, ...]
    users: tuple[User, ...]
    presence_reasons: tuple[PresenceReason, ...]
    dispositions: tuple[Disposition, ...]
    tags: tuple[Tag, ...]
    canned_folders: tuple[Named, ...]
    canned_replies: tuple[CannedReply, ...]
    widget: Widget


# faqs.yaml, articles.yaml


class Faq(Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    category: str
    tags: tuple[str, ...]
    question: Text
    variants: Phrases
    answer: Text
    action: FaqAction | None = None


class FaqFile(Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[Named, ...]
    tags: tuple[Named, ...]
    faqs: tuple[Faq, ...]


class Article(Struct, frozen=True, forbid_unknown_fields=True):
    """`body` is Markdown, read from `articles/<key>.<language>.md`; `faqs` are related FAQ ids."""

    key: str
    category: str
    audience: Literal["public", "internal"]
    title: Text
    author: str
    updated_days_ago: float
    faqs: tuple[str, ...]
    body: Text


class ArticleFile(Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[Named, ...]
    articles: tuple[Article, ...]


# products.yaml, customers.yaml, orders.yaml


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """`art` is an SVG path in a 64×64 box, to be drawn on `color`."""

    sku: str
    category: str
    price: int
    name: Text
    summary: Text
    color: str
    art: str
    made_to_order: bool = False


class ProductFile(Struct, frozen=True, forbid_unknown_fields=True):
    categories: tuple[Named, ...]
    products: tuple[Product, ...]


class Customer(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    name: str
    phone: str
    email: str
    level: Level
    city: Text
    language: Language
    tags: tuple[str, ...]
    points: int
    joined_days_ago: float
    note: Text | None


class CustomerFile(Struct, frozen=True, forbid_unknown_fields=True):
    customers: tuple[Customer, ...]


class OrderItem(Struct, frozen=True, forbid_unknown_fields=True):
    sku: str
    quantity: int
    unit_price: int
    amount: int


class LogisticsEvent(Struct, frozen=True, forbid_unknown_fields=True):
    hours_ago: float
    text: Text


class Shipment(Struct, frozen=True, forbid_unknown_fields=True):
    """Events run from oldest to newest."""

    carrier: str
    tracking_number: str
    events: tuple[LogisticsEvent, ...]


class Refund(Struct, frozen=True, forbid_unknown_fields=True):
    amount: int
    reason: Text
    requested_hours_ago: float
    refunded_hours_ago: float | None


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """`total` = `subtotal` − `discount` + `shipping_fee`, all in minor units."""

    number: str
    customer: str
    status: OrderStatus
    days_ago: float
    items: tuple[OrderItem, ...]
    subtotal: int
    discount: int
    discount_name: Text | None
    shipping_fee: int
    total: int
    payment_method: Literal["wechat", "alipay", "unionpay", "card", "bank_transfer"] | None
    shipment: Shipment | None
    refund: Refund | None
    note: Text | None = None


class OrderFile(Struct, frozen=True, forbid_unknown_fields=True):
    carriers: tuple[Named, ...]
    orders: tuple[Order, ...]


# conversations.yaml


class Turn(Struct, frozen=True, forbid_unknown_fields=True):
    """One message, `at` seconds after the start. `user` is who spoke for agent and note turns.

    A bot turn may carry `faq`, whose answer it gave: written without `text`, it is filled in by the loader. `missed`: the
    bot had no answer and offered a person. `helpful`: what the customer pressed below the answer.
    """

    at: int
    by: Literal["customer", "bot", "agent", "note"]
    text: str = ""
    user: str | None = None
    faq: str | None = None
    missed: bool = False
    helpful: bool | None = None


class Handoff(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Literal["requested", "missed_twice", "complaint", "safety", "needs_person"]
    at: int
    summary: Text


class WrapUp(Struct, frozen=True, forbid_unknown_fields=True):
    """`disposition` is `parent/child`."""

    disposition: str
    note: str


class Rating(Struct, frozen=True, forbid_unknown_fields=True):
    score: int
    comment: str = ""


class Conversation(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    customer: str
    channel: Literal["webchat"]
    language: Language
    minutes_ago: float
    status: ConversationStatus
    turns: tuple[Turn, ...]
    queue: str | None = None
    assignee: str | None = None
    order: str | None = None
    tags: tuple[str, ...] = ()
    handoff: Handoff | None = None
    wrap_up: WrapUp | None = None
    rating: Rating | None = None


class ConversationFile(Struct, frozen=True, forbid_unknown_fields=True):
    conversations: tuple[Conversation, ...]


# shop.yaml


class NavItem(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    label: Text


class Hero(Struct, frozen=True, forbid_unknown_fields=True):
    title: Text
    subtitle: Text
    button: Text


class PolicyNote(Struct, frozen=True, forbid_unknown_fields=True):
    icon: Literal["truck", "box", "return", "shield"]
    title: Text
    text: Text


class Story(Struct, frozen=True, forbid_unknown_fields=True):
    title: Text
    text: Text


class Shop(Struct, frozen=True, forbid_unknown_fields=True):
    """`featured` are SKUs; `sample_customers` may be signed in as on the demo page."""

    nav: tuple[NavItem, ...]
    announcement: Text
    hero: Hero
    featured: tuple[str, ...]
    grid_title: Text
    policies: tuple[PolicyNote, ...]
    story: Story
    account: dict[str, Text]
    buttons: dict[str, Text]
    help_title: Text
    help_text: Text
    footer: Text
    sample_customers: tuple[str, ...]


# knowledge.yaml


class SpaceEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A space of the knowledge base and the categories that stand in it."""

    slug: str
    name: Text
    description: Text
    audience: Literal["public", "customers", "internal", "departments"]
    departments: tuple[str, ...]
    categories: tuple[str, ...]


class TextEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A text on its way; `changes` are edits beside the live FAQ `faq`: its answer with this one's added."""

    state: Literal["draft", "review", "scheduled", "published", "changes"]
    category: str | None
    by: str
    question: Text
    answer: Text
    faq: str | None = None
    note: Text | None = None
    in_hours: float | None = None


class CareEntry(Struct, frozen=True, forbid_unknown_fields=True):
    faq: str
    owner: str
    in_days: float


class ClosedGap(Struct, frozen=True, forbid_unknown_fields=True):
    """A knowledge gap that was closed: the FAQ drafted for what `conversation` asked went live `days_ago`."""

    faq: str
    conversation: str
    by: str
    days_ago: float


class Groups(Struct, frozen=True, forbid_unknown_fields=True):
    zh_cn: tuple[tuple[str, ...], ...] = field(name="zh-CN")
    en: tuple[tuple[str, ...], ...]

    def in_language(self, language: str) -> tuple[tuple[str, ...], ...]:
        return self.zh_cn if language.startswith("zh") else self.en


class KnowledgeFile(Struct, frozen=True, forbid_unknown_fields=True):
    spaces: tuple[SpaceEntry, ...]
    categories: tuple[Named, ...]
    texts: tuple[TextEntry, ...]
    care: tuple[CareEntry, ...]
    closed_gaps: tuple[ClosedGap, ...]
    synonyms: Groups


# tickets.yaml


class TicketMore(Struct, frozen=True, forbid_unknown_fields=True):
    """What a step needs beside its words."""

    fields: dict[str, object] = {}
    comment: str = ""
    department: str | None = None
    within: float | None = None
    """Hours until a task is due."""
    transition: str | None = None
    verdict: Literal["approve", "reject"] | None = None
    score: int | None = None


class TicketStep(Struct, frozen=True, array_like=True):
    """One thing that happened: hours after the ticket was made, who did it (`customer` or a user's key), what, words."""

    at: float
    by: str
    what: Literal["move", "say", "note", "task", "done", "ask", "decide", "assign", "escalate", "rate", "check"]
    words: str = ""
    more: TicketMore = TicketMore()


class DemoTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """One ticket in one language; money in `fields` is in whole units."""

    key: str
    type: str
    hours_ago: float
    language: Language
    by: str
    title: str
    steps: tuple[TicketStep, ...]
    customer: str | None = None
    requester: str | None = None
    conversation: str | None = None
    department: str | None = None
    description: str = ""
    priority: int | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, object] = {}


class TicketFile(Struct, frozen=True, forbid_unknown_fields=True):
    tickets: tuple[DemoTicket, ...]


class DemoPack(Struct, frozen=True):
    """A whole made-up company, checked to be consistent."""

    company: Company
    faqs: FaqFile
    articles: ArticleFile
    knowledge: KnowledgeFile
    products: ProductFile
    customers: CustomerFile
    orders: OrderFile
    conversations: ConversationFile
    tickets: TicketFile
    shop: Shop
