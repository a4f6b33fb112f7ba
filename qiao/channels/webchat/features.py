"""What other rooms add to the widget: each says of itself whether a site has it."""

from collections.abc import Awaitable, Callable

from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.inboxes.schemas import InboxView

Offered = Callable[[Session, InboxView], Awaitable[bool]]


class WidgetFeatures:
    """Features by the name the widget knows them under."""

    def __init__(self) -> None:
        self._known: dict[str, Offered] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "WidgetFeatures":
        return runtime.once(cls, cls)

    def add(self, name: str, offered: Offered) -> None:
        self._known[name] = offered

    async def of_site(self, db: Session, inbox: InboxView) -> dict[str, bool]:
        return {name: await offered(db, inbox) for name, offered in self._known.items()}
