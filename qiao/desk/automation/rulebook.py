"""Which events any rule waits for, known in every process without asking: other events cost nothing."""

from collections.abc import Sequence
from weakref import WeakSet

from qiao.core.db import Db
from qiao.core.events import Envelope
from qiao.desk.automation import conditions, policy, repository
from qiao.desk.automation.events import RulesChanged
from qiao.desk.automation.schemas import EventTrigger

_BOOKS: "WeakSet[RuleBook]" = WeakSet()


def anybody_waits(kind: str) -> bool:
    """Whether a rule of this process may want an event, told from its kind alone."""
    books = list(_BOOKS)
    return not books or any(book.waits_for(kind) for book in books)


class RuleBook:
    """Kinds of events enabled rules wait for. Read anew when the log says that rules changed."""

    def __init__(self, db: Db):
        self._db = db
        self._kinds: frozenset[str] | None = None
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
            found = set()
            for rule in await repository.rules(db):
                trigger = conditions.TRIGGER.validate_python(rule.trigger)
                if rule.enabled and isinstance(trigger, EventTrigger) and trigger.event in policy.EVENTS:
                    found.add(policy.EVENTS[trigger.event].kind)
        if self._forgotten == began:
            self._kinds = frozenset(found)

    def waits_for(self, kind: str) -> bool:
        """Whether a rule may want an event. True as long as it is not known."""
        return self._kinds is None or kind in self._kinds
