"""Our messages as WhatsApp's: buttons, lists, links, templates. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from qiao.channels.contract import reading
from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.messages import Outbound

CAPTION: Final = 1024
PROMPT: Final = 1024
BUTTONS: Final = 3
BUTTON_TITLE: Final = 20
ROWS: Final = 10
ROW_TITLE: Final = 24
ROW_TEXT: Final = 72
ROW_ID: Final = 200
PICTURES: Final = {"image/jpeg": 5 * 1024 * 1024, "image/png": 5 * 1024 * 1024}
_CHOOSE: Final = {"zh-CN": "请选择", "en": "Choose"}
_OPEN: Final = {"zh-CN": "查看", "en": "Open"}


def render(message: Outbound) -> dict[str, Any]:
    """What the API is sent, but for a file's id: that is there once the adapter has uploaded `file`."""
    out: dict[str, Any] = {"to": message.address}
    template = message.payload.get("template")
    if isinstance(template, dict):
        return out | {"message": {"type": "template", "template": template_of(template)}}
    payload = message.payload
    match message.kind:
        case "image" | "file":
            mime = str(payload.get("mime") or "application/octet-stream").partition(";")[0]
            size = payload.get("size") if isinstance(payload.get("size"), int) else 0
            kind = _media_kind(message.kind, mime, size or 0)
            inner: dict[str, Any] = {}
            if kind == "document":
                inner["filename"] = str(payload.get("name") or "file")[:240]
            if message.body and kind != "audio" and len(message.body) <= CAPTION:
                inner["caption"] = message.body
            elif message.body:
                out["then"] = _text(message.body)
            file = {"file_id": payload.get("file_id"), "name": payload.get("name") or "file", "mime": mime}
            return out | {"message": {"type": kind, kind: inner}, "file": file}
        case "choices":
            return out | {"message": _choices(message)}
        case "card":
            return out | {"message": _card(message)}
    return out | {"message": _text(message.body)}


def _text(body: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": body, "preview_url": "https://" in body}}


def _media_kind(kind: str, mime: str, size: int) -> str:
    if kind == "image":
        return "image" if mime in PICTURES and size <= PICTURES[mime] else "document"
    if mime in ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg") and size <= 16 * 1024 * 1024:
        return "audio"
    if mime in ("video/mp4", "video/3gpp") and size <= 16 * 1024 * 1024:
        return "video"
    return "document"


def _choices(message: Outbound) -> dict[str, Any]:
    prompt = message.body or str(message.payload.get("prompt") or "")
    options = [
        (str(one.get("id") or one.get("label")), str(one.get("label") or one.get("id")))
        for one in message.payload.get("options") or ()
        if isinstance(one, dict) and (one.get("id") or one.get("label"))
    ]
    ids, titles = {own for own, _ in options}, {label[:BUTTON_TITLE] for _, label in options}
    fits = len(ids) == len(options) and all(len(own) <= ROW_ID for own in ids)
    if not options or not fits or not prompt or len(prompt) > PROMPT or len(options) > ROWS:
        # More than WhatsApp can offer: numbered, to be answered in words.
        return _text(as_text(message, message.locale)[:4096])
    if (
        len(options) <= BUTTONS
        and len(titles) == len(options)
        and all(len(label) <= BUTTON_TITLE for _, label in options)
    ):
        buttons = [{"type": "reply", "reply": {"id": own, "title": label}} for own, label in options]
        action: dict[str, Any] = {"buttons": buttons}
        return _interactive("button", prompt, action)
    rows = [
        {"id": own, "title": _short(label, ROW_TITLE)}
        | ({"description": _short(label, ROW_TEXT)} if len(label) > ROW_TITLE else {})
        for own, label in options
    ]
    action = {"button": _CHOOSE[message.locale if message.locale in _CHOOSE else "en"], "sections": [{"rows": rows}]}
    return _interactive("list", prompt, action)


def _card(message: Outbound) -> dict[str, Any]:
    url = str(message.payload.get("url") or "")
    words = as_text(message, message.locale)
    if not url.startswith("https://"):
        return _text(words[:4096])
    body = words.replace(url, "").strip() or url
    label = _OPEN[message.locale if message.locale in _OPEN else "en"]
    action = {"name": "cta_url", "parameters": {"display_text": label, "url": url}}
    return _interactive("cta_url", body[:PROMPT], action)


def _interactive(kind: str, body: str, action: dict[str, Any]) -> dict[str, Any]:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": body}, "action": action}}


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# -- templates ---------------------------------------------------------------------------------------------------------


def template_of(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """The template as the API takes it: of `{id: "name:language", slots: […], data: {field: value}}`, or as given by API
    clients with `components` of their own."""
    name, _, language = reading.text(chosen, "id").rpartition(":")
    name = reading.text(chosen, "name") or name
    language = reading.text(chosen, "language") or language or "en"
    out: dict[str, Any] = {"name": name, "language": {"code": language}}
    components = chosen.get("components")
    if not isinstance(components, list):
        slots = list(reading.mappings(chosen, "slots"))[:60]
        components = _components(slots, reading.mapping(chosen, "data"))
    return out | ({"components": components} if components else {})


def _components(slots: list[dict[str, Any]], values: Mapping[str, Any]) -> list[dict[str, Any]]:
    grouped: dict[tuple[str, str], dict[str, Any]] = {}
    for slot in slots:
        place, index = reading.text(slot, "in"), reading.text(slot, "index")
        head: dict[str, Any] = {"type": place}
        if place == "button":
            head |= {"sub_type": "url", "index": index}
        component = grouped.setdefault((place, index), head | {"parameters": []})
        value = reading.text(values, reading.text(slot, "field"), limit=1024)
        component["parameters"].append(
            _parameter(reading.text(slot, "type") or "text", reading.text(slot, "name"), value)
        )
    return list(grouped.values())


def _parameter(kind: str, name: str, value: str) -> dict[str, Any]:
    if kind in ("image", "video", "document"):
        return {"type": kind, kind: {"link": value}}
    # Line breaks and long gaps are refused within a parameter.
    parameter: dict[str, Any] = {"type": "text", "text": " ".join(value.split()) or "-"}
    return parameter | ({"parameter_name": name} if name else {})
