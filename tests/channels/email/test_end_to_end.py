"""A customer and an agent write to each other by mail, through real servers and the whole application."""

import asyncio
import io
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import jwt
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from qiao.channels.contract.channel import Endpoint, SourceFailed
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.sources import Sources
from qiao.channels.email.connecting import open_mailbox, read_settings
from qiao.channels.email.limits import DailyAllowance, forget
from qiao.channels.email.oauth import Access
from qiao.core.ids import new_id
from tests.channels.email.parts import Box
from tests.channels.email.servers import JWT_KEY, PASSWORD
from tests.channels.street import Street

API = "/api/v1"


class Mailing:
    """An e-mail inbox of the running application, its source at work, an agent at their desk."""

    def __init__(self, street: Street, box: Box, agent: httpx.AsyncClient):
        self.street, self.box, self.agent = street, box, agent

    @classmethod
    async def open(cls, street: Street, box: Box, sign_in: Any, **more: Any) -> "Mailing":
        settings = {**box.settings(password=PASSWORD), **more}
        inbox = await street.add_inbox("email", bot_enabled=False, settings=settings)
        self = cls(street, box, await sign_in("admin"))
        self.inbox = inbox
        return self

    inbox: Any

    async def rows(self) -> list[Any]:
        pool = await self.street.runtime.db.raw()
        return list(
            await pool.fetch(
                "SELECT m.*, c.customer_id FROM messages m JOIN conversations c ON c.id = m.conversation_id"
                " WHERE c.inbox_id = $1 AND m.kind <> 'event' ORDER BY m.id",
                self.inbox.id,
            )
        )

    async def until(self, count: int, **wanted: Any) -> list[Any]:
        """The messages, once there are so many and the last is as wanted."""
        async with asyncio.timeout(60):
            while True:
                rows = await self.rows()
                if len(rows) == count and all(rows[-1][key] == value for key, value in wanted.items()):
                    return rows
                await asyncio.sleep(0.03)

    async def mail(self, count: int) -> EmailMessage:
        async with asyncio.timeout(60):
            while len(found := self.box.servers.mails(self.box.customer)) < count:
                await asyncio.sleep(0.03)
        return cast(EmailMessage, message_from_bytes(found[count - 1], policy=policy.default))


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(data, "PNG")
    return data.getvalue()


