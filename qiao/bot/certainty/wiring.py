"""What certainty lends to answering below it: what applies, and where decisions are noted."""

from qiao.bot.answering.ports import Certainties, Ledger
from qiao.bot.certainty.service import Keeper
from qiao.core.runtime import Runtime


def provide(runtime: Runtime) -> None:
    keeper = Keeper(runtime)
    runtime.provide(Keeper, keeper)
    runtime.provide(Certainties, keeper)
    runtime.provide(Ledger, keeper)
