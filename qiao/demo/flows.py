"""What the demo company's bot can do: the flows of its pack, published."""

from collections.abc import Callable

from qiao.bot.flows import service as flows
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.packs.loader import flow_files

Step = Callable[[int], None]


async def seed_flows(db: Session, actor: Actor, step: Step) -> None:
    for path in flow_files():
        await flows.put_in(db, actor, path.read_text(encoding="utf-8"))
        step(1)
