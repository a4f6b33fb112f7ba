"""The verbs of the dialogue."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.answering import asking
from qiao.bot.answering.policy import Action, HandoffReason, Reply, Turn, needs_search, reply_to
from qiao.bot.answering.ports import Ledger, Noted
from qiao.bot.dialogue import compose, guarding, several
from qiao.bot.dialogue.asker import Asker, asker_of
from qiao.bot.dialogue.deciding import NOTHING, decided
from qiao.bot.dialogue.language import language_in as language_in  # for other rooms, too
from qiao.bot.dialogue.language import spoken_in
from qiao.bot.dialogue.models import BotSession, BotSettingsRow
from qiao.bot.dialogue.schemas import AskBody, AskView, BotSettings
from qiao.bot.dialogue.thinking import Thought, whole_question, written_answer
from qiao.bot.flows import choosing
from qiao.bot.flows import live as flows
from qiao.bot.flows.document import Flow
from qiao.bot.flows.entities import is_question
from qiao.bot.llm.gateway import Llm
from qiao.bot.understanding.guard import concern_of
from qiao.bot.understanding.rules import Intent, intent_of
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import ConversationFacts, MessageView, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import WebchatSettings
from qiao.desk.routing import service as routing
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import customer_reader
from qiao.knowledge.articles.conditions import Situation
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.schemas import hit_view
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import needs_context, with_context
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

REMEMBERED: Final = 20
_LONGEST_BEFORE: Final = 500


async def get_settings(db: Session) -> BotSettings:
    """How the bot is set up; defaults before anybody changed anything."""
    stored = await db.scalar(select(BotSettingsRow.settings).where(BotSettingsRow.id == 1))
    known = {key: value for key, value in (stored or {}).items() if key in BotSettings.model_fields}
    return BotSettings.model_validate(known)


async def put_settings(db: Session, actor: Actor, settings: BotSettings) -> BotSettings:
    """Replaces the settings."""
    before = (await get_settings(db)).model_dump(by_alias=True)
    values = settings.model_dump(by_alias=True)
    await db.execute(
        insert(BotSettingsRow)
        .values(id=1, settings=values)
        .on_conflict_do_update(index_elements=["id"], set_={"settings": values})
    )
    changes = {key: {"from": before.get(key), "to": value} for key, value in values.items() if before.get(key) != value}
    await audit.record(db, actor, "bot.settings", "bot", 1, changes)
    return settings


async def name_in(db: Session, settings: BotSettings, inbox_id: UUID, locale: str) -> str:
    """What the bot is called in an inbox: the inbox's own name for it, else the company's."""
    inbox = await inboxes.get(db, inbox_id)
    own = inbox.settings.bot_name.text(locale) if isinstance(inbox.settings, WebchatSettings) else ""
    return own or settings.name.in_language(locale)


async def _session(db: Session, conversation_id: UUID) -> BotSession:
    """The bot's memory of a conversation, locked."""
    await db.execute(insert(BotSession).values(conversation_id=conversation_id, turns=[]).on_conflict_do_nothing())
    row = await db.get(BotSession, conversation_id, with_for_update=True, populate_existing=True)
    assert row is not None  # just made sure
    return row


def _blank(conversation_id: UUID) -> BotSession:
    return BotSession(
        conversation_id=conversation_id,
        misses=0,
        offered_choices=False,
        answered=False,
        offered_person=False,
        turns=[],
        last_seq=0,
    )


def _last_question(turns: list[Any]) -> str | None:
    """What a follow-up would follow; in whole words where that was a follow-up itself (那新疆呢)."""
    for at in range(len(turns) - 1, -1, -1):
        turn = turns[at]
        if turn.get("action") not in (Action.ANSWER, Action.CHOICES, Action.DONT_KNOW):
            continue
        question = str(turn["question"])
        if not needs_context(question):
            return question
        if turn["action"] == Action.ANSWER and turn.get("title"):
            return str(turn["title"])
        before = _last_question(turns[:at])
        return with_context(question, before)[-_LONGEST_BEFORE:] if before else question
    return None


