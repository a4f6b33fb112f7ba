"""A classifier for short texts in Chinese and English that says how sure it is.

It learns from a few to some ten thousand labelled texts: least squares on kernels of several views, beside linear
machines on n-grams where there are few labels, mixed as leaving examples out shows to be best. Probabilities are fitted
on the same left-out scores, so they mean what they say. Texts labelled `oos` teach what belongs to no label.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qiao.bot.understanding.features import SECOND, Encoder, Floats, tokens
from qiao.bot.understanding.kernel import LEXICAL, Ridge, Scale, subset
from qiao.bot.understanding.linear import Linear
from qiao.bot.understanding.ngrams import Ngrams
from qiao.bot.understanding.scope import Scope

OOS: Final = "oos"
_TRIED: Final = 2500
"""Rows that the choice of a mixture is made on."""
_TRIED_LANDMARKS: Final = 1250
_FEW_LABELS: Final = 12
_FEW_ROWS: Final = 400
"""With fewer, choosing costs more than it gains: the best of thirty on 200 rows is the luckiest."""
_READ_TWICE_TOKENS: Final = 250_000
"""Of all examples together; beyond that the second model, which takes a millisecond for each, adds little for its minutes."""
_NAMED_ROWS: Final = 50
"""Of a label: with so few examples its own name is one more. With ten it is worth a point of accuracy."""
_NAME: Final = re.compile(r"[^\W\d_]{3,}|[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_NO_NAME: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{16,}|[A-Za-z]{0,3}[\W_]?\d+", re.IGNORECASE)
_SAFE: Final = {"meaning": 1.0, "words": 1.0, LEXICAL: 0.5}
_SAFE_TWICE: Final = {"meaning": 0.5, "words": 0.5, SECOND: 2.0, LEXICAL: 0.25}
_MIXTURES: Final[tuple[dict[str, float], ...]] = (
    {"meaning": 1.0},
    {"meaning": 1.0, LEXICAL: 1.0},
    {"meaning": 1.0, "words": 1.0},
    {"meaning": 1.0, "words": 1.0, LEXICAL: 0.5},
    {"meaning": 1.0, "words": 1.0, LEXICAL: 2.0},
    {"meaning": 1.0, "words": 1.0, "peaks": 1.0, LEXICAL: 2.0},
    {SECOND: 2.0, LEXICAL: 0.5},
    _SAFE_TWICE,
    {"meaning": 1.0, "words": 1.0, SECOND: 2.0, LEXICAL: 0.5},
)
_PENALTIES: Final = (0.03, 0.1, 0.3, 1.0, 3.0)
_REFUSED: Final = 0.35
"""Below this probability of being in scope a text is called out of it. Not a half: a wrong label is asked back about, a
question turned away is lost."""
_VERSION: Final = 1

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Prediction:
    label: str
    score: float
    """Probability of the label; with out-of-scope examples in the training: that the text is in scope."""


@dataclass
class Choice:
    """What was found to be best on the training rows; kept when more rows come."""

    mixture: dict[str, float]
    penalty: float
    machines: float = 0.0
    """Weight of the linear machines beside the kernels."""
    sharpness: tuple[float, float] = (6.0, 3.0)
    """Of kernels and machines: how scores become probabilities."""


@dataclass
class Classifier:
    """`fit` or `restored` first. Not for two threads at once while fitting."""

    encoder: Encoder = field(default_factory=Encoder)
    labels: list[str] = field(default_factory=list)
    choice: Choice | None = None
    _ngrams: Ngrams | None = None
    _ridge: Ridge | None = None
    _linear: Linear | None = None
    _scope: Scope | None = None

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        keep_choice: bool = False,
        progress: Progress | None = None,
    ) -> "Classifier":
        """Learns anew from all rows. `keep_choice`: more rows of the same kind came, only solve again."""
        if len(texts) != len(labels) or not texts:
            raise ValueError("as many labels as texts, and at least one")
        self.labels = sorted(set(labels))
        number = {label: at for at, label in enumerate(self.labels)}
        answers = np.array([number[label] for label in labels])
        names = _names(labels)
        every = [*texts, *names.values()]
        targets = np.zeros((len(every), len(self.labels)), np.float32)
        targets[np.arange(len(every)), [*answers, *(number[label] for label in names)]] = 1.0
        self._ridge = self._linear = self._scope = None
        self._ngrams = Ngrams()
        twice = sum(map(tokens, texts)) <= _READ_TWICE_TOKENS
        views: dict[str, Any] = {**self._encode(every, "reading", progress, twice), LEXICAL: self._ngrams.fit(every)}
        if len(self.labels) == 1:
            self.choice = Choice({"meaning": 1.0}, 0.1)
            return self
        if not (keep_choice and self.choice and set(self.choice.mixture) <= set(views)):
            mixture, penalty = _best_mixture(views, targets, progress)
            self.choice = Choice(mixture, penalty)
        choice = self.choice
        if progress:
            progress("learning", 0, 1)
        self._ridge = Ridge(choice.mixture, choice.penalty).fit(views, targets)
        # Names help to tell labels apart; how sure to be is told by what people wrote.
        left_out = self._ridge.left_out()[: len(texts)]
        written = subset(views, np.arange(len(texts)))
        machine: Floats | None = None
        if len(self.labels) <= _FEW_LABELS and len(texts) >= _FEW_ROWS:
            self._linear = Linear().fit(written, answers, len(self.labels))
            machine = self._linear.left_out
        _mix(choice, left_out, machine, answers)
        if choice.machines == 0.0:
            self._linear = None
        if OOS in number and len(self.labels) > 2:
            self._scope = Scope(number[OOS]).fit(self._ridge, left_out, written, answers)
        self._ridge.forget()
        if progress:
            progress("learning", 1, 1)
        return self

    def predict_proba(self, texts: Sequence[str], progress: Progress | None = None) -> Floats:
        """A row per text, a column per label of `labels`."""
        return self._probabilities(texts, progress)[0]

    def predict(self, texts: Sequence[str], progress: Progress | None = None) -> list[Prediction]:
        """The most probable label of each text."""
        probabilities, within = self._probabilities(texts, progress)
        best = probabilities.argmax(axis=1)
        if within is None or self._scope is None:
            return [Prediction(self.labels[at], float(row[at])) for row, at in zip(probabilities, best, strict=True)]
        # First whether it belongs to any label, then to which: doubt among labels is no sign of being out of scope.
        inner = probabilities.copy()
        inner[:, self._scope.oos] = -1
        best = np.where(within < _REFUSED, self._scope.oos, inner.argmax(axis=1))
        return [Prediction(self.labels[at], float(score)) for at, score in zip(best, within, strict=True)]

    def _probabilities(
        self, texts: Sequence[str], progress: Progress | None
    ) -> tuple[Floats, npt.NDArray[np.float32] | None]:
        if not self.labels:
            raise ValueError("not fitted")
        if self._ridge is None or self._ngrams is None or self.choice is None:
            return np.ones((len(texts), 1), np.float32), None
        parts: list[tuple[Floats, npt.NDArray[np.float32] | None]] = []
        for start in range(0, max(len(texts), 1), 1024):
            part = texts[start : start + 1024]
            if not part:
                break
            twice = SECOND in self.choice.mixture
            views: dict[str, Any] = {**self._encode(part, "reading", None, twice), LEXICAL: self._ngrams(part)}
            if twice and SECOND not in views:
                raise ValueError("fitted with a second model that does not load here: fit again")
            scores = self._ridge(views)
            probabilities = _softmax(scores * self.choice.sharpness[0])
            if self._linear is not None:
                other = _softmax(self._linear(views) * self.choice.sharpness[1])
                probabilities = _blend(probabilities, other, self.choice.machines)
            within = None
            if self._scope is not None:
                within = self._scope(scores, views)
                probabilities = self._scope.spread(probabilities, within)
            parts.append((probabilities, within))
            if progress:
                progress("classifying", start + len(part), len(texts))
        if not parts:
            return np.empty((0, len(self.labels)), np.float32), None
        withins = [within for _, within in parts if within is not None]
        return np.vstack([p for p, _ in parts]), np.concatenate(withins) if withins else None

    def _encode(
        self, texts: Sequence[str], stage: str, progress: Progress | None, twice: bool = False
    ) -> dict[str, Floats]:
        parts: list[dict[str, Floats]] = []
        for start in range(0, len(texts), 256):
            part = texts[start : start + 256]
            found = self.encoder(part)
            second = self.encoder.second(part) if twice else None
            parts.append(found if second is None else {**found, SECOND: second})
            if progress:
                progress(stage, min(start + 256, len(texts)), len(texts))
        return {name: np.vstack([part[name] for part in parts]) for name in parts[0]}

    # -- to bytes and back ---------------------------------------------------------------------------------------------

    def save(self) -> bytes:
        """Everything `restored` needs; no code is in it, so it may be kept in a table or a file store."""
        if not self.labels or self.choice is None or self._ngrams is None:
            raise ValueError("not fitted")
        words, weights = self._ngrams.state()
        about: dict[str, Any] = {
            "version": _VERSION,
            "encoder": self.encoder.name,
            "labels": self.labels,
            "words": words,
            "choice": vars(self.choice),
        }
        arrays: dict[str, Any] = {f"idf{at}": idf for at, idf in enumerate(weights)}
        if self._ridge is not None:
            arrays["ridge"] = self._ridge.weights
            for name, scale in self._ridge.scales.items():
                arrays |= {f"centre.{name}": scale.centre, f"gamma.{name}": np.float32(scale.gamma)}
            for name, rows in self._ridge.anchors.items():
                arrays |= _packed(f"anchor.{name}", rows)
        if self._linear is not None:
            arrays |= {f"linear.{name}": value for name, value in self._linear.state().items()}
        if self._scope is not None:
            arrays |= {f"scope.{name}": value for name, value in self._scope.state().items()}
        out = io.BytesIO()
        np.savez_compressed(out, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
        return out.getvalue()

    @classmethod
    def restored(cls, data: bytes, encoder: Encoder | None = None) -> "Classifier":
        """What `save` wrote. Raises ValueError when it is of another encoder or version: fit again."""
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(arrays.pop("about").tobytes())
        made = cls(encoder or Encoder())
        if about["version"] != _VERSION or about["encoder"] != made.encoder.name:
            raise ValueError("fitted with another encoder or version")
        made.labels = about["labels"]
        made.choice = Choice(**{**about["choice"], "sharpness": tuple(about["choice"]["sharpness"])})
        made._ngrams = Ngrams.restored(about["words"], [arrays["idf0"], arrays["idf1"]])
        if "ridge" in arrays:
            ridge = Ridge(made.choice.mixture, made.choice.penalty)
            ridge.weights = arrays["ridge"]
            for name in made.choice.mixture:
                if name != LEXICAL:
                    ridge.scales[name] = Scale(arrays[f"centre.{name}"], float(arrays[f"gamma.{name}"]))
                ridge.anchors[name] = _unpacked(f"anchor.{name}", arrays)
            made._ridge = ridge
        if linear := _below("linear.", arrays):
            made._linear = Linear.restored(linear)
        if scope := _below("scope.", arrays):
            made._scope = Scope.restored(scope)
        return made


def _names(labels: Sequence[str]) -> dict[str, str]:
    """What labels with few examples are called, by label; numbers and identifiers say nothing."""
    counts = Counter(labels)
    found = {label: " ".join(re.split(r"[\W_]+", label)).strip() for label in sorted(counts)}
    return {
        label: name
        for label, name in found.items()
        if label != OOS and counts[label] <= _NAMED_ROWS and _NAME.search(name) and not _NO_NAME.fullmatch(label)
    }


def _below(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _packed(name: str, rows: Any) -> dict[str, Any]:
    if isinstance(rows, np.ndarray):
        return {name: rows.astype(np.float16)}
    return {
        f"{name}.data": rows.data,
        f"{name}.indices": rows.indices,
        f"{name}.indptr": rows.indptr,
        f"{name}.shape": rows.shape,
    }


def _unpacked(name: str, arrays: Mapping[str, Any]) -> Any:
    if name in arrays:
        return arrays[name].astype(np.float32)
    from scipy.sparse import csr_matrix

    parts = (arrays[f"{name}.data"], arrays[f"{name}.indices"], arrays[f"{name}.indptr"])
    return csr_matrix(parts, shape=tuple(arrays[f"{name}.shape"]))


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    out: Floats = raised / raised.sum(axis=1, keepdims=True)
    return out


def _blend(one: Floats, other: Floats, weight: float) -> Floats:
    """Geometric: the product of experts, which is what agreeing evidence does."""
    return _softmax((1 - weight) * np.log(one + 1e-9) + weight * np.log(other + 1e-9))


def _loss(probabilities: Floats, answers: npt.NDArray[np.intp]) -> float:
    return float(-np.log(probabilities[np.arange(len(answers)), answers] + 1e-9).mean())


def _best_mixture(
    views: Mapping[str, Any], targets: Floats, progress: Progress | None
) -> tuple[dict[str, float], float]:
    """The mixture of views and the penalty with the fewest left-out errors, on a sample when there are many rows."""
    count = len(targets)
    if count < _FEW_ROWS and "words" in views:
        return dict(_SAFE_TWICE if SECOND in views else _SAFE), 0.1
    rows = np.arange(count)
    if count > _TRIED:
        rows = np.sort(np.random.default_rng(11).permutation(count)[:_TRIED])
    sample, wanted = subset(views, rows), targets[rows]
    answers = wanted.argmax(axis=1)
    mixtures = [mixture for mixture in _MIXTURES if set(mixture) <= set(views)]
    best: tuple[float, dict[str, float], float] | None = None
    for at, mixture in enumerate(mixtures):
        described = Ridge(mixture, 1.0, _TRIED_LANDMARKS).describe(sample, wanted)
        for penalty in _PENALTIES:
            scores = described.solve(penalty).left_out()
            wrong = float(np.mean(scores.argmax(axis=1) != answers))
            # Near-ties go by how clear the scores are, and to the simpler mixture, which comes first.
            loss = wrong + 0.05 * min(_loss(_softmax(scores * sharp), answers) for sharp in (4.0, 8.0, 16.0))
            if best is None or loss < best[0] - 1e-4:
                best = (loss, dict(mixture), penalty)
        if progress:
            progress("choosing", at + 1, len(mixtures))
    assert best is not None
    return best[1], best[2]


def _mix(choice: Choice, kernels: Floats, machines: Floats | None, answers: npt.NDArray[np.intp]) -> None:
    """Fits sharpness of both and the weight of the machines to left-out scores."""
    steep = [0.5 * 1.25**power for power in range(24)]
    first = min(steep, key=lambda s: _loss(_softmax(kernels * s), answers))
    choice.sharpness, choice.machines = (first, choice.sharpness[1]), 0.0
    if machines is None:
        return
    second = min(steep, key=lambda s: _loss(_softmax(machines * s), answers))
    one, other = _softmax(kernels * first), _softmax(machines * second)
    tried = [(weight, _blend(one, other, weight)) for weight in (0.0, 0.25, 0.5, 0.75, 1.0)]
    weight, mixed = min(
        tried, key=lambda t: float(np.mean(t[1].argmax(axis=1) != answers)) + 0.1 * _loss(t[1], answers)
    )
    # The product of two experts is surer than either: soften both alike until it is not.
    soft = min(steep, key=lambda s: _loss(_softmax(np.log(mixed + 1e-9) * s), answers))
    choice.sharpness, choice.machines = (first * soft, second * soft), weight
