"""Makes the registry of channels."""

from qiao.channels.contract.channel import Channels
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    Channels.of(runtime)
