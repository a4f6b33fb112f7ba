"""Further ways to reach staff outside the console (企业微信, 钉钉, 飞书 …), registered at start-up by who can carry them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from qiao.core.mail import Line
from qiao.core.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody is told. `id` is the same on every try; each line says one thing and where it leads."""

    id: str
    title: str
    lines: Sequence[Line]
    locale: str


class WayFailed(Exception):
    """The provider could not be reached or is busy. It will be tried again."""


class WayRefused(Exception):
    """The provider will never take this for this account. `code` is a key of the catalogue; the person reads why."""

    def __init__(self, code: str):
        super().__init__(code)
        self.code = code


class Way(Protocol):
    """One way. Its words are in the catalogue: `notifications.way.<name>` and `notifications.way_account.<name>`."""

    name: str

    async def ready(self) -> bool:
        """Whether the company has set it up."""
        ...

    async def send(self, account: str, notice: Notice) -> None:
        """Returns once the provider has taken it. Raises WayFailed or WayRefused."""
        ...


class Ways:
    """The ways of a process, by name."""

    def __init__(self) -> None:
        self._known: dict[str, Way] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Ways":
        """The registry of `runtime`, made by whoever asks first."""
        return runtime.once(cls, cls)

    def register(self, way: Way) -> None:
        """Adds a way; a later one of the same name takes its place."""
        self._known[way.name] = way

    def find(self, name: str) -> Way | None:
        return self._known.get(name)

    def __iter__(self) -> Iterator[Way]:
        return iter(self._known.values())
