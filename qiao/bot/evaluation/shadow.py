"""Shadow runs: a candidate configuration answers a share of the customers' questions silently, after the live answer."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from qiao.bot.dialogue import service as dialogue
from qiao.bot.dialogue.asker import asker_of
from qiao.bot.evaluation import policy, runs, sets
from qiao.bot.evaluation.knowledge import index_of, texts_of
from qiao.bot.evaluation.models import EvalShadow, EvalShadowAnswer
from qiao.bot.evaluation.policy import Outcome
from qiao.bot.evaluation.proposals import texts_in
from qiao.bot.evaluation.schemas import (
    Adopted,
    Config,
    ShadowAnswerView,
    ShadowBody,
    ShadowFigures,
    ShadowView,
    SideView,
)
from qiao.bot.evaluation.trial import attempt
from qiao.bot.flows import live as flows
from qiao.bot.llm import service as llm
from qiao.bot.llm.private import hide
from qiao.bot.llm.schemas import LlmSettingsBody
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.knowledge.search.service import SearchService, document_of
from qiao.people.accounts import audit

LATE: Final = timedelta(minutes=10)
"""What was asked longer ago is left out: after a stop the live path comes first."""
SETTLED_AFTER: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=90)
_REFRESH_SECONDS: Final = 120.0


# -- setting up --------------------------------------------------------------------------------------------------------


async def start(db: Session, actor: Actor, body: ShadowBody) -> ShadowView:
    """Begins a shadow run; there is one at a time."""
    if body.ends_at <= clock.now():
        raise Invalid.field("ends_at", "evaluation.ends_past")
    if body.config.knowledge in ("at", "import"):
        raise Invalid.field("config.knowledge", "evaluation.not_in_shadow")
    row = EvalShadow(
        id=new_id(),
        **body.model_dump(exclude={"config"}),
        config=body.config.model_dump(mode="json", exclude_none=True),
        state="running",
        created_by=actor.id,
        created_at=clock.now(),
    )
    db.add(row)
    try:
        async with db.begin_nested():
            await db.flush()
    except IntegrityError:
        raise Conflict("evaluation.shadow_running") from None
    changes = {"name": row.name, "share": row.share, "config": row.config}
    await audit.record(db, actor, "evaluation.shadow_started", "evaluation_shadow", row.id, changes)
    return await view(db, row)


async def stop(db: Session, actor: Actor, shadow_id: UUID) -> ShadowView:
    row = await _row(db, shadow_id, lock=True)
    if row.state == "running":
        row.state, row.ended_at = "ended", clock.now()
        await audit.record(db, actor, "evaluation.shadow_stopped", "evaluation_shadow", row.id, {"name": row.name})
    return await view(db, row)


async def adopt(db: Session, actor: Actor, shadow_id: UUID) -> Adopted:
    """Makes the candidate's settings the bot's. Drafts go live through their own doors, with their own checks."""
    actor.require("settings.manage")
    row = await _row(db, shadow_id, lock=True)
    if row.state == "adopted":
        raise Refused("evaluation.adopted_already")
    config = Config.model_validate(row.config)
    done = Adopted(max_error=config.max_error, model=None, left=[])
    if config.max_error is not None:
        settings = await dialogue.get_settings(db)
        await dialogue.put_settings(db, actor, settings.model_copy(update={"max_error": config.max_error}))
    model = await llm.get_settings(db)
    if model.enabled != config.model:
        if config.model and not model.address:
            done.left.append("configure_model")
        else:
            values = model.model_dump(exclude={"has_key"}) | {"enabled": config.model}
            await llm.put_settings(db, actor, LlmSettingsBody.model_validate(values))
            done.model = config.model
    if config.knowledge != "live":
        done.left.append("publish_drafts")
    row.state, row.ended_at = "adopted", row.ended_at or clock.now()
    changes = {"name": row.name, "config": row.config}
    await audit.record(db, actor, "evaluation.shadow_adopted", "evaluation_shadow", row.id, changes)
    return done


async def _row(db: Session, shadow_id: UUID, *, lock: bool = False) -> EvalShadow:
    row = await db.get(EvalShadow, shadow_id, with_for_update=True if lock else None, populate_existing=lock)
    if row is None:
        raise NotFound("evaluation.shadow_not_found")
    return row


async def running(db: Session) -> EvalShadow | None:
    found: EvalShadow | None = await db.scalar(select(EvalShadow).where(EvalShadow.state == "running"))
    return found


# -- on live traffic ---------------------------------------------------------------------------------------------------


def chosen(message_id: UUID, share: float) -> bool:
    """Whether a question belongs to the share; the same answer however often it is asked."""
    return int.from_bytes(hashlib.blake2b(message_id.bytes, digest_size=4).digest()) / 2**32 < share


class Shadows:
    """This process's side of a shadow run: which one runs, its index if it has one of its own, and how busy it was."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._looked = 0.0
        self._current: EvalShadow | None = None
        self._index: _Index | None = None
        self._times: deque[float] = deque()
        self._building = asyncio.Lock()

    async def current(self) -> EvalShadow | None:
        """The running one, as known a few seconds ago: asked once per answer of the bot."""
        if time.monotonic() - self._looked > 3:
            async with self.runtime.db.read() as db:
                self._current = await running(db)
            self._looked = time.monotonic()
            if self._current is None:
                self._index = None
        return self._current

    def forget(self) -> None:
        self._looked = 0.0

    def may(self, per_minute: int) -> bool:
        """Whether there is effort left in this minute; takes it if so."""
        now = time.monotonic()
        while self._times and now - self._times[0] > 60:
            self._times.popleft()
        if len(self._times) >= per_minute:
            return False
        self._times.append(now)
        return True

    async def search(self, shadow: EvalShadow, config: Config) -> SearchService:
        """The candidate's knowledge: the live index, or one of its own that is built anew every two minutes when asked."""
        if config.knowledge == "live":
            return self.runtime.get(SearchService)
        async with self._building:
            held = self._index
            if held is None or held.shadow_id != shadow.id or time.monotonic() - held.looked > _REFRESH_SECONDS:
                async with self.runtime.db.read() as db:
                    texts = await texts_of(db, config)
                state = hash(frozenset(map(document_of, texts)))
                if held is None or held.shadow_id != shadow.id or held.state != state:
                    self._index = None  # the old one goes before the new one comes
                    held = _Index(shadow.id, state, await index_of(self.runtime, texts))
                held.looked = time.monotonic()
                self._index = held
            return held.service


