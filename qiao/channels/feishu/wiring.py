"""Puts the channel into a runtime."""

from functools import partial

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.staff import StaffWay
from qiao.channels.contract.tokens import Tokens
from qiao.channels.feishu.adapter import FeishuAdapter, FeishuFetcher, FeishuProbe, FeishuRecaller
from qiao.channels.feishu.api import FeishuApi
from qiao.channels.feishu.channel import MANIFEST, parse, render
from qiao.channels.feishu.hook import FeishuHook
from qiao.channels.feishu.staff import notify
from qiao.core.runtime import Runtime
from qiao.people.notifications.ports import Ways


def make(api: FeishuApi) -> Channel:
    """The channel with its parts."""
    return Channel(
        manifest=MANIFEST,
        parse=parse,
        render=render,
        adapter=FeishuAdapter(api),
        hook=FeishuHook(),
        fetcher=FeishuFetcher(api),
        probe=FeishuProbe(api),
        recaller=FeishuRecaller(api),
    )


def provide(runtime: Runtime) -> None:
    api = FeishuApi(ChannelHttp.of(runtime), Tokens.of(runtime))
    runtime.provide(FeishuApi, api)
    Channels.of(runtime).register(make(api))
    Ways.of(runtime).register(StaffWay(runtime, MANIFEST.name, partial(notify, api)))
