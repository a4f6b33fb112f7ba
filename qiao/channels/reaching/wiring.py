"""Tells conversations how channels take messages back, and tickets how their words reach customers who have left."""

from qiao.channels.reaching.bringing import ChannelBringer
from qiao.channels.reaching.recalling import ChannelRecalls
from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import Recalls
from qiao.desk.tickets.ports import Bringer


def provide(runtime: Runtime) -> None:
    runtime.provide(Bringer, ChannelBringer())
    runtime.provide(Recalls, ChannelRecalls(runtime))
