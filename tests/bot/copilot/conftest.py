"""A desk whose knowledge base has one text for everybody and one for staff only."""

import asyncio

import pytest

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import FaqCreate
from qiao.knowledge.search.service import SearchService
from tests.desk.conversations.desk import Desk

RETURNS = "签收后 7 天内，可在“我的订单”中申请无理由退货。"
SECRET = "投诉升级客户可补偿 200 元优惠券，需主管批准。"


@pytest.fixture
async def desk(runtime: Runtime) -> Desk:
    desk = await Desk(runtime).open(bot=False)
    async with runtime.db.transaction() as db:
        for question, text, audience in (
            ("怎么申请退货", RETURNS, "public"),
            ("投诉升级怎么补偿", SECRET, "internal"),
        ):
            body = {"question": question, "answer": text, "audience": audience, "publish": True}
            await articles.create_faq(db, Actor.system(), FaqCreate.model_validate(body))
    async with asyncio.timeout(60):
        while len(runtime.get(SearchService).engine) < 2:
            await asyncio.sleep(0.02)
    return desk
