"""Work notices 工作通知 to the company's own people."""

import re
from typing import Final

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.reading import whole
from qiao.channels.dingtalk.api import DingtalkApi, DingtalkError
from qiao.core import i18n
from qiao.people.notifications.ports import Notice

LINES: Final = 10
TITLE: Final = 60


async def notify(api: DingtalkApi, endpoint: Endpoint, account: str, notice: Notice) -> None:
    """A card among the work notices of `account`. Raises DeliveryFailed and DeliveryRefused."""
    body = {
        "agent_id": whole(endpoint.settings, "agent_id") or 0,
        "userid_list": account,
        "msg": {"msgtype": "action_card", "action_card": card(notice)},
    }
    try:
        await api.old(endpoint, "/topapi/message/corpconversation/asyncsend_v2", json=body)
    except DingtalkError as error:
        raise error.as_delivery() from error


def card(notice: Notice) -> dict[str, str]:
    """Each line leads where it happened; the button to the first."""
    lines = [f"- [{_plain(line.text)}]({line.url})" if line.url else f"- {_plain(line.text)}" for line in notice.lines]
    if len(lines) > LINES:
        lines = [*lines[:LINES], "- …"]
    if len(notice.lines) == 1:
        lines = [_plain(notice.lines[0].text)]
    return {
        "title": notice.title[:TITLE],
        "markdown": "\n".join([f"### {_plain(notice.title)}", "", *lines])[:5_000],
        "single_title": i18n.t("dingtalk.open", notice.locale),
        "single_url": next((line.url for line in notice.lines if line.url), ""),
    }


def _plain(words: str) -> str:
    return re.sub(r"([\[\]*_`#<>])", r"\\\1", words).replace("\n", " ")
