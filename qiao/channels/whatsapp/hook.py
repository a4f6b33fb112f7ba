"""What Meta posts for WhatsApp, taken apart so that each message stands, fails and repeats for itself."""

from collections.abc import Iterator
from typing import Any

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Endpoint, Request, Taken
from qiao.channels.contract.meta_graph import check, handshake
from qiao.core.errors import Invalid


class WhatsappHook:
    """Signed with the app's secret; only what is for the inbox's own number is kept."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        if request.method == "GET":
            return Taken(answer=handshake(request, endpoint.credentials.get("verify_token") or ""))
        check(request, endpoint.credentials.get("app_secret") or "")
        posted = reading.document(request.body)
        if posted.get("object") != "whatsapp_business_account":
            raise Invalid.field("object", "value_invalid")
        own = reading.text(endpoint.settings, "phone_number_id")
        return Taken(list(_apart(posted, own)))


def _apart(posted: dict[str, Any], own: str) -> Iterator[tuple[str | None, bytes]]:
    for entry in reading.mappings(posted, "entry"):
        for change in reading.mappings(entry, "changes"):
            value = reading.mapping(change, "value")
            if change.get("field") != "messages" or reading.text(value, "metadata", "phone_number_id") not in (own, ""):
                continue
            around = {key: value[key] for key in ("messaging_product", "metadata", "contacts") if key in value}
            for message in reading.mappings(value, "messages"):
                remote = reading.text(message, "id", limit=400) or None
                yield remote, _one(entry, around | {"messages": [message]})
            for status in reading.mappings(value, "statuses"):
                remote, state = reading.text(status, "id", limit=400), reading.text(status, "status", limit=20)
                key = f"{state}:{remote}" if remote and state else None
                yield key, _one(entry, around | {"statuses": [status]})


def _one(entry: dict[str, Any], value: dict[str, Any]) -> bytes:
    change = {"field": "messages", "value": value}
    alone = {"object": "whatsapp_business_account", "entry": [{"id": entry.get("id"), "changes": [change]}]}
    return msgspec.json.encode(alone)