@dataclass
class _Index:
    shadow_id: UUID
    state: int
    """Tells whether the texts are others now."""
    service: SearchService
    looked: float = 0.0


async def answer(runtime: Runtime, answer_id: UUID) -> None:
    """Puts the question behind a bot's message to the candidate and keeps both decisions. Sends nothing, ever."""
    part = runtime.get(Shadows)
    shadow = await part.current()
    if shadow is None:
        return
    async with runtime.db.read() as db:
        said = (await conversations.messages_by_id(db, [answer_id])).get(answer_id)
        asked_id = _answered_by(said)
        if said is None or asked_id is None or not chosen(asked_id, shadow.share):
            return
        asked = (await conversations.messages_by_id(db, [asked_id])).get(asked_id)
        facts = await conversations.facts(db, said.conversation_id)
        if asked is None or facts is None or asked.kind != "text" or asked.payload.get("choice"):
            return
        if clock.now() - asked.created_at > LATE:
            return
        context, in_flow, spoken = await dialogue.question_before(db, facts.id, asked.seq, asked.body, facts.locale)
        asker = await asker_of(db, facts)
        config = Config.model_validate(shadow.config)
        settings = await runs.settings_of(db, config)
        begun = await flows.begun_with(db, asked.id) if in_flow else None
    if in_flow and begun is None:
        return  # an answer to what a flow asked is no question
    if not part.may(shadow.per_minute):
        await runtime.db.run(lambda db: _skip(db, shadow.id))
        return
    search = await part.search(shadow, config)
    locale = await dialogue.language_in(runtime.get(SearchService), asked.body, spoken)
    trial = await attempt(runtime, search, settings, asked.body, asker=asker, locale=locale, context=context)
    live = Outcome("flow", (), begun) if begun is not None else live_outcome(said)
    row = {
        "shadow_id": shadow.id,
        "message_id": asked.id,
        "answer_id": said.id,
        "conversation_id": facts.id,
        "at": asked.created_at,
        "question": hide(asked.body)[:2000],
        "live": _plain(live),
        "candidate": _plain(trial.outcome),
        "agrees": policy.agree(live, trial.outcome),
        "ms": round(trial.ms, 2),
    }
    ended = await runtime.db.run(lambda db: _keep(db, shadow.id, row))
    if ended:
        part.forget()


