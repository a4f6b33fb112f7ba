"""Periodic work of the language model."""

from datetime import timedelta

from sqlalchemy import delete

from qiao.bot.llm.gateway import stored
from qiao.bot.llm.models import LlmCall
from qiao.core import clock
from qiao.core.jobs import every
from qiao.core.runtime import Runtime


@every(3600, name="llm.forget_calls")
async def forget_calls(runtime: Runtime) -> None:
    """Removes calls older than the company keeps them; the sums of the days stay."""
    async with runtime.db.transaction() as db:
        settings, _ = await stored(db)
        before = clock.now() - timedelta(days=settings.retention_days)
        await db.execute(delete(LlmCall).where(LlmCall.at < before))
