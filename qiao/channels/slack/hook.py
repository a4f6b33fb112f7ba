"""What Slack posts: events as JSON, pressed buttons as a form, all through one door."""

import hashlib
import hmac
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated

OLDEST_SECONDS: Final = 300


class SlackHook:
    """Signed together with the time. An event posted again (`X-Slack-Retry-Num`) has the `event_id` it had before."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        _check(request, endpoint.credentials.get("signing_secret") or "")
        if "form-urlencoded" in request.headers.get("content-type", ""):
            return _form(request.body)
        posted = reading.document(request.body)
        match reading.text(posted, "type"):
            case "url_verification":
                return Taken(answer=Answer(reading.text(posted, "challenge", limit=200).encode()))
            case "event_callback":
                own = reading.text(posted, "event_id", limit=80) or None
                return Taken([(own, request.body)]) if _concerns(posted) else Taken()
        return Taken()  # app_rate_limited and the like


def _check(request: Request, secret: str) -> None:
    sent_at, given = request.headers.get("x-slack-request-timestamp", ""), request.headers.get("x-slack-signature", "")
    fresh = sent_at.isascii() and sent_at.isdecimal() and len(sent_at) < 12
    fresh = fresh and abs(clock.now().timestamp() - int(sent_at)) <= OLDEST_SECONDS
    signed = b"v0:" + sent_at.encode() + b":" + request.body
    good = "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    if not (secret and fresh and hmac.compare_digest(given.encode(), good.encode())):
        raise Unauthenticated("channel_signature_invalid")


def _form(body: bytes) -> Taken:
    try:
        fields = parse_qs(body.decode(), max_num_fields=50)
    except (UnicodeDecodeError, ValueError):
        raise Invalid.field("body", "value_invalid") from None
    if "payload" not in fields:
        return Taken()  # a slash command, or Slack looking whether the certificate is good
    posted = reading.document(fields["payload"][0].encode("utf-8", "ignore"))
    if reading.text(posted, "type") != "block_actions":
        return Taken()
    own = reading.text(posted, "trigger_id", limit=200)
    return Taken([(reading.name_of("press", own) if own else None, msgspec.json.encode(posted))])


def _concerns(posted: dict[str, Any]) -> bool:
    """Bots' own messages, which Slack posts as well, are not worth keeping."""
    event = reading.mapping(posted, "event")
    return not reading.text(event, "bot_id") and reading.text(event, "subtype") != "bot_message"
