"""Who does something: the first argument after the session of every verb."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from qiao.core.errors import Forbidden
from qiao.core.i18n import DEFAULT_LOCALE

ActorKind = Literal["user", "customer", "bot", "system"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or part of the system, with what it may do. Permissions are names from `qiao.core.permissions`."""

    kind: ActorKind
    id: UUID | None = None
    name: str = ""
    permissions: frozenset[str] = frozenset()
    locale: str = DEFAULT_LOCALE
    queue_ids: frozenset[UUID] = field(default_factory=frozenset)
    department_id: UUID | None = None
    session_id: UUID | None = None
    ip: str | None = None

    def may(self, permission: str) -> bool:
        return self.kind == "system" or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raises Forbidden unless the actor holds `permission`."""
        if not self.may(permission):
            raise Forbidden("permission_missing", permission=permission)

    @classmethod
    def system(cls) -> "Actor":
        return cls(kind="system", name="system")

    @classmethod
    def bot(cls, name: str = "bot") -> "Actor":
        return cls(kind="bot", name=name)
