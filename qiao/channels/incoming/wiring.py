"""Puts incoming webhooks into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.incoming.channel import make
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime)))
