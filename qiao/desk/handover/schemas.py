"""What handing over takes and answers."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict


class OpenWork(BaseModel):
    """What is in somebody's name and not done. `more`: there are more tickets than were counted."""

    tickets: int
    more: bool
    tasks: int


class HandOverBody(BaseModel):
    """`to` null: back to the departments, to nobody in particular."""

    model_config = ConfigDict(extra="forbid")

    to: UUID | None


class HandedOver(BaseModel):
    """`bulk_id`: the operation that moves the tickets, to be watched and undone in the ticket lists."""

    bulk_id: UUID | None
    tickets: int
    tasks: int
