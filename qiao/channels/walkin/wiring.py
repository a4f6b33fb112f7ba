"""Puts the counter into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.walkin.channel import CHANNEL, NAME
from qiao.channels.walkin.limits import Gates
from qiao.core.runtime import Runtime
from qiao.desk.routing.ports import ByHand


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(CHANNEL)
    ByHand.of(runtime).channels.add(NAME)
    runtime.provide(Gates, Gates())
