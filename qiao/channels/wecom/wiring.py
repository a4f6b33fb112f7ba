"""Puts the channel into a runtime."""

from functools import partial
from typing import Final
from uuid import UUID

from qiao.channels.contract.channel import Channel, Channels
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.staff import StaffWay
from qiao.channels.contract.tokens import Tokens
from qiao.channels.wecom.adapter import WecomAdapter, WecomFetcher, WecomProbe
from qiao.channels.wecom.api import WecomApi
from qiao.channels.wecom.channel import MANIFEST, parse, render
from qiao.channels.wecom.hook import PREFIX, Wakes, WecomHook
from qiao.channels.wecom.source import WecomSource
from qiao.channels.wecom.staff import notify
from qiao.core.runtime import Runtime
from qiao.people.notifications.ports import Ways

# Fixed in length up to the place where they differ, so that any collation puts them in the order of time.
_NEWS: Final = """
SELECT remote_key FROM channel_arrivals
WHERE inbox_id = $1 AND remote_key > $2 AND remote_key < $3 AND starts_with(remote_key, $4) ORDER BY remote_key LIMIT 100
"""


def make(api: WecomApi, wakes: Wakes | None = None) -> Channel:
    """The channel with its parts."""
    wakes = wakes or Wakes()
    return Channel(
        manifest=MANIFEST,
        parse=parse,
        render=render,
        adapter=WecomAdapter(api),
        hook=WecomHook(wakes),
        source=WecomSource(api, wakes),
        fetcher=WecomFetcher(api),
        probe=WecomProbe(api),
    )


def provide(runtime: Runtime) -> None:
    api = WecomApi(ChannelHttp.of(runtime), Tokens.of(runtime))
    runtime.provide(WecomApi, api)

    async def look(inbox_id: UUID, after: str) -> list[str]:
        pool = await runtime.db.raw()
        return [row["remote_key"] for row in await pool.fetch(_NEWS, inbox_id, after, f"{PREFIX}9999999999", PREFIX)]

    Channels.of(runtime).register(make(api, Wakes(look)))
    Ways.of(runtime).register(StaffWay(runtime, MANIFEST.name, partial(notify, api)))
