"""Cases out of what happened: a conversation, a customer's verdict, an FAQ's own phrasings."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select

from qiao.bot.dialogue.asker import asker_of
from qiao.bot.evaluation import sets
from qiao.bot.evaluation.models import EvalCase, EvalVote
from qiao.bot.evaluation.schemas import (
    Added,
    CaseBody,
    Count,
    FromConversation,
    HoldOut,
    Option,
    Proposal,
    Source,
    VoteView,
)
from qiao.bot.llm.private import hide
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.runtime import Runtime
from qiao.core.text import guess_language
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.search.service import SearchService

_AROUND = 30
Because = Literal["agent", "helpful", "answered", "unhelpful", "found"]


def texts_in(message: MessageView) -> list[UUID]:
    """The texts a message names as its source, or shows."""
    listed = [source for source in _listed(message.payload.get("sources")) if source.get("type") in ("faq", "article")]
    keys = [source.get("id") for source in listed]
    if message.kind == "card" and message.payload.get("type") in ("faq", "article"):
        nested = message.payload.get("article")
        keys.append(message.payload.get("id") or (nested.get("id") if isinstance(nested, dict) else None))
    return [key for value in keys if (key := _uuid(value)) is not None]


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_question(message: MessageView) -> bool:
    return message.author.kind == "customer" and message.kind == "text" and bool(message.body.strip())


async def propose(
    runtime: Runtime, actor: Actor, conversation_id: UUID, message_id: UUID | None, locale: str
) -> Proposal:
    """A case from a message of a conversation the caller may see: the customer's question there (of a reply: the one before
    it; of none: the first), and what was actually right as far as the conversation tells."""
    async with runtime.db.read() as db:
        facts = await conversations.require_visible(db, actor, conversation_id)
        messages = await _stretch(db, actor, conversation_id, message_id)
        at = _question_at(messages, message_id)
        if at is None:
            raise NotFound("evaluation.no_question")
        asked, before = messages[at], next((m for m in reversed(messages[:at]) if _is_question(m)), None)
        reader = "customers" if "customers" in (await asker_of(db, facts)).reader else "public"
        options = dict(_told(messages[at + 1 :]))
        seen = await articles.named(db, options, reader_of(actor))
    language = guess_language(asked.body) if len(asked.body) > 1 else facts.locale
    ordered = sorted((key for key in options if key in seen), key=lambda key: _ORDER.index(options[key]))
    known = [Option(id=key, kind=seen[key].source, title=seen[key].title, because=options[key]) for key in ordered]
    hits = await runtime.get(SearchService).search(asked.body, audience=reader_of(actor), locale=language, limit=5)
    known += [
        Option(id=UUID(hit.id), kind=hit.document.kind, title=hit.document.title, because="found")
        for hit in hits
        if UUID(hit.id) not in options
    ]
    first = next((option for option in known if option.because in ("agent", "helpful", "answered")), None)
    return Proposal(
        question=hide(asked.body.strip()),
        context=hide(before.body.strip()) if before is not None else None,
        locale="en" if language == "en" else "zh-CN",
        channel=facts.channel,
        reader=reader,
        options=known,
        because=first.because if first is not None and first.because != "unhelpful" else None,
        source=Source(kind="conversation", conversation_id=conversation_id, message_id=asked.id),
    )


_ORDER: list[Because] = ["agent", "helpful", "answered", "unhelpful", "found"]


async def _stretch(db: Session, actor: Actor, conversation_id: UUID, message_id: UUID | None) -> list[MessageView]:
    if message_id is None:
        messages, _ = await conversations.transcript(db, actor, conversation_id, after_seq=0, limit=_AROUND)
        return messages
    found = (await conversations.messages_by_id(db, [message_id])).get(message_id)
    if found is None or found.conversation_id != conversation_id:
        raise NotFound("conversation.message_not_found")
    start = max(0, found.seq - _AROUND)
    messages, _ = await conversations.transcript(db, actor, conversation_id, after_seq=start, limit=2 * _AROUND)
    return [message for message in messages if message.recalled_at is None]


def _question_at(messages: Sequence[MessageView], message_id: UUID | None) -> int | None:
    """Where the question stands: the message itself, or the customer's last before it; without one, the first."""
    if message_id is None:
        return next((place for place, message in enumerate(messages) if _is_question(message)), None)
    last = next((place for place, message in enumerate(messages) if message.id == message_id), len(messages) - 1)
    return next((place for place in range(last, -1, -1) if _is_question(messages[place])), None)


def _told(after: Sequence[MessageView]) -> Iterator[tuple[UUID, Because]]:
    """What was said to a question, and by whom: by the bot until the customer asks again, by agents as long as it takes."""
    asked_again = False
    for message in after:
        if _is_question(message):
            asked_again = True
        elif message.author.kind == "user":
            for key in texts_in(message):
                yield key, "agent"
            if asked_again and message.kind == "text":
                return
        elif message.author.kind == "bot" and not asked_again:
            helpful = message.payload.get("helpful")
            because: Because = "helpful" if helpful is True else "unhelpful" if helpful is False else "answered"
            for key in texts_in(message):
                yield key, because


async def add_from_conversation(db: Session, actor: Actor, set_id: UUID, body: FromConversation) -> Added:
    """Adds a confirmed proposal. Its source is looked at with the caller's rights, not believed."""
    await conversations.require_visible(db, actor, body.conversation_id)
    message = (await conversations.messages_by_id(db, [body.message_id])).get(body.message_id)
    if message is None or message.conversation_id != body.conversation_id:
        raise NotFound("conversation.message_not_found")
    source = Source(kind="conversation", conversation_id=body.conversation_id, message_id=body.message_id)
    case = CaseBody(**body.model_dump(exclude={"conversation_id", "message_id", "source"}), source=source)
    return await sets.add_case(db, actor, set_id, case)


