"""The demo shop: a made-up host site, there only while the workspace carries the demo company.

It shows what a real host does: its own server signs who is logged in with the inbox's secret.
"""

from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from qiao.core import clock, i18n
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import identity as tokens
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.packs.loader import load_demo
from qiao.packs.models import DemoPack, Order
from qiao.people.organization import service as organization

SIGNED_FOR = timedelta(hours=12)


@lru_cache(maxsize=1)
def _pack() -> DemoPack:
    return load_demo()


async def _inbox(db: Session) -> InboxView:
    """The inbox of the demo shop: the first one for the web. Raises NotFound without demo data."""
    if (await organization.get_settings(db)).demo:
        for inbox in await inboxes.everything(db):
            if inbox.channel == "webchat" and inbox.active:
                return inbox
    raise NotFound("route_not_found")


async def require_demo(runtime: Runtime) -> None:
    """Raises NotFound unless the workspace carries the demo company."""
    async with runtime.db.read() as db:
        await _inbox(db)


async def site_key(runtime: Runtime) -> str:
    async with runtime.db.read() as db:
        return (await _inbox(db)).key


async def data(runtime: Runtime, language: str) -> bytes:
    """Everything the shop page shows, in one language."""
    await require_demo(runtime)
    return _data(i18n.match_locale(language))


@lru_cache(maxsize=4)
def _data(locale: str) -> bytes:
    pack, shop = _pack(), _pack().shop
    people = {customer.key: customer for customer in pack.customers.customers}
    texts: dict[str, Any] = {
        "announcement": shop.announcement.in_language(locale),
        "nav": [{"key": item.key, "label": item.label.in_language(locale)} for item in shop.nav],
        "hero": {key: getattr(shop.hero, key).in_language(locale) for key in ("title", "subtitle", "button")},
        "featured": shop.featured,
        "grid_title": shop.grid_title.in_language(locale),
        "policies": [
            {"icon": p.icon, "title": p.title.in_language(locale), "text": p.text.in_language(locale)}
            for p in shop.policies
        ],
        "story": {"title": shop.story.title.in_language(locale), "text": shop.story.text.in_language(locale)},
        "account": {key: text.in_language(locale) for key, text in shop.account.items()},
        "buttons": {key: text.in_language(locale) for key, text in shop.buttons.items()},
        "help_title": shop.help_title.in_language(locale),
        "help_text": shop.help_text.in_language(locale),
        "footer": shop.footer.in_language(locale),
    }
    return msgspec.json.encode(
        {
            "company": {"name": pack.company.name.in_language(locale)},
            "customers": [{"id": key, "name": people[key].name} for key in shop.sample_customers],
            "products": [
                {
                    "sku": p.sku,
                    "category": p.category,
                    "name": p.name.in_language(locale),
                    "summary": p.summary.in_language(locale),
                    "price_minor": p.price,
                    "currency": pack.company.currency,
                    "color": p.color,
                    "art": p.art,
                    "made_to_order": p.made_to_order,
                }
                for p in pack.products.products
            ],
            "texts": texts,
        }
    )


async def identity(runtime: Runtime, customer: str, language: str) -> bytes:
    """A signed token for one of the sample customers, and their orders."""
    pack, locale = _pack(), i18n.match_locale(language)
    async with runtime.db.read() as db:
        inbox = await _inbox(db)
        secret = await inboxes.secret_of(db, inbox.id)
    person = next(
        (c for c in pack.customers.customers if c.key == customer and customer in pack.shop.sample_customers), None
    )
    if person is None:
        raise NotFound("customer_not_found")
    expires_at = clock.now() + SIGNED_FOR
    token = tokens.sign(
        secret, sub=person.key, expires_at=expires_at, name=person.name, email=person.email, phone=person.phone
    )
    names = {p.sku: p.name.in_language(locale) for p in pack.products.products}
    orders = sorted((o for o in pack.orders.orders if o.customer == customer), key=lambda o: o.days_ago)
    shown = [_order(order, names, pack.company.currency) for order in orders]
    return msgspec.json.encode({"identity_token": token, "orders": shown})


def _order(order: Order, names: dict[str, str], currency: str) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "placed_at": clock.now() - timedelta(days=order.days_ago),
        "currency": currency,
        "total_minor": order.total,
        "items": [
            {"sku": i.sku, "quantity": i.quantity, "price_minor": i.unit_price, "name": names.get(i.sku, i.sku)}
            for i in order.items
        ],
    }
