"""Files of one JSON object a line: read strictly, written whole or not at all."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from qiao.core import i18n

Row = dict[str, Any]


class BadInputError(Exception):
    """A sentence for the person at the terminal, with file and line."""

    def __init__(self, message: str, locale: str, /, **params: object):
        super().__init__(i18n.t(f"evaluate.{message}", locale, **params))


def read(path: Path, locale: str, *, required: Mapping[str, type], unique: str) -> list[tuple[int, Row]]:
    """Every row with its line number. `required` keys must be there, of that type and, for text, not empty."""
    rows: list[tuple[int, Row]] = []
    seen: dict[object, int] = {}
    for number, row in _objects(path, locale):
        for key, kind in required.items():
            if key not in row:
                raise BadInputError("missing_key", locale, file=path, line=number, name=key)
            if not isinstance(row[key], kind):
                raise BadInputError("wrong_type", locale, file=path, line=number, name=key)
            if kind is str and not row[key].strip():
                raise BadInputError("empty_text", locale, file=path, line=number, name=key)
        if (before := seen.setdefault(row[unique], number)) != number:
            raise BadInputError("twice", locale, file=path, line=number, name=unique, value=row[unique], before=before)
        rows.append((number, row))
    if not rows:
        raise BadInputError("no_rows", locale, file=path)
    return rows


def _objects(path: Path, locale: str) -> Iterator[tuple[int, Row]]:
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError:
                    raise BadInputError("not_utf8", locale, file=path, line=number) from None
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except (json.JSONDecodeError, RecursionError) as error:
                    detail = getattr(error, "msg", "nested too deeply")
                    raise BadInputError("not_json", locale, file=path, line=number, detail=detail) from None
                if not isinstance(row, dict):
                    raise BadInputError("not_an_object", locale, file=path, line=number)
                yield number, row
    except OSError as error:
        raise BadInputError("unreadable", locale, file=path, detail=error.strerror or error) from None


@contextmanager
def replacing(path: Path, locale: str) -> Iterator[Callable[[Mapping[str, object]], None]]:
    """Gives a function that writes a row; the file takes its place when all went well, and is not there otherwise."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        file = beside.open("w", encoding="utf-8")
    except OSError as error:
        raise BadInputError("unwritable", locale, file=path, detail=error.strerror or error) from None
    try:
        with file:
            yield lambda row: _write(file, row)
        beside.replace(path)
    except OSError as error:
        raise BadInputError("unwritable", locale, file=path, detail=error.strerror or error) from None
    finally:
        beside.unlink(missing_ok=True)


def _write(file: TextIO, row: Mapping[str, object]) -> None:
    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def texts(value: object) -> Iterable[str] | None:
    """A list of texts, or None when it is something else."""
    if isinstance(value, list) and all(isinstance(text, str) for text in value):
        return [text for text in value if text.strip()]
    return None
