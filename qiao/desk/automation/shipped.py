"""The rules that come with the product. Put in once; a company changes, switches or deletes them as it likes.

Enabled from the start are those that only tell colleagues something or set a priority; what writes to customers or closes
their tickets is for the company to switch on.
"""

from typing import Any, Final

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.automation import repository, service
from qiao.desk.automation.schemas import RuleBody

_WORDS: Final = ("name", "description")


def _builder(*tests: tuple[str, str, Any]) -> dict[str, Any]:
    conditions = [{"fact": fact, "op": op, "value": value} for fact, op, value in tests]
    return {"kind": "builder", "condition": {"match": "all", "conditions": conditions}}


RULES: Final[dict[str, dict[str, Any]]] = {
    "vip_priority": {
        "trigger": {"kind": "event", "event": "ticket.created"},
        "condition": _builder(("customer.level", "in", ["vip"]), ("ticket.priority", "below", 3)),
        "actions": [{"do": "set_priority", "by": 1}],
        "enabled": True,
    },
    "complaint_supervisor": {
        "trigger": {"kind": "event", "event": "ticket.created"},
        "condition": _builder(("ticket.type", "in", ["complaint"])),
        "actions": [
            {
                "do": "notify",
                "roles": ["supervisor"],
                "text": {
                    "zh-CN": "新投诉 {{ticket.number}}：{{ticket.title}}",
                    "en": "New complaint {{ticket.number}}: {{ticket.title}}",
                },
            }
        ],
        "enabled": True,
    },
    "breach_lead": {
        "trigger": {"kind": "event", "event": "sla.breached"},
        "condition": None,
        "actions": [
            {
                "do": "notify",
                "roles": ["supervisor"],
                "assignee": True,
                "text": {
                    "zh-CN": "{{ticket.number}} 已超出服务承诺：{{ticket.title}}",
                    "en": "{{ticket.number}} is past its promise: {{ticket.title}}",
                },
            }
        ],
        # The ladder of the shipped policies tells the lead already: on, people would hear of it twice.
        "enabled": False,
    },
    "unassigned": {
        "trigger": {"kind": "time", "since": "created", "minutes": 30, "statuses": ["new", "open"]},
        "condition": _builder(("ticket.assignee_id", "empty", None), ("ticket.department_id", "filled", None)),
        "actions": [
            {
                "do": "notify",
                "own_department": True,
                "text": {
                    "zh-CN": "{{ticket.number}} 已等待 30 分钟，还没有人受理：{{ticket.title}}",
                    "en": "{{ticket.number}} has waited 30 minutes and nobody has taken it: {{ticket.title}}",
                },
            }
        ],
        "enabled": True,
    },
    "silence_warning": {
        "trigger": {"kind": "time", "since": "status_change", "minutes": 48 * 60, "statuses": ["pending"]},
        "condition": None,
        "actions": [
            {
                "do": "comment",
                "public": True,
                "text": {
                    "zh-CN": "您好，您的工单 {{ticket.number}} 还在等您的回复。如果两天内没有收到回复，"
                    "我们会先将它标记为已解决；之后您随时可以回复，我们会继续处理。",
                    "en": "Hello, your ticket {{ticket.number}} is waiting for your reply. If we do not hear from you within "
                    "two days we will mark it as solved; you can reply at any time and we will go on.",
                },
            }
        ],
        "enabled": False,
    },
    "silence_solved": {
        "trigger": {"kind": "time", "since": "status_change", "minutes": 96 * 60, "statuses": ["pending"]},
        "condition": None,
        "actions": [
            {
                "do": "comment",
                "public": True,
                "text": {
                    "zh-CN": "您好，由于一直没有收到您的回复，工单 {{ticket.number}} 已标记为已解决。"
                    "如仍需帮助，直接回复即可重新打开。",
                    "en": "Hello, as we have not heard from you, ticket {{ticket.number}} has been marked as solved. If you "
                    "still need help, just reply and it will be opened again.",
                },
            },
            {"do": "move", "status": "solved"},
        ],
        "enabled": False,
    },
}


async def ensure(db: Session) -> None:
    """Puts in those that were never there. What a company deleted stays away."""
    there = await repository.keys(db)
    for key, rule in RULES.items():
        if key not in there:
            words = {what: i18n.t(f"automation.shipped.{key}.{what}", i18n.DEFAULT_LOCALE) for what in _WORDS}
            await service.add(db, Actor.system(), RuleBody.model_validate({**rule, **words}), key=key)
