"""Messages of the company's app to its own people."""

from html import escape

from qiao.channels.contract.channel import DeliveryRefused, Endpoint
from qiao.channels.contract.reading import text, whole
from qiao.channels.wecom.api import WecomApi, WecomError
from qiao.channels.wecom.channel import cut
from qiao.core import i18n
from qiao.people.notifications.ports import Notice

TITLE_BYTES = 128
BODY_BYTES = 512


async def notify(api: WecomApi, endpoint: Endpoint, account: str, notice: Notice) -> None:
    """A card in the 企业微信 of `account`. Raises DeliveryFailed and DeliveryRefused."""
    body = {
        "touser": account,
        "msgtype": "textcard",
        "agentid": whole(endpoint.settings, "agent_id") or 0,
        "textcard": card(notice),
        "enable_duplicate_check": 1,
        "duplicate_check_interval": 600,
    }
    try:
        answer = await api.call(endpoint, "message/send", body)
    except WecomError as error:
        raise error.as_delivery() from error
    # Taken, but for nobody: the account does not exist, or does not see the app.
    missed = (text(answer, "invaliduser", limit=500) + "|" + text(answer, "unlicenseduser", limit=500)).split("|")
    if account.lower() in (one.lower() for one in missed):
        raise DeliveryRefused("wecom.refused.staff")


def card(notice: Notice) -> dict[str, str]:
    """Title, lines, and where they lead: the first line's place."""
    lines = [escape(line.text, quote=False) for line in notice.lines]
    body, kept = "", 0
    for line in lines:
        longer = f"{body}\n{line}" if body else line
        if len(longer.encode()) > BODY_BYTES - 4 and kept:
            break
        body, kept = longer, kept + 1
    if kept < len(lines) or len(body.encode()) > BODY_BYTES:
        body = cut(body, BODY_BYTES - 3) + "…"
    return {
        "title": cut(notice.title, TITLE_BYTES),
        "description": body,
        "url": next((line.url for line in notice.lines if line.url), ""),
        "btntxt": cut(i18n.t("wecom.open", notice.locale), 12),
    }
