"""Is a definition of a type sound? Everything wrong with it at once, each fault with its place. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from re import _constants as rc  # what a pattern is made of is only told here
from re import _parser as rp
from typing import Any, Final

from qiao.core.conditions import DEEPEST, Condition, depth, tests_of
from qiao.core.errors import FieldError
from qiao.desk.tickets.definition import Definition, FieldSpec, Option, SetEffect, TellEffect, Transition
from qiao.desk.tickets.fields import Bad, normal

TICKET_FACTS: Final = frozenset(
    {
        "number", "type", "status", "state", "priority", "tier", "source", "channel", "locale", "title", "tags",
        "department_id", "assignee_id", "requester_id", "customer_id", "parent_id", "age_minutes", "reopened", "rating",
        "waiting_on", "due_at", "breached", "has_customer", "has_conversation",
    }
)  # fmt: skip
CUSTOMER_FACTS: Final = frozenset({"level", "city", "name", "locale", "tags", "number"})
CONVERSATION_FACTS: Final = frozenset({"channel", "inbox_id", "status", "queue_id", "priority", "tags", "number"})
CASCADE_LEVELS: Final = 5
OPTIONS: Final = 3000
WILD: Final = 3
"""Parts of a pattern that may repeat any number of times: each multiplies the time a bad text may cost."""
_WITH_OPTIONS: Final = ("choice", "choices", "cascade")


def faults(definition: Definition) -> list[FieldError]:
    """All that is wrong, in order of the definition; empty for a sound one."""
    found = [
        *_words(definition),
        *_fields(definition),
        *_workflow(definition),
        *_routing(definition),
        *_approval(definition),
    ]
    return list({(one.field, one.code): one for one in found}.values())


def _fault(path: str, code: str, **params: Any) -> FieldError:
    return FieldError(path, f"ticket.type.{code}", params)


def _label(path: str, text: Mapping[Any, str]) -> Iterator[FieldError]:
    if not any(words.strip() for words in text.values()):
        yield _fault(path, "words_missing")


def _words(definition: Definition) -> Iterator[FieldError]:
    yield from _label("name", definition.name)


def _repeated(keys: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for index, key in enumerate(keys):
        if key in seen:
            yield index, key
        seen.add(key)


# -- fields ------------------------------------------------------------------------------------------------------------


def _fields(definition: Definition) -> Iterator[FieldError]:
    specs = definition.fields
    for index, key in _repeated(one.key for one in specs):
        yield _fault(f"fields[{index}].key", "key_twice", key=key)
    for index, spec in enumerate(specs):
        path = f"fields[{index}]"
        yield from _label(f"{path}.label", spec.label)
        yield from _options(path, spec)
        yield from _columns(path, spec)
        for name in ("required_when", "shown_when"):
            condition = getattr(spec, name)
            if condition is not None:
                yield from _condition(f"{path}.{name}", condition, definition)
        if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
            yield _fault(f"{path}.maximum", "limits_crossed")
        bad_pattern = False
        if spec.pattern is not None:
            code = pattern_fault(spec.pattern)
            if code is not None:
                bad_pattern = True
                yield _fault(f"{path}.pattern", code)
        if spec.default is not None and not bad_pattern:
            try:
                normal(spec, spec.default)
            except Bad as bad:
                yield FieldError(f"{path}.default", bad.code, bad.params)
    yield from _circles(definition)


def _options(path: str, spec: FieldSpec) -> Iterator[FieldError]:
    if spec.kind not in _WITH_OPTIONS:
        return
    if not spec.options:
        yield _fault(f"{path}.options", "options_missing")
    count = 0

    def walk(options: Sequence[Option], at: str, level: int) -> Iterator[FieldError]:
        nonlocal count
        for index, key in _repeated(one.key for one in options):
            yield _fault(f"{at}[{index}].key", "key_twice", key=key)
        for index, option in enumerate(options):
            count += 1
            yield from _label(f"{at}[{index}].label", option.label)
            if option.children and spec.kind != "cascade":
                yield _fault(f"{at}[{index}].children", "children_elsewhere")
            elif option.children and level >= CASCADE_LEVELS:
                yield _fault(f"{at}[{index}].children", "too_deep", most=CASCADE_LEVELS)
            else:
                yield from walk(option.children, f"{at}[{index}].children", level + 1)

    yield from walk(spec.options, f"{path}.options", 1)
    if count > OPTIONS:
        yield _fault(f"{path}.options", "options_many", most=OPTIONS)


def _columns(path: str, spec: FieldSpec) -> Iterator[FieldError]:
    if spec.kind != "table":
        return
    if not spec.columns:
        yield _fault(f"{path}.columns", "columns_missing")
    for index, key in _repeated(one.key for one in spec.columns):
        yield _fault(f"{path}.columns[{index}].key", "key_twice", key=key)
    for index, column in enumerate(spec.columns):
        yield from _label(f"{path}.columns[{index}].label", column.label)


def _circles(definition: Definition) -> Iterator[FieldError]:
    """Fields whose being shown hangs on each other in a circle: none of them would ever be shown."""
    on = {
        spec.key: {
            test.fact.split(".")[2].removesuffix("_minor")
            for test in (tests_of(spec.shown_when) if spec.shown_when is not None else ())
            if test.fact.startswith("ticket.fields.")
        }
        for spec in definition.fields
    }
    for index, spec in enumerate(definition.fields):
        seen: set[str] = set()
        waiting = list(on[spec.key])
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            seen.add(key)
            waiting.extend(on.get(key, ()))
        if spec.key in seen:
            yield _fault(f"fields[{index}].shown_when", "shown_in_circle")


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern may not be used: broken, or able to take ages on a bad text. None for a harmless one."""
    try:
        re.compile(pattern)
        parsed = rp.parse(pattern)
    except (re.error, RecursionError, OverflowError):
        return "pattern_broken"
    wild, harmless = _wild(parsed, inside=False)
    return None if harmless and wild <= WILD else "pattern_slow"


