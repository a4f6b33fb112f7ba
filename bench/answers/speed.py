"""Time and memory on knowledge bases made up for it."""

import random
import time
from pathlib import Path

import numpy as np

from bench.answers.mini import own_blocks
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.embedding import E5Embedder
from qiao.knowledge.search.engine import Engine

_PUBLIC = frozenset({"public"})


def memory() -> float:
    """Resident megabytes of this process."""
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmRSS:")[1].split()[0]) / 1024 if status.exists() else float("nan")


def faqs(count: int, seed: int) -> list[Document]:
    """Questions stitched from our own, with the number of a product."""
    blocks = own_blocks("zh") + own_blocks("en")
    chance = random.Random(seed)
    return [
        Document(str(n), "faq", f"{chance.choice(chance.choice(blocks))}（{n % 977}号商品，{n}）") for n in range(count)
    ]


def passages(count: int, seed: int) -> list[Document]:
    """Articles of ten passages each."""
    texts = [text for block in own_blocks("zh") for text in block]
    chance = random.Random(seed)
    found = []
    for number in range(count // 10):
        body = "\n\n".join("。".join(chance.sample(texts, 12)) for _ in range(10))
        found.append(Document(str(number), "article", chance.choice(texts), body=body))
    return found


def timed(engine: Engine, questions: list[str]) -> dict[str, float]:
    taken = []
    for question in questions:
        began = time.perf_counter()
        engine.search(question, allowed=_PUBLIC, limit=5)
        taken.append(1000 * (time.perf_counter() - began))
    return {"p50_ms": float(np.percentile(taken, 50)), "p99_ms": float(np.percentile(taken, 99))}


def speed(quick: bool, seed: int) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    count = 1_000 if quick else 10_000
    questions = [f"{text} {n}" for n, block in enumerate(own_blocks("zh") + own_blocks("en")) for text in block]
    questions = random.Random(seed).sample(questions, 100 if quick else 300)
    engine = Engine(second=E5Embedder())
    engine.warm_up()
    began = time.perf_counter()
    engine.replace(faqs(count, seed))
    row = {"usable_s": time.perf_counter() - began, "before_mb": memory()}
    while engine.deepen(128):
        pass
    row["built_s"] = time.perf_counter() - began
    began = time.perf_counter()
    engine.upsert([Document("7", "faq", "怎么联系机器人客服")])
    row["one_changed_s"] = time.perf_counter() - began
    while engine.deepen(8):
        pass
    row["one_read_again_s"] = time.perf_counter() - began
    found[f"{count} FAQs"] = row | timed(engine, questions) | {"mb": memory()}
    del engine
    count = 10_000 if quick else 100_000
    engine = Engine()  # so many are not read twice: the first model and the words alone
    began = time.perf_counter()
    engine.replace(passages(count, seed))
    row = {"usable_s": time.perf_counter() - began}
    found[f"{count} passages"] = row | timed(engine, questions[:100]) | {"mb": memory()}
    return {name: {key: round(value, 2) for key, value in row.items()} for name, row in found.items()}
