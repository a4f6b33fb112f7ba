"""What the demo company knows and sells: FAQs, articles, customers, orders."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.demo.company import Places
from qiao.demo.writing import Answer, seed_spaces, seed_work
from qiao.knowledge.articles import service as knowledge
from qiao.knowledge.articles.schemas import ArticleCreate, CategoryBody, FaqCreate
from qiao.packs.models import DemoPack, Order, Product
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerPatch, Profile
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import OrderBody

Step = Callable[[int], None]
LANGUAGES = ("zh-CN", "en")


async def seed_knowledge(
    db: Session, actor: Actor, pack: DemoPack, places: Places, step: Step
) -> dict[tuple[str, str], Answer]:
    """Spaces, FAQs and articles in both languages. Returns what the bot's past answers refer to, by FAQ key and language."""
    spaces = await seed_spaces(db, actor, pack)
    categories: dict[str, UUID] = {}
    named_all = [*pack.faqs.categories, *pack.articles.categories, *pack.knowledge.categories]
    for position, named in enumerate(named_all):
        if named.key not in categories:
            body = CategoryBody.model_validate(
                {
                    "names": {"zh-CN": named.name.zh_cn, "en": named.name.en},
                    "position": position,
                    "space_id": spaces.get(named.key),
                }
            )
            categories[named.key] = (await knowledge.save_category(db, actor, body, "zh-CN")).id
    tags = {tag.key: tag.name for tag in pack.faqs.tags}
    answers: dict[tuple[str, str], Answer] = {}
    groups: dict[str, UUID] = {}
    for language in reversed(LANGUAGES):  # the company's own language last, so that it heads lists of the newest
        bodies = [
            FaqCreate.model_validate(
                {
                    "category_id": categories[faq.category],
                    "tags": [tags[key].in_language(language) for key in faq.tags],
                    "question": faq.question.in_language(language),
                    "variants": list(faq.variants.in_language(language)),
                    "answer": faq.answer.in_language(language),
                    "action": faq.action,
                    "locale": language,
                    "group_id": groups.get(faq.id),
                    "publish": True,
                }
            )
            for faq in pack.faqs.faqs
        ]
        ids = await knowledge.create_faqs(db, actor, bodies)
        step(len(ids))
        for faq, key in zip(pack.faqs.faqs, ids, strict=True):
            answers[faq.id, language] = Answer(key, faq.question.in_language(language))
            groups.setdefault(faq.id, (await knowledge.get_faq(db, key)).group_id)
    for article in pack.articles.articles:
        group: UUID | None = None
        for language in LANGUAGES:
            article_body = ArticleCreate.model_validate(
                {
                    "category_id": categories[article.category],
                    "title": article.title.in_language(language),
                    "body": article.body.in_language(language),
                    "audience": article.audience,
                    "locale": language,
                    "group_id": group,
                    "publish": True,
                }
            )
            with clock.frozen(clock.now() - timedelta(days=article.updated_days_ago)):
                group = (await knowledge.create_article(db, actor, article_body)).group_id
        step(1)
    await seed_work(db, actor, pack, places, categories, answers)
    return answers


async def seed_customers(db: Session, actor: Actor, pack: DemoPack, places: Places, step: Step) -> dict[str, UUID]:
    """Customers, known to the shop under their keys. Returns their ids."""
    made: dict[str, UUID] = {}
    now = clock.now()
    tags = {tag.key: tag.name.in_language(pack.company.locale) for tag in pack.company.tags}
    for customer in pack.customers.customers:
        with clock.frozen(now - timedelta(days=customer.joined_days_ago)):
            profile = Profile(
                name=customer.name,
                phone=customer.phone,
                email=customer.email,
                locale=customer.language,
                city=customer.city.in_language(customer.language),
                held=frozenset({"phone", "email"}),
            )
            ref = await customers.resolve_identity(db, places.webchat, "external", customer.key, True, profile)
            patch = CustomerPatch(
                level=customer.level,
                tags=[tags[key] for key in customer.tags],
                notes=customer.note.in_language(pack.company.locale) if customer.note else "",
                attributes={"points": customer.points},
            )
            await customers.update(db, actor, ref.id, patch)
        made[customer.key] = ref.id
        step(1)
    return made


async def seed_orders(db: Session, actor: Actor, pack: DemoPack, customer_ids: dict[str, UUID], step: Step) -> None:
    """Orders with their parcels, in the customer's language."""
    products = {product.sku: product for product in pack.products.products}
    carriers = {carrier.key: carrier.name for carrier in pack.orders.carriers}
    people = {customer.key: customer for customer in pack.customers.customers}
    now = clock.now()
    for order in pack.orders.orders:
        customer = people[order.customer]
        body = OrderBody.model_validate(
            {
                "customer_id": customer_ids[order.customer],
                "status": order.status,
                "placed_at": now - timedelta(days=order.days_ago),
                "currency": pack.company.currency,
                "total_minor": order.total,
                "items": [
                    {
                        "name": products[item.sku].name.in_language(customer.language),
                        "sku": item.sku,
                        "quantity": item.quantity,
                        "unit_price_minor": item.unit_price,
                        "image_url": picture(products[item.sku]),
                    }
                    for item in order.items
                ],
                "logistics": _logistics(order, carriers, customer.language, customer.name, customer.city),
            }
        )
        await orders.put(db, actor, order.number, body)
        step(1)


def picture(product: Product) -> str | None:
    """A small drawing of the product as a data URL, or None when it would not fit the field."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="{product.color}"/>'
        f'<path d="{product.art}" fill="#fff"/></svg>'
    )
    url = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    return url if len(url) <= 1000 else None


def _logistics(order: Order, carriers: dict[str, Any], language: str, name: str, city: Any) -> dict[str, Any]:
    if order.shipment is None:
        return {}
    now = clock.now()
    return {
        "carrier": carriers[order.shipment.carrier].in_language(language),
        "tracking_number": order.shipment.tracking_number,
        "status": "delivered" if order.status in ("delivered", "refunding", "refunded") else "in_transit",
        "recipient": name,
        "address": city.in_language(language),
        "events": [
            {"at": now - timedelta(hours=event.hours_ago), "text": event.text.in_language(language)}
            for event in order.shipment.events
        ],
    }
