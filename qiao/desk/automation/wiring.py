"""Puts automation into a runtime."""

from qiao.core.runtime import Runtime
from qiao.desk.automation import shipped
from qiao.desk.automation.ports import Procedures
from qiao.desk.automation.procedures import SopProcedures
from qiao.desk.automation.rulebook import RuleBook


def provide(runtime: Runtime) -> None:
    book = RuleBook(runtime.db)
    runtime.provide(RuleBook, book)
    runtime.tailer.listen(book.heard)
    runtime.provide(Procedures, SopProcedures())


async def start(runtime: Runtime) -> None:
    await runtime.db.run(shipped.ensure)
    await runtime.get(RuleBook).read()
