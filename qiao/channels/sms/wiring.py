"""Puts text messages into a runtime."""

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.sms.adapter import SmsAdapter
from qiao.channels.sms.aliyun import Aliyun
from qiao.channels.sms.channel import MANIFEST, parse, render
from qiao.channels.sms.generic import Generic
from qiao.channels.sms.hook import SmsHook
from qiao.core.runtime import Runtime


def make(http: ChannelHttp) -> Channel:
    """The channel on `http`."""
    adapter = SmsAdapter({"aliyun": Aliyun(http), "http": Generic(http)})
    return Channel(MANIFEST, parse, render, adapter=adapter, hook=SmsHook(), probe=adapter, templates=adapter)


def provide(runtime: Runtime) -> None:
    Channels.of(runtime).register(make(ChannelHttp.of(runtime)))
