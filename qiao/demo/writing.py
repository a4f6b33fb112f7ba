"""The knowledge base as people work on it: its spaces, texts in review and on schedule, what is due, its own words."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.demo.company import Places
from qiao.knowledge.articles import service as knowledge
from qiao.knowledge.articles.lifecycle_schemas import FaqDraft, SynonymBody
from qiao.knowledge.articles.schemas import FaqCreate, FaqPatch, SpaceBody
from qiao.packs.models import DemoPack, TextEntry
from qiao.people.organization import service as organization

EDITOR = frozenset({"knowledge.view", "knowledge.edit", "knowledge.publish", "knowledge.view_all"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An FAQ in the database, by language."""

    id: UUID
    question: str


async def seed_spaces(db: Session, actor: Actor, pack: DemoPack) -> dict[str, UUID]:
    """Makes the spaces; the first is the default one. Returns the space of each category that names one."""
    locale = pack.company.locale
    ids = {department.name: department.id for department in await organization.list_departments(db)}
    departments = {one.key: ids[one.name.in_language(locale)] for one in pack.company.departments}
    where: dict[str, UUID] = {}
    for position, entry in enumerate(pack.knowledge.spaces):
        body = SpaceBody.model_validate(
            {
                "slug": entry.slug,
                "names": {"zh-CN": entry.name.zh_cn, "en": entry.name.en},
                "descriptions": {"zh-CN": entry.description.zh_cn, "en": entry.description.en},
                "audience": entry.audience,
                "department_ids": [departments[key] for key in entry.departments],
                "position": position,
            }
        )
        own = await knowledge.default_space_id(db) if position == 0 else None
        space = await knowledge.save_space(db, actor, body, locale, own)
        where.update(dict.fromkeys(entry.categories, space.id))
    return where


async def seed_work(
    db: Session,
    actor: Actor,
    pack: DemoPack,
    places: Places,
    categories: dict[str, UUID],
    answers: dict[tuple[str, str], Answer],
) -> None:
    """Texts that are not published yet, days to look again, and the company's words."""
    locale = pack.company.locale
    for entry in pack.knowledge.texts:
        person = Actor(kind="user", id=places.users[entry.by], name=places.names[entry.by], permissions=EDITOR)
        if entry.faq is not None:
            await _changes(db, person, entry, answers[entry.faq, locale].id, locale)
        else:
            await _text(db, person, entry, categories, locale)
    for care in pack.knowledge.care:
        faq = await knowledge.get_faq(db, answers[care.faq, locale].id)
        due = clock.now() + timedelta(days=care.in_days)
        patch = FaqPatch(version=faq.version, owner_id=places.users[care.owner], review_by=due)
        await knowledge.update_faq(db, actor, faq.id, patch)
    for language in ("zh-CN", "en"):
        for words in pack.knowledge.synonyms.in_language(language):
            body = SynonymBody.model_validate({"locale": language, "words": list(words)})
            await knowledge.save_synonym(db, actor, body)


async def _text(db: Session, person: Actor, entry: TextEntry, categories: dict[str, UUID], locale: str) -> None:
    group: UUID | None = None
    for language in (locale, *(other for other in ("zh-CN", "en") if other != locale)):
        if group is not None and entry.state != "published":
            return  # what is on its way has no translation yet
        body = FaqCreate.model_validate(
            {
                "category_id": categories[entry.category] if entry.category else None,
                "question": entry.question.in_language(language),
                "answer": entry.answer.in_language(language),
                "locale": language,
                "group_id": group,
                "owner_id": person.id,
                "publish": entry.state == "published",
            }
        )
        faq = await knowledge.create_faq(db, person, body)
        group = faq.group_id
        note = entry.note.in_language(locale) if entry.note else ""
        if entry.state == "review":
            await knowledge.submit(db, person, "faq", faq.id, faq.version, note)
        elif entry.state == "scheduled":
            at = clock.now() + timedelta(hours=entry.in_hours or 24)
            await knowledge.schedule(db, person, "faq", faq.id, faq.version, at)


async def _changes(db: Session, person: Actor, entry: TextEntry, faq_id: UUID, locale: str) -> None:
    faq = await knowledge.get_faq(db, faq_id)
    answer = f"{faq.answer}\n\n{entry.answer.in_language(locale)}"
    await knowledge.save_faq_draft(db, person, faq_id, FaqDraft(version=faq.version, answer=answer))
    note = entry.note.in_language(locale) if entry.note else ""
    await knowledge.submit(db, person, "faq", faq_id, faq.version + 1, note)
