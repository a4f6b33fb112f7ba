"""Verbs on inboxes."""

from collections.abc import Iterable
from html import escape
from typing import Any
from uuid import UUID

import msgspec
import structlog
from pydantic import BaseModel, SecretStr, ValidationError

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Unauthenticated
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.secrets import Unsealable, seal, unseal
from qiao.core.web.errors import from_validation
from qiao.desk.inboxes import identity, policy, repository
from qiao.desk.inboxes.events import InboxCreated, InboxUpdated
from qiao.desk.inboxes.models import InboxRow
from qiao.desk.inboxes.ports import ChannelSettings, QueueDirectory
from qiao.desk.inboxes.schemas import (
    ApiSettings,
    IdentityClaims,
    InboxCreate,
    InboxPatch,
    InboxRef,
    InboxView,
    Snippet,
    WebchatSettings,
)
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

logger = structlog.get_logger(__name__)
_AUDIENCE = Audience(permission="inboxes.manage")
_TYPED = (WebchatSettings, ApiSettings)
"""Settings that other rooms read by name; those of other channels are theirs alone."""


# -- what other rooms ask --------------------------------------------------------------------------------------------


async def get(db: Session, inbox_id: UUID) -> InboxView:
    """An inbox, active or not. Raises NotFound."""
    row = await repository.inbox(db, inbox_id)
    if row is None:
        raise NotFound("inbox_not_found")
    return _view(db, row)


async def by_key(db: Session, key: str, channel: str | None = None) -> InboxView:
    """The active inbox with this public key. Raises NotFound for an unknown or switched-off one."""
    row = await repository.by_key(db, key) if key.isascii() and key.isprintable() else None
    if row is None or not row.active or (channel is not None and row.channel != channel):
        raise NotFound("inbox_not_found")
    return _view(db, row)


async def refs(db: Session, ids: Iterable[UUID]) -> dict[UUID, InboxRef]:
    """Inboxes by id, in one query."""
    return {row.id: InboxRef(id=row.id, name=row.name, channel=row.channel) for row in await repository.some(db, ids)}


async def everything(db: Session) -> list[InboxView]:
    """All inboxes, oldest first, without their secrets."""
    return [_view(db, row) for row in await repository.everything(db)]


async def verify_identity(db: Session, inbox_id: UUID, token: str) -> IdentityClaims:
    """Who the inbox's host site says this is. Raises Unauthenticated with a clear code."""
    row = await repository.inbox(db, inbox_id)
    if row is None:
        raise Unauthenticated("identity_token_invalid")
    return identity.verify(row.secret, token)


async def secret_of(db: Session, inbox_id: UUID) -> str:
    """The signing secret, for the channel that signs webhooks with it. Never to be shown."""
    row = await repository.inbox(db, inbox_id)
    if row is None:
        raise NotFound("inbox_not_found")
    return row.secret


async def credentials_of(db: Session, inbox_id: UUID) -> dict[str, str]:
    """The secret settings by name, for the channel's I/O. Never to be shown.

    Empty where nothing is set, and where what is set was sealed by another installation: it has to be entered again.
    """
    row = await repository.inbox(db, inbox_id)
    return await _opened(db, row) if row is not None else {}


# -- what managers do ------------------------------------------------------------------------------------------------


async def list_inboxes(db: Session, actor: Actor) -> list[InboxView]:
    return [_view(db, row, _secret_for(row, actor)) for row in await repository.everything(db)]


async def show(db: Session, actor: Actor, inbox_id: UUID) -> InboxView:
    row = await repository.inbox(db, inbox_id)
    if row is None:
        raise NotFound("inbox_not_found")
    return _view(db, row, _secret_for(row, actor))


