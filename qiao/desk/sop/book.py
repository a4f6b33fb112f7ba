"""Published procedures and their versions, as one process knows them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.sop import repository
from qiao.desk.sop.document import Procedure, Sub

MOST_KEPT: Final = 300


class SopBook:
    """One per process. Which versions are in use is asked of the database each time (a handful of rows), so that every
    process obeys a publication at once; a version itself never changes and is read once."""

    def __init__(self) -> None:
        self._documents: dict[UUID, Procedure] = {}

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
