"""Counting conversations by hour, for insight: raw tallies only. What they mean is defined in `insight/metrics`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import text

from qiao.core.db import Session


class Tally(msgspec.Struct, frozen=True):
    """What happened in one hour of a stretch of time. `queue_id` is set for what belongs to handoffs and resolutions.

    Handoffs and what became of them are counted in the hour in which the customer began to wait, resolutions in theirs.
    """

    stretch: int
    hour: int
    queue_id: UUID | None
    started: int = 0
    handoffs: int = 0
    answered: int = 0
    answered_in_time: int = 0
    answer_s: float = 0.0
    abandoned: int = 0
    abandoned_late: int = 0
    overdue: int = 0
    first_responses: int = 0
    first_response_s: float = 0.0
    resolved: int = 0
    bot_resolved: int = 0
    handled: int = 0
    handle_s: float = 0.0


# One statement over three indexes (created_at, queued_at, resolved_at). An answer is a person's first message after the
# customer began to wait. Who was answered before and came back is no handoff waiting for its first answer, and a message
# left while nobody was there is no handoff either.
# The columns come in the order of Tally's fields.
_QUERY: Final = text("""
WITH stretches AS (
  SELECT * FROM unnest(CAST(:numbers AS int[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
    AS s(stretch, since, until)
), started AS (
  SELECT s.stretch, extract(hour FROM c.created_at AT TIME ZONE :zone)::int AS hour, NULL::uuid AS queue_id,
         count(*) AS started
  FROM stretches s JOIN conversations c ON c.created_at >= s.since AND c.created_at < s.until
  GROUP BY 1, 2
), waits AS (
  SELECT s.stretch, extract(hour FROM c.queued_at AT TIME ZONE :zone)::int AS hour, c.queue_id,
         c.queued_at, c.created_at, c.first_response_at,
         c.first_response_at >= c.queued_at AS answered,
         CASE WHEN c.first_response_at IS NULL AND c.status IN ('resolved', 'closed')
              THEN coalesce(c.resolved_at, c.closed_at) END AS left_at
  FROM stretches s JOIN conversations c ON c.queued_at >= s.since AND c.queued_at < s.until
  WHERE c.handoff_reason IS DISTINCT FROM 'leave_message'
), handoffs AS (
  SELECT stretch, hour, queue_id, count(*) AS handoffs,
         count(*) FILTER (WHERE answered) AS answered,
         count(*) FILTER (WHERE answered AND first_response_at - queued_at <= :within) AS answered_in_time,
         coalesce(sum(extract(epoch FROM first_response_at - queued_at)) FILTER (WHERE answered), 0)::float8 AS answer_s,
         count(left_at) AS abandoned,
         count(*) FILTER (WHERE left_at - queued_at > :within) AS abandoned_late,
         count(*) FILTER (WHERE answered IS NULL AND left_at IS NULL AND :now - queued_at > :within) AS overdue,
         count(*) FILTER (WHERE answered) AS first_responses,
         coalesce(sum(extract(epoch FROM first_response_at - created_at)) FILTER (WHERE answered), 0)::float8
           AS first_response_s
  FROM waits GROUP BY 1, 2, 3
), ended AS (
  SELECT s.stretch, extract(hour FROM c.resolved_at AT TIME ZONE :zone)::int AS hour, c.queue_id,
         count(*) AS resolved,
         count(*) FILTER (WHERE c.queued_at IS NULL AND c.assignee_id IS NULL AND c.first_response_at IS NULL)
           AS bot_resolved,
         count(*) FILTER (WHERE c.assigned_at IS NOT NULL AND c.first_response_at IS NOT NULL) AS handled,
         coalesce(sum(extract(epoch FROM c.resolved_at - c.assigned_at))
           FILTER (WHERE c.assigned_at IS NOT NULL AND c.first_response_at IS NOT NULL), 0)::float8 AS handle_s
  FROM stretches s JOIN conversations c ON c.resolved_at >= s.since AND c.resolved_at < s.until
  GROUP BY 1, 2, 3
)
SELECT stretch, hour, queue_id, started, 0 AS handoffs, 0 AS answered, 0 AS answered_in_time, 0 AS answer_s,
       0 AS abandoned, 0 AS abandoned_late, 0 AS overdue, 0 AS first_responses, 0 AS first_response_s,
       0 AS resolved, 0 AS bot_resolved, 0 AS handled, 0 AS handle_s FROM started
UNION ALL
SELECT stretch, hour, queue_id, 0, handoffs, answered, answered_in_time, answer_s, abandoned, abandoned_late, overdue,
       first_responses, first_response_s, 0, 0, 0, 0 FROM handoffs
UNION ALL
SELECT stretch, hour, queue_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, resolved, bot_resolved, handled, handle_s FROM ended
""")


async def tallies(
    db: Session, stretches: Sequence[tuple[datetime, datetime]], *, zone: str, within_s: int, now: datetime
) -> list[Tally]:
    """Tallies of stretches of time [since, until), each by hour of the day in `zone` and by queue.

    `within_s` is the promised time to answer. For insight, not for people: no permission is checked.
    """
    rows = await db.execute(
        _QUERY,
        {
            "numbers": list(range(len(stretches))),
            "since": [since for since, _ in stretches],
            "until": [until for _, until in stretches],
            "zone": zone,
            "within": timedelta(seconds=within_s),
            "now": now,
        },
    )
    return [Tally(*row) for row in rows]
