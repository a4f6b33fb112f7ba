"""Pure decisions: who fits, who comes first, what happens when nobody can. No I/O and no clock but an argument."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

AgentState = Literal["online", "busy", "away", "offline"]
Strategy = Literal["longest_idle", "least_loaded", "round_robin"]
WhyNot = Literal["offline", "away", "busy", "at_capacity", "skill_missing", "skill_level", "declined"]
Rule = Literal["sticky", "longest_idle", "least_loaded", "round_robin", "nobody_fits"]
Cause = Literal["closed", "no_agent", "cap", "timeout"]
OverflowAction = Literal["queue", "bot", "message"]
Mode = Literal["wait", "leave_message"]

CAUSES: Final[tuple[Cause, ...]] = ("closed", "no_agent", "cap", "timeout")
PRESENT: Final[frozenset[AgentState]] = frozenset({"online", "busy"})
"""States of people who are at work. Only `online` ones are given something new."""
MIN_ESTIMATE_S: Final = 60
DEFAULT_HANDLE_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class QueueRule:
    """What matching needs to know of a queue."""

    id: UUID
    priority: int = 0
    strategy: Strategy = "longest_idle"
    required: tuple[tuple[UUID, int], ...] = ()
    sticky: bool = False
    accept_timeout_s: int | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation that waits."""

    conversation_id: UUID
    queue_id: UUID
    entered_at: datetime
    seq: int
    priority: int = 1
    weight: Decimal = Decimal(1)
    preferred_user_id: UUID | None = None
    declined_by: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Agent:
    """A person who may be given conversations. `turns` has an entry for each queue they are a member of."""

    user_id: UUID
    name: str = ""
    state: AgentState = "online"
    capacity: Decimal = Decimal(5)
    load: Decimal = Decimal(0)
    idle_since: datetime | None = None
    last_assigned_at: datetime | None = None
    skills: Mapping[UUID, int] = field(default_factory=dict)
    turns: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def free(self) -> Decimal:
        return self.capacity - self.load


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an agent was, or was not, a candidate at the moment of a decision."""

    agent: Agent
    why_not: tuple[WhyNot, ...]

    @property
    def eligible(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class Decision:
    """A conversation goes to a person, and why. `candidates` are best first."""

    waiting: Waiting
    user_id: UUID
    rule: Rule
    candidates: tuple[Verdict, ...]


def order_key(waiting: Waiting, queue_priority: int) -> tuple[int, int, datetime, int]:
    """Sorts what waits into the order of service."""
    return (-waiting.priority, -queue_priority, waiting.entered_at, waiting.seq)


def skills_why_not(skills: Mapping[UUID, int], required: Iterable[tuple[UUID, int]]) -> tuple[WhyNot, ...]:
    """What a person lacks for `required`, if anything."""
    missing: list[WhyNot] = []
    for skill_id, level in required:
        held = skills.get(skill_id)
        code: WhyNot | None = "skill_missing" if held is None else "skill_level" if held < level else None
        if code is not None and code not in missing:
            missing.append(code)
    return tuple(missing)


def why_not(agent: Agent, waiting: Waiting, queue: QueueRule) -> tuple[WhyNot, ...]:
    """Every reason why `agent`, a member of the queue, cannot be given `waiting` now; empty when they can."""
    reasons: list[WhyNot] = []
    if agent.state != "online":
        reasons.append(agent.state)
    reasons.extend(skills_why_not(agent.skills, queue.required))
    if agent.user_id in waiting.declined_by:
        reasons.append("declined")
    if agent.load + waiting.weight > agent.capacity:
        reasons.append("at_capacity")
    return tuple(reasons)


_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def rank(agent: Agent, queue: QueueRule) -> tuple[object, ...]:
    """Sort key of an eligible agent, best first. Ends in the id, so that the order is total."""
    ratio = agent.load / agent.capacity if agent.capacity else Decimal(1)
    # With nothing to do, idle since they finished; with room left, since they were last given something.
    idle = (agent.load > 0, (agent.last_assigned_at if agent.load else agent.idle_since) or _LONG_AGO)
    if queue.strategy == "least_loaded":
        return (ratio, *idle, agent.user_id)
    if queue.strategy == "round_robin":
        return (agent.turns.get(queue.id, 0), agent.user_id)
    return (*idle, ratio, agent.user_id)


def choose(waiting: Waiting, queue: QueueRule, members: Iterable[Agent]) -> Decision | None:
    """Who gets `waiting` among the queue's members, or None when nobody fits now."""
    fitting = [agent for agent in members if not why_not(agent, waiting, queue)]
    if not fitting:
        return None
    ranked = sorted(fitting, key=lambda agent: rank(agent, queue))
    chosen, rule = ranked[0], queue.strategy
    if queue.sticky and waiting.preferred_user_id is not None:
        for agent in ranked:
            if agent.user_id == waiting.preferred_user_id:
                return Decision(waiting, agent.user_id, "sticky", ())
    return Decision(waiting, chosen.user_id, rule, ())


