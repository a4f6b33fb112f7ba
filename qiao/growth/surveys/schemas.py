"""What crosses the border of surveys."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Ref(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: UUID
    name: str


class ConversationRef(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: UUID
    number: int


class RatingView(BaseModel):
    """A rating as those who read reports see it. `agent` null: the bot had the conversation alone."""

    model_config = ConfigDict(frozen=True)

    conversation: ConversationRef
    customer: Ref | None
    agent: Ref | None
    score: int
    comment: str
    created_at: datetime
    updated_at: datetime
