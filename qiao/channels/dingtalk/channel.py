"""钉钉: what people write to the robot → items; a neutral message → what the robot says. Pure."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Incoming, Item, Media, Outbound, Sender
from qiao.channels.contract.reading import clean, document, mapping, mappings, moment, name_of, required, text, whole
from qiao.channels.dingtalk.settings import DingtalkSettings
from qiao.core import i18n
from qiao.core.errors import Invalid

GROUP: Final = "2"
OPTIONS: Final = 5
TITLE: Final = 60
RICH_PARTS: Final = 20
FILE_BYTES: Final = 20 * 1024 * 1024
FILE_TYPES: Final = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})
"""What a robot may send as a file; the rest goes as a link."""
PICTURES: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/bmp"})
SESSION: Final = "dingtalk-session:"
_MARKED: Final = re.compile(
    r"\*\*[^*\n]+\*\*|\[[^\]\n]+\]\(https?://|^#{1,4} |^[-*] |^\d+\. |^> |`[^`\n]+`", re.MULTILINE
)

MANIFEST: Final = Manifest(
    name="dingtalk",
    title={"zh-CN": "钉钉", "en": "DingTalk"},
    summary={
        "zh-CN": "在钉钉单聊或群聊中向企业机器人咨询；员工可收到工作通知。",
        "en": "People write to your company's robot, alone or in groups; staff can get work notices.",
    },
    identity_kind="dingtalk",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=5_000,
        recall=timedelta(hours=24),
        starts=True,
    ),
    settings=DingtalkSettings,
    docs="channel-dingtalk",
    limits={"per_second": 15, "burst": 20, "media_bytes": FILE_BYTES},
    group="work",
)


def parse(raw: bytes) -> Sequence[Item]:
    """One message to the robot. Raises Invalid."""
    found = document(raw)
    message_id, kind = required(found, "msgId"), required(found, "msgtype", limit=40)
    conversation, writer = required(found, "conversationId", limit=120), required(found, "senderId", limit=120)
    staff = text(found, "senderStaffId", limit=64)
    group = text(found, "conversationType", limit=5) == GROUP
    if group and found.get("isInAtList") is False:
        return []
    if group:
        address = f"g:{conversation}:{staff or writer}"
    else:
        address = f"u:{staff}" if staff else f"c:{conversation}:{writer}"
    name = text(found, "senderNick", limit=80).strip() or None
    title = text(found, "conversationTitle", limit=200)
    begins = _session(found) if group or not staff else ()
    return [
        Incoming(
            client_id=name_of(message_id) if not number else name_of(message_id, str(number)),
            kind=becomes,
            body=words,
            payload=payload,
            sender=Sender(address, name),
            media=media,
            begins=begins,
            context={"group": title} if group and title else {},
            at=moment(found, "createAt"),
        )
        for number, (becomes, words, payload, media) in enumerate(_content(kind, found))
    ]


_Part = tuple[str, str, dict[str, Any], tuple[Media, ...]]


def _content(kind: str, found: dict[str, Any]) -> list[_Part]:
    content = mapping(found, "content")
    if kind == "text":
        return [("text", text(found, "text", "content").strip(), {}, ())]
    if kind == "richText":
        return _rich(content)
    if kind == "picture":
        return [("image", "", {}, (Media(_code(content), "image.jpg"),))]
    if kind == "audio":
        heard = text(content, "recognition", limit=5_000)
        return [("file", heard, {"voice": True}, (Media(_code(content), "voice.amr"),))]
    if kind == "video":
        ending = re.sub(r"\W", "", text(content, "videoType", limit=8)) or "mp4"
        return [("file", "", {}, (Media(_code(content), f"video.{ending}"),))]
    if kind == "file":
        return [("file", "", {}, (Media(_code(content), text(content, "fileName", limit=200) or "file"),))]
    return [("text", f"[{clean(kind, 40)}]", {}, ())]


def _code(content: dict[str, Any]) -> str:
    """What the file is fetched by."""
    return required(content, "downloadCode", limit=2_000)


def _rich(content: dict[str, Any]) -> list[_Part]:
    """Text and pictures in the order they were written: each run of text and each picture is a message."""
    parts: list[_Part] = []
    words = ""
    for entry in mappings(content, "richText"):
        if text(entry, "downloadCode", limit=2_000):
            if words.strip():
                parts.append(("text", words.strip(), {}, ()))
                words = ""
            parts.append(("image", "", {}, (Media(_code(entry), "image.jpg"),)))
        else:
            words += text(entry, "text")
    if words.strip():
        parts.append(("text", clean(words.strip()), {}, ()))
    if not parts:
        raise Invalid.field("content.richText", "field_missing")
    return parts[:RICH_PARTS]


def _session(found: dict[str, Any]) -> tuple[str, ...]:
    """The session as a name of the exchange, so that it is at hand when an answer goes out."""
    url, until = text(found, "sessionWebhook", limit=300), whole(found, "sessionWebhookExpiredTime")
    name = f"{SESSION}{until}:{url}"
    return (name,) if until and ours(url) and len(name) <= 200 else ()


def ours(url: str) -> bool:
    """Whether an address is DingTalk's own: nothing else is ever posted to."""
    if not url.isascii() or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and (parts.hostname or "").endswith(".dingtalk.com") and parts.port is None
    except ValueError:
        return False


def render(message: Outbound) -> dict[str, Any]:
    """`{"to", "session", "say"}`; `say` has `key` and `param` of a robot message, or a `file` to send first."""
    session = next((one for one in reversed(message.threads) if one.startswith(SESSION)), "").removeprefix(SESSION)
    until, _, url = session.partition(":")
    return {
        "to": message.address,
        "session": {"until": int(until), "url": url} if until.isdecimal() and ours(url) else None,
        "say": _say(message),
    }


