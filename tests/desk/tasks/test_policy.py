"""The rules of tasks by themselves."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from qiao.core.actor import Actor
from qiao.core.errors import Refused
from qiao.core.ids import new_id
from qiao.desk.tasks import policy

LEGAL = {
    ("waiting", "accept"): "doing",
    ("waiting", "finish"): "done",
    ("doing", "finish"): "done",
    ("waiting", "hand_back"): "returned",
    ("doing", "hand_back"): "returned",
    ("waiting", "cancel"): "cancelled",
    ("doing", "cancel"): "cancelled",
    ("done", "reopen"): "waiting",
    ("returned", "reopen"): "waiting",
    ("cancelled", "reopen"): "waiting",
}


@pytest.mark.parametrize(("state", "move"), itertools.product(policy.STATES, policy.MOVES))
def test_every_move_is_legal_or_refused(state: str, move: Any) -> None:
    if (state, move) in LEGAL:
        assert policy.next_state(state, move) == LEGAL[state, move]
        return
    with pytest.raises(Refused):
        policy.next_state(state, move)


@given(st.lists(st.sampled_from(sorted(policy.MOVES)), max_size=30))
@hypothesis_settings(max_examples=60)
def test_what_is_offered_is_what_is_legal(moves: list[Any]) -> None:
    state, everything = "waiting", policy.Part(asking=True, doing=True)
    for move in moves:
        offered = policy.may(state, everything, ticket_open=True)
        try:
            after = policy.next_state(state, move)
        except Refused:
            assert not offered[move]
            continue
        assert offered[move]
        state = after
    assert state in policy.STATES


def test_sides_are_kept_apart() -> None:
    place, me = new_id(), new_id()
    worker = Actor("user", me, permissions=frozenset({"tasks.handle"}), department_id=place)
    facts: dict[str, Any] = {"department_id": place, "assignee_id": None, "created_by": None}
    assert policy.part(worker, **facts, handles=False) == policy.Part(asking=False, doing=True)
    stranger = Actor("user", new_id(), permissions=frozenset({"tasks.handle"}), department_id=new_id())
    assert policy.part(stranger, **facts, handles=False) == policy.Part(asking=False, doing=False)
    named = {**facts, "assignee_id": stranger.id}
    assert policy.part(stranger, **named, handles=False).doing
    agent = Actor("user", new_id(), permissions=frozenset({"tickets.handle"}))
    assert policy.part(agent, **facts, handles=True) == policy.Part(asking=True, doing=False)
    assert policy.part(Actor("customer", me), **facts, handles=True) == policy.Part(asking=False, doing=False)
