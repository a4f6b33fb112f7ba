"""How a call and a promise to call stand in the transcript: cards that hold no number in full."""

from typing import Any

from qiao.channels.phone.models import Call, Callback
from qiao.core import i18n
from qiao.people.personal import mask_phone


def of_call(row: Call, agent: str | None) -> dict[str, Any]:
    """What the card of a call says now."""
    return {
        "id": str(row.id),
        "direction": row.direction,
        "state": row.state,
        "number": mask_phone(row.number),
        "line": row.line,
        "sure": row.sure,
        "user_id": str(row.user_id) if row.user_id else None,
        "agent": agent,
        "started_at": row.started_at.isoformat(),
        "answered_at": row.answered_at.isoformat() if row.answered_at else None,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "wait_s": row.wait_s,
        "talk_s": row.talk_s,
        "held_s": row.held_s,
        "hung_up_by": row.hung_up_by,
        "transfers": len(row.transfers),
        "recording": row.recording is not None,
        "voicemail": row.voicemail is not None,
    }


def of_callback(row: Callback, timezone: str) -> dict[str, Any]:
    """What the card of a promise says now, to the customer too."""
    return {
        "id": str(row.id),
        "state": row.state,
        "number": mask_phone(row.number),
        "topic": row.topic,
        "promised_from": row.promised_from.isoformat(),
        "promised_until": row.promised_until.isoformat(),
        "timezone": timezone,
        "attempts": row.attempts,
        "attempts_most": row.attempts_most,
        "broken": row.broken_at is not None,
    }


def title(kind: str, locale: str) -> str:
    """One line for lists and for channels without cards."""
    return i18n.t(f"phone.card.{kind}", locale)
