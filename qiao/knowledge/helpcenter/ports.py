"""What the help centre needs from above: the chat on its pages, and whom the company's site vouches for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from starlette.responses import Response

from qiao.core.db import Session


@dataclass(frozen=True, slots=True)
class Vouched:
    """A customer whose identity token was verified."""

    customer_id: UUID
    inbox_id: UUID
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChatRef:
    """A website's chat: `key` goes into the page."""

    id: UUID
    name: str
    key: str


class Requests(Protocol):
    """The customers' own pages (channels)."""

    def offered(self, signed_in: bool) -> bool:
        """Whether there is a way in for this reader, so that pages may lead there."""
        ...

    def signed_in(self, response: Response, vouched: Vouched) -> None:
        """A customer was vouched for: their own pages know them from now on, too."""
        ...

    def signed_out(self, response: Response) -> None: ...


class Chats(Protocol):
    async def active(self, db: Session) -> list[ChatRef]:
        """The chats a page may carry, oldest first."""
        ...

    async def vouch(self, db: Session, inbox_id: UUID, token: str, locale: str) -> Vouched:
        """Verifies an identity token. Raises Unauthenticated, or Forbidden for a blocked customer."""
        ...
