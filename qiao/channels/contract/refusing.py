"""What a provider's interface says no with."""

from collections.abc import Mapping
from typing import ClassVar, Final

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, SourceFailed

DETAIL: Final = 300
"""Characters kept of what a provider says."""


class ProviderError(Exception):
    """A provider said no, for a reason that does not pass by itself; callers make of it what their port raises.

    `code` is the provider's. A channel names itself and its provider, and says what it knows a code by: words for that are
    in its catalogue under `<channel>.refused`, those for codes nobody has heard of under `unknown`.
    """

    channel: ClassVar[str]
    provider: ClassVar[str]
    words: ClassVar[Mapping[int, str]] = {}
    """Reasons by code, each in one word."""
    hopeless: ClassVar[frozenset[str]] = frozenset({"credentials"})
    """Reasons that only somebody who changes the settings can remove."""

    def __init__(self, code: int | str, message: str):
        super().__init__(f"{code}: {message}"[:DETAIL])
        self.code = code
        self.message = message[:DETAIL]

    @property
    def word(self) -> str | None:
        """The reason in one word, where the code is a known one."""
        return self.words.get(int(self.code))

    def as_delivery(self) -> DeliveryFailed | DeliveryRefused:
        """What this is to a message on its way out. An unknown code may be a passing one."""
        if self.word is None:
            return DeliveryFailed(f"{self.provider} answered {self}"[:DETAIL])
        return DeliveryRefused(f"{self.channel}.refused.{self.word}", detail=str(self.code))

    def as_source(self) -> SourceFailed:
        """What this is to an inbox, or to somebody who tries its settings."""
        if self.word is None:
            return SourceFailed(f"{self.channel}.refused.unknown", detail=str(self)[:200])
        return SourceFailed(
            f"{self.channel}.refused.{self.word}", hopeless=self.word in self.hopeless, detail=str(self.code)
        )
