"""Fields of a channel's settings, with the words of the form in both languages."""

from typing import Any

from pydantic import Field


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
    **rules: Any,
) -> Any:
    """A setting. `options` are the words of a choice by its values; `widget` is how it is drawn where its type does not tell
    (`words`: in both languages; `inbox:<channel>`; `template`: one of the account's). `rules` are pydantic's own."""
    words: dict[str, Any] = {"title": {"zh-CN": zh, "en": en}}
    if zh_help:
        words["help"] = {"zh-CN": zh_help, "en": en_help}
    for key, value in (("group", group), ("multiline", multiline), ("placeholder", placeholder), ("widget", widget)):
        if value:
            words[key] = value
    if options:
        words["options"] = {value: {"zh-CN": named[0], "en": named[1]} for value, named in options.items()}
    return Field(default, json_schema_extra=words, **rules)
