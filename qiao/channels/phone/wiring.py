"""Puts the phone channel into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.phone import callbacks
from qiao.channels.phone.channel import make
from qiao.channels.webchat.features import WidgetFeatures
from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.desk.inboxes.schemas import InboxView


async def calls_back(db: Session, inbox: InboxView) -> bool:
    """Whether customers may ask to be called."""
    return await callbacks.line(db) is not None


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make())
    WidgetFeatures.of(runtime).add("callback", calls_back)
