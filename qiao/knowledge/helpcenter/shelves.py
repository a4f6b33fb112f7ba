"""Categories as a reader sees them: only those with something in them to read."""

from collections.abc import Mapping
from uuid import UUID

from qiao.knowledge.articles.schemas import CategoryView
from qiao.knowledge.helpcenter.look import Look
from qiao.knowledge.helpcenter.schemas import Shelf


def shelves(look: Look, locale: str, counts: Mapping[UUID | None, int]) -> list[Shelf]:
    """The categories in the company's order, each with those below it."""
    known = {view.id for view in look.categories}
    below: dict[UUID | None, list[CategoryView]] = {}
    for view in look.categories:
        below.setdefault(view.parent_id if view.parent_id in known else None, []).append(view)

    def grow(view: CategoryView) -> Shelf | None:
        children = tuple(filter(None, map(grow, below.get(view.id, ()))))
        slug = look.slugs.get((view.id, locale))
        if slug is None or (not counts.get(view.id) and not children):
            return None
        return Shelf(view.id, view.parent_id, slug, locale, name_in(view, locale), counts.get(view.id, 0), children)

    return [found for view in below.get(None, ()) if (found := grow(view)) is not None]


def name_in(view: CategoryView, locale: str) -> str:
    return view.names.get(locale) or next(iter(view.names.values()), "")


def trail(found: list[Shelf], category_id: UUID | None) -> list[Shelf]:
    """The way from the top to a category; empty for one the reader does not see."""
    for shelf in found:
        if shelf.id == category_id:
            return [shelf]
        below = trail(list(shelf.children), category_id)
        if below:
            return [shelf, *below]
    return []