def _wild(parsed: Any, *, inside: bool) -> tuple[int, bool]:
    """How many parts may repeat freely, and whether none of them stands within another, or looks around or back."""
    count = 0
    for op, argument in parsed:
        if op in (rc.GROUPREF, rc.GROUPREF_EXISTS, rc.ASSERT, rc.ASSERT_NOT):
            return count, False
        if op in (rc.MAX_REPEAT, rc.MIN_REPEAT, getattr(rc, "POSSESSIVE_REPEAT", None)):
            least, most, item = argument
            free = most - least > 10 if most is not rc.MAXREPEAT else True
            many = most is rc.MAXREPEAT or most > 1
            if inside and (free or most != least):
                return count, False
            inner, fine = _wild(item, inside=inside or many)
            count += inner + free
            if not fine:
                return count, False
        elif op is rc.BRANCH:
            if inside:
                return count, False
            for way in argument[1]:
                inner, fine = _wild(way, inside=inside)
                count += inner
                if not fine:
                    return count, False
        elif op is rc.SUBPATTERN:
            inner, fine = _wild(argument[3], inside=inside)
            count += inner
            if not fine:
                return count, False
        elif op is getattr(rc, "ATOMIC_GROUP", None):
            return count, False
    return count, True


# -- conditions --------------------------------------------------------------------------------------------------------


def _condition(path: str, condition: Condition, definition: Definition) -> Iterator[FieldError]:
    if depth(condition) > DEEPEST:
        yield _fault(path, "too_deep", most=DEEPEST)
        return
    for test in tests_of(condition):
        if not fact_known(test.fact, definition):
            yield _fault(path, "fact_unknown", fact=test.fact)


def fact_known(fact: str, definition: Definition) -> bool:
    """Whether a condition of this type may speak of `fact`."""
    root, _, rest = fact.partition(".")
    if root == "customer":
        return rest in CUSTOMER_FACTS or rest.startswith("attributes.")
    if root == "conversation":
        return rest in CONVERSATION_FACTS or rest.startswith("context.")
    if root != "ticket":
        return False
    if not rest.startswith("fields."):
        return rest in TICKET_FACTS
    key = rest.removeprefix("fields.").split(".")[0]
    money = {f"{spec.key}_minor" for spec in definition.fields if spec.kind == "money"}
    return key in money or any(spec.key == key for spec in definition.fields)


# -- the workflow ------------------------------------------------------------------------------------------------------


def _workflow(definition: Definition) -> Iterator[FieldError]:
    flow = definition.workflow
    states = {state.key: state.status for state in flow.states}
    for index, key in _repeated(state.key for state in flow.states):
        yield _fault(f"workflow.states[{index}].key", "key_twice", key=key)
    for index, state in enumerate(flow.states):
        yield from _label(f"workflow.states[{index}].label", state.label)
    if flow.initial not in states:
        yield _fault("workflow.initial", "state_unknown", state=flow.initial)
    elif states[flow.initial] in ("solved", "closed"):
        yield _fault("workflow.initial", "initial_done")
    for index, key in _repeated(one.key for one in flow.transitions):
        yield _fault(f"workflow.transitions[{index}].key", "key_twice", key=key)
    for index, transition in enumerate(flow.transitions):
        yield from _transition(f"workflow.transitions[{index}]", transition, definition, states)
    yield from _reach(definition, states)


