"""What conversations need from above, as protocols; registered as runtime parts at start-up."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations.schemas import Promise
from qiao.desk.inboxes.ports import QueueDirectory

__all__ = ["AgentAvailability", "Expectation", "Expected", "OutgoingCheck", "Promises", "QueueDirectory", "Recalls"]


class AgentAvailability(Protocol):
    """Tells whether a person can take conversations now (online, not over capacity limits is routing's business)."""

    async def is_online(self, db: Session, user_id: UUID) -> bool: ...


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose the answer to some words is: `user_id`'s, or that of nobody in particular; said by `line` in the transcript."""

    user_id: UUID | None
    line: str
    params: dict[str, str]


class Expectation(Protocol):
    """Knows the words other rooms have said in conversations, and who is to have the answer to them."""

    async def of(self, db: Session, client_id: str) -> Expected | None:
        """None when nobody beside the conversation's own people waits for an answer to what was said under `client_id`."""
        ...


class Promises(Protocol):
    """Tells what is promised about conversations."""

    async def shown(self, db: Session, ids: Collection[UUID]) -> Mapping[UUID, Promise]:
        """Of those that have one, the promise that runs out first."""
        ...


class Recalls(Protocol):
    """Tells how channels take messages back."""

    def within(self, channel: str) -> timedelta | None:
        """How long after it was sent; None: never."""
        ...

    def remote(self, channel: str) -> bool:
        """Whether the channel has to be asked, because it handed the message on to somebody else's machine."""
        ...


class OutgoingCheck(Protocol):
    """Looks at what is about to be said to a customer: returns the text to send, or raises why it may not be sent."""

    async def checked(self, db: Session, actor: Actor, text: str) -> str: ...
