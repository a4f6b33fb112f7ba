"""Puts Telegram into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.telegram.adapter import TelegramAdapter
from qiao.channels.telegram.channel import MANIFEST, parse, render
from qiao.channels.telegram.hook import TelegramHook
from qiao.channels.telegram.source import TelegramSource
from qiao.core.runtime import Runtime


def make(http: ChannelHttp) -> Channel:
    """The channel on `http`."""
    adapter = TelegramAdapter(http)
    return Channel(
        MANIFEST,
        parse,
        render,
        adapter=adapter,
        hook=TelegramHook(),
        source=TelegramSource(adapter),
        fetcher=adapter,
        probe=adapter,
        recaller=adapter,
        typist=adapter,
    )


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime)))