async def question_before(
    db: Session, conversation_id: UUID, seq: int, question: str, locale: str
) -> tuple[str | None, bool, str]:
    """(the question before the customer's message `seq`, whether a flow took that message, the language spoken until then),
    as the bot remembers it; `locale` is the conversation's own."""
    row = await db.get(BotSession, conversation_id)
    turns: list[Any] = row.turns if row is not None else []
    if row is None or row.last_seq < seq:
        return _last_question(turns), False, spoken_in(turns, locale)
    # The newest turn is the message itself, unless the customer has written on since.
    at = next((n for n in range(len(turns) - 1, -1, -1) if turns[n].get("question") == question[:500]), len(turns) - 1)
    took = bool(turns) and turns[at].get("action") == Action.FLOW
    return _last_question(turns[:at]), took, spoken_in(turns[:at], locale)


async def think(runtime: Runtime, conversation_id: UUID, seq: int) -> Thought | None:
    """What a language model makes of a message; None without one. Holds no transaction while the model is asked."""
    if not await runtime.get(Llm).ready("answer", "rewrite", "tools"):
        return None
    async with runtime.db.read() as db:
        facts = await conversations.facts(db, conversation_id)
        if facts is None or facts.status != "bot":
            return None
        items, _ = await conversations.transcript(db, Actor.system(), conversation_id, after_seq=seq - 1, limit=1)
        memory = await db.get(BotSession, conversation_id) or _blank(conversation_id)
        settings = await get_settings(db)
        in_flow = await flows.waiting(db, conversation_id)
    if not items or items[0].seq != seq or items[0].author.kind != "customer" or memory.last_seq >= seq:
        return None
    message = items[0]
    if concern_of(message.body) is not None:
        return None  # what is not answered needs no model, least of all an attempt on it
    if in_flow and not is_question(message.body):
        return None  # what was asked for, most likely: the flow reads it without a model
    locale = await language_in(runtime.get(SearchService), message.body, spoken_in(memory.turns, facts.locale))
    question = None
    if message.kind == "text" and needs_search(intent_of(message.body)) and "choice" not in message.payload:
        question = await whole_question(
            runtime, message.body, memory.turns, locale=locale, conversation_id=conversation_id
        )
    async with runtime.db.read() as db:
        asker = await asker_of(db, facts)
        reply, _ = await _decide(db, memory, message, locale, settings, asker, question)
        typed = message.kind == "text" and "choice" not in message.payload
        among = await flows.left_to_choose(db, message.body, reply) if typed and not in_flow else {}
    if reply.action is not Action.ANSWER or reply.several or reply.left:
        before = [str(turn["question"]) for turn in memory.turns[-4:] if turn.get("question")]
        wish = await choosing.choose(
            runtime, among, message.body, before, locale=locale, conversation_id=conversation_id
        )
        return Thought(question, wish=wish)
    asked = question or message.body
    written = await written_answer(
        runtime, asked, reply.hits[0], asker=asker, locale=locale, conversation_id=conversation_id
    )
    return Thought(question, written)


