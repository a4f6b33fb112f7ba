"""微信客服: what `sync_msg` gives → items; a neutral message → what `send_msg` takes. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from qiao.channels.contract.manifest import Capabilities, Manifest, Window
from qiao.channels.contract.messages import Happening, Incoming, Item, Media, Outbound, Receipt, Sender, Withdrawn
from qiao.channels.contract.reading import clean, document, mapping, moment, name_of, required, text, whole
from qiao.channels.wecom.settings import WecomSettings
from qiao.core.errors import Invalid

TEXT_BYTES: Final = 2048
PARTS: Final = 5
"""Messages one text may become: as many as the customer's window has."""
MENU_HEAD_BYTES: Final = 1024
OPTION_BYTES: Final = 128
OPTIONS: Final = 10
SMALLEST: Final = 6
PICTURE_BYTES: Final = 10 * 1024 * 1024
FILE_BYTES: Final = 20 * 1024 * 1024
"""What does not fit is sent as a link to it."""
FILES: Final = {"image": ("image", "image.jpg"), "voice": ("file", "voice.amr"), "video": ("file", "video.mp4")}
FAILURES: Final = frozenset({0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13})

MANIFEST: Final = Manifest(
    name="wecom",
    title={"zh-CN": "微信客服（企业微信）", "en": "WeChat customer service (WeCom)"},
    summary={
        "zh-CN": "客户在微信里咨询企业微信的客服账号；员工可在企业微信里收到通知。",
        "en": "Customers write from WeChat to a service account of your WeCom; staff can be notified in WeCom.",
    },
    identity_kind="wecom",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file", "card"}),
        sends=frozenset({"text", "image", "file", "choices"}),
        delivery="push",
        longest_text=2000,
        receipts=True,
        window=Window(open_for=timedelta(hours=48), messages=5),
    ),
    settings=WecomSettings,
    docs="channel-wecom",
    limits={"per_second": 30, "burst": 60, "media_bytes": 20 * 1024 * 1024},
    group="social",
)


def address(open_kfid: str, external_userid: str) -> str:
    """Where answers to somebody go: through the account they wrote to."""
    return f"{open_kfid}:{external_userid}"


def split_address(value: str) -> tuple[str, str]:
    """The account and the customer."""
    account, _, customer = value.partition(":")
    return account, customer


def parse(raw: bytes) -> Sequence[Item]:
    """One entry of `msg_list`, with what is known of its customer beside it. Raises Invalid."""
    found = document(raw)
    if found.get("news") is True:
        return []  # what the callback left: the source has fetched what it announced
    message = mapping(found, "msg")
    if not message:
        raise Invalid.field("msg", "field_missing")
    message_id = name_of(required(message, "msgid"))
    kind = required(message, "msgtype", limit=40)
    if kind == "event":
        return _event(message_id, message, mapping(found, "customer"))
    sender = _sender(message, mapping(found, "customer"))
    if whole(message, "origin") == 5:
        return _colleague(message_id, kind, message, sender)
    if whole(message, "origin") != 3:
        return []
    words, payload, media = _content(kind, message)
    return [
        Incoming(
            client_id=message_id,
            kind="card" if payload.get("type") == "link" else media[0] if media else "text",
            body=words,
            payload=payload,
            sender=sender,
            media=(media[1],) if media else (),
            at=moment(message, "send_time"),
        )
    ]


def _sender(message: dict[str, Any], customer: dict[str, Any]) -> Sender:
    account, who = required(message, "open_kfid", limit=100), required(message, "external_userid", limit=100)
    unionid = text(customer, "unionid", limit=100)
    return Sender(
        address=address(account, who),
        name=text(customer, "nickname", limit=80) or None,
        union=f"wechat:{unionid}" if unionid else None,
    )


def _content(kind: str, message: dict[str, Any]) -> tuple[str, dict[str, Any], tuple[str, Media] | None]:
    """Text, payload, and the file with the kind it makes the message."""
    part = mapping(message, kind)
    if kind == "text":
        words, option = text(part, "content"), text(part, "menu_id", limit=200)
        return words, {"choice": {"id": option, "value": words[:500]}} if option else {}, None
    if kind in FILES or kind == "file":
        becomes, name = FILES.get(kind, ("file", "file"))
        media = Media(ref=required(part, "media_id", limit=512), name=text(part, "filename", limit=200) or name)
        return "", {"voice": True} if kind == "voice" else {}, (becomes, media)
    if kind == "location":
        words = " ".join(filter(None, (text(part, "name", limit=500), text(part, "address", limit=500))))
        place = {key: part[key] for key in ("latitude", "longitude") if isinstance(part.get(key), int | float)}
        return f"📍 {words}".strip(), {"location": {**place, "name": words}}, None
    if kind == "link":
        title, url = text(part, "title", limit=300), text(part, "url", limit=2000)
        card = {"type": "link", "title": title, "snippet": text(part, "desc", limit=600), "url": url}
        if url.startswith(("https://", "http://")):
            return title or url, card, None
        return title or "🔗", {}, None
    if kind == "miniprogram":
        title = text(part, "title", limit=300)
        known = {key: text(part, key, limit=1000) for key in ("title", "appid", "pagepath")}
        return f"[小程序] {title}".strip(), {"mini_program": known}, None
    if kind == "business_card":
        return f"[名片] {text(part, 'userid', limit=100)}".strip(), {}, None
    if kind == "msgmenu":
        lines = [text(part, "head_content"), *_options(part), text(part, "tail_content")]
        return clean("\n".join(line for line in lines if line)) or "[菜单]", {}, None
    if kind in ("channels_shop_product", "channels_shop_order", "channels", "merged_msg", "note"):
        words = next(
            (text(part, key, limit=500) for key in ("title", "product_titles", "name", "desc") if part.get(key)), ""
        )
        return f"[{_SHARED[kind]}] {words}".strip(), {"shared": {"kind": kind}}, None
    return f"[{clean(kind, 40)}]", {}, None


