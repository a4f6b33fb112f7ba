"""A channel, the registry of channels, and the twin that stands in for any adapter."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from qiao.channels.contract.manifest import Manifest
from qiao.channels.contract.messages import Incoming, Item, Media, Outbound, Receipt, Sender
from qiao.core.runtime import Runtime

if TYPE_CHECKING:
    from qiao.channels.contract.endpoints import Place  # which names the channel


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The inbox a message comes or leaves through: its settings, and the secret it signs with.

    `settings` are those of the manifest's model as plain values; secrets are in `credentials`, by the same names.
    """

    inbox_id: UUID
    settings: Mapping[str, Any]
    secret: str = field(repr=False)
    key: str = ""
    name: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    public_url: str = ""

    @property
    def hook_url(self) -> str:
        """Where the provider posts to, up to the channel's name."""
        return f"{self.public_url}/api/v1/channels/hooks/{self.key}"


class DeliveryFailed(Exception):
    """The other side could not be reached or did not accept the message. It will be tried again.

    `after`: seconds the provider asks us to wait. `code`: a key of the catalogue where there are better words for it than
    that the other side cannot be reached.
    """

    def __init__(self, message: str = "", *, after: float | None = None, code: str | None = None, **params: Any):
        super().__init__(message)
        self.after = after
        self.code = code
        self.params = params


class DeliveryRefused(Exception):
    """The other side will never accept this message; trying again is no use. Staff are shown the reason.

    `code` is a key of the catalogue (`channels.refused.…` or the channel's own `<channel>.refused.…`).
    """

    def __init__(self, code: str, **params: Any):
        super().__init__(code)
        self.code = code
        self.params = params


class SourceFailed(Exception):
    """A source lost its connection or was not let in. It is opened again with growing delay; health shows the reason.

    `code` is a key of the catalogue, like DeliveryRefused's. `hopeless`: not before somebody changes the settings.
    """

    def __init__(self, code: str, *, hopeless: bool = False, **params: Any):
        super().__init__(code)
        self.code = code
        self.hopeless = hopeless
        self.params = params


class MediaFailed(Exception):
    """A file cannot be fetched (again): gone, too large, not allowed. `code` as in DeliveryRefused."""

    def __init__(self, code: str, **params: Any):
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Sent:
    """What the provider said of a message it took. `threads`: names the exchange goes by from now on.

    `remote_ids` are the provider's own ids, by which receipts come back and recalls go out.
    """

    remote_ids: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    answers: int | None = None
    """How many answers of the window it took, where that is not the number of its ids: templates take none."""
    state: Literal["sent", "delivered"] | None = None
    """How far it is, where the provider tells of some messages what became of them and of others not."""


class Adapter(Protocol):
    """A channel's I/O. `message_id` is the same on every try, so that the other side can tell repeats."""

    def configured(self, settings: Mapping[str, Any]) -> bool:
        """Whether an inbox with these settings has somewhere to deliver to."""
        ...

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent | None:
        """Returns once the other side has taken the payload. Raises DeliveryFailed or DeliveryRefused."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What came to a hook."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hook says back."""

    body: bytes = b""
    content_type: str = "text/plain"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What a hook makes of a request: the payloads to keep (each with the provider's id, where it has one), the answer.

    Payloads are in the shape `parse` reads: decrypted and authentic. They are stored before the answer leaves.
    """

    payloads: Sequence[tuple[str | None, bytes]] = ()
    answer: Answer = Answer()


class Hook(Protocol):
    """Takes what a provider posts."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        """Pure and quick: checks the signature, decrypts, splits. Raises Unauthenticated for what is not the provider's,
        Invalid for what cannot be read."""
        ...


class Sink(Protocol):
    """Where a source puts what it fetched."""

    cursor: dict[str, Any]
    """What was kept last; empty at first."""

    async def take(self, payloads: Sequence[tuple[str | None, bytes]], cursor: dict[str, Any] | None = None) -> None:
        """Stores payloads and cursor in one transaction; returns after commit. A repeated id is dropped."""
        ...

    async def fine(self) -> None:
        """The connection works: health shows it."""
        ...


class Source(Protocol):
    """Fetches, where the provider does not post."""

    def configured(self, settings: Mapping[str, Any]) -> bool: ...

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        """Works until it is cancelled. Raises SourceFailed."""
        ...


class Fetcher(Protocol):
    """Fetches the files of messages."""

    def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        """Raises MediaFailed when it never will be there, DeliveryFailed when it may be later."""
        ...


class Probe(Protocol):
    """Tries a connection for the person who has just typed its settings."""

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Facts worth showing (the account's name, its quota). Raises SourceFailed with what is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class Template:
    """A message the provider approved beforehand. `text` is how it reads, with `{field}` where something is filled in;
    `data` is what the payload's `template` needs besides (`{id, data, …}`)."""

    id: str
    title: str
    text: str
    fields: tuple[str, ...] = ()
    language: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


class Templates(Protocol):
    """Knows the approved messages of an account."""

    async def templates(self, endpoint: Endpoint) -> Sequence[Template]:
        """Raises DeliveryFailed."""
        ...


class Directory(Protocol):
    """Asks the provider who somebody is, before they become a customer of ours."""

    async def look_up(self, endpoint: Endpoint, sender: Sender) -> Sender:
        """`sender` with what is known besides; as it is when nothing can be learnt. Raises nothing of its own."""
        ...


class Typist(Protocol):
    """Shows a customer that somebody is writing."""

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        """Whether it works is nobody's loss: what it raises of DeliveryFailed and DeliveryRefused is dropped."""
        ...


class Recaller(Protocol):
    """Takes back what was sent."""

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Sequence[str]) -> None:
        """Raises DeliveryRefused when it is too late, DeliveryFailed when it may work later."""
        ...


class Taker(Protocol):
    """Takes letters that are no part of a conversation, before anything else is asked of them."""

    async def take(self, place: "Place", incoming: Incoming) -> bool:
        """Whether it is taken; else it goes on to conversations. Safe to repeat."""
        ...

    async def bounced(self, place: "Place", receipt: Receipt) -> bool:
        """Whether a receipt is about something it sent."""
        ...


@dataclass(frozen=True, slots=True)
class Channel:
    """The four parts, and what the channel can do besides.

    `parse` raises `Invalid` for what is nothing of this channel; what it knows and does not need gives no items.
    """

    manifest: Manifest
    parse: Callable[[Any], Sequence[Item]]
    render: Callable[[Outbound], Any]
    adapter: Adapter | None = None
    hook: Hook | None = None
    source: Source | None = None
    fetcher: Fetcher | None = None
    probe: Probe | None = None
    recaller: Recaller | None = None
    templates: Templates | None = None
    directory: Directory | None = None
    read: Callable[[Endpoint, bytes], Sequence[Item]] | None = None
    """In place of `parse` where the inbox's settings say how its payloads are to be read."""
    typist: Typist | None = None
    taker: Taker | None = None
    plan: Callable[[Sequence[Outbound], int], Sequence[Outbound]] | None = None
    """Where answers are few: which of the waiting messages go out when so many are left, and which together as one (it
    has the first one's id; `payload.merged` names all)."""


class Channels:
    """The channels of a process, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Channel] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Channels":
        """The registry of `runtime`, made by whoever asks first."""
        return runtime.once(cls, cls)

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

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent | None:
        if self.failures > 0:
            self.failures -= 1
            raise DeliveryFailed("told to fail")
        self.delivered.append((endpoint, message_id, payload))
        return Sent(remote_ids=(f"twin-{len(self.delivered)}",))
