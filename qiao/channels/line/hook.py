"""What LINE posts, taken apart so that each event stands, fails and repeats for itself."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Endpoint, Request, Taken
from qiao.core.errors import Invalid, Unauthenticated


class LineHook:
    """Signed with the channel's secret. An event posted again (`isRedelivery`) has the id it had before."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        secret = endpoint.credentials.get("channel_secret") or ""
        good = base64.b64encode(hmac.new(secret.encode(), request.body, hashlib.sha256).digest())
        given = request.headers.get("x-line-signature", "")
        if not secret or not hmac.compare_digest(given.encode(), good):
            raise Unauthenticated("channel_signature_invalid")
        posted = reading.document(request.body)
        if not isinstance(posted.get("events"), list):
            raise Invalid.field("events", "field_missing")
        return Taken(list(_apart(posted)))


def _apart(posted: dict[str, Any]) -> Iterator[tuple[str | None, bytes]]:
    for event in reading.mappings(posted, "events"):
        if event.get("mode") == "standby":
            continue
        alone = {"destination": posted.get("destination"), "events": [event]}
        yield reading.text(event, "webhookEventId", limit=80) or None, msgspec.json.encode(alone)
