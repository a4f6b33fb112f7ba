"""Rich messages as text, for channels that can show no more. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from qiao.channels.contract.manifest import Capabilities
from qiao.channels.contract.messages import Outbound
from qiao.core import i18n


def degrade(message: Outbound, capabilities: Capabilities, locale: str) -> Outbound:
    """`message` as the channel can carry it: unknown kinds become text, long text is cut with an ellipsis."""
    fits = message
    if message.kind not in capabilities.sends:
        fits = msgspec.structs.replace(message, kind="text", body=as_text(message, locale), payload={})
    if len(fits.body) > capabilities.longest_text:
        fits = msgspec.structs.replace(fits, body=fits.body[: capabilities.longest_text - 1] + "…")
    return fits


def as_text(message: Outbound, locale: str) -> str:
    """What a message says, in words a person can answer to."""
    payload = message.payload
    match message.kind:
        case "image" | "file":
            return _join(message.body, str(payload.get("name") or ""), str(payload.get("url") or ""))
        case "card":
            return _join(message.body, *_card(payload, locale), str(payload.get("url") or ""))
        case "choices":
            options = [
                str(option.get("label", "")) for option in payload.get("options") or () if isinstance(option, dict)
            ]
            lines = [f"{number}. {label}" for number, label in enumerate(options, start=1)]
            return _join(message.body or str(payload.get("prompt") or ""), *lines)
        case "event":
            params = {key: str(value) for key, value in (payload.get("params") or {}).items()}
            return i18n.t(f"conversation.event.{payload.get('type')}", locale, **params)
        case _:
            return message.body


def absolute_links(payload: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """A payload whose links work outside our own pages."""
    return {
        key: _absolute(value, base_url) if key in ("url", "thumb_url") and value else value
        for key, value in payload.items()
    }


def _card(payload: Mapping[str, Any], locale: str) -> list[str]:
    inner = payload.get(str(payload.get("type"))) or payload
    if not isinstance(inner, Mapping):
        inner = payload
    if payload.get("type") == "order":
        number = str(inner.get("number") or "")
        return [i18n.t("channels.order", locale, number=number)] if number else []
    return [str(inner[key]) for key in ("title", "snippet") if inner.get(key)]


def _absolute(url: Any, base_url: str) -> str:
    text = str(url or "")
    return base_url + text if text.startswith("/") else text


def _join(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