_SHARED: Final = {
    "channels_shop_product": "视频号商品",
    "channels_shop_order": "视频号订单",
    "channels": "视频号",
    "merged_msg": "聊天记录",
    "note": "笔记",
}


def _options(part: dict[str, Any]) -> list[str]:
    entries = part.get("list")
    found = []
    for entry in entries[:OPTIONS] if isinstance(entries, list) else ():
        inner = mapping(entry, text(entry, "type", limit=20)) if isinstance(entry, dict) else {}
        found.append(text(inner, "content", limit=200))
    return found


def _colleague(message_id: str, kind: str, message: dict[str, Any], sender: Sender) -> Sequence[Item]:
    """Somebody answered in WeCom itself: told, so that whoever looks at the conversation knows it."""
    words = text(message, "text", "content", limit=2000) if kind == "text" else f"[{clean(kind, 40)}]"
    data = {"servicer": text(message, "servicer_userid", limit=100), "body": words}
    return [Happening(message_id, "servicer_replied", sender, data)]


def _event(message_id: str, message: dict[str, Any], customer: dict[str, Any]) -> Sequence[Item]:
    event = mapping(message, "event")
    kind = required(event, "event_type", limit=60)
    if kind == "msg_send_fail":
        failure = whole(event, "fail_type") or 0
        code = f"wecom.failed.{failure if failure in FAILURES else 0}"
        return [Receipt(required(event, "fail_msgid"), "failed", code=code)]
    if kind not in ("enter_session", "session_status_change", "user_recall_msg"):
        return []
    sender = _sender(event, customer)
    if kind == "user_recall_msg":
        return [Withdrawn(sender, name_of(required(event, "recall_msgid")))]
    if kind == "enter_session":
        channels = mapping(event, "wechat_channels")
        entry = {"scene": text(event, "scene", limit=200), "scene_param": text(event, "scene_param", limit=500)}
        shop = text(channels, "nickname", limit=200) or text(channels, "shop_nickname", limit=200)
        return [Happening(message_id, "entered", sender, {**entry, **({"channels": shop} if shop else {})})]
    data = {
        "change": whole(event, "change_type") or 0,
        "from": text(event, "old_servicer_userid", limit=100),
        "to": text(event, "new_servicer_userid", limit=100),
    }
    return [Happening(message_id, "session_changed", sender, data)]


def render(message: Outbound) -> dict[str, Any]:
    """`{"to", "messages"}`: bodies of `send_msg` without addresses; a file stands as `{"kind", "file_id", "name"}`."""
    return {"to": message.address, "messages": _messages(message)}


def _messages(message: Outbound) -> list[dict[str, Any]]:
    payload = message.payload
    if message.kind in ("image", "file"):
        name, mime, size = str(payload.get("name") or "file"), str(payload.get("mime") or ""), payload.get("size")
        size = size if isinstance(size, int) else 0
        if not SMALLEST <= size <= FILE_BYTES:
            return _texts("\n".join(part for part in (message.body, name, str(payload.get("url") or "")) if part))
        file = {"kind": _file_kind(mime, size), "file_id": str(payload.get("file_id") or ""), "name": name}
        return [{"file": file}, *_texts(message.body)]
    if message.kind == "choices":
        options = [one for one in payload.get("options") or () if isinstance(one, dict)]
        prompt = message.body or str(payload.get("prompt") or "")
        labels = [str(one.get("label") or "") for one in options]
        if options and len(options) <= OPTIONS and all(0 < len(label.encode()) <= OPTION_BYTES for label in labels):
            head = split(prompt, MENU_HEAD_BYTES)
            entries = [
                {"type": "click", "click": {"id": cut(str(one.get("id") or label), OPTION_BYTES), "content": label}}
                for one, label in zip(options, labels, strict=True)
            ]
            menu = {"msgtype": "msgmenu", "msgmenu": {"head_content": head[-1] if head else "", "list": entries}}
            return [*({"msgtype": "text", "text": {"content": part}} for part in head[:-1]), menu]
        lines = [f"{number}. {label}" for number, label in enumerate(labels, start=1)]
        return _texts("\n".join([prompt, *lines]))
    return _texts(message.body)


def _file_kind(mime: str, size: int) -> str:
    """What WeCom shows a file as; what it will not show as a picture or video goes as a file."""
    if mime in ("image/jpeg", "image/png") and size <= PICTURE_BYTES:
        return "image"
    return "video" if mime == "video/mp4" and size <= PICTURE_BYTES else "file"


def _texts(words: str) -> list[dict[str, Any]]:
    return [{"msgtype": "text", "text": {"content": part}} for part in split(words, TEXT_BYTES)]


def split(words: str, limit: int) -> list[str]:
    """`words` in parts of at most `limit` bytes, broken at the end of a line or sentence where there is one."""
    parts: list[str] = []
    rest = words.strip()
    while rest and len(parts) < PARTS:
        part = rest
        if len(rest.encode()) > limit:
            room = cut(rest, limit)
            ends = [room.rfind(sign) for sign in ("\n", "。", "！", "？", ". ", "；", "，", " ")]
            best = next((end for end in ends if end >= len(room) // 2), None)
            part = room if best is None else room[: best + 1]
        parts.append(part.strip() or part)
        rest = rest[len(part) :].lstrip()
    return parts


def cut(words: str, limit: int) -> str:
    """As much of `words` as fits into `limit` bytes."""
    return words.encode()[:limit].decode("utf-8", "ignore")
