"""When an answer comes too late for its provider: an approved template, or a text message, goes out in its stead.

Only where the inbox has a rule for it, once for each message, outside quiet hours, and never against the customer's wish.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import closing, deliveries, starting
from qiao.channels.contract.channel import Channels, Template
from qiao.channels.contract.closing import Rule
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.events import DeliveryGaveUp
from qiao.channels.contract.models import Switch
from qiao.channels.contract.starting import Reach
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Problem
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()
AT_ONCE: Final = 100
_AUTHORS: Final = ("user", "bot")


class SwitchView(msgspec.Struct, frozen=True):
    """What an answer written now becomes. `at`: when it goes out, where quiet hours hold it back; `why_not`: what stands
    in the way, in the reader's words. `inbox` is the one a text message leaves from, `template` the approved one's id."""

    way: str
    inbox: str | None
    template: str | None
    at: datetime | None
    why_not: str | None


class _Cannot(Exception):
    """Nothing can go out in its stead; `code` is a key of the catalogue."""

    def __init__(self, code: str, **params: str):
        super().__init__(code)
        self.code = code
        self.params = params


async def view(db: Session, facts: ConversationFacts, locale: str) -> SwitchView | None:
    """What becomes of an answer in this conversation once its time is over; None where staff decide."""
    rule = closing.rule_of((await inboxes.get(db, facts.inbox_id)).plain)
    if rule is None:
        return None
    now = clock.now()
    at = await _allowed_at(db, rule, now)
    why_not = None
    name = None
    if rule.way == "sms":
        try:
            name = (await _phone_way(db, rule, facts.customer_id)).inbox
        except _Cannot as cannot:
            why_not = i18n.t(cannot.code, locale, **cannot.params)
    template = rule.template if rule.way == "template" else None
    return SwitchView(rule.way, name, template, at if at > now else None, why_not)


async def note(db: Session, fact: DeliveryGaveUp) -> None:
    """Writes down that something has to go out in this message's stead, where the inbox has a rule."""
    rule = closing.rule_of((await inboxes.get(db, fact.inbox_id)).plain)
    said = (await conversations.messages_by_id(db, [fact.message_id])).get(fact.message_id)
    if rule is None or said is None or said.author.kind not in _AUTHORS or said.payload.get("template"):
        return
    row = {
        "message_id": fact.message_id,
        "inbox_id": fact.inbox_id,
        "conversation_id": said.conversation_id,
        "due_at": await _allowed_at(db, rule, clock.now()),
    }
    await db.execute(insert(Switch).values(**row).on_conflict_do_nothing())


async def carry_out(runtime: Runtime, message_id: UUID) -> None:
    """Sends what goes out in a message's stead, if that is due. Raises DeliveryFailed when it may work later."""
    async with runtime.db.read() as db:
        row = await db.get(Switch, message_id)
        if row is None or row.state != "waiting" or row.due_at > clock.now():
            return
        said = (await conversations.messages_by_id(db, [message_id])).get(message_id)
        about = await conversations.facts(db, row.conversation_id)
        rule = closing.rule_of((await inboxes.get(db, row.inbox_id)).plain)
    if rule is None or said is None or about is None or said.recalled_at is not None:
        await runtime.db.run(lambda db: _settle(db, message_id, "dropped"))
        return
    template, cannot = None, None
    if rule.way == "template":
        # No transaction is open here: a slow provider holds no connection of ours.
        listed = await Endpoints.of(runtime).templates(row.inbox_id)
        template = next((one for one in listed if one.id == rule.template), None)
        cannot = _Cannot("channels.switch.no_template", template=rule.template) if template is None else None

    async def send(db: Session) -> None:
        if not await _settle(db, message_id, "sent"):
            return
        if await _open_again(db, about):
            await _settle(db, message_id, "dropped", was="sent")
            await deliveries.send_again(db, message_id)  # they have written since: it goes where it was meant to
            return
        if cannot is not None:
            raise cannot
        values = await _values(db, about, said, rule)
        if template is not None:
            await _send_template(db, about, template, rule, values)
        else:
            await _send_text(db, about, message_id, rule, values)

    try:
        await runtime.db.run(send)
    except (_Cannot, Problem) as error:
        reason = _reason(error)
        await runtime.db.run(lambda db: _fail(db, about.id, message_id, reason))


