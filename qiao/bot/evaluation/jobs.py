"""What evaluation does in the background."""

from typing import Any
from uuid import UUID

from qiao.bot.evaluation import gate, runs, shadow
from qiao.core import jobs
from qiao.core.runtime import Runtime


@jobs.job(runs.JOB)
async def run(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Asks a set of a configuration."""
    await runs.carry_out(runtime, UUID(payload["run_id"]), progress)
    return {}


@jobs.job(gate.JOB)
async def check(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Asks the gate sets before and with an import's texts."""
    await gate.carry_out(runtime, UUID(payload["check_id"]), progress)
    return {}


@jobs.every(60, name="evaluation.shadows")
async def look_after_shadows(runtime: Runtime) -> None:
    """Ends shadow runs that are over and notes what became of the conversations."""
    await shadow.look_after(runtime)
