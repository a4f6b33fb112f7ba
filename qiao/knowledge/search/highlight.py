"""Where a text says what was looked for."""

import re
from collections.abc import Iterable

from qiao.core.text import normalize, stem

_RUN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")

Span = tuple[int, int]


def highlights(text: str, queries: Iterable[str]) -> list[Span]:
    """Spans [start, end) of `text`, in order and apart: words of any of the queries, Chinese by pairs of characters."""
    folded = "".join(_fold(character) for character in text)
    marked = [False] * len(folded)
    for query in queries:
        for run in _RUN.findall(normalize(query)):
            if run.isascii():
                wanted = stem(run)
                for match in re.finditer(r"[a-z0-9]+", folded):
                    if match[0] == run or stem(match[0]) == wanted:
                        marked[match.start() : match.end()] = [True] * len(match[0])
                continue
            for pair in {run[i : i + 2] for i in range(max(1, len(run) - 1))}:
                for match in re.finditer(re.escape(pair), folded):
                    marked[match.start() : match.end()] = [True] * len(pair)
    spans: list[Span] = []
    start: int | None = None
    for place, on in enumerate([*marked, False]):
        if on and start is None:
            start = place
        elif not on and start is not None:
            spans.append((start, place))
            start = None
    return spans


def _fold(character: str) -> str:
    """As searched, but always one character long, so that places stay."""
    normal = normalize(character)
    return normal if len(normal) == 1 else " "
