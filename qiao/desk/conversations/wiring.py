"""Puts conversations into a runtime."""

from qiao.core.runtime import Runtime
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.recent import RecentMessages
from qiao.desk.conversations.views import NameCache


def provide(runtime: Runtime) -> None:
    runtime.provide(RecentMessages, RecentMessages())
    runtime.provide(NameCache, NameCache())
    runtime.provide(Intake, Intake(runtime))


async def start(runtime: Runtime) -> None:
    await runtime.get(Intake).start()


async def stop(runtime: Runtime) -> None:
    await runtime.get(Intake).stop()
