"""Puts WhatsApp into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.whatsapp.adapter import WhatsappAdapter
from qiao.channels.whatsapp.channel import MANIFEST, parse
from qiao.channels.whatsapp.hook import WhatsappHook
from qiao.channels.whatsapp.rendering import render
from qiao.core.runtime import Runtime


def make(http: ChannelHttp) -> Channel:
    """The channel on `http`."""
    adapter = WhatsappAdapter(http)
    return Channel(
        MANIFEST,
        parse,
        render,
        adapter=adapter,
        hook=WhatsappHook(),
        fetcher=adapter,
        probe=adapter,
        templates=adapter,
    )


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime)))
