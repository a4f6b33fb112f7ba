"""Flows in conversations: what the dialogue asks of them for one message of a customer.

`decide` asks a waiting flow first, lets the dialogue decide as always where that did not settle it, and then looks whether
the decision begins a flow or was a question in between. `speak` says what there is to say and keeps where things stand.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.answering.policy import Action, HandoffReason, Reply
from qiao.bot.flows import choosing, entities, identity
from qiao.bot.flows.book import FlowBook
from qiao.bot.flows.choosing import Wish
from qiao.bot.flows.document import CallTool, Confirm, Flow
from qiao.bot.flows.events import FlowEnded, FlowStarted
from qiao.bot.flows.machine import Machine
from qiao.bot.flows.matching import Match
from qiao.bot.flows.models import FlowRunRow, FlowStateRow
from qiao.bot.flows.state import Ended, Frame, Option, Outcome, State, Turn
from qiao.bot.flows.wording import OWN, START
from qiao.bot.tools import service as tools
from qiao.bot.tools.ports import Call, Result, Subject
from qiao.bot.understanding import questions
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Audience, emit
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView, Outgoing
from qiao.knowledge.articles import service as articles
from qiao.people.customers import service as customers
from qiao.people.organization import service as organization

SURE: Final = 0.66
"""A sentence this much like a flow's phrases begins it, unless the knowledge base has an answer."""
EXACT: Final = 0.9
"""This much begins it even then."""
MAYBE: Final = 0.54
"""This much is worth a button."""
_MOST_PARTS: Final = 6
_MISSES: Final = frozenset({Action.DONT_KNOW, Action.CHOICES, Action.ASK_AGAIN, Action.ACKNOWLEDGE, Action.HANDOFF})
"""Decisions that are no answer to a question in between."""
_MOST_OFFERED: Final = 3
_LATELY: Final = 5


@dataclass
class LiveWorld:
    """The machine's world in a conversation."""

    db: Session
    facts: ConversationFacts
    locale: str
    today: date
    customer_name: str
    signed_in: Subject | None
    flows: dict[str, Flow]
    state: State
    log: tools.CallLog = field(default_factory=tools.CallLog)

    def flow(self, version_id: str) -> Flow | None:
        return self.flows.get(version_id)

    async def call(self, step: CallTool, inputs: Mapping[str, Any], key: str) -> Result:
        wanted = Call(
            tool=step.tool,
            inputs=inputs,
            key=f"flow:{self.facts.id.hex}:{key}",
            locale=self.locale,
            conversation_id=self.facts.id,
            subject=self.signed_in or self.state.subject,
            timeout_s=step.timeout_s,
        )
        return await tools.call(self.db, wanted, log=self.log)

    async def prove(self, order_number: str, code: str) -> Subject | None:
        return await identity.prove(self.db, self.facts, order_number, code)


@dataclass
class Plan:
    """What flows make of a message. `settled`: the dialogue need not decide anything."""

    world: LiveWorld
    machine: Machine
    turn: Turn
    settled: bool = False
    offers: tuple[Option, ...] = ()
    started: tuple[UUID, str, UUID] | None = None
    """Run, flow and version that begin now."""
    summary: dict[str, Any] | None = None
    title: str | None = None
    covers: frozenset[str] = frozenset()
    """Questions of a message of several that the flows on offer see to."""
    aside: tuple[str, ...] = ()
    """Questions beside the wish that begins a flow: the flow does not see to them."""

    @property
    def handoff(self) -> bool:
        return self.turn.handoff

    def beside(self, reply: Reply) -> Reply:
        """The reply without what is said of the questions that the flows on offer see to."""
        left = tuple(one for one in reply.left if one.text not in self.covers)
        if not self.covers or len(left) == len(reply.left):
            return reply
        return replace(reply, left=left, offer_person=any(not one.hits for one in left))

    def joined(self, outgoing: Outgoing) -> Outgoing:
        """The dialogue's choices with the flows on offer among them, so that there is one question and not two."""
        if outgoing.kind != "choices" or not self.offers:
            return outgoing
        options = [*outgoing.payload.get("options", ()), *_shown(self.offers)]
        self.offers = ()
        return replace(outgoing, payload={**outgoing.payload, "options": options})

    @property
    def note(self) -> dict[str, Any]:
        """What the bot's memory keeps of it, so that whoever takes over sees what was found out."""
        frame = self.machine.state.active
        found = self.summary or (self.machine.summary(frame) if frame else None)
        if found is None:
            return {}
        return {"collected": {found["flow"]: "", **{row["label"]: row["value"] for row in found["slots"]}}}