async def respond(db: Session, conversation_id: UUID, seq: int, thought: Thought | None = None) -> None:
    """Answers the customer's message `seq`, if the conversation is still the bot's. Repeating it changes nothing."""
    facts = await conversations.facts(db, conversation_id)
    if facts is None or facts.status != "bot":
        return
    items, _ = await conversations.transcript(db, Actor.system(), conversation_id, after_seq=seq - 1, limit=1)
    if not items or items[0].seq != seq or items[0].author.kind != "customer" or items[0].recalled_at is not None:
        return
    # Thinking comes before the first write: a transaction that writes holds up the event log for everybody until it ends.
    memory = await db.get(BotSession, conversation_id) or _blank(conversation_id)
    if memory.last_seq >= seq:
        return
    settings = await get_settings(db)
    spoken = spoken_in(memory.turns, facts.locale)
    locale = await language_in(runtime_of(db).get(SearchService), items[0].body, spoken)
    question, wish = (thought.question, thought.wish) if thought else (None, None)
    asker = await asker_of(db, facts)
    look = await guarding.look(db, items[0])
    decided, intent, flow = look.reply(memory.misses), Intent.GUARDED, None
    if decided is None:
        decided, intent, flow = await flows.decide(
            db, facts, items[0], locale, lambda: _decide(db, memory, items[0], locale, settings, asker, question), wish
        )
    reply = look.tempered(flow.beside(decided) if flow else decided, memory.turns, memory.misses)
    locale = flow.world.locale if flow else locale
    aside = None
    if flow is not None and flow.aside and reply.action is Action.FLOW:
        ask_of = {
            "audience": asker.reader,
            "situation": asker.situation,
            "policy": Policy(max_error=settings.max_error),
        }
        search = runtime_of(db).get(SearchService)
        aside = await several.beside(partial(asking.ask, search), flow.aside, locale=locale, **ask_of)
    if reply.action is Action.HANDOFF:
        await status_lock(db)  # before any row, as everywhere
    row = await _session(db, conversation_id)
    if row.last_seq >= seq:
        return
    row.last_seq = seq
    title = reply.hits[0].document.title if reply.hits else flow.title if flow else None
    question = items[0].body[:500] or f"[{items[0].kind}]"
    turn = {"question": question, "action": str(reply.action), "intent": str(intent), "title": title, "locale": locale}
    turn |= look.note(question)
    if reply.action is Action.CHOICES and len(reply.hits) == 1:
        turn["only"] = reply.hits[0].id
    row.turns = [*row.turns, turn | (flow.note if flow else {})][-REMEMBERED:]
    row.misses = reply.misses
    row.offered_choices = reply.action is Action.CHOICES or any(one.hits for one in reply.left)
    row.answered = reply.action is Action.ANSWER
    row.offered_person = reply.offer_person
    await db.flush()
    actor = Actor.bot(await name_in(db, settings, facts.inbox_id, locale))
    client_id = f"bot:{items[0].id}"
    if aside is not None:
        said = compose.message(aside, locale=locale, bot_name=actor.name, client_id=f"{client_id}:aside")
        await conversations.send(db, actor, conversation_id, said)
        for hit in aside.hits:
            await articles.count_use(db, hit.document.kind, UUID(hit.id))
    if flow is not None and reply.action in (Action.FLOW, Action.HANDOFF):
        await flows.speak(db, flow, actor, client_id)
    if reply.action is Action.FLOW:
        return
    if reply.action is Action.HANDOFF:
        await _hand_over(db, actor, facts, row, reply, locale, client_id)
        await _note(db, facts, items[0], reply)
        return
    outgoing = compose.message(reply, locale=locale, bot_name=actor.name, client_id=client_id, thought=thought)
    sent = await conversations.send(db, actor, conversation_id, flow.joined(outgoing) if flow else outgoing)
    await _note(db, facts, items[0], reply, sent.id)
    if (asked := compose.further(reply, locale=locale, client_id=f"{client_id}:further")) is not None:
        await conversations.send(db, actor, conversation_id, asked)
    if reply.action is Action.ANSWER:
        for hit in reply.hits if reply.several else reply.hits[:1]:
            await articles.count_use(db, hit.document.kind, UUID(hit.id))
    if flow is not None:
        await flows.speak(db, flow, actor, client_id)


async def _note(
    db: Session, facts: ConversationFacts, message: MessageView, reply: Reply, answer_id: UUID | None = None
) -> None:
    """Keeps what was decided on a question, for who learns from it."""
    ledger = runtime_of(db).find(Ledger)
    if ledger is None or reply.weighed is None:
        return
    noted = Noted(
        question_id=message.id,
        conversation_id=facts.id,
        seq=message.seq,
        at=message.created_at,
        channel=facts.channel,
        action=str(reply.action),
        weighed=reply.weighed,
        answer_id=answer_id,
    )
    await ledger.note(db, noted)


