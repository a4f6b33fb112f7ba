"""The shipped tools on orders. Each sees only orders of the person whose identity is certain: no flow gets around that."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from qiao.bot.tools.plugins import tool
from qiao.bot.tools.ports import Call, InputSpec, Subject, ToolFailed, ToolSpec, Words
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound, Refused
from qiao.desk.canned.policy import money
from qiao.people.orders import requests
from qiao.people.orders import service as orders
from qiao.people.orders.schemas import AddressDetails, InvoiceDetails, OrderRequestView, OrderView, RefundDetails
from qiao.people.organization import service as organization
from qiao.people.personal import mask_text

_NUMBER: Final = InputSpec(description=Words(zh_cn="订单号", en="Order number"))
_ORDER: Final[dict[str, Any]] = {
    "number": "KL80010001", "status": "shipped", "status_text": "已发货", "placed_on": "2026-03-02", "total": "¥129.00",
    "total_minor": 12900, "currency": "CNY", "items": "乌龙茶 × 1", "carrier": "长路快递", "tracking_number": "CL0000000000",
    "last_event": "到达广州转运中心", "last_event_at": "2026-03-04 09:20", "timeline": "2026-03-04 09:20 到达广州转运中心",
    "address": "广****号", "has_parcel": True, "may_refund": True, "may_move": False, "may_invoice": True,
    "refund_open": False, "invoice_open": False, "request_text": "", "label": "KL80010001 · 乌龙茶 · ¥129.00",
    "card": {"type": "order", "number": "KL80010001", "title": "KL80010001", "status": "shipped", "items": []},
}  # fmt: skip
_REQUEST: Final[dict[str, Any]] = {"number": "R-10001", "order_number": "KL80010001", "status": "requested"}


@tool(
    ToolSpec(
        name="orders.list",
        title=Words(zh_cn="我的订单", en="My orders"),
        description=Words(zh_cn="本人最近的订单，最新的在前。", en="The customer's own latest orders, newest first."),
        inputs={
            "limit": InputSpec(
                type="integer", required=False, description=Words(zh_cn="最多几个（默认 5）", en="At most (default 5)")
            ),
            "only": InputSpec(
                required=False,
                choices=["may_refund", "may_move", "may_invoice", "has_parcel"],
                description=Words(zh_cn="只要能办这件事的订单", en="Only orders this can be done with"),
            ),
        },
        errors=["identity_needed"],
        sample={"count": 1, "orders": [_ORDER]},
        local=True,
    )
)
async def list_orders(db: Session, call: Call) -> Any:
    subject = _subject(call)
    limit = max(1, min(int(call.inputs.get("limit", 5)), 10))
    found = await orders.of_customer(db, Actor.system(), subject.customer_id, 50)
    seen = [order for order in found if subject.may_see(order.customer_id, order.number)]
    asked = await _asked(db, [order.number for order in seen], subject)
    zone = await _zone(db)
    shown = [_shown(order, asked.get(order.number, []), call.locale, zone) for order in seen]
    only = call.inputs.get("only")
    if only:
        shown = [order for order in shown if order[only]]
    return {"count": len(shown), "orders": shown[:limit]}


@tool(
    ToolSpec(
        name="orders.get",
        title=Words(zh_cn="查订单", en="Look up an order"),
        description=Words(
            zh_cn="本人一个订单的状态、商品、金额和物流。",
            en="State, goods, amount and parcel of one of the customer's orders.",
        ),
        inputs={"number": _NUMBER},
        errors=["not_found", "identity_needed"],
        sample=_ORDER,
        local=True,
    )
)
async def get_order(db: Session, call: Call) -> Any:
    subject, order = await _own(db, call)
    asked = await _asked(db, [order.number], subject)
    return _shown(order, asked.get(order.number, []), call.locale, await _zone(db))


@tool(
    ToolSpec(
        name="orders.request_refund",
        title=Words(zh_cn="提交退款申请", en="Request a refund"),
        description=Words(
            zh_cn="为本人的订单提交全额退款申请，由客服审核。",
            en="Asks for the whole amount of one's order; staff decide.",
        ),
        effect="write",
        inputs={
            "number": _NUMBER,
            "reason": InputSpec(description=Words(zh_cn="原因", en="Reason")),
            "note": InputSpec(required=False, description=Words(zh_cn="补充说明", en="In their own words")),
        },
        errors=["not_found", "refused", "identity_needed"],
        sample=_REQUEST,
        local=True,
    )
)
async def request_refund(db: Session, call: Call) -> Any:
    _, order = await _own(db, call)
    details = _details(
        RefundDetails,
        reason=call.inputs["reason"],
        note=call.inputs.get("note", ""),
        amount_minor=order.total_minor,
    )
    asked = await _tried(
        requests.refund(
            db, Actor.bot(call.bot_name), order.number, details, key=call.key, conversation_id=call.conversation_id
        )
    )
    return {**_request(asked), "amount": money(order.total_minor, order.currency)}


@tool(
    ToolSpec(
        name="orders.change_address",
        title=Words(zh_cn="修改收货地址", en="Change the address"),
        description=Words(
            zh_cn="发货前修改本人订单的收货人和地址，立即生效。",
            en="Before dispatch, changes where one's order goes, at once.",
        ),
        effect="write",
        inputs={
            "number": _NUMBER,
            "recipient": InputSpec(personal=True, description=Words(zh_cn="收货人", en="Recipient")),
            "phone": InputSpec(required=False, personal=True, description=Words(zh_cn="电话", en="Phone")),
            "address": InputSpec(personal=True, description=Words(zh_cn="地址", en="Address")),
        },
        errors=["not_found", "refused", "identity_needed"],
        sample={**_REQUEST, "status": "done"},
        local=True,
    )
)
async def change_address(db: Session, call: Call) -> Any:
    _, order = await _own(db, call)
    details = _details(
        AddressDetails,
        recipient=call.inputs["recipient"],
        phone=call.inputs.get("phone", ""),
        address=call.inputs["address"],
    )
    asked = await _tried(
        requests.address(
            db, Actor.bot(call.bot_name), order.number, details, key=call.key, conversation_id=call.conversation_id
        )
    )
    return _request(asked)


@tool(
    ToolSpec(
        name="orders.request_invoice",
        title=Words(zh_cn="申请发票", en="Request an invoice"),
        description=Words(
            zh_cn="为本人的订单申请电子发票，开好后发到邮箱。",
            en="Asks for an e-invoice of one's order, sent by e-mail.",
        ),
        effect="write",
        inputs={
            "number": _NUMBER,
            "holder": InputSpec(
                choices=["person", "company"], description=Words(zh_cn="个人或公司", en="Person or company")
            ),
            "title": InputSpec(personal=True, description=Words(zh_cn="抬头", en="Invoice title")),
            "tax_number": InputSpec(required=False, personal=True, description=Words(zh_cn="税号", en="Tax number")),
            "email": InputSpec(personal=True, description=Words(zh_cn="邮箱", en="E-mail")),
        },
        errors=["not_found", "refused", "identity_needed"],
        sample=_REQUEST,
        local=True,
    )
)
async def request_invoice(db: Session, call: Call) -> Any:
    _, order = await _own(db, call)
    details = _details(
        InvoiceDetails,
        holder=call.inputs["holder"],
        title=call.inputs["title"],
        tax_number=call.inputs.get("tax_number", ""),
        email=call.inputs["email"],
    )
    asked = await _tried(
        requests.invoice(
            db, Actor.bot(call.bot_name), order.number, details, key=call.key, conversation_id=call.conversation_id
        )
    )
    return {**_request(asked), "amount": money(order.total_minor, order.currency)}


# -- helpers -----------------------------------------------------------------------------------------------------------


def _subject(call: Call) -> Subject:
    if call.subject is None:
        raise ToolFailed("identity_needed")
    return call.subject


async def _own(db: Session, call: Call) -> tuple[Subject, OrderView]:
    """The order, if it is theirs. Somebody else's order does not exist."""
    subject = _subject(call)
    try:
        order = await orders.get(db, Actor.system(), str(call.inputs["number"]).upper())
    except NotFound:
        raise ToolFailed("not_found") from None
    if not subject.may_see(order.customer_id, order.number):
        raise ToolFailed("not_found")
    return subject, order