Decision = Callable[[], Awaitable[tuple[Reply, Intent]]]


async def decide(
    db: Session,
    facts: ConversationFacts,
    message: MessageView,
    locale: str,
    otherwise: Decision,
    wish: Wish | None = None,
) -> tuple[Reply, Intent, Plan | None]:
    """The bot's decision on a message, flows included. `otherwise` is the decision without them, `wish` the flow a
    language model would begin."""
    plan = await listen(db, facts, message, locale)
    intent = Intent.QUESTION
    reply = Reply(Action.FLOW, 0)
    if plan is None or not plan.settled:
        reply, intent = await otherwise()
        plan = await after(db, facts, message, reply, plan, locale, wish)
    if plan is not None and plan.settled:
        reply = Reply(Action.FLOW, 0) if not plan.handoff else Reply(Action.HANDOFF, 0, reason=HandoffReason.FLOW)
    return reply, intent, plan


async def listen(db: Session, facts: ConversationFacts, message: MessageView, locale: str) -> Plan | None:
    """What the flow being talked about makes of a message; None when no flow is waiting.

    Not settled means: not an answer to what was asked, or not in words. The dialogue decides, then `after` goes on.
    """
    row = await db.get(FlowStateRow, facts.id)
    if row is None or not row.waiting:
        return None
    plan = await _plan(db, facts, locale_of(message.body, load_state(row).locale, locale), row)
    if plan.machine.state.active is None:
        return None
    chosen = message.chosen or ""
    if message.kind != "text" or intent_of(message.body) is Intent.HANDOFF or chosen.startswith(START):
        return plan
    if chosen and not chosen.startswith(OWN):
        return plan  # one of the questions the dialogue offered in between
    await _hear(plan, message, detour=True)
    plan.settled = not plan.turn.unheard
    return plan


def locale_of(text: str, held: str, guessed: str) -> str:
    """The language to go on in: that of the flow, unless the customer has clearly changed it."""
    if not held or held == guessed:
        return guessed
    plain = entities.without_values(text)
    words = re.findall(r"[a-z]{2,}", plain)
    changed = len(words) >= 3 if guessed == "en" else len(re.findall(r"[\u4e00-\u9fff]", plain)) >= 2
    return guessed if changed else held


async def after(
    db: Session,
    facts: ConversationFacts,
    message: MessageView,
    reply: Reply,
    plan: Plan | None,
    locale: str,
    wish: Wish | None = None,
) -> Plan | None:
    """What flows add to the dialogue's decision, or None: nothing."""
    if plan is not None and plan.settled:
        return plan
    if reply.action is Action.HANDOFF and intent_of(message.body) is Intent.HANDOFF:
        if plan is not None:
            frame = plan.machine.state.active
            plan.summary = plan.machine.summary(frame) if frame else None
            plan.turn = Turn(ended=plan.machine.stop("handoff"))
        return plan
    begun = await _begin(db, facts, message, reply, plan, locale, wish) if message.kind == "text" else None
    if begun is not None:
        return begun
    if plan is None:
        return None
    asks = entities.is_question(message.body) and not plan.machine.takes_any
    if reply.action is Action.CHOICES and asks and message.kind == "text":
        plan.turn = plan.machine.detoured()
    elif reply.action in _MISSES and message.kind == "text":
        step = plan.machine.place
        await _hear(plan, message, detour=False)
        if asks and reply.action is Action.DONT_KNOW and plan.turn.lines and plan.machine.place == step:
            plan.turn.lines.clear()
            plan.machine.go_on(plan.turn)
            plan.turn.lines[0].text = f"{i18n.t('flows.no_answer', locale)}\n{plan.turn.lines[0].text}"
        plan.settled = True
    elif reply.action is Action.GOODBYE:
        plan.turn = Turn(ended=plan.machine.stop("cancelled"))
    else:
        plan.turn = plan.machine.detoured()
    return plan


