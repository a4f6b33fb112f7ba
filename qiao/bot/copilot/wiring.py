"""Puts agent assist into a runtime."""

from qiao.bot.copilot.cases import Cases
from qiao.bot.copilot.service import Kept
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    runtime.provide(Kept, Kept())
    runtime.provide(Cases, Cases(runtime))
