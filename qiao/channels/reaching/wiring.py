"""Tells conversations how channels take messages back."""

from qiao.channels.reaching.recalling import ChannelRecalls
from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import Recalls


def provide(runtime: Runtime) -> None:
    runtime.provide(Recalls, ChannelRecalls(runtime))  # type: ignore[type-abstract]  # a protocol is its part's key
