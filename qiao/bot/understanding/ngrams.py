"""N-grams of characters and words as a sparse matrix, without a dictionary for either language."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.core.text import normalize

WORDS: Final = r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3400-\u4dbf\u4e00-\u9fff]+"
_MOST: Final = 300_000


class Ngrams:
    """Characters 1–4 and words 1–2 (a Chinese character is a word), sublinear tf-idf, each half of unit length."""

    def __init__(self) -> None:
        self._parts = [
            _vectorizer(analyzer="char", ngram_range=(1, 4), min_df=2),
            _vectorizer(token_pattern=WORDS, ngram_range=(1, 2), min_df=1),
        ]

    def fit(self, texts: Sequence[str]) -> Any:
        clean = [normalize(text) for text in texts]
        if len(clean) < 20:
            self._parts[0].set_params(min_df=1)
        return self._stack([part.fit_transform(clean) for part in self._parts])

    def __call__(self, texts: Sequence[str]) -> Any:
        clean = [normalize(text) for text in texts]
        return self._stack([part.transform(clean) for part in self._parts])

    @staticmethod
    def _stack(parts: list[Any]) -> Any:
        from scipy.sparse import hstack

        return hstack(parts, format="csr") * np.float32(np.sqrt(0.5))

    def state(self) -> tuple[list[list[str]], list[npt.NDArray[np.float32]]]:
        """Vocabularies in order of their columns, and their weights."""
        words = [sorted(part.vocabulary_, key=part.vocabulary_.__getitem__) for part in self._parts]
        return words, [part.idf_ for part in self._parts]

    @classmethod
    def restored(cls, words: list[list[str]], weights: Sequence[npt.NDArray[np.float32]]) -> "Ngrams":
        made = cls()
        for part, names, idf in zip(made._parts, words, weights, strict=True):
            part.vocabulary_ = {name: at for at, name in enumerate(names)}
            part.fixed_vocabulary_ = True
            part.idf_ = np.asarray(idf, np.float32)
        return made


def _vectorizer(**options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(sublinear_tf=True, max_features=_MOST, lowercase=False, dtype=np.float32, **options)
