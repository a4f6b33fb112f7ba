"""What time does: mail and notices go out in one piece per person, old lines are forgotten."""

from typing import Final
from uuid import UUID

import aiosmtplib
import structlog

from qiao.core import clock, i18n, mail
from qiao.core.jobs import every
from qiao.core.runtime import Runtime
from qiao.people.accounts import service as accounts
from qiao.people.notifications import policy, repository
from qiao.people.notifications.ports import Notice, Way, WayFailed, WayRefused, Ways
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
PEOPLE: Final = 200
LINES: Final = 50
FORGOTTEN_AT_ONCE: Final = 5_000


@every(30, name="notifications.mail")
async def send_mail(runtime: Runtime) -> None:
    """What waits stands in the rows, so nothing is lost when the mail server or this process is down."""
    if not mail.can_send(runtime.settings):
        return
    async with runtime.db.read() as db:
        due = await repository.people_due(db, clock.now(), PEOPLE)
        company = (await organization.get_workspace(db)).name if due else ""
    for user_id in due:
        if not await _mail_to(runtime, user_id, company):
            return  # the server does not answer: the others would fare no better


async def _mail_to(runtime: Runtime, user_id: UUID, company: str) -> bool:
    """One letter with everything that waits for a person. False: try again later."""
    settings = runtime.settings
    async with runtime.db.transaction() as db:
        rows = await repository.to_mail(db, user_id, LINES)
        person = (await accounts.contacts(db, [user_id])).get(user_id)
        if not rows or person is None:
            for row in rows:
                row.mail_at = None
            return True
        lines = [
            mail.Line(
                policy.text(row.kind, row.params, row.actor_name, person.locale),
                _address(settings.public_url, row.link),
            )
            for row in rows
        ]
        subject = (
            lines[0].text if len(lines) == 1 else i18n.t("notifications.mail.many", person.locale, count=len(lines))
        )
        letter = mail.letter(
            sender=settings.mail_from or "",
            to=person.email,
            company=company,
            subject=subject,
            lines=lines,
            locale=person.locale,
            message_id=f"notification-{rows[-1].id}",
            at=clock.now(),
            foot=i18n.t("notifications.mail.foot", person.locale, company=company),
        )
        try:
            await mail.send(settings, letter)
        except (aiosmtplib.SMTPException, OSError) as error:
            if not mail.refused_for_good(error):
                logger.warning("notification_mail_failed", error=type(error).__name__)
                for row in rows:
                    row.mail_tries += 1
                    tired = row.mail_tries >= policy.MAIL_TRIES
                    row.mail_at = None if tired else clock.now() + policy.retry_after(row.mail_tries)
                return False
            logger.warning("notification_mail_refused", user_id=str(user_id))
        for row in rows:
            row.mail_at = None
        return True


@every(10, name="notifications.ways")
async def send_by_ways(runtime: Runtime) -> None:
    """As mail does: what waits stands in rows. A provider that does not answer is left alone till the next round."""
    ways = Ways.of(runtime)
    async with runtime.db.read() as db:
        due = await repository.errands_due(db, clock.now(), PEOPLE)
        company = (await organization.get_workspace(db)).name if due else ""
    down: set[str] = set()
    for user_id, name in due:
        if name not in down and not await _send_by(runtime, ways.find(name), user_id, name, company):
            down.add(name)


async def _send_by(runtime: Runtime, way: Way | None, user_id: UUID, name: str, company: str) -> bool:
    """One notice with everything that waits for a person by a way. False: the provider does not answer."""
    async with runtime.db.transaction() as db:
        waiting = await repository.errands_of(db, user_id, name, LINES)
        own = (await repository.ways_of(db, user_id)).get(name)
        person = (await accounts.contacts(db, [user_id])).get(user_id)
        unread = [(errand, row) for errand, row in waiting if row.read_at is None]
        gone = waiting if way is None or own is None or not own.active or person is None else []
        for errand, row in waiting:
            if gone or row.read_at is not None:
                await db.delete(errand)
        if gone or not unread or way is None or own is None or person is None:
            return True
        base, locale = runtime.settings.public_url, person.locale
        lines = [
            mail.Line(policy.text(row.kind, row.params, row.actor_name, locale), _address(base, row.link))
            for _, row in unread
        ]
        title = company if len(lines) == 1 else i18n.t("notifications.mail.many", locale, count=len(lines))
        notice = Notice(id=str(unread[-1][1].id), title=title, lines=lines, locale=locale)
        try:
            await way.send(own.account, notice)
        except WayFailed as error:
            logger.warning("notification_way_failed", way=name, error=str(error)[:200])
            for errand, _ in unread:
                errand.tries += 1
                errand.due_at = clock.now() + policy.retry_after(errand.tries)
                if errand.tries >= policy.MAIL_TRIES:
                    await db.delete(errand)
            return False
        except WayRefused as refusal:
            logger.info("notification_way_refused", way=name, code=refusal.code)
            own.problem = refusal.code[:80]
        else:
            own.problem = None
        for errand, _ in unread:
            await db.delete(errand)
        return True


def _address(base: str, link: str) -> str:
    return f"{base}/console{link}" if link.startswith("/") else base


@every(3600, name="notifications.forget")
async def forget(runtime: Runtime) -> None:
    now = clock.now()
    while True:
        async with runtime.db.transaction() as db:
            gone = await repository.forget(
                db, read_before=now - policy.KEPT_READ, before=now - policy.KEPT, limit=FORGOTTEN_AT_ONCE
            )
        if gone < FORGOTTEN_AT_ONCE:
            return
