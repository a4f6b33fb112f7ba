"""`python -m bench.answers --data FOLDER`: how good and how fast answers are, beside simple parts of the same run.

FOLDER holds <set>.corpus.jsonl and <set>.queries.jsonl. `--quick` asks some of the questions and leaves out the slowest
part; `--json FILE` also writes the figures. Figures are percent; `coverage` is the share of all questions that could be
answered, surest first, before more than the accepted share of the answers is wrong; `answered` is what the engine answers
outright at that setting.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from bench.answers.sets import SETS, Array, Texts, figures, ours, parts, simple
from bench.answers.speed import memory, speed
from qiao.knowledge.search.embedding import E5Embedder
from qiao.knowledge.search.engine import Engine

SHOWN = ("recall@1", "recall@5", "recall@10", "mrr", "ndcg", "coverage", "auroc_near_oos", "auroc_far_oos", "answered",
         "answered_right", "p50_ms", "p99_ms", "mb")  # fmt: skip
QUICK = 150


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.answers", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the sets; without it only speed is measured")
    parser.add_argument("--only", nargs="*", choices=SETS, help="some of the sets")
    parser.add_argument("--max-error", type=float, default=0.05)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    about = {"machine": platform.platform(), "processor": _processor(), "cores": os.cpu_count(), "seed": options.seed}
    print(" · ".join(f"{key} {value}" for key, value in about.items()), flush=True)
    found: dict[str, Any] = {"about": about, "sets": {}, "speed": {}}
    if options.data is not None:
        print(f"{'set':15}{'part':15}" + "".join(f"{name.replace('auroc_', ''):>11.10}" for name in SHOWN), flush=True)
        for name in options.only or SETS:
            if (options.data / f"{name}.queries.jsonl").exists():
                found["sets"][name] = one_set(options.data, name, options.quick, options.max_error)
            else:
                print(f"{name:15}not there")
    if not options.no_speed:
        found["speed"] = speed(options.quick, options.seed)
        for name, row in found["speed"].items():
            print(f"{name:20}" + " · ".join(f"{key} {value:g}" for key, value in row.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", "utf-8")


def one_set(folder: Path, name: str, quick: bool, max_error: float) -> dict[str, dict[str, float]]:
    texts = Texts.of(folder, name, QUICK if quick else None)
    rows = {"qiao": figures(texts, ours(texts, Engine(second=E5Embedder()), max_error), max_error)}
    rows["qiao"]["mb"] = round(memory())
    _show(name, "qiao", rows["qiao"])
    held: dict[str, Array] = {}
    for part, scores in parts(held, second=not quick).items():
        rows[part] = figures(texts, simple(texts, scores), max_error)
        _show(name, part, rows[part])
    return rows


def _show(name: str, part: str, row: dict[str, float]) -> None:
    cells = (f"{row[key]:>11.1f}" if key in row else f"{'–':>11}" for key in SHOWN)
    print(f"{name:15}{part:15}" + "".join(cells), flush=True)


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


if __name__ == "__main__":
    main()
