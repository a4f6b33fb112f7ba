"""What WeChat posts, as neutral items. Pure; XML and JSON alike, of official accounts and of mini programs."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from qiao.channels.contract import reading
from qiao.channels.contract.manifest import Window
from qiao.channels.contract.messages import Happening, Incoming, Item, Media, Receipt, Sender
from qiao.channels.contract.wechat_crypto import ENVELOPE_LIMIT, xml_values
from qiao.channels.wechat import window
from qiao.channels.wechat.schemas import SAY
from qiao.core.errors import Invalid
from qiao.desk.conversations.schemas import TEXT_LIMIT

ADDRESS_LIMIT: Final = 64
SCENE_PREFIX: Final = "qrscene_"
_VIDEO: Final = frozenset({"video", "shortvideo"})
_CLICKS: Final = frozenset({"CLICK", "scancode_push", "scancode_waitmsg"})
_VIEWS: Final = frozenset({"VIEW", "view_miniprogram"})
_SUBSCRIPTIONS: Final = {
    "subscribe_msg_popup_event": "SubscribeMsgPopupEvent",
    "subscribe_msg_change_event": "SubscribeMsgChangeEvent",
}
_VOICE: Final = {"amr": "audio/amr", "speex": "audio/ogg", "mp3": "audio/mpeg"}


def values_of(raw: bytes) -> dict[str, Any]:
    """The fields of a payload. Raises Invalid for what is neither the XML nor the JSON of a message."""
    if len(raw) > ENVELOPE_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=ENVELOPE_LIMIT)
    return reading.document(raw) if raw.lstrip()[:1] == b"{" else dict(xml_values(raw))


def identify(values: Mapping[str, Any]) -> str:
    """By what a repeat is known: the id of a message, of an event who did what when."""
    message_id = _text(values, "MsgId", 40)
    if message_id and _text(values, "MsgType", 40) != "event":
        return message_id
    told = (_text(values, name, 200) for name in ("FromUserName", "CreateTime", "Event", "EventKey", "MsgID"))
    return "event:" + hashlib.sha256("\n".join((*told, _lists(values))).encode()).hexdigest()[:40]


def _lists(values: Mapping[str, Any]) -> str:
    """Results of several subscribe messages may come in one second, told apart by what is in their lists only."""
    return "".join(_text(entry, "MsgID", 40) + _text(entry, "TemplateId", 80) for entry in _entries(values))


def parse(raw: bytes) -> Sequence[Item]:
    """A message or event of an official account or mini program. Raises Invalid."""
    values = values_of(raw)
    kind = _needed(values, "MsgType", 40)
    address = _needed(values, "FromUserName", ADDRESS_LIMIT)
    sender = Sender(address)
    if kind == "event":
        return _event(values, sender)
    return [_message(kind, values, sender)]


# -- messages ----------------------------------------------------------------------------------------------------------


def _message(kind: str, values: Mapping[str, Any], sender: Sender) -> Incoming:
    client_id = identify(values)
    at = reading.moment(values, "CreateTime")
    match kind:
        case "text":
            return _words(values, sender, client_id, at)
        case "image":
            media = _media(values, "image.jpg", "image/jpeg")
            return Incoming(client_id, "image", "", {}, sender, media=(media,), at=at)
        case "voice":
            return _voice(values, sender, client_id, at)
        case _ if kind in _VIDEO:
            media = _media(values, "video.mp4", "video/mp4")
            return Incoming(client_id, "file", "", {}, sender, media=(media,), at=at)
        case "location":
            return _location(values, sender, client_id, at)
        case "link":
            card = _card("link", values, "Title", snippet=_text(values, "Description", 500), url=_link(values, "Url"))
            return Incoming(client_id, "card", "", card, sender, at=at)
        case "miniprogrampage":
            card = _card(
                "miniprogram",
                values,
                "Title",
                appid=_text(values, "AppId", 40),
                pagepath=_text(values, "PagePath", 1000),
                thumb_url=_link(values, "ThumbUrl"),
            )
            return Incoming(client_id, "card", "", card, sender, at=at)
        case "file":
            media = _media(values, _text(values, "Title", 120) or "file", None)
            return Incoming(client_id, "file", _text(values, "Description", 500), {}, sender, media=(media,), at=at)
    # Better a word that something came than a customer nobody answers.
    return Incoming(client_id, "text", f"[{kind}]", {}, sender, context={"unsupported": kind}, at=at)


def _words(values: Mapping[str, Any], sender: Sender, client_id: str, at: datetime | None) -> Incoming:
    body = _text(values, "Content", TEXT_LIMIT)
    if not body.strip():
        raise Invalid.field("Content", "conversation.empty_message")
    choice = _text(values, "bizmsgmenuid", 80)
    payload = {"choice": {"id": choice, "value": body[:500]}} if choice else {}
    # A line of a menu message counts as a click, not as a message.
    opens = window.CLICKED if choice else None
    return Incoming(client_id, "text", body, payload, sender, at=at, opens=opens)


def _voice(values: Mapping[str, Any], sender: Sender, client_id: str, at: datetime | None) -> Incoming:
    """A recording. Where the provider has understood it, it is a text with the recording beside it."""
    format_ = _text(values, "Format", 10).lower() or "amr"
    ending = format_ if format_.isascii() and format_.isalnum() else "amr"
    media = _media(values, f"voice.{ending}", _VOICE.get(ending, "application/octet-stream"))
    words = _text(values, "Recognition", TEXT_LIMIT).strip()
    return Incoming(client_id, "text" if words else "file", words, {}, sender, media=(media,), at=at)


def _location(values: Mapping[str, Any], sender: Sender, client_id: str, at: datetime | None) -> Incoming:
    latitude, longitude = _degrees(values, "Location_X", 90), _degrees(values, "Location_Y", 180)
    label = _text(values, "Label", 300)
    name = _text(values, "Poiname", 100)
    place = f"{latitude:.6f},{longitude:.6f}"
    # The provider's coordinates are those of Chinese maps (GCJ-02): another provider's map would show the next street.
    marker = quote(f"coord:{place};title:{name or label or place};addr:{label or place}", safe=":;,")
    card = {
        "type": "location",
        "title": name or label or place,
        "snippet": label if name else place,
        "url": f"https://apis.map.qq.com/uri/v1/marker?marker={marker}&referer=qiao",
        "latitude": latitude,
        "longitude": longitude,
    }
    return Incoming(client_id, "card", "", card, sender, at=at)


def _card(type_: str, values: Mapping[str, Any], title: str, **more: str) -> dict[str, Any]:
    shown = {"type": type_, "title": _text(values, title, 200) or more.get("url") or more.get("pagepath") or type_}
    return shown | {name: value for name, value in more.items() if value}


def _media(values: Mapping[str, Any], name: str, mime: str | None) -> Media:
    """`ref` is the media id and, of pictures, the address it may be had from when the id has expired."""
    media_id = _needed(values, "MediaId", 300)
    return Media("\n".join((media_id, _link(values, "PicUrl"))).strip(), name, mime)


# -- events ------------------------------------------------------------------------------------------------------------


def _event(values: Mapping[str, Any], sender: Sender) -> Sequence[Item]:
    event = _needed(values, "Event", 60)
    client_id = identify(values)
    match event.lower():
        case "subscribe":
            return _followed(values, sender, client_id)
        case "unsubscribe":
            return [Happening(client_id, "unsubscribed", sender)]
        case "scan":
            return [_entered(values, sender, client_id, window.SCANNED)]
        case "user_enter_tempsession":
            data = {"scene": _text(values, "SessionFrom", 1000)}
            at = reading.moment(values, "CreateTime")
            return [Happening(client_id, "entered", sender, data, begins=True, opens=window.OPENED, at=at)]
        case "templatesendjobfinish":
            status = _text(values, "Status", 100)
            return [_receipt(_needed(values, "MsgID", 40), status == "success", status)]
        case "subscribe_msg_sent_event":
            return [
                _receipt(message_id, _text(entry, "ErrorCode", 20) == "0", _text(entry, "ErrorStatus", 100))
                for entry in _entries(values)
                if (message_id := _text(entry, "MsgID", 40))
            ]
    if event in _SUBSCRIPTIONS:
        return [
            Happening(f"{client_id}:{place}", "subscription_chosen", sender, _choice(entry))
            for place, entry in enumerate(_entries(values))
        ]
    key = _text(values, "EventKey", 1000)
    if event == "CLICK" and key.startswith(SAY) and key != SAY:
        words, at = key.removeprefix(SAY), reading.moment(values, "CreateTime")
        return [Incoming(client_id, "text", words, {}, sender, context={"menu": True}, at=at, opens=window.CLICKED)]
    if event in _CLICKS or event in _VIEWS:
        return [_menu(event, values, sender, client_id)]
    return []  # reports of positions, of mass mailings and of reviews: nothing a customer says or does


def _followed(values: Mapping[str, Any], sender: Sender, client_id: str) -> list[Item]:
    key = _text(values, "EventKey", 200)
    scene = key.removeprefix(SCENE_PREFIX) if key.startswith(SCENE_PREFIX) else ""
    data = {"scene": scene} if scene else {}
    at = reading.moment(values, "CreateTime")
    found: list[Item] = [Happening(client_id, "subscribed", sender, data, begins=True, opens=window.FOLLOWED, at=at)]
    if scene:
        found.append(_entered(values, sender, f"{client_id}:entered", window.SCANNED))
    return found


def _entered(values: Mapping[str, Any], sender: Sender, client_id: str, opens: Window) -> Happening:
    data = {"scene": _text(values, "EventKey", 200).removeprefix(SCENE_PREFIX)}
    ticket = _text(values, "Ticket", 200)
    if ticket:
        data["ticket"] = ticket
    at = reading.moment(values, "CreateTime")
    return Happening(client_id, "entered", sender, data, begins=True, opens=opens, at=at)


def _menu(event: str, values: Mapping[str, Any], sender: Sender, client_id: str) -> Happening:
    key = _text(values, "EventKey", 1000)
    if event in _VIEWS:  # opens a page, and no quota
        return Happening(client_id, "menu_viewed", sender, {"url": key})
    result = reading.text(values, "ScanCodeInfo", "ScanResult", limit=1000)
    data = {"key": key} | ({"scanned": result} if result else {})
    at = reading.moment(values, "CreateTime")
    return Happening(client_id, "menu_clicked", sender, data, begins=True, opens=window.CLICKED, at=at)


def _receipt(message_id: str, arrived: bool, status: str) -> Receipt:
    if arrived:
        return Receipt(message_id, "delivered")
    word = "user_block" if "block" in status else "system_failed"
    return Receipt(message_id, "failed", f"wechat.receipt.{word}", status)


def _choice(entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "template": _text(entry, "TemplateId", 80),
        "choice": _text(entry, "SubscribeStatusString", 20),
    }


def _entries(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The list of a subscribe event: inside an element named for the event in XML, plain in JSON, and one or several."""
    holder: Any = values
    for name in (*_SUBSCRIPTIONS.values(), "SubscribeMsgSentEvent"):
        if isinstance(values.get(name), Mapping):
            holder = values[name]
    found = holder.get("List")
    return [entry for entry in (found if isinstance(found, list) else [found]) if isinstance(entry, Mapping)][:50]


# -- fields ------------------------------------------------------------------------------------------------------------


def _text(values: Any, name: str, limit: int) -> str:
    return reading.text(values, name, limit=limit)


def _needed(values: Mapping[str, Any], name: str, limit: int) -> str:
    return reading.required(values, name, limit=limit)


def _link(values: Mapping[str, Any], name: str) -> str:
    """An address of the web; anything else is not shown as one."""
    url = _text(values, name, 2000).strip()
    return url if url.startswith(("http://", "https://")) and not any(sign.isspace() for sign in url) else ""


def _degrees(values: Mapping[str, Any], name: str, most: float) -> float:
    given = values.get(name)
    try:
        degrees = float(given) if isinstance(given, str | int | float) else math.nan
    except (ValueError, OverflowError):
        degrees = math.nan
    if not -most <= degrees <= most:
        raise Invalid.field(name, "value_invalid")
    return degrees