async def due(db: Session) -> list[UUID]:
    """Messages whose quiet hours are over."""
    query = select(Switch.message_id).where(Switch.state == "waiting", Switch.due_at <= clock.now())
    return list((await db.execute(query.order_by(Switch.due_at).limit(AT_ONCE))).scalars())


async def _settle(db: Session, message_id: UUID, state: str, *, was: str = "waiting") -> bool:
    """Whether it was for us to settle: whoever comes second finds it done."""
    row = await db.get(Switch, message_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != was:
        return False
    row.state, row.at = state, clock.now()
    await db.flush()
    return True


async def _fail(db: Session, conversation_id: UUID, message_id: UUID, why: Mapping[str, str]) -> None:
    if await _settle(db, message_id, "failed"):
        await conversations.add_line(db, SYSTEM, conversation_id, "not_switched", why=dict(why))


async def _open_again(db: Session, about: ConversationFacts) -> bool:
    channel = Channels.of(runtime_of(db)).find(about.channel)
    window = channel.manifest.capabilities.window if channel is not None else None
    if channel is None or window is None:
        return False
    address = await deliveries.address_of(db, channel, about)
    return deliveries.window_of(window, await deliveries.contact(db, about.inbox_id, address)).open


async def _send_template(
    db: Session, about: ConversationFacts, template: Template, rule: Rule, values: Mapping[str, str]
) -> None:
    data = {name: closing.filled(rule.fields.get(name, ""), values) for name in template.fields}
    empty = [name for name, words in data.items() if not words]
    if empty:
        raise _Cannot("channels.switch.field_empty", field=", ".join(empty))
    body = template.text
    for name, words in data.items():
        body = body.replace("{" + name + "}", words)
    chosen = {**template.data, "id": template.id, "language": template.language, "data": data}
    await conversations.add_line(db, SYSTEM, about.id, "switched_template", name=template.title)
    await conversations.relay(db, SYSTEM, about.id, Outgoing("text", body or template.title, {"template": chosen}))


async def _send_text(
    db: Session, about: ConversationFacts, message_id: UUID, rule: Rule, values: Mapping[str, str]
) -> None:
    way = await _phone_way(db, rule, about.customer_id)
    words = rule.text.get(about.locale) or next((one for one in rule.text.values() if one), "{text}")
    body = closing.filled(words, values)
    started = await starting.start(
        db, SYSTEM, way.inbox_id, about.customer_id, way.address, body, {}, f"switch:{message_id}"
    )
    there = {"conversation_id": str(started.conversation_id), "number": started.number}
    name = (await inboxes.get(db, about.inbox_id)).name
    here = {"inbox": name, "conversation_id": str(about.id), "number": about.number}
    await conversations.add_line(db, SYSTEM, about.id, "switched_sms", channel=way.channel, inbox=way.inbox, **there)
    await conversations.add_line(db, SYSTEM, started.conversation_id, "continued_from", channel=about.channel, **here)


async def _phone_way(db: Session, rule: Rule, customer_id: UUID) -> Reach:
    """The customer's number in the rule's SMS inbox. Raises _Cannot with what stands in the way."""
    ways = [one for one in await starting.reachable(db, customer_id) if str(one.inbox_id) == rule.sms]
    if not ways:
        raise _Cannot("channels.switch.no_number")
    best = min(ways, key=lambda one: one.obstacle is not None)
    if best.obstacle is not None:
        raise _Cannot(best.obstacle)
    return best


async def _values(db: Session, about: ConversationFacts, said: MessageView, rule: Rule) -> dict[str, str]:
    return {
        "company": (await organization.get_workspace(db)).name,
        "customer": (await customers.ref(db, about.customer_id)).name,
        "text": closing.shortened(said.body),
        "link": rule.link,
        "number": str(about.number),
    }


async def _allowed_at(db: Session, rule: Rule, now: datetime) -> datetime:
    return closing.allowed_at(rule, now, (await organization.get_workspace(db)).timezone)


def _reason(error: _Cannot | Problem) -> dict[str, str]:
    if isinstance(error, _Cannot):
        return {locale: i18n.t(error.code, locale, **error.params) for locale in i18n.LOCALES}
    return {locale: str(error.body(locale)["detail"]) for locale in i18n.LOCALES}
