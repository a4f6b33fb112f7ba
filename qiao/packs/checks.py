"""What must be true between the files of a pack."""

import re
from collections.abc import Iterable, Iterator

import msgspec

from .models import Conversation, DemoPack, DemoTicket, Order, Phrases, Text

_CJK = re.compile(r"[\u3400-\u9fff]")
_VARIABLE = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")
_VARIABLES = {
    "customer.name", "agent.name", "company.name", "order.number", "order.total", "logistics.carrier",
    "logistics.tracking_number", "conversation.number",
}  # fmt: skip


class PackError(ValueError):
    """A pack's file is missing, malformed or contradicts another; the message says where."""


def check(pack: DemoPack) -> None:
    """Raises `PackError` at the first thing that does not fit."""
    for file in msgspec.structs.fields(type(pack)):
        for place, text in _texts(getattr(pack, file.name), file.name + ".yaml"):
            _check_text(place, text)
    _check_company(pack)
    _check_knowledge(pack)
    for order in pack.orders.orders:
        _check_order(pack, order)
    for conversation in pack.conversations.conversations:
        _check_conversation(pack, conversation)
    _unique("tickets.yaml: tickets", (t.key for t in pack.tickets.tickets))
    for ticket in pack.tickets.tickets:
        _check_ticket(pack, ticket)
    known = pack.knowledge
    faqs = [faq.id for faq in pack.faqs.faqs]
    shelves = [c.key for c in (*pack.faqs.categories, *pack.articles.categories, *known.categories)]
    users = [user.key for user in pack.company.users]
    for space in known.spaces:
        _refs(f"knowledge.yaml: {space.slug}", space.departments, (d.key for d in pack.company.departments))
        _refs(f"knowledge.yaml: {space.slug}", space.categories, shelves)
    _refs("knowledge.yaml: texts", (t.category for t in known.texts if t.category), shelves)
    _refs("knowledge.yaml: texts", (t.faq for t in known.texts if t.faq), faqs)
    _refs("knowledge.yaml: texts", (t.by for t in known.texts), users)
    _refs("knowledge.yaml: care", (c.faq for c in known.care), faqs)
    _refs("knowledge.yaml: care", (c.owner for c in known.care), users)
    _refs("knowledge.yaml: closed_gaps", (c.faq for c in known.closed_gaps), faqs)
    _refs("knowledge.yaml: closed_gaps", (c.by for c in known.closed_gaps), users)
    talks = [c.key for c in pack.conversations.conversations]
    _refs("knowledge.yaml: closed_gaps", (c.conversation for c in known.closed_gaps), talks)
    _refs("shop.yaml: featured", pack.shop.featured, (p.sku for p in pack.products.products))
    _refs("shop.yaml: sample_customers", pack.shop.sample_customers, (c.key for c in pack.customers.customers))
    _refs("shop.yaml: nav", (n.key for n in pack.shop.nav), (c.key for c in pack.products.categories))


def _texts(value: object, place: str) -> Iterator[tuple[str, Text | Phrases]]:
    if isinstance(value, Text | Phrases):
        yield place, value
    elif isinstance(value, msgspec.Struct):
        for f in msgspec.structs.fields(type(value)):
            yield from _texts(getattr(value, f.name), f"{place}: {f.name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{place} {_name_of(item) or f'#{index + 1}'}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{place} {key}")


def _name_of(item: object) -> str | None:
    for name in ("id", "key", "sku", "number", "shortcut"):
        if isinstance(found := getattr(item, name, None), str):
            return found
    return None


def _check_text(place: str, text: Text | Phrases) -> None:
    chinese = (text.zh_cn,) if isinstance(text, Text) else text.zh_cn
    english = (text.en,) if isinstance(text, Text) else text.en
    if not chinese or not english or not all(s.strip() for s in (*chinese, *english)):
        raise PackError(f"{place}: a text is empty in one language")
    for s in english:
        if _CJK.search(s):
            raise PackError(f"{place}: Chinese in the English text: {s[:60]}")
    for s in chinese:
        if not _CJK.search(s) and s not in english:
            raise PackError(f"{place}: no Chinese in the Chinese text: {s[:60]}")


def _refs(place: str, used: Iterable[str], known: Iterable[str]) -> None:
    known = set(known)
    for key in used:
        if key not in known:
            raise PackError(f"{place}: {key!r} is not defined")


