"""Puts the channel contract into a runtime: the registry, and what works for all channels."""

from qiao.channels.contract.catalogue import ManifestSettings
from qiao.channels.contract.channel import Channels
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.pacing import Pacing
from qiao.channels.contract.sources import Sources
from qiao.channels.contract.tokens import Tokens
from qiao.channels.contract.typing_signs import TypingSigns
from qiao.core.runtime import Runtime
from qiao.desk.inboxes.ports import ChannelSettings


def provide(runtime: Runtime) -> None:
    Channels.of(runtime)
    ChannelHttp.of(runtime)
    Tokens.of(runtime)
    Endpoints.of(runtime)
    runtime.provide(ChannelSettings, ManifestSettings(runtime))
    runtime.provide(Pacing, Pacing())
    runtime.provide(Lanes, Lanes(runtime))
    runtime.provide(Sources, Sources(runtime))
    runtime.provide(TypingSigns, TypingSigns(runtime))


async def start(runtime: Runtime) -> None:
    await runtime.get(Lanes).start()
    await runtime.get(Sources).start()
    runtime.get(TypingSigns).start()


async def stop(runtime: Runtime) -> None:
    await runtime.get(TypingSigns).stop()
    await runtime.get(Sources).stop()
    await runtime.get(Lanes).stop()
    await runtime.get(ChannelHttp).close()
