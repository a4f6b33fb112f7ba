"""A mailbox, customers who sign in, and people who work on what they ask."""

import asyncio
import html
import re
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from qiao.core.actor import Actor
from qiao.core.permissions import PERMISSIONS
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TicketCreate, TicketView, TypeCreate
from qiao.desk.tickets.types import service as types
from tests.channels.postoffice import PostOffice
from tests.channels.test_transcript_mail import SENDER, Office
from tests.conftest import BASE
from tests.served import free_port

REPAIR: dict[str, Any] = {
    "name": {"zh-CN": "报修", "en": "Repair"},
    "description": {"en": "Something is broken"},
    "prefix": "R",
    "open_to_customers": True,
    "fields": [
        {
            "key": "device",
            "kind": "choice",
            "label": {"zh-CN": "设备", "en": "Device"},
            "required": True,
            "sides": ["customer", "staff"],
            "options": [{"key": "fridge", "label": {"en": "Fridge"}}, {"key": "other", "label": {"en": "Other"}}],
        },
        {
            "key": "which",
            "kind": "text",
            "label": {"en": "Which device?"},
            "sides": ["customer", "staff"],
            "shown_when": {"fact": "ticket.fields.device", "op": "is", "value": "other"},
            "required_when": {"fact": "ticket.fields.device", "op": "is", "value": "other"},
        },
        {
            "key": "paid",
            "kind": "money",
            "label": {"en": "Price"},
            "sides": ["customer", "staff"],
            "maximum": 50000,
        },
        {"key": "receipt", "kind": "file", "label": {"en": "Receipt"}, "sides": ["customer", "staff"]},
        {"key": "cost", "kind": "money", "label": {"en": "What it costs us"}},
    ],
    "workflow": {
        "initial": "new",
        "states": [
            {"key": "new", "label": {"en": "Untouched"}, "status": "new"},
            {"key": "work", "label": {"en": "Boss looks at it"}, "status": "open"},
            {"key": "ask", "label": {"en": "Annoying customer asked"}, "status": "pending"},
            {"key": "hold", "label": {"en": "Waiting"}, "status": "on_hold"},
            {"key": "done", "label": {"en": "Done"}, "status": "solved"},
            {"key": "closed", "label": {"en": "Closed"}, "status": "closed"},
        ],
        "transitions": [
            {"key": "begin", "label": {"en": "Begin"}, "from_states": ["new", "ask", "hold"], "to": "work"},
            {"key": "inquire", "label": {"en": "Inquire"}, "from_states": ["new", "work"], "to": "ask"},
            {"key": "park", "label": {"en": "Park"}, "from_states": ["new", "work"], "to": "hold"},
            {"key": "finish", "label": {"en": "Finish"}, "from_states": ["new", "work", "ask", "hold"], "to": "done"},
            {
                "key": "withdraw",
                "label": {"en": "I no longer need this"},
                "from_states": ["new", "work", "ask"],
                "to": "closed",
                "by": ["customer"],
                "require_comment": True,
            },
            {
                "key": "reopen",
                "label": {"en": "Reopen"},
                "from_states": ["done"],
                "to": "work",
                "by": ["staff", "customer"],
            },
            {"key": "shut", "label": {"en": "Shut"}, "from_states": ["done"], "to": "closed"},
        ],
    },
}


class Guest:
    """A browser at the help centre."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient):
        self.runtime = runtime
        self.http = http

    async def get(self, path: str = "", **more: Any) -> httpx.Response:
        return await self.http.get(f"/help/en/my{path}", **more)

    async def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        return await self.http.post(f"/help/en/my{path}", data=data or {}, **more)

    async def page(self, path: str = "") -> str:
        """The words of a page that is there."""
        response = await self.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:400])
        return html.unescape(response.text)

    async def fill(self, at: str, to: str, **given: Any) -> httpx.Response:
        """Sends the form of a page with its own token and key; `files` are uploads."""
        shown = await self.page(at)
        token = re.search(r'name="token" value="([^"]+)"', shown)
        key = re.search(r'name="form" value="([^"]+)"', shown)
        assert token is not None, "no form on this page"
        files = given.pop("files", None)
        data = {"token": token[1], **({"form": key[1]} if key else {}), **given}
        return await self.post(to, {k: v for k, v in data.items() if v is not None}, files=files)


def digits(runtime: Runtime, code_id: UUID) -> str:
    from qiao.channels.portal.codes import digits_of

    return digits_of(runtime.get(Signer), code_id)


class House:
    """The company behind the portal."""

    def __init__(self, runtime: Runtime, app: FastAPI, office: Office):
        self.runtime = runtime
        self.app = app
        self.office = office
        self.open: list[httpx.AsyncClient] = []

    def guest(self, ip: str = "198.51.100.7") -> Guest:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(ip, 4000))
        http = httpx.AsyncClient(
            transport=transport, base_url=BASE, headers={"Origin": BASE, "Accept": "text/html", "Accept-Language": "en"}
        )
        self.open.append(http)
        return Guest(self.runtime, http)

    async def mailed(self, email: str) -> str:
        """The digits in the newest mail to an address."""
        await self.runtime.reactions.settled()
        mail = [one for one in self.office.mails if str(one["To"]) == email][-1]
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(r"\b(\d{6})\b", body.get_content())
        assert found is not None
        return found[1]

    async def enter(self, email: str, ip: str = "198.51.100.7") -> Guest:
        """Somebody signed in by a code."""
        guest = self.guest(ip)
        asked = await guest.post("/sign-in", {"email": email})
        assert asked.status_code == 303, asked.text
        entered = await guest.post("/code", {"code": await self.mailed(email)})
        assert entered.status_code == 303, entered.text
        return guest

    async def run(self, work: Any) -> Any:
        return await self.runtime.db.run(work)

    async def ticket(self, customer_id: UUID, title: str = "Broken lamp", **more: Any) -> TicketView:
        body = TicketCreate(type_key="repair", title=title, customer_id=customer_id, **({"fields": {}} | more))
        return await self.run(lambda db: tickets.create(db, Actor.system(), body))

    async def customer_of(self, email: str) -> UUID:
        from qiao.channels.portal.codes import customer_of

        return (await self.run(lambda db: customer_of(db, email, "en"))).id


@pytest.fixture
async def office(runtime: Runtime) -> AsyncIterator[Office]:
    held = Office()
    controller = PostOffice(held, hostname="127.0.0.1", port=free_port(), decode_data=False)
    controller.start()
    runtime.settings.smtp_url = f"smtp://127.0.0.1:{controller.port}"
    runtime.settings.mail_from = SENDER
    yield held
    await asyncio.to_thread(controller.stop)


@pytest.fixture
async def house(runtime: Runtime, app: FastAPI, office: Office) -> AsyncIterator[House]:
    admin = Actor(kind="system", name="system", permissions=frozenset(PERMISSIONS))
    body = TypeCreate(key="repair", definition=Definition.model_validate(REPAIR))
    async with runtime.db.transaction() as db:
        await types.create(db, admin, body)
    held = House(runtime, app, office)
    yield held
    for http in held.open:
        await http.aclose()
