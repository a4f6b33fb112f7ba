"""Approved templates as the composer shows them. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Template

_BLANK: Final = re.compile(r"\{\{\s*(\w{1,40})\s*\}\}")
_HEADER_FILES: Final = ("IMAGE", "VIDEO", "DOCUMENT")


def listed(row: Mapping[str, Any]) -> Template | None:
    """A template of Meta's list; None for what is not approved or needs what we cannot fill in."""
    name, language = reading.text(row, "name", limit=600), reading.text(row, "language", limit=20)
    if reading.text(row, "status") != "APPROVED" or not name or not language:
        return None
    slots: list[dict[str, Any]] = []
    lines: list[str] = []
    named = reading.text(row, "parameter_format") == "NAMED"
    for component in reading.mappings(row, "components"):
        kind, text = reading.text(component, "type"), reading.text(component, "text", limit=2000)
        match kind:
            case "HEADER" if reading.text(component, "format") in _HEADER_FILES:
                form = reading.text(component, "format").lower()
                slots.append({"in": "header", "type": form, "field": f"{form}_link"})
                lines.append(f"{{{form}_link}}")
            case "HEADER":
                lines.append(_filled(text, "header", "header_", slots, named))
            case "BODY":
                lines.append(_filled(text, "body", "", slots, named))
            case "FOOTER":
                lines.append(text)
            case "BUTTONS":
                for index, button in enumerate(reading.mappings(component, "buttons")):
                    lines.append(_button(button, index, slots))
            case _:
                return None  # carousels, limited offers: nothing one fills in while chatting
    fields = tuple(dict.fromkeys(str(slot["field"]) for slot in slots))
    shown = "\n".join(line for line in lines if line)
    return Template(f"{name}:{language}", name, shown, fields, language, {"slots": slots})


def _filled(text: str, place: str, prefix: str, slots: list[dict[str, Any]], named: bool) -> str:
    def put(found: re.Match[str]) -> str:
        field = f"{prefix}{found[1]}"
        slot = {"in": place, "type": "text", "field": field}
        slots.append(slot | ({"name": found[1]} if named else {}))
        return f"{{{field}}}"

    return _BLANK.sub(put, text)


def _button(button: Mapping[str, Any], index: int, slots: list[dict[str, Any]]) -> str:
    label, url = reading.text(button, "text", limit=60), reading.text(button, "url", limit=2000)
    if not _BLANK.search(url):
        return f"[{label}]"
    field = f"button_{index + 1}"
    slots.append({"in": "button", "index": str(index), "type": "text", "field": field})
    return f"[{label}: {_BLANK.sub('{' + field + '}', url)}]"
