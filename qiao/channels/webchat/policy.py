"""Pure decisions of the widget: what a visitor's message may carry, what is remembered of the page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

RECEIVES: Final = frozenset({"text", "image", "file"})
CLIENT_ID_LIMIT: Final = 80
WITHDRAW_WITHIN: Final = timedelta(minutes=2)
"""How long a visitor may take back what they sent, as in the messengers people know."""
PREVIEW_LIMIT: Final = 500
_PAGE: Final = {"url": "page_url", "title": "title", "referrer": "referrer"}
_PAGE_LIMIT: Final = 500


def clean_payload(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of what a visitor sends along: which offered choice a text is, which file a picture is. A visitor must
    not be able to forge a source, a card or a link."""
    if kind in ("image", "file"):
        file_id = payload.get("file_id")
        return {"file_id": file_id} if isinstance(file_id, str) else {}
    choice = payload.get("choice")
    if kind == "text" and isinstance(choice, Mapping):
        kept = {key: choice[key][:500] for key in ("id", "value", "message_id") if isinstance(choice.get(key), str)}
        return {"choice": kept} if kept else {}
    return {}


def page_context(page: Mapping[str, Any] | None, user_agent: str | None) -> dict[str, str]:
    """Where the visitor is, as staff see it. Only http(s) addresses, everything short."""
    found: dict[str, str] = {}
    for key, name in _PAGE.items():
        value = (page or {}).get(key)
        if not isinstance(value, str) or not value.strip():
            continue
        if key != "title" and urlsplit(value).scheme not in ("http", "https"):
            continue
        found[name] = value.replace("\x00", "")[:_PAGE_LIMIT]
    accepted = (page or {}).get("invitation")
    if isinstance(accepted, str) and len(accepted) == 36:
        found["invitation"] = accepted.replace("\x00", "")
    if user_agent:
        found["user_agent"] = user_agent[:300]
    return found


def choice_of(helpful: Any) -> bool | None:
    """What a stored answer says about its usefulness."""
    return helpful if isinstance(helpful, bool) else None
