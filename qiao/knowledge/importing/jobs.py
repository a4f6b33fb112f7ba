"""The import itself: batches of rows, each batch one transaction, each row once however often the job is run."""

from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from qiao.core import jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Problem
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import ArticleCreate, FaqCreate, FaqPatch, FaqView
from qiao.knowledge.importing import rows, service
from qiao.knowledge.importing.models import ImportItem, ImportRow
from qiao.people.accounts.identity import actor_for

logger = structlog.get_logger(__name__)
BATCH: Final = 200


@jobs.job(service.JOB)
async def run(runtime: Runtime, payload: dict[str, Any], progress: jobs.Progress) -> dict[str, Any]:
    """Imports the pending rows of an import. The right to do so is looked at again in every batch."""
    import_id = UUID(payload["import_id"])
    user_id = UUID(payload["user_id"]) if payload.get("user_id") else None
    try:
        while True:
            left, total = await runtime.db.run(lambda db: _batch(db, import_id, user_id))
            await progress.step(total - left, total)
            if not left:
                break
    except Exception:
        await runtime.db.run(lambda db: _finish(db, import_id, "failed"))
        raise
    return await runtime.db.run(lambda db: _finish(db, import_id, "done"))


@jobs.every(3600, name="knowledge.import.forget")
async def forget(runtime: Runtime) -> None:
    async with runtime.db.transaction() as db:
        await service.forget_previews(db)


async def _finish(db: Session, import_id: UUID, state: str) -> dict[str, int]:
    counted = await db.execute(
        select(ImportItem.state, func.count()).where(ImportItem.import_id == import_id).group_by(ImportItem.state)
    )
    by_state = dict(counted.tuples().all())
    result = {name: by_state.get(name, 0) for name in ("created", "updated", "skipped", "failed")}
    await service.finish(db, import_id, state, result)
    return result


