"""One batch's rows on their way into the knowledge base."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Forbidden, NotFound, Problem, Refused
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import EVERYTHING
from qiao.knowledge.articles.lifecycle_schemas import ArticleDraft, SynonymBody
from qiao.knowledge.articles.schemas import (
    ArticleCreate,
    ArticlePatch,
    CategoryBody,
    FaqCreate,
    FaqPatch,
    FaqView,
    SpaceBody,
)
from qiao.knowledge.importing import pictures, policy, rows
from qiao.knowledge.importing.models import ImportItem, ImportRow
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)


class Work:
    def __init__(self, db: Session, actor: Actor, row: ImportRow):
        self.db, self.actor, self.row = db, actor, row
        self.publish = bool(row.options.get("publish"))
        self.duplicates = str(row.options.get("duplicates", "skip"))
        self.review = bool(row.options.get("review"))
        self._categories: dict[tuple[str, str, UUID | None], UUID] = {}
        self._repeats: dict[int, list[tuple[str, dict[str, Any]]]] = {}
        self._links: dict[int, dict[int, str]] = {}
        self._spaces: dict[str, UUID] | None = None
        self._departments: dict[str, UUID] | None = None

    def _decided(self, item: ImportItem) -> str:
        return policy.decided(item.kind, item.duplicate, item.similar, item.choice, self.duplicates)

    async def take(self, items: list[ImportItem]) -> None:
        self._links = await pictures.links(self.db, self.row.id, [item.row for item in items if item.pictures])
        fresh: list[ImportItem] = []
        repeats: list[ImportItem] = []
        for item in items:
            decided = self._decided(item)
            if item.errors or decided == "skip":
                item.state = "skipped"
            elif item.kind not in ("faq", "article"):
                await self._one(item, self._around)
            elif decided == "import":
                fresh.append(item)
            elif item.duplicate is not None and item.duplicate["type"] == "row":
                item.state = "updated"  # folded into that row when it is made
            else:
                repeats.append(item)
        await self._load_repeats(fresh)
        await self._create(fresh)
        for item in repeats:
            await self._one(item, self._change if item.kind == "faq" else self._change_article)

    async def _create(self, items: list[ImportItem]) -> None:
        """All at once; when one of them cannot be stored, one by one, so that it alone stays out."""
        faqs = [item for item in items if item.kind == "faq" and not item.fields.get("group")]
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
        except (DBAPIError, ValueError, Problem) as error:
            logger.warning("import_batch_singly", import_id=str(self.row.id), error=repr(error)[:300])
            self.row.options = options
            self._categories.clear()
            for item in faqs:
                await self._one(item, self._create_one)
        else:
            for item, faq_id in zip(faqs, ids, strict=True):
                item.item_id, item.state = faq_id, "created"
        for item in items:
            if item.kind != "faq" or item.fields.get("group"):
                await self._one(item, self._create_one)

    async def _one(self, item: ImportItem, work: Callable[[ImportItem], Awaitable[None]]) -> None:
        options = self.row.options
        try:
            async with self.db.begin_nested():
                await work(item)
            return
        except Problem as problem:
            code = problem.fields[0].code if problem.code == "invalid" and problem.fields else problem.code
            item.state, item.note = "failed", code
        except (DBAPIError, ValueError) as error:
            logger.warning("import_row_failed", import_id=str(self.row.id), row=item.row, error=repr(error)[:300])
            item.state, item.note = "failed", "import.row_not_storable"
        self.row.options = options
        self._categories.clear()

    async def _create_one(self, item: ImportItem) -> None:
        body = await self._body(item)
        groups: dict[str, str] = self.row.options.get("groups", {})
        group = item.fields.get("group")
        if group and group in groups:
            body = body.model_copy(update={"group_id": UUID(groups[group])})
        made: Any
        if isinstance(body, ArticleCreate):
            made = await articles.create_article(self.db, self.actor, body, import_id=self.row.id)
        elif group:
            made = await articles.create_faq(self.db, self.actor, body, import_id=self.row.id)
        else:
            item.item_id = (await articles.create_faqs(self.db, self.actor, [body], import_id=self.row.id))[0]
            item.state = "created"
            return
        if group and group not in groups:
            self._note("groups", {**groups, group: str(made.group_id)})
        item.item_id, item.state = made.id, "created"

    def _note(self, key: str, value: Any) -> None:
        self.row.options = {**self.row.options, key: value}

    def _text(self, item: ImportItem) -> str:
        return pictures.shown(str(item.fields["answer"]), self._links.get(item.row, {}))

    async def _body(self, item: ImportItem) -> FaqCreate | ArticleCreate:
        fields = {**item.fields, "answer": self._text(item)}
        if item.kind == "faq":
            for choice, other in self._repeats.get(item.row, ()):
                fields["variants"] = [*fields["variants"], other["question"], *other["variants"]]
                if choice == "update":
                    fields["answer"] = other["answer"]
            own = rows.key_of(fields["question"])
            fields["variants"] = [v for v in dict.fromkeys(fields["variants"]) if rows.key_of(v) != own][:200]
        space_id = await self._space_of(fields)
        body = rows.body_of(
            fields,
            item.kind,
            publish=self.publish and fields.get("status", "published") == "published",
            category_id=await self._category(fields["category"], fields["locale"], space_id),
        )
        update: dict[str, Any] = {"space_id": space_id}
        if fields["audience"] == "departments":
            update["department_ids"] = await self._named_departments(fields.get("departments", ()))
        return body.model_copy(update=update)

    async def _load_repeats(self, items: list[ImportItem]) -> None:
        """The rows further down that say the same again and go into the one they repeat, by that one."""
        repeated = ImportItem.duplicate["row"].as_integer()
        query = select(ImportItem).where(
            ImportItem.import_id == self.row.id,
            ImportItem.duplicate["type"].astext == "row",
            repeated.in_([item.row for item in items]),
        )
        for other in (await self.db.execute(query.order_by(ImportItem.row))).scalars():
            decided = self._decided(other)
            if other.duplicate is not None and decided in ("variant", "update"):
                self._repeats.setdefault(other.duplicate["row"], []).append((decided, other.fields))

    # -- where it goes -------------------------------------------------------------------------------------------------

    async def _space_of(self, fields: dict[str, Any]) -> UUID | None:
        slug = fields.get("space")
        if slug is None:
            chosen = self.row.options.get("space_id")
            return UUID(chosen) if chosen else None
        if self._spaces is None:
            around = await articles.spaces(self.db, "zh-CN", articles.reader_of(self.actor))
            self._spaces = {space.slug: space.id for space in around}
        if slug not in self._spaces:
            raise Refused("import.space_missing")
        return self._spaces[slug]

    async def _named_departments(self, names: Any) -> list[UUID]:
        if self._departments is None:
            self._departments = {one.name: one.id for one in await organization.list_departments(self.db)}
        found = [self._departments[name] for name in names if name in self._departments]
        if not found:  # a text for some is never opened to all because nobody knows who they were
            raise Refused("import.departments_unknown")
        return found

    async def _category(self, name: str | None, locale: str, space_id: UUID | None) -> UUID | None:
        if not name:
            return None
        if (name, locale, space_id) not in self._categories:
            before = {category.id for category in await articles.categories(self.db, locale, EVERYTHING)}
            found = await articles.category_named(self.db, name, locale, space_id)
            self._categories[name, locale, space_id] = found
            if found not in before:
                self._note("categories", [*self.row.options.get("categories", []), str(found)])
        return self._categories[name, locale, space_id]

    # -- what is there already -----------------------------------------------------------------------------------------

    async def _change(self, item: ImportItem) -> None:
        """Adds the row's phrasings to the FAQ it repeats, with `update` its answer too; notes how to go back."""
        twin = item.duplicate or item.similar
        assert twin is not None
        faq: FaqView = await articles.get_faq(self.db, UUID(twin["id"]), articles.reader_of(self.actor))
        known = {rows.key_of(text) for text in (faq.question, *faq.variants)}
        fresh = [v for v in (item.fields["question"], *item.fields["variants"]) if rows.key_of(v) not in known]
        values: dict[str, Any] = {"variants": [*faq.variants, *dict.fromkeys(fresh)][:200]}
        if self._decided(item) == "update":
            values["answer"] = self._text(item)
        changed = {key: value for key, value in values.items() if value != getattr(faq, key)}
        if not changed:
            item.state, item.item_id = "skipped", faq.id
            return
        patch = FaqPatch.model_validate({"version": faq.version, **changed})
        after = await articles.update_faq(self.db, self.actor, faq.id, patch)
        back = {key: getattr(faq, key) for key in changed}
        item.state, item.item_id = "updated", faq.id
        item.before = {"patch": {"version": after.version, **back}}

    async def _change_article(self, item: ImportItem) -> None:
        """Gives an article the row's text; what is live gets it as a draft beside it, unless this import publishes."""
        twin = item.duplicate or item.similar
        assert twin is not None
        reader = articles.reader_of(self.actor)
        article = await articles.get_article(self.db, UUID(twin["id"]), reader)
        values = {"body": self._text(item)}
        if twin["how"] == "page":
            values["title"] = item.fields["question"]
        changed = {key: value for key, value in values.items() if value != getattr(article, key)}
        item.item_id = article.id
        if not changed:
            item.state = "skipped"
            return
        edited = "version" in twin and twin["version"] != article.version
        live = article.status in ("published", "archived")
        if live and (not self.publish or self.review or edited or article.status == "archived"):
            if article.draft is not None:
                raise Refused("import.draft_waits")  # somebody is at work on it
            body = ArticleDraft.model_validate({"version": article.version, **changed})
            await articles.save_article_draft(self.db, self.actor, article.id, body)
            after = (await articles.get_article(self.db, article.id, reader)).version
            item.state, item.before = "updated", {"draft": after}
            return
        if not live and edited:
            raise Refused("import.edited_since")
        patch = ArticlePatch.model_validate({"version": article.version, **changed})
        done = await articles.update_article(self.db, self.actor, article.id, patch)
        back = {key: getattr(article, key) for key in changed}
        item.state, item.before = "updated", {"type": "article", "patch": {"version": done.version, **back}}

    # -- what our own archive brings besides texts ---------------------------------------------------------------------

    async def _around(self, item: ImportItem) -> None:
        fields = item.fields
        made = await {"space": self._space, "category": self._shelf, "words": self._words}[item.kind](fields)
        if made is None:
            item.state = "skipped"
            return
        key = {"space": "spaces", "category": "categories", "words": "words"}[item.kind]
        self._note(key, [*self.row.options.get(key, []), str(made)])
        item.state, item.item_id = "created", made

    async def _space(self, fields: dict[str, Any]) -> UUID | None:
        around = await articles.spaces(self.db, "zh-CN", EVERYTHING)
        if any(space.slug == fields["slug"] for space in around):
            return None
        if not self.actor.may("knowledge.manage"):
            raise Forbidden("permission_missing", permission="knowledge.manage")
        departments = (
            await self._named_departments(fields["departments"]) if fields["audience"] == "departments" else []
        )
        kept = {key: fields[key] for key in ("slug", "names", "descriptions", "audience", "position")}
        body = SpaceBody.model_validate({**kept, "department_ids": departments})
        self._spaces = None
        return (await articles.save_space(self.db, self.actor, body, "zh-CN")).id

    async def _shelf(self, fields: dict[str, Any]) -> UUID | None:
        space_id = await self._space_of(fields)
        around = await articles.categories(self.db, "zh-CN", EVERYTHING)
        here = [one for one in around if one.space_id == space_id]
        if any(set(one.names.items()) & set(fields["names"].items()) for one in here):
            return None
        parent = next(
            (one.id for one in here if fields["parent"] and set(one.names.items()) & set(fields["parent"].items())),
            None,
        )
        body = {"names": fields["names"], "space_id": space_id, "parent_id": parent, "position": fields["position"]}
        return (await articles.save_category(self.db, self.actor, CategoryBody.model_validate(body), "zh-CN")).id

    async def _words(self, fields: dict[str, Any]) -> UUID | None:
        body = SynonymBody.model_validate({key: fields[key] for key in ("locale", "words", "note")})
        try:
            async with self.db.begin_nested():
                return (await articles.save_synonym(self.db, self.actor, body)).id
        except NotFound:
            raise
        except Problem:
            return None  # the company has these words in a group already
