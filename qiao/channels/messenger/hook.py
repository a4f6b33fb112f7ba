"""What Meta posts for pages and Instagram accounts, taken apart so that each event stands, fails and repeats for itself."""

from collections.abc import Iterator
from typing import Any

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Endpoint, Request, Taken
from qiao.channels.contract.meta_graph import check, handshake
from qiao.channels.messenger.channel import OBJECTS
from qiao.core.errors import Invalid


class MessengerHook:
    """Signed with the app's secret; only what is for the inbox's own account is kept."""

    def __init__(self, name: str):
        self.object = OBJECTS[name]

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        if request.method == "GET":
            return Taken(answer=handshake(request, endpoint.credentials.get("verify_token") or ""))
        check(request, endpoint.credentials.get("app_secret") or "")
        posted = reading.document(request.body)
        if posted.get("object") != self.object:
            raise Invalid.field("object", "value_invalid")
        return Taken(list(self._apart(endpoint, posted)))

    def _apart(self, endpoint: Endpoint, posted: dict[str, Any]) -> Iterator[tuple[str | None, bytes]]:
        own = reading.text(endpoint.settings, "account_id")
        inbox = {"human_agent": endpoint.settings.get("human_agent") is True}
        for entry in reading.mappings(posted, "entry"):
            if own and reading.text(entry, "id") not in (own, "0", ""):
                continue
            for event in reading.mappings(entry, "messaging"):
                if reading.mapping(event, "message").get("is_echo") is True:
                    continue
                alone = {
                    "object": self.object,
                    "inbox": inbox,
                    "entry": [{"id": entry.get("id"), "messaging": [event]}],
                }
                yield _key(event), msgspec.json.encode(alone)


def _key(event: dict[str, Any]) -> str | None:
    """What is posted twice has the same name."""
    message = reading.mapping(event, "message")
    mid = reading.text(message, "mid", limit=400)
    if mid:
        return f"{'deleted:' if message.get('is_deleted') is True else ''}{mid}"
    kind = next(
        (key for key in ("postback", "delivery", "read", "reaction", "referral", "message_edit") if key in event), ""
    )
    if not kind:
        return None
    inner = event[kind]
    return reading.name_of(
        kind,
        reading.text(event, "sender", "id", limit=60),
        reading.text(event, "timestamp", limit=20),
        msgspec.json.encode(inner).decode(),
    )
