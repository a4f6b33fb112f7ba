"""Puts e-mail into a runtime."""

from qiao.channels.contract.channel import Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.email.acknowledging import Acknowledger
from qiao.channels.email.adapter import MailAdapter, MailProbe
from qiao.channels.email.channel import make
from qiao.channels.email.limits import DailyAllowance
from qiao.channels.email.oauth import Access
from qiao.channels.email.previous import looker, ticket_looker
from qiao.channels.email.reactions import TicketMail
from qiao.channels.email.sending import Postman
from qiao.channels.email.source import MailSource
from qiao.channels.email.ticketing import TicketTaker
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    access = Access(runtime)
    postman, allowance = Postman(access), DailyAllowance(runtime)
    read_file = ChannelHttp.of(runtime).read_file
    adapter = MailAdapter(postman, allowance, looker(runtime), read_file)
    runtime.provide(TicketMail, TicketMail(postman, allowance, ticket_looker(runtime), read_file))
    source = MailSource(access, Acknowledger(postman, allowance))
    runtime.provide(MailSource, source)
    Channels.of(runtime).register(make(adapter, source, MailProbe(access), TicketTaker(runtime)))


async def stop(runtime: Runtime) -> None:
    await runtime.get(MailSource).stop()
