"""Messages to customers as the bodies of WeChat's calls. Pure.

What leaves here is `{"to", "messages": [...]}`: one or several bodies of `message/custom/send`, or `{"to", "template"}`,
the body of a template or subscribe message. A body that needs a file of ours has it in `file`; the adapter uploads that and
puts the media id where it belongs.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from qiao.channels.contract.channel import DeliveryRefused
from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.messages import Outbound
from qiao.channels.wechat.window import TEXT_BYTES, pieces

MEGABYTE: Final = 1024 * 1024
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp"})
PICTURE_BYTES: Final = 10 * MEGABYTE
VOICES: Final = frozenset({"audio/amr", "audio/mpeg", "audio/mp3"})
VOICE_BYTES: Final = 2 * MEGABYTE
FILM_BYTES: Final = 10 * MEGABYTE
TITLE: Final = 64
SNIPPET: Final = 120
MENU_LINES: Final = 20
MENU_LINE: Final = 60
ID_LIMIT: Final = 64
DATA_KEYS: Final = 30


def render_official(message: Outbound) -> dict[str, Any]:
    """For an official account."""
    return _render(message, mini=False)


def render_mini(message: Outbound) -> dict[str, Any]:
    """For a mini program."""
    return _render(message, mini=True)


def _render(message: Outbound, *, mini: bool) -> dict[str, Any]:
    template = message.payload.get("template")
    if template:
        return {"to": message.address, "template": _template(template, mini=mini)}
    return {"to": message.address, "messages": _messages(message, mini=mini)}


def _messages(message: Outbound, *, mini: bool) -> list[dict[str, Any]]:
    payload = message.payload
    match message.kind:
        case "image" | "file":
            shown = _file(payload, mini=mini)
            if shown is not None:
                return [shown, *_texts(message.body)] if message.body.strip() else [shown]
        case "card":
            card = _page(payload, mini=mini) or (_link(message) if mini else _news(message))
            if card is not None:
                return [card]
        case "choices" if not mini:
            menu = _menu(message)
            if menu is not None:
                return [menu]
    found = _texts(as_text(message, message.locale) or message.body)
    for attachment in payload.get("attachments") or ():
        if isinstance(attachment, Mapping):
            shown = _file(attachment, mini=mini)
            found += [shown] if shown is not None else _texts(_named(attachment))
    return found


def _texts(body: str) -> list[dict[str, Any]]:
    return [{"msgtype": "text", "text": {"content": piece}} for piece in pieces(body)]


def _named(payload: Mapping[str, Any]) -> str:
    return "\n".join(str(payload[key]) for key in ("name", "url") if payload.get(key))


# -- files -------------------------------------------------------------------------------------------------------------


def _file(payload: Mapping[str, Any], *, mini: bool) -> dict[str, Any] | None:
    """A file as a message of its own; None when WeChat carries none of this kind or size (a link goes instead)."""
    if not payload.get("file_id"):
        return None
    kind = media_type(str(payload.get("mime") or ""), int(payload.get("size") or 0))
    if kind is None or (mini and kind != "image"):
        return None
    shown: dict[str, Any] = {"msgtype": kind, kind: {}, "file": _handle(payload, kind)}
    if kind == "video":
        shown[kind] = {"title": str(payload.get("name") or "")[:TITLE]}
    return shown


def _handle(payload: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {
        "file_id": str(payload["file_id"]),
        "name": str(payload.get("name") or "file"),
        "mime": str(payload.get("mime") or "application/octet-stream"),
        "type": kind,
    }


def media_type(mime: str, size: int) -> str | None:
    """As what a file may be uploaded: image, voice or video."""
    if mime in PICTURES:
        return "image" if size <= PICTURE_BYTES else None
    if mime in VOICES:
        return "voice" if size <= VOICE_BYTES else None
    if mime == "video/mp4":
        return "video" if size <= FILM_BYTES else None
    return None


# -- cards and choices -------------------------------------------------------------------------------------------------


def _page(payload: Mapping[str, Any], *, mini: bool) -> dict[str, Any] | None:
    """A page of a mini program, where the card names one and a picture for it."""
    pagepath = str(payload.get("pagepath") or "")
    thumb = str(payload.get("thumb_media_id") or "")
    if payload.get("type") != "miniprogram" or not pagepath or not (thumb or payload.get("file_id")):
        return None
    if not mini and not payload.get("appid"):
        return None
    page: dict[str, Any] = {"title": str(payload.get("title") or "")[:TITLE], "pagepath": pagepath}
    if not mini:
        page["appid"] = str(payload["appid"])
    if thumb:
        return {"msgtype": "miniprogrampage", "miniprogrampage": {**page, "thumb_media_id": thumb}}
    return {"msgtype": "miniprogrampage", "miniprogrampage": page, "file": _handle(payload, "image")}


def _words(message: Outbound) -> tuple[str, str]:
    """Title and description of a card."""
    lines = [line for line in as_text(message, message.locale).split("\n") if line.strip()]
    url = str(message.payload.get("url") or "")
    lines = [line for line in lines if line != url]
    title = str(message.payload.get("title") or (lines[0] if lines else ""))
    rest = " ".join(line for line in lines if line != title)
    return _cut(title, TITLE), _cut(rest, SNIPPET)


def _news(message: Outbound) -> dict[str, Any] | None:
    url = str(message.payload.get("url") or "")
    title, snippet = _words(message)
    if not url or not title:
        return None
    article = {"title": title, "description": snippet, "url": url}
    picture = message.payload.get("thumb_url") or message.payload.get("image_url")
    if picture:
        article["picurl"] = str(picture)
    return {"msgtype": "news", "news": {"articles": [article]}}


def _link(message: Outbound) -> dict[str, Any] | None:
    url = str(message.payload.get("url") or "")
    picture = message.payload.get("thumb_url") or message.payload.get("image_url")
    title, snippet = _words(message)
    if not url or not title or not picture:  # the mini program's link wants a picture
        return None
    return {"msgtype": "link", "link": {"title": title, "description": snippet, "url": url, "thumb_url": str(picture)}}


def _menu(message: Outbound) -> dict[str, Any] | None:
    """Choices as lines to press; None when there are more, or longer ones, than a menu message shows."""
    options = [option for option in message.payload.get("options") or () if isinstance(option, Mapping)]
    lines = [{"id": str(o.get("id") or ""), "content": str(o.get("label") or "").strip()} for o in options]
    fits = 0 < len(lines) <= MENU_LINES and all(
        line["id"] and len(line["id"]) <= ID_LIMIT and 0 < len(line["content"]) <= MENU_LINE for line in lines
    )
    head = message.body.strip() or str(message.payload.get("prompt") or "")
    if not fits or len(head.encode()) > TEXT_BYTES // 2:
        return None
    return {"msgtype": "msgmenu", "msgmenu": {"head_content": head, "list": lines, "tail_content": ""}}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


# -- templates ---------------------------------------------------------------------------------------------------------


class Program(msgspec.Struct, forbid_unknown_fields=True):
    appid: str
    pagepath: str = ""


class Template(msgspec.Struct):
    """`payload.template`: which approved message, and what goes into its fields.

    `kind`: `template` (模板消息) or `subscribe` (订阅通知, 订阅消息); a mini program has only the latter.
    """

    id: str
    data: dict[str, str | int | float | dict[str, str]]
    kind: str = "template"
    url: str = ""
    page: str = ""
    miniprogram: Program | None = None


def template_of(given: Any) -> Template:
    """The template of a payload. Raises DeliveryRefused with the field that is wrong."""
    try:
        template = msgspec.convert(given, Template)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else str(error)
        raise DeliveryRefused("wechat.refused.template_data", number="", detail=where[:200]) from None
    for field, wrong in (
        ("id", not template.id or len(template.id) > 100),
        ("kind", template.kind not in ("template", "subscribe")),
        ("data", len(template.data) > DATA_KEYS),
        ("url", bool(template.url) and not template.url.startswith(("http://", "https://"))),
    ):
        if wrong:
            raise DeliveryRefused("wechat.refused.template_data", number="", detail=field)
    return template


def _template(given: Any, *, mini: bool) -> dict[str, Any]:
    template = template_of(given)
    kind = "subscribe" if mini else template.kind
    body: dict[str, Any] = {
        "template_id": template.id,
        "data": {
            name: {"value": str(value.get("value", "") if isinstance(value, dict) else value)}
            for name, value in template.data.items()
        },
    }
    if template.miniprogram is not None and not mini:
        body["miniprogram"] = msgspec.to_builtins(template.miniprogram)
    if template.page:
        body["page"] = template.page
    if template.url and kind == "template":
        body["url"] = template.url
    return {"kind": kind, "body": body}
