"""What tests of e-mail share: a mailbox, a sink that keeps what it is given, and parts without a database."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any, cast
from uuid import UUID

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.messages import Incoming, Item
from qiao.channels.email.acknowledging import Acknowledger
from qiao.channels.email.adapter import MailAdapter
from qiao.channels.email.compose import Previous
from qiao.channels.email.oauth import Access
from qiao.channels.email.reading import parse
from qiao.channels.email.sending import Postman
from qiao.channels.email.source import MailSource
from qiao.core.errors import NotFound
from qiao.core.ids import new_id
from tests.channels.email.servers import PASSWORD, MailServers


class Box:
    """A support mailbox and its customer."""

    def __init__(self, servers: MailServers, name: str, customer: str):
        self.servers = servers
        self.name = name
        self.customer = customer
        self.address = f"{name}@shop.test"
        self.customer_address = f"{customer}@home.test"

    def settings(self, **more: object) -> dict[str, Any]:
        return self.servers.settings(self.name, **more)

    def endpoint(self, password: str = PASSWORD, **more: object) -> Endpoint:
        return Endpoint(
            new_id(), self.settings(**more), "inbox-secret", name="Shop", credentials={"password": password}
        )

    def letter(self, words: str = "Where is my order?", subject: str = "Order 5", **headers: str) -> EmailMessage:
        """What the customer's program makes."""
        mail = EmailMessage()
        mail["From"] = f"李雷 <{self.customer_address}>"
        mail["To"] = self.address
        mail["Subject"] = subject
        mail["Message-ID"] = f"<{new_id()}@home.test>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(words)
        return mail

    def writes(self, words: str = "Where is my order?", subject: str = "Order 5", **headers: str) -> None:
        self.servers.send(self.letter(words, subject, **headers), self.address, self.customer_address)


class ShelfSink:
    """Keeps what a source stored, each id once, with the cursor stored along; wakes whoever waits."""

    def __init__(self, cursor: dict[str, Any] | None = None):
        self.cursor: dict[str, Any] = cursor or {}
        self.kept: dict[str, bytes] = {}
        self.offered = 0
        self.rounds = 0
        self.fail_before = 0
        self.fail_after = 0
        self._news = asyncio.Event()

    async def take(self, payloads: Sequence[tuple[str | None, bytes]], cursor: dict[str, Any] | None = None) -> None:
        if payloads and self.fail_before:
            self.fail_before -= 1
            raise OSError("the database is gone")
        for key, raw in payloads:
            self.offered += 1
            self.kept.setdefault(key or str(self.offered), raw)
        self.cursor = cursor if cursor is not None else self.cursor
        self._news.set()
        if payloads and self.fail_after:
            self.fail_after -= 1
            raise OSError("the process was stopped right after")

    async def fine(self) -> None:
        self.rounds += 1
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._news.clear()
                await self._news.wait()

    def items(self) -> list[Item]:
        return [item for raw in self.kept.values() for item in parse(raw)]

    def letters(self) -> list[Incoming]:
        return [item for item in self.items() if isinstance(item, Incoming)]


class Days:
    """The day's allowance of automatic mail, in memory."""

    def __init__(self) -> None:
        self.given: dict[str, UUID] = {}

    async def take(self, endpoint: Endpoint, address: str, message_id: UUID) -> bool:
        return self.given.setdefault(address, message_id) == message_id


class NoAccess:
    """For mailboxes with passwords."""

    async def token(self, endpoint: Endpoint, settings: Any) -> str:
        raise AssertionError("no token is needed")

    async def drop(self, endpoint: Endpoint, token: str) -> None:
        raise AssertionError("no token is needed")


NO_ACCESS = cast(Access, NoAccess())


def source(*, access: Access = NO_ACCESS, poll_seconds: float | None = 300.0, days: Days | None = None) -> MailSource:
    return MailSource(access, Acknowledger(Postman(access), days or Days()), poll_seconds=poll_seconds)


def adapter(
    previous: Previous | None = None, files: dict[str, bytes] | None = None, days: Days | None = None
) -> MailAdapter:
    async def look(conversation_id: UUID, seq: int) -> Previous | None:
        return previous

    async def read_file(file_id: str) -> bytes:
        if files is None or file_id not in files:
            raise NotFound("file_not_found")
        return files[file_id]

    return MailAdapter(Postman(NO_ACCESS), days or Days(), look, read_file)


@asynccontextmanager
async def running(endpoint: Endpoint, sink: ShelfSink, **more: Any) -> AsyncIterator["asyncio.Task[None]"]:
    """A source at work; given back when it has looked into its mailbox once."""
    rounds = sink.rounds
    task = asyncio.create_task(source(**more).run(endpoint, sink))
    try:
        waiting = asyncio.create_task(sink.until(lambda: sink.rounds > rounds))
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