async def create(db: Session, actor: Actor, body: InboxCreate) -> InboxView:
    """Adds an inbox with a fresh key and secret."""
    known = _catalogue(db)
    model = known.model(body.channel)
    if model is None:
        raise Invalid.field("channel", "inbox_channel_unknown", channel=body.channel)
    settings, secrets = _settings(model, known.secrets(body.channel), body.settings, {})
    await _check_refs(db, body.queue_id, body.calendar_id)
    row = InboxRow(
        id=new_id(),
        channel=body.channel,
        name=body.name,
        key=policy.new_key(),
        secret=policy.new_secret(),
        queue_id=body.queue_id,
        calendar_id=body.calendar_id,
        bot_enabled=body.bot_enabled,
        settings=settings,
        sealed_names=sorted(secrets),
    )
    row.sealed = await _sealed(db, row.id, secrets)
    db.add(row)
    await db.flush()
    await db.refresh(row)
    await audit.record(db, actor, "inbox.created", "inbox", row.id, {"name": row.name, "channel": row.channel})
    await emit(db, InboxCreated(inbox_id=row.id, channel=row.channel), actor=actor, audience=_AUDIENCE)
    return _view(db, row, _secret_for(row, actor))


async def update(db: Session, actor: Actor, inbox_id: UUID, body: InboxPatch) -> InboxView:
    row = await _locked(db, inbox_id)
    before = audit.snapshot(row)
    given = body.model_fields_set
    renewed: list[str] = []
    await _check_refs(db, body.queue_id, body.calendar_id)
    for field in ("name", "bot_enabled", "active"):
        value = getattr(body, field)
        if value is not None:
            setattr(row, field, value)
    for field in ("queue_id", "calendar_id"):
        if field in given:
            setattr(row, field, getattr(body, field))
    if body.settings is not None:
        known = _catalogue(db)
        model = known.model(row.channel)
        if model is None:
            raise Invalid.field("channel", "inbox_channel_unknown", channel=row.channel)
        held = await _opened(db, row)
        row.settings, secrets = _settings(
            model, known.secrets(row.channel), {**_known(model, row.settings), **body.settings}, held
        )
        if secrets != held:
            row.sealed, row.sealed_names = await _sealed(db, row.id, secrets), sorted(secrets)
            renewed = sorted(name for name in {*held, *secrets} if held.get(name) != secrets.get(name))
    await db.flush()
    changes = audit.diff(before, {**audit.snapshot(row), "sealed": before["sealed"]}, model=InboxRow)
    if renewed:
        changes["credentials"] = [None, renewed]
    if changes:
        await db.refresh(row)
        await audit.record(db, actor, "inbox.updated", "inbox", row.id, changes)
        await emit(db, InboxUpdated(inbox_id=row.id, fields=tuple(changes)), actor=actor, audience=_AUDIENCE)
    return _view(db, row, _secret_for(row, actor))


async def rotate_secret(db: Session, actor: Actor, inbox_id: UUID) -> InboxView:
    """A new signing secret; tokens signed with the old one stop working at once."""
    row = await _locked(db, inbox_id)
    row.secret = policy.new_secret()
    await db.flush()
    await db.refresh(row)
    await audit.record(db, actor, "inbox.secret_rotated", "inbox", row.id)
    await emit(db, InboxUpdated(inbox_id=row.id, fields=("secret",)), actor=actor, audience=_AUDIENCE)
    return _view(db, row, _secret_for(row, actor))


async def snippet(db: Session, inbox_id: UUID, base_url: str) -> Snippet:
    """What to put into the host page of a webchat inbox, served from `base_url`."""
    view = await get(db, inbox_id)
    if view.channel != "webchat":
        raise NotFound("inbox_has_no_snippet")
    source = escape(f"{base_url}/widget.js", quote=True)
    return Snippet(
        html=f'<script async src="{source}" data-key="{view.key}"></script>',
        identity_html=(
            f'<script async src="{source}" data-key="{view.key}" data-identity-token="TOKEN_FROM_YOUR_SERVER"></script>'
        ),
        identity_python=(
            "import time, jwt  # pip install pyjwt\n"
            "token = jwt.encode(\n"
            '    {"sub": user.id, "name": user.name, "email": user.email, "exp": int(time.time()) + 3600},\n'
            '    INBOX_SECRET, algorithm="HS256",\n'
            ")\n"
        ),
        identity_node=(
            'import jwt from "jsonwebtoken"; // npm install jsonwebtoken\n'
            "const token = jwt.sign(\n"
            "  { sub: user.id, name: user.name, email: user.email },\n"
            '  INBOX_SECRET, { algorithm: "HS256", expiresIn: "1h" },\n'
            ");\n"
        ),
    )


