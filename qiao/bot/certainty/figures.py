"""What the screen shows: how often the bot is right, how sure it says it is, and what other settings would do."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from qiao.bot.answering.asking import PLAIN, engine_name
from qiao.bot.answering.certainty import Certainty, adjusted, offer_chance
from qiao.bot.certainty import fitting, policy, repository, risk, service
from qiao.bot.certainty.fitting import Example
from qiao.bot.certainty.models import CertaintyDecision, CertaintyFit
from qiao.bot.certainty.policy import KINDS, Kind
from qiao.bot.certainty.schemas import Bin, CertaintyView, KindCount, Outlook, Point
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.knowledge.search.calibration import Policy
from qiao.knowledge.search.service import SearchService

WEEK: Final = 7
MONTH: Final = 28
_ENOUGH: Final = 50
"""Questions of a week below which the month is taken."""
_BINS: Final = (0.0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1.0)
_SHARES: Final = tuple(n / 20 for n in range(1, 21))


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions of the past under what applies now: one value each."""

    chance: NDArray[np.float64]
    offer: NDArray[np.float64]
    topic: NDArray[np.bool_]


async def view(db: Session) -> CertaintyView:
    """Everything at once: it is one screen."""
    search = runtime_of(db).get(SearchService)
    await search.loaded.wait()
    engine = engine_name(search)
    settings = await service.read_settings(db)
    row = await db.scalar(select(CertaintyFit).where(CertaintyFit.state == "active"))
    applies = row is not None and settings.enabled and row.engine == engine
    certainty = Certainty(max_useless=settings.max_useless)
    if row is not None and applies:
        certainty = service.certainty_of(row, settings.max_useless)
    days, rows = await _recent(db, engine)
    labelled = await repository.labelled(db, engine)
    examples = [e for one, found in labelled if (e := service.example_of(one, found)) is not None]
    examples = [replace(e, probability=certainty.curve(e.locale)(e.probability)) for e in examples]
    reckoned = await asyncio.to_thread(_reckoned, rows, examples, certainty, settings.max_error)
    drawn = [example for example in examples if example.sampled]
    decisions, known = await repository.counted(db)
    right = sum(example.right for example in drawn)
    return CertaintyView(
        settings=settings,
        active=await service.fit_view(db, row) if row is not None else None,
        applies=applies,
        confidence=risk.CONFIDENCE,
        fewest=risk.FEWEST,
        reviewed=len(drawn),
        right=right,
        wrong=len(drawn) - right,
        waiting=await _waiting(db),
        offers=sum(service.useful_of(one, found) is not None for one, found in labelled),
        labelled=known,
        unlabelled=decisions - known,
        days=days,
        questions=len(rows),
        kinds=_kinds(await repository.kinds(db)),
        **reckoned,
    )


async def _waiting(db: Session) -> int:
    query = select(func.count()).select_from(CertaintyDecision)
    query = query.where(CertaintyDecision.usable, ~CertaintyDecision.reviewed)
    return int(await db.scalar(query) or 0)


async def _recent(db: Session, engine: str) -> tuple[int, Sequence[Any]]:
    days, rows = WEEK, await repository.recent(db, WEEK, engine)
    if len(rows) < _ENOUGH:
        days, rows = MONTH, await repository.recent(db, MONTH, engine)
    return days, rows


def _kinds(rows: Sequence[Any]) -> list[KindCount]:
    counts: dict[str, dict[str, int]] = {
        kind: dict.fromkeys(("right", "wrong", "useful", "useless"), 0) for kind in KINDS
    }
    for kind, right, useful, count in rows:
        if right is not None:
            counts[kind]["right" if right else "wrong"] += count
        if useful is not None:
            counts[kind]["useful" if useful else "useless"] += count
    return [_kind(kind, counts[kind]) for kind in KINDS if any(counts[kind].values())]


def _kind(kind: Kind, counts: dict[str, int]) -> KindCount:
    says = policy.KINDS[kind]
    return KindCount(kind=kind, strong=says.strong, weight=says.weight, **counts)


# -- pure --------------------------------------------------------------------------------------------------------------


