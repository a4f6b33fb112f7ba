"""The rules that wait for events, known in every process without asking: events nobody waits for cost nothing."""

from collections.abc import Sequence
from datetime import datetime
from weakref import WeakSet

from qiao.core.db import Db
from qiao.core.events import Envelope
from qiao.desk.automation import conditions, policy, repository
from qiao.desk.automation.events import RulesChanged
from qiao.desk.automation.models import AutomationRule
from qiao.desk.automation.schemas import EventTrigger

_BOOKS: "WeakSet[RuleBook]" = WeakSet()


def anybody_waits(kind: str) -> bool:
    """Whether a rule of this process may want an event, told from its kind alone."""
    books = list(_BOOKS)
    return not books or any(book.waits_for(kind) for book in books)


class RuleBook:
    """Enabled rules with an event as trigger, and the kinds of events they wait for. Read anew when the log says that
    rules changed."""

    def __init__(self, db: Db):
        self._db = db
        self._kinds: frozenset[str] | None = None
        self._rules: tuple[tuple[EventTrigger, AutomationRule], ...] = ()
        self._forgotten = 0
        _BOOKS.add(self)

    def forget(self) -> None:
        """A rule was changed here: until they are read anew, every event may matter."""
        self._kinds = None
        self._forgotten += 1

    async def heard(self, batch: Sequence[Envelope]) -> None:
        """The log's listener: in this process or another, somebody changed a rule."""
        if any(envelope.kind == RulesChanged.kind for envelope in batch):
            self.forget()
            await self.read()

    async def read(self) -> None:
        began = self._forgotten
        async with self._db.read() as db:
            found = []
            for rule in await repository.rules(db):
                trigger = conditions.TRIGGER.validate_python(rule.trigger)
                if rule.enabled and isinstance(trigger, EventTrigger) and trigger.event in policy.EVENTS:
                    found.append((trigger, rule))
        if self._forgotten == began:
            self._rules = tuple(found)
            self._kinds = frozenset(policy.EVENTS[trigger.event].kind for trigger, _ in found)

    def waits_for(self, kind: str) -> bool:
        """Whether a rule may want an event. True as long as it is not known."""
        return self._kinds is None or kind in self._kinds

    def rules(self, subject: str, at: datetime) -> list[tuple[EventTrigger, AutomationRule]] | None:
        """Those in force for a kind of object, in their order, to be read only; None as long as they are not known."""
        if self._kinds is None:
            return None
        return [
            (trigger, rule)
            for trigger, rule in self._rules
            if rule.subject == subject
            and (rule.active_from is None or rule.active_from <= at)
            and (rule.active_until is None or rule.active_until > at)
        ]
