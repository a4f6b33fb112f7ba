"""Puts the channel into a runtime."""

from functools import partial

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.staff import StaffWay
from qiao.channels.contract.tokens import Tokens
from qiao.channels.wecom.adapter import WecomAdapter, WecomFetcher, WecomProbe
from qiao.channels.wecom.api import WecomApi
from qiao.channels.wecom.channel import MANIFEST, parse, render
from qiao.channels.wecom.hook import Wakes, WecomHook
from qiao.channels.wecom.source import WecomSource
from qiao.channels.wecom.staff import notify
from qiao.core.runtime import Runtime
from qiao.people.notifications.ports import Ways


def make(api: WecomApi) -> Channel:
    """The channel with its parts."""
    wakes = Wakes()
    return Channel(
        manifest=MANIFEST,
        parse=parse,
        render=render,
        adapter=WecomAdapter(api),
        hook=WecomHook(wakes),
        source=WecomSource(api, wakes),
        fetcher=WecomFetcher(api),
        probe=WecomProbe(api),
    )


def provide(runtime: Runtime) -> None:
    api = WecomApi(ChannelHttp.of(runtime), Tokens.of(runtime))
    runtime.provide(WecomApi, api)
    Channels.of(runtime).register(make(api))
    Ways.of(runtime).register(StaffWay(runtime, MANIFEST.name, partial(notify, api)))
