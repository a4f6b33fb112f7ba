"""Which updates of a bot are for us: private chats, and what in a group is said to the bot. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from qiao.channels.contract import reading

ALLOWED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""What we ask Telegram for."""


def wanted(update: Mapping[str, Any], username: str) -> bool:
    """Whether an update concerns this bot's service."""
    message = message_of(update)
    if message is None:
        return any(name in update for name in ALLOWED)
    if reading.text(message, "chat", "type") == "private":
        return True
    return "callback_query" in update or (bool(username) and _addressed(message, username))


def message_of(update: Mapping[str, Any]) -> dict[str, Any] | None:
    """The message an update is about."""
    for path in (("message",), ("edited_message",), ("callback_query", "message")):
        found = reading.mapping(update, *path)
        if found:
            return found
    return None


def _addressed(message: Mapping[str, Any], username: str) -> bool:
    name = username.removeprefix("@").lower()
    if reading.text(message, "reply_to_message", "from", "username").lower() == name:
        return True
    said = (reading.text(message, "text") or reading.text(message, "caption")).lower()
    at = said.find(f"@{name}")
    after = said[at + len(name) + 1 :][:1]
    return at >= 0 and not (after.isalnum() or after == "_")
