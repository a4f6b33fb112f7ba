"""Puts Slack into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.slack.adapter import SlackAdapter
from qiao.channels.slack.channel import MANIFEST, parse, render
from qiao.channels.slack.hook import SlackHook
from qiao.core.runtime import Runtime


def make(http: ChannelHttp) -> Channel:
    """The channel on `http`."""
    adapter = SlackAdapter(http)
    return Channel(
        MANIFEST,
        parse,
        render,
        adapter=adapter,
        hook=SlackHook(),
        fetcher=adapter,
        probe=adapter,
        recaller=adapter,
        directory=adapter,
    )


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime)))
