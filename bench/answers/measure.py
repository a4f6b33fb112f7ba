"""Measure answers on a folder of question sets, and speed and memory on a synthetic knowledge base.

    python -m bench.answers.measure quality FOLDER OUT [--embedder use|e5|hashing]
    python -m bench.answers.measure speed [--faqs 10000]

`quality` writes OUT/<set>.jsonl with {"qid", "ranked", "score"} for every <set>.queries.jsonl and <set>.corpus.jsonl in
FOLDER, and prints what the decision does at its default accepted error.
"""

import argparse
import json
import os
import random
import time
from pathlib import Path

import numpy as np

from bench.answers.fit_calibration import EMBEDDERS
from bench.answers.mini import own_blocks
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.engine import Engine

SETS = ("faq_bq", "faq_atec", "faq_lcqmc", "kb_tau2bank_en", "ticket_reply")


def memory() -> float:
    status = Path("/proc/self/status")
    return int(status.read_text().split("VmRSS:")[1].split()[0]) / 1024 if status.exists() else float("nan")


def read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def document(row: dict[str, object]) -> Document:
    text = str(row["text"])
    if "title" in row:
        return Document(str(row["doc_id"]), "article", str(row["title"]), body=text, locale="en")
    if len(text) > 150:
        return Document(str(row["doc_id"]), "article", "", body=text)
    return Document(str(row["doc_id"]), "faq", text)


def quality(folder: Path, out: Path, embedder: str, sets: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in sets:
        engine = Engine(EMBEDDERS[embedder]())
        engine.replace(document(row) for row in read(folder / f"{name}.corpus.jsonl"))
        outcomes: dict[str, dict[str, int]] = {}
        with (out / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for row in read(folder / f"{name}.queries.jsonl"):
                gold = set(row["gold"])  # type: ignore[call-overload]  # JSON
                hits = engine.search(str(row["text"]), allowed=None, limit=10)
                decision = engine.decide(hits)
                score = hits[0].known if hits else 0.0
                file.write(json.dumps({"qid": row["qid"], "ranked": [hit.id for hit in hits], "score": score}) + "\n")
                right = "right" if any(hit.id in gold for hit in decision.hits) else "wrong"
                tally = outcomes.setdefault(str(row["kind"]), {})
                key = decision.kind if decision.kind == "none" else f"{decision.kind} {right}"
                tally[key] = tally.get(key, 0) + 1
        print(name, json.dumps(outcomes, ensure_ascii=False))


def synthetic(count: int) -> list[Document]:
    """Questions stitched from our own, four phrasings each."""
    blocks = own_blocks("zh") + own_blocks("en")
    chance = random.Random(1)
    return [
        Document(
            str(n),
            "faq",
            f"{chance.choice(block)}（{n % 977}号商品）",
            tuple(f"{t} {n % 331}" for t in block[:3]),
        )
        for n, block in ((n, chance.choice(blocks)) for n in range(count))
    ]


def speed(count: int) -> None:
    print(f"before {memory():.0f} MB")
    start = time.perf_counter()
    engine = Engine()
    engine.warm_up()
    print(f"warm up {time.perf_counter() - start:.2f} s, {memory():.0f} MB")
    documents = synthetic(count)
    start = time.perf_counter()
    engine.replace(documents)
    print(f"index of {count} FAQs {time.perf_counter() - start:.1f} s, {memory():.0f} MB")
    start = time.perf_counter()
    engine.upsert([Document("new", "faq", "怎么联系机器人客服")])
    print(f"one upsert {time.perf_counter() - start:.3f} s")
    questions = [f"{text} {n}" for n, block in enumerate(own_blocks("zh") + own_blocks("en")) for text in block]
    for label, context in (("alone", None), ("follow-up", "我的订单什么时候发货")):
        taken = []
        for question in questions:
            start = time.perf_counter()
            engine.search(
                question if context is None else f"那{question[:6]}呢",
                allowed=frozenset({"public"}),
                context=context,
                limit=5,
            )
            taken.append(1000 * (time.perf_counter() - start))
        p50, p95, p99 = np.percentile(taken, [50, 95, 99])
        print(
            f"{label}: {len(taken)} questions, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, {memory():.0f} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    measure = verbs.add_parser("quality")
    measure.add_argument("folder", type=Path)
    measure.add_argument("out", type=Path)
    measure.add_argument("--embedder", choices=EMBEDDERS, default="use")
    measure.add_argument("--sets", nargs="*", default=list(SETS))
    timed = verbs.add_parser("speed")
    timed.add_argument("--faqs", type=int, default=10_000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores")
    if options.verb == "quality":
        quality(options.folder, options.out, options.embedder, options.sets)
    else:
        speed(options.faqs)


if __name__ == "__main__":
    main()
