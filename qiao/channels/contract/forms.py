"""Fields of a channel's settings, with the words of the form in both languages."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError


def _web_address(text: str) -> str:
    """Blanks in braces may stand anywhere but for the host."""
    try:
        parts = urlsplit(text)
        good = not text or (parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username)
    except ValueError:
        good = False
    if not good:
        raise PydanticCustomError("channel_address_invalid", "not a web address")
    return text


WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, max_length=700), AfterValidator(_web_address)]
"""A full http or https address without a password in it, or nothing."""


def field(
    default: Any,
    zh: str,
    en: str,
    zh_help: str = "",
    en_help: str = "",
    /,
    *,
    group: str = "",
    multiline: bool = False,
    placeholder: str = "",
    widget: str = "",
    options: dict[str, tuple[str, str]] | None = None,
    shown_when: Mapping[str, Sequence[str]] | None = None,
    needed: bool = False,
    unless: str = "",
    **rules: Any,
) -> Any:
    """A setting. `options` are the words of a choice by its values; `widget` is how it is drawn where its type does not tell
    (`words`: in both languages; `inbox:<channel>`; `template`: one of the account's; `ticket_type`). `shown_when`: only while
    each of these other settings has one of its values. `needed`: nothing can be connected without it, `unless` that other
    setting is given; it may be saved without, and is asked for when the connection is tried. `rules` are pydantic's own."""
    words: dict[str, Any] = {"title": {"zh-CN": zh, "en": en}}
    if zh_help:
        words["help"] = {"zh-CN": zh_help, "en": en_help}
    for key, value in (("group", group), ("multiline", multiline), ("placeholder", placeholder), ("widget", widget)):
        if value:
            words[key] = value
    if options:
        words["options"] = {value: {"zh-CN": named[0], "en": named[1]} for value, named in options.items()}
    if shown_when:
        words["shown_when"] = {name: list(values) for name, values in shown_when.items()}
    if needed:
        words["needed"] = True
        if unless:
            words["unless"] = unless
    return Field(default, json_schema_extra=words, **rules)


def lacking(settings: BaseModel) -> list[str]:
    """The needed settings that are empty, of those that count with what is chosen."""
    given = {name: _given(getattr(settings, name)) for name in type(settings).model_fields}
    found: list[str] = []
    for name, info in type(settings).model_fields.items():
        words = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        if not words.get("needed") or given[name]:
            continue
        shown = words.get("shown_when")
        if isinstance(shown, dict) and any(given[other] not in (wanted or ()) for other, wanted in shown.items()):  # type: ignore[operator]  # lists
            continue
        unless = words.get("unless")
        if not (isinstance(unless, str) and given[unless]):
            found.append(name)
    return found


def _given(value: Any) -> Any:
    return value.get_secret_value().strip() if isinstance(value, SecretStr) else value
