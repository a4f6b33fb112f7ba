"""`qiao evaluate …`: how good the answers are, measured on files, without server or database."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from qiao.core import i18n

app = typer.Typer(no_args_is_help=True, help="Measure answers on files · 用文件评测")


def locale() -> str:
    return i18n.match_locale(os.environ.get("QIAO_LOCALE"), (os.environ.get("LANG") or "").replace("_", "-"))


class Shown:
    """A progress bar on stderr, once something has taken a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, key: str, done: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._started < 1:
                return
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
            self._bar = Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
            self._bar.start()
        if key not in self._tasks:
            self._tasks[key] = self._bar.add_task(i18n.t(f"evaluate.{key}", locale()), total=total)
        self._bar.update(self._tasks[key], completed=done, total=total)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()


@app.callback()
def evaluate() -> None:
    """Measure answers: on files, without server or database, or with a test set of the product."""


@app.command()
def retrieve(
    corpus: Annotated[Path, typer.Option(help='JSON lines: {"doc_id", "text", "title"?, "variants"?}')],
    queries: Annotated[Path, typer.Option(help='JSON lines: {"qid", "text"}')],
    out: Annotated[Path, typer.Option(help='JSON lines: {"qid", "ranked", "score", "decision"}')],
    max_error: Annotated[float, typer.Option(min=0.001, max=0.5, help="Share of answers that may be wrong.")] = 0.05,
) -> None:
    """Ask every question of one file of the documents of another, with the engine the bot uses."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from qiao.bot.evaluation import retrieval
    from qiao.knowledge.search.embedding import E5Embedder
    from qiao.knowledge.search.engine import Engine

    engine = Engine(second=E5Embedder())
    run(
        lambda shown: retrieval.retrieve(
            engine, corpus, queries, out, max_error=max_error, locale=locale(), progress=shown
        ),
        out,
    )


@app.command()
def classify(
    train: Annotated[Path, typer.Option(help='JSON lines: {"id", "text", "label"}; label "oos": in no class')],
    test: Annotated[Path, typer.Option(help='JSON lines: {"id", "text"}')],
    out: Annotated[Path, typer.Option(help='JSON lines: {"id", "label", "score"}')],
) -> None:
    """Learn labels from one file and give them to the texts of another, with the classifier the product uses."""
    from qiao.bot.evaluation import classify_command

    classify_command.one_thread()
    run(lambda shown: classify_command.classify(train, test, out, locale=locale(), progress=shown), out)


def run(work: Callable[[Shown], int], out: Path) -> None:
    """Does the work with its progress shown and says how many lines were written; bad input ends with code 2."""
    from qiao.bot.evaluation.jsonl import BadInputError

    shown = Shown()
    try:
        count = work(shown)
    except BadInputError as error:
        shown.close()
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    finally:
        shown.close()
    typer.echo(i18n.t("evaluate.written", locale(), count=count, file=out), err=True)


@app.command()
def flows(files: Annotated[list[Path], typer.Argument(help="Flow files (YAML or JSON)")]) -> None:
    """Check flow files and run the tests they bring along; exit code 1 when one fails."""
    from qiao.bot.flows.evaluation import evaluate_files

    if not evaluate_files(files, locale(), typer.echo):
        raise typer.Exit(1)
