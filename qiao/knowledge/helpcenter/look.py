"""What every page of the help centre needs to know, kept for a moment so that a page costs few queries."""

import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from qiao.core import i18n
from qiao.core.db import Session, after_commit
from qiao.core.runtime import Runtime, runtime_of
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import CategoryView
from qiao.knowledge.helpcenter import repository
from qiao.knowledge.helpcenter.models import HelpSettingsRow
from qiao.knowledge.helpcenter.ports import ChatRef, Chats
from qiao.knowledge.helpcenter.schemas import HelpSettings
from qiao.knowledge.statistics import service as statistics
from qiao.people.organization import service as organization

KEPT_SECONDS: Final = 3.0
POPULAR_SECONDS: Final = 60.0
POPULAR_POOL: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """The company, its settings, its chat, its categories."""

    company: str
    settings: HelpSettings
    logo: str | None
    changed_at: datetime | None
    chat: ChatRef | None
    categories: tuple[CategoryView, ...]
    slugs: dict[tuple[UUID, str], str]

    def title(self, locale: str) -> str:
        return self.settings.title.text(locale) or (
            i18n.t("help.centre_of", locale, company=self.company) if self.company else i18n.t("help.centre", locale)
        )


def settings_of(row: HelpSettingsRow | None) -> HelpSettings:
    """What is stored, defaults filled in; what an older version stored and we no longer know is ignored."""
    stored = row.settings if row is not None else {}
    return HelpSettings.model_validate({k: v for k, v in stored.items() if k in HelpSettings.model_fields})


def logo_url(row: HelpSettingsRow | None) -> str | None:
    return f"/help/logo?v={row.logo_mark}" if row is not None and row.logo_mark else None


async def chats(db: Session) -> list[ChatRef]:
    port: Chats | None = runtime_of(db).find(Chats)
    return await port.active(db) if port is not None else []


async def load(db: Session, settings: HelpSettings | None = None) -> Look:
    """As stored, or with settings somebody is trying out."""
    row = await repository.settings(db)
    chosen = settings or settings_of(row)
    workspace = await organization.get_workspace(db)
    offered = await chats(db) if chosen.chat else []
    named = [chat for chat in offered if chat.id == chosen.inbox_id]
    views = await articles.categories(db, workspace.locale)
    return Look(
        company=workspace.name,
        settings=chosen,
        logo=logo_url(row),
        changed_at=row.updated_at if row is not None else None,
        chat=next(iter(named or offered), None),
        categories=tuple(views),
        slugs=await repository.slugs_of(db, "category", [view.id for view in views]),
    )


class Looks:
    """The look of this process's pages, and which texts are read most."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._kept: tuple[float, Look] | None = None
        self._popular: dict[str, tuple[float, list[UUID]]] = {}

    async def get(self, db: Session) -> Look:
        if self._kept is not None and time.monotonic() - self._kept[0] < KEPT_SECONDS:
            return self._kept[1]
        look = await load(db)
        self._kept = (time.monotonic(), look)
        return look

    async def popular(self, db: Session, locale: str) -> list[UUID]:
        """The texts of a language read and answered most of late, whoever may read them."""
        known = self._popular.get(locale)
        if known is not None and time.monotonic() - known[0] < POPULAR_SECONDS:
            return known[1]
        found = await statistics.most_read(db, locale, POPULAR_POOL)
        self._popular[locale] = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        self._kept = None
        self._popular.clear()


def forget_after(db: Session) -> None:
    """Lets this process see a change at once; others see it within seconds."""
    looks = runtime_of(db).find(Looks)
    if looks is not None:
        after_commit(db, partial(looks.forget))
