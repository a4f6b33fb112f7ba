"""Fetching mail: told by the server (IDLE), looked after now and then (poll), nothing lost, nothing twice.

Mails and the place reached are stored in one transaction by `sink.take`; only then is a mail marked or moved. What a crash
left unmarked is marked at the next start. Where a folder was made anew (UIDVALIDITY), its recent mails are read again:
those known by fingerprint are dropped by the store.
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final, TypeVar

import msgspec
import structlog

from qiao.channels.contract.channel import Endpoint, Sink, SourceFailed
from qiao.channels.email import envelope
from qiao.channels.email.acknowledging import Acknowledger
from qiao.channels.email.connecting import open_mailbox, read_settings, reason_of
from qiao.channels.email.imap import Fetched, Imap, ImapError, ImapRefused
from qiao.channels.email.oauth import Access
from qiao.channels.email.settings import EmailSettings
from qiao.core import clock

logger = structlog.get_logger(__name__)
T = TypeVar("T")

LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a mail that is fetched whole."""
BEGINNING: Final = 512 * 1024
"""Bytes that are fetched of a larger one."""
BATCH_BYTES: Final = 8 * 1024 * 1024
BATCH: Final = 50
MOST_LOSSES: Final = 3
"""So often a mail may cost us the connection; some servers hang up over one that they cannot read themselves."""
_AGAIN: Final = timedelta(days=3)


class Place(msgspec.Struct):
    """Where fetching has got to: all mails up to `uid` are stored, those up to `marked` are marked or moved.

    `suspects`: the mails during whose fetching the connection was lost, `losses` times for the first of them.
    """

    validity: int = 0
    uid: int = 0
    marked: int = 0
    at: datetime | None = None
    suspects: list[int] = []
    losses: int = 0


class MailSource:
    """The source of every e-mail inbox; `run` holds one connection. `poll_seconds` overrules the settings."""

    def __init__(self, access: Access, acknowledger: Acknowledger, *, poll_seconds: float | None = None):
        self._access = access
        self._acknowledger = acknowledger
        self._poll_seconds = poll_seconds

    def configured(self, settings: Mapping[str, Any]) -> bool:
        read = read_settings(settings)
        return bool(read.imap_host and read.address)

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        """Works until it is cancelled. Raises SourceFailed."""
        settings = read_settings(endpoint.settings)
        imap = await open_mailbox(endpoint, settings, self._access)
        try:
            pause = self._poll_seconds or settings.poll_seconds
            await _Mailbox(endpoint, settings, imap, sink, self._acknowledger, pause).work()
        except ImapRefused as refusal:
            raise SourceFailed("email.failed.refused", folder=settings.folder, reason=refusal.text[:200]) from refusal
        except (ImapError, OSError, TimeoutError) as error:
            reason = reason_of(settings.imap_host, error)
            raise SourceFailed(
                "email.failed.lost", host=settings.imap_host, port=settings.imap_port, reason=reason
            ) from error
        finally:
            imap.abort()

    async def stop(self) -> None:
        """Lets acknowledgements that are on their way go out."""
        await self._acknowledger.finish()


