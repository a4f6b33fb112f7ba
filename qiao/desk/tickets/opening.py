"""A ticket from a conversation: everything that can be read from what was said is filled in before anybody types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts
from qiao.desk.tickets import fields, guessing, policy, repository, views
from qiao.desk.tickets.definition import FieldSpec
from qiao.desk.tickets.schemas import Customer, Prefill, TypeView
from qiao.desk.tickets.types import service as types
from qiao.people.customers import service as customers
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import OrderView

READ = 80
"""Messages of the conversation that are read."""


@dataclass(slots=True)
class _Heard:
    """What the customer said, what is known of them."""

    said: str
    actor: Actor
    orders: list[OrderView]
    named: list[OrderView]
    phone: str | None
    email: str | None
    found: dict[str, str] = field(default_factory=dict)

    @property
    def order(self) -> OrderView | None:
        """The order it is about: the one named, or the only one there is."""
        if self.named:
            return self.named[0]
        return self.orders[0] if len(self.orders) == 1 else None


async def prefill(db: Session, actor: Actor, conversation_id: UUID, type_key: str | None = None) -> Prefill:
    """What a ticket from this conversation begins with. With `type_key` for that type, else for the likeliest."""
    talk = await conversations.require_visible(db, actor, conversation_id)
    items, _ = await conversations.transcript(db, actor, conversation_id, limit=READ)
    lines = [one.body for one in items if one.author.kind == "customer" and one.kind == "text" and one.body]
    known = [one for one in await types.list_types(db) if one.active]
    if type_key is not None and all(one.key != type_key for one in known):
        raise Invalid.field("type_key", "ticket.type.unknown", key=type_key)
    if not known:
        raise Invalid.field("type_key", "ticket.type.none")
    asked = str((talk.handoff_summary or {}).get("question") or "")
    said = "\n".join([*lines, asked])
    guesses = guessing.types_by_words(said, {one.key: guessing.names_of(one.definition) for one in known})
    best = guesses[0] if guesses[0].score > 0 else None
    chosen = type_key or (best.key if best is not None else _default(known))
    kind = next(one for one in known if one.key == chosen)
    heard = await _heard(db, actor, talk, said)
    values = _values(kind, heard)
    why = next((one.words for one in guesses if one.key == chosen), ())
    about = guessing.telling([*lines, asked], why)
    name = kind.definition.name.get("en" if talk.locale == "en" else "zh-CN") or next(
        iter(kind.definition.name.values())
    )
    who = (await customers.refs(db, [talk.customer_id])).get(talk.customer_id)
    open_rows = await repository.open_of_customer(db, actor, talk.customer_id, 10)
    refs = await views.refs(db, [row.id for row in open_rows])
    return Prefill(
        type_key=chosen,
        why_type=list(why),
        title=policy.preview(_title(name, about, heard, english=talk.locale == "en"), 80),
        description=guessing.summary(lines) or asked,
        fields=values,
        found=heard.found,
        priority=max(kind.definition.priority, 2 if guessing.is_urgent(said) else 0),
        customer=Customer(who.id, who.number, who.name, who.level) if who is not None else None,
        conversation_id=conversation_id,
        department_id=kind.definition.routing.department_id,
        tags=[],
        order_numbers=[one.number for one in heard.named],
        open_tickets=[refs[row.id] for row in open_rows if row.id in refs],
        type_keys=[one.key for one in guesses],
    )


SHORT: Final = 10
"""A few words need what they are about beside them."""


def _title(name: str, about: str, heard: _Heard, *, english: bool) -> str:
    """The type, what the customer said of it, and where that is little, the product or order it is about."""
    order = heard.order
    thing = ""
    if order is not None and len(about) < SHORT:
        item = str(order.items[0].get("name") or "") if len(order.items) == 1 else ""
        thing = item or order.number
    matter = about
    if about and thing and thing.casefold() not in about.casefold():
        matter = f"{about} ({thing})" if english else f"{about}（{thing}）"
    matter = matter or thing
    if not matter:
        return name
    return f"{name}: {matter}" if english else f"{name}：{matter}"


def _default(known: Sequence[TypeView]) -> str:
    return next((one.key for one in known if one.key == "consultation"), known[0].key)


async def _heard(db: Session, actor: Actor, talk: ConversationFacts, said: str) -> _Heard:
    mine = await orders.of_customer(db, actor, talk.customer_id)
    numbers = guessing.numbers_in(said)
    named = [one for one in mine if any(guessing.same_number(one.number, number) for number in numbers)]
    # The number named last is the one they mean.
    named.sort(
        key=lambda one: -max(said.rfind(number) for number in numbers if guessing.same_number(one.number, number))
    )
    customer = await customers.get(db, actor, talk.customer_id)
    return _Heard(
        said=said,
        actor=actor,
        orders=mine,
        named=named,
        # Masked contact data is of no use in a form.
        phone=customer.phone if not customer.masked else None,
        email=customer.email if not customer.masked else None,
    )


def _values(kind: TypeView, heard: _Heard) -> dict[str, Any]:
    """Values for the fields of a type, each with where it was read from; what the field would not take is left out."""
    values: dict[str, Any] = {}
    for spec in kind.definition.fields:
        reader = _READERS.get(spec.key) or _READERS.get(spec.kind)
        guess = reader(spec, heard) if reader is not None else None
        if guess is None:
            continue
        try:
            value = fields.normal(spec, guess[0])
        except fields.Bad:
            continue
        if value is not None:
            values[spec.key] = value
            heard.found[spec.key] = guess[1]
    return values


Guessed = tuple[Any, str] | None


def _order(spec: FieldSpec, heard: _Heard) -> Guessed:
    if heard.order is None:
        return None
    return heard.order.number, "said" if heard.named else "only_order"


def _money(spec: FieldSpec, heard: _Heard) -> Guessed:
    if spec.key not in ("amount", "price", "total"):
        return None  # what a company pays on top is for people to say
    # What people say in shops is yuan; a field of another currency is no place for it.
    minor = guessing.amount_in(heard.said) if spec.currency == "CNY" else None
    if minor is not None:
        return {"minor": minor, "currency": spec.currency}, "said"
    order = heard.order
    if order is not None and order.currency == spec.currency:
        return {"minor": order.total_minor, "currency": order.currency}, "order"
    return None


def _phone(spec: FieldSpec, heard: _Heard) -> Guessed:
    said = guessing.phone_in(heard.said)
    return (said, "said") if said else (heard.phone, "customer") if heard.phone else None


def _email(spec: FieldSpec, heard: _Heard) -> Guessed:
    said = guessing.email_in(heard.said)
    return (said, "said") if said else (heard.email, "customer") if heard.email else None


def _choice(spec: FieldSpec, heard: _Heard) -> Guessed:
    hit = guessing.option_in(spec, heard.said)
    return (hit[0], "said") if hit is not None else None


def _product(spec: FieldSpec, heard: _Heard) -> Guessed:
    for order in [*heard.named, *heard.orders]:
        for item in order.items:
            name = str(item.get("name") or "")
            if name and name in heard.said:
                return name, "said"
    order_ = heard.order
    if order_ is not None and len(order_.items) == 1:
        return str(order_.items[0].get("name") or ""), "order"
    return None


def _tracking(spec: FieldSpec, heard: _Heard) -> Guessed:
    # An order number that is not theirs, or mistyped, still begins like one.
    ours = {_letters(order.number) for order in heard.orders} - {""}
    known = [order.number for order in heard.orders]
    for number in reversed(guessing.numbers_in(heard.said)):
        bare = number.replace("-", "")
        if len(bare) < 10 or bare.startswith("1") or _letters(number) in ours:
            continue
        if not any(guessing.same_number(number, one) for one in known):
            return number, "said"
    return None


def _letters(number: str) -> str:
    return number.upper().rstrip("0123456789-")


def _parcel(spec: FieldSpec, heard: _Heard) -> Guessed:
    said = _tracking(spec, heard)
    if said is not None or heard.order is None or spec.shown_when is not None:
        return said
    number = heard.order.logistics.get("tracking_number")
    return (number, "order") if number else None


def _tax(spec: FieldSpec, heard: _Heard) -> Guessed:
    said = guessing.tax_number_in(heard.said)
    return (said, "said") if said else None


_READERS: dict[str, Callable[[FieldSpec, _Heard], Guessed]] = {
    "order": _order,
    "money": _money,
    "phone": _phone,
    "email": _email,
    "choice": _choice,
    "product": _product,
    "tracking_number": _parcel,
    "tax_number": _tax,
}
