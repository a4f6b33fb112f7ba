"""The verbs of promises."""

from qiao.desk.sla.service.clocks import explain, of_ticket, reconsider
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
from qiao.desk.sla.service.sweeping import sweep

__all__ = [
    "breaches",
    "create",
    "delete",
    "edit",
    "ensure_shipped",
    "explain",
    "get",
    "listing",
    "of_ticket",
    "preview",
    "put_reasons",
    "reasons",
    "reconsider",
    "reorder",
    "sweep",
]
