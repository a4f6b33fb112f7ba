"""Mail this installation sends to people: whether it can, handing it over, and a plain letter with one button."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

from qiao.core.settings import Settings

_FONT: Final = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Inter,system-ui,sans-serif"


class Link(NamedTuple):
    label: str
    url: str


class Line(NamedTuple):
    """One paragraph, and where it leads. A `large` one is what the mail is about, to be read off and typed."""

    text: str
    url: str | None = None
    large: bool = False


def can_send(settings: Settings) -> bool:
    return bool(settings.smtp_url and settings.mail_from)


async def send(settings: Settings, message: EmailMessage) -> None:
    """Hands a message to the mail server of `smtp_url` (smtp, smtps, or smtp with STARTTLS when offered)."""
    parts = urlsplit(settings.smtp_url or "")
    await aiosmtplib.send(
        message,
        hostname=parts.hostname,
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        timeout=30,
    )


def refused_for_good(error: Exception) -> bool:
    """Whether asking the mail server again would not change its mind."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return error.recipients[0].code >= 500
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code >= 500


def letter(
    *,
    sender: str,
    to: str,
    company: str,
    subject: str,
    lines: Sequence[Line],
    locale: str,
    message_id: str,
    at: datetime,
    button: Link | None = None,
    foot: str = "",
) -> EmailMessage:
    """A text and an HTML part that say the same. The same `message_id` gives the same mail: a retry is no second one."""
    name, address = parseaddr(sender)
    mail = EmailMessage(policy=SMTP)
    # A company's name may hold anything; a header may not.
    mail["From"] = Address(display_name=_one_line(name or company), addr_spec=address)
    mail["To"] = to
    mail["Subject"] = _one_line(subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    said = [line.text + (f"\n{line.url}" if line.url else "") for line in lines]
    if button is not None:
        said.append(f"{button.label}{'：' if locale.startswith('zh') else ':'}\n{button.url}")
    if foot:
        said.append(foot)
    # Neither 8-bit nor long lines survive every server on the way.
    mail.set_content("\n\n".join(said) + "\n", charset="utf-8", cte="base64")
    mail.add_alternative(_html(subject, lines, locale, button, foot), subtype="html", charset="utf-8", cte="base64")
    mail["Content-Language"] = locale  # last: what describes content moves into the first part when a second is added
    return mail


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _html(subject: str, lines: Sequence[Line], locale: str, button: Link | None, foot: str) -> str:
    """Inline styles only: readers strip everything else."""
    body = []
    for line in lines:
        text = escape(line.text).replace("\n", "<br>")
        if line.url:
            text = f'<a href="{escape(line.url)}" style="color:#1f5fbf;text-decoration:none">{text}</a>'
        look = ";font-size:28px;font-weight:600;letter-spacing:4px" if line.large else ""
        body.append(f'<p style="margin:0 0 12px;color:#1b1f26{look}">{text}</p>')
    if button is not None:
        body.append(
            f'<p style="margin:20px 0"><a href="{escape(button.url)}" style="display:inline-block;padding:10px 20px;'
            f'background:#1f5fbf;color:#ffffff;border-radius:8px;text-decoration:none">{escape(button.label)}</a></p>'
        )
    if foot:
        body.append(f'<p style="margin:20px 0 0;color:#5b6472;font-size:12px">{escape(foot)}</p>')
    return (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(subject)}</title></head>'
        f'<body style="margin:0;padding:24px;background:#f4f5f7;{_FONT};color:#1b1f26;font-size:14px;line-height:1.6">'
        f'<div style="max-width:640px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">'
        f'<h1 style="margin:0 0 16px;font-size:18px">{escape(subject)}</h1>{"".join(body)}</div></body></html>'
    )
