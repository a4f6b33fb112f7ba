"""YAML or JSON from people: plain data only, no aliases (they blow up small files), no guessing at `on`, `no` or dates."""

import re
from math import isfinite
from typing import Any, Final, NamedTuple

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # whichever PyYAML was built with
    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        """As in JSON every key is a text: `200: …` and `"200": …` are the same."""
        pairs = super().construct_mapping(node, deep)
        return {key if isinstance(key, str) else str(key): value for key, value in pairs.items()}

    def construct_yaml_float(self, node: Any) -> float:
        number = super().construct_yaml_float(node)
        if not isfinite(number):
            raise yaml.YAMLError("a number must be finite")
        return float(number)


_GUESSED: Final = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _GUESSED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# A step's field `yes` and a choice `no` are words; only true and false are truth values.
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))

# What JSON has no word for is refused: bytes, sets, ordered pairs.
_Loader.yaml_constructors = {
    tag: build
    for tag, build in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rsplit(":", 1)[-1] in ("null", "bool", "int", "str", "seq", "map")
}
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


class Unreadable(ValueError):
    """Not YAML; `line` says where."""

    def __init__(self, problem: str, line: int):
        super().__init__(f"line {line}: {problem}")
        self.problem = problem
        self.line = line


def _refuse_aliases(text: str) -> None:
    """Looked for before anything is built: they blow up small files and make rings. libyaml's parser offers no hook."""
    if "*" not in text:
        return
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            refused = yaml.MarkedYAMLError(problem="aliases are not supported")
            refused.problem_mark = event.start_mark  # type: ignore[assignment]  # libyaml's marks are of a class of their own
            raise refused


def read_document(text: str) -> Any:
    """The data. Raises Unreadable."""
    try:
        _refuse_aliases(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(str(getattr(error, "problem", None) or error), mark.line + 1 if mark else 1) from None
    except (RecursionError, ValueError) as error:
        raise Unreadable(str(error), 1) from None


class Place(NamedTuple):
    """1-based."""

    line: int
    column: int


def places(text: str) -> dict[tuple[str | int, ...], Place]:
    """Where each value of a document stands, by its path of keys and numbers. Raises Unreadable."""
    found: dict[tuple[str | int, ...], Place] = {}
    try:
        _refuse_aliases(text)
        root = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable(str(error), mark.line + 1 if mark else 1) from None
    waiting: list[tuple[tuple[str | int, ...], Any, Any]] = [((), root, root)] if root is not None else []
    while waiting:
        path, node, named = waiting.pop()
        found[path] = Place(named.start_mark.line + 1, named.start_mark.column + 1)
        if isinstance(node, yaml.MappingNode):
            # A field is pointed at by its name, not by its value: that is where the eye looks for it.
            waiting += [((*path, str(key.value)), value, key) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*path, number), value, value) for number, value in enumerate(node.value)]
    return found
