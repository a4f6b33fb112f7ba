"""Where a room's routes hang, how they come into being (each when it is first called), and how one is found quickly."""

import asyncio
from collections.abc import Callable
from enum import Enum
from functools import cached_property
from re import Pattern
from threading import Lock
from typing import Any, Final, cast

import msgspec
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import PARAM_REGEX, BaseRoute, Match, Mount, Route, WebSocketRoute, compile_path
from starlette.types import Receive, Scope, Send

from qiao.core.web.errors import DESCRIBED

API: Final = "/api/v1"
_WITHIN_ONE: Final = frozenset({"str", "int", "float", "uuid"})
"""Kinds of parameter that never reach beyond a slash."""
_building, _describing = Lock(), Lock()


class Declared(BaseRoute):
    """A route that is known by its path. What it takes and answers is worked out at its first call.

    Working that out takes milliseconds a route, together as long as the rest of a start; most are never called in the life
    of a process. Whoever asks for anything but its path gets the route itself.
    """

    def __init__(self, path: str, build: Callable[[], APIRoute]) -> None:
        self.path = path
        self._build = build
        self._whole: APIRoute | None = None

    @cached_property
    def path_regex(self) -> Pattern[str]:
        return compile_path(self.path)[0]

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


class Shape:
    """Which paths a route may answer, by their segments alone: its fixed words and where they stand."""

    __slots__ = ("at_least", "at_most", "words")

    def __init__(self, path: str) -> None:
        self.words: list[tuple[int, str]] = []
        self.at_most: int | None = None
        segments = _segments(path)
        for place, segment in enumerate(segments):
            kinds = [(kind or ":str").lstrip(":") for _, kind in PARAM_REGEX.findall(segment)]
            if any(kind not in _WITHIN_ONE for kind in kinds):
                self.at_least = place
                return
            if not kinds:
                self.words.append((place, segment))
        self.at_least = self.at_most = len(segments)

    def fits(self, key: tuple[str | None, ...]) -> bool:
        """Whether a path of this key may be meant."""
        if len(key) < self.at_least or (self.at_most is not None and len(key) > self.at_most):
            return False
        return all(key[place] == word for place, word in self.words)


def _segments(path: str) -> list[str]:
    """`/a/b` and `/a/b/` are the same: whether the slash may be there is for the router to say."""
    return path.strip("/").split("/") if path.strip("/") else []


class Signpost:
    """Takes a request to the few routes that may be meant, instead of comparing it with every one of them.

    Those few are chosen by the words of the path which any route knows; among them the router decides as it always does
    (the order, the method, the slash at the end). What has been chosen for a sequence of words is kept for the next request.
    """

    MOST_KEPT: Final = 2000

    def __init__(self, router: APIRouter) -> None:
        self._router = router
        self._count = -1
        self._words: frozenset[str] = frozenset()
        self._shapes: list[Shape | None] = []
        self._kept: dict[tuple[str | None, ...], APIRouter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope.get("root_path"):
            await self._router.app(scope, receive, send)
            return
        scope.setdefault("router", self._router)
        await self.towards(scope["path"]).app(scope, receive, send)

    def towards(self, path: str) -> APIRouter:
        """A router with the routes that may answer `path`, in their order."""
        if self._count != len(self._router.routes):
            self._survey()
        key = tuple(segment if segment in self._words else None for segment in _segments(path))
        chosen = self._kept.get(key)
        if chosen is None:
            if len(self._kept) >= self.MOST_KEPT:
                self._kept.clear()  # somebody is making paths up
            every = zip(self._router.routes, self._shapes, strict=True)
            few = [route for route, shape in every if shape is None or shape.fits(key)]
            chosen = self._kept[key] = APIRouter(routes=few)
        return chosen

    def _survey(self) -> None:
        self._shapes = [_shape(route) for route in self._router.routes]
        self._words = frozenset(word for shape in self._shapes if shape is not None for _, word in shape.words)
        self._kept.clear()
        self._count = len(self._router.routes)


def _shape(route: BaseRoute) -> Shape | None:
    """None: it may answer anything."""
    match route:
        case Mount():
            return Shape(f"{route.path}/{{path:path}}")
        case Declared() | Route() | WebSocketRoute():
            return Shape(route.path)
        case _:
            return None


class Application(FastAPI):
    """FastAPI that finds a route without asking all of them, and describes declared ones, too."""

    def __init__(self, **more: Any) -> None:
        self._description: bytes | None = None
        super().__init__(**more)
        self.router.middleware_stack = Signpost(self.router)

    def setup(self) -> None:
        """Only the description itself; the page that shows it is ours."""
        if self.openapi_url:
            self.add_route(self.openapi_url, self._describe, include_in_schema=False)

    def openapi(self) -> dict[str, Any]:
        with _describing:
            self.router.routes[:] = [one.whole() if isinstance(one, Declared) else one for one in self.router.routes]
            return super().openapi()

    async def _describe(self, request: Request) -> Response:
        """Made when first asked for. That takes seconds: beside the loop, so that nobody else waits for it."""
        if self._description is None:
            self._description = msgspec.json.encode(await asyncio.to_thread(self.openapi))
        return Response(self._description, media_type="application/json")
