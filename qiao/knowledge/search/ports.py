"""What the engine needs from outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors. Constructing one is cheap; `warm_up` loads the model."""

    @property
    def name(self) -> str:
        """Identifies model and version: vectors of different names never meet, calibration is per name."""

    @property
    def dimensions(self) -> int: ...

    @property
    def floor(self) -> float:
        """Cosine of two texts that have nothing to do with each other; the scale starts there."""

    def warm_up(self) -> None: ...

    def questions(self, texts: Sequence[str]) -> Vectors:
        """One row per text, for what people ask and for the phrasings it is compared with."""

    def passages(self, texts: Sequence[str]) -> Vectors:
        """One row per text, for running text."""


class SecondEmbedder(Embedder, Protocol):
    """One that reads too slowly to compare everything by, and looks again at what was found."""

    @property
    def usual(self) -> Vectors:
        """The mean vector of questions of all trades."""


class VectorCache(Protocol):
    """Keeps vectors by content, so that a restart does not embed again."""

    def get(self, keys: Sequence[bytes], dimensions: int) -> Mapping[bytes, Vectors]: ...

    def put(self, vectors: Mapping[bytes, Vectors]) -> None: ...

    def close(self) -> None:
        """Gives back what it holds; used again, it takes it again."""
        ...
