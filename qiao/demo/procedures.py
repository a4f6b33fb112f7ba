"""Procedures walked in the demo's past: finished, stopped, with deviations, so that their figures show something."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.demo.company import Places
from qiao.desk.conversations import service as conversations
from qiao.desk.sop import service as procedures
from qiao.desk.sop.schemas import RunBody, RunView, StepBody, StopBody
from qiao.people.accounts.identity import actor_for

WALKED: Final = 26
_AGENTS: Final = ("chen.yu", "sun.kai")
_WHY: Final = {
    "skipped": ("客户赶时间", "The customer was in a hurry"),
    "against": ("老客户，主管口头同意", "A regular; the supervisor agreed"),
    "early": ("承运商提前回复了", "The carrier answered sooner"),
    "stopped": ("客户挂断了", "The customer hung up"),
}
_VALUES: Final[dict[str, Any]] = {
    "text": "KL-2086",
    "long_text": "第三次联系仍未解决",
    "order": "KL20260001",
    "date": "2026-03-01",
    "email": "invoice@example.com",
    "phone": "19900001234",
}


async def seed_runs(db: Session, places: Places, talks: dict[str, UUID], locale: str) -> None:
    """The newest conversations that are over, each with the procedure that fits it best, or any."""
    await procedures.install(db)
    draw = Random(20260)  # noqa: S311 - the demo looks the same every time
    facts = await conversations.facts_many(db, list(talks.values()))
    over = sorted((one for one in facts.values() if one.status == "closed"), key=lambda one: one.created_at)
    agents = [await actor_for(db, places.users[key]) for key in _AGENTS if key in places.users]
    for talk in over[-WALKED:]:
        agent = draw.choice(agents)
        fits = await procedures.for_subject(db, Actor.system(), "conversation", talk.id)
        chosen = fits.suggestions[0] if fits.suggestions else draw.choice(fits.startable)
        await _walk(db, agent, talk.id, chosen.key, talk.last_message_at, draw, locale)


async def _walk(db: Session, agent: Actor, talk: UUID, procedure: str, at: datetime, draw: Random, locale: str) -> None:
    with clock.frozen(at):
        run_id = await procedures.start(db, Actor.system(), procedure, "conversation", talk, reason="intent")
        run = await procedures.get_run(db, Actor.system(), run_id, locale)
    gives_up = draw.random() < 0.2
    for number in range(40):
        if run.state != "active" or run.current is None:
            return
        at += timedelta(seconds=draw.randint(15, 240))
        with clock.frozen(at):
            if gives_up and number >= 2 and draw.random() < 0.4:
                body = StopBody(version=run.version, reason=_why("stopped", locale))
                await procedures.stop(db, _as(agent), run_id, body, locale)
                return
            if number and draw.random() < 0.06:
                run = await procedures.back(db, _as(agent), run_id, RunBody(version=run.version), locale)
                continue
            run = await procedures.advance(db, _as(agent), run_id, _act(run, draw, locale), locale)


def _as(agent: Actor) -> Actor:
    """The agent, whoever had the conversation then."""
    return Actor("user", agent.id, agent.name, agent.permissions | {"conversations.view_all"}, agent.locale)


def _why(kind: str, locale: str) -> str:
    return _WHY[kind][locale == "en"]


def _act(run: RunView, draw: Random, locale: str) -> StepBody:
    assert run.current is not None and run.step is not None
    step, kind = run.current.step, run.current.type
    values: dict[str, Any] = {"version": run.version, "step": run.step}
    files_only = kind == "evidence" and not {"text", "link"} & set(step.get("accept", ()))
    # No ticket was made of these conversations, and nobody kept their pictures.
    if files_only or kind == "action" or draw.random() < 0.05:
        first = (step.get("options") or [{}])[0].get("next")
        return StepBody(**values, act="skip", to=first, reason=_why("skipped", locale))
    if kind == "check":
        good = step.get("expect", True)
        if draw.random() < 0.25:
            if draw.random() < 0.3:
                return StepBody(**values, act="against", answer={"value": not good}, reason=_why("against", locale))
            return StepBody(**values, answer={"value": not good})
        return StepBody(**values, answer={"value": good})
    if kind == "choice":
        return StepBody(**values, answer={"value": draw.choice(step["options"])["key"]})
    if kind == "evidence":
        which = "text" if "text" in step["accept"] else "link"
        item = {"kind": which, "text": "签收底单", "url": "https://carrier.example.com/proof"}
        return StepBody(**values, answer={"items": [item]})
    if kind == "form":
        return StepBody(**values, answer={"values": {one["key"]: _value(one, draw) for one in step["fields"]}})
    if kind == "timer":
        return StepBody(**values, reason=_why("early", locale))
    return StepBody(**values)


def _value(field: dict[str, Any], draw: Random) -> Any:
    if field.get("options"):
        # An error code would ask for more; the first choices do.
        key = draw.choice(field["options"][:2])["key"]
        return [key] if field["kind"] == "choices" else key
    if field["kind"] == "money":
        return draw.choice([59, 129, 360])
    if field["kind"] == "number":
        return draw.choice([1, 2, 5, 12])
    return "91310000MA1FL5E91B" if field.get("pattern") else _VALUES.get(field["kind"], "x")