async def _batch(db: Session, import_id: UUID, user_id: UUID | None) -> tuple[int, int]:
    """One batch. Returns how many rows are left and how many there are."""
    row = await db.get(ImportRow, import_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in ("running", "failed"):
        return 0, 0
    row.state = "running"
    actor = await actor_for(db, user_id) if user_id is not None else Actor.system()
    actor.require("knowledge.edit")
    pending = ImportItem.import_id == import_id, ImportItem.state == "pending"
    items = list((await db.execute(select(ImportItem).where(*pending).order_by(ImportItem.row).limit(BATCH))).scalars())
    work = _Work(db, actor, row)
    await work.take(items)
    await db.flush()
    left = int(await db.scalar(select(func.count()).where(*pending)) or 0)
    return left, int(row.summary["total"])


class _Work:
    """One batch's rows on their way into the knowledge base."""

    def __init__(self, db: Session, actor: Actor, row: ImportRow):
        self.db, self.actor, self.row = db, actor, row
        self.publish = bool(row.options.get("publish"))
        self.duplicates = str(row.options.get("duplicates", "skip"))
        self._categories: dict[tuple[str, str], UUID] = {}
        self._repeats: dict[int, list[dict[str, Any]]] = {}

    async def take(self, items: list[ImportItem]) -> None:
        fresh: list[ImportItem] = []
        repeats: list[ImportItem] = []
        for item in items:
            if item.errors:
                item.state = "skipped"
            elif item.duplicate is None or self.duplicates == "import":
                fresh.append(item)
            elif self.duplicates == "skip":
                item.state = "skipped"
            elif item.duplicate["type"] == "row":
                item.state = "updated"  # folded into that row when it is made
            else:
                repeats.append(item)
        if self.duplicates in ("variant", "update"):
            await self._load_repeats(fresh)
        await self._create(fresh)
        for item in repeats:
            await self._one(item, self._change)

    async def _create(self, items: list[ImportItem]) -> None:
        """All at once; when one of them cannot be stored, one by one, so that it alone stays out."""
        faqs = [item for item in items if item.kind == "faq"]
        options = self.row.options
        try:
            async with self.db.begin_nested():
                bodies = [await self._body(item) for item in faqs]
                ids = await articles.create_faqs(
                    self.db,
                    self.actor,
                    [body for body in bodies if isinstance(body, FaqCreate)],
                    import_id=self.row.id,
                )
        except (DBAPIError, ValueError) as error:
            logger.warning("import_batch_singly", import_id=str(self.row.id), error=repr(error)[:300])
            self.row.options = options
            self._categories.clear()
            for item in faqs:
                await self._one(item, self._create_one)
        else:
            for item, faq_id in zip(faqs, ids, strict=True):
                item.item_id, item.state = faq_id, "created"
        for item in items:
            if item.kind != "faq":
                await self._one(item, self._create_one)

    async def _one(self, item: ImportItem, work: Any) -> None:
        options = self.row.options
        try:
            async with self.db.begin_nested():
                await work(item)
            return
        except Problem as problem:
            item.state, item.note = "failed", problem.code
        except (DBAPIError, ValueError) as error:
            logger.warning("import_row_failed", import_id=str(self.row.id), row=item.row, error=repr(error)[:300])
            item.state, item.note = "failed", "import.row_not_storable"
        self.row.options = options
        self._categories.clear()

    async def _create_one(self, item: ImportItem) -> None:
        body = await self._body(item)
        if isinstance(body, ArticleCreate):
            made = (await articles.create_article(self.db, self.actor, body, import_id=self.row.id)).id
        else:
            made = (await articles.create_faqs(self.db, self.actor, [body], import_id=self.row.id))[0]
        item.item_id, item.state = made, "created"

    async def _body(self, item: ImportItem) -> FaqCreate | ArticleCreate:
        fields = dict(item.fields)
        if self.duplicates in ("variant", "update") and item.kind == "faq":
            for other in self._repeats.get(item.row, ()):
                fields["variants"] = [*fields["variants"], other["question"], *other["variants"]]
                if self.duplicates == "update":
                    fields["answer"] = other["answer"]
            own = rows.key_of(fields["question"])
            fields["variants"] = [v for v in dict.fromkeys(fields["variants"]) if rows.key_of(v) != own][:200]
        category = fields["category"]
        return rows.body_of(
            fields, item.kind, publish=self.publish, category_id=await self._category(category, fields["locale"])
        )

    async def _load_repeats(self, items: list[ImportItem]) -> None:
        """The rows further down that say the same again, by the row they repeat."""
        repeated = ImportItem.duplicate["row"].as_integer()
        query = select(repeated, ImportItem.fields).where(
            ImportItem.import_id == self.row.id,
            ImportItem.duplicate["type"].astext == "row",
            repeated.in_([item.row for item in items]),
        )
        for number, fields in await self.db.execute(query.order_by(ImportItem.row)):
            self._repeats.setdefault(number, []).append(fields)

    async def _category(self, name: str | None, locale: str) -> UUID | None:
        if not name:
            return None
        if (name, locale) not in self._categories:
            before = {category.id for category in await articles.categories(self.db, locale)}
            found = await articles.category_named(self.db, name, locale)
            self._categories[name, locale] = found
            if found not in before:
                made = [*self.row.options.get("categories", []), str(found)]
                self.row.options = {**self.row.options, "categories": made}
        return self._categories[name, locale]

    async def _change(self, item: ImportItem) -> None:
        """Adds the row's phrasings to the FAQ it repeats, with `update` its answer too; notes how to go back."""
        assert item.duplicate is not None
        faq: FaqView = await articles.get_faq(self.db, UUID(item.duplicate["id"]))
        known = {rows.key_of(text) for text in (faq.question, *faq.variants)}
        fresh = [v for v in (item.fields["question"], *item.fields["variants"]) if rows.key_of(v) not in known]
        values: dict[str, Any] = {"variants": [*faq.variants, *dict.fromkeys(fresh)][:200]}
        if self.duplicates == "update":
            values["answer"] = item.fields["answer"]
        changed = {key: value for key, value in values.items() if value != getattr(faq, key)}
        if not changed:
            item.state, item.item_id = "skipped", faq.id
            return
        patch = FaqPatch.model_validate({"version": faq.version, **changed})
        after = await articles.update_faq(self.db, self.actor, faq.id, patch)
        back = {key: getattr(faq, key) for key in changed}
        item.state, item.item_id = "updated", faq.id
        item.before = {"patch": {"version": after.version, **back}}