# -- verdicts ----------------------------------------------------------------------------------------------------------


async def votes(
    db: Session, actor: Actor, set_id: UUID, *, helpful: bool | None, cursor: str | None, limit: int
) -> tuple[list[VoteView], str | None]:
    """Judged answers of conversations the caller may see, newest first."""
    await sets.set_row(db, set_id)
    query = select(EvalVote).order_by(EvalVote.at.desc(), EvalVote.message_id.desc()).limit(limit + 1)
    if helpful is not None:
        query = query.where(EvalVote.helpful.is_(helpful))
    after = decode_cursor(cursor, tuple[Any, UUID])
    if after:
        query = query.where(func.row(EvalVote.at, EvalVote.message_id) < func.row(*after))
    rows = list((await db.execute(query)).scalars())
    following = encode_cursor(rows[limit - 1].at, rows[limit - 1].message_id) if len(rows) > limit else None
    bodies = await _voted(db, actor, [row.message_id for row in rows[:limit]])
    keys = {key: sets.key_of(body.question, body.context) for key, (body, _) in bodies.items()}
    held = set(
        (
            await db.execute(
                select(EvalCase.key).where(EvalCase.set_id == set_id, EvalCase.key.in_(set(keys.values())))
            )
        ).scalars()
    )
    refs = await sets.refs_of(db, actor, [key for body, _ in bodies.values() for key in body.expected])
    found = [
        VoteView(
            message_id=row.message_id,
            conversation_id=row.conversation_id,
            at=row.at,
            helpful=row.helpful,
            question=bodies[row.message_id][0].question,
            answer=bodies[row.message_id][1],
            expected=[refs[key] for key in bodies[row.message_id][0].expected],
            in_set=keys[row.message_id] in held,
        )
        for row in rows[:limit]
        if row.message_id in bodies
    ]
    return found, following


async def _voted(db: Session, actor: Actor, ids: Sequence[UUID]) -> dict[UUID, tuple[CaseBody, str]]:
    """(case, answer) by the judged message, of conversations the caller may see."""
    answers = await conversations.messages_by_id(db, ids)
    seen = await conversations.visible_of(db, actor, list({answer.conversation_id for answer in answers.values()}))
    facts = await conversations.facts_many(db, list(seen))
    # A bot answer is sent under a key that names the message it answers.
    asked_by = {key: _uuid((answer.client_id or "").removeprefix("bot:")) for key, answer in answers.items()}
    asked = await conversations.messages_by_id(db, [key for key in asked_by.values() if key is not None])
    found: dict[UUID, tuple[CaseBody, str]] = {}
    for key, answer in answers.items():
        question = asked.get(asked_by[key]) if asked_by[key] is not None else None  # type: ignore[arg-type]  # just asked
        expected = texts_in(answer)
        if answer.conversation_id not in seen or question is None or not _is_question(question) or not expected:
            continue
        body = CaseBody(
            question=hide(question.body.strip())[:2000],
            locale="en" if guess_language(question.body) == "en" else "zh-CN",
            channel=facts[answer.conversation_id].channel,
            expected=expected[:10],
            source=Source(kind="vote", conversation_id=answer.conversation_id, message_id=question.id),
        )
        found[key] = (body, answer.body[:300])
    return found


async def add_votes(db: Session, actor: Actor, set_id: UUID, ids: Sequence[UUID]) -> Count:
    """Makes cases of answers customers found helpful. An unhelpful one does not tell what would have been right."""
    await sets.set_row(db, set_id)
    good = set(
        (
            await db.execute(
                select(EvalVote.message_id).where(EvalVote.message_id.in_(ids), EvalVote.helpful.is_(True))
            )
        ).scalars()
    )
    bodies = [body for body, _ in (await _voted(db, actor, [key for key in ids if key in good])).values()]
    may = await sets.possible(db, actor, bodies)
    sound = [body for body in bodies if sets.fault_of(body, may) is None]
    added = await sets.put(db, actor, set_id, sound)
    if added:
        await sets.touch(db, set_id)
    return Count(added=len(added), known=len(sound) - len(added))


# -- phrasings ---------------------------------------------------------------------------------------------------------


async def hold_out(db: Session, actor: Actor, set_id: UUID, body: HoldOut) -> Count:
    """Makes cases of published FAQs' own phrasings, of those with at least two, the last ones first: they are the least
    like the question. Running the set takes them away from the FAQ."""
    await sets.set_row(db, set_id)
    seen = reader_of(actor)
    bodies: list[CaseBody] = []
    for text in await articles.searchable(db, "faq"):
        if len(bodies) >= body.most:
            break
        if len(text.variants) < 2 or (body.space_id is not None and text.space_id != body.space_id):
            continue
        if seen is not None and seen.isdisjoint(text.readers):
            continue
        reader: Literal["public", "customers", "internal"] | None = next(
            (level for level in ("public", "customers", "internal") if level in text.readers), None
        )
        channels = text.conditions.get("channels") or ["webchat"]
        if reader is None or text.conditions.get("regions") or text.conditions.get("levels"):
            continue  # nobody a case can play would be given it
        bodies += [
            CaseBody(
                question=variant,
                locale="en" if text.locale == "en" else "zh-CN",
                channel=channels[0],
                reader=reader,
                expected=[text.id],
                source=Source(kind="phrasing", faq_id=text.id),
            )
            for variant in reversed(text.variants[-min(body.per_faq, len(text.variants) - 1) :])
        ]
    added = await sets.put(db, actor, set_id, bodies[: body.most])
    if added:
        await sets.touch(db, set_id)
    return Count(added=len(added), known=min(len(bodies), body.most) - len(added))
