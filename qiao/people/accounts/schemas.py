"""What crosses the border of accounts."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

Locale = Literal["zh-CN", "en"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
_EMAIL = re.compile(r"[^\s@<>\"',;:]{1,64}@[^\s@<>\"',;:.]+(\.[^\s@<>\"',;:.]+)*")


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise PydanticCustomError("email_invalid", "not an e-mail address")
    return text


Email = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, max_length=254), AfterValidator(_email)]
# Only what we serve ourselves: a picture elsewhere would tell that server who looks at whom.
AvatarUrl = Annotated[str, StringConstraints(max_length=300, pattern=r"^/api/v1/files/[A-Za-z0-9/_.%-]+$")]
NewPassword = Annotated[str, StringConstraints(max_length=200)]


class Body(BaseModel):
    """A request body: unknown fields are errors, not silence."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class PersonRef(View):
    """A member of staff as others see them. `name` is what customers read."""

    id: UUID
    name: str
    avatar_url: str | None = None


class Contact(View):
    """Where a member of staff is written to."""

    id: UUID
    name: str
    email: str
    locale: str


class UserSettings(BaseModel):
    """How someone likes the console."""

    model_config = ConfigDict(extra="forbid")

    density: Literal["compact", "comfortable"] = "comfortable"
    send_on_enter: bool = True
    sound: bool = True
    notifications: bool = True


class SettingsPatch(Body):
    density: Literal["compact", "comfortable"] | None = None
    send_on_enter: bool | None = None
    sound: bool | None = None
    notifications: bool | None = None


class RoleRef(View):
    id: UUID
    key: str | None
    name: str


class RoleView(RoleRef):
    description: str
    permissions: list[str]
    built_in: bool
    users: int


class UserView(View):
    id: UUID
    email: str
    name: str
    display_name: str | None
    avatar_url: str | None
    locale: str | None
    department_id: UUID | None
    roles: list[RoleRef]
    active: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None


class Me(View):
    """The signed-in person."""

    id: UUID
    email: str
    name: str
    display_name: str | None
    avatar_url: str | None
    locale: str | None
    theme: str
    settings: UserSettings
    department_id: UUID | None
    roles: list[RoleRef]
    permissions: list[str]
    queue_ids: list[UUID]
    must_change_password: bool


class DirectoryEntry(View):
    id: UUID
    name: str
    display_name: str | None
    avatar_url: str | None
    state: str
    can_handle: bool
    """Whether conversations may be given to them."""


class SessionView(View):
    id: UUID
    ip: str | None
    user_agent: str | None
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    current: bool


class TokenView(View):
    id: UUID
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewTokenView(TokenView):
    token: str
    """Shown this once."""


class PermissionView(View):
    key: str
    name: str
    group: str


class AuditEntry(View):
    id: UUID
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    ip: str | None
    action: str
    object_type: str
    object_id: str
    changes: dict[str, Any]


# -- request bodies --------------------------------------------------------------------------------------------------


class LoginBody(Body):
    email: str = Field(max_length=254)
    password: str = Field(max_length=1000)
    remember: bool = False


class PasswordBody(Body):
    current: str = Field(max_length=1000)
    new: NewPassword


class MePatch(Body):
    name: Name | None = None
    display_name: str | None = Field(None, max_length=80)
    avatar_url: AvatarUrl | None = None
    locale: Locale | None = None
    theme: Literal["light", "dark", "system"] | None = None
    settings: SettingsPatch | None = None


class UserCreate(Body):
    email: Email
    name: Name
    display_name: str | None = Field(None, max_length=80)
    password: NewPassword | None = None
    """Empty: a temporary one is made and returned once."""
    role_ids: list[UUID] = Field(min_length=1, max_length=20)
    department_id: UUID | None = None
    locale: Locale | None = None


class UserPatch(Body):
    email: Email | None = None
    name: Name | None = None
    display_name: str | None = Field(None, max_length=80)
    avatar_url: AvatarUrl | None = None
    role_ids: list[UUID] | None = Field(None, min_length=1, max_length=20)
    department_id: UUID | None = None
    locale: Locale | None = None
    active: bool | None = None


class RoleCreate(Body):
    name: Name
    description: str = Field("", max_length=300)
    permissions: list[str] = Field(max_length=100)


class RolePatch(Body):
    name: Name | None = None
    description: str | None = Field(None, max_length=300)
    permissions: list[str] | None = Field(None, max_length=100)


class TokenCreate(Body):
    name: Name
    scopes: list[str] = Field(min_length=1, max_length=100)
    expires_at: AwareDatetime | None = None
