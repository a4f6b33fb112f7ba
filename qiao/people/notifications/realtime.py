"""The bell moves: who is connected hears that something was told to them, or that they read it elsewhere."""

from collections.abc import Sequence

from qiao.core.events import Envelope
from qiao.core.realtime import Hub, Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.people.notifications import repository
from qiao.people.notifications.events import NotificationsRead, NotificationsTold


@enrich(NotificationsTold.kind)
async def told(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """Only those who are here are looked up: a telling may concern thousands."""
    here = runtime.get(Hub).users_here()
    by_batch = {str(envelope.payload["batch_id"]): envelope for envelope in envelopes}
    if not here:
        return []
    async with runtime.db.read() as db:
        found = await repository.told_with(db, [envelope.event().batch_id for envelope in envelopes], here)  # type: ignore[attr-defined]  # of this kind
    pushes = []
    for batch_id in dict.fromkeys(batch for batch, _ in found):
        envelope = by_batch[str(batch_id)]
        users = frozenset(user for batch, user in found if batch == batch_id)
        data = {"kind": envelope.payload["notification_kind"]}
        pushes.append((envelope, Push(Target(users=users), "notification.created", data)))
    return pushes


@enrich(NotificationsRead.kind)
async def read(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    return [
        (envelope, Push(Target(users=frozenset(envelope.audience.users)), "notification.read", {}))
        for envelope in envelopes
    ]
