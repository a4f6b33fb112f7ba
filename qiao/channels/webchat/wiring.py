"""Puts webchat into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.webchat.channel import CHANNEL
from qiao.channels.webchat.config import ConfigCache
from qiao.channels.webchat.helpcentre import WebChats
from qiao.channels.webchat.socket import Sockets
from qiao.channels.webchat.typists import Typing
from qiao.channels.webchat.visitors import Visitors
from qiao.core.runtime import Runtime
from qiao.knowledge.helpcenter.ports import Chats


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(CHANNEL)
    runtime.provide(Visitors, Visitors(runtime))
    runtime.provide(Sockets, Sockets(runtime))
    runtime.provide(Typing, Typing(runtime))
    runtime.provide(ConfigCache, ConfigCache(runtime))
    runtime.provide(Chats, WebChats())


async def start(runtime: Runtime) -> None:
    runtime.get(Sockets).start()


async def stop(runtime: Runtime) -> None:
    await runtime.get(Sockets).stop()