async def _decide(
    db: Session, row: BotSession, message: MessageView, locale: str, settings: BotSettings, asker: Asker,
    whole: str | None = None,
) -> tuple[Reply, Intent]:  # fmt: skip
    """`whole`: the message put into a question that needs no context."""
    if message.kind != "text":
        return Reply(Action.ASK_TO_TYPE, row.misses, offer_person=True), Intent.EMPTY
    search = runtime_of(db).get(SearchService)
    policy = Policy(max_error=settings.max_error)
    chosen, words = message.chosen, message.body
    only = row.turns[-1].get("only") if row.turns and row.offered_choices else None
    if chosen is None and only is not None and intent_of(words) is Intent.YES:
        chosen, words = only, row.turns[-1]["title"]  # "is this what you mean?" – "yes"
    if chosen is not None:
        # One of the offered questions, clicked: its own words find it for certain, within what the customer may read.
        hits = await search.search(words, audience=asker.reader, situation=asker.situation, locale=locale, limit=5)
        picked = [hit for hit in hits if hit.id == chosen]
        if picked:
            return Reply(Action.ANSWER, 0, (picked[0],), 1.0), Intent.QUESTION
    turn = Turn(
        misses=row.misses,
        offered_choices=row.offered_choices,
        answered=row.answered,
        offered_person=row.offered_person,
    )
    return await decided(
        search,
        message.body,
        asker=asker,
        locale=locale,
        policy=policy,
        turn=turn,
        misses_before_handoff=settings.misses_before_handoff,
        context=_last_question(row.turns),
        whole=whole,
    )


def summary_of(turns: list[dict[str, Any]], reason: str, locale: str) -> dict[str, Any]:
    """What an agent should know at a glance: what was asked, what was tried, in which language."""
    asked = [turn for turn in turns if turn.get("intent") == Intent.QUESTION]
    tried = [
        {"question": turn["question"], "action": turn["action"], "title": turn.get("title")} for turn in asked[-5:]
    ]
    found = next((turn["collected"] for turn in reversed(turns[-5:]) if turn.get("collected")), None)
    return {
        "reason": reason,
        "question": asked[-1]["question"] if asked else None,
        "tried": tried,
        "language": locale,
        **({"collected": found} if found else {}),
        **guarding.mood(turns),
    }


async def summary(db: Session, conversation_id: UUID, reason: str) -> dict[str, Any] | None:
    """The summary of a conversation the bot has seen, for a handoff somebody else starts."""
    row = await db.get(BotSession, conversation_id)
    facts = await conversations.facts(db, conversation_id)
    if row is None or facts is None:
        return None
    return summary_of(row.turns, reason, facts.locale)


def _sorry(reply: Reply) -> str | None:
    """What an apology is owed for when a person is to take over."""
    if reply.reason in (HandoffReason.MISSES, HandoffReason.REJECTED):
        return "sorry_missed"
    return "sorry_abuse" if reply.reason is HandoffReason.ABUSE else None


async def _hand_over(
    db: Session, actor: Actor, facts: ConversationFacts, row: BotSession, reply: Reply, locale: str, client_id: str
) -> None:
    reason = str(reply.reason or HandoffReason.REQUESTED)
    queue_id = facts.queue_id or (await inboxes.get(db, facts.inbox_id)).queue_id
    availability = await routing.availability(db, queue_id)
    if availability is not None and availability.mode == "leave_message":
        payload: dict[str, Any] = {
            "leave_message": True,
            "next_open": availability.next_open.isoformat() if availability.next_open else None,
        }
        key, when = "nobody_here" if availability.open else "closed", ""
        if not availability.open and availability.next_open:
            zone = ZoneInfo((await organization.get_workspace(db)).timezone)
            back = availability.next_open.astimezone(zone)
            key, when = "closed_until", compose.day_and_time(back, clock.now().astimezone(zone), locale)
        sorry = _sorry(reply)
        # Chinese sentences stand without a space between them.
        apart = " " if locale == "en" else ""
        text = apart.join(i18n.t(f"bot.{part}", locale, when=when) for part in (sorry, key) if part)
        row.offered_person = False
        await conversations.send(db, actor, facts.id, Outgoing(body=text, payload=payload, client_id=client_id))
        return
    said = {"sorry_missed": "bot.handoff_missed", "sorry_abuse": "guard.abuse_handoff", None: "bot.handoff_asked"}
    text = i18n.t(said[_sorry(reply)], locale)
    await conversations.send(db, actor, facts.id, Outgoing(body=text, client_id=client_id))
    await conversations.enqueue(
        db, actor, facts.id, queue_id=queue_id, reason=reason, summary=summary_of(row.turns, reason, locale)
    )


