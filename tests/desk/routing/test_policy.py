"""The pure matcher: what it promises for every possible queue, agent and line."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiao.desk.routing import policy
from qiao.desk.routing.policy import Agent, Overflow, QueueRule, Situation, Waiting

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUEUES = [UUID(int=i) for i in range(1, 4)]
SKILLS = [UUID(int=100 + i) for i in range(3)]
PEOPLE = [UUID(int=200 + i) for i in range(6)]


def moment(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 5), max_size=3)
weights = st.sampled_from([Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(3)])

queue_rules = st.builds(
    QueueRule,
    id=st.just(QUEUES[0]),
    priority=st.integers(0, 9),
    strategy=st.sampled_from(["longest_idle", "least_loaded", "round_robin"]),
    required=levels.map(lambda found: tuple(found.items())),
    sticky=st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[UUID, QueueRule], list[Agent], list[Waiting]]:
    queues = {
        queue_id: QueueRule(
            queue_id, rule.priority, rule.strategy, rule.required if draw(st.booleans()) else (), rule.sticky
        )
        for queue_id, rule in ((q, draw(queue_rules)) for q in QUEUES)
    }
    agents = []
    for user_id in draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=6)):
        capacity = Decimal(draw(st.integers(0, 5)))
        agents.append(
            Agent(
                user_id,
                "",
                draw(st.sampled_from(["online", "online", "online", "busy", "away", "offline"])),
                capacity,
                draw(st.integers(0, 6).map(Decimal)),
                draw(st.none() | st.integers(0, 60).map(moment)),
                draw(st.none() | st.integers(0, 60).map(moment)),
                draw(levels),
                draw(st.dictionaries(st.sampled_from(QUEUES), st.integers(0, 9), max_size=3)),
            )
        )
    waiting = [
        Waiting(
            UUID(int=1000 + number),
            draw(st.sampled_from(QUEUES)),
            moment(draw(st.integers(0, 30))),
            number,
            draw(st.integers(0, 3)),
            draw(weights),
            draw(st.none() | st.sampled_from(PEOPLE)),
            frozenset(draw(st.lists(st.sampled_from(PEOPLE), max_size=2))),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    return queues, agents, waiting


World = tuple[dict[UUID, QueueRule], list[Agent], list[Waiting]]


def after(agents: list[Agent], decisions: list[policy.Decision]) -> dict[UUID, Agent]:
    current = {agent.user_id: agent for agent in agents}
    for decision in decisions:
        agent = current[decision.user_id]
        turn = policy.next_turn(decision.waiting.queue_id, current.values())
        current[decision.user_id] = policy.given_to(agent, decision.waiting, NOW, turn)
    return current


@given(worlds())
def test_nobody_waits_while_somebody_fitting_is_free(world: World) -> None:
    queues, agents, waiting = world
    decisions = policy.plan(waiting, queues, agents, NOW)
    given_away = {decision.waiting.conversation_id for decision in decisions}
    current = after(agents, decisions)
    for item in waiting:
        if item.conversation_id not in given_away:
            for agent in current.values():
                if item.queue_id in agent.turns:
                    assert policy.why_not(agent, item, queues[item.queue_id])


@given(worlds())
def test_each_goes_to_one_person_who_may_have_it(world: World) -> None:
    queues, agents, waiting = world
    decisions = policy.plan(waiting, queues, agents, NOW)
    assert len({d.waiting.conversation_id for d in decisions}) == len(decisions)
    loads = {agent.user_id: agent.load for agent in agents}
    known = {agent.user_id: agent for agent in agents}
    for decision in decisions:
        agent, item = known[decision.user_id], decision.waiting
        assert agent.state == "online"
        assert item.queue_id in agent.turns
        assert agent.user_id not in item.declined_by
        assert all(agent.skills.get(skill, 0) >= level for skill, level in queues[item.queue_id].required)
        loads[agent.user_id] += item.weight
        assert loads[agent.user_id] <= agent.capacity


@given(worlds())
def test_first_come_first_served_within_priority(world: World) -> None:
    """Whoever is overtaken could not have been served by anybody at that moment."""
    queues, agents, waiting = world
    decisions = policy.plan(waiting, queues, agents, NOW)
    turn = {decision.waiting.conversation_id: index for index, decision in enumerate(decisions)}
    ordered = sorted(waiting, key=lambda w: policy.order_key(w, queues[w.queue_id].priority))
    for earlier, later in itertools.combinations(ordered, 2):
        if later.conversation_id not in turn:
            continue
        if turn.get(earlier.conversation_id, len(decisions)) < turn[later.conversation_id]:
            continue
        current = after(agents, decisions[: turn[later.conversation_id]])
        members = [agent for agent in current.values() if earlier.queue_id in agent.turns]
        assert all(policy.why_not(agent, earlier, queues[earlier.queue_id]) for agent in members)


@given(worlds())
def test_explanations_say_why_of_everybody(world: World) -> None:
    queues, agents, waiting = world
    for decision in policy.plan(waiting, queues, agents, NOW):
        members = {agent.user_id for agent in agents if decision.waiting.queue_id in agent.turns}
        assert {verdict.agent.user_id for verdict in decision.candidates} == members
        eligible = [verdict for verdict in decision.candidates if verdict.eligible]
        if decision.rule == "sticky":
            assert decision.user_id == decision.waiting.preferred_user_id
        else:
            assert eligible[0].agent.user_id == decision.user_id


@given(worlds())
def test_the_order_of_arguments_does_not_matter(world: World) -> None:
    queues, agents, waiting = world
    there = policy.plan(waiting, queues, agents, NOW)
    back = policy.plan(waiting[::-1], queues, agents[::-1], NOW)
    assert [(d.waiting.conversation_id, d.user_id) for d in there] == [
        (d.waiting.conversation_id, d.user_id) for d in back
    ]


def agent(number: int, **values: object) -> Agent:
    fields: dict[str, object] = {"turns": {QUEUES[0]: 0}, **values}
    return Agent(PEOPLE[number], f"agent {number}", **fields)  # type: ignore[arg-type]


def item(number: int = 0, **values: object) -> Waiting:
    return Waiting(UUID(int=1000 + number), QUEUES[0], moment(5), number, **values)  # type: ignore[arg-type]


def chosen(queue: QueueRule, *agents: Agent, waiting: Waiting | None = None) -> tuple[int, str] | None:
    decision = policy.choose(waiting or item(), queue, agents)
    return (PEOPLE.index(decision.user_id), decision.rule) if decision else None


def test_longest_idle_prefers_who_has_had_nothing_for_longest() -> None:
    queue = QueueRule(QUEUES[0])
    idle = agent(0, idle_since=moment(5)), agent(1, idle_since=moment(30))
    assert chosen(queue, *idle, agent(2, load=Decimal(1), last_assigned_at=moment(50))) == (1, "longest_idle")
    busy = agent(3, load=Decimal(1), last_assigned_at=moment(2)), agent(4, load=Decimal(1), last_assigned_at=moment(9))
    assert chosen(queue, *busy) == (4, "longest_idle")


def test_least_loaded_compares_shares_of_capacity() -> None:
    queue = QueueRule(QUEUES[0], strategy="least_loaded")
    few = agent(0, load=Decimal(2), capacity=Decimal(3))
    many = agent(1, load=Decimal(3), capacity=Decimal(10))
    assert chosen(queue, few, many) == (1, "least_loaded")


def test_round_robin_gives_everybody_one_before_anybody_two() -> None:
    queue = QueueRule(QUEUES[0], strategy="round_robin")
    decisions = policy.plan([item(n) for n in range(6)], {queue.id: queue}, [agent(0), agent(1), agent(2)], NOW)
    assert [PEOPLE.index(d.user_id) for d in decisions] == [0, 1, 2, 0, 1, 2]


def test_sticky_gets_the_known_agent_and_falls_back_at_once() -> None:
    queue = QueueRule(QUEUES[0], sticky=True)
    waiting = item(preferred_user_id=PEOPLE[1])
    assert chosen(queue, agent(0, idle_since=moment(60)), agent(1), waiting=waiting) == (1, "sticky")
    assert chosen(queue, agent(0), agent(1, load=Decimal(5)), waiting=waiting) == (0, "longest_idle")
    assert chosen(QueueRule(QUEUES[0]), agent(0, idle_since=moment(9)), agent(1), waiting=waiting) == (
        1,
        "longest_idle",
    )


@pytest.mark.parametrize(
    ("person", "reasons"),
    [
        (agent(0, state="offline"), ("offline", "skill_missing")),
        (agent(0, state="away", skills={SKILLS[0]: 1}), ("away", "skill_level")),
        (agent(0, state="busy", skills={SKILLS[0]: 3}), ("busy",)),
        (agent(0, load=Decimal("4.5"), skills={SKILLS[0]: 5}), ("at_capacity",)),
        (agent(1, skills={SKILLS[0]: 5}), ("declined",)),
        (agent(0, load=Decimal(4), skills={SKILLS[0]: 3}), ()),
    ],
)
def test_every_reason_has_its_code(person: Agent, reasons: tuple[str, ...]) -> None:
    queue = QueueRule(QUEUES[0], required=((SKILLS[0], 3),))
    assert policy.why_not(person, item(declined_by=frozenset({PEOPLE[1]})), queue) == reasons


TARGET = QUEUES[1]
FINE = Situation(open=True, present=1, ahead=0, max_waiting=3)


@pytest.mark.parametrize(
    ("rule", "situation", "expected"),
    [
        (None, FINE, None),
        (None, Situation(False, 0, 0), ("closed", None, None)),
        (Overflow("bot", frozenset({"no_agent"})), Situation(False, 0, 0), ("no_agent", "bot", None)),
        (Overflow("message", frozenset({"closed"})), Situation(False, 2, 0), ("closed", "message", None)),
        (Overflow("queue", frozenset({"cap"}), TARGET), Situation(True, 1, 3, 0, 3), ("cap", "queue", TARGET)),
        (Overflow("queue", frozenset({"cap"}), TARGET), Situation(True, 1, 2, 0, 3), None),
        (
            Overflow("queue", frozenset({"timeout"}), TARGET, 60),
            Situation(True, 1, 0, 61),
            ("timeout", "queue", TARGET),
        ),
        (Overflow("queue", frozenset({"timeout"}), TARGET, 60), Situation(True, 1, 0, 59), None),
        (Overflow("queue", frozenset({"cap"}), QUEUES[2]), Situation(True, 1, 9, 0, 3), ("cap", None, None)),
        (Overflow("queue", frozenset({"cap"}), QUEUES[0]), Situation(True, 1, 9, 0, 3), ("cap", None, None)),
    ],
)
def test_overflow(rule: Overflow | None, situation: Situation, expected: tuple[object, ...] | None) -> None:
    found = policy.overflow(rule, situation, visited=[QUEUES[0]], usable=[QUEUES[0], TARGET])
    assert (found and (found.cause, found.action, found.queue_id)) == expected


def test_estimate_has_a_floor_and_admits_ignorance() -> None:
    assert policy.estimate(1, 30, 5) == 60
    assert policy.estimate(10, 300, 5) == 600
    assert policy.estimate(4, None, 2) == 600
    assert policy.estimate(1, 300, 0) is None


def test_a_forgotten_conversation_does_not_ruin_the_mean() -> None:
    assert policy.smoothed(None, 120) == 120
    assert policy.smoothed(120, 3 * 24 * 3600) < 1600
