"""The shipped tools on tickets: a flow opens one for whoever it talks to, and tells customers how theirs stand.

Opening one needs no proof: it is written for the customer of the conversation, whoever that is. Reading does.
"""

from typing import Any, Final
from zoneinfo import ZoneInfo

from qiao.bot.tools.plugins import tool
from qiao.bot.tools.ports import Call, InputSpec, Subject, ToolFailed, ToolSpec, Words
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TITLE_LIMIT, TicketCreate, TicketView
from qiao.desk.tickets.types import service as types
from qiao.people.orders import service as orders
from qiao.people.organization import service as organization

_MOST: Final = 10
_FIELDS: Final = tuple(f"field_{n}" for n in range(1, 7))
_OVER: Final = frozenset({"closed"})
_TICKET: Final[dict[str, Any]] = {
    "number": "F-10001", "title": "空气炸锅不通电", "status": "open", "status_text": "处理中", "updated_on": "2026-03-05",
    "label": "F-10001 · 空气炸锅不通电", "line": "F-10001 空气炸锅不通电：处理中（2026-03-05）",
}  # fmt: skip


@tool(
    ToolSpec(
        name="tickets.create",
        title=Words(zh_cn="登记工单", en="Open a ticket"),
        description=Words(
            zh_cn="为正在对话的客户登记一张工单，由对应部门处理。",
            en="Opens a ticket for the customer of this conversation; the department it belongs to works on it.",
        ),
        effect="write",
        inputs={
            "type": InputSpec(
                description=Words(zh_cn="工单类型的标识，例如 fault", en="Key of the ticket type, e.g. fault")
            ),
            "title": InputSpec(description=Words(zh_cn="一句话标题", en="Title, one sentence")),
            "text": InputSpec(
                required=False, personal=True, description=Words(zh_cn="客户说的情况", en="What the customer says")
            ),
            "order_number": InputSpec(
                required=False, description=Words(zh_cn="相关订单号", en="The order it is about")
            ),
            "urgent": InputSpec(
                type="boolean", required=False, description=Words(zh_cn="是否紧急", en="Whether it is urgent")
            ),
            # One input per field: what a customer says can never name a field of its own.
            **{
                name: InputSpec(
                    required=False,
                    personal=True,
                    description=Words(zh_cn="类型的一个字段：标识=值", en="A field of the type: key=value"),
                )
                for name in _FIELDS
            },
        },
        errors=["not_found", "refused"],
        sample=_TICKET,
        local=True,
    )
)
async def open_ticket(db: Session, call: Call) -> Any:
    key, order = str(call.inputs["type"]), str(call.inputs.get("order_number") or "").strip().upper()
    try:
        kind = await types.get_type(db, key)
    except NotFound:
        raise ToolFailed("not_found", key) from None
    fields: dict[str, Any] = {}
    for name in _FIELDS:
        field, given, value = str(call.inputs.get(name) or "").partition("=")
        if given and value.strip():
            fields[field.strip()] = value.strip()
    text = str(call.inputs.get("text") or "").strip()
    if order:
        about = next((one.key for one in kind.definition.fields if one.kind == "order"), None)
        if about is not None and await _owns(db, call.subject, order):
            fields[about] = order
        else:
            # Said, but not proven: it stands in the text for the people who look at it.
            text = f"{text}\n{order}".strip()
    body = TicketCreate(
        type_key=key,
        title=" ".join(str(call.inputs["title"]).split())[:TITLE_LIMIT],
        description=text,
        fields=fields,
        priority=3 if call.inputs.get("urgent") else None,
        conversation_id=call.conversation_id,
        customer_id=call.subject.customer_id if call.subject is not None and call.conversation_id is None else None,
        source="conversation",
        key=f"tool:{call.key}",
    )
    try:
        made = await tickets.create(db, Actor.bot(call.bot_name), body)
    except (Invalid, Refused) as refusal:
        raise ToolFailed("refused", refusal.code) from None
    return _shown(made, call.locale, await _zone(db))


@tool(
    ToolSpec(
        name="tickets.mine",
        title=Words(zh_cn="我的工单", en="My tickets"),
        description=Words(
            zh_cn="本人还没有关闭的工单和进度，最新的在前。",
            en="The customer's own tickets that are not closed and how they stand, newest first.",
        ),
        inputs={
            "limit": InputSpec(
                type="integer", required=False, description=Words(zh_cn="最多几个（默认 5）", en="At most (default 5)")
            )
        },
        errors=["identity_needed"],
        sample={"count": 1, "tickets": [_TICKET], "lines": _TICKET["line"]},
        local=True,
    )
)
async def my_tickets(db: Session, call: Call) -> Any:
    subject = call.subject
    if subject is None:
        raise ToolFailed("identity_needed")
    limit = max(1, min(int(call.inputs.get("limit", 5)), _MOST))
    found = await tickets.of_customer(db, Actor.system(), subject.customer_id, 50)
    zone = await _zone(db)
    shown = [
        _shown(view, call.locale, zone)
        for view in found
        if view.status not in _OVER and view.merged_into is None and _concerns(subject, view)
    ][:limit]
    return {"count": len(shown), "tickets": shown, "lines": "\n".join(one["line"] for one in shown)}


def _concerns(subject: Subject, view: TicketView) -> bool:
    """Somebody who proved single orders sees tickets about these, not everything of the customer."""
    return subject.orders is None or any(
        value in subject.orders for value in view.fields.values() if isinstance(value, str)
    )


async def _owns(db: Session, subject: Subject | None, number: str) -> bool:
    if subject is None:
        return False
    try:
        order = await orders.get(db, Actor.system(), number)
    except NotFound:
        return False
    return subject.may_see(order.customer_id, order.number)


async def _zone(db: Session) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(db)).timezone)


def _shown(view: TicketView, locale: str, zone: ZoneInfo) -> dict[str, Any]:
    """What a customer may read of a ticket: the shared words of its status, nothing of how we work on it."""
    status = i18n.t(f"tools.ticket_status.{view.status}", locale)
    updated = view.updated_at.astimezone(zone).date().isoformat()
    brackets = "（{}）" if locale == "zh-CN" else " ({})"
    colon = "：" if locale == "zh-CN" else ": "
    return {
        "number": view.ref,
        "title": view.title,
        "status": view.status,
        "status_text": status,
        "updated_on": updated,
        "label": f"{view.ref} · {view.title[:40]}",
        "line": f"{view.ref} {view.title[:60]}{colon}{status}{brackets.format(updated)}",
    }
