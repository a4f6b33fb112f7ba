"""Open panels hear that a procedure moved: a hint without content, whoever shows it asks anew and may be refused."""

from collections.abc import Sequence
from typing import Final

from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.desk.sop.events import RunFinished, RunMoved, RunStarted

_SHOWN_TO: Final = {
    "ticket": frozenset({"tickets.handle", "tickets.view_all", "tasks.handle"}),
    "conversation": frozenset({"conversations.handle", "conversations.view_all"}),
}
"""Who has screens on which a procedure for such a thing is walked."""


@enrich(RunStarted.kind, RunMoved.kind, RunFinished.kind)
async def moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One `procedure.changed` per run and batch: for its last event."""
    hub = runtime.get(Hub)
    last = {str(envelope.payload["run_id"]): envelope for envelope in envelopes}
    pushes = []
    for run_id, envelope in last.items():
        kind = str(envelope.payload["subject_kind"])
        staff = (connection.actor for connection in hub.staff)
        users = {one.id for one in staff if one and one.id and not _SHOWN_TO[kind].isdisjoint(one.permissions)}
        data = {"run_id": run_id, "subject_kind": kind, "subject_id": envelope.payload["subject_id"]}
        pushes.append((envelope, Push(Target(users=frozenset(users)), "procedure.changed", data)))
    return pushes
