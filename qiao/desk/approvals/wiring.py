"""Puts approvals into a runtime: the gate of transitions, and what holds a ticket."""

from typing import Any
from uuid import UUID

from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.approvals import service
from qiao.desk.tasks.ports import Holder
from qiao.desk.tickets.ports import ApprovalGate
from qiao.desk.tickets.schemas import TicketFacts


class Gate:
    async def granted(self, db: Session, ticket: TicketFacts, transition: str) -> bool:
        return await service.granted(db, ticket, transition)


class OpenApproval:
    async def waiting_on(self, db: Session, ticket_id: UUID) -> dict[str, Any] | None:
        return await service.waiting_on(db, ticket_id)


def provide(runtime: Runtime) -> None:
    runtime.provide(ApprovalGate, Gate())
    runtime.provide(Holder, OpenApproval())