def _reckoned(
    rows: Sequence[Any], examples: Sequence[Example], certainty: Certainty, max_error: float
) -> dict[str, Any]:
    """The figures that take a while to reckon, by their names in the view."""
    asked = asked_of(rows, certainty)
    drawn = [example for example in examples if example.sampled]
    basis = "reviewed" if len(drawn) >= risk.FEWEST else "all" if examples else "none"
    used = drawn if basis == "reviewed" else examples
    useless = [replace(certainty, max_useless=n / 100) for n in range(5, 91, 5)]
    return {
        "basis": basis,
        "curve": curve(asked, used, bounded=basis == "reviewed"),
        "bins": bins(used),
        "answers": [_answers(asked, certainty, n / 100) for n in range(1, 51)],
        "choices": [_choices(asked, one, max_error) for one in useless],
    }


def asked_of(rows: Sequence[Any], certainty: Certainty) -> Asked:
    """Questions of the past as they look now."""
    chances: list[float] = []
    offers: list[float] = []
    for row in rows:
        sure, known = adjusted(row.chances, row.known, certainty.curve(row.locale))
        chances.append(sure[0] if sure else 0.0)
        offers.append(offer_chance(sure, known, PLAIN) if len(sure) > 1 else 0.0)
    return Asked(np.array(chances), np.array(offers), np.array([row.topic for row in rows], bool))


def curve(asked: Asked, examples: Sequence[Example], *, bounded: bool) -> list[Point]:
    """From the surest twentieth of the questions to all of them. `bounded`: the examples were drawn by lot."""
    if not len(asked.chance):
        return []
    sure: list[float] = sorted(asked.chance.tolist(), reverse=True)
    weights = fitting.balanced(examples)
    found: list[Point] = []
    for share in _SHARES:
        count = max(1, math.ceil(share * len(sure)))
        threshold = sure[count - 1]
        above = [n for n, example in enumerate(examples) if example.probability >= threshold]
        weight = float(sum(weights[n] for n in above))
        wrong = float(sum(weights[n] for n in above if not examples[n].right))
        bound = risk.at_most(round(wrong), len(above)) if bounded and above else None
        found.append(
            Point(
                coverage=count / len(sure),
                threshold=round(threshold, 4),
                predicted=round(sum(1 - p for p in sure[:count]) / count, 4),
                count=len(above),
                measured=round(wrong / weight, 4) if weight > 0 and len(above) >= 5 else None,
                bound=round(bound, 4) if bound is not None else None,
            )
        )
    return found


def bins(examples: Sequence[Example]) -> list[Bin]:
    """What the probabilities say against what came true."""
    weights = fitting.balanced(examples)
    found: list[Bin] = []
    for low, high in pairwise(_BINS):
        own = [n for n, e in enumerate(examples) if low <= e.probability < high or (high == 1.0 == e.probability)]
        weight = float(sum(weights[n] for n in own))
        if not own or weight <= 0:
            continue
        right = float(sum(weights[n] for n in own if examples[n].right)) / weight
        said = float(sum(weights[n] * examples[n].probability for n in own)) / weight
        times = round(right * len(own))
        found.append(
            Bin(
                low=low,
                high=high,
                count=len(own),
                said=round(said, 4),
                right=round(right, 4),
                at_least=round(1 - risk.at_most(len(own) - times, len(own), 0.95), 4),
                at_most=round(risk.at_most(times, len(own), 0.95), 4),
            )
        )
    return found


def _answers(asked: Asked, certainty: Certainty, accepted: float) -> Outlook:
    limits = Policy(max_error=accepted)
    shown = certainty.answers.lowest(accepted) is not None
    return _outlook(asked, accepted, certainty.answer_from(limits), certainty.choices_from(), shown=shown, answers=True)


def _choices(asked: Asked, certainty: Certainty, max_error: float) -> Outlook:
    at = certainty.answer_from(Policy(max_error=max_error))
    shown = certainty.offers.lowest(certainty.max_useless) is not None
    return _outlook(asked, certainty.max_useless, at, certainty.choices_from(), shown=shown, answers=False)


def _outlook(
    asked: Asked, accepted: float, answer_at: float, offer_at: float, *, shown: bool, answers: bool
) -> Outlook:
    answered = asked.chance >= answer_at
    offered = ~answered & ((asked.offer >= offer_at) | asked.topic)
    total = len(asked.chance)
    some, others = float(answered.sum()) / max(1, total), float(offered.sum()) / max(1, total)
    return Outlook(
        accepted=round(accepted, 4),
        threshold=round(answer_at if answers else offer_at, 4),
        shown=shown,
        answered=round(some, 4),
        offered=round(others, 4),
        neither=round(1 - some - others, 4) if total else 0.0,
    )
