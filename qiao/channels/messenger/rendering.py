"""Our messages as the Send API takes them. Pure."""

from typing import Any, Final

from qiao.channels.contract.degrade import as_text
from qiao.channels.contract.messages import Outbound

LONGEST_BYTES: Final = {"messenger": 2000, "instagram": 1000}
"""Of one message: Messenger counts characters, Instagram bytes; bytes are right for both."""
REPLIES: Final = 13
TITLE: Final = 20
REPLY_BYTES: Final = 1000
ELEMENT: Final = 80
_OPEN: Final = {"zh-CN": "查看", "en": "Open"}


def render(message: Outbound, name: str) -> dict[str, Any]:
    """Messages in the order they leave; `file` belongs to the first."""
    out: dict[str, Any] = {"to": message.address, "author": message.author_kind}
    longest = LONGEST_BYTES[name]
    payload = message.payload
    match message.kind:
        case "image" | "file":
            mime = str(payload.get("mime") or "")
            file = {key: payload.get(key) for key in ("file_id", "url", "name")} | {"mime": mime}
            return out | {"file": file | {"type": _type(message.kind, mime)}, "messages": _texts(message.body, longest)}
        case "choices":
            return out | {"messages": _choices(message, longest)}
        case "card":
            return out | {"messages": _card(message, longest)}
    return out | {"messages": _texts(message.body, longest)}


def _type(kind: str, mime: str) -> str:
    if kind == "image" and mime in ("image/jpeg", "image/png", "image/gif"):
        return "image"
    family = mime.partition("/")[0]
    return family if family in ("audio", "video") else "file"


def _texts(body: str, longest: int) -> list[dict[str, Any]]:
    return [{"text": part} for part in parts(body, longest)]


def parts(body: str, longest: int) -> list[str]:
    """`body` in pieces of at most `longest` bytes, broken at line ends and spaces where that is possible."""
    left, found = body.strip(), []
    while left:
        if len(left.encode()) <= longest:
            found.append(left)
            break
        piece = left.encode()[:longest].decode("utf-8", "ignore")
        cut = max(piece.rfind("\n"), piece.rfind("。") + 1, piece.rfind(" "))
        piece = piece[:cut] if cut > len(piece) // 2 else piece
        found.append(piece.rstrip())
        left = left[len(piece) :].lstrip()
    return found


def _choices(message: Outbound, longest: int) -> list[dict[str, Any]]:
    prompt = message.body or str(message.payload.get("prompt") or "") or "…"
    options = [
        (str(one.get("id") or one.get("label")), str(one.get("label") or one.get("id")))
        for one in message.payload.get("options") or ()
        if isinstance(one, dict) and (one.get("id") or one.get("label"))
    ]
    if not options or len(options) > REPLIES or any(len(own.encode()) > REPLY_BYTES for own, _ in options):
        return _texts(as_text(message, message.locale), longest)
    short = all(len(label) <= TITLE for _, label in options)
    # Long labels stand in the text, and their numbers are what one taps.
    texts = _texts(prompt if short else as_text(message, message.locale), longest)
    texts[-1]["quick_replies"] = [
        {"content_type": "text", "title": label if short else str(number), "payload": own}
        for number, (own, label) in enumerate(options, start=1)
    ]
    return texts


def _card(message: Outbound, longest: int) -> list[dict[str, Any]]:
    url = str(message.payload.get("url") or "")
    words = as_text(message, message.locale)
    if not url.startswith("https://"):
        return _texts(words, longest)
    title, _, rest = words.replace(url, "").strip().partition("\n")
    label = _OPEN[message.locale if message.locale in _OPEN else "en"]
    element: dict[str, Any] = {
        "title": (title or url)[:ELEMENT],
        "default_action": {"type": "web_url", "url": url},
        "buttons": [{"type": "web_url", "url": url, "title": label}],
    }
    if rest:
        element["subtitle"] = rest[:ELEMENT]
    picture = str(message.payload.get("thumb_url") or "")
    if picture.startswith("https://"):
        element["image_url"] = picture
    template = {"template_type": "generic", "elements": [element]}
    return [{"attachment": {"type": "template", "payload": template}}]
