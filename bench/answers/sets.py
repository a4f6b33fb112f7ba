"""Question sets in a folder, asked of the engine and of simple parts, and what is counted."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qiao.bot.evaluation.retrieval import documents
from qiao.core.text import lexical_terms, normalize
from qiao.knowledge.search.asked import is_letter
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.embedding import E5Embedder, UseEmbedder
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.lexical import DocumentIndex, Vocabulary
from qiao.knowledge.search.text import document_terms

SETS = ("faq_bq", "faq_atec", "faq_lcqmc", "kb_tau2bank_en", "ticket_reply")
Array = NDArray[np.float64]
Row = dict[str, Any]


@dataclass
class Answers:
    """Per question: document numbers best first, confidence, what was decided, and the milliseconds it took."""

    ranked: list[list[int]] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    took: list[float] = field(default_factory=list)


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


@dataclass
class Texts:
    """A corpus and its questions."""

    name: str
    known: list[Document]
    asked: list[Row]

    @classmethod
    def of(cls, folder: Path, name: str, most: int | None) -> "Texts":
        known, asked = documents(folder / f"{name}.corpus.jsonl", "en"), read(folder / f"{name}.queries.jsonl")
        return cls(name, known, asked[:: max(1, len(asked) // most)] if most else asked)

    def whole(self) -> list[str]:
        return [f"{document.title}\n{document.body}".strip() for document in self.known]

    def questions(self) -> list[str]:
        return [str(row["text"]) for row in self.asked]

    def gold(self) -> list[set[int]]:
        number = {document.id: at for at, document in enumerate(self.known)}
        return [{number[key] for key in row["gold"]} for row in self.asked]


def ours(texts: Texts, engine: Engine, max_error: float) -> Answers:
    engine.replace(texts.known)
    if not all(is_letter(text) for text in texts.questions()):
        while engine.deepen(128):
            pass
    number = {document.id: at for at, document in enumerate(texts.known)}
    out = Answers()
    for text in texts.questions():
        began = time.perf_counter()
        hits = engine.search(text, allowed=None, limit=10)
        decision = engine.decide(hits, Policy(max_error=max_error))
        out.took.append(1000 * (time.perf_counter() - began))
        out.ranked.append([number[hit.id] for hit in hits])
        out.score.append(hits[0].probability if hits else 0.0)
        out.decided.append(decision.kind)
    return out


Matrix = Callable[[Texts], Array]


def bm25(terms: Callable[[str], list[str]]) -> Matrix:
    def scores(texts: Texts) -> Array:
        vocabulary = Vocabulary()
        bags = [vocabulary.learn(terms(normalize(text))) for text in texts.whole()]
        index = DocumentIndex.build(bags, len(vocabulary))
        rows = []
        for text in texts.questions():
            known, unknown = vocabulary.look_up(terms(normalize(text)))
            rows.append(index.scores([(known, len(unknown))]))
        return np.stack(rows).astype(np.float64)

    return scores


def words(normal: str) -> list[str]:
    """Words as a segmenter cuts them."""
    import rjieba

    return [word for word in rjieba.cut(normal) if word.strip()]


def bigrams(normal: str) -> list[str]:
    return list(lexical_terms(normal, normalized=True)) or document_terms(normal)


def cosines(embedder: Any, held: dict[str, Array]) -> Matrix:
    """Of whole texts, as far as the model reads."""

    def scores(texts: Texts) -> Array:
        if embedder.name not in held:
            known = [normalize(text)[:1000] for text in texts.whole()]
            asked = [normalize(text)[:1000] for text in texts.questions()]
            held[embedder.name] = (embedder.questions(asked) @ embedder.questions(known).T).astype(np.float64)
        return held[embedder.name]

    return scores


def parts(held: dict[str, Array], second: bool) -> dict[str, Matrix]:
    use, e5 = UseEmbedder(), E5Embedder()
    found: dict[str, Matrix] = {
        "BM25 words": bm25(words),
        "BM25 bigrams": bm25(bigrams),
        "USE cosine": cosines(use, held),
    }
    if second:
        found["e5 cosine"] = cosines(e5, held)
    found["bigrams + USE"] = lambda texts: fused(found["BM25 bigrams"](texts), found["USE cosine"](texts))
    return found


def fused(*scores: Array) -> Array:
    """Added after bringing each question's scores to one scale."""
    total = np.zeros_like(scores[0])
    for rows in scores:
        total += (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + 1e-9)
    return total


def simple(texts: Texts, scores: Matrix) -> Answers:
    began = time.perf_counter()
    rows = scores(texts)
    took = 1000 * (time.perf_counter() - began) / max(1, len(rows))
    out = Answers()
    for row in rows:
        out.ranked.append(np.argsort(-row, kind="stable")[:10].tolist())
        out.score.append(float(row.max()))
        out.took.append(took)
    return out


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float:
    values = np.array([*positive, *negative])
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    count = len(positive)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(negative)))


def figures(texts: Texts, answers: Answers, max_error: float) -> dict[str, float]:
    """Percent, but for milliseconds."""
    gold = texts.gold()
    inside = [at for at, right in enumerate(gold) if right]
    count = max(1, len(inside))
    found = dict.fromkeys(("recall@1", "recall@5", "recall@10", "mrr", "ndcg"), 0.0)
    for at in inside:
        hits = [key in gold[at] for key in answers.ranked[at]]
        for depth in (1, 5, 10):
            found[f"recall@{depth}"] += 100 * sum(hits[:depth]) / (1 if depth == 1 else len(gold[at])) / count
        found["mrr"] += 100 * next((1 / (place + 1) for place, hit in enumerate(hits) if hit), 0.0) / count
        best = sum(1 / math.log2(place + 2) for place in range(min(10, len(gold[at]))))
        gain = sum(hit / math.log2(place + 2) for place, hit in enumerate(hits))
        found["ndcg"] += 100 * gain / best / count
    right = [bool(ranked) and ranked[0] in gold[at] for at, ranked in enumerate(answers.ranked)]
    kinds = [str(row.get("kind", "in_kb")) for row in texts.asked]
    for kind in ("near_oos", "far_oos"):
        outside = [answers.score[at] for at, mine in enumerate(kinds) if mine == kind]
        if outside:
            found[f"auroc_{kind}"] = 100 * auroc([answers.score[at] for at in inside], outside)
    # The share of all questions that can be answered from the surest down before more than this share of answers is wrong.
    order = sorted(range(len(gold)), key=lambda at: -answers.score[at])
    told = np.cumsum([right[at] for at in order]) / np.arange(1, len(order) + 1)
    within = np.flatnonzero(told >= 1 - max_error)
    found["coverage"] = 100 * (int(within[-1]) + 1) / len(order) if len(within) else 0.0
    if answers.decided:
        given = [at for at, decided in enumerate(answers.decided) if decided == "answer"]
        found["answered"] = 100 * len(given) / len(gold)
        found["answered_right"] = 100 * sum(right[at] for at in given) / max(1, len(given))
    found["p50_ms"], found["p99_ms"] = (float(np.percentile(answers.took, share)) for share in (50, 99))
    return {key: round(value, 2) for key, value in found.items()}
