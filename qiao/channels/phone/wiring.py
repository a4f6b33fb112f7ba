"""Puts the phone channel into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.phone.channel import make
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make())
