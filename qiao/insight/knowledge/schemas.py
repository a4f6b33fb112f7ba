"""What crosses the border."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class Case(BaseModel):
    """A conversation behind a figure."""

    conversation_id: UUID
    number: int
    status: str
    customer: str
    preview: str
    at: datetime
