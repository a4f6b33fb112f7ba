"""REST of one's own notifications."""

from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import SignedIn
from qiao.people.notifications import service
from qiao.people.notifications.schemas import Choices, ChoicesBody, NotificationView, ReadBody, Unread, WayBody

router = Router(prefix="/notifications", tags=["notifications"])


@router.get("")
async def list_notifications(
    actor: SignedIn, db: Read, locale: Locale, unread: bool = False, cursor: Cursor = None, limit: Limit = 30
) -> Page[NotificationView]:
    """The caller's own, newest first."""
    items, following = await service.listing(db, actor, locale, unread=unread, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/unread")
async def count_unread(actor: SignedIn, db: Read) -> Unread:
    """The badge of the bell."""
    return Unread(unread=await service.unread_count(db, actor))


@router.post("/read")
async def mark_read(body: ReadBody, actor: SignedIn, db: Tx) -> Unread:
    """Marks some or all as read."""
    return Unread(unread=await service.mark_read(db, actor, body.ids))


@router.get("/choices")
async def read_choices(actor: SignedIn, db: Read, locale: Locale) -> Choices:
    """How the caller hears of each kind."""
    return await service.choices(db, actor, locale)


@router.put("/choices")
async def write_choices(body: ChoicesBody, actor: SignedIn, db: Tx, locale: Locale) -> Choices:
    """Changes the given kinds, leaves the others."""
    return await service.choose(db, actor, body.kinds, locale)


@router.put("/ways/{way}")
async def write_way(way: str, body: WayBody, actor: SignedIn, db: Tx, locale: Locale) -> Choices:
    """The caller's own account with a provider that carries notices."""
    return await service.choose_way(db, actor, way, body, locale)
