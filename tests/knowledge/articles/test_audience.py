"""Who reads what: nothing a reader may not read ever comes out, whichever door they knock at."""

from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.knowledge.articles import service
from qiao.knowledge.articles.audience import (
    ANONYMOUS,
    EVERYTHING,
    IDENTIFIED,
    LEVELS,
    Audience,
    Reader,
    customer_reader,
    level_of,
    may_read,
    reader_of,
    tags_of,
)
from qiao.knowledge.articles.schemas import ArticleCreate, CategoryBody, FaqCreate, SpaceBody
from qiao.knowledge.search.service import SearchService
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody
from tests.conftest import SignIn

KB = "/api/v1/knowledge"
SYSTEM = Actor.system()
DEPARTMENTS = [uuid4() for _ in range(3)]
audiences = st.builds(Audience, st.sampled_from(LEVELS), st.frozensets(st.sampled_from(DEPARTMENTS), min_size=1))


def staff(*permissions: str, department: UUID | None = None) -> Actor:
    return Actor(kind="user", id=uuid4(), permissions=frozenset(permissions), department_id=department)


def allows(audience: Audience, who: Actor | str) -> bool:
    """What each level says, in its own words."""
    if isinstance(who, str):
        return audience.level == "public" or (audience.level == "customers" and who == "customer")
    if who.may("knowledge.view_all"):
        return True
    return audience.level != "departments" or who.department_id in audience.departments


@given(st.lists(audiences, min_size=1, max_size=3), st.sampled_from([None, *DEPARTMENTS]), st.booleans())
def test_a_text_is_read_by_whom_all_its_audiences_let_in(
    bounds: list[Audience], department: UUID | None, sees_all: bool
) -> None:
    tags = tags_of(*bounds)
    colleague = staff(*(["knowledge.view_all"] if sees_all else []), department=department)
    for who, reader in (
        ("visitor", customer_reader(identified=False)),
        ("customer", customer_reader(identified=True)),
        (colleague, reader_of(colleague)),
    ):
        assert may_read(tags, reader) is all(allows(bound, who) for bound in bounds), who
    assert may_read(tags, EVERYTHING)
    assert level_of(tags) == max((bound.level for bound in bounds), key=LEVELS.index)


def test_bot_and_customer_are_nobody_in_particular() -> None:
    assert reader_of(Actor.bot()) == reader_of(Actor(kind="customer")) == ANONYMOUS
    assert reader_of(SYSTEM) is EVERYTHING


class Shop:
    """Random spaces, categories and texts, each text with a word of its own; and what each says of its readers."""

    def __init__(self, runtime: Runtime, seed: int) -> None:
        self.runtime, self.random = runtime, Random(seed)
        self.bounds: dict[str, tuple[Audience, ...]] = {}

    async def fill(self) -> None:
        async with self.runtime.db.transaction() as db:
            made = [await organization.create_department(db, SYSTEM, DepartmentBody(name=f"D{n}")) for n in range(3)]
            self.departments = [department.id for department in made]
            for number in range(5):
                around = self._audience()
                body = SpaceBody(
                    slug=f"s{number}",
                    names={"en": f"Space{number}"},
                    audience=around.level,
                    department_ids=list(around.departments),
                )
                space = await service.save_space(db, SYSTEM, body, "en")
                shelf = CategoryBody(names={"en": f"Shelf{number}"}, space_id=space.id)
                category = await service.save_category(db, SYSTEM, shelf, "en")
                for _ in range(4):
                    await self._text(db, around, category.id)

    def _audience(self) -> Audience:
        level = self.random.choice(LEVELS)
        wanted = self.random.sample(self.departments, self.random.randint(1, 2))
        return Audience(level, frozenset(wanted) if level == "departments" else frozenset())

    async def _text(self, db: Any, around: Audience, category_id: UUID) -> None:
        own = self._audience()
        name = f"zebra{len(self.bounds)}x"
        common = {
            "category_id": category_id,
            "audience": own.level,
            "department_ids": list(own.departments),
            "publish": True,
        }
        self.bounds[name] = (around, own)
        if self.random.random() < 0.5:
            faq = FaqCreate(question=f"Where is {name}", answer=f"{name} is here", locale="en", **common)
            made = await service.create_faq(db, SYSTEM, faq)
            await service.count_use(db, "faq", made.id)
        else:
            article = ArticleCreate(title=f"About {name}", body=f"All of {name}", locale="en", **common)
            await service.create_article(db, SYSTEM, article)


