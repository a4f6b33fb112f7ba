"""Who is behind a visitor token, kept in memory so that a message costs no look-up.

An entry is believed for about a quarter of an hour; whatever ends it sooner (blocked, revoked, inbox switched off) is an
event in the log, which every process reads and which makes the entry stale at once.
"""

import random
import time
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from qiao.channels.webchat import repository, tokens
from qiao.channels.webchat.events import SessionEnded
from qiao.channels.webchat.limits import Bucket, Limiter, exempt, too_fast
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, NotFound, Problem, Unauthenticated
from qiao.core.events import Envelope
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationClosed, ConversationResolved, ConversationStarted
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.events import InboxUpdated
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers
from qiao.people.customers.events import CustomerMerged, CustomerUnmerged, CustomerUpdated

TRUSTED_SECONDS: Final = 900.0
INBOX_SECONDS: Final = 10.0
MOST_KEPT: Final = 20_000
BURST_SECONDS: Final = 4.0


class Visitor:
    """One visitor session as this process knows it. Small: there is one per open widget."""

    __slots__ = (
        "bucket",
        "checked",
        "conversation_id",
        "customer_id",
        "inbox_id",
        "latest_id",
        "name",
        "session_id",
        "sockets",
        "token",
    )

    def __init__(self, token: str, session_id: UUID, inbox_id: UUID, customer_id: UUID, burst: float):
        self.token = token
        self.session_id = session_id
        self.inbox_id = inbox_id
        self.customer_id = customer_id
        self.name = ""
        self.conversation_id: UUID | None = None
        """The conversation the next message certainly belongs to, or None: then `receive` decides."""
        self.latest_id: UUID | None = None
        self.checked = 0.0
        self.sockets = 0
        self.bucket = Bucket(burst)

    @property
    def actor(self) -> Actor:
        return Actor(kind="customer", id=self.customer_id, name=self.name)


