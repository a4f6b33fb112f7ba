"""A channel, the registry of channels, and the twin that stands in for any adapter."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from qiao.channels.contract.manifest import Manifest
from qiao.channels.contract.messages import Incoming, Outbound
from qiao.core.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The inbox a message leaves through: its settings, and the secret it signs with."""

    inbox_id: UUID
    settings: Mapping[str, Any]
    secret: str = field(repr=False)


class DeliveryFailed(Exception):
    """The other side could not be reached or did not accept the message. It will be tried again."""


class Adapter(Protocol):
    """A channel's I/O. `message_id` is the same on every try, so that the other side can tell repeats."""

    def configured(self, settings: Mapping[str, Any]) -> bool:
        """Whether an inbox with these settings has somewhere to deliver to."""
        ...

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> None:
        """Returns once the other side has taken the payload. Raises DeliveryFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """The four parts. `parse` raises `Invalid` for what is not a message of this channel."""

    manifest: Manifest
    parse: Callable[[Any], Incoming]
    render: Callable[[Outbound], Any]
    adapter: Adapter | None = None


class Channels:
    """The channels of a process, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Channel] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Channels":
        """The registry of `runtime`, made by whoever asks first."""
        found = runtime.find(cls)
        if found is None:
            found = cls()
            runtime.provide(cls, found)
        return found

    def register(self, channel: Channel) -> None:
        """Adds a channel; a later one of the same name takes its place (a twin in tests)."""
        self._known[channel.manifest.name] = channel

    def find(self, name: str) -> Channel | None:
        return self._known.get(name)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._known.values())


class CollectingAdapter:
    """Keeps what it is given instead of sending it; fails as often as it is told to."""

    def __init__(self, failures: int = 0):
        self.failures = failures
        self.delivered: list[tuple[Endpoint, UUID, Any]] = []

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return True

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> None:
        if self.failures > 0:
            self.failures -= 1
            raise DeliveryFailed("told to fail")
        self.delivered.append((endpoint, message_id, payload))