async def test_a_correspondence(street: Street, box: Box, sign_in: Any) -> None:
    mailing = await Mailing.open(street, box, sign_in)
    sources = Sources(street.runtime)
    sources.pause = 0.1
    await sources.start()
    try:
        pool = await street.runtime.db.raw()
        async with asyncio.timeout(60):
            while not await pool.fetchval("SELECT fine_at FROM channel_health WHERE inbox_id = $1", mailing.inbox.id):
                await asyncio.sleep(0.03)
        first = box.letter("我的订单呢？\n\n发自我的iPhone", "订单 5")
        first.add_alternative("<p>我的<b>订单</b>呢？<img src='cid:pic'></p>", subtype="html")
        page = first.get_payload()[1]  # type: ignore[index]  # a multipart by now
        page.add_related(picture(), "image", "png", cid="<pic>")  # type: ignore[union-attr]
        first.add_attachment(b"%PDF-1.4 receipt", maintype="application", subtype="pdf", filename="收据.pdf")
        box.servers.send(first, box.address, box.customer_address)
        [letter] = await mailing.until(1)
        assert (letter["body"], letter["payload"]["mail"]["signature"]) == ("我的订单呢？", "发自我的iPhone")
        names = [one["name"] for one in letter["payload"]["attachments"]]
        assert names == ["file-2.png", "收据.pdf"]
        shown = await mailing.agent.get(f"{API}/channels/messages/{letter['id']}/body")
        assert "<b>订单</b>" in shown.text
        assert "/api/v1/files/" in shown.text

        where = f"{API}/conversations/{letter['conversation_id']}"
        await mailing.agent.post(f"{where}/take-over")
        form = await mailing.agent.post(f"{API}/files", files={"file": ("回执.png", picture(), "image/png")})
        attached = {"attachments": [{"file_id": form.json()["id"]}]}
        said = {"kind": "text", "body": "明天到。", "payload": attached, "client_id": "a1"}
        answered = await mailing.agent.post(f"{where}/messages", json=said)
        assert answered.status_code == 201, answered.text
        mail = await mailing.mail(1)
        assert mail["In-Reply-To"] == first["Message-ID"]
        assert mail["Subject"].startswith("Re: 订单 5 [#T")
        assert [(one.get_filename(), one.get_content()) for one in mail.iter_attachments()] == [("回执.png", picture())]
        at = letter["created_at"].astimezone(ZoneInfo("Asia/Shanghai"))
        words = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # what we send has a plain part
        assert f"在 {at:%Y-%m-%d %H:%M}，" in words and "> 我的订单呢？" in words

        # An answer in the thread, one that has only the token, and a letter about something else.
        box.writes(
            "好的\n\n在 2026年11月22日，客服 写道：\n> 明天到。",
            str(mail["Subject"]),
            In_Reply_To=str(mail["Message-ID"]),
        )
        await mailing.until(3)
        box.writes("还有吗", str(mail["Subject"]))
        await mailing.until(4)
        box.writes("Another thing", "Invoice")
        rows = await mailing.until(5)
        assert [row["body"] for row in rows] == ["我的订单呢？", "明天到。", "好的", "还有吗", "Another thing"]
        assert len({row["conversation_id"] for row in rows[:4]}) == 1
        assert rows[4]["conversation_id"] != rows[0]["conversation_id"]
        assert len({row["customer_id"] for row in rows}) == 1
        delivery = await pool.fetchval("SELECT delivery FROM messages WHERE id = $1", rows[1]["id"])
        assert delivery == "sent"

        # The address is gone: the report of the server is what became of the message.
        box.writes("lost", "Lost", Reply_To="gone@home.test")
        rows = await mailing.until(6)
        where = f"{API}/conversations/{rows[-1]['conversation_id']}"
        await mailing.agent.post(f"{where}/take-over")
        lost = {"kind": "text", "body": "Hello?", "payload": {"mail": {"to": ["gone@home.test"]}}, "client_id": "a2"}
        answered = await mailing.agent.post(f"{where}/messages", json=lost)
        assert answered.status_code == 201, answered.text
        rows = await mailing.until(7, delivery="failed")
        asked = {"conversation_id": str(rows[-1]["conversation_id"]), "message_id": str(rows[-1]["id"])}
        [told] = (await mailing.agent.get(f"{API}/channels/deliveries", params=asked)).json()
        assert (told["state"], told["may_retry"], bool(told["reason"])) == ("failed", True, True)
    finally:
        await sources.stop()
    # Another process takes over: what came meanwhile is there, nothing is there twice.
    box.writes("while you were out", "Later")
    sources = Sources(street.runtime)
    await sources.start()
    try:
        rows = await mailing.until(8)
        await street.runtime.get(Lanes).settled()
        assert [row["body"] for row in await mailing.rows()][-1] == "while you were out"
    finally:
        await sources.stop()


