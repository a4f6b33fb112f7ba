"""Puts procedures into a runtime."""

from qiao.core.runtime import Runtime
from qiao.desk.sop.book import SopBook


def provide(runtime: Runtime) -> None:
    runtime.provide(SopBook, SopBook())
