"""Puts Messenger and Instagram into a runtime."""

from functools import partial

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.manifest import Manifest
from qiao.channels.messenger.adapter import MessengerAdapter
from qiao.channels.messenger.channel import INSTAGRAM, MESSENGER, parse
from qiao.channels.messenger.hook import MessengerHook
from qiao.channels.messenger.rendering import render
from qiao.core.runtime import Runtime


def make(http: ChannelHttp, manifest: Manifest) -> Channel:
    """One of the two channels on `http`."""
    adapter = MessengerAdapter(http, manifest.name)
    return Channel(
        manifest,
        partial(parse, name=manifest.name),
        partial(render, name=manifest.name),
        adapter=adapter,
        hook=MessengerHook(manifest.name),
        fetcher=adapter,
        probe=adapter,
        directory=adapter,
        typist=adapter,
    )


def provide(runtime: Runtime) -> None:
    for manifest in (MESSENGER, INSTAGRAM):
        Channels.of(runtime).register(make(ChannelHttp.of(runtime), manifest))
