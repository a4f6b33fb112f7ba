"""The demo company's shop counter: one site with two services and two counters."""

from typing import Final

from qiao.channels.walkin.schemas import CounterBody, ServiceBody, SiteBody
from qiao.channels.walkin.service import sites
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.demo.company import DEFAULT_QUEUE, Places
from qiao.desk.inboxes.schemas import Bilingual

_NAME: Final = {"zh-CN": "木棉生活 河滨店", "en": "Kapok Living, Riverside"}
_ADDRESS: Final = {"zh-CN": "河滨路 8 号一层", "en": "8 Riverside Road, ground floor"}
_SERVICES: Final = (
    ("A", {"zh-CN": "退换货", "en": "Returns and exchanges"}, 300, 0),
    ("B", {"zh-CN": "安装与维修预约", "en": "Installation and repairs"}, 600, 2),
)
COUNTERS: Final = ("1", "2")


async def seed_counter(db: Session, actor: Actor, places: Places, locale: str) -> None:
    """Open round the clock, so that it can be tried at any hour."""
    site = await sites.create(
        db,
        actor,
        SiteBody(
            name=_NAME["en" if locale == "en" else "zh-CN"],
            title=Bilingual.model_validate(_NAME),
            address=Bilingual.model_validate(_ADDRESS),
            queue_id=places.queues[DEFAULT_QUEUE],
        ),
    )
    for position, (prefix, name, seconds, capacity) in enumerate(_SERVICES):
        body = ServiceBody(
            name=Bilingual.model_validate(name),
            prefix=prefix,
            handle_s=seconds,
            slot_capacity=capacity,
            position=position,
        )
        await sites.save_service(db, actor, site.id, None, body)
    for counter in COUNTERS:
        await sites.save_counter(db, actor, site.id, None, CounterBody(name=counter))
