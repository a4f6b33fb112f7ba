"""From a channel's neutral items to conversations: who writes, which exchange, which files, and then the message."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import health, windows
from qiao.channels.contract.channel import MediaFailed
from qiao.channels.contract.endpoints import Place
from qiao.channels.contract.events import ChannelHappened
from qiao.channels.contract.messages import Edited, Happening, Incoming, Media, Sender, Withdrawn
from qiao.channels.contract.models import Contact, Correspondent, MessageBody, Thread
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Problem
from qiao.core.events import emit
from qiao.core.files import service as files
from qiao.core.runtime import Runtime
from qiao.core.text import guess_language
from qiao.desk.blocking import service as blocking
from qiao.desk.blocking.schemas import Held
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.intake import Intake
from qiao.desk.conversations.schemas import PAYLOAD_LIMIT, TEXT_LIMIT, ConversationFacts, Inbound, Received
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerRef, Profile

logger = structlog.get_logger(__name__)
HTML: Final = "html"
"""`Media.ref` of the formatted body of a text."""
HTML_LIMIT: Final = 2 * 1024 * 1024
FETCH_SECONDS: Final = 120.0
_THREAD_LIMIT: Final = 200


async def customer_of(runtime: Runtime, place: Place, sender: Sender, locale: str | None = None) -> CustomerRef:
    """Who writes; a new customer where nobody has this address."""
    sender = await _looked_up(runtime, place, sender)
    return await runtime.db.run(lambda db: _recognised(db, place, sender, locale))


async def _recognised(db: Session, place: Place, sender: Sender, locale: str | None) -> CustomerRef:
    kind = place.channel.manifest.identity_kind
    profile = profile_of(sender, locale)
    return await customers.recognise(db, place.inbox.id, kind, sender.address, profile, vouched_of(sender))


def vouched_of(sender: Sender) -> list[tuple[str, str]]:
    """What the provider stands for: kinds and values."""
    vouched = [("union", sender.union)] if sender.union else []
    return vouched + [(kind, value) for kind in sorted(sender.vouched) if (value := getattr(sender, kind))]


def profile_of(sender: Sender, locale: str | None) -> Profile:
    """What the channel says about who writes."""
    return Profile(
        name=sender.name,
        phone=sender.phone,
        email=sender.email,
        city=sender.city,
        locale=locale,
        attributes=dict(sender.attributes),
    )


async def _looked_up(runtime: Runtime, place: Place, sender: Sender) -> Sender:
    """At a first contact the provider is asked who they are: what it vouches for makes them the customer they are."""
    if place.channel.directory is None:
        return sender
    async with runtime.db.read() as db:
        if await db.get(Contact, (place.inbox.id, sender.address[:254])) is not None:
            return sender
    return await place.channel.directory.look_up(place.endpoint, sender)


async def take_message(runtime: Runtime, place: Place, incoming: Incoming) -> Received | None:
    """A customer's message, with its files. None when its sender is blocked. Taking it twice is taking it once.

    Raises DeliveryFailed when a file may come later; one that never will leaves a line in its place.
    """
    sender = incoming.sender
    if sender is None:
        raise ValueError("nobody wrote this")
    sender = await _looked_up(runtime, place, sender)
    met = await runtime.db.run(lambda db: _met(db, place, incoming, sender))
    return await settle(runtime, place, incoming, sender, met)


async def settle(runtime: Runtime, place: Place, incoming: Incoming, sender: Sender, met: "Met") -> Received | None:
    """What becomes of a message once it is known who writes and where it belongs."""
    customer, writer, facts, done = met.customer, met.writer, met.facts, met.done
    verdict = await blocking.verdict(runtime, place.inbox.id, sender.address, customer.id, blocked=customer.blocked)
    if verdict == "refuse":
        return None
    if done is not None:
        # Stored before, perhaps by a process that was stopped right then: what belongs beside it is made up for.
        late = _html_of(incoming)
        if late is not None:
            await runtime.db.run(lambda db: _keep_body(db, *done, late, {}))
        await _remember(runtime, place, incoming, done[1], own=writer == customer.id)
        return None
    kind, body, payload, html = await content(runtime, place, incoming, Actor(kind="customer", id=writer))
    if writer != customer.id:
        payload = {**payload, "sender": {"name": sender.name or customer.name, "address": sender.address}}
    if verdict in ("keep", "fold"):
        held = Held(
            inbox_id=place.inbox.id,
            customer_id=writer,
            address=sender.address[:254],
            client_id=incoming.client_id,
            kind=kind,
            body=body,
            payload=payload,
            conversation_id=facts.id if facts is not None and verdict == "fold" else None,
            locale=i18n.match_locale(incoming.locale or customer.locale or _language_of(body)),
        )
        await runtime.db.run(lambda db: blocking.hold(db, held, "blocked" if verdict == "keep" else "fast"))
        return None
    running = facts.id if facts is not None and facts.status in ("bot", "queued", "assigned") else None
    locale = i18n.match_locale(incoming.locale or customer.locale or _language_of(body))
    inbound = Inbound(
        place.inbox.id,
        writer,
        incoming.client_id,
        kind,  # type: ignore[arg-type]  # of `capabilities.receives`
        body,
        payload,
        None if running else locale,
        incoming.context,
        customer.name,
        threaded=bool(incoming.threads),
        conversation_id=facts.id if facts is not None else None,
    )
    received = await runtime.get(Intake).submit(inbound, running)
    if incoming.unattended and (received.created or (facts is not None and facts.status == "resolved")):
        await runtime.db.run(lambda db: _put_aside(db, received.conversation_id))
    if html is not None:
        await runtime.db.run(lambda db: _keep_body(db, received.message.id, received.conversation_id, *html))
    ended = facts.id if incoming.threads and facts is not None and facts.id != received.conversation_id else None
    own = writer == customer.id
    same = facts is not None and facts.id == received.conversation_id and (not own or met.held == sender.address[:254])
    if not same or not met.heard or incoming.threads or incoming.begins:
        await _remember(runtime, place, incoming, received.conversation_id, own=own, ended=ended)
    return received


async def _put_aside(db: Session, conversation_id: UUID) -> None:
    """Nobody needs to look at what a machine alone has said; whoever is quicker keeps it."""
    facts = await conversations.facts(db, conversation_id)
    if facts is not None and facts.status in ("bot", "queued"):
        await conversations.resolve(db, Actor.system(), conversation_id, reason="auto_reply")


@dataclass(frozen=True, slots=True)
class Met:
    """What is known when a message arrives."""

    customer: CustomerRef
    writer: UUID
    """Whose conversation it is: of somebody else, where they were written to as well."""
    facts: ConversationFacts | None
    """The conversation it belongs to, or the last one."""
    done: tuple[UUID, UUID] | None
    """Message and conversation it has become before."""
    held: str | None
    """The address that conversation is held with."""
    heard: bool


async def _met(db: Session, place: Place, incoming: Incoming, sender: Sender) -> Met:
    """Who writes and where it belongs, in one go: each transaction costs more than what is asked in it."""
    inbox_id = place.inbox.id
    customer = await _recognised(db, place, sender, incoming.locale)
    writer = customer.id
    if incoming.threads:
        conversation_id = await known_thread(db, inbox_id, incoming.threads)
        facts = await conversations.facts(db, conversation_id) if conversation_id is not None else None
        if facts is not None and facts.inbox_id == inbox_id:
            writer = facts.customer_id  # somebody else who was written to as well answers in the same exchange
    else:
        facts = await conversations.latest_of_customer(db, inbox_id, customer.id)
    done = await conversations.message_of_customer(db, inbox_id, writer, incoming.client_id)
    held, heard = await _noted(db, inbox_id, facts.id if facts is not None else None)
    rule = place.channel.manifest.capabilities.window
    if rule is not None and done is None:
        # Before the message is seen: the bot's answer may be quicker than anything after it.
        await windows.opened(db, inbox_id, sender.address, rule, incoming.opens, incoming.at)
    return Met(customer, writer, facts, done, held, heard)


async def take_happening(runtime: Runtime, place: Place, item: Happening) -> None:
    """Something that is no message: what it means for the contact, and an event for whoever cares."""
    customer = await customer_of(runtime, place, item.sender)

    async def record(db: Session) -> None:
        values: dict[str, Any] = {}
        rule = place.channel.manifest.capabilities.window
        if item.begins and rule is not None:
            await windows.opened(db, place.inbox.id, item.sender.address, rule, item.opens, item.at)
        if item.kind in ("opted_out", "unsubscribed"):
            values["opted_out_at"] = clock.now()
        elif item.kind in ("opted_in", "subscribed"):
            values["opted_out_at"] = None
        if values:
            await _contact(db, place.inbox.id, item.sender.address, values)
            await _said_so(db, place.inbox.id, customer, "opted_out" if values["opted_out_at"] else "opted_in")
        happened = ChannelHappened(
            inbox_id=place.inbox.id,
            channel=place.inbox.channel,
            customer_id=customer.id,
            address=item.sender.address,
            what=item.kind,
            data=item.data,
        )
        await emit(db, happened, actor=Actor(kind="customer", id=customer.id, name=customer.name))

    await runtime.db.run(record)


async def _said_so(db: Session, inbox_id: UUID, customer: CustomerRef, wish: str) -> None:
    """Staff read in the conversation when its customer wants no more of us here, and when they do again.

    Said once, however often it is told; following an account for the first time is nothing that ended.
    """
    facts = await conversations.latest_of_customer(db, inbox_id, customer.id)
    if facts is None or facts.status == "closed":
        return
    before = await conversations.last_line(db, facts.id, ("opted_out", "opted_in"))
    if wish != (before or "opted_in"):
        actor = Actor(kind="customer", id=customer.id, name=customer.name)
        await conversations.add_line(db, actor, facts.id, wish)


async def take_change(runtime: Runtime, place: Place, item: Withdrawn | Edited) -> None:
    """A customer took back or changed what they wrote. A message we never took in is none of ours."""

    async def change(db: Session) -> None:
        kind = place.channel.manifest.identity_kind
        writer = await customers.by_address(db, place.inbox.id, kind, item.sender.address)
        if writer is None:
            return
        found = await conversations.message_of_customer(db, place.inbox.id, writer.id, item.client_id)
        if found is None:
            return
        if isinstance(item, Withdrawn):
            await conversations.withdraw_by_customer(db, found[0])
        else:
            await conversations.edit_by_customer(db, found[0], item.body)

    await runtime.db.run(change)


async def known_thread(db: Session, inbox_id: UUID, names: tuple[str, ...]) -> UUID | None:
    """The conversation of the first of `names` that is known."""
    wanted = [name[:_THREAD_LIMIT] for name in names]
    query = select(Thread.name, Thread.conversation_id).where(Thread.inbox_id == inbox_id, Thread.name.in_(wanted))
    known = {row[0]: row[1] for row in await db.execute(query)}
    return next((known[name] for name in wanted if name in known), None)


async def remember_threads(db: Session, inbox_id: UUID, conversation_id: UUID, names: tuple[str, ...]) -> None:
    """From now on these names mean this conversation; a name that means one already goes on meaning it."""
    rows = [
        {"inbox_id": inbox_id, "name": name[:_THREAD_LIMIT], "conversation_id": conversation_id}
        for name in dict.fromkeys(names)
        if name
    ]
    if rows:
        await db.execute(insert(Thread).values(rows).on_conflict_do_nothing())


async def _remember(
    runtime: Runtime,
    place: Place,
    incoming: Incoming,
    conversation_id: UUID,
    *,
    own: bool,
    ended: UUID | None = None,
) -> None:
    """`ended`: the conversation the exchange was in before; its names go over to the one that goes on."""
    sender = incoming.sender
    assert sender is not None

    async def note(db: Session) -> None:
        names = (*incoming.threads[:1], *incoming.begins)
        if ended is not None:
            theirs = update(Thread).where(Thread.inbox_id == place.inbox.id, Thread.conversation_id == ended)
            await db.execute(theirs.values(conversation_id=conversation_id))
        await remember_threads(db, place.inbox.id, conversation_id, names)
        if own:
            await held_with(db, conversation_id, sender.address)
        await health.came_in(db, place.inbox.id)

    await runtime.db.run(note)


async def _noted(db: Session, inbox_id: UUID, conversation_id: UUID | None) -> tuple[str | None, bool]:
    """The address a conversation is held with, and whether something was heard on the inbox a moment ago. What is noted
    already is not written again: all senders of a busy inbox would wait for one row."""
    address = select(Correspondent.address).where(Correspondent.conversation_id == conversation_id).scalar_subquery()
    held, heard = (await db.execute(select(address, health.heard_lately(inbox_id)))).one()
    return held, bool(heard)


async def held_with(db: Session, conversation_id: UUID, address: str) -> None:
    """Answers of this conversation go to `address` from now on."""
    statement = insert(Correspondent).values(conversation_id=conversation_id, address=address[:254])
    await db.execute(
        statement.on_conflict_do_update(
            index_elements=["conversation_id"],
            set_={"address": statement.excluded.address},
            where=Correspondent.address != statement.excluded.address,
        )
    )


async def _contact(db: Session, inbox_id: UUID, address: str, values: dict[str, Any]) -> None:
    statement = insert(Contact).values(inbox_id=inbox_id, address=address[:254], **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["inbox_id", "address"], set_=values))


async def content(
    runtime: Runtime, place: Place, incoming: Incoming, owner: Actor
) -> tuple[str, str, dict[str, Any], tuple[str, dict[str, str]] | None]:
    """Kind, text, payload; and the formatted body with the files it shows, by content id."""
    body = incoming.body.replace("\x00", "")
    payload = dict(incoming.payload)
    html = _html_of(incoming)
    stored: list[dict[str, Any]] = []
    inline: dict[str, str] = {}
    missing: list[str] = []
    why: list[str] = []
    for media in incoming.media:
        if media.ref == HTML:
            continue
        try:
            file = await _file(runtime, place, media, owner)
        except (MediaFailed, Problem) as error:
            if isinstance(error, Problem) and error.status >= 500:
                raise  # our own trouble passes; the file is still there
            logger.info("channel_file_missing", channel=place.inbox.channel, code=getattr(error, "code", ""))
            missing.append(media.name)
            why.append(why_missing(getattr(error, "code", "")))
            continue
        stored.append(file)
        if media.inline:
            inline[media.inline] = str(file["file_id"])
            stored[-1] = {**file, "inline": True}
    if missing:
        payload["missing"], payload["missing_why"] = missing[:20], why[:20]
    single = incoming.kind in ("image", "file")
    if single and stored:
        return incoming.kind, body[:TEXT_LIMIT], {**payload, **stored[0]}, None
    if stored:
        payload["attachments"] = stored[:50]
    if len(body) > TEXT_LIMIT:
        payload["cut"] = True
    if not body.strip() or (single and not stored):
        said = i18n.t("channels.no_text", "zh-CN") if not missing else "、".join(missing)
        body = body.strip() or said
    while len(msgspec.json.encode(payload)) > PAYLOAD_LIMIT and payload:
        # What does not fit is what the channel said besides; the files come last.
        largest = max(
            (key for key in payload if key != "attachments"), key=lambda k: len(str(payload[k])), default=None
        )
        if largest is None:
            payload["attachments"] = payload["attachments"][: len(payload["attachments"]) // 2]
        else:
            del payload[largest]
    if html is not None:
        payload["html"] = True
    kind = "text" if single else incoming.kind
    return kind, body[:TEXT_LIMIT], payload, (html, inline) if html is not None else None


def why_missing(code: str) -> str:
    """Why a file is not here, in one of the words the console knows."""
    if code.endswith("too_large"):
        return "too_large"
    return {"file.type_not_allowed": "type", "file.empty": "empty"}.get(code, "gone")


def _html_of(incoming: Incoming) -> str | None:
    data = next((one.data for one in incoming.media if one.ref == HTML), None)
    return data[:HTML_LIMIT].decode("utf-8", "replace").replace("\x00", "") if data is not None else None


async def _file(runtime: Runtime, place: Place, media: Media, owner: Actor) -> dict[str, Any]:
    limit = min(place.channel.manifest.limits.get("media_bytes", 2**31), runtime.settings.upload_max_bytes)
    if media.size is not None and media.size > limit:
        raise MediaFailed("channels.media.too_large", limit_mb=limit // (1024 * 1024))
    chunks: AsyncIterator[bytes]
    if media.data is not None:
        chunks = _once(media.data)
    elif place.channel.fetcher is not None:
        chunks = place.channel.fetcher.fetch(place.endpoint, media)
    else:
        raise MediaFailed("channels.media.gone")
    async with asyncio.timeout(FETCH_SECONDS):
        view = await files.take(runtime, owner, media.name or "file", chunks)
    return view.payload()


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _keep_body(db: Session, message_id: UUID, conversation_id: UUID, html: str, inline: dict[str, str]) -> None:
    row = {"message_id": message_id, "conversation_id": conversation_id, "html": html, "inline": inline}
    await db.execute(insert(MessageBody).values(**row, at=func.now()).on_conflict_do_nothing())


def _language_of(text: str) -> str:
    return "en" if guess_language(text) == "en" else "zh-CN"
