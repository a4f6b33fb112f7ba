"""When flows end without the customer saying so."""

from functools import partial

from qiao.bot.flows import live
from qiao.bot.flows.models import IdentityCheckRow
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope
from qiao.core.jobs import every
from qiao.core.reactions import on_commit
from qiao.core.runtime import Runtime
from qiao.desk.conversations.events import BotResumed
from qiao.people.customers.following import follow

follow(IdentityCheckRow.customer_id)


@on_commit(BotResumed, name="flows.resume", retries=5)
async def forget(db: Session, fact: BotResumed, envelope: Envelope) -> None:
    """Nobody remembers what a flow had asked before people took over."""
    if envelope.conversation_id is not None:
        await live.abandon(db, envelope.conversation_id)


@every(60, name="flows.time_out")
async def time_out(runtime: Runtime) -> None:
    """Ends what nobody has answered for as long as the flow allows."""
    async with runtime.db.read() as db:
        late = await live.due(db)
    for conversation_id in late:
        try:
            await runtime.db.run(partial(live.time_out, conversation_id=conversation_id))
        except Refused:  # people took over in this moment; the next round ends it without a word
            continue
