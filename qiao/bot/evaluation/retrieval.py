"""Questions of a file asked of the documents of a file, by the engine the bot uses."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from qiao.bot.evaluation.jsonl import BadInputError, Row, read, replacing, texts
from qiao.core.text import guess_language
from qiao.knowledge.search.asked import is_letter
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.document import Document
from qiao.knowledge.search.engine import Engine
from qiao.knowledge.search.text import reads_as_question, width

Progress = Callable[[str, int, int], None]
RANKED = 10
_READ = 1_000_000
"""Letters (a Han character counts as two and a half) the second model reads of a corpus: four minutes of a core."""
_BATCH = 128


def documents(path: Path, locale: str) -> list[Document]:
    """`doc_id` and `text`, with `title` and `variants` where a row has them."""
    rows = read(path, locale, required=_DOCUMENT, unique="doc_id")
    # Among texts that are mostly long a short one is a short text, not a question.
    running_text = 2 * sum(not reads_as_question(row["text"]) for _, row in rows) > len(rows)
    return [_document(row, number, path, locale, running_text) for number, row in rows]


def questions(path: Path, locale: str) -> list[tuple[str, str]]:
    return [(row["qid"], row["text"]) for _, row in read(path, locale, required=_QUESTION, unique="qid")]


_DOCUMENT: Mapping[str, type] = {"doc_id": str, "text": str}
_QUESTION: Mapping[str, type] = {"qid": str, "text": str}


def _document(row: Row, number: int, path: Path, locale: str, running_text: bool) -> Document:
    title, variants = row.get("title") or "", texts(row.get("variants") or [])
    if not isinstance(title, str):
        raise BadInputError("wrong_type", locale, file=path, line=number, name="title")
    if variants is None:
        raise BadInputError("wrong_type", locale, file=path, line=number, name="variants")
    text: str = row["text"]
    language = "en" if guess_language(f"{title} {text}") == "en" else "zh-CN"
    if not title and not running_text and reads_as_question(text):
        return Document(row["doc_id"], "faq", text, tuple(variants), locale=language)
    return Document(row["doc_id"], "article", title, tuple(variants), text, locale=language)


def retrieve(
    engine: Engine, corpus: Path, queries: Path, out: Path, *, max_error: float, locale: str, progress: Progress
) -> int:
    """Writes one row per question; everything is read, and refused if need be, before anything is written."""
    known, asked = documents(corpus, locale), questions(queries, locale)
    with replacing(out, locale) as write:
        engine.replace(known, progress=lambda done, total: progress("indexing", done, total))
        _read_again(engine, [text for _, text in asked], progress)
        rest = [document.id for document in known[:RANKED]]
        for number, row in enumerate(_answers(engine, asked, Policy(max_error=max_error), rest), 1):
            write(row)
            progress("asking", number, len(asked))
    return len(asked)


def _read_again(engine: Engine, asked: list[str], progress: Progress) -> None:
    """Has the second model read the corpus as it would in the background; of a very large one, what minutes allow."""
    total = engine.unread
    if all(is_letter(text) for text in asked) or not total:
        return
    length = sum(width(text) for text in engine.texts) / total
    total = min(total, int(_READ / length) + 1)
    done = 0
    while done < total and (came := engine.deepen(min(_BATCH, total - done))):
        done += came
        progress("reading_again", min(done, total), total)


def _answers(engine: Engine, asked: list[tuple[str, str]], policy: Policy, rest: list[str]) -> Iterator[Row]:
    """`rest` fills up the ranking of a question without a word in it, so that every row has as many as there are."""
    for qid, text in asked:
        hits = engine.search(text, allowed=None, limit=RANKED)
        decision = engine.decide(hits, policy)
        yield {
            "qid": qid,
            "ranked": list(dict.fromkeys([*(hit.id for hit in hits), *rest]))[:RANKED],
            "score": round(hits[0].probability, 6) if hits else 0.0,
            "decision": decision.kind,
        }