# -- own helpers -----------------------------------------------------------------------------------------------------


def _secret_for(row: InboxRow, actor: Actor) -> str | None:
    return row.secret if actor.may("inboxes.manage") else None


def _catalogue(db: Session) -> ChannelSettings:
    return runtime_of(db).get(ChannelSettings)


def _known(model: type[BaseModel], stored: dict[str, Any]) -> dict[str, Any]:
    """What an older version stored and we no longer know is ignored."""
    return {key: value for key, value in stored.items() if key in model.model_fields}


def _view(db: Session, row: InboxRow, secret: str | None = None) -> InboxView:
    known = _catalogue(db)
    model = known.model(row.channel)
    settings: Any = row.settings
    if model is not None:
        read = model.model_validate(_known(model, row.settings))
        settings = (
            read if isinstance(read, _TYPED) else read.model_dump(mode="json", exclude=set(known.secrets(row.channel)))
        )
    return InboxView(
        id=row.id,
        name=row.name,
        channel=row.channel,
        key=row.key,
        secret=secret,
        queue_id=row.queue_id,
        calendar_id=row.calendar_id,
        bot_enabled=row.bot_enabled,
        active=row.active,
        settings=settings,
        sealed=row.sealed_names,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _settings(
    model: type[BaseModel], secret: frozenset[str], given: dict[str, Any], held: dict[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What to store in the open, and what to seal. Secrets that are not given stay as they are held."""
    whole = {**held, **given}
    try:
        read = model.model_validate(whole)
    except ValidationError as error:
        raise from_validation([{**e, "loc": ("settings", *e["loc"])} for e in error.errors()]) from None
    plain = read.model_dump(mode="json", exclude_defaults=True, exclude=set(secret))
    values = {name: getattr(read, name) for name in secret}
    secrets = {
        name: value.get_secret_value() for name, value in values.items() if isinstance(value, SecretStr) and str(value)
    }
    return plain, secrets


async def _sealed(db: Session, inbox_id: UUID, secrets: dict[str, str]) -> bytes | None:
    return await seal(db, f"inbox:{inbox_id}", msgspec.json.encode(secrets).decode()) if secrets else None


async def _opened(db: Session, row: InboxRow) -> dict[str, str]:
    if row.sealed is None:
        return {}
    try:
        return msgspec.json.decode(await unseal(db, f"inbox:{row.id}", row.sealed), type=dict[str, str])
    except Unsealable:
        logger.warning("inbox_secrets_unreadable", inbox_id=str(row.id))
        return {}


async def _check_refs(db: Session, queue_id: UUID | None, calendar_id: UUID | None) -> None:
    if queue_id is not None:
        queues: QueueDirectory | None = runtime_of(db).parts.get(QueueDirectory)
        if queues is None or queue_id not in await queues.names(db, [queue_id]):
            raise Invalid.field("queue_id", "inbox_queue_unknown")
    if calendar_id is not None and await organization.find_calendar(db, calendar_id) is None:
        raise Invalid.field("calendar_id", "inbox_calendar_unknown")


async def _locked(db: Session, inbox_id: UUID) -> InboxRow:
    row = await repository.inbox(db, inbox_id, lock=True)
    if row is None:
        raise NotFound("inbox_not_found")
    return row
