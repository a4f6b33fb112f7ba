"""Kinds of notifications and how people hear of them unless they choose otherwise. Pure."""

from datetime import timedelta
from typing import Final

from qiao.core import i18n

COALESCED: Final = timedelta(hours=1)
MAIL_WAITS: Final = timedelta(minutes=2)
MAIL_TRIES: Final = 6
WAY_WAITS: Final = timedelta(seconds=30)
"""What is read in the console by then does not ring a telephone."""
KEPT_READ: Final = timedelta(days=30)
KEPT: Final = timedelta(days=90)

# What somebody waits for is mailed unless they say otherwise; the rest is for the bell.
MAILED: Final = frozenset(
    {
        "task.created",
        "task.assigned",
        "task.handed_back",
        "task.reminder",
        "task.overdue",
        "approval.asked",
        "approval.reminder",
        "approval.rejected",
        "sla.breached",
    }
)
OWN_MAIL: Final = frozenset({"approval.asked", "approval.reminder"})
"""Kinds whose room writes the mail itself, with more in it than a line. Wanting it is asked by `wants_mail`."""
_TEXT: Final = "notifications.text."


def kinds() -> list[str]:
    """Every kind there are words for, in the catalogue's order."""
    return [key.removeprefix(_TEXT) for key in i18n.catalogues()[i18n.DEFAULT_LOCALE] if key.startswith(_TEXT)]


def known(kind: str) -> bool:
    return _TEXT + kind in i18n.catalogues()[i18n.DEFAULT_LOCALE]


def text(kind: str, params: dict[str, object], actor_name: str | None, locale: str) -> str:
    """The line as `locale` reads it."""
    actor = actor_name or i18n.t("notifications.somebody", locale)
    shown = {key: _in(value, locale) for key, value in params.items()}
    return i18n.t(_TEXT + kind, locale, **{**shown, "actor": actor})


def _in(value: object, locale: str) -> object:
    """Words by language, as admins wrote them, in the reader's; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return value.get(i18n.match_locale(locale)) or next((words for words in value.values() if words), "")


def retry_after(tries: int) -> timedelta:
    """1, 2, 4 … minutes: a mail server that is down is left alone longer each time."""
    return timedelta(minutes=2 ** min(tries, 6))
