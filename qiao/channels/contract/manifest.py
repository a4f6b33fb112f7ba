"""What a channel says about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel, SecretStr

KINDS: Final = ("text", "image", "file", "card", "choices", "event")
"""Every kind of message a customer may see."""


@dataclass(frozen=True, slots=True)
class Window:
    """How long, and how often, the provider lets us answer after a customer has written."""

    open_for: timedelta
    messages: int | None = None
    """At most this many answers to each message of the customer; None: any number."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry. Kinds it lacks reach it as text.

    `delivery`: `live` shows messages over realtime by itself, `push` hands them to an adapter, where one is configured.
    """

    receives: frozenset[str]
    sends: frozenset[str]
    delivery: Literal["live", "push"]
    longest_text: int = 10_000
    typing: bool = False
    read_receipts: bool = False
    receipts: bool = False
    """Whether the provider tells what became of a message; without, what it took counts as delivered."""
    window: Window | None = None
    templates: bool = False
    """Whether a message the provider approved beforehand may be sent outside the window (payload `template`)."""
    recall: timedelta | None = None
    """How long after sending the channel takes a message back; None: never."""
    attachments: bool = False
    """Whether one text may carry files (payload `attachments`); otherwise each file is a message of its own."""
    starts: bool = False
    """Whether we may write first to a customer whose address we know."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`title` and `summary` are by locale; `settings` is the model the console renders a form from.

    Fields of type SecretStr are stored sealed and never shown again. Texts of the form are in the `json_schema_extra` of
    each field: `title` and `help` by locale; `group`, `placeholder`, `multiline`, `widget` where they help.
    """

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    identity_kind: str
    capabilities: Capabilities
    settings: type[BaseModel]
    docs: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    """`per_second` and `burst`: how fast the provider takes messages of one inbox. `media_bytes`: its largest file."""
    group: Literal["web", "mail", "social", "work", "phone", "counter", "open"] = "open"
    """The shelf it stands on when an inbox is added."""
    reaches: Mapping[str, Callable[[str], str | None]] = field(default_factory=dict)
    """Kinds of verified facts (`phone`, `email`) that are addresses here, and how each is written as one (None: not)."""


@cache  # every look-up of an inbox asks, and a model never changes
def secrets_of(model: type[BaseModel]) -> frozenset[str]:
    """Names of the settings that are stored sealed."""
    return frozenset(name for name, info in model.model_fields.items() if SecretStr in _types(info.annotation))


def _types(annotation: Any) -> set[Any]:
    inner = getattr(annotation, "__args__", ())
    return {annotation}.union(*(_types(one) for one in inner)) if inner else {annotation}
