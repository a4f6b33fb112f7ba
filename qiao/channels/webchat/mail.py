"""The mail that carries a transcript: built here, without I/O, as mail readers of every age understand it."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from html import escape
from itertools import groupby
from typing import Final

from qiao.core import i18n
from qiao.desk.conversations.transcripts import Line, text_of

_FONT: Final = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Inter,system-ui,sans-serif"


def transcript_mail(
    *,
    sender: str,
    to: str,
    company: str,
    number: int,
    lines: Sequence[Line],
    locale: str,
    message_id: str,
    at: datetime,
) -> EmailMessage:
    """A text and an HTML part that say the same. The same `message_id` gives the same mail: a retry is no second one."""
    name, address = parseaddr(sender)
    subject = i18n.t("widget.mail.subject", locale, company=company, number=number)
    intro = i18n.t("widget.mail.intro", locale, company=company)
    mail = EmailMessage(policy=SMTP)
    # A company's name may hold anything; a header may not.
    mail["From"] = Address(display_name=_one_line(name or company), addr_spec=address)
    mail["To"] = to
    mail["Subject"] = _one_line(subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2] or 'localhost'}>"
    # Holiday notices and list servers leave alone what a machine has sent.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    text = f"{intro}\n\n" + "\n".join(map(text_of, lines)) + "\n"
    # Neither 8-bit nor long lines survive every server on the way.
    mail.set_content(text, charset="utf-8", cte="base64")
    mail.add_alternative(_html(subject, intro, lines, locale), subtype="html", charset="utf-8", cte="base64")
    mail["Content-Language"] = locale  # last: what describes content moves into the first part when a second is added
    return mail


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _html(subject: str, intro: str, lines: Sequence[Line], locale: str) -> str:
    """Inline styles only: readers strip everything else."""
    body = []
    for day, said in groupby(lines, key=lambda line: line.at.date()):
        body.append(f'<p style="margin:20px 0 8px;color:#5b6472;font-size:12px;text-align:center">{day:%Y-%m-%d}</p>')
        body.extend(_said(line) for line in said)
    return (
        f'<!doctype html><html lang="{escape(locale)}"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
        f'<body style="margin:0;padding:24px;background:#f4f5f7;{_FONT};color:#1b1f26;font-size:14px;line-height:1.6">'
        f'<div style="max-width:640px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px">'
        f'<h1 style="margin:0 0 8px;font-size:18px">{escape(subject)}</h1>'
        f'<p style="margin:0;color:#4a5260">{escape(intro)}</p>{"".join(body)}</div></body></html>'
    )


def _said(line: Line) -> str:
    what = escape(line.what).replace("\n", "<br>")
    time = f'<span style="color:#5b6472;font-size:12px">{line.at:%H:%M}</span>'
    if line.event:
        return f'<p style="margin:8px 0;color:#5b6472;font-size:13px;text-align:center">{what} {time}</p>'
    ground = "#eef2ff" if line.by_customer else "#f4f5f7"
    return (
        f'<div style="margin:8px 0;padding:8px 12px;background:{ground};border-radius:8px">'
        f"<strong>{escape(line.who)}</strong> {time}<br>{what}</div>"
    )