def _transition(
    path: str, transition: Transition, definition: Definition, states: Mapping[str, str]
) -> Iterator[FieldError]:
    yield from _label(f"{path}.label", transition.label)
    for index, key in enumerate(transition.from_states):
        if key not in states:
            yield _fault(f"{path}.from_states[{index}]", "state_unknown", state=key)
    if transition.to not in states:
        yield _fault(f"{path}.to", "state_unknown", state=transition.to)
    if transition.to in transition.from_states:
        yield _fault(f"{path}.to", "leads_nowhere")
    if transition.when is not None:
        yield from _condition(f"{path}.when", transition.when, definition)
    known = {spec.key for spec in definition.fields}
    for index, key in enumerate(transition.require):
        if key not in known:
            yield _fault(f"{path}.require[{index}]", "field_unknown", field=key)
    if transition.approval and definition.approval is None:
        yield _fault(f"{path}.approval", "approval_missing")
    for index, effect in enumerate(transition.effects):
        at = f"{path}.effects[{index}]"
        if isinstance(effect, SetEffect):
            yield from _set(at, effect, definition)
        elif isinstance(effect, TellEffect):
            yield from _label(f"{at}.text", {str(key): text for key, text in effect.text.items()})


def _set(path: str, effect: SetEffect, definition: Definition) -> Iterator[FieldError]:
    value = effect.value
    whole = isinstance(value, int) and not isinstance(value, bool)
    if effect.field == "priority":
        if not (whole and isinstance(value, int) and 0 <= value <= 3):
            yield _fault(f"{path}.value", "priority_bad")
    elif effect.field == "tags":
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) and 0 < len(one) <= 40 for one in listed):
            yield _fault(f"{path}.value", "tags_bad")
    elif effect.field == "due_in_hours":
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 24 * 365:
            yield _fault(f"{path}.value", "hours_bad")
    else:
        key = effect.field.removeprefix("fields.")
        spec = next((one for one in definition.fields if one.key == key), None)
        if spec is None:
            yield _fault(f"{path}.field", "field_unknown", field=key)
        else:
            try:
                normal(spec, value)
            except Bad as bad:
                yield FieldError(f"{path}.value", bad.code, bad.params)
            except re.error:
                pass  # the pattern is a fault of its own


def _reach(definition: Definition, states: Mapping[str, str]) -> Iterator[FieldError]:
    """Every state can be come to, and from every state the end can be come to."""
    flow = definition.workflow
    onward: dict[str, set[str]] = {key: set() for key in states}
    for transition in flow.transitions:
        for key in transition.from_states:
            if key in onward and transition.to in states:
                onward[key].add(transition.to)
    reached = _closure({flow.initial} & set(states), onward)
    back: dict[str, set[str]] = {key: {one for one in states if key in onward[one]} for key in states}
    ending = _closure({key for key, status in states.items() if status in ("solved", "closed")}, back)
    for index, state in enumerate(flow.states):
        if reached and state.key not in reached:
            yield _fault(f"workflow.states[{index}]", "state_unreachable", state=state.key)
        if state.key not in ending:
            yield _fault(f"workflow.states[{index}]", "state_without_end", state=state.key)


def _closure(start: set[str], onward: Mapping[str, set[str]]) -> set[str]:
    found, waiting = set(start), list(start)
    while waiting:
        for key in onward[waiting.pop()] - found:
            found.add(key)
            waiting.append(key)
    return found


# -- where it goes, who agrees -----------------------------------------------------------------------------------------


def _routing(definition: Definition) -> Iterator[FieldError]:
    for index, tier in _repeated(str(one.tier) for one in definition.routing.tiers):
        yield _fault(f"routing.tiers[{index}].tier", "key_twice", key=tier)


def _approval(definition: Definition) -> Iterator[FieldError]:
    rule = definition.approval
    if rule is None:
        return
    spec = next((one for one in definition.fields if one.key == rule.amount_field), None)
    if rule.amount_field is not None and (spec is None or spec.kind != "money"):
        yield _fault("approval.amount_field", "amount_not_money", field=rule.amount_field)
    for index, step in enumerate(rule.steps):
        yield from _label(f"approval.steps[{index}].label", step.label)
        if step.above_minor is not None and rule.amount_field is None:
            yield _fault(f"approval.steps[{index}].above_minor", "amount_missing")
