"""Texts of one file given labels as the rows of another teach them, by the classifier the product uses."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from qiao.bot.evaluation.jsonl import BadInputError, Row, read, replacing

Progress = Callable[[str, int, int], None]
_ROW: Final = {"id": str, "text": str}


def classify(train: Path, test: Path, out: Path, *, locale: str, progress: Progress) -> int:
    """Writes a row per text of `test`; everything is read, and refused if need be, before anything is written."""
    taught = [
        (row["text"], _label(row, number, train, locale))
        for number, row in read(train, locale, required=_ROW, unique="id")
    ]
    asked = [(row["id"], row["text"]) for _, row in read(test, locale, required=_ROW, unique="id")]
    from qiao.bot.understanding.classifier import Classifier

    with replacing(out, locale) as write:
        classifier = Classifier().fit([text for text, _ in taught], [label for _, label in taught], progress=progress)
        found = classifier.predict([text for _, text in asked], progress=progress)
        for (key, _), prediction in zip(asked, found, strict=True):
            write({"id": key, "label": prediction.label, "score": round(prediction.score, 6)})
    return len(asked)


def one_thread() -> None:
    """Before numpy is loaded: the work is many small products, for which more threads are slower."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _label(row: Row, number: int, path: Path, locale: str) -> str:
    """Labels may be numbers (0 = negative); they are told apart and given back as text."""
    if "label" not in row:
        raise BadInputError("missing_key", locale, file=path, line=number, name="label")
    label = row["label"]
    if isinstance(label, bool) or not isinstance(label, str | int):
        raise BadInputError("wrong_type", locale, file=path, line=number, name="label")
    text = str(label).strip()
    if not text:
        raise BadInputError("empty_text", locale, file=path, line=number, name="label")
    return text