def names_in(text: object, names: dict[str, Any]) -> set[str]:
    return {name for name in names if name in repr(text)}


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_comes_out_that_the_reader_may_not_read(runtime: Runtime, seed: int) -> None:
    shop = Shop(runtime, seed)
    await shop.fill()
    search = runtime.get(SearchService)
    await search.loaded.wait()
    await search._load()
    readers: list[tuple[Any, Reader]] = [("visitor", ANONYMOUS), ("customer", IDENTIFIED)]
    for department in [None, *shop.departments]:
        colleague = staff("knowledge.view", department=department)
        readers.append((colleague, reader_of(colleague)))
    readers.append((staff("knowledge.view_all"), EVERYTHING))
    for who, reader in readers:
        mine = {name for name, bounds in shop.bounds.items() if all(allows(bound, who) for bound in bounds)}
        async with runtime.db.read() as db:
            listed: list[Any] = []
            total = 0
            for lister in (service.list_faqs, service.list_articles):
                items, _, count = await lister(db, reader=reader, cursor=None, limit=200)
                found, _, sought = await lister(db, reader=reader, q="zebra3x", cursor=None, limit=200)
                assert sought == len(found)
                listed += [*items, *found]
                total += count
            spaces = await service.spaces(db, "en", reader)
            shelves = await service.categories(db, "en", reader)
            suggested = await service.most_used(db, "en", 50, reader)
            known = await service.phrasings(db, reader)
        assert names_in(listed, shop.bounds) == mine and total == len(mine), who
        # A text can be found in a list only together with its space: what is counted is what is listed.
        assert sum(space.faqs + space.articles for space in spaces) == len(mine)
        assert sum(shelf.faqs + shelf.articles for shelf in shelves) == len(mine)
        assert names_in([suggested, known], shop.bounds) <= mine
        found: set[str] = set()
        for name in shop.bounds:
            hits = await search.search(f"where is {name}", audience=reader, limit=50)
            decision = await search.ask(f"where is {name}", audience=reader)
            # Hits may repeat the question, so the name asked for may stand there; no other one may.
            assert names_in([hits, decision], shop.bounds) <= mine | {name}, who
            told = [(hit.document, hit.matched) for hit in (*hits, *decision.hits)]
            assert names_in(told, shop.bounds) <= mine, who
            found |= names_in(told, shop.bounds)
        assert found == mine
        for hit in await search.search("where is zebra1x", audience=reader, limit=50):
            assert may_read(hit.document.audience, reader)


async def test_outside_the_department_a_text_does_not_exist(sign_in: SignIn, runtime: Runtime) -> None:
    boss, agent = await sign_in("boss"), await sign_in("li", role="agent")
    editor = await sign_in("sun", role="supervisor")
    finance, sales = [
        (await boss.post("/api/v1/departments", json={"name": name})).json()["id"] for name in ("财务", "销售")
    ]
    body = {"slug": "finance", "names": {"zh-CN": "财务内部"}, "audience": "departments", "department_ids": [finance]}
    space = (await boss.post(f"{KB}/spaces", json=body)).json()
    assert [s["slug"] for s in (await agent.get(f"{KB}/spaces")).json()] == []
    shelf = await boss.post(f"{KB}/categories", json={"names": {"zh-CN": "报销"}, "space_id": space["id"]})
    made = await boss.post(
        f"{KB}/faqs",
        json={"question": "奖金怎么发", "answer": "按季度", "category_id": shelf.json()["id"], "publish": True},
    )
    faq = made.json()
    assert faq["space_id"] == space["id"] and faq["level"] == "departments"
    url = f"{KB}/faqs/{faq['id']}"
    assert (await agent.get(url)).status_code == 404
    assert (await agent.get(f"{KB}/faqs")).json()["total"] == 0
    assert (await agent.get(f"{KB}/categories")).json() == []
    assert (await agent.get(f"{KB}/search", params={"q": "奖金怎么发"})).json() == []
    assert (await agent.get("/api/v1/search", params={"q": "奖金怎么发"})).json()["faqs"] == []
    for path, change in (
        (url, {"version": 1, "answer": "x"}),
        (f"{url}/draft", {"version": 1, "answer": "x"}),
    ):
        method = "PUT" if path.endswith("draft") else "PATCH"
        assert (await editor.request(method, path, json=change)).status_code == 404
    for path in ("versions", "diff?left=1", "draft"):
        absent = await editor.get(f"{url}/{path}")
        assert absent.status_code == 404, absent.text
    assert (await editor.post(f"{url}/submit", json={"version": 1})).status_code == 404
    # An import that asks whether a question is known already does not betray it either.
    async with runtime.db.read() as db:
        assert await service.phrasings(db) == []
    # A colleague of the department reads it; written into other hands it would be out of their sight.
    await boss.patch(f"/api/v1/users/{editor.actor_id}", json={"department_id": finance})
    assert (await editor.get(url)).status_code == 200
    lost = {"question": "谁能看", "answer": "x", "audience": "departments", "department_ids": [sales]}
    refused = await editor.post(f"{KB}/faqs", json=lost)
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "department_ids"
    assert (await editor.post(f"{KB}/spaces", json={**body, "slug": "x"})).status_code == 403
    # Opened to all staff, it exists for the agent at once.
    opened = await boss.put(f"{KB}/spaces/{space['id']}", json={**body, "audience": "internal", "department_ids": []})
    assert opened.json()["audience"] == "internal"
    assert (await agent.get(url)).json()["level"] == "internal"
    assert (await boss.delete(f"{KB}/spaces/{space['id']}")).status_code == 409
    for bad in ({"slug": "Bad Slug"}, {"department_ids": []}, {"department_ids": [str(uuid4())]}):
        assert (await boss.post(f"{KB}/spaces", json={**body, "slug": "other", **bad})).status_code == 422
    assert (await boss.post(f"{KB}/spaces", json={**body, "slug": "finance"})).status_code == 422
