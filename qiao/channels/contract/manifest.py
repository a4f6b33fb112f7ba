"""What a channel says about itself."""

from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import BaseModel

from qiao.people.customers.schemas import IdentityKind

KINDS: Final = ("text", "image", "file", "card", "choices", "event")
"""Every kind of message a customer may see."""


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


@dataclass(frozen=True, slots=True)
class Manifest:
    """`title` and `summary` are by locale; `settings` is the model the console renders a form from."""

    name: str
    title: dict[str, str]
    summary: dict[str, str]
    identity_kind: IdentityKind
    capabilities: Capabilities
    settings: type[BaseModel]
    docs: str = ""
    limits: dict[str, int] = field(default_factory=dict)
