"""Tools written in Python: registered functions, the shipped ones and those of installed packages alike.

A package offers its own through the entry point group `qiao.tools`, each naming a module that registers when imported.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Final

from qiao.bot.tools.ports import Call, ToolSpec
from qiao.core.db import Session

Handler = Callable[[Session, Call], Awaitable[Any]]
GROUP: Final = "qiao.tools"
_registered: dict[str, "PythonTool"] = {}


@dataclass(frozen=True, slots=True)
class PythonTool:
    """A function with a description."""

    spec: ToolSpec
    handler: Handler

    async def call(self, db: Session, call: Call) -> Any:
        return await self.handler(db, call)


def tool(spec: ToolSpec) -> Callable[[Handler], Handler]:
    """Registers a function as the tool `spec` describes. Raises ValueError for a name that is taken."""

    def mark(handler: Handler) -> Handler:
        if spec.name in _registered:
            raise ValueError(f"tool {spec.name!r} is defined twice")
        _registered[spec.name] = PythonTool(spec, handler)
        return handler

    return mark


@cache
def _load() -> None:
    import qiao.bot.tools.orders
    import qiao.bot.tools.tickets  # noqa: F401 - registers the shipped tools

    for entry in entry_points(group=GROUP):
        entry.load()


def registered() -> dict[str, PythonTool]:
    """Every Python tool by name."""
    _load()
    return _registered
