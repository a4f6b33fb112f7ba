"""Blue ticks and typing dots: WhatsApp shows both on the customer's last message, and dots never without ticks."""

from uuid import UUID

from qiao.channels.contract.channel import Endpoint
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.meta_graph import Graph, GraphError
from qiao.channels.whatsapp.codes import failure
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers

KIND = "whatsapp"


class WhatsappSigns:
    """Tells WhatsApp what staff have read, and that somebody is writing, where the inbox shows it."""

    def __init__(self, runtime: Runtime, graph: Graph):
        self.runtime = runtime
        self.graph = graph

    async def typing(self, endpoint: Endpoint, address: str, on: bool) -> None:
        if not on or not endpoint.settings.get("show_read", True):
            return  # the dots go by themselves: with our answer, or after 25 seconds
        async with self.runtime.db.read() as db:
            customer = await customers.by_address(db, endpoint.inbox_id, KIND, address)
            latest = None
            if customer is not None:
                latest = await conversations.latest_of_customer(db, endpoint.inbox_id, customer.id)
            said = await conversations.last_of_customer(db, latest.id) if latest is not None else None
        if said is not None:
            await self._tell(endpoint, said, typing=True)

    async def read(self, inbox_id: UUID, conversation_id: UUID) -> None:
        """Staff have read what the customer said last."""
        place = await Endpoints.of(self.runtime).get(inbox_id)
        if not place.endpoint.settings.get("show_read", True):
            return
        async with self.runtime.db.read() as db:
            said = await conversations.last_of_customer(db, conversation_id)
        if said is not None:
            await self._tell(place.endpoint, said, typing=False)

    async def _tell(self, endpoint: Endpoint, message_id: str, *, typing: bool) -> None:
        if "#" in message_id:
            return  # an id too long to be kept whole
        body = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        dots = {"typing_indicator": {"type": "text"}} if typing else {}
        try:
            number = str(endpoint.settings.get("phone_number_id") or "")
            await self.graph.call(endpoint, "POST", f"{number}/messages", json={**body, **dots})
        except GraphError as error:
            raise failure(error) from None