async def resume(db: Session, conversation_id: UUID, key: str) -> None:
    """Says that the bot is back, after people handed the conversation to it."""
    facts = await conversations.facts(db, conversation_id)
    if facts is None or facts.status != "bot":
        return
    row = await _session(db, conversation_id)
    row.misses = 0
    row.offered_choices = row.answered = row.offered_person = False
    await db.flush()
    settings = await get_settings(db)
    name = await name_in(db, settings, facts.inbox_id, facts.locale)
    text = i18n.t("bot.back", facts.locale, name=name)
    await conversations.send(db, Actor.bot(name), conversation_id, Outgoing(body=text, client_id=f"bot:{key}"))


async def end_idle(db: Session, conversation_id: UUID, since: datetime) -> None:
    """Resolves a conversation that has been silent with the bot since before `since`."""
    await conversations.resolve_if_silent(db, Actor.bot(), conversation_id, since)


async def ask(runtime: Runtime, body: AskBody, reader_locale: str) -> AskView:
    """What the bot would say to a first message; nothing is stored."""
    async with runtime.db.read() as db:
        settings = await get_settings(db)
    search = runtime.get(SearchService)
    locale = body.locale or await language_in(search, body.text, reader_locale)
    intent = intent_of(body.text)
    decision = NOTHING
    asker = Asker(
        customer_reader(identified=body.identified),
        Situation(channel=body.channel, region=body.region, level=body.level),
    )
    policy = Policy(max_error=settings.max_error)
    reply = guarding.Look(concern_of(body.text)).reply(0)
    if reply is None and intent is Intent.QUESTION:
        reply = await several.each(
            partial(asking.ask, search),
            body.text,
            audience=asker.reader,
            situation=asker.situation,
            locale=locale,
            policy=policy,
        )
    if reply is None and needs_search(intent):
        answer = await asking.ask(
            search,
            body.text,
            audience=asker.reader,
            situation=asker.situation,
            context=body.context,
            locale=locale,
            policy=policy,
        )
        decision = answer.decision
    reply = reply or reply_to(intent, decision, Turn(), misses_before_handoff=settings.misses_before_handoff)
    begins: flows.Begins | None = None
    offered: tuple[Flow, ...] = ()
    if reply.action is not Action.GUARD:
        async with runtime.db.read() as db:
            begins, offered = await flows.outlook(db, body.text, reply)
    if begins is not None:
        ask_of = {"audience": asker.reader, "situation": asker.situation, "policy": policy}
        aside = await several.beside(partial(asking.ask, search), begins.aside, locale=locale, **ask_of)
        reply = replace(aside or Reply(Action.FLOW, 0), weighed=None)
    name = settings.name.in_language(locale)
    text, options = None, [flow.name.text(locale) for flow in offered]
    if reply.action not in (Action.HANDOFF, Action.FLOW):
        written = None
        if reply.action is Action.ANSWER and begins is None and not reply.several and not reply.left:
            written = await written_answer(
                runtime, body.text, reply.hits[0], asker=asker, locale=locale, conversation_id=None
            )
        said = compose.message(reply, locale=locale, bot_name=name, client_id="ask", thought=Thought(answer=written))
        further = compose.further(reply, locale=locale, client_id="further")
        text = "\n\n".join(one.body for one in (said, further) if one is not None)
        if reply.action is Action.DONT_KNOW and offered:
            text = i18n.t("flows.offer_maybe", locale)
        asked_back = [*said.payload.get("options", ()), *(further.payload["options"] if further else ())]
        options = [*(str(option["label"]) for option in asked_back), *options]
    hits = await search.search(body.text, audience=asker.reader, situation=asker.situation, locale=locale, limit=5)
    return AskView(
        action=str(reply.action if begins is None else Action.FLOW),
        intent=str(intent),
        decision=decision.kind,
        probability=round(decision.probability, 4),
        text=text,
        flow=begins.flow.name.text(locale) if begins is not None else None,
        options=options,
        hits=[hit_view(hit) for hit in await asking.sure(runtime, hits, locale)],
    )
