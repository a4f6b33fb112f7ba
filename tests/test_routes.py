"""Every route of the product: guarded exactly once, closed to strangers, closed to people without the right."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import websockets
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from qiao.app import create_app
from qiao.core.ids import new_id
from qiao.core.settings import Settings
from qiao.people.accounts.access import Access, accesses
from tests.conftest import SignIn
from tests.served import line, serving

# Plain routes carry no dependency: each is listed with how it is guarded.
PLAIN = {
    "/": "public: leads to the console",
    "/health": "public: for load balancers",
    "/ready": "public: for load balancers",
    "/metrics": "public: figures without names",
    "/favicon.ico": "public: a picture",
    "/console": "public: the console's files",
    "/console/{path:path}": "public: the console's files",
    "/console/assets": "public: the console's files",
    "/docs": "public: the description of the API",
    "/docs/{path:path}": "public: the description of the API",
    "/openapi.json": "public: the description of the API",
    "/ws": "first frame: session or token",
    "/ws/visitor": "first frame: visitor token",
    "/widget.js": "public: the loader",
    "/widget/invite.js": "the part of the loader that sites with invitations fetch",
    "/widget/frame": "public: the widget's page",
    "/widget/assets/{path:path}": "public: the widget's files",
    "/robots.txt": "public: what search engines may list",
    "/sitemap.xml": "public: the help centre's pages anybody may read",
    "/help": "public: the help centre, leads to the reader's language",
    "/help/": "public: the help centre, leads to the reader's language",
    "/help/robots.txt": "public: the help centre, what search engines may list",
    "/help/sitemap.xml": "public: the help centre, its pages anybody may read",
    "/help/theme.css": "public: the help centre, its colours",
    "/help/logo": "public: the help centre, its logo",
    "/help/static/{name}": "public: the help centre, its files",
    "/help/{locale}": "public: the help centre, its pages",
    "/help/{locale}/": "public: the help centre, its pages",
    "/help/{locale}/search": "public: the help centre, its pages",
    "/help/{locale}/suggest": "public: the help centre, titles the reader may see",
    "/help/{locale}/categories/{slug}": "public: the help centre, its pages",
    "/help/{locale}/articles/{slug}": "public: the help centre, texts the reader may see",
    "/help/{locale}/questions/{slug}": "public: the help centre, texts the reader may see",
    "/help/{locale}/go/{id}": "public: the help centre, texts the reader may see",
    "/help/{locale}/feedback": "public: the help centre, a reader's vote, once, from our own pages",
    "/help/{locale}/sign-in": "public: the help centre, identity token signed by the host site",
    "/help/{locale}/sign-out": "public: the help centre, forgets who reads",
    "/help/{path:path}": "public: the help centre, there is nothing",
    "/approve/{token}": "public: a link in a mail to one decider: signed, good once",
    "/help/portal/{name}": "public: the customers' pages, their files",
    "/help/{locale}/my": "customer: portal cookie, their own requests; others are led to the door",
    "/help/{locale}/my/sign-in": "public: asks for a code by mail, limited per address and network",
    "/help/{locale}/my/code": "public: the code that was sent to this browser's address, five tries",
    "/help/{locale}/my/new": "customer: portal cookie",
    "/help/{locale}/my/new/{type}": "customer: portal cookie, form token",
    "/help/{locale}/my/new/{type}/shape": "customer: portal cookie, form token",
    "/help/{locale}/my/suggest": "customer: portal cookie, texts the customer may see",
    "/help/{locale}/my/suggested/{form}/{item}": "customer: portal cookie, leads to a text",
    "/help/{locale}/my/requests/{id}": "customer: portal cookie, their own request",
    "/help/{locale}/my/requests/{id}/reply": "customer: portal cookie, form token, their own request",
    "/help/{locale}/my/requests/{id}/rate": "customer: portal cookie, form token, their own request",
    "/help/{locale}/my/requests/{id}/move": "customer: portal cookie, form token, their own request",
    "/help/{locale}/my/call": "customer: portal cookie, form token, their own promise",
    "/help/{locale}/my/conversations/{id}": "customer: portal cookie, form token, their own conversation",
    "/walkin/static/{name}": "public: the counter's pages, their files",
    "/walkin/display/{key}": "public: the call-out display; what it shows needs the site's key",
    "/walkin/visit/{secret}": "public: the visitor's page; what it shows needs the number's secret",
    "/walkin/visit/{secret}/qr.svg": "public: the address of a number's page, to who has its secret",
    "/walkin/ticket/{secret}": "public: a number to be printed; what it shows needs its secret",
    "/walkin/appointment/{secret}": "public: an appointment; what it shows needs its secret",
    "/walkin/{key}/join.svg": "public: where to take a number by phone, to who has a site's key",
    "/walkin/{key}": "public: the kiosk; what it shows needs the site's key",
    "/shop": "public: the demo shop",
    "/shop/": "public: the demo shop",
    "/shop/data.json": "public: the demo shop's goods",
    "/shop/identity": "public: the demo shop plays the company's own site",
    "/shop/{name}": "public: the demo shop's files",
}


def walk(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, BaseRoute]]:
    for route in routes:
        inner = getattr(route, "routes", None) if not isinstance(route, APIRoute | Route | WebSocketRoute) else None
        if inner and not isinstance(route, Mount):
            yield from walk(inner, prefix)
        elif isinstance(route, Mount):
            yield prefix + route.path, route
        else:
            yield prefix + getattr(route, "path", "?"), route


def api_routes(app: FastAPI) -> list[tuple[str, str, Access]]:
    """(method, path template, access) of every described route, from the framework's own flattening."""
    found = []
    for route in every(app):
        for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
            marks = list(accesses(route.dependant))
            assert len(marks) == 1, f"{method} {route.path} has {len(marks)} marks"
            found.append((method, route.path, marks[0]))
    return found


