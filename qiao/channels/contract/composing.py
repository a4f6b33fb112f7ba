"""What whoever answers needs to know of the channel: what it carries, whether it may be written to now."""

import msgspec

from qiao.channels.contract import catalogue, deliveries, switching
from qiao.channels.contract.catalogue import CapabilitiesView
from qiao.channels.contract.channel import Channels
from qiao.channels.contract.deliveries import WindowView
from qiao.channels.contract.switching import SwitchView
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.schemas import ConversationFacts


class ChannelView(msgspec.Struct, frozen=True):
    """The channel of a conversation. `window` is None where there is none; `stopped`: the customer wants no more."""

    channel: str
    title: dict[str, str]
    capabilities: CapabilitiesView
    window: WindowView | None
    stopped: bool
    switch: SwitchView | None
    """What an answer becomes while the window is closed, where the inbox has a rule."""


async def view(db: Session, facts: ConversationFacts, locale: str) -> ChannelView:
    """How the conversation's channel stands now. Raises NotFound for a channel that is not installed."""
    runtime = runtime_of(db)
    channel = Channels.of(runtime).find(facts.channel)
    if channel is None:
        raise NotFound("inbox_not_found")
    known = None
    rule = channel.manifest.capabilities.window
    if channel.adapter is not None:
        address = await deliveries.address_of(db, channel, facts)
        known = await deliveries.contact(db, facts.inbox_id, address)
    window = deliveries.window_of(rule, known) if rule is not None else None
    stopped = known is not None and known.opted_out_at is not None
    closed = window is not None and not window.open and not stopped
    return ChannelView(
        channel=facts.channel,
        title=channel.manifest.title,
        capabilities=catalogue.capabilities(channel),
        window=window,
        stopped=stopped,
        switch=await switching.view(db, facts, locale) if closed else None,
    )
