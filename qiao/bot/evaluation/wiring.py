"""What evaluation lends to importing, and this process's side of a shadow run."""

from qiao.bot.evaluation.gate import Gate
from qiao.bot.evaluation.shadow import Shadows
from qiao.core.runtime import Runtime
from qiao.knowledge.importing.ports import PublishGate


def provide(runtime: Runtime) -> None:
    runtime.provide(PublishGate, Gate())
    runtime.provide(Shadows, Shadows(runtime))