def _answered_by(message: MessageView | None) -> UUID | None:
    """The customer's message a bot message answers: its key says so."""
    if message is None or message.author.kind != "bot" or not (message.client_id or "").startswith("bot:"):
        return None
    try:
        return UUID((message.client_id or "")[4:])
    except ValueError:
        return None


def live_outcome(message: MessageView) -> Outcome:
    """What the bot's message was: an answer with its texts, choices, or no answer; flows on offer are none."""
    payload = message.payload
    sure = float(payload.get("confidence") or 0.0)
    if message.kind == "choices" and payload.get("options"):
        keys = [option.get("id") for option in payload["options"] if isinstance(option, dict)]
        offered = tuple(key for value in keys if (key := _uuid(value)))
        return Outcome("choices", offered, None, sure) if offered else Outcome("handoff")
    given = texts_in(message)
    if given:
        first = _uuid(payload.get("faq_id") or payload.get("article_id"))
        return Outcome("answer", tuple(dict.fromkeys([first, *given] if first else given)), None, sure)
    return Outcome("handoff")


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value)) if value else None
    except ValueError:
        return None


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "decision": outcome.decision,
        "given": [str(key) for key in outcome.given],
        "flow": outcome.flow,
        "probability": round(outcome.probability, 4),
    }


def _outcome(stored: dict[str, Any]) -> Outcome:
    given = tuple(UUID(key) for key in stored["given"])
    return Outcome(stored["decision"], given, stored["flow"], stored["probability"])


async def _skip(db: Session, shadow_id: UUID) -> None:
    await db.execute(update(EvalShadow).where(EvalShadow.id == shadow_id).values(skipped=EvalShadow.skipped + 1))


async def _keep(db: Session, shadow_id: UUID, row: dict[str, Any]) -> bool:
    """Stores both decisions, once. Returns whether that was the last."""
    shadow = await _row(db, shadow_id, lock=True)
    if shadow.state != "running":
        return True
    await db.execute(insert(EvalShadowAnswer).values(row).on_conflict_do_nothing())
    held = int(await db.scalar(select(func.count()).where(EvalShadowAnswer.shadow_id == shadow_id)) or 0)
    if held >= shadow.most:
        shadow.state, shadow.ended_at = "ended", clock.now()
    return held >= shadow.most


# -- what became of it -------------------------------------------------------------------------------------------------


async def look_after(runtime: Runtime) -> None:
    """Ends what is over, follows open conversations, forgets what is old."""
    now = clock.now()
    async with runtime.db.transaction() as db:
        over = EvalShadow.state == "running", EvalShadow.ends_at <= now
        await db.execute(update(EvalShadow).where(*over).values(state="ended", ended_at=now))
        await db.execute(EvalShadowAnswer.__table__.delete().where(EvalShadowAnswer.at < now - KEPT))  # type: ignore[attr-defined]  # a table
    async with runtime.db.read() as db:
        query = select(EvalShadowAnswer).where(EvalShadowAnswer.outcome == "open")
        rows = list((await db.execute(query.order_by(EvalShadowAnswer.at).limit(500))).scalars())
        found = [(row, await _became(db, row, now)) for row in rows]
    async with runtime.db.transaction() as db:
        for row, (outcome, texts) in found:
            if outcome == "open":
                continue
            favours = policy.favours(_outcome(row.live), _outcome(row.candidate), outcome, texts)
            await db.execute(
                update(EvalShadowAnswer)
                .where(EvalShadowAnswer.shadow_id == row.shadow_id, EvalShadowAnswer.message_id == row.message_id)
                .values(outcome=outcome, agent_texts=texts, favours=favours)
            )


async def _became(db: Session, row: EvalShadowAnswer, now: Any) -> tuple[str, list[UUID]]:
    facts = await conversations.facts(db, row.conversation_id)
    said = (await conversations.messages_by_id(db, [row.answer_id])).get(row.answer_id)
    if facts is None or said is None:
        return "quiet", []
    messages, _ = await conversations.transcript(db, Actor.system(), row.conversation_id, after_seq=said.seq, limit=60)
    helpful = said.payload.get("helpful")
    over = facts.status in ("resolved", "closed")
    return became(facts, messages, row.at, helpful, over=over, waited=now - row.at > SETTLED_AFTER)


