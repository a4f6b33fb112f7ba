"""The verbs of notifications."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.core import clock, i18n, mail
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts.identity import own_id
from qiao.people.notifications import policy, repository
from qiao.people.notifications.events import NotificationsRead, NotificationsTold
from qiao.people.notifications.models import Notification
from qiao.people.notifications.ports import Ways
from qiao.people.notifications.schemas import Choice, Choices, ChoiceView, NotificationView, WayBody, WayView


async def tell(
    db: Session,
    users: Collection[UUID],
    kind: str,
    *,
    params: Mapping[str, Any],
    link: str,
    actor: Actor | None = None,
) -> int:
    """Tells people something, in one statement however many they are; never `actor` themself. Returns how many heard.

    `params` fill the kind's words; `link` is a path of the console (`/tickets/10023`). Raises LookupError for a kind
    without words.
    """
    if not policy.known(kind):
        raise LookupError(f"notifications have no words for {kind!r}")
    own = actor.id if actor is not None and actor.kind == "user" else None
    wanted = [user_id for user_id in dict.fromkeys(users) if user_id != own]
    if not wanted:
        return 0
    now, batch_id = clock.now(), new_id()
    told = await repository.tell(
        db,
        users=wanted,
        ids=[new_id() for _ in wanted],
        kind=kind,
        link=link[:300],
        params=dict(params),
        actor_name=actor.name[:120] if actor is not None and actor.kind == "user" else None,
        batch_id=batch_id,
        at=now,
        since=now - policy.COALESCED,
        mailed=kind in policy.MAILED,
        mails=mail.can_send(runtime_of(db).settings) and kind not in policy.OWN_MAIL,
        mail_at=now + policy.MAIL_WAITS,
        way_at=now + policy.WAY_WAITS,
    )
    if told:
        await emit(db, NotificationsTold(batch_id=batch_id, notification_kind=kind), actor=actor or Actor.system())
    return told


async def wants_mail(db: Session, users: Collection[UUID], kind: str) -> list[UUID]:
    """Who of these people wants this kind by mail; nobody where the installation sends none."""
    if not users or not mail.can_send(runtime_of(db).settings):
        return []
    chosen = await repository.choices_of_kind(db, kind, users)
    return [user_id for user_id in users if chosen.get(user_id, kind in policy.MAILED)]


async def account_of(db: Session, user_id: UUID, way: str) -> str:
    """Somebody's account with a provider, whether notices go there or not; empty where they told none."""
    own = (await repository.ways_of(db, user_id)).get(way)
    return own.account if own is not None else ""


# -- one's own ---------------------------------------------------------------------------------------------------------


async def listing(
    db: Session, actor: Actor, locale: str, *, unread: bool = False, cursor: str | None = None, limit: int = 30
) -> tuple[list[NotificationView], str | None]:
    """The actor's own lines, newest first."""
    after = decode_cursor(cursor, tuple[datetime, UUID])
    rows = await repository.page(db, own_id(actor), unread=unread, after=after, limit=limit + 1)
    following = encode_cursor(rows[limit - 1].at, rows[limit - 1].id) if len(rows) > limit else None
    return [_view(row, locale) for row in rows[:limit]], following


async def unread_count(db: Session, actor: Actor) -> int:
    user_id = own_id(actor)
    return (await repository.unread(db, [user_id])).get(user_id, 0)


async def mark_read(db: Session, actor: Actor, ids: Collection[UUID] | None = None) -> int:
    """Marks these of the actor's lines as read, or all of them. Returns how many are still unread."""
    user_id = own_id(actor)
    if await repository.mark_read(db, user_id, ids, clock.now()):
        await _announce_read(db, actor, user_id)
    return await unread_count(db, actor)


async def seen(db: Session, actor: Actor, link: str) -> int:
    """Marks the actor's lines about a place as read, because they are there. Returns how many are still unread."""
    user_id = own_id(actor)
    if await repository.mark_read_by_link(db, user_id, link, clock.now()):
        await _announce_read(db, actor, user_id)
    return await unread_count(db, actor)


async def _announce_read(db: Session, actor: Actor, user_id: UUID) -> None:
    await emit(db, NotificationsRead(user_id=user_id), actor=actor, audience=Audience(users=(user_id,)))


async def choices(db: Session, actor: Actor, locale: str) -> Choices:
    """How the actor hears of each kind."""
    chosen = await repository.choices(db, own_id(actor))
    kinds = []
    for kind in policy.kinds():
        row = chosen.get(kind)
        console, by_mail = (row.console, row.mail) if row is not None else (True, kind in policy.MAILED)
        by_app = by_mail if row is None or row.app is None else row.app
        name = i18n.t(f"notifications.kind.{kind}", locale)
        kinds.append(ChoiceView(kind=kind, name=name, console=console, mail=by_mail, app=by_app))
    ways = await _ways(db, own_id(actor), locale)
    return Choices(mail_possible=mail.can_send(runtime_of(db).settings), kinds=kinds, ways=ways)


async def _ways(db: Session, user_id: UUID, locale: str) -> list[WayView]:
    """The ways the company has set up, and those somebody uses still."""
    own = await repository.ways_of(db, user_id)
    found = []
    for way in Ways.of(runtime_of(db)):
        row = own.get(way.name)
        if row is None and not await way.ready():
            continue
        found.append(
            WayView(
                way=way.name,
                name=i18n.t(f"notifications.way.{way.name}", locale),
                hint=i18n.t(f"notifications.way_account.{way.name}", locale),
                account=row.account if row is not None else "",
                active=row.active if row is not None else False,
                problem=i18n.t(row.problem, locale) if row is not None and row.problem else None,
            )
        )
    return found


async def choose_way(db: Session, actor: Actor, way: str, body: WayBody, locale: str) -> Choices:
    """The actor's own account with a provider; an empty one forgets it. Raises NotFound for a way there is not."""
    if Ways.of(runtime_of(db)).find(way) is None:
        raise NotFound("notification.way_unknown")
    if body.account:
        await repository.put_way(db, own_id(actor), way, body.account, body.active)
    else:
        await repository.drop_way(db, own_id(actor), way)
    return await choices(db, actor, locale)


async def choose(db: Session, actor: Actor, wanted: list[Choice], locale: str) -> Choices:
    """Changes how the actor hears of the given kinds. Raises Invalid for a kind there is not."""
    for choice in wanted:
        if not policy.known(choice.kind):
            raise Invalid.field("kinds", "notification.kind_unknown", kind=choice.kind)
    by_kind = {choice.kind: (choice.kind, choice.console, choice.mail, choice.app) for choice in wanted}
    await repository.put_choices(db, own_id(actor), list(by_kind.values()))
    return await choices(db, actor, locale)


def _view(row: Notification, locale: str) -> NotificationView:
    return NotificationView(
        id=row.id,
        kind=row.kind,
        text=policy.text(row.kind, row.params, row.actor_name, locale),
        link=row.link,
        params=row.params,
        count=row.count,
        actor_name=row.actor_name,
        at=row.at,
        read_at=row.read_at,
    )
