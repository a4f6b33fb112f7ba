"""Puts invitations into a runtime: sites that have some say so to their pages."""

from qiao.channels.invitations import service
from qiao.channels.webchat.features import WidgetFeatures
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    WidgetFeatures.of(runtime).add("invitations", service.any_active)