class Visitors:
    """The visitors of this process, by token and by customer; their inboxes; their limits."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._by_token: dict[str, Visitor] = {}
        self._by_customer: dict[UUID, list[Visitor]] = {}
        self._inboxes: dict[UUID | str, tuple[float, InboxView]] = {}
        self.rate = runtime.settings.visitor_messages_per_second
        self.burst = max(1.0, self.rate * BURST_SECONDS)
        self.messages_by_ip = Limiter(self.rate * 20, self.burst * 20)
        self.sessions_by_ip = Limiter(1.0, 60.0)
        self.uploads = Limiter(0.5, 20.0)
        self.mails = Limiter(1 / 600, 3.0)

    # -- who -----------------------------------------------------------------------------------------------------------

    async def resolve(self, token: str | None) -> Visitor:
        """The visitor behind a token. Raises Unauthenticated, or Forbidden for a blocked customer."""
        visitor = self._by_token.get(token) if token is not None else None
        if visitor is not None and time.monotonic() - visitor.checked < TRUSTED_SECONDS:
            return visitor
        session_id = tokens.session_of(self.runtime.get(Signer), token)
        if session_id is None or token is None:
            raise Unauthenticated("widget.session_ended")
        return await self._load(token, session_id)

    async def fresh(self, visitor: Visitor) -> Visitor:
        """`visitor`, checked again when that is due: for long-lived connections."""
        if time.monotonic() - visitor.checked < TRUSTED_SECONDS:
            return visitor
        return await self._load(visitor.token, visitor.session_id)

    async def _load(self, token: str, session_id: UUID) -> Visitor:
        started = time.monotonic()
        try:
            async with self.runtime.db.read() as db:
                row = await repository.session(db, session_id)
                if row is None:
                    raise Unauthenticated("widget.session_ended")
                if not (await self._inbox_in(db, row.inbox_id)).active:
                    raise NotFound("inbox_not_found")
                customer = await customers.ref(db, row.customer_id)
                if customer.blocked:
                    raise Forbidden("customer_blocked")
                latest = await conversations.latest_of_customer(db, row.inbox_id, row.customer_id)
        except Problem:
            self._forget(token)
            raise
        visitor = self._by_token.get(token)
        if visitor is None:
            visitor = Visitor(token, row.id, row.inbox_id, row.customer_id, self.burst)
            self._by_token[token] = visitor
            self._by_customer.setdefault(row.customer_id, []).append(visitor)
            self._make_room()
        visitor.name = customer.name
        visitor.latest_id = latest.id if latest is not None else None
        live = latest is not None and latest.status in ("bot", "queued", "assigned", "snoozed")
        visitor.conversation_id = visitor.latest_id if live else None
        # Not all at once: thousands may have come in the same minute, after a restart above all.
        visitor.checked = started - random.uniform(0, TRUSTED_SECONDS / 3)  # noqa: S311 - no secret
        return visitor

    def of_customer(self, customer_id: UUID) -> Sequence[Visitor]:
        return self._by_customer.get(customer_id, ())

    def _make_room(self) -> None:
        if len(self._by_token) <= MOST_KEPT:
            return
        for token, visitor in self._by_token.items():
            if visitor.sockets == 0:
                self._forget(token)
                return

    def _forget(self, token: str) -> None:
        visitor = self._by_token.pop(token, None)
        if visitor is None:
            return
        visitor.checked = 0.0
        others = [v for v in self._by_customer.get(visitor.customer_id, ()) if v is not visitor]
        if others:
            self._by_customer[visitor.customer_id] = others
        else:
            self._by_customer.pop(visitor.customer_id, None)

    # -- limits --------------------------------------------------------------------------------------------------------

    def slow_down(self, visitor: Visitor, ip: str | None, cost: float = 1.0) -> None:
        """Raises RateLimited when this visitor, or everybody at their address together, writes too fast."""
        wait = visitor.bucket.take(self.rate, self.burst, cost)
        if wait > 0:
            raise too_fast(wait)
        if not exempt(ip):
            self.messages_by_ip.check(ip, cost)

    # -- inboxes -------------------------------------------------------------------------------------------------------

    async def inbox(self, inbox_id: UUID) -> InboxView:
        """An inbox as it was a few seconds ago at most."""
        known = self._inboxes.get(inbox_id)
        if known is not None and time.monotonic() - known[0] < INBOX_SECONDS:
            return known[1]
        async with self.runtime.db.read() as db:
            return await self._inbox_in(db, inbox_id)

    async def inbox_by_key(self, key: str) -> InboxView:
        """The active webchat inbox with this site key. Raises NotFound."""
        known = self._inboxes.get(key)
        if known is not None and time.monotonic() - known[0] < INBOX_SECONDS:
            return known[1]
        async with self.runtime.db.read() as db:
            found = await inboxes.by_key(db, key, "webchat")
        self._inboxes[key] = self._inboxes[found.id] = (time.monotonic(), found)
        return found

    async def _inbox_in(self, db: Session, inbox_id: UUID) -> InboxView:
        known = self._inboxes.get(inbox_id)
        if known is not None and time.monotonic() - known[0] < INBOX_SECONDS:
            return known[1]
        found = await inboxes.get(db, inbox_id)
        self._inboxes[inbox_id] = (time.monotonic(), found)
        return found

    # -- what the log says ---------------------------------------------------------------------------------------------

    def doubt(self, customer_id: UUID, session_id: UUID) -> None:
        """Makes this process look again before it believes a session: it has just ended, and the log may take a moment."""
        for visitor in self.of_customer(customer_id):
            if visitor.session_id == session_id:
                visitor.checked = 0.0

    def note(self, batch: Iterable[Envelope]) -> list[Visitor]:
        """Keeps entries true to the log; returns the visitors who may no longer be connected as they are."""
        ended: list[Visitor] = []
        for envelope in batch:
            match envelope.kind:
                case SessionEnded.kind:
                    gone = [
                        visitor
                        for visitor in self.of_customer(UUID(str(envelope.payload["customer_id"])))
                        if str(visitor.session_id) == envelope.payload["session_id"]
                    ]
                    for visitor in gone:
                        self._forget(visitor.token)
                    ended += gone
                case CustomerUpdated.kind:
                    known = list(self.of_customer(UUID(str(envelope.payload["customer_id"]))))
                    for visitor in known:
                        visitor.checked = 0.0
                    if "blocked_at" in envelope.payload["fields"]:
                        ended += known
                case CustomerMerged.kind | CustomerUnmerged.kind:
                    # Their sessions belong to another record now: whoever is connected comes back as that.
                    gone = [
                        visitor
                        for name in ("survivor_id", "merged_id")
                        for visitor in self.of_customer(UUID(str(envelope.payload[name])))
                    ]
                    for visitor in gone:
                        self._forget(visitor.token)
                    ended += gone
                case InboxUpdated.kind:
                    self._inboxes.clear()
                    inbox_id = UUID(str(envelope.payload["inbox_id"]))
                    for visitor in self._by_token.values():
                        if visitor.inbox_id == inbox_id:
                            visitor.checked = 0.0
                            if "active" in envelope.payload["fields"]:
                                ended.append(visitor)
                case ConversationStarted.kind:
                    inbox_id = UUID(str(envelope.payload["inbox_id"]))
                    for visitor in self.of_customer(UUID(str(envelope.payload["customer_id"]))):
                        if visitor.inbox_id == inbox_id:
                            visitor.latest_id = visitor.conversation_id = envelope.conversation_id
                case ConversationResolved.kind | ConversationClosed.kind:
                    # The next message may begin a new conversation, which needs to know the page and the language.
                    for visitor in self._by_token.values():
                        if visitor.conversation_id == envelope.conversation_id:
                            visitor.conversation_id = None
        return ended
