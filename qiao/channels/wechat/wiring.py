"""Puts official accounts and mini programs into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.tokens import Tokens
from qiao.channels.wechat.adapter import WechatAdapter
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.channel import MINI, OFFICIAL
from qiao.channels.wechat.hook import WechatHook
from qiao.channels.wechat.parsing import parse
from qiao.channels.wechat.planning import plan
from qiao.channels.wechat.rendering import render_mini, render_official
from qiao.core.runtime import Runtime


def make(adapter: WechatAdapter) -> Channel:
    """The channel with its adapter."""
    return Channel(
        manifest=MINI if adapter.mini else OFFICIAL,
        parse=parse,
        render=render_mini if adapter.mini else render_official,
        adapter=adapter,
        hook=WechatHook(),
        fetcher=adapter,
        probe=adapter,
        templates=adapter,
        directory=adapter,
        typist=adapter,
        plan=plan,
    )


def provide(runtime: Runtime) -> None:
    api = WechatApi(ChannelHttp.of(runtime), Tokens.of(runtime))
    runtime.provide(WechatApi, api)
    for mini in (False, True):
        Channels.of(runtime).register(make(WechatAdapter(api, mini=mini)))
