"""Access to mailboxes that take no passwords: a refresh token becomes access tokens (RFC 6749), shared by all processes."""

import hashlib
from typing import Final

import msgspec

from qiao.channels.contract.channel import DeliveryFailed, Endpoint, SourceFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.tokens import Tokens
from qiao.channels.email.settings import EmailSettings
from qiao.core.runtime import Runtime

_GOOGLE: Final = "https://oauth2.googleapis.com/token"
_MICROSOFT: Final = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_MICROSOFT_SCOPE: Final = (
    "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
)
_REFRESH_LIVES: Final = 80 * 86_400.0
"""Microsoft replaces refresh tokens; each is good for ninety days."""


class Granted(msgspec.Struct):
    access_token: str
    expires_in: float | str = 3600
    refresh_token: str | None = None


class Failed(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class Access:
    """Access tokens of mailboxes."""

    def __init__(self, runtime: Runtime):
        self._tokens = Tokens.of(runtime)
        self._http = ChannelHttp.of(runtime)

    async def token(self, endpoint: Endpoint, settings: EmailSettings) -> str:
        """Raises SourceFailed when the provider refuses, DeliveryFailed when it cannot be reached."""
        given = endpoint.credentials.get("refresh_token") or ""
        if not given or not settings.client_id:
            raise SourceFailed("email.failed.oauth_incomplete", hopeless=True)
        return await self._tokens.get(endpoint, _name("access", given), lambda: self._fetch(endpoint, settings, given))

    async def drop(self, endpoint: Endpoint, token: str) -> None:
        """The mail server does not take `token` (any more)."""
        given = endpoint.credentials.get("refresh_token") or ""
        await self._tokens.drop(endpoint, _name("access", given), token)

    async def _fetch(self, endpoint: Endpoint, settings: EmailSettings, given: str) -> tuple[str, float]:
        name = _name("refresh", given)

        async def first() -> tuple[str, float]:
            return given, _REFRESH_LIVES

        refresh = await self._tokens.get(endpoint, name, first)
        try:
            granted = await self._ask(endpoint, settings, refresh)
        except SourceFailed:
            if refresh == given:
                raise
            # The one the provider gave us since is no good; the one from the settings may be.
            await self._tokens.drop(endpoint, name, refresh)
            granted = await self._ask(endpoint, settings, given)
        newer = granted.refresh_token
        if newer and newer != refresh:

            async def replaced() -> tuple[str, float]:
                return newer, _REFRESH_LIVES

            await self._tokens.drop(endpoint, name, refresh)
            await self._tokens.get(endpoint, name, replaced)
        return granted.access_token, max(60.0, float(granted.expires_in))

    async def _ask(self, endpoint: Endpoint, settings: EmailSettings, refresh: str) -> Granted:
        form = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": settings.client_id}
        if secret := endpoint.credentials.get("client_secret"):
            form["client_secret"] = secret
        if scope := settings.scope or (_MICROSOFT_SCOPE if settings.sign_in == "microsoft" else ""):
            form["scope"] = scope
        answer = await self._http.request("POST", token_url(settings), data=form)
        if answer.status_code == 200:
            try:
                return msgspec.json.decode(answer.content, type=Granted)
            except msgspec.MsgspecError as error:
                raise DeliveryFailed(f"token service: {error}") from None
        try:
            said = msgspec.json.decode(answer.content, type=Failed)
        except msgspec.MsgspecError:
            said = Failed()
        raise SourceFailed(
            "email.failed.oauth_refused",
            # Withdrawn consent, a wrong secret: only a person can mend that.
            hopeless=said.error in ("invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"),
            error=said.error or answer.status_code,
            reason=said.error_description[:300],
        )


def token_url(settings: EmailSettings) -> str:
    match settings.sign_in:
        case "google":
            return _GOOGLE
        case "microsoft":
            return _MICROSOFT.format(tenant=settings.tenant or "common")
    return settings.token_url


def _name(kind: str, given: str) -> str:
    """Tokens made from other settings are other tokens."""
    return f"{kind}:{hashlib.sha256(given.encode()).hexdigest()[:24]}"
