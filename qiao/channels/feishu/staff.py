"""Messages of the company's bot to its own people."""

import json
from typing import Any, Final

from qiao.channels.contract.channel import Endpoint
from qiao.channels.feishu.api import FeishuApi, FeishuError
from qiao.channels.feishu.rendering import defused
from qiao.core import i18n
from qiao.people.notifications.ports import Notice

LINES: Final = 10


async def notify(api: FeishuApi, endpoint: Endpoint, account: str, notice: Notice) -> None:
    """A card from the bot to `account`: an e-mail address, an open id, or a user id. Raises DeliveryFailed and
    DeliveryRefused."""
    kind = "email" if "@" in account else "open_id" if account.startswith("ou_") else "user_id"
    body = {
        "receive_id": account,
        "msg_type": "interactive",
        "content": json.dumps(card(notice), ensure_ascii=False),
        "uuid": f"n-{notice.id}"[:50],
    }
    try:
        await api.call(endpoint, "POST", "/im/v1/messages", body, params={"receive_id_type": kind})
    except FeishuError as error:
        raise error.as_delivery() from error


def card(notice: Notice) -> dict[str, Any]:
    """Each line leads where it happened; the button to the first."""
    lines = [
        f"[{_plain(line.text)}]({line.url})" if line.url and len(notice.lines) > 1 else _plain(line.text)
        for line in notice.lines[:LINES]
    ]
    if len(notice.lines) > LINES:
        lines.append("…")
    url = next((line.url for line in notice.lines if line.url), "")
    words = {"tag": "plain_text", "content": i18n.t("feishu.open", notice.locale)}
    button = {"tag": "button", "text": words, "url": url, "type": "primary"}
    return {
        "config": {"wide_screen_mode": True},
        "header": {"title": {"tag": "plain_text", "content": notice.title[:100]}},
        "elements": [
            {"tag": "markdown", "content": "\n".join(lines)},
            *([{"tag": "action", "actions": [button]}] if url else []),
        ],
    }


def _plain(words: str) -> str:
    """Nothing in a line is taken for markup."""
    for sign, shown in (("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("*", "&#42;"), ("[", "&#91;"), ("]", "&#93;")):
        words = words.replace(sign, shown)
    return defused(words).replace("\n", " ")