async def _hear(plan: Plan, message: MessageView, *, detour: bool) -> None:
    frame = plan.machine.state.active
    plan.turn = await plan.machine.hear(message.body, message.chosen, detour=detour)
    if frame is not None:
        plan.title = _name(plan, frame)
        if plan.turn.handoff:
            plan.summary = plan.machine.summary(frame)


async def _begin(
    db: Session,
    facts: ConversationFacts,
    message: MessageView,
    reply: Reply,
    plan: Plan | None,
    locale: str,
    wish: Wish | None = None,
) -> Plan | None:
    """Starts a flow, or offers one, where the sentence or the answer it gets says so."""
    book = runtime_of(db).get(FlowBook)
    published = await book.published(db)
    if not published:
        return None
    pressed = message.chosen or ""
    if pressed.startswith(START):
        key = pressed.removeprefix(START)
        return await _start(db, facts, message, published, key, plan, locale) if key in published else None
    action = await _action_of(db, reply)
    if action is not None and plan is None:
        for key, (_, flow) in published.items():
            if action in flow.triggers.start_on:
                return await _start(db, facts, message, published, key, plan, locale)
    if intent_of(message.body) is not Intent.QUESTION:
        return None
    matches = await book.match(published, message.body)
    answered = reply.action is Action.ANSWER
    parts = await _parts(db, published, message.body)
    begins = _begins(published, matches, message.body, answered=answered) or _wished(published, parts)
    if begins is not None:
        started = await _start(db, facts, message, published, begins, plan, locale)
        started.aside = _aside(parts, begins)
        return started
    if plan is not None:
        return None
    if wish is not None and wish.flow in published and not answered:
        return await _start(db, facts, message, published, wish.flow, plan, locale, wish)
    wanted, covers = await _offered(book, published, message.body, matches, reply, action)
    if not wanted:
        return None
    made = await _plan(db, facts, locale, await db.get(FlowStateRow, facts.id))
    made.covers = covers
    made.offers = tuple(Option(START + k, published[k][1].name.text(locale)) for k in wanted)
    if reply.action is Action.DONT_KNOW:
        made.turn.say(i18n.t("flows.offer_maybe", locale), made.offers)
        made.offers, made.settled = (), True
    return made


async def _parts(db: Session, published: dict[str, tuple[UUID, Flow]], text: str) -> list[tuple[str, Sequence[Match]]]:
    """What a message of several parts says one after the other, and the flows each asks for."""
    parts = questions.clauses(text)
    book = runtime_of(db).get(FlowBook)
    return [(part, await book.match(published, part)) for part in parts[:_MOST_PARTS]] if len(parts) > 1 else []


def _wished(published: dict[str, tuple[UUID, Flow]], parts: Sequence[tuple[str, Sequence[Match]]]) -> str | None:
    """The flow that one part begins as plainly as a whole message that the knowledge base answers must, and that
    is no question itself: 我要退款，运费谁出."""
    for part, matches in parts:
        if not questions.asks(part) and (key := _begins(published, matches, part, answered=True)) is not None:
            return key
    return None


def _aside(parts: Sequence[tuple[str, Sequence[Match]]], key: str) -> tuple[str, ...]:
    """The questions that have nothing to do with any flow, where another part alone asks for this one."""
    if not any(matches and matches[0].flow == key and matches[0].score >= SURE for _, matches in parts):
        return ()
    return tuple(
        part for part, matches in parts if questions.asks(part) and not (matches and matches[0].score >= MAYBE)
    )


def _begins(
    published: dict[str, tuple[UUID, Flow]], matches: Sequence[Match], text: str, *, answered: bool
) -> str | None:
    """The flow that a sentence begins, if it says so plainly enough."""
    if not matches:
        return None
    best = matches[0].score
    # 退款 alone is a topic, not a wish.
    topic = best < EXACT and _bare(text)
    # Who names an order number as well is not asking in general.
    sure = MAYBE if _names_something(published[matches[0].flow][1], text) else SURE
    return matches[0].flow if best >= (EXACT if answered else sure) and not topic else None


async def flow_for(db: Session, text: str, reply: Reply) -> str | None:
    """The flow a message would begin in a conversation without one, where the knowledge base says `reply` to it."""
    begins, _ = await outlook(db, text, reply)
    return begins.key if begins is not None else None


@dataclass(frozen=True, slots=True)
class Begins:
    """A flow that a message begins, and the questions beside the wish for it, which are answered first."""

    key: str
    flow: Flow
    aside: tuple[str, ...] = ()


