"""Seeds the demo company: all of it or nothing, in one transaction, through the services of every room."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from qiao.app import create_runtime
from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Db, Session
from qiao.core.files import wiring as files
from qiao.core.settings import Settings
from qiao.demo.company import seed_company
from qiao.demo.counter import seed_counter
from qiao.demo.evaluation import seed_test_set
from qiao.demo.flows import seed_flows
from qiao.demo.gaps import seed_gaps
from qiao.demo.history import seed_history
from qiao.demo.procedures import seed_runs
from qiao.demo.shop import seed_customers, seed_knowledge, seed_orders
from qiao.demo.tickets import seed_tickets
from qiao.desk.sla import service as sla
from qiao.packs.loader import flow_files, load_demo
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization
from qiao.people.setup import service as setup

Progress = Callable[[int, int], None]
PASSWORD: Final = "kapok-demo-2026"  # noqa: S105 - shown to whoever starts the demo
SHOWN: Final = (("agent", "chen.yu"), ("agent_en", "sun.kai"), ("supervisor", "zhou.yan"), ("admin", "lin.mu"))


@dataclass(frozen=True, slots=True)
class Login:
    """A way into the demo."""

    role: str
    email: str
    password: str

    def role_in(self, locale: str) -> str:
        return i18n.t(f"cli.role.{self.role}", locale)


async def wanted(settings: Settings, database_url: str) -> bool:
    """Whether nobody has an account yet."""
    db = Db(database_url)
    try:
        async with db.read() as session:
            return not await setup.is_done(session)
    finally:
        await db.close()


async def run(settings: Settings, database_url: str, progress: Progress) -> None:
    """Puts the demo company in. Interrupted, it leaves nothing behind."""
    pack = load_demo()
    steps = (
        len(pack.company.users)
        + len(pack.faqs.faqs) * 2
        + len(pack.articles.articles)
        + len(pack.customers.customers)
        + len(pack.orders.orders)
        + len(pack.conversations.conversations)
        + len(pack.tickets.tickets)
        + len(flow_files())
    )
    done = 0

    def step(count: int = 1) -> None:
        nonlocal done
        done += count
        progress(done, steps)

    runtime = create_runtime(settings, database_url)
    await files.start(runtime)
    try:
        async with runtime.db.transaction() as db:
            actor = Actor.system()
            places = await seed_company(db, actor, pack, PASSWORD, step)
            await seed_counter(db, actor, places, pack.company.locale)
            answers = await seed_knowledge(db, actor, pack, places, step)
            customers = await seed_customers(db, actor, pack, places, step)
            await seed_orders(db, actor, pack, customers, step)
            await seed_flows(db, actor, step)
            ids = {key: answer.id for key, answer in answers.items()}
            await seed_test_set(db, actor, ids, pack.company.locale)
            talks = await seed_history(db, actor, pack, places, customers, answers, step)
            await seed_gaps(db, pack, places, talks, answers)
            await sla.ensure_shipped(db)  # what is promised about the tickets that follow
            await seed_tickets(db, actor, pack, places, customers, talks, step)
            await seed_runs(db, places, talks, pack.company.locale)
    finally:
        await runtime.db.close()


async def logins(db: Db) -> list[Login]:
    """The accounts to show at start: those of the demo whose password nobody has changed."""
    async with db.read() as session:
        if not (await organization.get_settings(session)).demo:
            return []
        return [login for login in map(_login, SHOWN) if await _still_good(session, login)]


def _login(shown: tuple[str, str]) -> Login:
    return Login(shown[0], f"{shown[1]}@kapok.example", PASSWORD)


async def _still_good(db: Session, login: Login) -> bool:
    return await accounts.password_fits(db, login.email, login.password)
