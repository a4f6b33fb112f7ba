"""What the help centre borrows from webchat: the chats its pages may carry, and the host site's word for its customers."""

from uuid import UUID

from qiao.core.db import Session
from qiao.core.errors import Forbidden
from qiao.desk.inboxes import service as inboxes
from qiao.knowledge.helpcenter.ports import ChatRef, Vouched
from qiao.people.customers import service as customers


class WebChats:
    async def active(self, db: Session) -> list[ChatRef]:
        return [
            ChatRef(inbox.id, inbox.name, inbox.key)
            for inbox in await inboxes.everything(db)
            if inbox.channel == "webchat" and inbox.active
        ]

    async def vouch(self, db: Session, inbox_id: UUID, token: str, locale: str) -> Vouched:
        claims = await inboxes.verify_identity(db, inbox_id, token)
        profile = claims.profile(locale)
        customer = await customers.identify_visitor(db, inbox_id, None, claims.sub, profile)
        if customer.blocked:
            raise Forbidden("customer_blocked")
        return Vouched(customer.id, inbox_id, customer.name, claims.expires_at)
