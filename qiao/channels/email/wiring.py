"""Puts e-mail into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.email.acknowledging import Acknowledger
from qiao.channels.email.adapter import MailAdapter, MailProbe
from qiao.channels.email.channel import make
from qiao.channels.email.limits import DailyAllowance
from qiao.channels.email.oauth import Access
from qiao.channels.email.previous import looker
from qiao.channels.email.sending import Postman
from qiao.channels.email.source import MailSource
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    access = Access(runtime)
    postman, allowance = Postman(access), DailyAllowance(runtime)
    adapter = MailAdapter(postman, allowance, looker(runtime), ChannelHttp.of(runtime).read_file)
    source = MailSource(access, Acknowledger(postman, allowance))
    runtime.provide(MailSource, source)
    Channels.of(runtime).register(make(adapter, source, MailProbe(access)))


async def stop(runtime: Runtime) -> None:
    await runtime.get(MailSource).stop()
