"""Fit qiao/knowledge/search/calibration.json and e5_usual.npy.

    python -m bench.answers.fit_calibration [FOLDER] [--embedder use|hashing] [--rounds 4] [--write]

FOLDER holds the openly licensed intent sets (intent_banking77_en.jsonl, intent_clinc150_en.jsonl); without it only our
own questions are used. Nothing but the coefficients leaves this script.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.answers import groups
from bench.answers.mini import Case, article_cases, group_cases, intent_cases, own_cases
from qiao.core.text import normalize
from qiao.knowledge.search import calibration
from qiao.knowledge.search.cache import SqliteVectorCache
from qiao.knowledge.search.document import Signals
from qiao.knowledge.search.embedding import USUAL, E5Embedder, HashingEmbedder, UseEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.ports import Embedder, SecondEmbedder

TARGET = Path(calibration.__file__).with_name("calibration.json")
# More likeness never makes a hit less likely, a mismatch never more: a knowledge base unlike ours must not be misled.
FALLING = ("crowd", "number", "negation", "code", "opposed")
# There are few articles to fit on, so their curve stays flat.
RIDGE = {"question": 1.0, "passage": 8.0}
FAMILY_WEIGHTS = {"groups-zh": 6.0, "groups-en": 4.0, "own-zh": 2.0, "own-en": 1.0}
# What is asked of a company's knowledge base, as far as can be told beforehand: near questions are those of its trade.
SHARES = {"answered": 0.65, "near": 0.25, "far": 0.10}
EMBEDDERS: dict[str, type[Embedder]] = {"use": UseEmbedder, "hashing": HashingEmbedder}
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    signals: Signals
    weight: float
    first: bool
    answered: bool
    right: bool


class Remembering:
    """A model that embeds no text twice, and those of a case at once."""

    def __init__(self, model: Any) -> None:
        self._engine = Engine(model, SqliteVectorCache(Path(tempfile.gettempdir()) / "qiao-bench-vectors.sqlite"))
        self._held: dict[str, NDArray[np.float32]] = {}
        self.name, self.dimensions, self.floor = model.name, model.dimensions, model.floor
        self.warm_up, self.passages = model.warm_up, model.passages

    def hold(self, texts: Sequence[str]) -> None:
        self._held = dict(zip(texts, self._engine.vectors_for(texts), strict=True))

    def questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if any(text not in self._held for text in texts):
            return self._engine.vectors_for(texts)
        return np.stack([self._held[text] for text in texts])


class RememberingSecond(Remembering):
    """As `Remembering`, for a model that looks again."""

    def __init__(self, model: SecondEmbedder) -> None:
        super().__init__(model)
        self.usual = model.usual


def samples(
    cases: list[Case], embedder: Remembering, second: RememberingSecond | None, depth: int = calibration.MAX_CHOICES
) -> list[Sample]:
    """The first hits of every question, as many as are offered."""
    families = ["-".join(case.name.split("-")[:2]) for case in cases]
    engine = Engine(embedder, SqliteVectorCache(Path(tempfile.gettempdir()) / "qiao-bench-vectors.sqlite"), second)
    out = []
    for case, family in zip(cases, families, strict=True):
        engine.replace(case.documents)
        while engine.deepen(256):
            pass
        asked = [normalize(text) for text, _ in case.questions]
        for model in (embedder, second):
            if model is not None:
                model.hold(asked)
        kinds = [_kind(case, text, answer) for text, answer in case.questions]
        share = FAMILY_WEIGHTS.get(family, 1.0) / families.count(family)
        for (question, answer), kind in zip(case.questions, kinds, strict=True):
            weight = share * SHARES[kind] / kinds.count(kind)
            for place, hit in enumerate(engine.search(question, allowed=None, limit=depth)):
                out.append(Sample(hit.signals, weight, place == 0, answer is not None, hit.id == answer))
    return out


def _kind(case: Case, text: str, answer: str | None) -> str:
    return "answered" if answer is not None else "far" if text in case.far else "near"


def usual_vector(second: SecondEmbedder) -> Array:
    """The mean of what our own groups say, by the second model."""
    texts = [text for domain in groups.load() for group in domain.groups for text in (group.title, *group.phrasings)]
    engine = Engine(second, SqliteVectorCache(Path(tempfile.gettempdir()) / "qiao-bench-vectors.sqlite"))
    mean: Array = engine.vectors_for(texts).mean(axis=0, dtype=np.float64)
    return mean


def table(chosen: list[Sample], model: calibration.Model) -> tuple[Array, Array, Array]:
    """Features, truth and weight for one of the two models."""
    kept = [s for s in chosen if (s.answered if model == "right" else s.first)]
    x = np.array([calibration.features(s.signals, model) for s in kept])
    y = np.array([float(s.answered if model == "known" else s.right) for s in kept])
    w = np.array([s.weight for s in kept])
    return x, y, w * len(w) / w.sum()


def fit(x: Array, y: Array, w: Array, names: tuple[str, ...], ridge: float) -> tuple[float, Array]:
    """Logistic regression; a feature whose sign would be against sense is left out."""
    used = x.std(axis=0) > 1e-6
    sign = np.array([-1 if name in FALLING else 1 for name in names])
    while True:
        intercept, coefficients = _newton(x, y, w, used, ridge)
        against = coefficients * sign < 0
        if not against.any():
            return intercept, coefficients
        used &= np.arange(len(used)) != np.where(against, np.abs(coefficients) * x.std(axis=0), 0).argmax()


def _newton(x: Array, y: Array, w: Array, used: NDArray[np.bool_], ridge: float) -> tuple[float, Array]:
    mean, deviation = np.average(x, axis=0, weights=w), x.std(axis=0)
    z = np.hstack([np.ones((len(x), 1)), (x[:, used] - mean[used]) / deviation[used]])
    beta = np.zeros(z.shape[1])
    penalty = np.full(z.shape[1], ridge)
    penalty[0] = 0
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ beta))
        step = np.linalg.solve(
            (z * (w * p * (1 - p))[:, None]).T @ z + np.diag(penalty + 1e-9),
            z.T @ (w * (y - p)) - penalty * beta,
        )
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    coefficients = np.zeros(x.shape[1])
    coefficients[used] = beta[1:] / deviation[used]
    return float(beta[0] - (coefficients * mean).sum()), coefficients


def auroc(scores: Array, truth: Array) -> float:
    order = scores.argsort().argsort() + 1.0
    positive = truth > 0.5
    n, m = positive.sum(), (~positive).sum()
    return float((order[positive].sum() - n * (n + 1) / 2) / (n * m))


def report(kind: str, p: Array, y: Array, w: Array) -> None:
    print(f"{kind}: {len(y)} first hits, AUROC of being right {auroc(p, y):.3f}")
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
        inside = (p >= low) & (p < high)
        if inside.any():
            said, was = np.average(p[inside], weights=w[inside]), np.average(y[inside], weights=w[inside])
            print(f"  {low:.1f}-{high:.1f}: {int(inside.sum()):5d}, said {said:.3f}, were right {was:.3f}")


def offers(chosen: list[Sample], sure: Array, known: Array) -> None:
    """What would be offered of the questions that are not answered outright, by how sure it must be that anything answers."""
    starts = np.flatnonzero([sample.first for sample in chosen])
    w = np.array([chosen[at].weight for at in starts])
    answered = np.array([chosen[at].answered for at in starts])
    held = np.logical_or.reduceat([sample.right for sample in chosen], starts)
    left = sure < calibration.Policy().answer_from
    for least in (0.6, 0.66, 0.72, 0.75, 0.78, 0.81, 0.84):
        given = left & (known >= least)
        print(
            f"  known {least:.2f}: offered to {w[given & answered].sum() / w[left & answered].sum():.2f} with an answer,"
            f" {w[given & ~answered].sum() / w[left & ~answered].sum():.2f} of strangers,"
            f" holding the answer {w[given & held].sum() / max(w[given].sum(), 1e-9):.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--embedder", choices=EMBEDDERS, default="use")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--write", action="store_true", help="replace the shipped coefficients of this embedder")
    options = parser.parse_args()
    cases = group_cases(max(1, options.rounds // 2)) + own_cases(options.rounds) + article_cases()
    if options.folder:
        cases += intent_cases(options.folder, max(1, options.rounds // 2))
    embedder = Remembering(EMBEDDERS[options.embedder]())
    if options.write:
        np.save(USUAL, usual_vector(E5Embedder()).astype(np.float16))
    shipped = json.loads(TARGET.read_text("utf-8"))
    for second in (None, RememberingSecond(E5Embedder())):
        everything = samples(cases, embedder, second)
        if second is not None:
            everything = [sample for sample in everything if sample.signals.second is not None]
        shipped["models"][embedder.name + (calibration.TWICE if second else "")] = fit_all(everything)
    if options.write:
        TARGET.write_text(json.dumps(shipped, indent=1) + "\n", "utf-8")


def fit_all(everything: list[Sample]) -> dict[str, dict[str, dict[str, float]]]:
    fitted: dict[str, dict[str, dict[str, float]]] = {}
    for kind in ("question", "passage"):
        chosen = [sample for sample in everything if sample.signals.passage == (kind == "passage")]
        sure = np.ones(sum(sample.first for sample in chosen))
        known = sure
        models: tuple[calibration.Model, ...] = ("known", "right") if kind == "passage" else ("known", "right", "first")
        for model in models:
            names = calibration.FEATURES[model]
            x, y, w = table(chosen, model)
            intercept, coefficients = fit(x, y, w, names, RIDGE[kind])
            rounded = {name: round(float(c), 4) for name, c in zip(names, coefficients, strict=True)}
            fitted.setdefault(kind, {})[model] = {"intercept": round(intercept, 4), **rounded}
            first = np.array([calibration.features(s.signals, model) for s in chosen if s.first])
            chance = 1 / (1 + np.exp(-(intercept + first @ coefficients)))
            known = chance if model == "known" else known
            sure = chance if model == "first" else sure * chance
        report(
            kind,
            sure,
            np.array([float(s.right) for s in chosen if s.first]),
            np.array([s.weight for s in chosen if s.first]),
        )
        offers(chosen, sure, np.maximum(known, sure))
    print(json.dumps(fitted, indent=1))
    return fitted


if __name__ == "__main__":
    main()
