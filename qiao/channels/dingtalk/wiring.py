"""Puts the channel into a runtime."""

from functools import partial

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.staff import StaffWay
from qiao.channels.contract.tokens import Tokens
from qiao.channels.dingtalk.adapter import DingtalkAdapter, DingtalkFetcher, DingtalkProbe, DingtalkRecaller
from qiao.channels.dingtalk.api import DingtalkApi
from qiao.channels.dingtalk.channel import MANIFEST, parse, render
from qiao.channels.dingtalk.hook import DingtalkHook
from qiao.channels.dingtalk.source import TOPIC, DingtalkSource
from qiao.channels.dingtalk.staff import notify
from qiao.core.runtime import Runtime
from qiao.people.notifications.ports import Ways


def make(api: DingtalkApi) -> Channel:
    """The channel with its parts."""
    return Channel(
        manifest=MANIFEST,
        parse=parse,
        render=render,
        adapter=DingtalkAdapter(api),
        hook=DingtalkHook(),
        source=DingtalkSource(api),
        fetcher=DingtalkFetcher(api),
        probe=DingtalkProbe(api, TOPIC),
        recaller=DingtalkRecaller(api),
    )


def provide(runtime: Runtime) -> None:
    api = DingtalkApi(ChannelHttp.of(runtime), Tokens.of(runtime))
    Channels.of(runtime).register(make(api))
    Ways.of(runtime).register(StaffWay(runtime, MANIFEST.name, partial(notify, api)))
