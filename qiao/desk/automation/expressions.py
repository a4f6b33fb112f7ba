"""Conditions written in CEL: parsed by cel-python, checked against the facts there are, and answered within bounds.

The grammar is CEL's own. The values are ours, so that an expression and the builder always agree: text is compared
without regard to case, a fact that is not there is null, and null is neither above nor below anything. Left out are
conversions, timestamps and macros that build lists; `exists` and `all` walk the lists of the facts. Pure.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Literal

from qiao.core.conditions import Condition, Group, Operator, Test, compare, lookup

if TYPE_CHECKING:
    from lark import Token, Tree

LONGEST: Final = 4000
DEEPEST: Final = 40
STEPS: Final = 20_000
SECONDS: Final = 0.1
Kind = Literal["yes_no", "number", "text", "list", "moment", "object", "null", "any"]
_IDENT: Final = re.compile(r"[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED: Final = frozenset(
    {"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop"}
    | {"namespace", "null", "package", "return", "true", "var", "void", "while"}
)
_METHODS: Final[dict[str, Kind]] = {
    "contains": "yes_no", "startsWith": "yes_no", "endsWith": "yes_no", "matches": "yes_no", "size": "number",
    "lower": "text", "upper": "text",
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Kind]] = {"filled": "yes_no", "has": "yes_no", "size": "number"}
_WALKS: Final = ("exists", "all")
_RELATIONS: Final[dict[str, Operator]] = {
    "relation_lt": "below", "relation_le": "at_most", "relation_ge": "at_least", "relation_gt": "above",
    "relation_eq": "is", "relation_ne": "is_not", "relation_in": "in",
}  # fmt: skip


class ExpressionError(Exception):
    """What is wrong, and where: line and column count from 1. `code` is a catalogue key below `automation.expression.`."""

    def __init__(self, code: str, line: int = 1, column: int = 1, **params: Any):
        super().__init__(f"{code} at {line}:{column}")
        self.code, self.line, self.column, self.params = code, line, column, params


@dataclass(slots=True)
class _Env:
    facts: Mapping[str, Any]
    deadline: float
    names: dict[str, Any] = field(default_factory=dict)
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > STEPS or (self.steps % 64 == 0 and perf_counter() > self.deadline):
            raise ExpressionError("too_long_running")


_Run = Callable[[_Env], Any]


@dataclass(frozen=True, slots=True)
class _Node:
    run: _Run
    kind: Kind
    path: str | None = None
    """The fact it names, where it is one."""
    literal: bool = False


@dataclass(frozen=True)
class Program:
    """A checked expression."""

    source: str
    _run: _Run
    _parts: tuple[tuple[str, _Run, tuple[str, ...]], ...] = ()
    """What is joined by `&&` at the top: the text, its program, and the facts it names."""

    def why(self, facts: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The first part that is not true, with the values of the facts in it."""
        for text, run, paths in self._parts:
            try:
                if _truth(run(_Env(facts, perf_counter() + SECONDS)), (1, 1)):
                    continue
            except (ExpressionError, RecursionError):
                pass
            return text, {path: lookup(facts, path) for path in paths}
        return self.source, {}

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is true of `facts` (nested mappings). Raises ExpressionError when it has no answer."""
        try:
            return _truth(self._run(_Env(facts, perf_counter() + SECONDS)), (1, 1))
        except RecursionError:
            raise ExpressionError("too_deep") from None


class Names:
    """The facts there are: paths with their kinds. What stands below an `object` that is `open` need not be known."""

    def __init__(self, kinds: Mapping[str, Kind], open_objects: frozenset[str] = frozenset()):
        self.kinds = dict(kinds)
        self.open = open_objects
        for path in kinds:
            parts = path.split(".")
            for end in range(1, len(parts)):
                self.kinds.setdefault(".".join(parts[:end]), "object")

    def kind(self, path: str) -> Kind | None:
        """The kind of what stands at a path; None: nothing can."""
        known = self.kinds.get(path)
        if known is not None:
            return known
        parent = path.rpartition(".")[0]
        return "any" if parent in self.open else None


def compiled(source: str, names: Names) -> Program:
    """The program of `source`. Raises ExpressionError for anything that could not be answered."""
    if len(source) > LONGEST:
        raise ExpressionError("too_long", limit=LONGEST)
    tree = _parsed(source)
    try:
        node = _Compiler(names).node(tree, 0)
    except RecursionError:
        raise ExpressionError("too_deep") from None
    if node.kind not in ("yes_no", "any"):
        raise ExpressionError("not_yes_or_no", *_place(tree))
    parts = []
    for part in _conjuncts(tree):
        compiler = _Compiler(names)
        run = compiler.node(part, 0).run
        parts.append((source[part.meta.start_pos : part.meta.end_pos], run, tuple(compiler.used)))
    return Program(source, node.run, tuple(parts))


def _conjuncts(tree: Any) -> list[Any]:
    """What `&&` joins at the top, in order."""
    while len(tree.children) == 1 and tree.data in ("expr", "conditionalor", "conditionaland", "relation"):
        child = tree.children[0]
        if not hasattr(child, "children"):
            break
        tree = child
    if tree.data == "conditionaland" and len(tree.children) == 2:
        return [*_conjuncts(tree.children[0]), *_conjuncts(tree.children[1])]
    return [tree]


@lru_cache(maxsize=1)
def _parser() -> Any:
    from celpy.celparser import CELParser  # takes a while to load, and most companies need none

    return CELParser()


def _parsed(source: str) -> "Tree[Token]":
    from celpy.celparser import CELParseError

    if not source.strip():
        raise ExpressionError("empty")
    try:
        tree: Tree[Token] = _parser().parse(source)
    except CELParseError as error:
        lines = source.splitlines() or [""]
        cause = getattr(getattr(error.__context__, "token", None), "type", None)
        if cause == "$END" or not error.line or error.line < 1 or not error.column or error.column < 1:
            raise ExpressionError("unfinished", len(lines), len(lines[-1]) + 1) from None
        line, column = int(error.line), int(error.column)
        rest = lines[line - 1][column - 1 :] if line <= len(lines) else ""
        found = re.match(r"\w+|\S", rest)
        raise ExpressionError("unexpected", line, column, found=found[0] if found else rest[:1]) from None
    return tree


def _place(tree: Any) -> tuple[int, int]:
    meta = getattr(tree, "meta", tree)
    return (getattr(meta, "line", None) or 1, getattr(meta, "column", None) or 1)


def _truth(value: Any, place: tuple[int, int]) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise ExpressionError("not_yes_or_no", *place)
    return value


class _Compiler:
    """Turns the parse tree into nested functions, and finds at the same time what cannot be meant."""

    def __init__(self, names: Names):
        self.names = names
        self.locals: list[str] = []
        self.used: dict[str, None] = {}

    def node(self, tree: "Tree[Token]", depth: int) -> _Node:
        from lark import Tree as LarkTree

        if depth > DEEPEST:
            raise ExpressionError("too_deep", *_place(tree))
        # Most of the tree is rungs of one child each; parentheses are one of them.
        while isinstance(tree, LarkTree) and len(tree.children) == 1 and isinstance(tree.children[0], LarkTree):
            if tree.data in ("list_lit", "map_lit", "ident_arg", "dot_ident_arg"):
                break
            tree = tree.children[0]
        made: _Node = getattr(self, f"_{tree.data}", self._refused)(tree, depth + 1)
        run = made.run

        def stepping(env: _Env) -> Any:
            env.step()
            return run(env)

        return _Node(stepping, made.kind, made.path, made.literal)

    def _refused(self, tree: Any, depth: int) -> _Node:
        raise ExpressionError("not_supported", *_place(tree))

    def _expr(self, tree: Any, depth: int) -> _Node:
        condition, yes, no = (self.node(child, depth) for child in tree.children)
        place = _place(tree)
        kind: Kind = yes.kind if yes.kind == no.kind else "any"
        return _Node(lambda env: yes.run(env) if _truth(condition.run(env), place) else no.run(env), kind)

    def _logic(self, tree: Any, depth: int, *, ends_with: bool) -> _Node:
        sides = [self.node(child, depth) for child in tree.children]
        for child, side in zip(tree.children, sides, strict=True):
            if side.kind not in ("yes_no", "any", "null"):
                raise ExpressionError("not_yes_or_no", *_place(child))
        left, right, place = sides[0].run, sides[1].run, _place(tree)
        if ends_with:
            return _Node(lambda env: _truth(left(env), place) or _truth(right(env), place), "yes_no")
        return _Node(lambda env: _truth(left(env), place) and _truth(right(env), place), "yes_no")

    def _conditionalor(self, tree: Any, depth: int) -> _Node:
        return self._logic(tree, depth, ends_with=True)

    def _conditionaland(self, tree: Any, depth: int) -> _Node:
        return self._logic(tree, depth, ends_with=False)

    def _relation(self, tree: Any, depth: int) -> _Node:
        operator = _RELATIONS[tree.children[0].data]
        left, right = self.node(tree.children[0].children[0], depth), self.node(tree.children[1], depth)
        _refuse_strangers(operator, left, right, _place(tree.children[1]))
        if operator == "in":
            return _Node(lambda env: _within(left.run(env), right.run(env)), "yes_no")
        return _Node(lambda env: compare(operator, left.run(env), right.run(env)), "yes_no")

    def _addition(self, tree: Any, depth: int) -> _Node:
        sign = tree.children[0].data
        left, right = self.node(tree.children[0].children[0], depth), self.node(tree.children[1], depth)
        place = _place(tree)
        text = sign == "addition_add" and "text" in (left.kind, right.kind)

        def run(env: _Env) -> Any:
            one, other = left.run(env), right.run(env)
            if sign == "addition_add" and isinstance(one, str) and isinstance(other, str):
                return (one + other)[:100_000]
            a, b = _number(one, place), _number(other, place)
            if a is None or b is None:
                return None
            return a + b if sign == "addition_add" else a - b

        return _Node(run, "text" if text else ("number" if sign == "addition_sub" else "any"))

    def _multiplication(self, tree: Any, depth: int) -> _Node:
        sign, place = tree.children[0].data, _place(tree)
        left, right = self.node(tree.children[0].children[0], depth), self.node(tree.children[1], depth)

        def run(env: _Env) -> Any:
            a, b = _number(left.run(env), place), _number(right.run(env), place)
            if a is None or b is None:
                return None
            if sign == "multiplication_mul":
                return a * b
            if b == 0:
                raise ExpressionError("division_by_zero", *place)
            return a / b if sign == "multiplication_div" else a % b

        return _Node(run, "number")

    def _unary(self, tree: Any, depth: int) -> _Node:
        sign, inner, place = tree.children[0].data, self.node(tree.children[1], depth), _place(tree)
        if sign == "unary_not":
            if inner.kind not in ("yes_no", "any", "null"):
                raise ExpressionError("not_yes_or_no", *_place(tree.children[1]))
            return _Node(lambda env: not _truth(inner.run(env), place), "yes_no")

        def negative(env: _Env) -> Any:
            value = _number(inner.run(env), place)
            return None if value is None else -value

        return _Node(negative, "number")

    # -- names -----------------------------------------------------------------------------------------------------

    def _ident(self, tree: Any, depth: int) -> _Node:
        name = str(tree.children[0])
        if name in self.locals:
            return _Node(lambda env: env.names.get(name), "any")
        kind = self.names.kind(name)
        if kind is None:
            raise ExpressionError("unknown_name", *_place(tree), name=name)
        return _Node(lambda env: env.facts.get(name), kind, name)

    def _below(self, inner: _Node, key: str, place: tuple[int, int]) -> _Node:
        path = None
        kind: Kind = "any"
        if inner.path is not None:
            path = f"{inner.path}.{key}"
            found = self.names.kind(path)
            if found is None:
                raise ExpressionError("unknown_name", *place, name=path)
            kind = found
            if kind != "object":
                self.used[path] = None
        elif inner.kind not in ("any", "object"):
            raise ExpressionError("no_parts", *place, name=key)

        def run(env: _Env) -> Any:
            value = inner.run(env)
            return value.get(key) if isinstance(value, Mapping) else None

        return _Node(run, kind, path)

    def _member_dot(self, tree: Any, depth: int) -> _Node:
        return self._below(self.node(tree.children[0], depth), str(tree.children[1]), _place(tree.children[1]))

    def _member_index(self, tree: Any, depth: int) -> _Node:
        inner, index = self.node(tree.children[0], depth), self.node(tree.children[1], depth)
        place = _place(tree.children[1])
        if index.literal and index.kind == "text":
            return self._below(inner, str(index.run(_Env({}, perf_counter() + 1))), place)

        def run(env: _Env) -> Any:
            value, key = inner.run(env), index.run(env)
            if isinstance(value, list | tuple) and isinstance(key, int) and not isinstance(key, bool):
                return value[key] if 0 <= key < len(value) else None
            return value.get(key) if isinstance(value, Mapping) and isinstance(key, str) else None

        return _Node(run, "any")

    # -- functions -------------------------------------------------------------------------------------------------

    def _arguments(self, tree: Any, start: int) -> list[Any]:
        return list(tree.children[start].children) if len(tree.children) > start else []

    def _ident_arg(self, tree: Any, depth: int) -> _Node:
        token = tree.children[0]
        name, given = str(token), self._arguments(tree, 1)
        if name not in _FUNCTIONS:
            raise ExpressionError("unknown_function", *_place(token), name=name)
        if len(given) != 1:
            raise ExpressionError("arguments", *_place(token), name=name, count=1)
        inner = self.node(given[0], depth)
        if name == "size":
            return _Node(lambda env: _size(inner.run(env)), "number")
        # "there" and "filled" are one thing: what is not there is null, and null is empty.
        return _Node(lambda env: compare("filled", inner.run(env), None), "yes_no")

    def _member_dot_arg(self, tree: Any, depth: int) -> _Node:
        token, given = tree.children[1], self._arguments(tree, 2)
        name, place = str(token), _place(token)
        inner = self.node(tree.children[0], depth)
        if name in _WALKS:
            return self._walk(inner, name, given, place, depth)
        if name not in _METHODS:
            raise ExpressionError("unknown_function", *place, name=name)
        wanted = 0 if name in ("size", "lower", "upper") else 1
        if len(given) != wanted:
            raise ExpressionError("arguments", *place, name=name, count=wanted)
        if name == "size":
            return _Node(lambda env: _size(inner.run(env)), "number")
        if name in ("lower", "upper"):
            return _Node(lambda env: _recased(inner.run(env), name), "text")
        argument = self.node(given[0], depth)
        if name == "contains":
            return _Node(lambda env: compare("contains", inner.run(env), argument.run(env)), "yes_no")
        if name == "matches":
            return self._matches(inner, argument, _place(given[0]))
        test = str.startswith if name == "startsWith" else str.endswith

        def run(env: _Env) -> bool:
            value, part = inner.run(env), argument.run(env)
            return isinstance(value, str) and isinstance(part, str) and test(value.casefold(), part.casefold())

        return _Node(run, "yes_no")

    def _matches(self, inner: _Node, argument: _Node, place: tuple[int, int]) -> _Node:
        import re2  # answers in time linear in the text, whatever the pattern

        if not argument.literal or argument.kind != "text":
            raise ExpressionError("pattern_literal", *place)
        options = re2.Options()
        options.max_mem = 1 << 20
        options.log_errors = False
        try:
            pattern = re2.compile(argument.run(_Env({}, perf_counter() + 1)), options=options)
        except re2.error:
            raise ExpressionError("pattern_invalid", *place) from None

        def run(env: _Env) -> bool:
            value = inner.run(env)
            return isinstance(value, str) and pattern.search(value) is not None

        return _Node(run, "yes_no")

    def _walk(self, inner: _Node, name: str, given: list[Any], place: tuple[int, int], depth: int) -> _Node:
        if len(given) != 2:
            raise ExpressionError("arguments", *place, name=name, count=2)
        if len(self.locals) >= 2:
            raise ExpressionError("too_deep", *place)
        idents = [str(found.children[0]) for found in given[0].find_data("ident")]
        if len(idents) != 1 or sum(1 for _ in given[0].find_data("primary")) != 1:
            raise ExpressionError("variable_expected", *_place(given[0]))
        if inner.kind not in ("list", "any"):
            raise ExpressionError("not_a_list", *place)
        variable = idents[0]
        self.locals.append(variable)
        body = self.node(given[1], depth)
        self.locals.pop()
        judge = any if name == "exists" else all

        def run(env: _Env) -> bool:
            value = inner.run(env)
            before = env.names.get(variable)

            def one(item: Any) -> bool:
                env.names[variable] = item
                return _truth(body.run(env), place)

            try:
                return judge(one(item) for item in (value if isinstance(value, list | tuple) else ()))
            finally:
                env.names[variable] = before

        return _Node(run, "yes_no")

    # -- values ----------------------------------------------------------------------------------------------------

    def _literal(self, tree: Any, depth: int) -> _Node:
        token = tree.children[0]
        text = str(token)
        value: Any
        kind: Kind
        if token.type in ("STRING_LIT", "MLSTRING_LIT"):
            from celpy.evaluation import celstr

            try:
                value, kind = str(celstr(token)), "text"
            except (ValueError, IndexError, OverflowError):
                raise ExpressionError("text_invalid", *_place(token)) from None
        elif token.type in ("INT_LIT", "UINT_LIT"):
            value, kind = int(text.rstrip("uU"), 0 if "x" in text.lower() else 10), "number"
        elif token.type == "FLOAT_LIT":
            value, kind = float(text), "number"
        elif token.type == "BOOL_LIT":
            value, kind = text == "true", "yes_no"
        elif token.type == "NULL_LIT":
            value, kind = None, "null"
        else:
            raise ExpressionError("not_supported", *_place(token))
        return _Node(lambda env: value, kind, literal=True)

    def _list_lit(self, tree: Any, depth: int) -> _Node:
        items = [self.node(child, depth) for child in self._arguments(tree, 0)]
        return _Node(lambda env: [item.run(env) for item in items], "list", literal=all(item.literal for item in items))

    def _map_lit(self, tree: Any, depth: int) -> _Node:
        parts = [self.node(child, depth) for child in self._arguments(tree, 0)]
        pairs = list(zip(parts[::2], parts[1::2], strict=True))

        def run(env: _Env) -> dict[str, Any]:
            return {str(key.run(env)): value.run(env) for key, value in pairs}

        return _Node(run, "object")


def _refuse_strangers(operator: Operator, left: _Node, right: _Node, place: tuple[int, int]) -> None:
    """Refuses what can never be true: a number against a word, an order of words."""
    kinds = {left.kind, right.kind}
    if operator == "in":
        if right.kind not in ("list", "any", "object"):
            raise ExpressionError("not_a_list", *place)
        return
    if kinds in ({"number", "yes_no"}, {"text", "yes_no"}) or (
        "list" in kinds and kinds & {"number", "text", "yes_no"} and operator not in ("is", "is_not")
    ):
        raise ExpressionError("never_alike", *place)
    if kinds == {"number", "text"}:
        words = left if left.kind == "text" else right
        if words.literal:
            try:
                float(words.run(_Env({}, perf_counter() + 1)))
            except ValueError:
                raise ExpressionError("never_alike", *place) from None


def _within(value: Any, container: Any) -> bool:
    if isinstance(container, Mapping):
        return isinstance(value, str) and value in container
    return container is not None and compare(
        "in", value, list(container) if isinstance(container, tuple) else container
    )


def _number(value: Any, place: tuple[int, int]) -> float | int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError("not_a_number", *place)
    return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | Mapping) else 0


def _recased(value: Any, how: str) -> str | None:
    if not isinstance(value, str):
        return None
    return value.lower() if how == "lower" else value.upper()


# -- the builder's conditions as CEL -----------------------------------------------------------------------------------


def written(condition: Condition) -> str:
    """`condition` as an expression that always answers the same."""
    if isinstance(condition, Test):
        return _test(condition)
    parts = [_grouped(part) if len(condition.conditions) > 1 else written(part) for part in condition.conditions]
    if not parts:
        return "false" if condition.match == "any" else "true"
    if condition.match == "all":
        return " && ".join(parts)
    joined = " || ".join(parts)
    return joined if condition.match == "any" else f"!({joined})"


def _grouped(condition: Condition) -> str:
    inner = condition
    while isinstance(inner, Group) and len(inner.conditions) == 1 and inner.match != "none":
        inner = inner.conditions[0]  # a group of one is what stands in it
    many = isinstance(inner, Group) and len(inner.conditions) > 1 and inner.match != "none"
    return f"({written(inner)})" if many else written(inner)


def _test(test: Test) -> str:
    name, value = _path(test.fact), _value(test.value)
    match test.op:
        case "is":
            return f"{name} == {value}"
        case "is_not":
            return f"{name} != {value}"
        case "in" | "not_in":
            choices = value if isinstance(test.value, list) else f"[{value}]"
            return f"{name} in {choices}" if test.op == "in" else f"!({name} in {choices})"
        case "contains":
            return f"{name}.contains({value})"
        case "not_contains":
            return f"!{name}.contains({value})"
        case "above":
            return f"{name} > {value}"
        case "below":
            return f"{name} < {value}"
        case "at_least":
            return f"{name} >= {value}"
        case "at_most":
            return f"{name} <= {value}"
        case "filled":
            return f"filled({name})"
        case "empty":
            return f"!filled({name})"


def _path(fact: str) -> str:
    first, *rest = fact.split(".")
    plain = (f".{key}" if _IDENT.fullmatch(key) and key not in _RESERVED else f"[{json.dumps(key)}]" for key in rest)
    return first + "".join(plain)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{json.dumps(str(key), ensure_ascii=False)}: {_value(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    return json.dumps(value, ensure_ascii=False)
