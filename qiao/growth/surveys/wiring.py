"""Gives channels what they need to show and take ratings."""

from collections.abc import Sequence
from uuid import UUID

from qiao.channels.contract.ports import RatingRef, Ratings
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.growth.surveys import service


class Surveys:
    async def of_conversations(self, db: Session, ids: Sequence[UUID]) -> dict[UUID, RatingRef]:
        return await service.of_conversations(db, ids)

    async def rate(self, db: Session, actor: Actor, conversation_id: UUID, score: int, comment: str) -> RatingRef:
        return await service.rate(db, actor, conversation_id, score, comment)


def provide(runtime: Runtime) -> None:
    runtime.provide(Ratings, Surveys())
