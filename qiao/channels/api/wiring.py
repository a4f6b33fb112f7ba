"""Puts the api channel into a runtime."""

from qiao.channels.api.callback import CallbackAdapter
from qiao.channels.api.channel import make
from qiao.channels.contract.channel import Channels
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    adapter = CallbackAdapter(private_allowed=runtime.settings.callbacks_may_be_private)
    runtime.provide(CallbackAdapter, adapter)
    Channels.of(runtime).register(make(adapter))


async def stop(runtime: Runtime) -> None:
    await runtime.get(CallbackAdapter).close()