async def outlook(db: Session, text: str, reply: Reply) -> tuple[Begins | None, tuple[Flow, ...]]:
    """(what a first message would begin, else the flows it would be offered), where the knowledge base says `reply`."""
    book = runtime_of(db).get(FlowBook)
    published = await book.published(db)
    action = await _action_of(db, reply) if published else None
    for key, (_, flow) in published.items():
        if action is not None and action in flow.triggers.start_on:
            return Begins(key, flow), ()
    if not published or intent_of(text) is not Intent.QUESTION:
        return None, ()
    matches, parts = await book.match(published, text), await _parts(db, published, text)
    answered = reply.action is Action.ANSWER
    begins = _begins(published, matches, text, answered=answered) or _wished(published, parts)
    if begins is not None:
        return Begins(begins, published[begins][1], _aside(parts, begins)), ()
    wanted, _ = await _offered(book, published, text, matches, reply, action)
    return None, tuple(published[key][1] for key in wanted)


async def _offered(
    book: FlowBook,
    published: dict[str, tuple[UUID, Flow]],
    text: str,
    matches: Sequence[Match],
    reply: Reply,
    action: str | None,
) -> tuple[list[str], frozenset[str]]:
    """(the flows to offer beside a reply, the open questions of the message they are the answer to)."""
    if reply.action not in (Action.ANSWER, Action.CHOICES, Action.DONT_KNOW):
        return [], frozenset()
    wanted = [match.flow for match in matches if match.score >= MAYBE and reply.action is not Action.ANSWER]
    covers = set()
    for one in reply.left:
        # What one question of several wants done is offered beside the answer to the others.
        if (found := await book.match(published, one.text)) and found[0].score >= SURE:
            wanted.append(found[0].flow)
            covers.add(one.text)
    wanted += [k for k, (_, flow) in published.items() if action in flow.triggers.offer_on and k not in wanted]
    if not wanted and reply.action is Action.DONT_KNOW:
        # Who sends an order number wants something about it: first to know, then to have it changed.
        likely = [match.flow for match in matches]
        others = sorted(published, key=lambda key: any(isinstance(one, Confirm) for one in published[key][1].steps))
        wanted = [key for key in dict.fromkeys([*likely, *others]) if _names_something(published[key][1], text)]
    return wanted[:_MOST_OFFERED], frozenset(covers)


async def waiting(db: Session, conversation_id: UUID) -> bool:
    """Whether a flow waits for the customer's next words."""
    row = await db.get(FlowStateRow, conversation_id)
    return row is not None and row.waiting


async def left_to_choose(db: Session, text: str, reply: Reply) -> dict[str, Flow]:
    """The flows a language model may choose from for a message: none where phrases or the knowledge base have decided,
    and none for a topic that is no wish."""
    if reply.action is Action.ANSWER or intent_of(text) is not Intent.QUESTION or _bare(text):
        return {}
    if await flow_for(db, text, reply) is not None:
        return {}
    return {key: flow for key, (_, flow) in (await runtime_of(db).get(FlowBook).published(db)).items()}


async def begun_with(db: Session, message_id: UUID) -> str | None:
    """The flow that a customer's message began, if it is still published."""
    published = await runtime_of(db).get(FlowBook).published(db)
    keys = {uuid5(message_id, f"flow:{key}"): key for key in published}
    found = (await db.execute(select(FlowRunRow.id).where(FlowRunRow.id.in_(keys)))).scalars().first()
    return keys[found] if found is not None else None


def _bare(text: str) -> bool:
    plain = entities.without_values(text).strip(" 。.!！?？~")
    return len(plain) <= 2 if re.search(r"[\u4e00-\u9fff]", plain) else " " not in plain


def _names_something(flow: Flow, text: str) -> bool:
    day = clock.now().date()
    return any(
        slot.type == "order_number" and entities.spot(slot, text, day) is not None for slot in flow.slots.values()
    )


