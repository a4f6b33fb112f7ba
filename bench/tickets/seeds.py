"""Tickets that look like a service centre's, made from a seed: the same number and seed are the same tickets."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core.ids import new_id
from qiao.desk.tickets.bulk import BulkEntry, BulkTicket

GROUPS: Final = 500
FIELDS: Final = 200
RARE: Final = "QX7781Z"
RARE_EVERY: Final = 50_000
# Matters a company is asked about, with how often: the first are the common words of searches.
_MATTERS: Final = (
    ("退款没有到账", 30), ("物流一直不更新", 20), ("发票抬头需要修改", 12), ("商品破损要求换货", 12), ("无法登录账户", 8),
    ("打印机卡纸", 6), ("会员积分少了", 6), ("安装预约改期", 4), ("保修期查询", 2),
)  # fmt: skip
_MORE: Final = (
    "客户说昨天下单，今天还没有发货。", "已经联系仓储核实库存。", "请技术部门远程检查。",
    "The customer asked for a call back.",
    "需要主管审批补偿金额。", "包装完好，配件缺少一件。", "等待物流公司回复。", "Delivered to the wrong address.",
)  # fmt: skip
_TAGS: Final = ("vip", "加急", "重复来电", "海外", "企业", "活动", "批发", "易碎")
_STATES: Final = (("closed", 62), ("solved", 14), ("open", 9), ("new", 5), ("pending", 6), ("on_hold", 4))


def definition(key: str, *, wide: bool) -> dict[str, Any]:
    """A type; `wide` has 200 fields, one of them a choice of 500."""
    states = ["new", "open", "pending", "on_hold", "solved", "closed"]
    ways = [
        {"key": f"to_{one}", "label": {"zh-CN": one, "en": one},
         "from_states": [a for a in states if a not in (one, "closed")],
         "to": one}
        for one in states
    ]  # fmt: skip
    options = [
        {"key": f"g{number:03d}", "label": {"zh-CN": f"组 {number}", "en": f"Group {number}"}}
        for number in range(GROUPS)
    ]
    fields: list[dict[str, Any]] = [
        {"key": "product_code", "kind": "choice", "label": {"zh-CN": "产品", "en": "Product"}, "options": options},
        {"key": "order_ref", "kind": "order", "label": {"zh-CN": "订单", "en": "Order"}},
    ]
    if wide:
        kinds = ("text", "number", "date", "yes_no")
        fields += [
            {
                "key": f"f{number:03d}",
                "kind": kinds[number % 4],
                "label": {"zh-CN": f"字段 {number}", "en": f"Field {number}"},
            }
            for number in range(FIELDS - len(fields))
        ]
    return {
        "name": {"zh-CN": key, "en": key},
        "prefix": "B",
        "fields": fields,
        "workflow": {
            "initial": "new",
            "states": [{"key": one, "label": {"zh-CN": one, "en": one}, "status": one} for one in states],
            "transitions": ways,
        },
    }


def tickets(
    number: int,
    seed: int,
    *,
    types: Sequence[UUID],
    departments: Sequence[UUID],
    people: Sequence[UUID],
    customers: Sequence[UUID],
    now: datetime | None = None,
) -> Iterator[BulkTicket]:
    """Over two years up to now, oldest first; the last of `types` is the wide one and has one in fifty."""
    chance = random.Random(seed)
    end = now or datetime.now(UTC)
    matters = [words for words, weight in _MATTERS for _ in range(weight)]
    states = [state for state, weight in _STATES for _ in range(weight)]
    done = ("solved", "closed")
    for index in range(number):
        created = end - timedelta(days=730) * ((number - index) / number)
        fresh = index > number * 0.8
        status = chance.choice(states) if fresh or chance.random() < 0.15 else "closed"
        updated = min(end, created + timedelta(minutes=chance.randrange(1, 6 * 24 * 60)))
        wide = index % 50 == 0
        matter = chance.choice(matters)
        data: dict[str, Any] = {"product_code": f"g{min(chance.randrange(GROUPS), chance.randrange(GROUPS)):03d}"}
        if index % 3 == 0:
            data["order_ref"] = f"{chance.randrange(10**9):09d}"
        if wide:
            for field in range(FIELDS - 2):
                kind = field % 4
                data[f"f{field:03d}"] = (
                    f"值 {chance.randrange(999)}" if kind == 0 else chance.randrange(10**6) if kind == 1
                    else f"2026-{chance.randrange(1, 13):02d}-15" if kind == 2 else chance.random() < 0.5
                )  # fmt: skip
        text = "".join(chance.sample(_MORE, 2))
        if index % RARE_EVERY == 0:
            text += f" {RARE}"
        due = end + timedelta(minutes=chance.randrange(-2000, 10_000)) if status not in done else None
        assigned = people[index % len(people)] if chance.random() < 0.7 else None
        yield BulkTicket(
            id=new_id(),
            type_id=types[-1] if wide else types[index % (len(types) - 1)],
            title=f"{matter} {chance.randrange(100)}",
            description=text,
            status=status,
            state=status,
            priority=chance.choice((0, 1, 1, 1, 1, 2, 2, 3)),
            source=chance.choice(("conversation", "mail", "console", "portal")),
            customer_id=customers[chance.randrange(len(customers))],
            assignee_id=assigned,
            department_id=departments[chance.randrange(len(departments))],
            data=data,
            tags=chance.sample(_TAGS, chance.choice((0, 0, 1, 2))),
            due_at=due if chance.random() < 0.4 else None,
            next_due_at=due,
            next_due_kind="resolution" if due else None,
            breached=due is not None and due < end,
            created_at=created,
            updated_at=updated,
            customer_wrote_at=updated if status in ("new", "open") and chance.random() < 0.5 else None,
            solved_at=updated if status in done else None,
            closed_at=updated if status == "closed" else None,
            entries=[BulkEntry("comment", "user", chance.choice(_MORE), updated)],
        )
