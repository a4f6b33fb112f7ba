"""What crosses the border of sensitive words."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Direction = Literal["in", "out", "both"]
WordAction = Literal["block", "mask", "handoff", "flag"]


def _line(value: str) -> str:
    return " ".join(value.replace("\x00", "").split())


Word = Annotated[str, Field(max_length=80), AfterValidator(_line)]
Note = Annotated[str, Field(max_length=200), AfterValidator(_line)]


class WordView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    word: str
    direction: Direction
    action: WordAction
    note: str


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WordCreate(_Body):
    """`in`: what customers write to the bot; `out`: what agents and the bot write.

    `block` refuses, `mask` puts stars, `handoff` gives the conversation to a person (in only), `flag` notes it for who
    takes over (in only). Outwards, handoff blocks and flag lets pass.
    """

    word: Word
    direction: Direction = "both"
    action: WordAction = "block"
    note: Note = ""


class WordPatch(_Body):
    """Only what is given changes."""

    word: Word | None = None
    direction: Direction | None = None
    action: WordAction | None = None
    note: Note | None = None


class WordImport(_Body):
    """`text`: a word per line. `direction` and `action` are those of all; words already there are left alone."""

    text: str = Field(max_length=1_000_000)
    direction: Direction = "both"
    action: WordAction = "block"


class ImportedView(BaseModel):
    added: int
    known: int
    """Lines whose word was there already, or twice in the text."""
    refused: list[str]
    """Lines that are no word: too long, or without a letter. At most 20 of them."""
    refused_count: int


class CheckBody(_Body):
    text: str = Field(min_length=1, max_length=4000)
    direction: Literal["in", "out"] = "out"


class CheckView(BaseModel):
    """What would happen to the text; `text` is what it would become."""

    words: list[WordView]
    outcome: Literal["pass", "block", "mask", "handoff", "flag"]
    text: str
