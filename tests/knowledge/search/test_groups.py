"""The groups of questions the engine is fitted on keep their format."""

from pathlib import Path

import pytest

from bench.answers.groups import Group, MalformedGroups, load, read


def test_every_domain_is_read_with_twins_and_strangers() -> None:
    domains = load()
    assert {domain.language for domain in domains} == {"zh", "en"}
    assert len({(domain.language, domain.name) for domain in domains}) == len(domains)
    for domain in domains:
        assert len(domain.groups) >= 25 and len(domain.near) >= 12 and domain.far, domain.name


def test_lines_become_groups_and_strangers(tmp_path: Path) -> None:
    path = tmp_path / "en-shop.txt"
    path.write_text("# a remark\n= Title? | one | two | three\n\n~ near | nearer\n* far\n", "utf-8")
    domain = read(path)
    assert (domain.language, domain.name) == ("en", "shop")
    assert domain.groups == (Group("Title?", ("one", "two", "three")),)
    assert (domain.near, domain.far) == (("near", "nearer"), ("far",))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("= Title | one | two", "2 phrasings"),
        ("= Title | one | two | | three", "an empty part"),
        ("= Title | one | two | TITLE?", "stands in line 1 too"),
        ("= Title | one | two | three\n~ Two!", "stands in line 1 too"),
        ("- one", "a line starts with"),
        ("~ near", "no group"),
    ],
)
def test_what_breaks_the_format_is_refused_with_its_line(tmp_path: Path, lines: str, says: str) -> None:
    path = tmp_path / "zh-shop.txt"
    path.write_text(lines, "utf-8")
    with pytest.raises(MalformedGroups, match=says):
        read(path)
