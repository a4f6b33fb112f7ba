"""The figures of a service centre, each defined once: formula and source. Pure functions over tallies.

Hours count by when the customer began to wait (handoffs and their fate) or when work ended (resolutions). Where nothing
can be said (nothing to divide by) the answer is None, never 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from qiao.desk.conversations.service import Tally


@dataclass(frozen=True, slots=True)
class Sums:
    """Added-up tallies.

    `started`: conversations that began. `handoffs`: customers who began to wait for a person (from the bot, or straight
    where an inbox has none; a message left while nobody is there does not count). `answered`: of these, those to whom a
    person has written. `abandoned`: ended before anybody wrote. `abandoned_late`, `overdue`: ended, or still waiting,
    later than promised. `resolved`: ended; `bot_resolved`: without a person ever having been asked for. `handled`:
    ended after a person had answered.
    """

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


_NAMES = tuple(field.name for field in fields(Sums))


def add_up(tallies: Iterable[Tally]) -> Sums:
    """The sums of tallies."""
    found = list(tallies)
    return Sums(**{name: sum(getattr(tally, name) for tally in found) for name in _NAMES})


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _percent(part: float, whole: float) -> float | None:
    ratio = _ratio(part, whole)
    return None if ratio is None else round(100 * ratio, 1)


def asa(sums: Sums) -> float | None:
    """Average speed of answer 平均应答: Σ(first message of a person − began to wait) ÷ answered, in seconds.

    Source: `conversations.queued_at`, `first_response_at`. Abandoned and still waiting ones do not count (ICMI).
    """
    ratio = _ratio(sums.answer_s, sums.answered)
    return None if ratio is None else round(ratio, 1)


def first_response(sums: Sums) -> float | None:
    """First response 首响: Σ(first message of a person − conversation began) ÷ conversations answered, in seconds.

    Source: `conversations.created_at`, `first_response_at`. Unlike ASA it includes the time spent with the bot.
    """
    ratio = _ratio(sums.first_response_s, sums.first_responses)
    return None if ratio is None else round(ratio, 1)


def aht(sums: Sums) -> float | None:
    """Average handling time 平均处理时长: Σ(resolved − assigned) ÷ handled, in seconds.

    Source: `conversations.assigned_at` (of the last person who took it), `resolved_at`. Includes snoozed time and wrap-up
    done before resolving; a conversation resolved without a person's message is not handling.
    """
    ratio = _ratio(sums.handle_s, sums.handled)
    return None if ratio is None else round(ratio, 1)


def abandonment(sums: Sums) -> float | None:
    """Abandonment 放弃率: abandoned ÷ handoffs, in percent.

    Source: `conversations` that ended (resolved or closed) after `queued_at` with no `first_response_at`.
    """
    return _percent(sums.abandoned, sums.handoffs)


def service_level(sums: Sums) -> float | None:
    """Service level 服务水平: answered within the promised time ÷ (answered + abandoned late + overdue), in percent.

    Source: `queued_at`, `first_response_at`, `resolved_at`; the promise is the workspace's `service_level_s`. Who leaves
    within the promised time counts neither way; who waits longer than promised counts as missed at once, not only when
    answered (COPC, with late abandons against the centre).
    """
    return _percent(sums.answered_in_time, sums.answered + sums.abandoned_late + sums.overdue)


def containment(sums: Sums) -> float | None:
    """Bot containment 机器人解决率: resolved without a person ever having been asked for ÷ resolved, in percent.

    Source: `conversations` with `resolved_at` and neither `queued_at`, `assignee_id` nor `first_response_at`. Those the bot
    closed for silence are included: silence is not proof of satisfaction, so read it beside CSAT.
    """
    return _percent(sums.bot_resolved, sums.resolved)


def csat(count: int, mean: float | None) -> float | None:
    """Customer satisfaction 满意度: mean of the scores (1–5) given in the period, two decimals.

    Source: `ratings.created_at`, `score`; a changed score counts as it is now, in the period in which it was first given.
    """
    return None if mean is None or count == 0 else round(mean, 2)