def verdicts(waiting: Waiting, queue: QueueRule, members: Iterable[Agent]) -> tuple[Verdict, ...]:
    """The candidates of a decision, eligible ones first and in the strategy's order."""
    judged = [Verdict(agent, why_not(agent, waiting, queue)) for agent in members]
    judged.sort(key=lambda verdict: (not verdict.eligible, rank(verdict.agent, queue)))
    return tuple(judged)


class Matcher:
    """One pass of matching. Offer it what waits in the order of service; it answers who gets each, if anybody can.

    A conversation is overtaken only by one that somebody can take while nobody can take it (skills, weight).
    """

    def __init__(self, queues: Mapping[UUID, QueueRule], agents: Iterable[Agent], now: datetime):
        self._queues = queues
        self._now = now
        self._agents = {agent.user_id: agent for agent in agents}
        self._members: dict[UUID, list[UUID]] = {}
        for agent in self._agents.values():
            for queue_id in agent.turns:
                self._members.setdefault(queue_id, []).append(agent.user_id)
        self._open = {agent.user_id for agent in self._agents.values() if agent.state == "online" and agent.free > 0}
        # Loads only grow within a pass, so what nobody could take once nobody can take later.
        self._hopeless: set[tuple[UUID, Decimal, frozenset[UUID]]] = set()

    @property
    def exhausted(self) -> bool:
        """Whether nobody can take anything any more."""
        return not self._open

    def give(self, waiting: Waiting) -> Decision | None:
        """Who gets `waiting`; counts it as theirs for what is offered next."""
        kind = (waiting.queue_id, waiting.weight, waiting.declined_by)
        queue = self._queues.get(waiting.queue_id)
        if queue is None or self.exhausted or kind in self._hopeless:
            return None
        members = [self._agents[user_id] for user_id in self._members.get(waiting.queue_id, ())]
        decision = choose(waiting, queue, (agent for agent in members if agent.user_id in self._open))
        if decision is None:
            self._hopeless.add(kind)
            return None
        decision = replace(decision, candidates=verdicts(waiting, queue, members))
        given = given_to(self._agents[decision.user_id], waiting, self._now, next_turn(queue.id, members))
        self._agents[given.user_id] = given
        if given.free <= 0:
            self._open.discard(given.user_id)
        return decision


def plan(
    waiting: Iterable[Waiting], queues: Mapping[UUID, QueueRule], agents: Iterable[Agent], now: datetime
) -> list[Decision]:
    """Gives what waits, in the order of service, to those who fit, until nobody fits anything any more."""
    matcher = Matcher(queues, agents, now)
    ordered = sorted(waiting, key=lambda w: order_key(w, queues[w.queue_id].priority))
    return [decision for item in ordered if (decision := matcher.give(item)) is not None]


def next_turn(queue_id: UUID, agents: Iterable[Agent]) -> int:
    """The number that puts somebody at the end of a queue's round."""
    return max((agent.turns.get(queue_id, 0) for agent in agents), default=0) + 1


