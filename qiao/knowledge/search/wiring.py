"""Puts the search service into a runtime."""

from qiao.core.runtime import Runtime
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.service import SearchService


def provide(runtime: Runtime) -> None:
    folder = runtime.settings.data / "search"
    runtime.provide(
        SearchService, SearchService(runtime, Engine.in_folder(folder, twice=runtime.settings.second_model))
    )


async def start(runtime: Runtime) -> None:
    (runtime.settings.data / "search").mkdir(parents=True, exist_ok=True)
    await runtime.get(SearchService).start()


async def stop(runtime: Runtime) -> None:
    await runtime.get(SearchService).stop()
