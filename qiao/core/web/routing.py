"""Where a room's routes hang."""

from enum import Enum
from typing import Any, Final

from fastapi import APIRouter

from qiao.core.web.errors import DESCRIBED

API: Final = "/api/v1"


class Router(APIRouter):
    """Routes below the API's address, each described with what it answers when something is wrong.

    They are complete as declared: the application takes them as they are. Including them with a prefix there would work
    out every route's parameters a second time, at each start.
    """

    def __init__(self, *, prefix: str = "", tags: list[str | Enum] | None = None, **more: Any) -> None:
        super().__init__(prefix=API + prefix, tags=tags, responses=DESCRIBED, **more)
