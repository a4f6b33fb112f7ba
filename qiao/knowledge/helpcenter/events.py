"""Facts of the help centre."""

from uuid import UUID

from qiao.core.events import Event, event


@event("helpcenter.settings_changed")
class HelpSettingsChanged(Event, frozen=True, kw_only=True):
    """How the help centre looks, or whether it is there at all."""


@event("helpcenter.voted")
class TextVoted(Event, frozen=True, kw_only=True):
    """A reader said whether a text helped. `previous` is what they said before; `reason` why it did not."""

    source: str
    item_id: UUID
    helpful: bool
    previous: bool | None
    reason: str | None


@event("helpcenter.used")
class HelpUsed(Event, frozen=True, kw_only=True):
    """What was read and searched in a few seconds, counted together: `views` are (text, how often), `cards` the same for
    texts opened from a chat, `searches` are (language, words, how many texts were found, how often)."""

    views: tuple[tuple[UUID, int], ...] = ()
    cards: tuple[tuple[UUID, int], ...] = ()
    searches: tuple[tuple[str, str, int, int], ...] = ()
