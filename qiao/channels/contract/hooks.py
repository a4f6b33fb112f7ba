"""The door providers post to: one for all channels. Kept first, acknowledged then, taken in afterwards."""

from typing import Final

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from qiao.channels.contract import arrivals, health
from qiao.channels.contract.channel import Request
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.lanes import Lanes
from qiao.core.errors import NotFound, TooLarge, Unauthenticated
from qiao.core.runtime import Runtime

LARGEST: Final = 32 * 1024 * 1024


async def take(runtime: Runtime, inbox_key: str, request: HttpRequest) -> Response:
    """What the provider's request says is stored; then it gets the answer it expects."""
    place = await Endpoints.of(runtime).by_key(inbox_key)
    if place.channel.hook is None:
        raise NotFound("inbox_not_found")
    body = await _body(request)
    asked = Request(
        method=request.method,
        query=dict(request.query_params),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )
    try:
        taken = place.channel.hook.take(place.endpoint, asked)
    except Unauthenticated as error:
        if error.code == health.REFUSED:
            await health.refused(runtime, place.inbox.id)
        raise
    await health.let_in(runtime, place.inbox.id)
    if taken.payloads:
        await arrivals.Keeper.of(runtime).keep(place.inbox.id, taken.payloads)
        runtime.get(Lanes).call(place.inbox.id)
    answer = taken.answer
    return Response(answer.body, answer.status, media_type=answer.content_type)


async def _body(request: HttpRequest) -> bytes:
    seen = bytearray()
    async for chunk in request.stream():
        seen += chunk
        if len(seen) > LARGEST:
            raise TooLarge("file.too_large", limit_mb=LARGEST // (1024 * 1024))
    return bytes(seen)
