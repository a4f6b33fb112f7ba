"""Where a conversation stands in its flows. Plain data: kept as JSON, changed by the machine only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from qiao.bot.tools.ports import Subject

Outcome = Literal["completed", "cancelled", "handoff", "failed", "timed_out", "abandoned"]
Mode = Literal["step", "change", "order", "code"]
MOST_FRAMES: Final = 3
"""A flow inside a flow inside a flow; a fourth begins only when one has ended."""


@dataclass
class Frame:
    """One running flow. `asked` counts how often each step has asked, `visits` how often a tool step has run."""

    flow: str
    version_id: str
    run_id: str
    step: str = ""
    """The step that waits for the customer."""
    mode: Mode = "step"
    slots: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    """Outputs of tools by the name they were saved as."""
    asked: dict[str, int] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    changes: int = 0
    detours: int = 0
    wrote: bool = False
    """A tool has changed something: what was found out before can no longer be corrected."""
    proof: str = ""
    """The order number a stranger named, while their code is awaited."""


@dataclass
class State:
    """The flows of one conversation: the last frame is the one being talked about."""

    frames: list[Frame] = field(default_factory=list)
    subject: Subject | None = None
    """Whom the customer has proven to be in this conversation."""
    subject_until: datetime | None = None
    locale: str = ""
    """The language the flow is held in: an order number alone says nothing about it."""

    @property
    def active(self) -> Frame | None:
        return self.frames[-1] if self.frames else None


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    label: str


@dataclass
class Line:
    """One thing to say. With options it is a question to be answered by pressing one, or in words."""

    text: str
    options: tuple[Option, ...] = ()
    card: dict[str, Any] | None = None


@dataclass
class Ended:
    frame: Frame
    outcome: Outcome


@dataclass
class Turn:
    """What the machine makes of one message. `unheard`: no answer to what was asked; look elsewhere first."""

    lines: list[Line] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    unheard: bool = False
    handoff: bool = False
    started: str | None = None

    def say(self, text: str, options: tuple[Option, ...] = (), card: dict[str, Any] | None = None) -> None:
        if text.strip() or card:
            self.lines.append(Line(text.strip(), options, card))


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
