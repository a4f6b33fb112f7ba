"""Which inboxes a channel has, kept for a few seconds: reactions ask at every event, most often to find there are none."""

import time
from typing import Final

from qiao.core.runtime import Runtime
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView

KEPT_SECONDS: Final = 3.0


class InboxesOf:
    """Active inboxes by channel, as this process last saw them."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._until = 0.0
        self._by_channel: dict[str, list[InboxView]] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "InboxesOf":
        """The one of `runtime`, made by whoever asks first."""
        return runtime.once(cls, lambda: cls(runtime))

    async def channel(self, name: str) -> list[InboxView]:
        """The inboxes of a channel; what was added in the last seconds may be missing."""
        if time.monotonic() >= self._until:
            async with self.runtime.db.read() as db:
                active = [one for one in await inboxes.everything(db) if one.active]
            self._by_channel = {}
            for one in active:
                self._by_channel.setdefault(one.channel, []).append(one)
            self._until = time.monotonic() + KEPT_SECONDS
        return self._by_channel.get(name, [])
