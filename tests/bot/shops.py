"""A small shop's knowledge, and waiting for what happens in the background."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.search.service import SearchService

FAQS = {
    "return": ("怎么申请退货", ["如何退货", "东西不想要了怎么退"], "签收后 7 天内可在“我的订单”申请退货。", "public"),
    "freight": ("运费怎么算", ["邮费多少钱", "快递费是多少"], "满 99 元包邮，否则 8 元。", "public"),
    "invoice": ("怎么开发票", ["能开电子发票吗", "发票在哪里下载"], "在订单详情里点“申请发票”。", "public"),
    "secret": ("投诉升级怎么补偿", ["客户投诉最多能赔多少"], "可补偿 200 元优惠券。", "internal"),
}
Shop = dict[str, UUID]


async def open_shop(runtime: Runtime) -> Shop:
    """FAQ by name; all of them can be found."""
    made: Shop = {}
    async with runtime.db.transaction() as db:
        for name, (question, variants, answer, audience) in FAQS.items():
            body = {"question": question, "variants": variants, "answer": answer, "audience": audience, "publish": True}
            made[name] = (await articles.create_faq(db, Actor.system(), FaqCreate.model_validate(body))).id
    await until(lambda: _held(runtime, len(FAQS)))
    return made


async def _held(runtime: Runtime, count: int) -> bool:
    return len(runtime.get(SearchService).engine) >= count


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
    """What `look` finds, as soon as it finds something."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.03)
