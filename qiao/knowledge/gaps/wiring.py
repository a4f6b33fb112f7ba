"""Puts the middles of the gaps into a runtime."""

from qiao.core.runtime import Runtime
from qiao.knowledge.gaps.clusters import Middles


def provide(runtime: Runtime) -> None:
    runtime.provide(Middles, Middles(runtime))