def _say(message: Outbound) -> list[dict[str, Any]]:
    payload = message.payload
    if message.kind in ("image", "file"):
        words = _words(message.body)
        return [_file(message), *([words] if message.body.strip() else [])]
    if message.kind == "choices":
        return [_choices(message)]
    if message.kind == "card":
        return [_card(message, payload)]
    return [_words(message.body)]


def _words(body: str) -> dict[str, Any]:
    if _MARKED.search(body):
        return {"key": "sampleMarkdown", "param": {"title": _title(body), "text": body.replace("\n", "  \n")}}
    return {"key": "sampleText", "param": {"content": body}}


def _title(body: str) -> str:
    """What the list of chats shows of a markdown message."""
    line = next((line for line in body.splitlines() if line.strip()), "")
    return re.sub(r"[*#>`\[\]]", "", line).strip()[:TITLE] or "…"


def _file(message: Outbound) -> dict[str, Any]:
    payload = message.payload
    name, mime, url = (str(payload.get(key) or "") for key in ("name", "mime", "url"))
    size = payload.get("size") if isinstance(payload.get("size"), int) else 0
    ending = name.rpartition(".")[2].lower()
    small = isinstance(size, int) and size <= FILE_BYTES
    kind = "image" if mime in PICTURES and small else "file" if ending in FILE_TYPES and small else "link"
    link = {"key": "sampleMarkdown", "param": {"title": name[:TITLE] or "…", "text": f"[{_plain(name)}]({url})"}}
    if kind == "link":
        return link
    file = {"kind": kind, "file_id": str(payload.get("file_id") or ""), "name": name or "file", "type": ending}
    return {"file": file, **link}


def _choices(message: Outbound) -> dict[str, Any]:
    """Buttons that write the choice as if the person had typed it."""
    options = [one for one in message.payload.get("options") or () if isinstance(one, dict)]
    labels = [str(one.get("label") or "").strip() for one in options]
    labels = [label for label in labels if label]
    prompt = message.body or str(message.payload.get("prompt") or "") or "…"
    if not 1 <= len(labels) <= OPTIONS:
        lines = [f"- [{_plain(label)}]({_writes(label)})" for label in labels]
        return {"key": "sampleMarkdown", "param": {"title": _title(prompt), "text": "  \n".join([prompt, *lines])}}
    param = {"title": _title(prompt), "text": prompt}
    if len(labels) == 1:
        return {
            "key": "sampleActionCard",
            "param": {**param, "singleTitle": labels[0], "singleURL": _writes(labels[0])},
        }
    for number, label in enumerate(labels, start=1):
        param |= {f"actionTitle{number}": label[:20], f"actionURL{number}": _writes(label)}
    return {"key": f"sampleActionCard{len(labels)}", "param": param}


def _writes(label: str) -> str:
    return "dtmd://dingtalkclient/sendMessage?content=" + quote(label, safe="")


def _card(message: Outbound, payload: dict[str, Any]) -> dict[str, Any]:
    inner = payload.get(str(payload.get("type")))
    inner = inner if isinstance(inner, dict) else payload
    title = str(inner.get("title") or inner.get("number") or inner.get("name") or message.body or "…")
    rest = [str(inner[key]) for key in ("snippet", "description", "status") if inner.get(key)]
    body = "  \n".join([f"**{_plain(title)}**", *rest, *([message.body] if message.body not in ("", title) else [])])
    url = str(payload.get("url") or inner.get("url") or "")
    if not url.startswith(("https://", "http://")):
        return {"key": "sampleMarkdown", "param": {"title": title[:TITLE], "text": body}}
    more = i18n.t("dingtalk.open", message.locale)
    return {
        "key": "sampleActionCard",
        "param": {"title": title[:TITLE], "text": body, "singleTitle": more, "singleURL": url},
    }


def _plain(words: str) -> str:
    return re.sub(r"([\[\]*_`])", r"\\\1", words)


def by_session(say: dict[str, Any], at: str = "") -> dict[str, Any]:
    """The same as an answer to a session; `at` is whose attention it wants."""
    key, param = say["key"], say["param"]
    if key == "sampleText":
        return {"msgtype": "text", "text": {"content": param["content"]}, **_at(at)}
    if key == "sampleMarkdown":
        words = f"@{at} {param['text']}" if at else param["text"]
        return {"msgtype": "markdown", "markdown": {"title": param["title"], "text": words}, **_at(at)}
    if key == "sampleActionCard":
        return {"msgtype": "actionCard", "actionCard": dict(param)}
    buttons = [
        {"title": param[f"actionTitle{number}"], "actionURL": param[f"actionURL{number}"]}
        for number in range(1, OPTIONS + 1)
        if f"actionTitle{number}" in param
    ]
    card = {"title": param["title"], "text": param["text"], "btnOrientation": "0", "btns": buttons}
    return {"msgtype": "actionCard", "actionCard": card}


def _at(who: str) -> dict[str, Any]:
    return {"at": {"atUserIds": [who], "isAtAll": False}} if who else {}


def split_address(value: str) -> tuple[str, str, str]:
    """Kind (`u`, `g`, `c`), conversation, person."""
    kind, _, rest = value.partition(":")
    if kind == "u":
        return kind, "", rest
    conversation, _, person = rest.partition(":")
    return kind, conversation, person


def as_param(param: dict[str, Any]) -> str:
    """Robot messages carry their content as JSON inside JSON."""
    return json.dumps(param, ensure_ascii=False)
