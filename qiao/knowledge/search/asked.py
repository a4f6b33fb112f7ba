"""What was asked, prepared for looking it up: a question as a whole, a letter sentence by sentence."""

from typing import Final

from qiao.core.text import normalize
from qiao.knowledge.search.text import document_terms, pair_terms, sentences, unit_terms

LONGEST: Final = 8000
"""Characters that are read."""
LETTER: Final = 200
"""What is longer is a letter: its sentences are looked up one by one."""
TELLING: Final = 12
"""Sentences of a letter whose meaning is looked up one by one; every one takes 1.5 ms."""


class Asked:
    """A question prepared once for all documents."""

    def __init__(self, text: str) -> None:
        text = text[:LONGEST]
        self.normal = normalize(text)
        self.sentences = [normalize(part) for part in sentences(text)] if is_letter(text) else []
        self.parts = [document_terms(part) for part in self.sentences] or [document_terms(self.normal)]
        self.pairs = pair_terms(self.normal)
        self.units = unit_terms(self.normal)

    def telling(self) -> list[str]:
        """The sentences of a letter that say most."""
        most = sorted(range(len(self.sentences)), key=lambda at: -len(set(self.parts[at])))
        return [self.sentences[at] for at in most[:TELLING]]


def is_letter(text: str) -> bool:
    """Whether a message is so long that its sentences are looked up one by one."""
    return len(text) > LETTER
