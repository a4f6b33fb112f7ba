"""Published procedures and their versions, as one process knows them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from weakref import WeakSet

from qiao.core.db import Db, Session
from qiao.core.events import Envelope
from qiao.core.runtime import runtime_of
from qiao.desk.sop import repository
from qiao.desk.sop.document import Procedure, Sub
from qiao.desk.sop.events import ProcedurePublished

MOST_KEPT: Final = 300
_BOOKS: "WeakSet[SopBook]" = WeakSet()


def any_starts() -> bool:
    """Whether in this process a procedure may start by itself."""
    books = list(_BOOKS)
    return not books or any(book.starting for book in books)


class SopBook:
    """One per process. Which versions are in use is asked of the database each time (a handful of rows), so that every
    process obeys a publication at once; a version itself never changes and is read once.

    Whether any procedure starts by itself is kept, and read anew when the log says that one was published: a new ticket
    costs nothing where none does."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._documents: dict[UUID, Procedure] = {}
        self._starting: bool | None = None
        self._forgotten = 0
        _BOOKS.add(self)

    @property
    def starting(self) -> bool:
        """Whether a procedure may start by itself. True as long as it is not known."""
        return self._starting is not False

    def forget(self) -> None:
        """One was published here, or taken back."""
        self._starting = None
        self._forgotten += 1

    async def heard(self, batch: Sequence[Envelope]) -> None:
        """The log's listener: in this process or another, somebody published."""
        if any(envelope.kind == ProcedurePublished.kind for envelope in batch):
            self.forget()
            await self.read()

    async def read(self) -> None:
        began = self._forgotten
        async with self._db.read() as db:
            rows = await repository.published(db)
            known = await self.documents(db, [version for _, _, version in rows])
        if self._forgotten == began:
            self._starting = any(document.start.by_itself for document in known.values())

    async def documents(self, db: Session, ids: Iterable[UUID]) -> dict[UUID, Procedure]:
        """Documents by version, as far as they exist."""
        wanted = set(ids)
        missing = wanted - set(self._documents)
        if missing:
            for version_id, document in (await repository.documents(db, missing)).items():
                self._documents[version_id] = Procedure.model_validate(document)
            while len(self._documents) > MOST_KEPT + len(wanted):
                self._documents.pop(next(key for key in self._documents if key not in wanted))
        return {key: self._documents[key] for key in wanted if key in self._documents}


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library (see `machine`) of what was loaded for one act."""

    documents: Mapping[str, Procedure]
    in_use: Mapping[str, str]

    def document(self, version: str) -> Procedure:
        return self.documents[version]

    def current(self, key: str) -> str | None:
        return self.in_use.get(key)


async def published(db: Session) -> dict[str, tuple[UUID, UUID, Procedure]]:
    """Key → procedure, version and document in use."""
    rows = await repository.published(db)
    known = await runtime_of(db).get(SopBook).documents(db, [version for _, _, version in rows])
    return {key: (procedure, version, known[version]) for key, procedure, version in rows if version in known}


async def shelf(db: Session, versions: Iterable[UUID]) -> Shelf:
    """These versions with all they may lead into."""
    book = runtime_of(db).get(SopBook)
    documents = await book.documents(db, versions)
    in_use: dict[str, str] = {}
    if any(isinstance(step, Sub) for document in documents.values() for step in document.steps):
        for key, (_, version, document) in (await published(db)).items():
            in_use[key] = str(version)
            documents[version] = document
    return Shelf({str(version): document for version, document in documents.items()}, in_use)
