"""Notices for staff through an inbox that can carry them: a further way of people/notifications."""

from collections.abc import Awaitable, Callable
from typing import Final

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.places import InboxesOf
from qiao.core.runtime import Runtime
from qiao.people.notifications.ports import Notice, WayFailed, WayRefused

SWITCH: Final = "staff_notifications"
"""The setting of a channel by which an inbox carries notices."""


class StaffWay:
    """Hands notices to a channel. `hand_over` gets the first active inbox whose setting `staff_notifications` is on."""

    def __init__(self, runtime: Runtime, channel: str, hand_over: Callable[[Endpoint, str, Notice], Awaitable[None]]):
        self.name = channel
        self.runtime = runtime
        self._hand_over = hand_over

    async def ready(self) -> bool:
        """Whether there is such an inbox."""
        return await self._endpoint() is not None

    async def send(self, account: str, notice: Notice) -> None:
        """Raises WayFailed and WayRefused."""
        endpoint = await self._endpoint()
        if endpoint is None:
            raise WayFailed(f"no inbox of {self.name} carries notices")
        try:
            await self._hand_over(endpoint, account, notice)
        except DeliveryFailed as error:
            raise WayFailed(str(error)) from error
        except DeliveryRefused as error:
            raise WayRefused(error.code) from error

    async def _endpoint(self) -> Endpoint | None:
        found = await InboxesOf.of(self.runtime).channel(self.name)
        chosen = next((one.id for one in found if one.plain.get(SWITCH)), None)
        return None if chosen is None else (await Endpoints.of(self.runtime).get(chosen)).endpoint
