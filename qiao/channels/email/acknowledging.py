"""The automatic "we have your letter": only to letters that begin an exchange, only to people, only where it is wanted."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import structlog

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint
from qiao.channels.contract.messages import Incoming
from qiao.channels.email import compose, envelope, mime, threads
from qiao.channels.email.limits import Allowance
from qiao.channels.email.reading import parse
from qiao.channels.email.sending import Postman
from qiao.channels.email.settings import EmailSettings
from qiao.core import clock, i18n
from qiao.core.errors import Invalid

logger = structlog.get_logger(__name__)
_MOST: Final = 20
"""Of one batch: a mailbox read for the first time thanks nobody by the thousand."""
_AT_ONCE: Final = 4
_MOST_WAITING: Final = 50
_PATIENCE: Final = 5.0


class Acknowledger:
    """Sends acknowledgements after the letters are stored, beside the fetching. At most once: it is never tried again."""

    def __init__(self, postman: Postman, allowance: Allowance):
        self._postman = postman
        self._allowance = allowance
        self._running: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def offer(self, endpoint: Endpoint, settings: EmailSettings, payloads: Sequence[bytes]) -> None:
        """Looks whether stored letters deserve an acknowledgement. Fetching goes on meanwhile."""
        if not settings.acknowledge or not settings.smtp_host:
            return
        if len(self._running) >= _MOST_WAITING:
            logger.warning("acknowledgements_left_out", inbox_id=str(endpoint.inbox_id), count=len(payloads))
            return
        task = asyncio.create_task(self._work(endpoint, settings, payloads[:_MOST]))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def finish(self) -> None:
        """Waits for those on their way, for a moment."""
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=_PATIENCE)
            for task in late:
                task.cancel()

    async def _work(self, endpoint: Endpoint, settings: EmailSettings, payloads: Sequence[bytes]) -> None:
        for payload in payloads:
            try:
                async with self._room:
                    await self._answer(endpoint, settings, payload)
            except (DeliveryFailed, DeliveryRefused, Invalid) as error:
                logger.warning("acknowledgement_not_sent", inbox_id=str(endpoint.inbox_id), reason=str(error)[:200])
            except Exception:
                logger.exception("acknowledgement_failed", inbox_id=str(endpoint.inbox_id))

    async def _answer(self, endpoint: Endpoint, settings: EmailSettings, payload: bytes) -> None:
        for item in parse(payload):
            if not isinstance(item, Incoming) or item.sender is None or "@" not in item.sender.address:
                continue
            mail = item.payload["mail"]
            head = mime.read_head(envelope.unseal(payload)[1])
            if (
                mail["automatic"]
                or head.ids("in-reply-to")
                or head.ids("references")
                or item.threads[:1] != item.begins[:1]
            ):
                continue
            message_id = uuid5(NAMESPACE_URL, f"qiao:{endpoint.inbox_id}:{item.client_id}")
            address = item.sender.address
            if not await self._allowance.take(endpoint, address, message_id):
                continue
            locale = item.locale or "zh-CN"
            values = {"body": "", "agent": "", "number": "", "inbox": endpoint.name, "customer": item.sender.name or ""}
            chosen = settings.acknowledgement_en if locale == "en" else settings.acknowledgement_zh
            text = (
                compose.filled(chosen, values)
                if chosen
                else i18n.t("email.mail.acknowledged", locale, inbox=endpoint.name)
            )
            letter = compose.Letter(
                message_id=threads.own_id(message_id, settings.address),
                sender=(settings.display_name or endpoint.name, mail.get("received_as") or settings.address),
                to=(address,),
                subject=threads.answering_subject(mail["subject"]) or endpoint.name,
                text=text,
                at=clock.now(),
                locale=locale,
                references=tuple(head.ids("message-id")[:1]),
                automatic=True,
            )
            await self._postman.send(endpoint, settings, compose.mail(letter), settings.address, [address])