async def _start(
    db: Session,
    facts: ConversationFacts,
    message: MessageView,
    published: dict[str, tuple[UUID, Flow]],
    key: str,
    plan: Plan | None,
    locale: str,
    wish: Wish | None = None,
) -> Plan:
    if plan is None:
        plan = await _plan(db, facts, locale, await db.get(FlowStateRow, facts.id))
    version_id, flow = published[key]
    plan.world.flows[str(version_id)] = flow
    # The same message begins the same run: repeated after a crash, its tools are called under the same keys.
    run_id = uuid5(message.id, f"flow:{key}")
    pressed = (message.chosen or "").startswith(START)
    words = await _said_before(db, facts, message, flow) if pressed else message.body
    known = choosing.known(flow, wish, plan.world.today) if wish is not None else None
    plan.turn = await plan.machine.start(flow, str(version_id), run_id.hex, words, known)
    if plan.turn.started:
        plan.started = (run_id, key, version_id)
    if plan.turn.handoff:
        ended = next((e for e in plan.turn.ended if e.outcome == "handoff"), None)
        plan.summary = plan.machine.summary(ended.frame) if ended else None
    plan.settled = True
    plan.title = flow.name.text(locale)
    return plan


async def _said_before(db: Session, facts: ConversationFacts, message: MessageView, flow: Flow) -> str:
    """What was written just before a flow's button was pressed, if it names what the flow asks for: an order number."""
    lately, _ = await conversations.transcript(
        db, Actor.system(), facts.id, after_seq=max(0, message.seq - _LATELY), limit=_LATELY
    )
    said = [m.body for m in lately if m.seq < message.seq and m.author.kind == "customer" and m.kind == "text"]
    return said[-1] if said and _names_something(flow, said[-1]) else ""


async def _action_of(db: Session, reply: Reply) -> str | None:
    if reply.action is not Action.ANSWER or not reply.hits or reply.hits[0].document.kind != "faq":
        return None
    try:
        return (await articles.get_faq(db, UUID(reply.hits[0].id))).action
    except (NotFound, ValueError):
        return None


async def _plan(db: Session, facts: ConversationFacts, locale: str, row: FlowStateRow | None) -> Plan:
    state = load_state(row)
    state.locale = locale
    if state.subject_until is not None and state.subject_until < clock.now():
        state.subject = state.subject_until = None
    book = runtime_of(db).get(FlowBook)
    versions = await book.versions(db, [UUID(frame.version_id) for frame in state.frames])
    zone = ZoneInfo((await organization.get_workspace(db)).timezone)
    world = LiveWorld(
        db=db,
        facts=facts,
        locale=locale,
        today=clock.now().astimezone(zone).date(),
        customer_name=(await customers.ref(db, facts.customer_id)).name,
        signed_in=await identity.signed_in(db, facts),
        flows={str(key): flow for key, flow in versions.items()},
        state=state,
    )
    return Plan(world, Machine(world, state), Turn())


def load_state(row: FlowStateRow | None) -> State:
    return msgspec.convert(row.state, State) if row is not None else State()


def _name(plan: Plan, frame: Frame) -> str:
    flow = plan.world.flow(frame.version_id)
    return flow.name.text(plan.world.locale) if flow else frame.flow


# -- saying and remembering --------------------------------------------------------------------------------------------


async def speak(db: Session, plan: Plan, actor: Actor, client_id: str) -> None:
    """Says what the flow has to say and keeps where it stands, in this transaction."""
    for number, line in enumerate(plan.turn.lines):
        key = client_id if number == 0 and plan.settled and not plan.handoff else f"{client_id}:flow:{number}"
        if line.card is not None:
            await conversations.send(
                db,
                actor,
                plan.world.facts.id,
                Outgoing(kind="card", body="", payload=line.card, client_id=f"{key}:card"),
            )
        if line.text:
            await conversations.send(db, actor, plan.world.facts.id, _outgoing(line.text, line.options, key))
    if plan.offers:
        text = i18n.t("flows.offer", plan.world.locale)
        await conversations.send(db, actor, plan.world.facts.id, _outgoing(text, plan.offers, f"{client_id}:offer"))
    await remember(db, plan, actor)


def _outgoing(text: str, options: tuple[Option, ...], client_id: str) -> Outgoing:
    if not options:
        return Outgoing(body=text, client_id=client_id)
    return Outgoing(
        kind="choices", body=text, payload={"prompt": text, "options": _shown(options)}, client_id=client_id
    )


def _shown(options: tuple[Option, ...]) -> list[dict[str, str]]:
    return [{"id": option.id, "label": option.label, "value": option.label} for option in options]


