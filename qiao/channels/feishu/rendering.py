"""Neutral messages → what Feishu shows. Pure."""

import re
from typing import Any, Final

from qiao.channels.contract.messages import Outbound
from qiao.core import i18n

IMAGE_BYTES: Final = 10 * 1024 * 1024
FILE_BYTES: Final = 30 * 1024 * 1024
OPTIONS: Final = 20
PICTURES: Final = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/x-icon"}
)
FILE_TYPES: Final = {
    "mp4": "mp4",
    "opus": "opus",
    "pdf": "pdf",
    "doc": "doc",
    "docx": "doc",
    "xls": "xls",
    "xlsx": "xls",
    "ppt": "ppt",
    "pptx": "ppt",
}
_MARKED: Final = re.compile(r"\*\*[^*\n]+\*\*|\[[^\]\n]+\]\(https?://|^#{1,4} |^[-*] |^> |`[^`\n]+`", re.MULTILINE)


def render(message: Outbound) -> dict[str, Any]:
    """`{"to", "say"}`: each of `say` has `msg_type` and `content`, or a `file` to send first."""
    return {"to": message.address, "say": _say(message)}


def split_address(value: str) -> tuple[str, str, str]:
    """Kind (`p`, `g`), chat, person (empty alone with the bot)."""
    kind, _, rest = value.partition(":")
    chat, _, person = rest.partition(":")
    return kind, chat, person


def _say(message: Outbound) -> list[dict[str, Any]]:
    kind, _, person = split_address(message.address)
    asked = person if kind == "g" else ""
    if message.kind in ("image", "file"):
        return [_file(message), *([_words(message.body, asked)] if message.body.strip() else [])]
    if message.kind == "choices":
        return [_choices(message, asked)]
    if message.kind == "card":
        return [_card(message)]
    return [_words(message.body, asked)]


def _words(body: str, asked: str) -> dict[str, Any]:
    body = defused(body)
    if _MARKED.search(body):
        at = [{"tag": "at", "user_id": asked}] if asked else []
        lines = [*([at] if at else []), [{"tag": "md", "text": body}]]
        return {"msg_type": "post", "content": {"zh_cn": {"title": "", "content": lines}}}
    mention = f'<at user_id="{asked}"></at> ' if asked else ""
    return {"msg_type": "text", "content": {"text": mention + body}}


def defused(words: str) -> str:
    """What somebody typed calls nobody: `<at user_id="all">` is a mention in Feishu's eyes."""
    return re.sub(r"<(?=/?\s*at\b)", "＜", words, flags=re.IGNORECASE)


def _file(message: Outbound) -> dict[str, Any]:
    payload = message.payload
    name, mime, url = (str(payload.get(key) or "") for key in ("name", "mime", "url"))
    size = payload.get("size")
    size = size if isinstance(size, int) else 0
    file_id = str(payload.get("file_id") or "")
    if mime in PICTURES and size <= IMAGE_BYTES:
        return {"file": {"kind": "image", "file_id": file_id, "name": name or "image", "type": "message"}}
    if size <= FILE_BYTES:
        kind = FILE_TYPES.get(name.rpartition(".")[2].lower(), "stream")
        return {"file": {"kind": "file", "file_id": file_id, "name": name or "file", "type": kind}}
    return {"msg_type": "text", "content": {"text": f"{name}\n{url}".strip()}}


def _choices(message: Outbound, asked: str) -> dict[str, Any]:
    """A card with a button for each; what is pressed comes back with its words."""
    options = [one for one in message.payload.get("options") or () if isinstance(one, dict)]
    prompt = defused(message.body or str(message.payload.get("prompt") or ""))
    chosen = [(str(one.get("id") or ""), str(one.get("label") or "").strip()) for one in options]
    chosen = [(key or label, label) for key, label in chosen if label]
    if not 1 <= len(chosen) <= OPTIONS:
        lines = [f"{number}. {label}" for number, (_, label) in enumerate(chosen, start=1)]
        return _words("\n".join([prompt, *lines]).strip() or "…", asked)
    chat = "g" if asked else "p"
    buttons = [
        {
            "tag": "button",
            "text": {"tag": "plain_text", "content": label[:100]},
            "type": "default",
            "value": {"qiao": "choice", "id": key[:200], "label": label[:500], "chat": chat},
        }
        for key, label in chosen
    ]
    words = f"<at id={asked}></at> {prompt}" if asked else prompt
    elements = [{"tag": "markdown", "content": words}] if words.strip() else []
    return _interactive([*elements, {"tag": "action", "layout": "flow", "actions": buttons}])


def _card(message: Outbound) -> dict[str, Any]:
    payload = message.payload
    inner = payload.get(str(payload.get("type")))
    inner = inner if isinstance(inner, dict) else payload
    title = str(inner.get("title") or inner.get("number") or inner.get("name") or message.body or "…")
    rest = [defused(str(inner[key])) for key in ("snippet", "description", "status") if inner.get(key)]
    if message.body not in ("", title):
        rest.append(defused(message.body))
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": line} for line in rest]
    url = str(payload.get("url") or inner.get("url") or "")
    if url.startswith(("https://", "http://")):
        words = {"tag": "plain_text", "content": i18n.t("feishu.open", message.locale)}
        elements.append({"tag": "action", "actions": [{"tag": "button", "text": words, "url": url, "type": "primary"}]})
    return _interactive(elements or [{"tag": "markdown", "content": defused(title)}], title)


def _interactive(elements: list[dict[str, Any]], title: str = "") -> dict[str, Any]:
    header = {"header": {"title": {"tag": "plain_text", "content": title[:200]}}} if title else {}
    return {
        "msg_type": "interactive",
        "content": {"config": {"wide_screen_mode": True}, **header, "elements": elements},
    }