class _Mailbox:
    def __init__(
        self,
        endpoint: Endpoint,
        settings: EmailSettings,
        imap: Imap,
        sink: Sink,
        acknowledger: Acknowledger,
        pause: float,
    ):
        self.endpoint = endpoint
        self.pause = pause
        self.settings = settings
        self.imap = imap
        self.sink = sink
        self.acknowledger = acknowledger
        try:
            self.place = msgspec.convert(sink.cursor, Place)
        except msgspec.ValidationError:
            self.place = Place()

    async def work(self) -> None:
        await self._enter()
        while True:
            await self._catch_up()
            await self.sink.fine()
            await self._wait()

    async def _enter(self) -> None:
        """Opens the folder and finds where to go on."""
        try:
            selected = await self.imap.select(self.settings.folder)
        except ImapRefused as refusal:
            raise SourceFailed(
                "email.failed.folder", folder=self.settings.folder, reason=refusal.text[:200]
            ) from refusal
        if self.place.validity == selected.validity:
            if self.place.marked < self.place.uid:
                await self._mark(await self.imap.search(f"UID {self.place.marked + 1}:{self.place.uid}"))
            return
        known = self.place
        self.place = Place(selected.validity, suspects=known.suspects, losses=known.losses)
        if known.validity:
            # Another folder under the old name: its numbers mean other mails.
            since = (known.at or clock.now()) - _AGAIN
            wanted = await self.imap.search(f"SINCE {since.day}-{since:%b}-{since.year}")
        elif self.settings.first == "all":
            wanted = []
        elif self.settings.first == "unread":
            wanted = await self.imap.search("UNSEEN")
        else:
            wanted = []
            self.place.uid = max(0, selected.next_uid - 1) or max(await self.imap.search("ALL"), default=0)
        if self.settings.first == "all" and not known.validity:
            return
        if known.validity or self.settings.first == "unread":
            self.place.uid = max(0, selected.next_uid - 1)
            wanted = [uid for uid in wanted if uid <= self.place.uid]
            # What is wanted of the past comes first, in one go with the place: a crash between begins again from here.
            await self._take(wanted, stored=known)
        self.place.marked = self.place.uid
        await self.sink.take([], msgspec.to_builtins(self.place))

    async def _catch_up(self) -> None:
        """Takes everything newer than the place."""
        self.imap.news = False
        found = await self.imap.search(f"UID {self.place.uid + 1}:*")
        # `n:*` always names the last mail, also when it is older than n.
        await self._take([uid for uid in found if uid > self.place.uid])

    async def _take(self, uids: Sequence[int], *, stored: Place | None = None) -> None:
        """Fetches and stores mails. With `stored`, that stays the place as it is kept until all of them are."""
        rest = list(uids)
        while rest:
            chunk = self._together(rest)
            rest = rest[len(chunk) :]
            if chunk == self.place.suspects[:1] and self.place.losses >= MOST_LOSSES:
                await self._store([], chunk, stored)
                continue
            sizes = await self._careful(chunk, self.imap.sizes(chunk), stored)
            batch: list[int] = []
            total = 0
            for uid in [uid for uid in chunk if uid in sizes]:
                size = BEGINNING if sizes[uid] > LARGEST else sizes[uid]
                if batch and total + size > BATCH_BYTES:
                    await self._pass_on(batch, sizes, stored)
                    batch, total = [], 0
                batch.append(uid)
                total += size
            if batch:
                await self._pass_on(batch, sizes, stored)

    def _together(self, uids: list[int]) -> list[int]:
        """The next few that are fetched at once: a suspect alone, others up to the next suspect."""
        apart = self.place.suspects
        return uids[:1] if uids[0] in apart else [*takewhile(lambda uid: uid not in apart, uids[:BATCH])]

    async def _careful(self, uids: Sequence[int], work: Awaitable[T], stored: Place | None) -> T:
        """Remembers which mails have cost us the connection: next time they come one by one, so that a bad one is found."""
        try:
            return await work
        except (ImapError, OSError, TimeoutError):
            again = list(uids) == self.place.suspects[:1]
            self.place.losses = self.place.losses + 1 if again else 1 if len(uids) == 1 else 0
            self.place.suspects = [*uids, *(uid for uid in self.place.suspects if uid > uids[-1])]
            kept = stored or self.place
            kept.suspects, kept.losses = self.place.suspects, self.place.losses
            await self.sink.take([], msgspec.to_builtins(kept))
            raise

    async def _pass_on(self, uids: list[int], sizes: dict[int, int], stored: Place | None) -> None:
        mails = await self._careful(uids, self._fetch(uids, sizes), stored)
        missing = set(uids) - {mail.uid for mail in mails}
        await self._store(mails, [uid for uid in uids if uid in missing and uid in sizes], stored)

    async def _store(self, mails: list[Fetched], missing: list[int], stored: Place | None) -> None:
        way = envelope.Way(own=self.settings.own(), server=self.settings.trusted_server)
        payloads: list[tuple[str | None, bytes]] = []
        for mail in mails:
            told = msgspec.structs.replace(way, at=mail.at, size=mail.size if mail.size > LARGEST else None)
            payloads.append((envelope.fingerprint(mail.raw), envelope.seal(mail.raw, told)))
        for uid in missing:
            # The server counts it and does not hand it out: it must not stop the others, nor be passed over in silence.
            logger.warning("mail_not_given_out", inbox_id=str(self.endpoint.inbox_id), uid=uid)
            told = msgspec.structs.replace(way, missing=uid)
            payloads.append((f"missing-{self.place.validity}-{uid}", envelope.seal(b"", told)))
        uids = sorted([*(mail.uid for mail in mails), *missing])
        if not uids:
            return
        if self.place.suspects and uids[-1] >= self.place.suspects[0]:
            self.place.suspects = [uid for uid in self.place.suspects if uid > uids[-1]]
            self.place.losses = 0
        self.place.at = clock.now()
        if stored is not None:
            await self.sink.take(payloads)
            await self._mark(uids)
            return
        self.place.uid = uids[-1]
        await self.sink.take(payloads, msgspec.to_builtins(self.place))
        await self._mark(uids)
        self.place.marked = self.place.uid  # stored with the next mail; until then marking again does no harm
        self.acknowledger.offer(self.endpoint, self.settings, [raw for _, raw in payloads])

    async def _fetch(self, uids: list[int], sizes: dict[int, int]) -> list[Fetched]:
        large = [uid for uid in uids if sizes[uid] > LARGEST]
        whole = [uid for uid in uids if sizes[uid] <= LARGEST]
        mails: list[Fetched] = []
        for chosen, first in ((whole, None), (large, BEGINNING)):
            if not chosen:
                continue
            try:
                mails.extend(await self.imap.fetch(chosen, sizes, first))
            except ImapRefused as refusal:
                logger.warning("mail_fetch_refused", inbox_id=str(self.endpoint.inbox_id), reason=refusal.text[:200])
            if missing := set(chosen) - {mail.uid for mail in mails}:
                mails.extend(await self._one_by_one(sorted(missing), sizes, first))
        return sorted(mails, key=lambda mail: mail.uid)

    async def _one_by_one(self, uids: list[int], sizes: dict[int, int], first: int | None) -> list[Fetched]:
        """One broken mail makes some servers refuse a whole batch."""
        mails: list[Fetched] = []
        still_there = await self.imap.sizes(uids)
        for uid in uids:
            if uid not in still_there:
                sizes.pop(uid, None)
                continue
            try:
                mails.extend(await self.imap.fetch([uid], sizes, first))
            except ImapRefused as refusal:
                logger.warning(
                    "mail_not_given_out", inbox_id=str(self.endpoint.inbox_id), uid=uid, reason=refusal.text[:200]
                )
        return mails

    async def _mark(self, uids: Sequence[int]) -> None:
        """What becomes of stored mail. A folder that allows none of it still hands its mail out."""
        if not uids or self.settings.fetched == "keep":
            return
        try:
            if self.settings.fetched == "move":
                await self.imap.move(uids, self.settings.move_to)
            else:
                await self.imap.mark_read(uids)
        except ImapRefused as refusal:
            logger.warning("mail_not_marked", inbox_id=str(self.endpoint.inbox_id), reason=refusal.text[:200])

    async def _wait(self) -> None:
        if self.imap.news:
            return  # told along with another answer since we looked: nobody tells it twice
        if "IDLE" in self.imap.capabilities:
            await self.imap.idle(self.pause)
            return
        await asyncio.sleep(self.pause)
        await self.imap.noop()
