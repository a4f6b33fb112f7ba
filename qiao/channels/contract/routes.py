"""HTTP doors of the channel contract: what providers post, and what staff see of channels."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from qiao.channels.contract import bodies, catalogue, composing, deliveries, health, hooks, letters, starting, wire
from qiao.channels.contract.channel import DeliveryFailed, SourceFailed
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.lanes import Lanes
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.core.web import Locale, Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.desk.conversations import service as conversations
from qiao.people.accounts.access import Needs, Public, SignedIn

router = Router(prefix="/channels", tags=["channels"])
Manager = Annotated[Actor, Needs("inboxes.manage")]
Reader = Annotated[Actor, Needs("conversations.handle", "conversations.view_all")]
Handler = Annotated[Actor, Needs("conversations.handle")]
SIGNED = "each channel checks its provider's signature"


def _json(body: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProbeBody(_Body):
    """Settings to try, saved or not. Secrets that are left out are those the inbox has."""

    channel: str = Field(max_length=20)
    settings: dict[str, Any] = Field(default_factory=dict)
    inbox_id: UUID | None = None


class StartBody(_Body):
    """A first message to a customer we know an address of. `address` where they have several in the inbox."""

    inbox_id: UUID
    customer_id: UUID
    address: str | None = Field(None, max_length=254)
    body: str = Field(min_length=1, max_length=10_000)
    payload: dict[str, Any] = Field(default_factory=dict)
    client_id: str = Field(min_length=1, max_length=80)


# -- providers ---------------------------------------------------------------------------------------------------------


@router.get("/hooks/{inbox_key}", dependencies=[Public(SIGNED)])
async def hook_handshake(inbox_key: str, request: Request, runtime: Runtime_) -> Response:
    """What providers ask before they post, to see that the address is ours."""
    return await hooks.take(runtime, inbox_key, request)


@router.post("/hooks/{inbox_key}", dependencies=[Public(SIGNED)])
async def hook(inbox_key: str, request: Request, runtime: Runtime_) -> Response:
    """What a provider posts: stored, acknowledged, and taken in afterwards."""
    return await hooks.take(runtime, inbox_key, request)


# -- for those who set channels up -------------------------------------------------------------------------------------


@router.get("")
async def list_channels(actor: SignedIn, runtime: Runtime_) -> Response:
    """Every channel: what it can carry and what it can be set to."""
    return _json(catalogue.manifests(runtime))


@router.get("/health")
async def list_health(actor: Reader, db: Read, locale: Locale) -> Response:
    """How inboxes are doing."""
    return _json(await health.views(db, locale))


@router.post("/probe")
async def probe(actor: Manager, runtime: Runtime_, locale: Locale, body: ProbeBody) -> Response:
    """Tries a connection with these settings. `fine` false comes with the reason in words."""
    async with runtime.db.read() as db:
        channel, endpoint = await catalogue.try_out(db, body.channel, body.settings, body.inbox_id)
    assert channel.probe is not None
    try:
        facts = await channel.probe.probe(endpoint)
    except SourceFailed as failure:
        error = {"code": failure.code, "params": failure.params}
        return _json({"fine": False, "reason": health.reason(error, locale), "facts": {}})
    except DeliveryFailed as failure:
        reason = i18n.t("channels.source.unreachable", locale, detail=wire.worded(str(failure), locale))
        return _json({"fine": False, "reason": reason, "facts": {}})
    return _json({"fine": True, "reason": None, "facts": {_fact(key, locale): fact for key, fact in facts.items()}})


def _fact(key: str, locale: str) -> str:
    """What a fact is called; a channel may give names of its own."""
    known = f"channels.fact.{key}"
    named = i18n.t(known, locale)
    return key if named == known else named


@router.get("/letters")
async def list_letters(
    actor: Manager,
    db: Read,
    locale: Locale,
    inbox_id: UUID | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What could not be taken in, newest first."""
    items, more = await letters.page(db, locale, inbox_id=inbox_id, cursor=cursor, limit=limit)
    return _json({"items": items, "next_cursor": more})


@router.get("/letters/{letter_id}")
async def show_letter(actor: Manager, db: Tx, locale: Locale, letter_id: UUID) -> Response:
    """One of them, with the beginning of what arrived."""
    return _json(await letters.show(db, actor, letter_id, locale))


@router.post("/letters/{letter_id}/replay")
async def replay_letter(actor: Manager, runtime: Runtime_, locale: Locale, letter_id: UUID) -> Response:
    """Takes it in again, and says what became of it."""
    async with runtime.db.transaction() as db:
        inbox_id = await letters.replay(db, actor, letter_id)
    runtime.get(Lanes).call(inbox_id)
    return _json(await letters.watch(runtime, letter_id, locale))


@router.delete("/letters/{letter_id}", status_code=204)
async def dismiss_letter(actor: Manager, db: Tx, letter_id: UUID) -> None:
    """Puts it away for good."""
    await letters.dismiss(db, actor, letter_id)


# -- for those who answer ----------------------------------------------------------------------------------------------


@router.get("/conversations/{conversation_id}")
async def conversation_channel(actor: Reader, db: Read, locale: Locale, conversation_id: UUID) -> Response:
    """What may be sent in this conversation, and until when."""
    facts = await conversations.require_visible(db, actor, conversation_id)
    return _json(await composing.view(db, facts, locale))


@router.get("/conversations/{conversation_id}/templates")
async def conversation_templates(actor: Handler, runtime: Runtime_, conversation_id: UUID) -> Response:
    """Messages the provider approved beforehand, which may be sent when the window is closed."""
    async with runtime.db.read() as db:
        facts = await conversations.require_visible(db, actor, conversation_id)
    # No transaction is open here: a slow provider holds no connection of ours.
    return _json(await Endpoints.of(runtime).templates(facts.inbox_id))


@router.get("/inboxes/{inbox_id}/templates")
async def inbox_templates(actor: Manager, runtime: Runtime_, inbox_id: UUID) -> Response:
    """Messages the provider approved for an inbox, to choose one for a rule."""
    return _json(await Endpoints.of(runtime).templates(inbox_id))


@router.get("/deliveries")
async def list_deliveries(
    actor: Reader, db: Read, locale: Locale, conversation_id: UUID, message_id: Annotated[list[UUID], Query()]
) -> Response:
    """How far messages of a conversation got, and why not further."""
    await conversations.require_visible(db, actor, conversation_id)
    if len(message_id) > 200:
        raise Invalid.field("message_id", "list_too_long", max_length=200)
    found = await deliveries.of_conversation(db, conversation_id, message_id, locale)
    return _json(found)


@router.post("/deliveries/{message_id}/retry", status_code=204)
async def retry_delivery(actor: Handler, db: Tx, message_id: UUID) -> None:
    """Sends a message anew that failed."""
    await deliveries.retry(db, actor, message_id)


@router.get("/messages/{message_id}/body")
async def message_body(actor: Reader, db: Read, runtime: Runtime_, message_id: UUID) -> Response:
    """The formatted body of a message, for a frame that runs nothing: scripts, forms and foreign pictures stay out."""
    return await bodies.page(db, runtime, actor, message_id)


@router.post("/conversations", status_code=201)
async def start_conversation(actor: Handler, db: Tx, body: StartBody) -> Response:
    """Writes first: begins a conversation with a customer on a channel that can, or goes on in the one that runs."""
    return _json(
        await starting.start(
            db, actor, body.inbox_id, body.customer_id, body.address, body.body, body.payload, body.client_id
        ),
        201,
    )
