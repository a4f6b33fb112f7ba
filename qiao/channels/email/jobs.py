"""Periodic work of e-mail."""

from qiao.channels.email import limits
from qiao.core.jobs import every
from qiao.core.runtime import Runtime


@every(3600, name="email.forget_allowances")
async def forget_allowances(runtime: Runtime) -> None:
    await limits.forget(runtime)
