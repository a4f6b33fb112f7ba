"""What Feishu posts: the handshake, and events."""

import hmac
from typing import Any, Final

import msgspec

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.contract.reading import document, text
from qiao.channels.feishu.crypto import decrypt, signed
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated

OLDEST: Final = 600.0
JSON: Final = "application/json"
KEPT: Final = frozenset(
    {"im.message.receive_v1", "im.message.message_read_v1", "im.message.recalled_v1", "card.action.trigger"}
)
"""Events that mean something here; the others are acknowledged and not stored."""


class FeishuHook:
    """Signed and encrypted where the company has set a key, at least with its token otherwise."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        key = endpoint.credentials.get("encrypt_key", "")
        token = endpoint.credentials.get("verification_token", "")
        if not key and not token:
            raise Unauthenticated("channel_signature_invalid")
        raw, found = request.body, document(request.body)
        sealed = found.get("encrypt")
        if key:
            if not isinstance(sealed, str):
                raise Unauthenticated("channel_signature_invalid")
            raw = decrypt(key, sealed)
            found = document(raw)
        handshake = text(found, "type", limit=40) == "url_verification"
        given = text(found, "token", limit=200) if handshake else text(found, "header", "token", limit=200)
        if token and not hmac.compare_digest(given.encode(), token.encode()):
            raise Unauthenticated("channel_signature_invalid")
        if handshake:
            challenge = msgspec.json.encode({"challenge": text(found, "challenge", limit=500)})
            return Taken(answer=Answer(challenge, JSON))
        if key:
            _check_signature(request, key)
        event_id = text(found, "header", "event_id", limit=100)
        if not event_id:
            raise Invalid.field("header.event_id", "field_missing")
        if text(found, "header", "event_type", limit=100) not in KEPT:
            return Taken(answer=Answer(b"{}", JSON))
        return Taken(payloads=((event_id, _without_token(found)),), answer=Answer(b"{}", JSON))


def _check_signature(request: Request, key: str) -> None:
    at, nonce = request.headers.get("x-lark-request-timestamp", ""), request.headers.get("x-lark-request-nonce", "")
    if not signed(request.headers.get("x-lark-signature", ""), at, nonce, key, request.body):
        raise Unauthenticated("channel_signature_invalid")
    try:
        age = abs(clock.now().timestamp() - float(at))
    except ValueError:
        raise Unauthenticated("channel_signature_invalid") from None
    if not age <= OLDEST:
        raise Unauthenticated("channel_signature_invalid")


def _without_token(found: dict[str, Any]) -> bytes:
    """What is stored need not hold the secret it came with."""
    header = {name: value for name, value in found["header"].items() if name != "token"}
    return msgspec.json.encode({**found, "header": header})