def _details(kind: type[Any], **values: Any) -> Any:
    try:
        details: BaseModel = kind(**values)
    except ValidationError as error:
        raise ToolFailed("invalid_input", str(error.errors()[0]["loc"][-1])) from None
    return details


async def _tried(work: Any) -> OrderRequestView:
    try:
        asked: OrderRequestView = await work
    except Refused as refusal:
        raise ToolFailed("refused", refusal.code) from None
    except NotFound:
        raise ToolFailed("not_found") from None
    return asked


def _request(asked: OrderRequestView) -> dict[str, Any]:
    return {"number": f"R-{asked.number}", "order_number": asked.order_number, "status": asked.status}


async def _asked(db: Session, numbers: list[str], subject: Subject) -> dict[str, list[OrderRequestView]]:
    found, _ = await requests.listing(db, Actor.system(), customer_id=subject.customer_id, limit=200)
    by_order: dict[str, list[OrderRequestView]] = {}
    for asked in found:
        if asked.order_number in numbers:
            by_order.setdefault(asked.order_number, []).append(asked)
    return by_order


async def _zone(db: Session) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(db)).timezone)


def _shown(order: OrderView, asked: list[OrderRequestView], locale: str, zone: ZoneInfo) -> dict[str, Any]:
    """What a flow may say of an order, in the customer's language. The address is never whole: chats are read by others."""
    separator = "、" if locale == "zh-CN" else ", "
    items = separator.join(f"{item.get('name', '')} × {item.get('quantity', 1)}" for item in order.items)
    events = sorted(order.logistics.get("events") or [], key=lambda event: str(event["at"]))
    lines = [(_moment(event["at"], zone), str(event["text"])) for event in events]
    total = money(order.total_minor, order.currency)
    opened = {request.kind for request in asked if request.status == "requested"}
    first = str(order.items[0].get("name", "")) if order.items else ""
    return {
        "number": order.number,
        "status": order.status,
        "status_text": i18n.t(f"tools.order_status.{order.status}", locale),
        "placed_on": order.placed_at.astimezone(zone).date().isoformat(),
        "total": total,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "items": items,
        "carrier": order.logistics.get("carrier") or "",
        "tracking_number": order.logistics.get("tracking_number") or "",
        "last_event": lines[-1][1] if lines else "",
        "last_event_at": lines[-1][0] if lines else "",
        "timeline": "\n".join(f"{at} {text}" for at, text in reversed(lines[-6:])),
        "address": mask_text(order.logistics.get("address")) or "",
        "has_parcel": bool(lines or order.logistics.get("tracking_number")),
        "may_refund": order.status in requests.REFUNDABLE and "refund" not in opened,
        "may_move": order.status in requests.MOVABLE,
        "may_invoice": order.status in requests.BILLABLE and "invoice" not in opened,
        "refund_open": "refund" in opened,
        "invoice_open": "invoice" in opened,
        "request_text": separator.join(
            i18n.t(f"tools.request.{request.kind}.{request.status}", locale, number=f"R-{request.number}")
            for request in asked[:3]
        ),
        "label": " · ".join(part for part in (order.number, first[:20], total) if part),
        "card": {
            "type": "order",
            "number": order.number,
            "title": order.number,
            "status": order.status,
            "currency": order.currency,
            "total_minor": order.total_minor,
            "items": [{"name": i.get("name", ""), "quantity": i.get("quantity", 1)} for i in order.items[:5]],
        },
    }


def _moment(value: Any, zone: ZoneInfo) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
