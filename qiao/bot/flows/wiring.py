"""The published flows, known to each process."""

from qiao.bot.flows.book import FlowBook
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    runtime.provide(FlowBook, FlowBook(runtime))
