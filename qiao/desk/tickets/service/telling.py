"""Texts of a type filled for a ticket: `{{ticket.number}}`, `{{customer.name}}`, fields by key."""

import re
from collections.abc import Mapping
from typing import Any, Final

from qiao.core.db import Session
from qiao.desk.tickets.definition import FieldSpec
from qiao.desk.tickets.fields import money
from qiao.desk.tickets.service.rows import Held
from qiao.people.customers import service as customers

_VARIABLE: Final = re.compile(r"\{\{\s*([a-z][\w.]{0,80})\s*\}\}")


def in_language(text: Mapping[str, str], locale: str) -> str:
    """The words in a language, or in the other one."""
    return text.get(locale) or next((words for words in text.values() if words), "")


async def filled(db: Session, held: Held, text: Mapping[str, str]) -> str:
    """The text in the ticket's language. What is not known leaves a gap of nothing; values are not looked at again."""
    row = held.row
    values: dict[str, str] = {
        "ticket.number": held.ref,
        "ticket.title": row.title,
        "ticket.state": in_language({str(k): v for k, v in held.kind.state(row.state).label.items()}, row.locale),
    }
    if row.customer_id is not None:
        values["customer.name"] = (await customers.ref(db, row.customer_id)).name
    for spec in held.kind.definition.fields:
        if spec.key in row.data:
            values[f"fields.{spec.key}"] = values[f"ticket.fields.{spec.key}"] = shown(
                spec, row.data[spec.key], row.locale
            )
    return _VARIABLE.sub(lambda match: values.get(match[1], ""), in_language(text, row.locale)).strip()


def shown(spec: FieldSpec, value: Any, locale: str) -> str:
    """A field's value in words."""
    if spec.kind in ("choice", "choices", "cascade"):
        words = []
        level = spec.options
        for key in value if isinstance(value, list) else [value]:
            option = next((one for one in level if one.key == key), None)
            if option is not None:
                words.append(in_language({str(k): v for k, v in option.label.items()}, locale))
                level = option.children if spec.kind == "cascade" else level
        return (" / " if spec.kind == "cascade" else "、" if locale == "zh-CN" else ", ").join(words)
    if spec.kind == "money":
        return money(int(value["minor"]), str(value["currency"]))
    if spec.kind == "file":
        return ", ".join(str(one.get("name", "")) for one in value)
    if spec.kind == "yes_no":
        return {("zh-CN", True): "是", ("zh-CN", False): "否", ("en", True): "yes"}.get((locale, value), "no")
    return "" if spec.kind == "table" else str(value)
