"""What the knowledge base does by itself."""

from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import lifecycle


@every(5, name="knowledge.due")
async def run_due(runtime: Runtime) -> None:
    """Publishes what is due, archives what has run out, reminds owners."""
    await lifecycle.run_due(runtime)
