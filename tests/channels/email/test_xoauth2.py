"""Signing in to a mail server by an access token: the bytes of AUTH XOAUTH2, and a token withdrawn before its time."""

import base64
import json
from email.message import EmailMessage
from typing import Any, cast

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.channels.email.oauth import Access
from qiao.channels.email.sending import Postman
from qiao.channels.email.settings import EmailSettings
from qiao.core.ids import new_id
from tests.channels.postoffice import PostOffice
from tests.served import free_port

USER = "care@shop.test"


class Server:
    """Takes one token. Like Google's, it answers another with what is wrong (334), waits for an empty line, then says no."""

    def __init__(self) -> None:
        self.good = "fresh"
        self.said: list[bytes] = []
        self.mails: list[tuple[str, list[str]]] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        said = base64.b64decode(args[1], validate=True)
        self.said.append(said)
        if said == f"user={USER}\x01auth=Bearer {self.good}\x01\x01".encode():
            return AuthResult(success=True, auth_data=USER)
        wrong = {"status": "401", "schemes": "bearer", "scope": "https://mail.google.com/"}
        answer = await server.challenge_auth(json.dumps(wrong))
        assert answer == b""
        return AuthResult(success=False, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert session.authenticated
        self.mails.append((envelope.mail_from or "", envelope.rcpt_tos))
        return "250 OK"


class Tokens:
    """Access tokens as they are given out; a dropped one is replaced by the next."""

    def __init__(self, *given: str) -> None:
        self.given = list(given)
        self.dropped: list[str] = []

    async def token(self, endpoint: Endpoint, settings: EmailSettings) -> str:
        return self.given[0]

    async def drop(self, endpoint: Endpoint, token: str) -> None:
        self.dropped.append(token)
        self.given = self.given[1:] or [token]


async def send(office: PostOffice, tokens: Tokens) -> None:
    values: dict[str, Any] = {
        "address": USER,
        "smtp_host": office.hostname,
        "smtp_port": office.port,
        "smtp_security": "none",
        "sign_in": "oauth2",
    }
    settings = EmailSettings.model_validate(values)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = USER, "ada@home.test", "Your bed"
    mail.set_content("It comes on Friday.")
    endpoint = Endpoint(new_id(), values, "secret")
    await Postman(cast(Access, tokens)).send(endpoint, settings, mail, USER, ["ada@home.test"])


async def test_a_token_is_renewed_once_and_a_second_no_is_told() -> None:
    server = Server()
    office = PostOffice(server, hostname="127.0.0.1", port=free_port(), auth_require_tls=False)
    office.start()
    try:
        tokens = Tokens("old", "fresh")
        await send(office, tokens)
        assert tokens.dropped == ["old"] and server.mails == [(USER, ["ada@home.test"])]
        assert [said.split(b"Bearer ")[1] for said in server.said] == [b"old\x01\x01", b"fresh\x01\x01"]
        with pytest.raises(DeliveryFailed) as failed:
            await send(office, Tokens("old", "older"))
        assert failed.value.code == "email.failed.sign_in" and len(server.mails) == 1
    finally:
        office.stop()
