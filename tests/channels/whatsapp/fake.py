"""A stand-in for graph.facebook.com as WhatsApp uses it."""

import base64
import hashlib
import hmac
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TOKEN, SECRET, NUMBER, ACCOUNT = "EAAG-token", "app-secret", "106540352242922", "102290129340398"
FILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


class FakeGraph:
    """Checks token and proof. `errors` are given first, first in first out: (code, subcode, status)."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.uploads: list[tuple[str, bytes, str]] = []
        self.errors: list[tuple[int, int, int]] = []
        self.file_url = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
        self.templates: list[dict[str, Any]] = []
        version = "/{version}"
        self.app = Starlette(
            routes=[
                Route(f"{version}/{NUMBER}/messages", self.messages, methods=["POST"]),
                Route(f"{version}/{NUMBER}/media", self.media, methods=["POST"]),
                Route(f"{version}/{NUMBER}", self.number),
                Route(f"{version}/{ACCOUNT}/message_templates", self.listed),
                Route("/whatsapp_business/attachments/", self.file),
                Route(f"{version}/{{media_id}}", self.about),
            ]
        )

    def refused(self, request: Request) -> Response | None:
        proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(190, 463, 401, "Error validating access token")
        if request.query_params.get("appsecret_proof") != proof:
            return error(100, 0, 400, "Invalid appsecret_proof provided in the API argument")
        return error(*self.errors.pop(0)) if self.errors else None

    async def messages(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        body = await request.json()
        self.sent.append(body)
        sent = {"messages": [{"id": f"wamid.{len(self.sent)}"}], "messaging_product": "whatsapp"}
        return JSONResponse(sent | {"contacts": [{"input": body.get("to"), "wa_id": body.get("to")}]})

    async def media(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        async with request.form() as form:
            file: Any = form["file"]
            self.uploads.append((file.filename, await file.read(), str(form["type"])))
        return JSONResponse({"id": f"media-{len(self.uploads)}"})

    async def about(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        about = {"url": self.file_url, "mime_type": "image/jpeg", "sha256": hashlib.sha256(FILE).hexdigest()}
        return JSONResponse(about | {"file_size": len(FILE), "id": request.path_params["media_id"]})

    async def file(self, request: Request) -> Response:
        known = request.headers.get("authorization") == f"Bearer {TOKEN}"
        return Response(FILE, media_type="image/jpeg") if known else Response(status_code=404)

    async def number(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        number = {"verified_name": "Shop", "display_phone_number": "+1 555-078-3881", "quality_rating": "GREEN"}
        return JSONResponse(number | {"id": NUMBER})

    async def listed(self, request: Request) -> Response:
        if refused := self.refused(request):
            return refused
        at = int(request.query_params.get("after", "0"))
        page = {"data": self.templates[at : at + 1], "paging": {"cursors": {"after": str(at + 1)}}}
        if at + 1 < len(self.templates):
            page["paging"]["next"] = "https://graph.facebook.com/next"  # type: ignore[index]  # built right above
        return JSONResponse(page)


def error(code: int, subcode: int, status: int, message: str = "refused") -> Response:
    inner = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "A"}
    return JSONResponse(
        {"error": inner | {"error_data": {"messaging_product": "whatsapp", "details": message}}}, status
    )


def signed(body: bytes) -> dict[str, str]:
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}", "content-type": "application/json"}
