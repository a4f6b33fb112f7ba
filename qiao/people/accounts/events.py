"""Facts accounts announces."""

from uuid import UUID

from qiao.core.events import Event, event


@event("user.created")
class UserCreated(Event, frozen=True, kw_only=True):
    user_id: UUID


@event("user.changed")
class UserChanged(Event, frozen=True, kw_only=True):
    """Profile, roles or state of a member of staff changed. `fields` names what."""

    user_id: UUID
    fields: tuple[str, ...]
    active: bool


@event("user.access_changed")
class AccessChanged(Event, frozen=True, kw_only=True):
    """What a person may do changed; open connections must be looked at again."""

    user_id: UUID


@event("user.sessions_ended")
class SessionsEnded(Event, frozen=True, kw_only=True):
    """Sessions of a person ended; `session_ids` empty means all of them and every token's connection."""

    user_id: UUID
    session_ids: tuple[UUID, ...]


@event("user.token_deleted")
class TokenDeleted(Event, frozen=True, kw_only=True):
    """A personal API token is no good any more; connections made with it end."""

    user_id: UUID
    token_id: UUID
