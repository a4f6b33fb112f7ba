"""Puts LINE into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.tokens import Tokens
from qiao.channels.line.adapter import LineAdapter
from qiao.channels.line.channel import MANIFEST, parse, render
from qiao.channels.line.hook import LineHook
from qiao.core.runtime import Runtime


def make(http: ChannelHttp, tokens: Tokens) -> Channel:
    """The channel on `http`."""
    adapter = LineAdapter(http, tokens)
    return Channel(
        MANIFEST,
        parse,
        render,
        adapter=adapter,
        hook=LineHook(),
        fetcher=adapter,
        probe=adapter,
        directory=adapter,
        typist=adapter,
    )


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime), Tokens.of(runtime)))
