"""What somebody may be about to type: titles and phrasings, by how they begin or what they contain."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qiao.core.text import normalize
from qiao.knowledge.search.highlight import Span
from qiao.knowledge.search.snapshot import Snapshot
from qiao.knowledge.search.spelling import spelled

_spelled = lru_cache(maxsize=100_000)(spelled)


class Suggestion(NamedTuple):
    text: str
    id: str
    """Of the document whose title or phrasing it is."""
    highlights: list[Span]


class Suggester:
    """Of one snapshot. Forty thousand phrasings are looked through in a few milliseconds."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._rows: list[tuple[str, int]] = []
        for row, document in enumerate(snapshot.documents):
            self._rows += [(text, row) for text in dict.fromkeys((document.title, *document.variants)) if text.strip()]
        self._normal = [normalize(text) for text, _ in self._rows]
        self._spelled: list[tuple[str, str]] | None = None

    def suggest(self, prefix: str, visible: NDArray[np.bool_], limit: int) -> list[Suggestion]:
        wanted = normalize(prefix)
        if not wanted:
            return []
        ranked = self._ranked(wanted)
        found: dict[str, Suggestion] = {}
        taken: set[int] = set()
        for _, place in sorted(ranked):
            text, row = self._rows[place]
            # One line per answer: other phrasings of it would only push others out.
            if not visible[row] or row in taken or self._normal[place] in found:
                continue
            taken.add(row)
            start = text.lower().find(wanted)
            spans = [(start, start + len(wanted))] if start >= 0 else []
            found[self._normal[place]] = Suggestion(text, self.snapshot.documents[row].id, spans)
            if len(found) == limit:
                break
        return list(found.values())

    def _ranked(self, wanted: str) -> list[tuple[tuple[int, int], int]]:
        """How a phrasing matches (begins so, contains it, sounds so), short ones first."""
        ranked: list[tuple[tuple[int, int], int]] = []
        for place, text in enumerate(self._normal):
            at = text.find(wanted)
            if at >= 0:
                ranked.append(((0 if at == 0 else 1, len(text)), place))
        letters = wanted.replace(" ", "")
        if letters.isascii() and letters.isalpha():
            if self._spelled is None:
                self._spelled = [_spelled(text) for text in self._normal]
            hit = {place for _, place in ranked}
            for place, (full, initials) in enumerate(self._spelled):
                if place in hit:
                    continue
                if full.startswith(letters) or initials.startswith(letters):
                    ranked.append(((0, len(initials)), place))
                elif len(letters) > 1 and (letters in full or letters in initials):
                    ranked.append(((2, len(initials)), place))
        return ranked