def given_to(agent: Agent, waiting: Waiting, now: datetime, turn: int) -> Agent:
    """`agent` after being given `waiting`."""
    return replace(
        agent,
        load=agent.load + waiting.weight,
        idle_since=None,
        last_assigned_at=now,
        turns={**agent.turns, waiting.queue_id: turn},
    )


def others_left(waiting: Waiting, queue: QueueRule, members: Iterable[Agent]) -> bool:
    """Whether somebody at work who fits by skill has not declined `waiting` (they may be full at the moment)."""
    return any(
        agent.state == "online"
        and agent.user_id not in waiting.declined_by
        and not skills_why_not(agent.skills, queue.required)
        and agent.capacity >= waiting.weight
        for agent in members
    )


# -- when nobody can -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overflow:
    """A queue's rule for when it cannot serve. `on` are the causes it applies to."""

    action: OverflowAction
    on: frozenset[Cause]
    queue_id: UUID | None = None
    after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """How a queue stands for one conversation that waits in it."""

    open: bool
    present: int
    ahead: int
    waited_s: float = 0.0
    max_waiting: int | None = None


@dataclass(frozen=True, slots=True)
class OverflowDecision:
    """What becomes of a conversation the queue cannot serve. `action` None: it waits, and the customer is told so."""

    cause: Cause
    action: OverflowAction | None
    queue_id: UUID | None = None


def causes(situation: Situation, after_s: int | None) -> list[Cause]:
    """Why a queue cannot serve in time, most telling first."""
    found: list[Cause] = []
    if not situation.open:
        found.append("closed")
    if situation.present == 0:
        found.append("no_agent")
    if situation.max_waiting is not None and situation.ahead >= situation.max_waiting:
        found.append("cap")
    if after_s is not None and situation.waited_s >= after_s:
        found.append("timeout")
    return found


def overflow(
    rule: Overflow | None, situation: Situation, *, visited: Iterable[UUID] = (), usable: Iterable[UUID] = ()
) -> OverflowDecision | None:
    """What to do with a conversation that cannot be served, or None when waiting is fine.

    Another queue is used only when it is `usable` (active) and not `visited`: a conversation never goes round.
    """
    found = causes(situation, rule.after_s if rule else None)
    if not found:
        return None
    for cause in found:
        if rule is None or cause not in rule.on:
            continue
        if rule.action != "queue":
            return OverflowDecision(cause, rule.action)
        if rule.queue_id is not None and rule.queue_id in set(usable) and rule.queue_id not in set(visited):
            return OverflowDecision(cause, "queue", rule.queue_id)
    return OverflowDecision(found[0], None)


def mode(situation: Situation) -> Mode:
    """What a customer is invited to do: wait for somebody, or leave a message."""
    return "leave_message" if causes(situation, None) else "wait"


def slots(agents: Iterable[Agent], queue: QueueRule, weight: Decimal = Decimal(1)) -> int:
    """How many conversations of `weight` the people at work could hold at once."""
    fitting = (a for a in agents if a.state in PRESENT and not skills_why_not(a.skills, queue.required))
    return sum(int(agent.capacity // weight) for agent in fitting) if weight else 0


def estimate(place: int, mean_handle_s: float | None, slot_count: int) -> int | None:
    """Seconds until `place` (from 1) is served: places × time between two completions; None with nobody at work."""
    if slot_count <= 0:
        return None
    interval = (mean_handle_s or DEFAULT_HANDLE_S) / slot_count
    return max(MIN_ESTIMATE_S, round(place * interval))


def smoothed(mean_s: float | None, sample_s: float) -> float:
    """The running mean of handling time with one more sample; old ones fade (weight 1/10)."""
    sample = min(max(sample_s, 1.0), 4 * 3600.0)  # a conversation forgotten over the weekend says nothing of handling
    return sample if mean_s is None else mean_s * 0.9 + sample * 0.1


def places(waiting: Sequence[Waiting], queue: QueueRule) -> dict[UUID, int]:
    """Place in line, from 1, of everything that waits in one queue."""
    ordered = sorted(waiting, key=lambda w: order_key(w, queue.priority))
    return {item.conversation_id: place for place, item in enumerate(ordered, start=1)}
