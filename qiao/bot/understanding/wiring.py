"""Puts the list of sensitive words into a runtime, and before what goes out."""

from qiao.bot.understanding.service import Outgoing, WordBook
from qiao.core.runtime import Runtime
from qiao.desk.conversations.ports import OutgoingCheck


def provide(runtime: Runtime) -> None:
    runtime.provide(WordBook, WordBook())
    runtime.provide(OutgoingCheck, Outgoing())
