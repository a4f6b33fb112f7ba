"""What crosses the border: entries, and the menu as an editor shows it."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, computed_field, model_validator
from pydantic_core import PydanticCustomError

SCENE_MOST: Final = {"wechat": 64, "wechat_mini": 32}
DAYS_MOST: Final = 30
COLUMN_BYTES: Final = 16
ROW_BYTES: Final = 60
KEY_BYTES: Final = 128
SAY: Final = "say:"
"""What a click's key begins with that stands for words of the customer's."""


def _link(url: str) -> str:
    if not url.startswith(("https://", "http://")) or any(sign.isspace() for sign in url):
        raise PydanticCustomError("wechat.menu_link", "not a link")
    return url


def _bytes(most: int) -> AfterValidator:
    def check(text: str) -> str:
        if len(text.encode()) > most:
            raise PydanticCustomError("wechat.menu_key_long", "too long", {"most": most})
        return text

    return AfterValidator(check)


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Link = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1024), AfterValidator(_link)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- entries -----------------------------------------------------------------------------------------------------------


class EntryView(BaseModel):
    """An entry. `url` is what the code says, for printing it elsewhere; `image` is where its picture is."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    inbox_id: UUID
    scene: str
    title: str
    queue_id: UUID | None
    user_id: UUID | None
    welcome: str
    url: str
    page: str
    expires_at: datetime | None
    scans: int
    scanned_at: datetime | None
    created_at: datetime

    @computed_field  # type: ignore[prop-decorator]  # pydantic reads the property
    @property
    def image(self) -> str:
        return f"/api/v1/wechat/entries/{self.id}/image"


class EntryCreate(_Body):
    """A code that lasts `days`, or for ever without. `queue_id` or `user_id` is where its conversations go; neither: where
    those of the inbox go. `welcome` is said at a scan. `page`: which page of the mini program it opens."""

    scene: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    title: Line
    queue_id: UUID | None = None
    user_id: UUID | None = None
    welcome: str = Field("", max_length=600)
    days: int | None = Field(None, ge=1, le=DAYS_MOST)
    page: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""

    @model_validator(mode="after")
    def _one(self) -> "EntryCreate":
        return _one_goal(self)


class EntryPatch(_Body):
    """Only what is given changes; the scene never does."""

    title: Line | None = None
    queue_id: UUID | None = None
    user_id: UUID | None = None
    welcome: str | None = Field(None, max_length=600)

    @model_validator(mode="after")
    def _one(self) -> "EntryPatch":
        return _one_goal(self)


Goal = TypeVar("Goal", EntryCreate, EntryPatch)


def _one_goal(body: Goal) -> Goal:
    if body.queue_id is not None and body.user_id is not None:
        raise PydanticCustomError("wechat.queue_or_agent", "one of both")
    return body


# -- the menu ----------------------------------------------------------------------------------------------------------


class OpenLink(_Body):
    """Opens a web page."""

    kind: Literal["link"]
    url: Link


class OpenProgram(_Body):
    """Opens a mini program; `url` for versions of WeChat that know none."""

    kind: Literal["program"]
    appid: Line
    pagepath: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    url: Link


class Say(_Body):
    """Says `text` as if the customer had written it: the bot answers, or people do."""

    kind: Literal["say"]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), _bytes(KEY_BYTES - len(SAY))]


class Click(_Body):
    """Tells us that it was pressed, with `key`."""

    kind: Literal["click"]
    key: Annotated[str, StringConstraints(min_length=1), _bytes(KEY_BYTES)]


class Scan(_Body):
    """Opens the scanner and tells us what was scanned; `wait`: with a note that something is being looked up."""

    kind: Literal["scan"]
    key: Annotated[str, StringConstraints(min_length=1), _bytes(KEY_BYTES)]
    wait: bool = True


class Other(_Body):
    """A button this editor does not know, kept as WeChat has it."""

    kind: Literal["other"]
    raw: dict[str, Any]


Action = Annotated[OpenLink | OpenProgram | Say | Click | Scan | Other, Field(discriminator="kind")]


class Row(_Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), _bytes(ROW_BYTES)]
    action: Action


class Column(_Body):
    """One of the buttons at the bottom: it does something, or opens up to five rows."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1), _bytes(COLUMN_BYTES)]
    action: Action | None = None
    rows: Annotated[list[Row], Field(max_length=5)] = []

    @model_validator(mode="after")
    def _something(self) -> "Column":
        if (self.action is None) == (not self.rows):
            raise PydanticCustomError("wechat.menu_empty", "nothing or both")
        return self


class Menu(_Body):
    """The menu of an official account; without columns it has none."""

    columns: Annotated[list[Column], Field(max_length=3)] = []
