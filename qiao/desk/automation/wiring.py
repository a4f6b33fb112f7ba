"""Puts automation into a runtime."""

from qiao.core.runtime import Runtime
from qiao.desk.automation import shipped
from qiao.desk.automation.rulebook import RuleBook


def provide(runtime: Runtime) -> None:
    book = RuleBook(runtime.db)
    runtime.provide(RuleBook, book)
    runtime.tailer.listen(book.heard)


async def start(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await shipped.ensure(db)
    await runtime.get(RuleBook).read()