async def test_a_wrong_password_is_shown_until_it_is_mended(street: Street, box: Box, sign_in: Any) -> None:
    mailing = await Mailing.open(street, box, sign_in, password="wrong")
    sources = Sources(street.runtime)
    sources.pause = 0.1
    await sources.start()

    async def health(state: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while True:
                found: list[dict[str, Any]] = (await mailing.agent.get(f"{API}/channels/health")).json()
                here = next((one for one in found if one["inbox_id"] == str(mailing.inbox.id)), None)
                if here is not None and here["state"] == state:
                    return here
                await asyncio.sleep(0.05)

    try:
        reason = (await health("failing"))["reason"]
        assert f"does not let {box.address} in" in reason
        tried = {"channel": "email", "settings": box.settings(password=PASSWORD)}
        probed = (await mailing.agent.post(f"{API}/channels/probe", json=tried)).json()
        assert (probed["fine"], probed["facts"]["folder"]) == (True, "INBOX")
        mended = await mailing.agent.patch(
            f"{API}/inboxes/{mailing.inbox.id}", json={"settings": {"password": PASSWORD}}
        )
        assert mended.status_code == 200, mended.text
        assert "password" not in mended.json()["settings"]
        await health("fine")
    finally:
        await sources.stop()


async def test_the_days_allowance_survives_a_restart(street: Street) -> None:
    inbox = await street.add_inbox("email")
    place = Endpoint(inbox.id, {}, "x")
    first, second = new_id(), new_id()
    assert await DailyAllowance(street.runtime).take(place, "Li@home.test", first)
    again = DailyAllowance(street.runtime)
    assert not await again.take(place, "li@home.test", second)
    assert await again.take(place, "li@home.test", first)
    assert await again.take(place, "wang@home.test", second)
    pool = await street.runtime.db.raw()
    await pool.execute(
        "UPDATE email_automatic SET sent_at = sent_at - interval '25 hours' WHERE message_id = $1", first
    )
    assert await again.take(place, "li@home.test", second)
    await pool.execute("UPDATE email_automatic SET sent_at = sent_at - interval '50 hours'")
    await forget(street.runtime)
    assert await pool.fetchval("SELECT count(*) FROM email_automatic") == 0


class Provider:
    """A token service as Google and Microsoft run one; its tokens are what Dovecot checks."""

    def __init__(self, address: str):
        self.address = address
        self.asked: list[dict[str, Any]] = []
        self.refuse = ""
        self.app = Starlette(routes=[Route("/{rest:path}", self.token, methods=["POST"])])

    async def token(self, request: Request) -> JSONResponse:
        form = dict(await request.form())
        self.asked.append({**form, "url": str(request.url)})
        if self.refuse or form["refresh_token"] == "old":
            return JSONResponse({"error": self.refuse or "invalid_grant", "error_description": "no more"}, 400)
        life = 3600 if len(self.asked) > 1 else -3600  # the first is no good when it comes to be used
        claims = {
            "sub": self.address,
            "email": self.address,
            "exp": int(time.time()) + life,
            "iat": int(time.time()) - 7200,
        }
        issued = jwt.encode(claims, JWT_KEY, "HS256", headers={"kid": "default"})
        return JSONResponse({"access_token": issued, "expires_in": 3600, "refresh_token": f"next-{len(self.asked)}"})


async def test_mailboxes_that_take_no_passwords(street: Street, box: Box) -> None:
    provider = Provider(box.address)
    ChannelHttp.of(street.runtime).transport = httpx.ASGITransport(app=provider.app)
    settings = box.settings(
        sign_in="microsoft",
        tenant="shop",
        client_id="app",
        client_secret="hush",  # a test's
        refresh_token="first",  # a test's
        smtp_host="",
    )
    inbox = await street.add_inbox("email", settings=settings)
    place = (await Endpoints.of(street.runtime).get(inbox.id)).endpoint
    access = Access(street.runtime)
    # A withdrawn token is dropped and fetched anew; the next sign-in asks nobody.
    for _ in range(2):
        mailbox = await open_mailbox(place, read_settings(place.settings), access)
        assert (await mailbox.select("INBOX")).messages == 0
        await mailbox.logout()
    assert [one["refresh_token"] for one in provider.asked] == ["first", "next-1"]
    assert provider.asked[0]["url"].startswith("https://login.microsoftonline.com/shop/oauth2/v2.0/token")
    assert "IMAP.AccessAsUser.All" in provider.asked[0]["scope"]
    provider.refuse = "invalid_grant"
    pool = await street.runtime.db.raw()
    await pool.execute("DELETE FROM channel_tokens WHERE name LIKE 'access:%'")
    try:
        await open_mailbox(place, read_settings(place.settings), Access(await _fresh(street)))
    except SourceFailed as failed:
        assert (failed.code, failed.hopeless) == ("email.failed.oauth_refused", True)
    else:
        raise AssertionError("it should have been refused")
    assert read_settings({"sign_in": "microsoft"}).smtp_port == 587
    assert read_settings({"sign_in": "google"}).imap_host == "imap.gmail.com"


async def _fresh(street: Street) -> Any:
    """The runtime, as a process that holds no tokens yet."""
    from qiao.channels.contract.tokens import Tokens

    street.runtime.provide(Tokens, Tokens(street.runtime))
    return street.runtime