def _unique(place: str, keys: Iterable[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise PackError(f"{place}: {key!r} is defined twice")
        seen.add(key)


def _levels(place: str, skills: dict[str, int], known: set[str]) -> None:
    _refs(place, skills, known)
    if not all(1 <= level <= 5 for level in skills.values()):
        raise PackError(f"{place}: skill levels run from 1 to 5")


def _check_company(pack: DemoPack) -> None:
    c = pack.company
    departments, calendars = {d.key for d in c.departments}, {k.key for k in c.calendars}
    skills, queues = {s.key for s in c.skills}, {q.key for q in c.queues}
    for section in ("departments", "calendars", "skills", "queues", "users", "presence_reasons", "dispositions",
                    "tags", "canned_folders"):  # fmt: skip
        _unique(f"company.yaml: {section}", (item.key for item in getattr(c, section)))
    _unique("company.yaml: canned_replies", (r.shortcut for r in c.canned_replies))
    for queue in c.queues:
        place = f"company.yaml: queues {queue.key}"
        _refs(place, [queue.department], departments)
        _refs(place, [queue.calendar], calendars)
        _levels(place, queue.skills, skills)
        if (queue.overflow.action == "queue") != (queue.overflow.queue is not None):
            raise PackError(f"{place}: overflow names a queue exactly when it goes to one")
        _refs(place, [queue.overflow.queue] if queue.overflow.queue else [], queues)
        if not any(all(u.skills.get(s, 0) >= level for s, level in queue.skills.items()) for u in c.users):
            raise PackError(f"{place}: nobody has the skills it requires")
    for user in c.users:
        place = f"company.yaml: users {user.key}"
        _refs(place, [user.department], departments)
        _levels(place, user.skills, skills)
        if not user.email.endswith("@" + c.domain):
            raise PackError(f"{place}: e-mail must end in @{c.domain}")
    folders = {f.key for f in c.canned_folders}
    for reply in c.canned_replies:
        place = f"company.yaml: canned_replies {reply.shortcut}"
        _refs(place, [reply.folder], folders)
        variables = [_VARIABLE.findall(body) for body in (reply.body.zh_cn, reply.body.en)]
        _refs(place, variables[0] + variables[1], _VARIABLES)
        if set(variables[0]) != set(variables[1]):
            raise PackError(f"{place}: the two languages use different variables")
    _refs("company.yaml: widget", c.widget.suggested_questions, (f.id for f in pack.faqs.faqs))


def _check_knowledge(pack: DemoPack) -> None:
    categories, tags = {c.key for c in pack.faqs.categories}, {t.key for t in pack.faqs.tags}
    _unique("faqs.yaml: faqs", (f.id for f in pack.faqs.faqs))
    phrasings: dict[str, str] = {}
    for faq in pack.faqs.faqs:
        place = f"faqs.yaml: faqs {faq.id}"
        _refs(place, [faq.category], categories)
        _refs(place, faq.tags, tags)
        for phrase in (faq.question.zh_cn, faq.question.en, *faq.variants.zh_cn, *faq.variants.en):
            if (other := phrasings.setdefault(phrase.lower(), faq.id)) != faq.id:
                raise PackError(f"{place}: {phrase!r} is also a phrasing of {other}")
    article_categories = {c.key for c in pack.articles.categories}
    users, faqs = {u.key for u in pack.company.users}, {f.id for f in pack.faqs.faqs}
    _unique("articles.yaml: articles", (a.key for a in pack.articles.articles))
    for article in pack.articles.articles:
        place = f"articles.yaml: articles {article.key}"
        _refs(place, [article.category], article_categories)
        _refs(place, [article.author], users)
        _refs(place, article.faqs, faqs)
    products = pack.products.products
    _unique("products.yaml: products", (p.sku for p in products))
    for product in products:
        _refs(
            f"products.yaml: products {product.sku}",
            [product.category],
            (c.key for c in pack.products.categories),
        )
    _unique("customers.yaml: customers", (c.key for c in pack.customers.customers))
    _unique("orders.yaml: orders", (o.number for o in pack.orders.orders))
    _unique("conversations.yaml: conversations", (c.key for c in pack.conversations.conversations))
    for customer in pack.customers.customers:
        _refs(f"customers.yaml: customers {customer.key}", customer.tags, (t.key for t in pack.company.tags))


def _check_order(pack: DemoPack, order: Order) -> None:
    place = f"orders.yaml: orders {order.number}"
    prices = {p.sku: p.price for p in pack.products.products}
    _refs(place, [order.customer], (c.key for c in pack.customers.customers))
    _refs(place, (item.sku for item in order.items), prices)
    for item in order.items:
        if item.amount != item.quantity * item.unit_price or item.unit_price != prices[item.sku]:
            raise PackError(f"{place}: {item.sku} does not add up to {item.amount}")
    if order.subtotal != sum(item.amount for item in order.items):
        raise PackError(f"{place}: items do not add up to the subtotal {order.subtotal}")
    if order.total != order.subtotal - order.discount + order.shipping_fee:
        raise PackError(f"{place}: subtotal, discount and postage do not add up to {order.total}")
    if (order.discount > 0) != (order.discount_name is not None):
        raise PackError(f"{place}: a discount has a name")
    if order.status in ("shipped", "delivered") and order.shipment is None:
        raise PackError(f"{place}: {order.status} without a shipment")
    if (order.status in ("refunding", "refunded")) != (order.refund is not None):
        raise PackError(f"{place}: refund details belong to refunding and refunded orders")
    if order.refund and order.refund.amount > order.total:
        raise PackError(f"{place}: more refunded than paid")
    if order.shipment:
        _refs(place, [order.shipment.carrier], (c.key for c in pack.orders.carriers))
        hours = [event.hours_ago for event in order.shipment.events]
        if hours != sorted(hours, reverse=True) or any(h < 0 or h > order.days_ago * 24 for h in hours):
            raise PackError(f"{place}: logistics events are out of order")


def _check_conversation(pack: DemoPack, c: Conversation) -> None:
    place = f"conversations.yaml: conversations {c.key}"
    users = {u.key for u in pack.company.users}
    _refs(place, [c.customer], (k.key for k in pack.customers.customers))
    _refs(place, [c.queue] if c.queue else [], (q.key for q in pack.company.queues))
    _refs(place, [c.assignee] if c.assignee else [], users)
    _refs(place, c.tags, (t.key for t in pack.company.tags))
    if c.order:
        orders = {o.number: o for o in pack.orders.orders}
        _refs(place, [c.order], orders)
        if orders[c.order].customer != c.customer:
            raise PackError(f"{place}: order {c.order} is another customer's")
        if orders[c.order].days_ago * 24 * 60 < c.minutes_ago:
            raise PackError(f"{place}: begins before its order {c.order} was placed")
    if c.wrap_up:
        known = (f"{d.key}/{child.key}" for d in pack.company.dispositions for child in d.children)
        _refs(place, [c.wrap_up.disposition], known)
    if c.rating and not 1 <= c.rating.score <= 5:
        raise PackError(f"{place}: ratings run from 1 to 5")
    if (c.status in ("assigned", "snoozed")) and not (c.assignee and c.queue):
        raise PackError(f"{place}: {c.status} needs a queue and an assignee")
    if c.status == "queued" and (not c.queue or c.assignee):
        raise PackError(f"{place}: queued needs a queue and no assignee")
    if (c.handoff is None) != (c.queue is None):
        raise PackError(f"{place}: what reached a queue was handed off")
    if not c.turns or c.turns[0].at < 0 or any(a.at > b.at for a, b in zip(c.turns, c.turns[1:], strict=False)):
        raise PackError(f"{place}: turns are missing or out of order")
    for turn in c.turns:
        if (turn.by in ("agent", "note")) != (turn.user is not None):
            raise PackError(f"{place}: the turn at {turn.at} s must name a user exactly if a person of ours wrote it")
        _refs(place, [turn.user] if turn.user else [], users)
        _refs(place, [turn.faq] if turn.faq else [], (f.id for f in pack.faqs.faqs))
        if not turn.text.strip():
            raise PackError(f"{place}: the turn at {turn.at} s is empty")
    if c.turns[-1].at > c.minutes_ago * 60:
        raise PackError(f"{place}: ends in the future")


def _check_ticket(pack: DemoPack, t: DemoTicket) -> None:
    place = f"tickets.yaml: tickets {t.key}"
    users = {u.key for u in pack.company.users}
    departments = [d.key for d in pack.company.departments]
    _refs(place, [t.by, *([t.requester] if t.requester else [])], users)
    _refs(place, [t.customer] if t.customer else [], (c.key for c in pack.customers.customers))
    _refs(place, t.tags, (tag.key for tag in pack.company.tags))
    _refs(place, [t.department] if t.department else [], departments)
    _refs(place, (s.by for s in t.steps if s.by != "customer"), users)
    _refs(place, (s.more.department for s in t.steps if s.more.department), departments)
    if t.conversation:
        talks = {c.key: c for c in pack.conversations.conversations}
        _refs(place, [t.conversation], talks)
        talk = talks[t.conversation]
        if talk.customer != t.customer:
            raise PackError(f"{place}: conversation {t.conversation} is another customer's")
        if talk.minutes_ago < t.hours_ago * 60:
            raise PackError(f"{place}: is older than the conversation {t.conversation} it came from")
    order = t.fields.get("order")
    if order is not None:
        orders = {o.number: o for o in pack.orders.orders}
        _refs(place, [str(order)], orders)
        if orders[str(order)].customer != t.customer:
            raise PackError(f"{place}: order {order} is another customer's")
        if orders[str(order)].days_ago * 24 < t.hours_ago:
            raise PackError(f"{place}: begins before its order {order} was placed")
    hours = [step.at for step in t.steps]
    if hours != sorted(hours) or any(h < 0 or h > t.hours_ago for h in hours):
        raise PackError(f"{place}: steps are out of order or in the future")
    if t.language == "en" and any(_CJK.search(words) for words in (t.title, t.description)):
        raise PackError(f"{place}: Chinese in an English ticket: {t.title[:60]}")
