"""What time does to promises and to calls nobody ends."""

from functools import partial
from typing import Final

from qiao.channels.phone import callbacks, calls, policy, repository
from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime

AT_ONCE: Final = 200


@every(10, name="phone.callbacks_due")
async def put_forward(runtime: Runtime) -> None:
    """Puts those before people whose time has come."""
    async with runtime.db.read() as db:
        due = await repository.due(db, clock.now(), AT_ONCE)
    for callback_id in due:
        await runtime.db.run(partial(callbacks.is_due, callback_id=callback_id))


@every(15, name="phone.promises")
async def keep_count(runtime: Runtime) -> None:
    """Counts broken promises the moment they are."""
    async with runtime.db.read() as db:
        late = await repository.running_out(db, clock.now(), AT_ONCE)
    for callback_id in late:
        await runtime.db.run(partial(callbacks.ran_out, callback_id=callback_id))


@every(60, name="phone.lost_calls")
async def end_lost_calls(runtime: Runtime) -> None:
    """A PBX that forgets to say that a call ended must not keep it on screens for ever."""
    now = clock.now()
    async with runtime.db.read() as db:
        lost = await repository.stale(
            db, heard_before=now - policy.RINGS, begun_before=now - policy.LASTS, limit=AT_ONCE
        )
    for call_id in lost:
        await runtime.db.run(partial(calls.let_go, call_id=call_id))
