"""YAML from people: plain data, no rings, and where each value stands."""

import pytest

from qiao.core.documents import Unreadable, places, read_document


@pytest.mark.parametrize("text", ["a: &x [1]\nb: *x", "a: &x [*x]", "a: &a\n  <<: *a"])
def test_aliases_are_refused_where_they_stand(text: str) -> None:
    for reading in (read_document, places):
        with pytest.raises(Unreadable, match="aliases") as caught:
            reading(text)
        assert caught.value.line == text.count("\n", 0, text.index("*")) + 1


def test_a_star_in_words_is_no_alias_and_places_are_names() -> None:
    text = "a: 'two * three'\nb:\n  - {c: 1}\n  - d\n"
    assert read_document(text) == {"a": "two * three", "b": [{"c": 1}, "d"]}
    found = places(text)
    assert (found["a",], found["b", 0, "c"], found["b", 1]) == ((1, 1), (3, 6), (4, 5))
