"""The verbs of promises."""

from qiao.desk.sla.service.clocks import reconsider
from qiao.desk.sla.service.policies import (
    create,
    delete,
    edit,
    ensure_shipped,
    get,
    listing,
    put_reasons,
    reasons,
    reorder,
)
from qiao.desk.sla.service.previewing import preview
from qiao.desk.sla.service.reporting import breaches
from qiao.desk.sla.service.showing import explain, of_conversation, of_ticket
from qiao.desk.sla.service.sweeping import sweep
from qiao.desk.sla.service.talk_sweeping import queue_promises

__all__ = [
    "breaches",
    "create",
    "delete",
    "edit",
    "ensure_shipped",
    "explain",
    "get",
    "listing",
    "of_conversation",
    "of_ticket",
    "preview",
    "put_reasons",
    "queue_promises",
    "reasons",
    "reconsider",
    "reorder",
    "sweep",
]
