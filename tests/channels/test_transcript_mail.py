"""The transcript by mail, against a mail server that speaks SMTP."""

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from qiao.core.jobs import JobRow
from qiao.core.runtime import Runtime
from tests.channels.postoffice import PostOffice
from tests.channels.street import API, Street
from tests.served import free_port

SENDER = "木棉生活客服 <service@kapok.example>"


class Office:
    """Takes mail, or answers what it is told to."""

    def __init__(self) -> None:
        self.replies: list[str] = []
        self.tries = 0
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        if self.replies and (reply := self.replies.pop(0)):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.raw.append(envelope.content)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@pytest.fixture
async def office(runtime: Runtime) -> AsyncIterator[Office]:
    held = Office()
    # A plain old server: no TLS, no 8-bit, no UTF-8 addresses.
    controller = PostOffice(held, hostname="127.0.0.1", port=free_port(), enable_SMTPUTF8=False, decode_data=False)
    controller.start()
    runtime.settings.smtp_url = f"smtp://127.0.0.1:{controller.port}"
    runtime.settings.mail_from = SENDER
    yield held
    await asyncio.to_thread(controller.stop)


async def state(runtime: Runtime) -> tuple[str, Any]:
    async with runtime.db.read() as db:
        from sqlalchemy import select

        row = (await db.execute(select(JobRow).order_by(JobRow.id.desc()))).scalars().first()
        assert row is not None
        return row.state, row.result


async def ask(street: Street, widget: Any, locale: str) -> httpx.Response:
    response = await street.http.post(
        f"{API}/widget/transcript-mail",
        json={"email": "wang@customer.example"},
        headers={**widget.headers, "Accept-Language": locale},
    )
    if response.status_code == 202:
        await street.runtime.reactions.settled()
    return response


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
async def test_it_arrives_as_mail_readers_expect_it(street: Street, office: Office, locale: str) -> None:
    widget = street.widget()
    await widget.open(locale=locale)
    said = await widget.say("退款 <b>多久</b> & 能到账？\n" + "很长" * 600)
    await street.answer(said["conversation_id"], "三个工作日内 🙂")
    await street.note(said["conversation_id"], "secret between colleagues")
    assert (await ask(street, widget, locale)).status_code == 202
    (mail,) = office.mails
    assert await state(street.runtime) == ("done", {"sent": True})

    assert str(mail["To"]) == "wang@customer.example"
    sender = mail["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == ("木棉生活客服", "service@kapok.example")
    assert mail["Message-ID"].endswith("@kapok.example>") and mail["Date"].datetime is not None
    assert (mail["Auto-Submitted"], mail["Content-Language"]) == ("auto-generated", locale)
    assert ("会话记录" if locale == "zh-CN" else "Your conversation") in mail["Subject"]
    # Old servers on the way: seven bits, no line beyond what SMTP carries.
    assert office.raw[0].isascii()
    assert max(map(len, office.raw[0].split(b"\r\n"))) <= 998
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and html is not None
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")
    words, page = text.get_content(), html.get_content()
    assert "退款 <b>多久</b> & 能到账？" in words and "三个工作日内 🙂" in words
    assert "退款 &lt;b&gt;多久&lt;/b&gt; &amp; 能到账？" in page and "三个工作日内 🙂" in page
    assert f'<html lang="{locale}">' in page and "<script" not in page
    for body in (words, page):
        assert "secret between colleagues" not in body
        assert ("请勿直接回复" if locale == "zh-CN" else "do not answer") in body


async def test_a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not(street: Street, office: Office) -> None:
    widget = street.widget()
    await widget.open()
    await widget.say("hello")
    office.replies = ["451 come back later"]
    assert (await ask(street, widget, "en")).status_code == 202
    assert (await state(street.runtime))[0] == "failed" and office.mails == []
    async with street.runtime.db.transaction() as db:
        from sqlalchemy import text

        await db.execute(text("UPDATE dead_letters SET next_at = now()"))
    await street.runtime.reactions.retry_due()
    await street.runtime.reactions.settled()
    assert (await state(street.runtime)) == ("done", {"sent": True})
    assert (office.tries, len(office.mails)) == (2, 1)

    office.replies = ["550 no such mailbox"]
    assert (await ask(street, widget, "en")).status_code == 202
    assert (await state(street.runtime)) == ("done", {"refused": 550})
    await street.runtime.reactions.retry_due()
    assert (office.tries, len(office.mails)) == (3, 1)


async def test_who_may_not_ask_for_it(street: Street, office: Office) -> None:
    widget = street.widget()
    await widget.open()
    await widget.say("hello")
    for address in ("", "wang", "a@b\r\nBcc: x@y.example", "王@客户.example"):
        response = await street.http.post(
            f"{API}/widget/transcript-mail", json={"email": address}, headers=widget.headers
        )
        assert response.status_code == 422, address
    codes = [(await ask(street, widget, "en")).status_code for _ in range(5)]
    assert 429 in codes and codes[0] == 202
    street.runtime.settings.smtp_url = None
    assert (await ask(street, widget, "zh-CN")).json()["code"] in ("widget.mail_off", "too_many_requests")
