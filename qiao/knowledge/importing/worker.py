"""The process that reads documents, apart from the one that serves: a reader that hangs, eats memory or dies on a hostile
file takes nobody with it. Speaks JSON, one line a request, one or more a reply (`isolation.py` is the other end).

`python -m qiao.knowledge.importing.worker`
"""

import contextlib
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any, TextIO

from qiao.core.errors import Invalid

_MEMORY = 2 * 1024 * 1024 * 1024


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not everywhere, and a container may be stricter
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    out, sys.stdout = sys.stdout, sys.stderr  # nothing a library prints may get between our lines
    _limit_memory()
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = _answer(asked, out)
        except Invalid as problem:
            answer = {"error": problem.code, "params": problem.params}
        except RecursionError:
            answer = {"error": "import.too_deep", "params": {}}
        except MemoryError:
            answer = {"error": "import.document_too_long", "params": {}}
        except Exception as error:
            answer = {"error": "import.unreadable", "params": {}, "cause": repr(error)[:500]}
        _say(out, answer)


def _say(out: TextIO, answer: dict[str, Any]) -> None:
    out.write(json.dumps(answer, ensure_ascii=True) + "\n")
    out.flush()


def _answer(asked: dict[str, Any], out: TextIO) -> dict[str, Any]:
    from qiao.knowledge.importing.reading import folder, pages

    data = Path(asked["path"]).read_bytes()
    if asked["do"] == "list":
        return {"entries": folder.listing(asked["name"], data)}
    if asked["do"] == "page":
        found = [pages.read_page(data, asked["url"], asked.get("charset"))]
    else:

        def tell(done: int, of: int) -> None:
            if of > 1:
                _say(out, {"done": done, "of": of})

        found = folder.read_part(asked["name"], data, asked["entry"], cut=bool(asked["cut"]), tell=tell)
    into, documents, number = Path(asked["into"]), [], 0
    for document in found:
        pictures = []
        for picture in document.pictures:
            path = ""
            if picture.data:
                number += 1
                path = str(into / f"{asked['prefix']}-{number}")
                Path(path).write_bytes(picture.data)
            pictures.append({"name": picture.name, "path": path, "url": picture.url})
        documents.append(
            {
                "title": document.title,
                "body": document.body,
                "kind": document.kind,
                "fields": document.fields,
                "pictures": pictures,
            }
        )
    return {"documents": documents}


if __name__ == "__main__":
    main()
