"""Meta's Graph API and webhooks, the same for WhatsApp, Messenger and Instagram: signatures, handshake, calls, errors."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import Answer, DeliveryFailed, Endpoint, Request
from qiao.channels.contract.http import ChannelHttp
from qiao.core.errors import Unauthenticated

GRAPH: Final = "https://graph.facebook.com"
VERSION: Final = "v23.0"
FILE_HOSTS: Final = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net", ".cdninstagram.com")
"""Where Meta keeps files; the access token goes nowhere else."""
_HANDED_BACK: Final = frozenset({429, 500, 502, 503, 504})
_TRANSIENT: Final = frozenset({1, 2, 4, 17, 32, 341, 613, 80007})


class GraphError(Exception):
    """What the Graph API refused. Its code is what counts; the words are Meta's own."""

    def __init__(self, code: int, subcode: int, message: str, status: int, *, transient: bool = False):
        super().__init__(f"({code}/{subcode}) {message}")
        self.code = code
        self.subcode = subcode
        self.message = message
        self.status = status
        self.transient = transient or code in _TRANSIENT or status >= 500


def handshake(request: Request, verify_token: str) -> Answer:
    """The answer to the question Meta asks before it posts. Raises Unauthenticated for another token."""
    query = request.query
    good = bool(verify_token) and hmac.compare_digest(query.get("hub.verify_token", "").encode(), verify_token.encode())
    if query.get("hub.mode") != "subscribe" or not good:
        raise Unauthenticated("channel_signature_invalid")
    return Answer(query.get("hub.challenge", "")[:200].encode())


def check(request: Request, app_secret: str) -> None:
    """Raises Unauthenticated unless the body is signed with the app's secret."""
    given = request.headers.get("x-hub-signature-256", "")
    good = "sha256=" + hmac.new(app_secret.encode(), request.body, hashlib.sha256).hexdigest()
    if not app_secret or not hmac.compare_digest(given.encode(), good.encode()):
        raise Unauthenticated("channel_signature_invalid")


def proof(token: str, app_secret: str) -> str:
    """Shows that whoever uses the token knows the app's secret, too."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class Graph:
    """Calls of an endpoint: `access_token` and `app_secret` are among its credentials, `graph_url` and `api_version` among
    its settings."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    async def call(
        self, endpoint: Endpoint, method: str, path: str, *, query: Mapping[str, str] | None = None, **options: Any
    ) -> dict[str, Any]:
        """The answer. Raises GraphError, or DeliveryFailed when there is none."""
        token, secret = _credential(endpoint, "access_token"), _credential(endpoint, "app_secret")
        params = dict(query or {})
        if secret:
            params["appsecret_proof"] = proof(token, secret)
        response = await self.http.request(
            method,
            f"{base_of(endpoint)}/{path.lstrip('/')}",
            params=params,
            headers={"authorization": f"Bearer {token}"},
            answers=_HANDED_BACK,
            **options,
        )
        return _read(response)

    def may_hold_files(self, endpoint: Endpoint, url: str) -> bool:
        """Whether a file's address is one of Meta's, so that the token may be shown there."""
        asked, own = urlsplit(url), urlsplit(base_of(endpoint))
        if asked.netloc == own.netloc:
            return True
        return asked.scheme == "https" and f".{asked.hostname or ''}".endswith(FILE_HOSTS)

    def authorization(self, endpoint: Endpoint) -> dict[str, str]:
        return {"authorization": f"Bearer {_credential(endpoint, 'access_token')}"}


def base_of(endpoint: Endpoint) -> str:
    settings = endpoint.settings
    return f"{str(settings.get('graph_url') or GRAPH).rstrip('/')}/{settings.get('api_version') or VERSION}"


def _credential(endpoint: Endpoint, name: str) -> str:
    return endpoint.credentials.get(name) or ""


def _read(response: httpx.Response) -> dict[str, Any]:
    try:
        answer = reading.mapping(msgspec.json.decode(response.content))
    except msgspec.MsgspecError:
        raise DeliveryFailed(f"Meta answered {response.status_code}") from None
    error = reading.mapping(answer, "error")
    if not error and response.status_code < 400:
        return answer
    details = reading.text(error, "error_data", "details", limit=300)
    raise GraphError(
        reading.whole(error, "code") or 0,
        reading.whole(error, "error_subcode") or 0,
        details or reading.text(error, "message", limit=300),
        response.status_code,
        transient=error.get("is_transient") is True,
    )
