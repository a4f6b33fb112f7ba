"""What DingTalk posts: messages to the robot, signed with the app's secret."""

import base64
import hashlib
import hmac
from typing import Final

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.contract.reading import document, required
from qiao.core import clock
from qiao.core.errors import Unauthenticated

OLDEST: Final = 600.0


def signature(secret: str, timestamp: str) -> str:
    """What the header `sign` holds; it covers the time only."""
    digest = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


class DingtalkHook:
    """Checks who posts and when; the message itself is what `parse` reads."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        secret = endpoint.credentials.get("app_secret", "")
        at, given = request.headers.get("timestamp", ""), request.headers.get("sign", "")
        if not secret or not hmac.compare_digest(signature(secret, at).encode(), given.encode()):
            raise Unauthenticated("channel_signature_invalid")
        if not (at.isascii() and at.isdecimal() and len(at) <= 15) or _age(at) > OLDEST:
            raise Unauthenticated("channel_signature_invalid")
        message_id = required(document(request.body), "msgId")
        return Taken(payloads=((message_id, request.body),), answer=Answer(b"{}", "application/json"))


def _age(milliseconds: str) -> float:
    return abs(clock.now().timestamp() - int(milliseconds) / 1000)
