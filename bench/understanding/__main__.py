"""`python -m bench.understanding --data FOLDER`: every classification set there, beside simple parts of the same run.

Rows marked as training and validation are split so, tickets are cross-validated, the rest is split 3 : 1 by label. Where
rows say which intent an out-of-scope text has (`orig`), whole intents are held back, so that being out of scope cannot be
learned by heart.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]
Split = tuple[list[Row], list[Row]]
Answers = list[tuple[str, float]]

SETS = {
    "banking77": "intent_banking77_en",
    "banking77_10": "intent_banking77_en",
    "clinc150": "intent_clinc150_en",
    "smp2020": "intent_smp2020_zh",
    "triage": "triage_zh",
    "waimai": "sentiment_waimai_zh",
    "hotel": "sentiment_hotel_zh",
    "shop10": "sentiment_shop10_zh",
    "emotion": "emotion_smp2020_zh",
    "dialog": "dialog_stc3_zh",
}
AIMS = {
    "banking77": "94", "banking77_10": "86", "clinc150": "97.5 / 96", "smp2020": "93 / 96", "triage": "82", "waimai": "92",
    "hotel": "92", "shop10": "95", "emotion": "80", "dialog": "90 (AUROC)",
}  # fmt: skip


def load(path: Path) -> list[Row]:
    """Text and label of every row; a dialogue is what the customer said, from first to last."""
    rows = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        if "turns" in row:
            said = [turn["text"] for turn in row["turns"] if turn["role"] == "customer"]
            row |= {"text": "\n".join([*said[-1:], *said[:-1]]), "label": row["dissatisfied"]}
        elif "subject" in row:
            row["text"] = f"{row['subject']}\n{row['text']}"
        rows.append({**row, "label": str(row["label"])})
    return rows


def splits(name: str, rows: list[Row]) -> Iterator[Split]:
    shuffled = random.Random(5)
    if any("part" in row for row in rows):
        yield [r for r in rows if "train" in r["part"]], [r for r in rows if "train" not in r["part"]]
        return
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        by_label.setdefault(row["label"], []).append(row)
    for group in by_label.values():
        shuffled.shuffle(group)
    if name == "triage":
        for fold in range(4):
            test = [row for group in by_label.values() for row in group[fold::4]]
            ids = {row["id"] for row in test}
            yield [row for row in rows if row["id"] not in ids], test
        return
    train: list[Row] = []
    test = []
    for label, group in by_label.items():
        if name == "banking77_10":
            train += group[:10]
            test += group[10:]
        elif label == "oos" and "orig" in group[0]:
            held = set(sorted({row["orig"] for row in group})[::3])
            train += [row for row in group if row["orig"] not in held]
            test += [row for row in group if row["orig"] in held]
        else:
            cut = len(group) // 4
            test += group[:cut]
            train += group[cut:]
    yield train, test


def ours(train: list[Row], test: list[Row]) -> Answers:
    from qiao.bot.understanding.classifier import Classifier

    fitted = Classifier().fit([row["text"] for row in train], [row["label"] for row in train])
    found = fitted.predict([row["text"] for row in test])
    if "oos" not in fitted.labels and len(fitted.labels) == 2:
        chances = fitted.predict_proba([row["text"] for row in test])[:, 1]
        return [(answer.label, float(chance)) for answer, chance in zip(found, chances, strict=True)]
    return [(answer.label, answer.score) for answer in found]


def tfidf_svm(train: list[Row], test: list[Row]) -> Answers:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    model = LinearSVC().fit(grams.fit_transform([r["text"] for r in train]), [r["label"] for r in train])
    return _scored(model.classes_, model.decision_function(grams.transform([r["text"] for r in test])))


def use_logreg(train: list[Row], test: list[Row]) -> Answers:
    from sklearn.linear_model import LogisticRegression

    from qiao.core.text import normalize
    from qiao.knowledge.search.embedding import UseEmbedder

    embed = UseEmbedder()
    rows = [embed.questions([normalize(row["text"][:2000]) for row in part]) for part in (train, test)]
    model = LogisticRegression(C=10, max_iter=200).fit(rows[0], [row["label"] for row in train])
    return _scored(model.classes_, model.decision_function(rows[1]))


def _scored(labels: Any, scores: Any) -> Answers:
    if scores.ndim == 1:
        return [(str(labels[int(score > 0)]), float(score)) for score in scores]
    best = scores.argmax(axis=1)
    inner = np.delete(scores, list(labels).index("oos"), axis=1) if "oos" in labels else scores
    return [(str(labels[at]), float(row.max())) for at, row in zip(best, inner, strict=True)]


PARTS: dict[str, Callable[[list[Row], list[Row]], Answers]] = {
    "qiao": ours, "tfidf+svm": tfidf_svm, "use+logreg": use_logreg,
}  # fmt: skip


def auroc(positive: list[float], negative: list[float]) -> float:
    order = np.argsort(np.argsort(np.array(positive + negative), kind="stable"), kind="stable") + 1
    count = len(positive)
    return float((order[:count].sum() - count * (count + 1) / 2) / (count * len(negative)))


def figures(gold: list[str], answers: Answers) -> dict[str, float]:
    right = [label == answer for label, (answer, _) in zip(gold, answers, strict=True)]
    labels = sorted(set(gold))
    found = {"accuracy": 100 * float(np.mean(right))}
    f1 = []
    for label in labels:
        hit = sum(g == label == a for g, (a, _) in zip(gold, answers, strict=True))
        told = sum(a == label for a, _ in answers)
        f1.append(2 * hit / max(told + gold.count(label), 1))
    found["macro_f1"] = 100 * float(np.mean(f1))
    if "oos" in labels:
        inside = [g != "oos" for g in gold]
        found["in_scope"] = 100 * float(np.mean([r for r, i in zip(right, inside, strict=True) if i]))
        scores = [score for _, score in answers]
        found["auroc"] = 100 * auroc(
            [s for s, i in zip(scores, inside, strict=True) if i],
            [s for s, i in zip(scores, inside, strict=True) if not i],
        )
    elif len(labels) == 2:
        yes = [s for (_, s), g in zip(answers, gold, strict=True) if g == labels[1]]
        no = [s for (_, s), g in zip(answers, gold, strict=True) if g == labels[0]]
        found["auroc"] = 100 * auroc(yes, no)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.understanding", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the sets as JSON lines")
    parser.add_argument("--only", nargs="*", choices=list(SETS), help="some of the sets")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    table: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{'set':14} {'part':12} {'acc':>6} {'F1':>6} {'in':>6} {'AUROC':>6} {'s':>6}   aim", flush=True)
    for name in arguments.only or SETS:
        path = arguments.data / f"{SETS[name]}.jsonl"
        if not path.exists():
            print(f"{name:14} no such file: {path}")
            continue
        parts = list(splits(name, load(path)))
        for part, run in PARTS.items():
            began = time.process_time()
            gold: list[str] = []
            answers: Answers = []
            for train, test in parts:
                gold += [row["label"] for row in test]
                answers += run(train, test)
            row = figures(gold, answers) | {"cpu_s": time.process_time() - began}
            table.setdefault(name, {})[part] = {key: round(value, 2) for key, value in row.items()}
            shown = " ".join(
                f"{row[k]:6.2f}" if k in row else "     –" for k in ("accuracy", "macro_f1", "in_scope", "auroc")
            )
            print(f"{name:14} {part:12} {shown} {row['cpu_s']:6.0f}   {AIMS[name]}", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
