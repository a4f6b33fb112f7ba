"""Personal data: which columns hold it (marked in the models) and how it is shown to those who may not see it whole."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import inspect

MASK: Final = "****"


def mask_phone(value: str | None) -> str | None:
    """`19912341234` → `199****1234`; short numbers keep their last two digits only."""
    if not value:
        return value
    if len(value) < 8:
        return MASK + value[-2:]
    return f"{value[:-8]}{MASK}{value[-4:]}"


def mask_email(value: str | None) -> str | None:
    """`anna@example.com` → `a***@example.com`."""
    if not value:
        return value
    local, at, domain = value.partition("@")
    return f"{local[:1]}***{at}{domain}" if at else f"{value[:1]}***"


def mask_text(value: str | None) -> str | None:
    """Keeps the first and last character of longer texts."""
    if not value:
        return value
    return f"{value[0]}{MASK}{value[-1]}" if len(value) > 4 else MASK


def mask(kind: str, value: Any) -> Any:
    """`value` as someone without the right may see it. `kind` is the column's mark."""
    if value is None or value == "":
        return value
    if kind == "phone":
        return mask_phone(str(value))
    if kind == "email":
        return mask_email(str(value))
    if kind == "secret":
        return MASK
    return mask_text(str(value))


def marks(model: type[Any]) -> dict[str, str]:
    """Attribute → kind of every column of `model` marked `info={"personal": kind}` or `info={"secret": True}`."""
    found: dict[str, str] = {}
    for attribute in inspect(model).column_attrs:
        info: Mapping[str, Any] = attribute.columns[0].info
        if "personal" in info:
            found[attribute.key] = str(info["personal"])
        elif info.get("secret"):
            found[attribute.key] = "secret"
    return found
