"""Puts procedures into a runtime, and those that ship where there are none yet."""

from qiao.core.runtime import Runtime
from qiao.desk.sop import service
from qiao.desk.sop.book import SopBook


def provide(runtime: Runtime) -> None:
    book = SopBook(runtime.db)
    runtime.provide(SopBook, book)
    runtime.tailer.listen(book.heard)


async def start(runtime: Runtime) -> None:
    """A new database, and one from before there were procedures, begins with the shipped ones."""
    await runtime.db.run(service.install)
    await runtime.get(SopBook).read()
