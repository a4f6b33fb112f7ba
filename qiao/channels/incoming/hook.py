"""What another system posts: whether it is theirs, and how it is kept."""

import base64
import binascii
import hashlib
import hmac
import time
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.incoming import mapping
from qiao.channels.incoming.settings import IncomingSettings, read
from qiao.core.errors import Invalid, Unauthenticated

OLDEST: Final = 600.0
FIELDS: Final = 200
_TAKEN: Final = Answer(b'{"ok":true}', "application/json")


class IncomingHook:
    """Checks the proof and keeps the payload as it came; the mapping is applied afterwards."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        settings = read(endpoint.settings)
        if not proved(settings, endpoint.credentials.get("secret") or "", request):
            raise Unauthenticated("channel_signature_invalid")
        if request.method != "POST":
            return Taken(answer=_TAKEN)
        body = request.body
        if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            body = _from_form(body)
        else:
            mapping.decode(body)
        return Taken([(hashlib.sha256(body).hexdigest()[:40], body)], _TAKEN)


def _from_form(body: bytes) -> bytes:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS)
    except (UnicodeDecodeError, ValueError):
        raise Invalid.field("body", "value_invalid") from None
    return msgspec.json.encode(dict(fields))


def proved(settings: IncomingSettings, secret: str, request: Request) -> bool:
    """Whether the request comes from who knows the secret. Without a secret nobody does."""
    if not secret:
        return False
    if settings.scheme == "basic":
        given = request.headers.get("authorization", "")
        wanted = "Basic " + base64.b64encode(f"{settings.user}:{secret}".encode()).decode()
        return _same(given, wanted)
    said = request.headers.get(settings.header, "")
    if settings.prefix:
        if not said.startswith(settings.prefix):
            return False
        said = said[len(settings.prefix) :]
    said = said.strip()
    if settings.scheme == "token":
        return _same(said, secret)
    signed = request.body
    if settings.timestamp_header:
        at = request.headers.get(settings.timestamp_header, "")
        if not _recent(at):
            return False
        signed = at.encode("utf-8", "surrogatepass") + b"." + signed
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    if settings.encoding == "base64":
        try:
            return hmac.compare_digest(base64.b64decode(said, validate=True), digest)
        except (binascii.Error, ValueError):
            return False
    return _same(said.lower(), digest.hex())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def _recent(text: str) -> bool:
    """Seconds or milliseconds since 1970, not long ago."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        return False
    at = int(text) / (1000 if len(text) > 11 else 1)
    return abs(time.time() - at) <= OLDEST
