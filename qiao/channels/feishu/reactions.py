"""Names: an event says only who by number; the first conversation is the occasion to ask."""

from typing import Final
from urllib.parse import quote

import structlog

from qiao.channels.contract.channel import DeliveryFailed
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.places import InboxesOf
from qiao.channels.contract.reading import mapping, text
from qiao.channels.feishu.api import FeishuApi, FeishuError
from qiao.channels.feishu.channel import MANIFEST
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.events import ConversationStarted
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import Profile

logger = structlog.get_logger(__name__)
OPEN_ID: Final = "feishu_open_id"


@on_commit(ConversationStarted, name="feishu.names", retries=3)
async def learn_name(db: Session, fact: ConversationStarted, envelope: Envelope) -> None:
    """Fills in the name of somebody new, where the app may read it; without the permission they stay nameless."""
    runtime = runtime_of(db)
    if fact.inbox_id not in {one.id for one in await InboxesOf.of(runtime).channel(MANIFEST.name)}:
        return
    async with runtime.db.read() as own:  # closed before Feishu is asked
        customer = await customers.get(own, Actor.system(), fact.customer_id)
    open_id = text(customer.attributes, OPEN_ID, limit=100)
    address = next((one.value for one in customer.identities if one.inbox_id == fact.inbox_id), "")
    if customer.name or not open_id or not address:
        return
    place = await Endpoints.of(runtime).get(fact.inbox_id)
    try:
        path = f"/contact/v3/users/{quote(open_id, safe='')}"
        answer = await runtime.get(FeishuApi).call(place.endpoint, "GET", path, params={"user_id_type": "open_id"})
    except FeishuError as error:
        if error.word is None:
            raise DeliveryFailed(str(error)) from error
        logger.info("feishu_name_unknown", code=error.code)
        return
    name = text(mapping(answer, "user"), "name", limit=80).strip()
    if name:
        kind = MANIFEST.identity_kind
        await customers.recognise(db, fact.inbox_id, kind, address, Profile(name=name))
