"""Opening mailboxes and mail servers: addresses, encryption, sign-in, and what went wrong in words for staff."""

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import aiosmtplib

from qiao.channels.contract import wire
from qiao.channels.contract.channel import DeliveryFailed, Endpoint, SourceFailed
from qiao.channels.email.imap import Imap, ImapError, ImapRefused
from qiao.channels.email.oauth import Access
from qiao.channels.email.settings import EmailSettings

_TIMEOUT: Final = 30.0
_HOSTS: Final[dict[str, dict[str, Any]]] = {
    "google": {"imap_host": "imap.gmail.com", "smtp_host": "smtp.gmail.com"},
    "microsoft": {
        "imap_host": "outlook.office365.com",
        "smtp_host": "smtp.office365.com",
        "smtp_port": 587,
        "smtp_security": "starttls",
    },
}


def read_settings(given: Mapping[str, Any]) -> EmailSettings:
    """The settings of an endpoint. Google's and Microsoft's servers need not be named."""
    known = {name: value for name, value in given.items() if name in EmailSettings.model_fields}
    settings = EmailSettings.model_validate(known)
    usual = _HOSTS.get(settings.sign_in, {})
    missing = {side for side in ("imap", "smtp") if not getattr(settings, f"{side}_host")}
    filled = {name: value for name, value in usual.items() if name.partition("_")[0] in missing}
    return settings.model_copy(update=filled) if filled else settings


@cache
def tls(verify: bool) -> ssl.SSLContext:
    """One for all mailboxes: reading the trusted certificates takes time and memory."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def open_mailbox(endpoint: Endpoint, settings: EmailSettings, access: Access) -> Imap:
    """A connection that is signed in. Raises SourceFailed."""
    where: dict[str, Any] = {"host": settings.imap_host, "port": settings.imap_port}
    try:
        imap = await Imap.connect(
            settings.imap_host, settings.imap_port, settings.imap_security, context=tls(settings.verify_certificates)
        )
    except ssl.SSLCertVerificationError as error:
        raise SourceFailed("email.failed.certificate", **where, reason=error.verify_message) from error
    except ssl.SSLError as error:
        raise SourceFailed("email.failed.tls", **where, reason=error.reason or str(error)) from error
    except (OSError, TimeoutError, ImapError, ImapRefused) as error:
        raise SourceFailed("email.failed.unreachable", **where, reason=reason_of(settings.imap_host, error)) from error
    try:
        if settings.sign_in == "password":
            await imap.login(settings.user(), endpoint.credentials.get("password", ""))
        else:
            await _with_token(imap, endpoint, settings, access)
    except ImapRefused as error:
        imap.abort()
        raise SourceFailed("email.failed.sign_in", user=settings.user(), **where, reason=error.text[:200]) from error
    except (OSError, TimeoutError, ImapError, DeliveryFailed) as error:
        imap.abort()
        raise SourceFailed("email.failed.unreachable", **where, reason=reason_of(settings.imap_host, error)) from error
    except BaseException:
        imap.abort()
        raise
    return imap


async def _with_token(imap: Imap, endpoint: Endpoint, settings: EmailSettings, access: Access) -> None:
    token = await access.token(endpoint, settings)
    try:
        await imap.xoauth2(settings.user(), token)
    except ImapRefused:
        # It may have been withdrawn before its time: once more with a fresh one.
        await access.drop(endpoint, token)
        await imap.xoauth2(settings.user(), await access.token(endpoint, settings))


async def open_server(endpoint: Endpoint, settings: EmailSettings, access: Access) -> aiosmtplib.SMTP:
    """A connection to the mail server that is signed in. Raises SourceFailed."""
    where: dict[str, Any] = {"host": settings.smtp_host, "port": settings.smtp_port}
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
        tls_context=tls(settings.verify_certificates) if settings.smtp_security != "none" else None,
        timeout=_TIMEOUT,
        local_hostname=settings.address.rpartition("@")[2] or "localhost",
    )
    try:
        await client.connect()
    except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
        client.close()
        cause = error.__cause__ or error.__context__
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY" in str(error):
            raise SourceFailed(
                "email.failed.certificate", **where, reason=reason_of(settings.smtp_host, error)
            ) from error
        raise SourceFailed("email.failed.unreachable", **where, reason=reason_of(settings.smtp_host, error)) from error
    if not settings.smtp_sign_in:
        return client
    try:
        if settings.sign_in == "password":
            await client.login(settings.user(), endpoint.credentials.get("password", ""))
        else:
            token = await access.token(endpoint, settings)
            try:
                await client.auth_xoauth2(settings.user(), token)
            except aiosmtplib.SMTPAuthenticationError:
                await access.drop(endpoint, token)
                await client.auth_xoauth2(settings.user(), await access.token(endpoint, settings))
    except aiosmtplib.SMTPAuthenticationError as error:
        client.close()
        raise SourceFailed(
            "email.failed.sign_in", user=settings.user(), **where, reason=reason_of(settings.smtp_host, error)
        ) from error
    except (aiosmtplib.SMTPException, OSError, TimeoutError, DeliveryFailed) as error:
        client.close()
        raise SourceFailed("email.failed.unreachable", **where, reason=reason_of(settings.smtp_host, error)) from error
    except BaseException:
        client.close()
        raise
    return client


async def leave(client: aiosmtplib.SMTP) -> None:
    try:
        await client.quit(timeout=5)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        client.close()


def reason_of(host: str, error: Exception) -> str:
    """Why there is no connection: as the other side says it, or a word for the reader's language."""
    if isinstance(error, aiosmtplib.SMTPResponseException) or not isinstance(error, OSError | TimeoutError):
        return (str(error) or type(error).__name__)[:200]
    return wire.why(host, error)
