"""Puts WhatsApp into a runtime."""

from qiao.channels.contract.channel import Channel, Channels, Typist
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.meta_graph import Graph
from qiao.channels.whatsapp.adapter import WhatsappAdapter
from qiao.channels.whatsapp.channel import MANIFEST, parse
from qiao.channels.whatsapp.hook import WhatsappHook
from qiao.channels.whatsapp.rendering import render
from qiao.channels.whatsapp.seen import WhatsappSigns
from qiao.core.runtime import Runtime


def make(http: ChannelHttp, typist: Typist | None = None) -> Channel:
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
        typist=typist,
    )


def provide(runtime: Runtime) -> None:
    http = ChannelHttp.of(runtime)
    signs = WhatsappSigns(runtime, Graph(http))
    runtime.provide(WhatsappSigns, signs)
    Channels.of(runtime).register(make(http, signs))
