"""Tickets by the dozen, through the bulk path."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.tickets import bulk
from qiao.desk.tickets.bulk import BulkEntry, BulkTicket
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.models import TicketType

NOW = datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
STATES = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "on_hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
}
OPTIONS = ["red", "green", "blue"]


def definition(**more: Any) -> Definition:
    """Every kind of field a list can ask about, and a workflow with a way back from everywhere but the end."""

    def field(key: str, kind: str, **rest: Any) -> dict[str, Any]:
        return {"key": key, "kind": kind, "label": {"zh-CN": f"字段{key}", "en": key}, **rest}

    options = [{"key": key, "label": {"zh-CN": f"色{key}", "en": key}} for key in OPTIONS]
    states = [{"key": key, "label": {"zh-CN": key, "en": key}, "status": key} for key in STATES]
    every = [key for key in STATES if key != "closed"]
    ways = [
        {"key": f"to_{key}", "label": {"zh-CN": key, "en": key}, "from_states": [one for one in every if one != key],
         "to": key}
        for key in STATES
    ]  # fmt: skip
    return Definition.model_validate(
        {
            "name": {"zh-CN": "样例", "en": "Sample"},
            "prefix": "S",
            "fields": [
                field("remark", "text"),
                field("volume", "number"),
                field("price", "money"),
                field("day", "date"),
                field("agreed", "yes_no"),
                field("colour", "choice", options=options),
                field("colours", "choices", options=options),
                field("order_ref", "order"),
                field("papers", "file"),
                field("phone", "phone"),
                field("secret", "text", view_roles=["nobody"]),
            ],
            "workflow": {"initial": "new", "states": states, "transitions": ways},
            **more,
        }
    )


@dataclass
class Seeded:
    runtime: Runtime
    type_id: UUID
    definition: Definition
    tickets: list[BulkTicket]


Seed = Callable[..., Awaitable[Seeded]]


@pytest.fixture
def seed(runtime: Runtime) -> Seed:
    async def fill(
        number: int = 60, *, rows: list[dict[str, Any]] | None = None, seed: int = 7, **known: Any
    ) -> Seeded:
        wanted = definition()
        type_id = new_id()
        async with runtime.db.transaction() as db:
            db.add(TicketType(id=type_id, key="sample", definition=wanted.model_dump(mode="json"), position=99))
        if rows is not None:
            tickets = [made(type_id, random.Random(index), {}, **row) for index, row in enumerate(rows)]
        else:
            chance = random.Random(seed)
            tickets = [made(type_id, chance, known) for _ in range(number)]
        await bulk.load(runtime.db, tickets, {type_id: wanted}, batch=25)
        return Seeded(runtime, type_id, wanted, tickets)

    return fill


def made(type_id: UUID, chance: random.Random, known: dict[str, Any], **given: Any) -> BulkTicket:
    """A ticket with any value or none in everything, drawn so that equal keys of a sort are common."""

    def some(values: list[Any], none: float = 0.3) -> Any:
        return None if not values or chance.random() < none else chance.choice(values)

    status = chance.choice(list(STATES))
    created = NOW - timedelta(days=chance.randrange(5), minutes=chance.choice([0, 0, 30]))
    data = {
        "remark": some(["Alpha beta", "GAMMA", "x_y%"]),
        "volume": some([0, 1, 2.5, -3]),
        "price": some([{"minor": 12900, "currency": "CNY"}, {"minor": 100, "currency": "CNY"}]),
        "day": some(["2026-03-01", "2026-03-04"]),
        "agreed": some([True, False]),
        "colour": some(OPTIONS),
        "colours": some([["red"], ["red", "blue"], []]),
        "order_ref": some(["A1", "B2"]),
    }
    values: dict[str, Any] = {
        "title": chance.choice(["退款没有到账", "Printer BROKEN", "打印机 50%"]),
        "description": chance.choice(["", "客户要求退货"]),
        "status": status,
        "state": STATES[status],
        "created_at": created,
        "updated_at": created + timedelta(hours=chance.randrange(3)),
        "priority": chance.randrange(4),
        "tier": chance.randrange(1, 4),
        "source": chance.choice(["console", "mail"]),
        "channel": some(["webchat", "Email"]),
        "data": {key: value for key, value in data.items() if value is not None},
        "tags": chance.choice([[], ["vip"], ["vip", "加急"]]),
        "due_at": some([NOW, NOW + timedelta(days=1)], 0.5),
        "next_due_at": some([NOW, NOW + timedelta(hours=2)], 0.5),
        "customer_wrote_at": some([NOW, NOW - timedelta(hours=2)], 0.5),
        "breached": chance.random() < 0.3,
        "rating": some([1, 5]),
        "assignee_id": some(known.get("users", [])),
        "created_by": some(known.get("users", [])),
        "customer_id": some(known.get("customers", [])),
        "requester_id": some(known.get("users", []), 0.8),
        "department_id": some(known.get("departments", [])),
    }
    return BulkTicket(type_id=type_id, **(values | given))


def said(body: str, **payload: Any) -> BulkEntry:
    return BulkEntry("comment", "customer", body, NOW, payload=payload)
