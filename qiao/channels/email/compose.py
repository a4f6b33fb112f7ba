"""Answers as mails: text and simple HTML that say the same, template, signature, quotation, attachments. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from html import escape
from typing import Any, Final

from qiao.channels.email import threads
from qiao.channels.email.settings import EmailSettings
from qiao.core import i18n

_FONT: Final = "font-family:'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',Inter,system-ui,sans-serif"
_URL: Final = re.compile(r"https?://[^\s<>\"'，。；！？、（）【】「」]{1,2000}")
_VARIABLE: Final = re.compile(r"\{(\w{1,20})\}")
_QUOTE_LIMIT: Final = 4000


class _Wire(EmailPolicy):
    """The standard library's way of writing mails, but for lists of message ids: it encodes ids of more than a line's
    length (Outlook's are) like words, and no program recognises them any more."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in ("in-reply-to", "references"):
            listed = f"{self.linesep} ".join(str(value).split())
            return f"{name}: {listed}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in ("in-reply-to", "references"):
            return self.fold(name, value).encode("ascii", "replace")
        return bytes(super().fold_binary(name, value))


_WIRE: Final = _Wire(linesep="\r\n")
_WIRE_UTF8: Final = _Wire(linesep="\r\n", utf8=True)


@dataclass(frozen=True, slots=True)
class Previous:
    """The customer's mail that is answered."""

    subject: str
    name: str
    address: str
    body: str
    at: datetime
    """By the company's clock: so it is quoted."""
    automatic: str | None = None
    received_as: str | None = None
    message_id: str = ""
    answers_to: tuple[str, ...] = ()
    """Where its sender wants answers, when that is to be believed."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail is made of but its files."""

    message_id: str
    sender: tuple[str, str]
    to: tuple[str, ...]
    subject: str
    text: str
    at: datetime
    locale: str
    cc: tuple[str, ...] = ()
    reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: bool = False
    previous: Previous | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    mime: str
    data: bytes


def filled(template: str, values: Mapping[str, str]) -> str:
    """`template` with its variables; what is no variable stays as it is written."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), template)


def worded(settings: EmailSettings, locale: str, values: Mapping[str, str]) -> str:
    """The words of an answer in its template, signed."""
    english = locale == "en"
    template = (
        (settings.template_en or settings.template_zh) if english else (settings.template_zh or settings.template_en)
    )
    signature = (
        (settings.signature_en or settings.signature_zh)
        if english
        else (settings.signature_zh or settings.signature_en)
    )
    text = (
        filled(template, values) if "{body}" in template else f"{values['body']}\n\n{filled(template, values)}".strip()
    )
    signed = filled(signature, values).strip()
    return f"{text.strip()}\n\n-- \n{signed}" if signed else text.strip()


def subject_of(given: str | None, previous: Previous | None, inbox: str, token: str | None) -> str:
    """What the mail is about: as the agent says, else as what it answers."""
    subject = given or (threads.answering_subject(previous.subject) if previous is not None else "") or inbox
    subject = " ".join(subject.split())[:300]
    return f"{subject} [#{token}]" if token and token not in subject else subject


def mail(letter: Letter, files: Sequence[Attachment] = ()) -> EmailMessage:
    """The mail itself. Whatever a header is given, it stays one line.

    Raises ValueError for an address that cannot be written in a header.
    """
    plain = all(address.isascii() for address in (letter.sender[1], *letter.to, *letter.cc))
    made = EmailMessage(policy=_WIRE if plain else _WIRE_UTF8)
    made["From"] = Address(display_name=_line(letter.sender[0]), addr_spec=letter.sender[1])
    made["To"] = ", ".join(map(_address, letter.to))
    if letter.cc:
        made["Cc"] = ", ".join(map(_address, letter.cc))
    if letter.reply_to:
        made["Reply-To"] = Address(display_name=_line(letter.sender[0]), addr_spec=letter.reply_to)
    made["Subject"] = _line(letter.subject)
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = letter.message_id
    if letter.references:
        made["In-Reply-To"] = letter.references[-1]
        made["References"] = " ".join(letter.references)
    if letter.automatic:
        # Nobody's machine answers a machine (RFC 3834); Exchange listens to its own word only.
        made["Auto-Submitted"] = "auto-replied"
        made["X-Auto-Response-Suppress"] = "All"
    # Neither 8-bit nor long lines survive every server on the way.
    made.set_content(_text(letter), charset="utf-8", cte="base64")
    made.add_alternative(_html(letter), subtype="html", charset="utf-8", cte="base64")
    for one in files:
        main, _, sub = (
            one.mime if re.fullmatch(r"[\w.+-]+/[\w.+-]+", one.mime) else "application/octet-stream"
        ).partition("/")
        if main in ("multipart", "message", "text"):
            main, sub = "application", "octet-stream" if main != "text" else sub
        made.add_attachment(one.data, maintype=main, subtype=sub, filename=_line(one.name) or "file")
    made["Content-Language"] = letter.locale  # last: what describes content moves into a part when a second is added
    return made


def _address(text: str) -> str:
    return str(Address(addr_spec=text))


def _line(text: str) -> str:
    return " ".join("".join(ch if ch.isprintable() or ch.isspace() else "" for ch in text).split())


def _text(letter: Letter) -> str:
    text = letter.text
    if letter.previous is not None:
        quoted = "\n".join(f"> {line}" for line in letter.previous.body[:_QUOTE_LIMIT].split("\n"))
        text += f"\n\n{_wrote(letter.previous, letter.locale)}\n{quoted}"
    return text + "\n"


def _wrote(previous: Previous, locale: str) -> str:
    who = f"{previous.name} <{previous.address}>" if previous.name else previous.address
    return i18n.t("email.mail.wrote", locale, at=f"{previous.at:%Y-%m-%d %H:%M}", who=who)


def _html(letter: Letter) -> str:
    """Inline styles only: readers strip everything else. The class is what mail programs fold by."""
    quoted = ""
    if letter.previous is not None:
        quoted = (
            f'<div class="gmail_quote" style="margin-top:24px;color:#5b6472">'
            f"<div>{escape(_wrote(letter.previous, letter.locale))}</div>"
            f'<blockquote type="cite" style="margin:8px 0 0;padding-left:12px;border-left:2px solid #d0d5dd">'
            f"{_marked(letter.previous.body[:_QUOTE_LIMIT])}</blockquote></div>"
        )
    return (
        f'<!doctype html><html lang="{escape(letter.locale)}"><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;{_FONT};font-size:14px;line-height:1.6;color:#1b1f26">'
        f"<div>{_marked(letter.text)}</div>{quoted}</body></html>"
    )


def _marked(text: str) -> str:
    said: list[str] = []
    end = 0
    for found in _URL.finditer(text):
        said.append(escape(text[end : found.start()]))
        url = found[0].rstrip(".,;:!?)")
        said.append(f'<a href="{escape(url)}" style="color:#1f5fbf">{escape(url)}</a>')
        end = found.start() + len(url)
    said.append(escape(text[end:]))
    return "".join(said).replace("\n", "<br>\n")