def became(
    facts: ConversationFacts, after: Sequence[MessageView], at: Any, helpful: Any, *, over: bool, waited: bool
) -> tuple[str, list[UUID]]:
    """What the conversation says of an answer, once it is over or a day has passed. Pure."""
    sent: list[UUID] = []
    for message in after:
        if message.author.kind == "user":
            sent += [key for key in texts_in(message) if key not in sent]
    people = facts.queued_at is not None and facts.queued_at >= at
    people = people or (facts.assigned_at is not None and facts.assigned_at >= at)
    if not over and not waited:
        return "open", []
    if sent:
        return "agent_text", sent
    if helpful is not None:
        return ("helpful" if helpful else "unhelpful"), []
    if people:
        return "handed_over", []
    return ("resolved" if over else "quiet"), []


# -- reading -----------------------------------------------------------------------------------------------------------


async def listing(db: Session, cursor: str | None, limit: int) -> tuple[list[ShadowView], str | None]:
    """Shadow runs, newest first."""
    query = select(EvalShadow).order_by(EvalShadow.id.desc()).limit(limit + 1)
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(EvalShadow.id < after[0])
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return [ShadowView.model_validate(row) for row in rows[:limit]], following


async def get(db: Session, shadow_id: UUID) -> ShadowView:
    """One with its figures."""
    return await view(db, await _row(db, shadow_id))


async def view(db: Session, row: EvalShadow) -> ShadowView:
    shown = ShadowView.model_validate(row)
    answers = EvalShadowAnswer
    spoke = ("answer", "flow")
    differ = answers.agrees.is_(False)
    counted = (
        await db.execute(
            select(
                func.count().label("questions"),
                func.count().filter(answers.agrees).label("agree"),
                func.count().filter(answers.live["decision"].astext.in_(spoke)).label("live_answered"),
                func.count().filter(answers.candidate["decision"].astext.in_(spoke)).label("candidate_answered"),
                func.count().filter(differ, answers.outcome == "open").label("open"),
                func.count().filter(differ, answers.favours == "live").label("favour_live"),
                func.count().filter(differ, answers.favours == "candidate").label("favour_candidate"),
                func.count()
                .filter(differ, answers.favours == "neither", answers.outcome != "open")
                .label("favour_neither"),
                func.percentile_cont(0.5).within_group(answers.ms).label("ms_p50"),
            ).where(answers.shadow_id == row.id)
        )
    ).one()
    sign = policy.sign_test(counted.favour_candidate, counted.favour_live)
    shown.figures = ShadowFigures(**counted._asdict(), sign=runs.sign_view(sign))
    return shown


async def answers(
    db: Session, actor: Actor, shadow_id: UUID, *, only: str | None, cursor: str | None, limit: int
) -> tuple[list[ShadowAnswerView], str | None]:
    """The questions, newest first; `differ`: only where both differ. Words only of conversations the reader may see."""
    await _row(db, shadow_id)
    rows_of = EvalShadowAnswer
    query = select(rows_of).where(rows_of.shadow_id == shadow_id)
    if only == "differ":
        query = query.where(rows_of.agrees.is_(False))
    elif only in ("live", "candidate"):
        query = query.where(rows_of.agrees.is_(False), rows_of.favours == only)
    after = decode_cursor(cursor, tuple[Any, UUID])
    if after:
        query = query.where(func.row(rows_of.at, rows_of.message_id) < func.row(*after))
    query = query.order_by(rows_of.at.desc(), rows_of.message_id.desc()).limit(limit + 1)
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].at, rows[limit - 1].message_id) if len(rows) > limit else None
    rows = rows[:limit]
    seen = await conversations.visible_of(db, actor, list({row.conversation_id for row in rows}))
    wanted = {UUID(key) for row in rows for side in (row.live, row.candidate) for key in side["given"]}
    refs = await sets.refs_of(db, actor, wanted)

    def side(stored: dict[str, Any]) -> SideView:
        return SideView(**stored | {"given": [refs[UUID(key)] for key in stored["given"]]})

    found = [
        ShadowAnswerView(
            message_id=row.message_id,
            conversation_id=row.conversation_id if row.conversation_id in seen else None,
            at=row.at,
            question=row.question if row.conversation_id in seen else None,
            live=side(row.live),
            candidate=side(row.candidate),
            agrees=row.agrees,
            outcome=row.outcome,
            favours=row.favours,
            ms=row.ms,
        )
        for row in rows
    ]
    return found, following
