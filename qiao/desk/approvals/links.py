"""Deciding from a mail: a signed link for one person and one step, good once."""

from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.core import clock, i18n, mail
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.secrets import Signer
from qiao.desk.approvals import repository, service, showing
from qiao.desk.approvals.models import ApprovalLink
from qiao.desk.approvals.schemas import ApprovalView, DecideBody
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for
from qiao.people.accounts.schemas import Contact
from qiao.people.organization import service as organization

PURPOSE: Final = "approvals.link"
PATH: Final = "/approve/"
Trouble = Literal["unknown", "used", "expired", "closed", "done"]


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to. `trouble` says why it decides nothing any more; times are shown in the company's `zone`."""

    link_id: UUID
    person: Contact
    view: ApprovalView
    trouble: Trouble | None
    zone: ZoneInfo


def token_of(signer: Signer, link: ApprovalLink) -> str:
    return f"{link.id.hex}.{signer.sign(PURPOSE, _signed(link.id, link.user_id))}"


def _signed(link_id: UUID, user_id: UUID) -> str:
    return f"{link_id.hex}.{user_id.hex}"


async def open_link(db: Session, token: str, *, lock: bool = False) -> Opened | None:
    """What the link is for; None when it is not one of ours, or its person works here no more."""
    name, _, signature = token.partition(".")
    try:
        link_id = UUID(hex=name)
    except ValueError:
        return None
    row = await repository.link(db, link_id, lock=lock)
    if row is None or not runtime_of(db).get(Signer).verify(PURPOSE, _signed(row.id, row.user_id), signature):
        return None
    person = (await accounts.contacts(db, [row.user_id])).get(row.user_id)
    approval = await repository.approval(db, row.approval_id)
    if person is None or approval is None:
        return None
    view = (await showing.views(db, await actor_for(db, row.user_id), [approval]))[0]
    trouble: Trouble | None = None
    if row.used_at is not None:
        trouble = "used"
    elif view.state != "open":
        trouble = "closed"
    elif row.expires_at <= clock.now():
        trouble = "expired"
    elif not view.may["decide"]:
        trouble = "done"
    return Opened(row.id, person, view, trouble, await _zone(db))


async def _zone(db: Session) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(db)).timezone)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`2026-11-25 05:47 (UTC+08:00)`: a mail is read anywhere."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} (UTC{local.isoformat()[-6:]})"


async def decide(db: Session, token: str, body: DecideBody, *, ip: str | None) -> Opened:
    """Decides with a link and uses it up. Raises NotFound for one that decides nothing (any more)."""
    opened = await open_link(db, token, lock=True)
    if opened is None or opened.trouble is not None:
        raise NotFound("approval.link_unfit")
    actor = await actor_for(db, opened.person.id)
    view = await service.decide(db, replace(actor, ip=ip), opened.view.id, body, via="mail")
    row = await repository.link(db, opened.link_id, lock=True)
    assert row is not None
    row.used_at = clock.now()
    await db.flush()
    return replace(opened, view=view, trouble="used")


async def letter(
    db: Session, runtime: Runtime, approval_id: UUID, step_id: UUID, user_id: UUID, *, reminder: bool
) -> EmailMessage | None:
    """The letter to a decider, with a new link in it; None when there is nothing for them to decide any more."""
    row = await repository.approval(db, approval_id)
    person = (await accounts.contacts(db, [user_id])).get(user_id)
    if row is None or person is None or row.state != "open" or row.expires_at <= clock.now():
        return None
    ticket = await tickets.facts(db, row.ticket_id)
    view = (await showing.views(db, await actor_for(db, user_id), [row]))[0]
    if ticket is None or not view.may["decide"]:
        return None
    link = ApprovalLink(
        id=new_id(),
        approval_id=approval_id,
        step_id=step_id,
        user_id=user_id,
        reminder=reminder,
        created_at=clock.now(),
        expires_at=row.expires_at,
    )
    db.add(link)
    await db.flush()
    locale, words = person.locale, showing.words(row, ticket)
    company = (await organization.get_workspace(db)).name
    asker = view.requested_by.name if view.requested_by is not None else None
    lines = [
        mail.Line(
            i18n.t("approvals.mail.asks", locale, who=asker or i18n.t("notifications.somebody", locale), **words)
        ),
        mail.Line(i18n.t("approvals.mail.reason", locale, **words)),
    ]
    if words["amount"]:
        lines.insert(1, mail.Line(i18n.t("approvals.mail.amount", locale, **words)))
    others = [one.name or "" for one in view.deciding_for if one.id != user_id]
    if others:
        lines.append(mail.Line(i18n.t("approvals.mail.on_behalf", locale, names=", ".join(others))))
    return mail.letter(
        sender=runtime.settings.mail_from or "",
        to=person.email,
        company=company,
        subject=i18n.t("approvals.mail.reminder" if reminder else "approvals.mail.subject", locale, **words),
        lines=lines,
        locale=locale,
        message_id=f"approval-{link.id}",
        at=clock.now(),
        button=mail.Link(
            i18n.t("approvals.mail.button", locale),
            f"{runtime.settings.public_url}{PATH}{token_of(runtime.get(Signer), link)}",
        ),
        foot=i18n.t("approvals.mail.foot", locale, until=moment(link.expires_at, await _zone(db))),
    )
