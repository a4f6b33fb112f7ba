"""Letters that become tickets, what is said there, and who may say it. No mail server: letters are handed in and kept."""

from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import text

from qiao.channels.contract.endpoints import Endpoints, Place
from qiao.channels.contract.messages import Receipt
from qiao.channels.email.envelope import Way, seal
from qiao.channels.email.previous import ticket_looker
from qiao.channels.email.reactions import TicketMail
from qiao.channels.email.reading import parse
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from tests.channels.email.parts import Days
from tests.channels.street import Street
from tests.conftest import PASSWORD

SYSTEM = Actor.system()
OURS, THEIRS = "support@shop.test", "li@home.test"


class Pouch:
    """Keeps what a mail server would be handed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []

    async def send(self, endpoint: Any, settings: Any, mail: EmailMessage, sender: str, recipients: Any) -> None:
        self.mails.append(mail)
        self.to.append(list(recipients))


def letter(words: str, *, sender: str = THEIRS, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = f"李雷 <{sender}>", OURS
    mail["Subject"] = headers.pop("Subject", "Order 5")
    mail["Message-ID"] = f"<{new_id()}@home.test>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words)
    return mail


async def take(street: Street, place: Place, mail: EmailMessage) -> bool:
    assert place.channel.taker is not None
    [item] = parse(seal(mail.as_bytes(), Way(own=(OURS,))))
    taken = await place.channel.taker.take(place, item)  # type: ignore[arg-type]  # a letter
    await street.runtime.reactions.settled()
    return taken


async def lines(street: Street, ticket_id: UUID) -> list[tuple[str, str, str]]:
    found = await street.runtime.db.run(lambda db: tickets.timeline(db, SYSTEM, ticket_id))
    return [(one.kind, one.author.kind, one.body) for one in found.items if one.kind in ("comment", "note")]


async def test_a_ticket_by_mail(street: Street) -> None:
    runtime = street.runtime

    async def people(db: Session) -> Actor:
        await types.install(db)
        user_id = await accounts.ensure_user(
            db, SYSTEM, email="mei@shop.test", name="Mei", password=PASSWORD, roles=["agent"], locale="en"
        )
        return await actor_for(db, user_id)

    agent = await runtime.db.run(people)
    settings = {"address": OURS, "smtp_host": "smtp.shop.test", "ticket_type": "consultation"}
    inbox = await street.add_inbox("email", bot_enabled=False, settings=settings)
    place = await Endpoints.of(runtime).get(inbox.id, fresh=True)
    pouch = Pouch()

    async def no_file(file_id: str) -> bytes:
        return b"file"

    runtime.provide(TicketMail, TicketMail(pouch, Days(), ticket_looker(runtime), no_file))  # type: ignore[arg-type]  # as Postman

    first = letter("It does not start.", Cc="Mei <mei@shop.test>, Han <han@home.test>")
    first.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="bill.pdf")
    for _ in range(2):  # taken twice is taken once
        assert await take(street, place, first)

    async def made(db: Session) -> Any:
        found, _ = await tickets.listing(db, SYSTEM)
        talks = await db.scalar(text("SELECT count(*) FROM conversations"))
        return found, talks

    [ticket], talks = await runtime.db.run(made)
    assert (ticket.title, ticket.description, ticket.source, talks) == ("Order 5", "It does not start.", "mail", 0)
    assert await runtime.db.run(lambda db: tickets.watchers_of(db, ticket.id)) == [agent.id]
    opened = (await runtime.db.run(lambda db: tickets.timeline(db, SYSTEM, ticket.id))).items[0]
    assert [one["name"] for one in opened.payload["files"]] == ["bill.pdf"]
    assert await lines(street, ticket.id) == []

    async def say(words: str, public: bool) -> None:
        await runtime.db.run(lambda db: tickets.comment(db, agent, ticket.id, body=words, public=public))
        await runtime.reactions.settled()

    await say("Ask the workshop", False)
    assert pouch.mails == []
    await say("Press both buttons.", True)
    [answer] = pouch.mails
    assert (answer["In-Reply-To"], pouch.to) == (first["Message-ID"], [[THEIRS]])
    assert answer["Subject"].startswith("Re: Order 5 [#T")
    assert "Press both buttons." in answer.get_body(("plain",)).get_content()  # type: ignore[union-attr]

    # The customer answers; a machine of theirs, and somebody who got hold of the letter, only leave notes.
    ours = {"In_Reply_To": str(answer["Message-ID"]), "Subject": str(answer["Subject"])}
    assert await take(street, place, letter("Still nothing.", **ours))
    assert await take(street, place, letter("I am away.", Auto_Submitted="auto-replied", **ours))
    assert await take(street, place, letter("Pay me instead!", sender="mallory@else.test", **ours))
    said = await lines(street, ticket.id)
    assert said[:3] == [
        ("note", "user", "Ask the workshop"), ("comment", "user", "Press both buttons."),
        ("comment", "customer", "Still nothing."),
    ]  # fmt: skip
    assert [(kind, author) for kind, author, _ in said[3:]] == [("note", "system")] * 2
    assert "mallory@else.test" in said[4][2]
    await say("Then send it in.", True)
    assert pouch.to == [[THEIRS]] * 2  # never to whoever else wrote

    # It never arrived: the ticket says so.
    assert place.channel.taker is not None
    assert await place.channel.taker.bounced(place, Receipt(str(answer["Message-ID"]), "failed"))
    last = (await runtime.db.run(lambda db: tickets.timeline(db, SYSTEM, ticket.id))).items[-1]
    assert last.entry_type == "mail.undelivered"

    # What a machine begins is no ticket, and neither is anything where letters become conversations.
    assert not await take(street, place, letter("Newsletter", Auto_Submitted="auto-generated", Subject="News"))
    plain = await street.add_inbox("email", bot_enabled=False, settings={**settings, "ticket_type": ""})
    assert not await take(street, await Endpoints.of(runtime).get(plain.id), letter("Hello", Subject="Hello"))
