"""What a ticket from a conversation begins with: the customer's own words, without what says nothing of the matter."""

import pytest

from qiao.desk.tickets import guessing

BROKEN = "the kettle arrived broken"


@pytest.mark.parametrize(
    "call",
    ["talk to a human", "Can I speak with an agent?", "human please", "转接人工客服", "我要转人工", "Hi"],
)
def test_calls_for_a_person_are_no_part_of_the_summary(call: str) -> None:
    assert guessing.summary([call, BROKEN]) == BROKEN


@pytest.mark.parametrize("line", ["I talked to an agent yesterday", "转人工要收费吗", "please talk to the courier"])
def test_what_only_mentions_people_stays(line: str) -> None:
    assert guessing.summary([line]) == line
