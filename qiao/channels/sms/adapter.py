"""Sending texts through whichever provider the inbox has: the port and its choice."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Sent, SourceFailed, Template
from qiao.channels.sms.numbers import canonical
from qiao.channels.sms.settings import SmsSettings, plain


class Provider(Protocol):
    """Somebody who sends texts."""

    def configured(self, settings: SmsSettings) -> bool: ...

    async def send(
        self, endpoint: Endpoint, settings: SmsSettings, message_id: UUID, number: str, payload: Mapping[str, Any]
    ) -> Sent:
        """Raises DeliveryFailed or DeliveryRefused."""
        ...

    async def templates(self, endpoint: Endpoint, settings: SmsSettings) -> Sequence[Template]:
        """The texts the provider has approved. Raises as `send` does."""
        ...

    async def probe(self, endpoint: Endpoint, settings: SmsSettings) -> Mapping[str, str]:
        """Raises DeliveryFailed or DeliveryRefused."""
        ...


class SmsAdapter:
    """Checks what no provider should be asked, then asks the inbox's own."""

    def __init__(self, providers: Mapping[str, Provider]):
        self.providers = providers

    def configured(self, settings: Mapping[str, Any]) -> bool:
        known = plain(settings)
        return self.providers[known.provider].configured(known)

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent:
        settings = plain(endpoint.settings)
        number = canonical(str(payload["to"]), settings.country)
        if number is None:
            raise DeliveryRefused("sms.refused.number")
        if payload["segments"] > settings.max_segments:
            raise DeliveryRefused("sms.refused.too_many_parts", parts=payload["segments"], most=settings.max_segments)
        return await self.providers[settings.provider].send(endpoint, settings, message_id, number, payload)

    async def templates(self, endpoint: Endpoint) -> Sequence[Template]:
        settings = plain(endpoint.settings)
        try:
            return await self.providers[settings.provider].templates(endpoint, settings)
        except DeliveryRefused as refused:
            raise DeliveryFailed(refused.code) from None

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        settings = plain(endpoint.settings)
        try:
            return await self.providers[settings.provider].probe(endpoint, settings)
        except DeliveryRefused as refused:
            raise SourceFailed(refused.code, hopeless=True, **refused.params) from None
        except DeliveryFailed as failed:
            raise SourceFailed("sms.source.unreachable", detail=str(failed)[:200]) from None
