"""Fit qiao/knowledge/search/calibration.json.

    python -m bench.answers.fit_calibration [FOLDER] [--embedder use|hashing] [--rounds 8] [--write]

FOLDER holds the openly licensed intent sets (intent_banking77_en.jsonl, intent_clinc150_en.jsonl); without it only our
own questions are used. Nothing but the coefficients leaves this script.
"""

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.answers.mini import Case, article_cases, intent_cases, own_cases
from qiao.knowledge.search import calibration
from qiao.knowledge.search.cache import SqliteVectorCache
from qiao.knowledge.search.document import Signals
from qiao.knowledge.search.embedding import HashingEmbedder, UseEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.ports import Embedder

TARGET = Path(calibration.__file__).with_name("calibration.json")
# More likeness never makes a hit less likely, a mismatch never more: a knowledge base unlike ours must not be misled.
FALLING = ("crowd", "number", "negation", "code")
# There are few articles to fit on, so their curve stays flat.
RIDGE = {"question": 1.0, "passage": 8.0}
FAMILY_WEIGHTS = {"own-zh": 3.0, "own-en": 1.5}
EMBEDDERS: dict[str, type[Embedder]] = {"use": UseEmbedder, "hashing": HashingEmbedder}
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    signals: Signals
    weight: float
    first: bool
    answered: bool
    right: bool


def samples(cases: list[Case], embedder: Embedder, depth: int = 3) -> list[Sample]:
    """The first hits of every question."""
    families = [case.name.rsplit("-", 1)[0] for case in cases]
    engine = Engine(embedder, SqliteVectorCache(Path(tempfile.gettempdir()) / "qiao-bench-vectors.sqlite"))
    out = []
    for case, family in zip(cases, families, strict=True):
        engine.replace(case.documents)
        weight = FAMILY_WEIGHTS.get(family, 1.0) / families.count(family) / len(case.questions)
        for question, answer in case.questions:
            for place, hit in enumerate(engine.search(question, allowed=None, limit=depth)):
                out.append(Sample(hit.signals, weight, place == 0, answer is not None, hit.id == answer))
    return out


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--embedder", choices=EMBEDDERS, default="use")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--write", action="store_true", help="replace the shipped coefficients of this embedder")
    options = parser.parse_args()
    cases = own_cases(options.rounds) + article_cases()
    if options.folder:
        cases += intent_cases(options.folder, max(1, options.rounds // 4))
    embedder = EMBEDDERS[options.embedder]()
    everything = samples(cases, embedder)
    fitted: dict[str, dict[str, dict[str, float]]] = {}
    for kind in ("question", "passage"):
        chosen = [sample for sample in everything if sample.signals.passage == (kind == "passage")]
        sure = np.ones(sum(sample.first for sample in chosen))
        models: tuple[calibration.Model, ...] = ("known", "right") if kind == "passage" else ("known", "right", "first")
        for model in models:
            names = calibration.FEATURES[model]
            x, y, w = table(chosen, model)
            intercept, coefficients = fit(x, y, w, names, RIDGE[kind])
            rounded = {name: round(float(c), 4) for name, c in zip(names, coefficients, strict=True)}
            fitted.setdefault(kind, {})[model] = {"intercept": round(intercept, 4), **rounded}
            first = np.array([calibration.features(s.signals, model) for s in chosen if s.first])
            chance = 1 / (1 + np.exp(-(intercept + first @ coefficients)))
            sure = chance if model == "first" else sure * chance
        report(
            kind,
            sure,
            np.array([float(s.right) for s in chosen if s.first]),
            np.array([s.weight for s in chosen if s.first]),
        )
    print(json.dumps(fitted, indent=1))
    if options.write:
        shipped = json.loads(TARGET.read_text("utf-8"))
        shipped["models"][embedder.name] = fitted
        TARGET.write_text(json.dumps(shipped, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