def every(app: FastAPI) -> list[Any]:
    found: list[Any] = []

    def add(routes: Any) -> None:
        for route in routes:
            if hasattr(route, "dependant"):
                found.append(route)
            elif hasattr(route, "effective_route_contexts"):
                found.extend(c for c in route.effective_route_contexts() if hasattr(c, "dependant"))

    add(app.router.routes)
    return found


def fill(path: str) -> str:
    filled = path
    while "{" in filled:
        before, _, rest = filled.partition("{")
        name, _, after = rest.partition("}")
        filled = before + ("1" if name == "number" else str(new_id())) + after
    return filled


def test_every_route_has_exactly_one_mark(settings: Settings) -> None:
    app = create_app(settings, "postgresql://nobody@127.0.0.1:1/none", background=False)
    marked = api_routes(app)
    assert len(marked) > 100
    assert all(access.reason for _, _, access in marked if access.kind == "public")
    plain = {path for path, route in walk(app.router.routes) if not hasattr(route, "dependant")}
    plain -= {path for _, path, _ in marked}
    assert {p for p in plain if p != "?"} <= set(PLAIN), "a plain route is not accounted for"


async def test_strangers_get_nothing(app: FastAPI, client: httpx.AsyncClient) -> None:
    for method, path, access in api_routes(app):
        if access.kind == "public":
            continue
        response = await client.request(method, fill(path), json={})
        assert response.status_code == 401, f"{method} {path}: {response.status_code}"
        assert response.headers["content-type"] == "application/problem+json"


async def test_people_without_the_right_are_refused_before_anything_else(app: FastAPI, sign_in: SignIn) -> None:
    """Refusal comes before validation: a body or an id that makes no sense tells nothing."""
    browser = await sign_in("nobody", role="viewer")
    admin = await sign_in("root")
    made = await admin.post("/api/v1/roles", json={"name": "nothing", "permissions": []})
    assert made.status_code == 201, made.text
    nothing = made.json()["id"]
    changed = await admin.patch(f"/api/v1/users/{browser.actor_id}", json={"role_ids": [nothing]})
    assert changed.status_code == 200, changed.text
    walked = 0
    for method, path, access in api_routes(app):
        if access.kind != "needs":
            continue
        for wrong in ({"content": b"{"}, {"json": {"unknown": 1}}):
            response = await browser.request(method, fill(path), **wrong)  # type: ignore[arg-type]
            assert response.status_code == 403, f"{method} {path}: {response.status_code} {response.text[:200]}"
        walked += 1
    assert walked > 80


def test_the_description_says_how_requests_fail(settings: Settings) -> None:
    app = create_app(settings, "postgresql://nobody@127.0.0.1:1/none", background=False)
    described = app.openapi()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            if method not in ("get", "post", "put", "patch", "delete"):
                continue
            content = operation["responses"].get("default", {}).get("content", {})
            assert "application/problem+json" in content, f"{method} {path}"
            assert "HTTPValidationError" not in str(operation), f"{method} {path}"


@pytest.mark.parametrize("path", ["/ws", "/ws/visitor"])
async def test_sockets_are_closed_to_strangers(app: FastAPI, settings: Settings, path: str) -> None:
    async with serving(app, settings) as address, line(address, path) as socket:
        await socket.say(op="hello")
        said = await socket.hear()
        assert said["op"] == "bye"
        assert said["problem"]["status"] in (401, 403)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code in (4401, 4403)
