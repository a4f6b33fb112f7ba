"""The signpost leads to where the whole list of routes would have led."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import PlainTextResponse
from starlette.routing import PARAM_REGEX, BaseRoute, Mount, Route, WebSocketRoute

from qiao.app import all_routes
from qiao.core.web import site
from qiao.core.web.routing import Application, Declared, Signpost


@cache
def whole() -> Application:
    app = Application()
    app.router.routes.extend(all_routes()[0])
    site.install(app)
    return app


@cache
def paths() -> list[str]:
    """As declared; what is mounted answers everything below its path."""
    routes = [route for route in whole().router.routes if isinstance(route, Declared | Route | WebSocketRoute | Mount)]
    return sorted({f"{route.path}/{{path:path}}" if isinstance(route, Mount) else route.path for route in routes})


@cache
def words() -> list[str]:
    return sorted({word for path in paths() for word in path.split("/") if word and "{" not in word})


VALUE = st.sampled_from(["0199aa00-0000-7000-8000-000000000000", "7", "x y", "", "a/b", "é\n", "messages", "me", "new"])


@st.composite
def near(draw: st.DrawFn) -> str:
    """A path some route may mean, or nearly: a word other, missing or doubled, a slash too many."""
    path = draw(st.sampled_from(paths()))
    path = PARAM_REGEX.sub(lambda _: draw(VALUE), path)
    segments = path.split("/")[1:]
    place = draw(st.integers(0, len(segments) - 1))
    match draw(st.sampled_from(["as it is", "slash", "other", "shorter", "longer", "doubled"])):
        case "slash":
            segments.append("")
        case "other":
            segments[place] = draw(st.sampled_from(words()))
        case "shorter":
            del segments[place]
        case "longer":
            segments.insert(place, draw(VALUE))
        case "doubled":
            segments.insert(place, segments[place])
    return "/" + "/".join(segments)


def _meant(routes: Sequence[BaseRoute], path: str) -> list[BaseRoute]:
    return [route for route in routes if route.path_regex.match(path)]  # type: ignore[attr-defined]  # as above


@settings(max_examples=100)
@given(near())
def test_among_the_few_routes_chosen_are_all_that_match(path: str) -> None:
    every, signpost = whole().router.routes, whole().router.middleware_stack
    assert isinstance(signpost, Signpost)
    few = signpost.towards(path).routes
    for asked in (path, path.rstrip("/"), f"{path}/"):  # the router looks again: with or without the slash at the end
        assert _meant(few, asked) == _meant(every, asked)


async def test_what_the_router_says_to_the_rest_stays() -> None:
    app = Application()

    async def page(request: Any) -> PlainTextResponse:
        return PlainTextResponse(str(request.url_for("late", word="w")))

    app.router.routes.extend([Route("/a/{x}", page), Mount("/files", Application(), name="files")])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        assert (await client.get("/late/w")).status_code == 404
        app.router.routes.append(Route("/late/{word}", page, name="late", methods=["GET"]))
        assert (await client.get("/late/w")).text == "http://here/late/w"
        assert (await client.get("/a/1")).text == "http://here/late/w"
        assert (await client.post("/late/w")).status_code == 405
        assert (await client.get("/late/w/")).headers["location"] == "http://here/late/w"
        assert (await client.get("/files/openapi.json")).status_code == 200