async def remember(db: Session, plan: Plan, actor: Actor) -> None:
    """Writes state, runs and calls of this message."""
    facts, state = plan.world.facts, plan.machine.state
    now = clock.now()
    if state.subject is not None and state.subject_until is None:
        state.subject_until = now + identity.PROVEN_FOR
    if plan.started is not None:
        run_id, key, version_id = plan.started
        values = {"id": run_id, "conversation_id": facts.id, "flow": key, "version_id": version_id, "path": []}
        await db.execute(insert(FlowRunRow).values(**values, started_at=now).on_conflict_do_nothing())
        await emit(
            db,
            FlowStarted(run_id=run_id, flow=key),
            actor=actor,
            conversation_id=facts.id,
            audience=Audience(permission="flows.manage"),
        )
    plan.world.log.write(db)
    active = state.active
    flow = plan.world.flow(active.version_id) if active else None
    minutes = flow.timeout_minutes if flow else int(identity.PROVEN_FOR.total_seconds() // 60)
    await save_state(db, facts.id, state, now + timedelta(minutes=minutes))
    await _record_ends(db, facts.id, plan.turn.ended, actor)


async def save_state(db: Session, conversation_id: UUID, state: State, expires_at: datetime) -> None:
    values = {
        "state": msgspec.to_builtins(state),
        "waiting": bool(state.frames),
        "expires_at": expires_at,
        "updated_at": clock.now(),
    }
    await db.execute(
        insert(FlowStateRow)
        .values(conversation_id=conversation_id, **values)
        .on_conflict_do_update(index_elements=["conversation_id"], set_=values)
        .execution_options(populate_existing=True)
    )


async def _record_ends(db: Session, conversation_id: UUID, ended: list[Ended], actor: Actor) -> None:
    for end in ended:
        run_id = UUID(end.frame.run_id)
        await db.execute(
            update(FlowRunRow)
            .where(FlowRunRow.id == run_id, FlowRunRow.ended_at.is_(None))
            .values(ended_at=clock.now(), outcome=end.outcome, path=end.frame.path)
        )
        await emit(
            db,
            FlowEnded(run_id=run_id, flow=end.frame.flow, outcome=end.outcome),
            actor=actor,
            conversation_id=conversation_id,
            audience=Audience(permission="flows.manage"),
        )


# -- ends from outside -------------------------------------------------------------------------------------------------


async def due(db: Session, limit: int = 200) -> list[UUID]:
    """Conversations whose flow has waited for too long."""
    query = select(FlowStateRow.conversation_id).where(FlowStateRow.waiting, FlowStateRow.expires_at < clock.now())
    return list((await db.execute(query.order_by(FlowStateRow.expires_at).limit(limit))).scalars())


async def time_out(db: Session, conversation_id: UUID) -> None:
    """Ends what has waited for too long, with a sentence if the conversation is still the bot's."""
    row = await db.get(FlowStateRow, conversation_id, with_for_update=True, populate_existing=True)
    if row is None or not row.waiting or row.expires_at >= clock.now():
        return
    state = load_state(row)
    facts = await conversations.facts(db, conversation_id)
    if facts is not None and facts.status == "bot" and state.active is not None:
        found = await runtime_of(db).get(FlowBook).versions(db, [UUID(state.active.version_id)])
        name = next((flow.name.text(facts.locale) for flow in found.values()), state.active.flow)
        text = i18n.t("flows.timed_out", facts.locale, name=name)
        key = f"bot:flow:timeout:{state.active.run_id}"
        await conversations.send(db, Actor.bot(), conversation_id, Outgoing(body=text, client_id=key))
    await _drop(db, conversation_id, state, "timed_out" if facts and facts.status == "bot" else "handoff")


async def abandon(db: Session, conversation_id: UUID) -> None:
    """Forgets what was going on: people have had the conversation meanwhile."""
    row = await db.get(FlowStateRow, conversation_id, with_for_update=True, populate_existing=True)
    if row is not None and row.waiting:
        await _drop(db, conversation_id, load_state(row), "abandoned")


async def _drop(db: Session, conversation_id: UUID, state: State, outcome: Outcome) -> None:
    ended = [Ended(frame, outcome) for frame in reversed(state.frames)]
    state.frames = []
    await save_state(db, conversation_id, state, clock.now() + identity.PROVEN_FOR)
    await _record_ends(db, conversation_id, ended, Actor.bot())
