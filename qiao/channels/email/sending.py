"""Handing mails to the mail server: everybody it is for gets it, or nobody does and the reason is known."""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Final

import aiosmtplib

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, SourceFailed
from qiao.channels.email.connecting import leave, open_server
from qiao.channels.email.oauth import Access
from qiao.channels.email.settings import EmailSettings

_BUSY: Final = 60.0


class Postman:
    """Sends mails, each over a connection of its own."""

    def __init__(self, access: Access):
        self._access = access

    async def send(
        self, endpoint: Endpoint, settings: EmailSettings, mail: EmailMessage, sender: str, recipients: Sequence[str]
    ) -> None:
        """Returns once the server has taken the mail. Raises DeliveryFailed or DeliveryRefused."""
        try:
            client = await open_server(endpoint, settings, self._access)
        except SourceFailed as error:
            # The account is at fault, not the message: it waits until somebody has mended that.
            raise DeliveryFailed(str(error.params.get("reason", "")), code=error.code, **error.params) from error
        try:
            await _hand_over(client, mail, sender, recipients)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise failure(error) from error
        finally:
            await leave(client)


async def _hand_over(client: aiosmtplib.SMTP, mail: EmailMessage, sender: str, recipients: Sequence[str]) -> None:
    plain = all(address.isascii() for address in (sender, *recipients))
    if not plain and not client.supports_extension("smtputf8"):
        raise DeliveryRefused("email.refused.address_not_ascii")
    data = mail.as_bytes()
    limit = client.esmtp_extensions.get("size", "").strip()
    if limit.isdigit() and 0 < int(limit) < len(data):
        raise DeliveryRefused("email.refused.too_large", size_mb=_mb(len(data)), limit_mb=_mb(int(limit)))
    options = [f"SIZE={len(data)}"] if client.supports_extension("size") else []
    await client.mail(
        sender, options=options if plain else [*options, "SMTPUTF8"], encoding="ascii" if plain else "utf-8"
    )
    refused: list[str] = []
    later: list[str] = []
    for address in recipients:
        try:
            await client.rcpt(address, encoding="ascii" if plain else "utf-8")
        except aiosmtplib.SMTPResponseException as error:
            (refused if error.code >= 500 else later).append(f"{address} ({error.code} {_line(error.message)})")
    if refused:
        # Told now, corrected now: a copy for some would be sent again to them with the correction.
        raise DeliveryRefused("email.refused.recipients", addresses="; ".join(refused)[:1000])
    if later:
        raise DeliveryFailed("; ".join(later)[:1000])  # one recipient's trouble: others need not wait
    await client.data(data)


def failure(error: Exception) -> DeliveryFailed | DeliveryRefused:
    """What the server's answer means for the message."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        said = f"{error.code} {_line(error.message)}"
        match error.code:
            case 552 | 523:
                return DeliveryRefused("email.refused.server_too_large", reason=said)
            case 530 | 534 | 535 | 538:
                return DeliveryFailed(said)  # the account's trouble
            case 550 | 551 | 553 | 554 if "spam" in said.lower() or ".7." in said:
                return DeliveryRefused("email.refused.rejected", reason=said)
            case code if 500 <= code < 600:
                return DeliveryRefused("email.refused.server", reason=said)
        # "Too many connections" is said to all of us, other delays to this mail only.
        return DeliveryFailed(said, after=_BUSY if error.code == 421 else None)
    return DeliveryFailed(f"{type(error).__name__}: {error}"[:300])


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _mb(size: int) -> str:
    return f"{size / 1024 / 1024:.1f}"
