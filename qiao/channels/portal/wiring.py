"""Puts the portal into a runtime."""

from pathlib import Path

from starlette.responses import Response

from qiao.channels.portal import session
from qiao.channels.portal.limits import Asks, Posts, Tries
from qiao.channels.webchat.features import WidgetFeatures
from qiao.core.db import Session
from qiao.core.mail import can_send
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.inboxes.schemas import InboxView
from qiao.knowledge.helpcenter import rendering
from qiao.knowledge.helpcenter import service as helpcenter
from qiao.knowledge.helpcenter.ports import Requests, Vouched


class OwnPages:
    """What the help centre knows of these pages."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime

    def offered(self, signed_in: bool) -> bool:
        return signed_in or can_send(self.runtime.settings)

    def signed_in(self, response: Response, vouched: Vouched) -> None:
        session.begin(self.runtime, response, vouched.customer_id, vouched.expires_at)

    def signed_out(self, response: Response) -> None:
        session.end(response)


async def _offered(db: Session, inbox: InboxView) -> bool:
    """Whether a visitor of a site finds a way in: pages that are open, and mail that brings a code."""
    return can_send(runtime_of(db).settings) and (await helpcenter.get_settings(db)).settings.enabled


def provide(runtime: Runtime) -> None:
    rendering.also_from(Path(__file__).parent / "templates")
    runtime.provide(Requests, OwnPages(runtime))
    WidgetFeatures.of(runtime).add("my_requests", _offered)
    runtime.provide(Asks, Asks(1 / 60, 10.0))
    runtime.provide(Tries, Tries(1 / 10, 20.0))
    runtime.provide(Posts, Posts(0.2, 30.0))
