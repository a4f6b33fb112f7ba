"""Bodies of the widget's requests."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class _Body(BaseModel):
    # Unknown fields are ignored: a widget of another version is still welcome.
    model_config = ConfigDict(extra="ignore")


class SessionBody(_Body):
    visitor_token: str | None = Field(None, max_length=200)
    identity_token: str | None = Field(None, max_length=4000)
    locale: str | None = Field(None, max_length=40)
    page: dict[str, Any] | None = None


class TypingBody(_Body):
    on: bool = True
    preview: str | None = Field(None, max_length=10_000)


class ReadBody(_Body):
    seq: int = Field(ge=0)


class HandoffBody(_Body):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None


class LeaveMessageBody(_Body):
    client_id: str = Field(min_length=1, max_length=80)
    name: Short = ""
    phone: Short = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)] = ""
    body: str = Field(max_length=4000)


class RatingBody(_Body):
    conversation_id: UUID
    score: Literal[1, 2, 3, 4, 5]
    comment: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""


class FeedbackBody(_Body):
    message_id: UUID
    helpful: bool


class MailBody(_Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)]
