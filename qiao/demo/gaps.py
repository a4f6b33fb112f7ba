"""The knowledge gaps the demo company has closed. Those still open come out of its conversations by themselves."""

from datetime import timedelta
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.demo.company import Places
from qiao.demo.writing import EDITOR, Answer
from qiao.insight.gaps import collecting
from qiao.knowledge.gaps import service as gaps
from qiao.packs.models import DemoPack


async def seed_gaps(
    db: Session, pack: DemoPack, places: Places, talks: dict[str, UUID], answers: dict[tuple[str, str], Answer]
) -> None:
    """One question of each begins it; the others are collected as soon as the server runs."""
    now = clock.now()
    languages = {talk.key: talk.language for talk in pack.conversations.conversations}
    for closed in pack.knowledge.closed_gaps:
        talk = talks[closed.conversation]
        await gaps.note(db, await collecting.read(db, [talk]), placed=False)
        faq = answers[closed.faq, languages[closed.conversation]].id
        person = Actor(kind="user", id=places.users[closed.by], name=places.names[closed.by], permissions=EDITOR)
        for gap_id in await gaps.of_conversation(db, talk):
            with clock.frozen(now - timedelta(days=closed.days_ago)):
                await gaps.attach_draft(db, person, gap_id, faq, [talk])
                await gaps.texts_changed(db, [faq])
