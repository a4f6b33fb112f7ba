"""What time does: reminders, expiry, links that are no good any more; and the letters that carry a decision."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from qiao.core import clock, mail
from qiao.core.jobs import Progress, every, job
from qiao.core.runtime import Runtime
from qiao.desk.approvals import links, repository, service

AT_ONCE: Final = 200


@every(60, name="approvals.time")
async def pass_time(runtime: Runtime) -> None:
    now = clock.now()
    async with runtime.db.read() as db:
        late = await repository.to_expire(db, now, AT_ONCE)
        remind = await repository.to_remind(db, now, AT_ONCE)
        waiting = await repository.all_of_role(db, AT_ONCE)
    for approval_id in late:
        async with runtime.db.transaction() as db:
            await service.expire(db, approval_id)
    for approval_id in remind:
        async with runtime.db.transaction() as db:
            await service.remind(db, approval_id)
    for approval_id in waiting:
        async with runtime.db.transaction() as db:
            await service.look_again(db, approval_id)


@every(86_400, name="approvals.forget_links")
async def forget_links(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await repository.forget_links(db, clock.now() - timedelta(days=30))


@job(service.MAIL)
async def send_letters(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any] | None:
    """One letter to each decider, each with a link of their own. A retry leaves out who has theirs."""
    if not mail.can_send(runtime.settings):
        return None
    step_id, reminder, sent = UUID(payload["step_id"]), bool(payload["reminder"]), 0
    for user_id in map(UUID, payload["users"]):
        async with runtime.db.transaction() as db:
            if user_id in await repository.linked(db, step_id, reminder=reminder):
                continue
            letter = await links.letter(db, runtime, UUID(payload["approval_id"]), step_id, user_id, reminder=reminder)
            if letter is None:
                continue
            try:
                await mail.send(runtime.settings, letter)
            except Exception as error:
                if not mail.refused_for_good(error):
                    raise  # the link goes with the transaction; the job tries again
            else:
                sent += 1
    return {"sent": sent}
