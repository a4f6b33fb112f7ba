"""Puts the gateway into a runtime."""

from qiao.bot.llm.gateway import Llm
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    runtime.provide(Llm, Llm(runtime))


async def stop(runtime: Runtime) -> None:
    await runtime.get(Llm).stop()
