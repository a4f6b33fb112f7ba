"""Click-to-call: asks the PBX to ring a colleague's telephone and then the customer's. Asked once, never again by itself."""

import json
from typing import Any, Final

import httpx
import msgspec

from qiao.channels.api.callback import SIGNATURE, signature
from qiao.channels.contract.channel import DeliveryFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.phone import callbacks, repository
from qiao.channels.phone.models import Dial
from qiao.channels.phone.schemas import DialBody, DialLine, DialView, InboxName
from qiao.channels.phone.settings import PhoneSettings
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import audit
from qiao.people.accounts.identity import own_id
from qiao.people.customers import service as customers
from qiao.people.personal import mask_phone

TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
ANSWER: Final = 300


async def lines(db: Session, actor: Actor) -> list[DialLine]:
    """The lines the actor can call out by: those that can be asked to dial, where an extension is theirs."""
    own = {row.inbox_id: row.extension for row in await repository.lines_of(db, own_id(actor))}
    found = []
    for inbox in await inboxes.everything(db):
        if inbox.id in own and inbox.channel == "phone" and inbox.active and inbox.plain.get("dial_url"):
            found.append(DialLine(inbox=InboxName(id=inbox.id, name=inbox.name), extension=own[inbox.id]))
    return found


async def dial(runtime: Runtime, actor: Actor, body: DialBody) -> DialView:
    """Asks for the call. The same `client_id` asks nothing and says what came of the first."""
    async with runtime.db.transaction() as db:
        row, fresh = await _write_down(db, actor, body)
        if not fresh:
            return _view(row, actor)
        inbox = await inboxes.get(db, row.inbox_id)
        settings = PhoneSettings.model_validate(inbox.plain)
        secret = await inboxes.secret_of(db, inbox.id)
        token = (await inboxes.credentials_of(db, inbox.id)).get("dial_token")
        asked = {
            "dial_id": str(row.id),
            "extension": row.extension,
            "number": row.number,
            "at": clock.now().isoformat(),
        }
        dial_id = row.id
    # From here on it may ring: whatever happens to us, it is not asked a second time.
    state, status, answer, call_id = await _ask(runtime, str(settings.dial_url), secret, token, asked)
    async with runtime.db.transaction() as db:
        kept = await repository.dial(db, dial_id)
        assert kept is not None
        kept.state, kept.status, kept.answer, kept.external_id = state, status, answer, call_id
        await db.flush()
        return _view(kept, actor)


async def _write_down(db: Session, actor: Actor, body: DialBody) -> tuple[Dial, bool]:
    user_id = own_id(actor)
    callback = await callbacks.obtain(db, actor, body.callback_id) if body.callback_id is not None else None
    customer_id = callback.customer_id if callback is not None else body.customer_id
    if customer_id is None:
        raise Invalid.field("customer_id", "field_missing")
    customer = await customers.ref(db, customer_id)
    number = callback.number if callback is not None else await customers.phone_of(db, customer_id)
    if number is None:
        raise Refused("phone.number_unknown")
    usable = await lines(db, actor)
    wanted = body.inbox_id or (callback.inbox_id if callback is not None else None)
    chosen = next((one for one in usable if one.inbox.id == wanted), None) or (usable[0] if usable else None)
    if chosen is None or (body.inbox_id is not None and chosen.inbox.id != body.inbox_id):
        raise Refused("phone.no_extension")
    row, fresh = await repository.claim_dial(
        db,
        {
            "id": new_id(),
            "inbox_id": chosen.inbox.id,
            "user_id": user_id,
            "client_id": body.client_id,
            "customer_id": customer_id,
            "callback_id": body.callback_id,
            "extension": chosen.extension,
            "number": number,
            "state": "asked",
            "created_at": clock.now(),
        },
    )
    if fresh:
        await audit.record(db, actor, "call.dialled", "customer", customer_id, {"number": customer.number})
    return row, fresh


async def _ask(
    runtime: Runtime, url: str, secret: str, token: str | None, asked: dict[str, Any]
) -> tuple[str, int | None, str, str | None]:
    body = msgspec.json.encode(asked)
    headers = {
        "content-type": "application/json",
        "idempotency-key": asked["dial_id"],
        SIGNATURE: signature(secret, int(clock.now().timestamp()), body),
    }
    if token:
        headers["authorization"] = f"Bearer {token}"
    try:
        response = await ChannelHttp.of(runtime).request("POST", url, content=body, headers=headers, timeout=TIMEOUT)
    except DeliveryFailed as failure:
        return "unknown", None, str(failure)[:ANSWER], None
    said, call_id = _read(response)
    if 200 <= response.status_code < 300:
        return "accepted", response.status_code, said, call_id
    return "refused", response.status_code, said, None


def _read(response: httpx.Response) -> tuple[str, str | None]:
    """What the PBX says to people, and the id of the call it made, where it says either."""
    words = response.content[:4000].decode("utf-8", "replace").replace("\x00", "").strip()
    try:
        read = json.loads(response.content[:100_000])
    except (ValueError, RecursionError):
        return ("" if words.startswith("<") else words[:ANSWER]), None
    if not isinstance(read, dict):
        return words[:ANSWER], None
    said = next((str(read[key]) for key in ("message", "error", "detail") if isinstance(read.get(key), str)), "")
    call_id = read.get("call_id")
    return said[:ANSWER], str(call_id)[:120] if isinstance(call_id, str | int) else None


def _view(row: Dial, actor: Actor) -> DialView:
    shown = row.number if actor.may("customers.reveal") else mask_phone(row.number)
    return DialView(
        id=row.id,
        state=row.state,
        status=row.status,
        answer=row.answer,
        extension=row.extension,
        number=shown or "",
    )
