"""What reaching does on events: asks channels to take messages back, notes consent given on them, and sorts out what came
to an address that leaves a record again."""

from qiao.channels.contract.channel import Channels
from qiao.channels.contract.events import ChannelHappened
from qiao.channels.reaching import barring, obeying, parting, recalling
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.blocking.events import BlockChanged
from qiao.desk.conversations.events import MessageRecalled
from qiao.people.customers import consenting
from qiao.people.customers.events import CustomerConsented, CustomerUnmerged

_STATES: dict[str, consenting.State] = {
    "opted_out": "out",
    "unsubscribed": "out",
    "opted_in": "in",
    "subscribed": "in",
}


@on_commit(MessageRecalled, name="reaching.recall", when=lambda envelope: bool(envelope.payload.get("remote")))
async def ask_to_recall(db: Session, fact: MessageRecalled, envelope: Envelope) -> None:
    await recalling.ask(db, fact)


@in_transaction(ChannelHappened)
async def note_consent(db: Session, fact: ChannelHappened, envelope: Envelope) -> None:
    """Whoever stops following, or answers STOP, has said that they want no more of us there."""
    state = _STATES.get(fact.what)
    channel = Channels.of(runtime_of(db)).find(fact.channel)
    if state is not None and channel is not None:
        proof = str(fact.data.get("text") or fact.data.get("body") or "")
        await consenting.from_channel(db, fact.inbox_id, channel.manifest.identity_kind, fact.address, state, proof)


@in_transaction(CustomerConsented)
async def obey(db: Session, fact: CustomerConsented, envelope: Envelope) -> None:
    await obeying.obey(db, fact)


@in_transaction(CustomerUnmerged)
async def part(db: Session, fact: CustomerUnmerged, envelope: Envelope) -> None:
    await parting.part(db, fact)


@on_commit(
    BlockChanged,
    name="reaching.leave_queues",
    when=lambda envelope: bool(envelope.payload.get("standing")) and envelope.payload["block_kind"] != "customer",
)
async def leave_queues(db: Session, fact: BlockChanged, envelope: Envelope) -> None:
    """Nobody waits on for an address that may no longer write."""
    await barring.leave_queues(db, fact.block_id)
