"""`qiao …`: the command line."""

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

import qiao
from qiao.bot.evaluation import command as evaluation
from qiao.core import i18n, memory
from qiao.core.settings import Settings, get_settings

if TYPE_CHECKING:
    from qiao.bot.dialogue.schemas import AskView
    from qiao.core.db import Db

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Qiao 桥 · 客服中心 · service centre")
app.add_typer(evaluation.app, name="evaluate")
console = Console(stderr=True, highlight=False)


def _locale() -> str:
    return i18n.match_locale(os.environ.get("QIAO_LOCALE"), (os.environ.get("LANG") or "").replace("_", "-"))


def _say(key: str, **params: object) -> str:
    return i18n.t(f"cli.{key}", _locale(), **params)


@contextmanager
def _step(key: str) -> Iterator[None]:
    """Shows what is being done and how long it took."""
    started = time.perf_counter()
    with console.status(_say(key)):
        yield
    console.print(f"[green]✓[/] {_say(key)} [dim]{time.perf_counter() - started:.1f} s[/]")


@contextmanager
def _database(settings: Settings, meanwhile: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The address of a database that is up, with this version's schema. `meanwhile` is done while it starts."""
    from qiao.core.postgres import EmbeddedPostgres, PostgresError
    from qiao.schema import prepare_now

    if settings.database_url:
        meanwhile()
        with _step("database_migrate"):
            prepare_now(settings.database_url)
        yield settings.database_url
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(settings.data / "postgres")
    try:
        with ThreadPoolExecutor(1) as beside:
            starting = beside.submit(server.start)
            meanwhile()
            with _step("database_start"):
                url = starting.result().url()
    except PostgresError as error:
        console.print(f"[red]{error}[/]")
        raise SystemExit(1) from None
    try:
        with _step("database_migrate"):
            prepare_now(url)
        yield url
    finally:
        server.stop()


def _refuse_taken_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError:
            console.print(f"[red]{_say('port_taken', port=settings.port, next=settings.port + 1)}[/]")
            raise SystemExit(1) from None


@app.command()
def up(
    empty: Annotated[bool, typer.Option("--empty", help="Without demo data: greet with the first-run wizard.")] = False,
) -> None:
    """Start Qiao: database, server, and on first start the demo company. Ctrl-C stops everything."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    memory.few_arenas()
    settings = get_settings()
    from qiao.core import telemetry

    telemetry.configure_logging(settings.log_level, as_json=settings.log_json)
    _refuse_taken_port(settings)
    # SIGTERM must unwind the stack like Ctrl-C, so that the database stops with us also before the server listens.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    from qiao import running

    try:
        with running.noted(settings.data):
            Thread(target=_preload, args=(settings,), daemon=True).start()
            with _database(settings, _load) as url:
                from qiao import server
                from qiao.app import create_app

                if not empty:
                    _seed(settings, url)
                application = create_app(settings, url)

                async def announce() -> None:
                    await _announce(settings, application.state.runtime.db, empty)

                server.serve(application, settings, announce)
    except KeyboardInterrupt:
        pass  # being asked to stop is how a server ends well
    console.print(_say("stopped"))


def _load() -> None:
    """Imports everything. What is made by that stays for good, so nobody needs to look through it for garbage."""
    with _step("loading"):
        gc.disable()
        import qiao.app

        qiao.app.load_rooms()
        qiao.app.all_routes()
        gc.freeze()
        gc.enable()


def _preload(settings: Settings) -> None:
    """The model that understands questions, for whoever has texts to find: loading it needs little of this thread."""
    if (settings.data / "search" / "vectors.sqlite").exists():
        from qiao.knowledge.search.embedding import preload

        preload()


def _seed(settings: Settings, url: str) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from qiao.demo import seed
    from qiao.server import loop_factory

    if asyncio.run(seed.wanted(settings, url)):
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=console,
        ) as progress:
            task = progress.add_task(_say("seeding"), total=None)
            work = seed.run(settings, url, lambda done, total: progress.update(task, completed=done, total=total))
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(work)


async def _announce(settings: Settings, db: "Db", empty: bool) -> None:
    from qiao.demo import seed

    base = settings.public_url
    table = Table.grid(padding=(0, 2))
    accounts = await seed.logins(db)
    if accounts:
        table.add_row(_say("shop"), f"[link]{base}/shop[/]")
    table.add_row(_say("help_centre"), f"[link]{base}/help[/]")
    table.add_row(_say("console"), f"[link]{base}/console/[/]")
    table.add_row(_say("api_docs"), f"[link]{base}/docs[/]")
    for login in accounts:
        table.add_row(login.role_in(_locale()), f"{login.email}  {login.password}")
    console.print(Panel(table, title=f"Qiao 桥 {qiao.__version__}", expand=False, border_style="green"))
    console.print(_say("stop_hint"))


@app.command()
def down() -> None:
    """Stop the server and the database of this data folder."""
    from qiao import running
    from qiao.core.postgres import EmbeddedPostgres, PostgresError

    settings = get_settings()
    try:
        # First the server, which takes leave of everybody; it stops the database it has started.
        servers = running.stop_all(settings.data)
        database = EmbeddedPostgres(settings.data / "postgres").shutdown()
    except (TimeoutError, PermissionError, PostgresError) as error:
        console.print(f"[red]{_say('not_stopped', detail=error)}[/]")
        raise SystemExit(1) from None
    console.print(_say("stopped") if servers or database else _say("not_running"))


@app.command()
def ask(
    question: str,
    locale: Annotated[str, typer.Option(help="zh-CN or en")] = "",
) -> None:
    """Ask the bot a question, as a customer would, and see how sure it is."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = get_settings()
    from qiao.core import telemetry

    telemetry.configure_logging("warning", as_json=False)
    with _database(settings) as url:
        answer = asyncio.run(_ask(settings, url, question, i18n.match_locale(locale or None, _locale())))
    out = Console(highlight=False)
    out.print(f"[bold]{answer.action}[/]  {_say('probability')} {answer.probability:.0%}")
    for line in (answer.text, answer.flow and f"→ {answer.flow}", *(f"• {option}" for option in answer.options)):
        if line:
            out.print(line, markup=False)
    for hit in answer.hits:
        out.print(f"  {hit.probability:.2f}  {hit.title}  ({hit.kind})", markup=False)


async def _ask(settings: Settings, url: str, question: str, locale: str) -> "AskView":
    from qiao.app import create_runtime, running
    from qiao.bot.dialogue import service as bot
    from qiao.bot.dialogue.schemas import AskBody

    async with running(create_runtime(settings, url), background=False) as runtime:
        return await bot.ask(runtime, AskBody(text=question), locale)


@evaluation.app.command("set")
def evaluate_set(
    name: Annotated[str, typer.Argument(help="Name of a test set kept in the product")],
    out: Annotated[Path, typer.Option(help='JSON lines: {"case", "question", "verdict", "decision", "ranked", …}')],
    knowledge: Annotated[str, typer.Option(help="live, scheduled or drafts")] = "live",
    max_error: Annotated[float, typer.Option(min=0.0, max=0.5, help="0: the bot's own setting.")] = 0.0,
    against: Annotated[Path | None, typer.Option(help="An earlier out file: code 1 when a case became worse.")] = None,
) -> None:
    """Run a test set of the company's database with the bot's own decision; no server is needed."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    settings = get_settings()
    from qiao.bot.evaluation import set_command
    from qiao.core import telemetry

    telemetry.configure_logging("warning", as_json=False)

    async def work(url: str, shown: evaluation.Shown) -> tuple[int, int]:
        from qiao.app import create_runtime, running

        async with running(create_runtime(settings, url), background=False) as runtime:
            return await set_command.run_set(
                runtime, name, out, knowledge=knowledge, max_error=max_error or None, against=against,
                locale=evaluation.locale(), progress=shown,
            )  # fmt: skip

    worse = 0

    def count(shown: evaluation.Shown) -> int:
        nonlocal worse
        with _database(settings) as url:
            cases, worse = asyncio.run(work(url, shown))
        return cases

    evaluation.run(count, out)
    if against is not None:
        typer.echo(i18n.t("evaluate.worse", evaluation.locale(), count=worse), err=True)
    raise typer.Exit(1 if worse else 0)


@app.command()
def reset_password(email: str) -> None:
    """Give somebody a new temporary password (when every administrator is locked out)."""
    settings = get_settings()
    from qiao.app import create_runtime
    from qiao.core.actor import Actor
    from qiao.people.accounts import service as accounts

    async def work(url: str) -> str:
        runtime = create_runtime(settings, url)
        try:
            return await runtime.db.run(lambda db: accounts.reset_password_by_email(db, Actor.system(), email))
        finally:
            await runtime.db.close()

    with _database(settings) as url:
        print(asyncio.run(work(url)))  # noqa: T201 - the answer of the command


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema and stop."""
    with _database(get_settings()):
        pass


@app.command()
def version() -> None:
    """Print the version."""
    print(qiao.__version__)  # noqa: T201 - the answer of the command


def main() -> None:
    """Entry point."""
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
