"""What stands before and beside answering: the company's words, attempts on the bot, abuse, and how the customer feels."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from qiao.bot.answering.policy import Action, HandoffReason, Reply
from qiao.bot.understanding import service as sensitive
from qiao.bot.understanding.emotion import Emotion, Feeling, emotion
from qiao.bot.understanding.guard import Concern, concern_of
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.schemas import MessageView
from qiao.knowledge.search.service import SearchService

ABUSES_BEFORE_HANDOFF: Final = 2
_SHOWN_FROM: Final = 0.6
_ANSWERED: Final = (Action.ANSWER, Action.FLOW, Action.HANDOFF)


@dataclass(frozen=True, slots=True)
class Look:
    """A first look at a message."""

    concern: Concern | None = None
    checked: sensitive.Checked | None = None
    feeling: Feeling | None = None

    def reply(self, misses: int) -> Reply | None:
        """What to say at once, without looking for an answer."""
        outcome = self.checked.outcome if self.checked else "pass"
        if outcome == "block":
            return Reply(Action.GUARD, misses, say="guard.blocked")
        if outcome == "handoff":
            return Reply(Action.HANDOFF, 0, reason=HandoffReason.SENSITIVE)
        if self.concern in (Concern.INJECTION, Concern.OTHERS_DATA):
            person = self.concern is Concern.OTHERS_DATA
            return Reply(Action.GUARD, misses, say=f"guard.{self.concern}", offer_person=person)
        return None

    def tempered(self, reply: Reply, turns: list[Any], misses: int) -> Reply:
        """The reply to a rude message: a question in it is answered all the same; rude twice, a person takes over."""
        if self.concern is not Concern.ABUSE:
            return reply
        before = 0
        for turn in reversed(turns):
            if turn.get("action") == Action.HANDOFF:
                break
            before += turn.get("concern") == Concern.ABUSE
        if before + 1 >= ABUSES_BEFORE_HANDOFF and reply.action is not Action.HANDOFF:
            return Reply(Action.HANDOFF, 0, reason=HandoffReason.ABUSE)
        return reply if reply.action in _ANSWERED else Reply(Action.GUARD, misses, say="guard.abuse", offer_person=True)

    def note(self, question: str) -> dict[str, Any]:
        """What the bot's memory keeps of it beside the question, which is kept with its masked words starred."""
        kept: dict[str, Any] = {}
        if self.checked and self.checked.outcome != "pass":
            kept |= {"question": self.checked.text[: len(question)] or question}
            if flagged := [entry.word for entry in self.checked.words if entry.action == "flag"]:
                kept["flagged"] = flagged
        if self.concern is not None:
            kept["concern"] = str(self.concern)
        if self.feeling and self.feeling.emotion is not Emotion.NEUTRAL and self.feeling.probability >= _SHOWN_FROM:
            kept["emotion"] = str(self.feeling.emotion)
            kept["emotion_probability"] = round(self.feeling.probability, 2)
        return kept


async def look(db: Session, message: MessageView) -> Look:
    """A first look at what a customer wrote; nothing at what is not text or was picked from what the bot offered."""
    if message.kind != "text" or message.payload.get("choice"):
        return Look()
    embedder = runtime_of(db).get(SearchService).engine.embedder
    feeling = await asyncio.to_thread(emotion, message.body, embedder)
    return Look(concern_of(message.body), await sensitive.check(db, "in", message.body), feeling)


def mood(turns: list[Any]) -> Mapping[str, Any]:
    """For the summary: how the customer felt last, and the flagged words of the conversation."""
    kept: dict[str, Any] = {}
    for turn in reversed(turns[-5:]):
        if turn.get("emotion"):
            kept |= {"emotion": turn["emotion"], "emotion_probability": turn.get("emotion_probability")}
            break
    if flagged := sorted({word for turn in turns for word in turn.get("flagged", ())}):
        kept["flagged"] = flagged
    return kept
