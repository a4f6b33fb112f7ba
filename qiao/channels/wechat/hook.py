"""Takes what WeChat posts: checks that it is WeChat's, opens the envelope, keeps what is inside."""

import hashlib
from typing import Final

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.contract.wechat_crypto import ENVELOPE_LIMIT, Envelopes, envelope, signed
from qiao.channels.wechat.parsing import identify, values_of
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated

OLDEST: Final = 600
"""Seconds: the provider gives up after three tries of five seconds."""
SUCCESS: Final = Answer(b"success")


class WechatHook:
    """For official accounts and mini programs. Answers at once; what we have to say goes by the API."""

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        """Raises Unauthenticated for what is not signed with the endpoint's token, or long ago."""
        if request.method == "GET":
            return Taken(answer=Answer(self._handshake(endpoint, request)))
        _check_age(request)
        plain = self._opened(endpoint, request)
        try:
            key = identify(values_of(plain))
        except Invalid:
            # It is the provider's, so it is kept: somebody should see what could not be read.
            key = "unread:" + hashlib.sha256(plain).hexdigest()[:40]
        return Taken([(key, plain)], SUCCESS)

    def _handshake(self, endpoint: Endpoint, request: Request) -> bytes:
        echo = request.query.get("echostr", "")
        if "signature" in request.query:
            _check(endpoint, request)
            return echo.encode()
        return self._envelopes(endpoint).open(*_signature(request, "msg_signature"), echo)

    def _opened(self, endpoint: Endpoint, request: Request) -> bytes:
        if len(request.body) > ENVELOPE_LIMIT:
            raise Invalid.field("body", "text_too_long", max_length=ENVELOPE_LIMIT)
        sealed = request.query.get("encrypt_type", "").lower() == "aes" and bool(endpoint.credentials.get("aes_key"))
        if not sealed and "msg_signature" not in request.query and endpoint.settings.get("mode", "safe") == "safe":
            raise Unauthenticated("channel_signature_invalid")
        if sealed or endpoint.settings.get("mode", "safe") == "safe":
            return self._envelopes(endpoint).open(*_signature(request, "msg_signature"), envelope(request.body))
        _check(endpoint, request)
        return request.body

    @staticmethod
    def _envelopes(endpoint: Endpoint) -> Envelopes:
        credentials = endpoint.credentials
        letters = credentials.get("aes_key", "")
        if not letters:
            raise Unauthenticated("channel_signature_invalid")
        return Envelopes(credentials.get("token", ""), letters, str(endpoint.settings.get("app_id", "")))


def _signature(request: Request, name: str) -> tuple[str, str, str]:
    query = request.query
    return query.get(name, ""), query.get("timestamp", ""), query.get("nonce", "")


def _check(endpoint: Endpoint, request: Request) -> None:
    given, timestamp, nonce = _signature(request, "signature")
    if not signed(given, endpoint.credentials.get("token", ""), timestamp, nonce):
        raise Unauthenticated("channel_signature_invalid")


def _check_age(request: Request) -> None:
    stamp = request.query.get("timestamp", "")
    at = int(stamp) if stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 else 0
    if abs(clock.now().timestamp() - at) > OLDEST:
        raise Unauthenticated("channel_signature_invalid")
