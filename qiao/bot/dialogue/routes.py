"""REST of the bot: settings and trying it out."""

from typing import Annotated

from qiao.bot.dialogue import service
from qiao.bot.dialogue.schemas import AskBody, AskView, BotSettings
from qiao.core.actor import Actor
from qiao.core.web import Locale, Read, Runtime_, Tx
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot", tags=["bot"])


@router.get("/settings")
async def read_settings(actor: Annotated[Actor, Needs("settings.manage", "knowledge.edit")], db: Read) -> BotSettings:
    return await service.get_settings(db)


@router.put("/settings")
async def write_settings(body: BotSettings, actor: Annotated[Actor, Needs("settings.manage")], db: Tx) -> BotSettings:
    return await service.put_settings(db, actor, body)


@router.post("/ask")
async def try_bot(
    body: AskBody, actor: Annotated[Actor, Needs("knowledge.view")], runtime: Runtime_, locale: Locale
) -> AskView:
    """What the bot would say to a customer's first message, and why."""
    return await service.ask(runtime, body, locale)
