"""Where a room's routes hang, and how they come into being: each when it is first called."""

from collections.abc import Callable
from enum import Enum
from threading import Lock
from typing import Any, Final, cast

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match, compile_path
from starlette.types import Receive, Scope, Send

from qiao.core.web.errors import DESCRIBED

API: Final = "/api/v1"
_building = Lock()


class Declared(BaseRoute):
    """A route that is known by its path. What it takes and answers is worked out at its first call.

    Working that out takes milliseconds a route, together as long as the rest of a start; most are never called in the life
    of a process. Whoever asks for anything but its path gets the route itself.
    """

    def __init__(self, path: str, build: Callable[[], APIRoute]) -> None:
        self.path = path
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._build = build
        self._whole: APIRoute | None = None

    def whole(self) -> APIRoute:
        """The route itself."""
        if self._whole is None:
            with _building:
                if self._whole is None:
                    self._whole = self._build()
        return self._whole

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self._whole is None and not self._concerned(scope):
            return Match.NONE, {}
        return self.whole().matches(scope)

    def _concerned(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return (
            scope["type"] == "http" and self.path_regex.match(path.removeprefix(scope.get("root_path", ""))) is not None
        )

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        return self.whole().url_path_for(name, **path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.whole().handle(scope, receive, send)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.whole(), name)


class Router(APIRouter):
    """Routes below the API's address, each described with what it answers when something is wrong.

    They are complete as declared: the application takes them as they are, and includes them nowhere with a prefix.
    """

    def __init__(self, *, prefix: str = "", tags: list[str | Enum] | None = None, **more: Any) -> None:
        super().__init__(prefix=API + prefix, tags=tags, responses=DESCRIBED, **more)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
        def build() -> APIRoute:
            super(Router, self).add_api_route(path, endpoint, **more)
            return cast(APIRoute, self.routes.pop())

        self.routes.append(Declared(self.prefix + path, build))


class Application(FastAPI):
    """FastAPI that describes declared routes, too."""

    def openapi(self) -> dict[str, Any]:
        self.router.routes[:] = [one.whole() if isinstance(one, Declared) else one for one in self.router.routes]
        return super().openapi()
