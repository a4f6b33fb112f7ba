/** Changes of a ticket type's definition, as plain functions: what screens call, what tests check. */
import {
  type ApprovalStep,
  type Column,
  type Condition,
  type Definition,
  type Effect,
  type FieldSpec,
  type Kind,
  type Lang,
  type Option,
  STATUSES,
  type State,
  type Status,
  type Transition,
  type Words,
} from "./types";

export const CHOICES: readonly Kind[] = ["choice", "choices", "cascade"];
export const LIMITED: readonly Kind[] = ["number", "money"];
const KEY_LENGTH = 40;

// -- words and keys -------------------------------------------------------------------------------------------------

/** The text in a reader's language, else in the other one. */
export function wordsIn(words: Words | undefined, lang: Lang): string {
  return words?.[lang] || words?.[lang === "en" ? "zh-CN" : "en"] || "";
}

export function setWords(words: Words | undefined, lang: Lang, text: string): Words {
  const next = { ...words };
  if (text) next[lang] = text;
  else delete next[lang];
  return next;
}

/** A key out of words: Latin letters of the label when there are any, else `base`; never one that is taken. */
export function keyFor(label: string, taken: Iterable<string>, base: string): string {
  const known = new Set(taken);
  const plain = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, KEY_LENGTH - 4);
  const stem = plain || base;
  if (plain && !known.has(stem)) return stem;
  for (let n = plain ? 2 : 1; ; n += 1) {
    const key = `${stem}_${n}`;
    if (!known.has(key)) return key;
  }
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item === undefined) return next;
  next.splice(Math.max(0, Math.min(next.length, to)), 0, item);
  return next;
}

export function replaced<T>(list: readonly T[], index: number, change: Partial<T>): T[] {
  return list.map((item, i) => (i === index ? { ...item, ...change } : item));
}

export function without<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, i) => i !== index);
}

// -- fields ---------------------------------------------------------------------------------------------------------

export function blankField(key: string, kind: Kind, label: Words): FieldSpec {
  return {
    key,
    kind,
    label,
    help: {},
    required: false,
    required_when: null,
    shown_when: null,
    default: null,
    options: [],
    columns: kind === "table" ? [{ key: "item", label: {}, kind: "text" }] : [],
    minimum: null,
    maximum: null,
    pattern: null,
    currency: "CNY",
    sides: ["staff"],
    view_roles: [],
    edit_roles: [],
    searchable: true,
  };
}

export function addField(definition: Definition, kind: Kind, label: Words): [Definition, number] {
  const taken = definition.fields.map((field) => field.key);
  const key = keyFor(kind, taken, "field");
  return [
    { ...definition, fields: [...definition.fields, blankField(key, kind, label)] },
    definition.fields.length,
  ];
}

export function copyField(definition: Definition, index: number): [Definition, number] {
  const field = definition.fields[index];
  if (!field) return [definition, index];
  const key = keyFor(
    field.key.replace(/_\d+$/, ""),
    definition.fields.map((one) => one.key),
    "field",
  );
  const fields = [...definition.fields];
  fields.splice(index + 1, 0, { ...structuredClone(field), key });
  return [{ ...definition, fields }, index + 1];
}

/** Gives a field another key, everywhere it is named. */
export function renameField(definition: Definition, from: string, to: string): Definition {
  if (from === to) return definition;
  const name = (key: string) => (key === from ? to : key);
  const fact = (path: string) =>
    factNames(path) === from ? path.replace(`fields.${from}`, `fields.${to}`) : path;
  return everywhere(definition, {
    field: (field) => ({ ...field, key: name(field.key) }),
    condition: (condition) => mapTests(condition, (test) => ({ ...test, fact: fact(test.fact) })),
    transition: (transition) => ({ ...transition, require: transition.require.map(name) }),
    effect: (effect) =>
      effect.do === "set" && effect.field === `fields.${from}`
        ? { ...effect, field: `fields.${to}` }
        : effect,
    amount: (key) => (key === null ? null : name(key)),
  });
}

export type Use =
  | { where: "field"; key: string }
  | { where: "transition"; key: string }
  | { where: "approval" };

/** Where a field is named by other parts: conditions, transitions, effects, the approval's amount. */
export function usesOfField(definition: Definition, key: string): Use[] {
  const named = (condition: Condition | null) =>
    testsOf(condition).some((test) => factNames(test.fact) === key);
  const uses: Use[] = [];
  for (const field of definition.fields)
    if (field.key !== key && (named(field.required_when) || named(field.shown_when)))
      uses.push({ where: "field", key: field.key });
  for (const transition of definition.workflow.transitions)
    if (
      transition.require.includes(key) ||
      named(transition.when) ||
      transition.effects.some((effect) => effect.do === "set" && effect.field === `fields.${key}`)
    )
      uses.push({ where: "transition", key: transition.key });
  if (definition.approval?.amount_field === key) uses.push({ where: "approval" });
  return uses;
}

/** Takes a field away, and every mention of it. */
export function removeField(definition: Definition, key: string): Definition {
  const stripped = everywhere(definition, {
    field: (field) => field,
    condition: (condition) => withoutTests(condition, (test) => factNames(test.fact) === key),
    transition: (transition) => ({ ...transition, require: transition.require.filter((one) => one !== key) }),
    effect: (effect) => (effect.do === "set" && effect.field === `fields.${key}` ? null : effect),
    amount: (one) => (one === key ? null : one),
  });
  return { ...stripped, fields: stripped.fields.filter((field) => field.key !== key) };
}

function factNames(fact: string): string | null {
  return /^(?:ticket\.)?fields\.([a-z][a-z0-9_]*?)(?:_minor)?$/.exec(fact)?.[1] ?? null;
}

interface Everywhere {
  field: (field: FieldSpec) => FieldSpec;
  condition: (condition: Condition) => Condition | null;
  transition: (transition: Transition) => Transition;
  effect: (effect: Effect) => Effect | null;
  amount: (key: string | null) => string | null;
}

function everywhere(definition: Definition, change: Everywhere): Definition {
  const condition = (one: Condition | null) => (one === null ? null : change.condition(one));
  const { approval } = definition;
  return {
    ...definition,
    fields: definition.fields.map((field) => ({
      ...change.field(field),
      required_when: condition(field.required_when),
      shown_when: condition(field.shown_when),
    })),
    workflow: {
      ...definition.workflow,
      transitions: definition.workflow.transitions.map((transition) => ({
        ...change.transition(transition),
        when: condition(transition.when),
        effects: transition.effects.map(change.effect).filter((effect) => effect !== null),
      })),
    },
    approval: approval && { ...approval, amount_field: change.amount(approval.amount_field) },
  };
}

export function testsOf(condition: Condition | null): { fact: string; op: string }[] {
  if (condition === null) return [];
  return "fact" in condition ? [condition] : condition.conditions.flatMap(testsOf);
}

function mapTests(
  condition: Condition,
  change: (test: Extract<Condition, { fact: string }>) => Condition,
): Condition {
  if ("fact" in condition) return change(condition);
  return { ...condition, conditions: condition.conditions.map((part) => mapTests(part, change)) };
}

function withoutTests(condition: Condition, gone: (test: { fact: string }) => boolean): Condition | null {
  if ("fact" in condition) return gone(condition) ? null : condition;
  const conditions = condition.conditions
    .map((part) => withoutTests(part, gone))
    .filter((part) => part !== null);
  return conditions.length || !condition.conditions.length ? { ...condition, conditions } : null;
}

// -- options --------------------------------------------------------------------------------------------------------

/**
 * Options out of pasted lines. Levels stand after `>` (`Appliances > Fridges`) or by indentation; `|` separates Chinese
 * from English; a line twice is one option. A single level stays flat whatever its indentation.
 */
export function parseOptions(text: string, lang: Lang, deep: boolean, known: Option[] = []): Option[] {
  const root: Option[] = [];
  const spots: { indent: number; list: Option[] }[] = [];
  for (const raw of text.split(/\r?\n/)) {
    if (!raw.trim()) continue;
    const indent = raw.replace(/\t/g, "  ").search(/\S/);
    const steps = deep
      ? raw
          .split(/\s*[>＞]\s*/)
          .map((part) => part.trim())
          .filter(Boolean)
      : [raw.trim()];
    let list = root;
    if (deep && steps.length === 1) {
      while (spots.length && spots.at(-1)!.indent >= indent) spots.pop();
      list = spots.at(-1)?.list ?? root;
    }
    for (const step of steps) {
      const label = labelOf(step, lang);
      let option = list.find((one) => sameLabel(one.label, label));
      if (!option) {
        option = { key: "", label, children: [] };
        list.push(option);
      }
      list = option.children;
    }
    if (deep && steps.length === 1) spots.push({ indent, list });
  }
  keyed(root, known);
  return root;
}

function labelOf(step: string, lang: Lang): Words {
  const [first = "", second = ""] = step.split(/\s*[|｜]\s*/);
  if (!second) return { [lang]: first.slice(0, 200) };
  const chinese = /[\u3400-\u9fff]/.test(first) || !/[\u3400-\u9fff]/.test(second);
  return chinese ? { "zh-CN": first, en: second } : { "zh-CN": second, en: first };
}

function sameLabel(one: Words, other: Words): boolean {
  return (["zh-CN", "en"] as const).some((lang) => one[lang] !== undefined && one[lang] === other[lang]);
}

/** Keys for new options; those that were there keep theirs, so that stored tickets keep their meaning. */
function keyed(options: Option[], known: Option[]): void {
  const taken = new Set<string>();
  const before = options.map((option) => known.find((one) => sameLabel(one.label, option.label)));
  for (const one of before) if (one) taken.add(one.key);
  options.forEach((option, i) => {
    const old = before[i];
    option.key = old?.key ?? keyFor(option.label.en ?? "", taken, "option");
    if (old) option.label = { ...old.label, ...option.label };
    taken.add(option.key);
    keyed(option.children, old?.children ?? []);
  });
}

/** The same options as lines that `parseOptions` reads back. */
export function optionsText(options: Option[], depth = 0): string {
  return options
    .map((option) => {
      const { "zh-CN": zh, en } = option.label;
      const line = "  ".repeat(depth) + [zh, en].filter(Boolean).join(" | ");
      return option.children.length ? `${line}\n${optionsText(option.children, depth + 1)}` : line;
    })
    .join("\n");
}

/** Changes the list of options at a place in the tree; `path` are the indexes from the top. */
export function changeOptions(
  options: Option[],
  path: number[],
  change: (list: Option[]) => Option[],
): Option[] {
  const [first, ...rest] = path;
  if (first === undefined) return change(options);
  return options.map((option, i) =>
    i === first ? { ...option, children: changeOptions(option.children, rest, change) } : option,
  );
}

export function addOption(options: Option[], path: number[], label: Words): Option[] {
  return changeOptions(options, path, (list) => [
    ...list,
    {
      key: keyFor(
        label.en ?? "",
        list.map((one) => one.key),
        "option",
      ),
      label,
      children: [],
    },
  ]);
}

export function countOptions(options: Option[]): number {
  return options.reduce((sum, option) => sum + 1 + countOptions(option.children), 0);
}

export function addColumn(columns: Column[]): Column[] {
  return [
    ...columns,
    {
      key: keyFor(
        "",
        columns.map((one) => one.key),
        "column",
      ),
      label: {},
      kind: "text",
    },
  ];
}

// -- workflow -------------------------------------------------------------------------------------------------------

export function blankTransition(key: string, label: Words, from_states: string[], to: string): Transition {
  return {
    key,
    label,
    from_states,
    to,
    by: ["staff"],
    roles: [],
    when: null,
    require: [],
    require_comment: false,
    approval: false,
    effects: [],
  };
}

export function addState(definition: Definition, label: Words, status: Status): [Definition, string] {
  const { workflow } = definition;
  const key = keyFor(
    label.en ?? "",
    workflow.states.map((state) => state.key),
    "state",
  );
  return [
    { ...definition, workflow: { ...workflow, states: [...workflow.states, { key, label, status }] } },
    key,
  ];
}

export function patchState(definition: Definition, key: string, change: Partial<State>): Definition {
  const { workflow } = definition;
  const states = workflow.states.map((state) => (state.key === key ? { ...state, ...change } : state));
  return { ...definition, workflow: { ...workflow, states } };
}

/** Takes a state away with the ways that lead to it; ways that also start elsewhere stay for the others. */
export function removeState(definition: Definition, key: string): Definition {
  const { workflow } = definition;
  const states = workflow.states.filter((state) => state.key !== key);
  const transitions = workflow.transitions
    .filter((transition) => transition.to !== key)
    .map((transition) => ({
      ...transition,
      from_states: transition.from_states.filter((from) => from !== key),
    }))
    .filter((transition) => transition.from_states.length > 0);
  const initial = workflow.initial === key ? (states[0]?.key ?? "") : workflow.initial;
  return { ...definition, workflow: { initial, states, transitions } };
}

/** A new way between two states. */
export function connect(
  definition: Definition,
  from: string,
  to: string,
  label: Words,
): [Definition, number] {
  const { workflow } = definition;
  const at = workflow.transitions.findIndex((one) => one.to === to && one.from_states.includes(from));
  if (at >= 0) return [definition, at];
  const key = keyFor(
    label.en ?? "",
    workflow.transitions.map((one) => one.key),
    "move",
  );
  const transitions = [...workflow.transitions, blankTransition(key, label, [from], to)];
  return [{ ...definition, workflow: { ...workflow, transitions } }, transitions.length - 1];
}

export function patchTransition(
  definition: Definition,
  index: number,
  change: Partial<Transition>,
): Definition {
  const { workflow } = definition;
  return {
    ...definition,
    workflow: { ...workflow, transitions: replaced(workflow.transitions, index, change) },
  };
}

export function removeTransition(definition: Definition, index: number): Definition {
  const { workflow } = definition;
  return { ...definition, workflow: { ...workflow, transitions: without(workflow.transitions, index) } };
}

/** States nothing leads to, and open ones nothing leads out of: worth a word before they surprise somebody. */
export function strandedStates(definition: Definition): { unreachable: string[]; stuck: string[] } {
  const { initial, states, transitions } = definition.workflow;
  const seen = new Set([initial]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const transition of transitions)
      if (!seen.has(transition.to) && transition.from_states.some((from) => seen.has(from))) {
        seen.add(transition.to);
        grown = true;
      }
  }
  return {
    unreachable: states.filter((state) => !seen.has(state.key)).map((state) => state.key),
    stuck: states
      .filter((state) => seen.has(state.key) && state.status !== "closed")
      .filter(
        (state) => !transitions.some((one) => one.from_states.includes(state.key) && one.to !== state.key),
      )
      .map((state) => state.key),
  };
}

const COLUMN_OF: Record<Status, number> = { new: 0, open: 1, pending: 2, on_hold: 2, solved: 3, closed: 4 };

/** Where states stand in the picture unless somebody has dragged them: columns by meaning, from left to right. */
export function places(
  states: State[],
  own: Record<string, [number, number]> = {},
): Record<string, [number, number]> {
  const rows = new Map<number, number>();
  const found: Record<string, [number, number]> = {};
  const ordered = [...states].sort((a, b) => STATUSES.indexOf(a.status) - STATUSES.indexOf(b.status));
  for (const state of ordered) {
    const column = COLUMN_OF[state.status];
    const row = rows.get(column) ?? 0;
    rows.set(column, row + 1);
    found[state.key] = own[state.key] ?? [column * 220, row * 116 + (column % 2) * 44];
  }
  return found;
}

// -- approval -------------------------------------------------------------------------------------------------------

export function blankStep(label: Words): ApprovalStep {
  return { label, roles: [], above_minor: null, needs: "one" };
}

/** Which steps an amount needs, in order: what the editor shows for examples. */
export function stepsFor(steps: ApprovalStep[], minor: number): number[] {
  return steps.flatMap((step, i) => (step.above_minor === null || minor > step.above_minor ? [i] : []));
}

// -- what the server said -------------------------------------------------------------------------------------------

export const TABS = ["basics", "fields", "workflow", "routing", "approval"] as const;
export type Tab = (typeof TABS)[number];

export interface Fault {
  path: string;
  message: string;
}

/** Paths as the server gives them (`body.definition.workflow.transitions[2].to`) in one form: `workflow.transitions.2.to`. */
export function normalPath(path: string): string {
  return path
    .replace(/\[(\d+)\]/g, ".$1")
    .replace(/^body\./, "")
    .replace(/^definition\./, "")
    .replace(/^\./, "");
}

export function faultsOf(problems: readonly { field: string; message: string }[]): Fault[] {
  return problems.map(({ field, message }) => ({ path: normalPath(field), message }));
}

/** The message for a place or anything within it. */
export function faultAt(faults: readonly Fault[], path: string): string | undefined {
  return faults.find((fault) => fault.path === path || fault.path.startsWith(`${path}.`))?.message;
}

export function tabOf(path: string): Tab {
  const first = path.split(".")[0];
  if (first === "fields" || first === "workflow" || first === "routing" || first === "approval") return first;
  return "basics";
}

/** What is plainly missing before the server is asked. */
export function missing(definition: Definition, required: string): Fault[] {
  const faults: Fault[] = [];
  const need = (words: Words, path: string) => {
    if (!words["zh-CN"]?.trim() && !words.en?.trim()) faults.push({ path, message: required });
  };
  need(definition.name, "name");
  if (!/^[A-Z]{1,4}$/.test(definition.prefix)) faults.push({ path: "prefix", message: required });
  definition.fields.forEach((field, i) => {
    need(field.label, `fields.${i}.label`);
    field.columns.forEach((column, j) => {
      need(column.label, `fields.${i}.columns.${j}.label`);
    });
    if (CHOICES.includes(field.kind) && field.options.length === 0)
      faults.push({ path: `fields.${i}.options`, message: required });
  });
  definition.workflow.states.forEach((state, i) => {
    need(state.label, `workflow.states.${i}.label`);
  });
  definition.workflow.transitions.forEach((transition, i) => {
    need(transition.label, `workflow.transitions.${i}.label`);
    transition.effects.forEach((effect, j) => {
      if (effect.do === "task") {
        need(effect.title, `workflow.transitions.${i}.effects.${j}.title`);
        if (!effect.department_id)
          faults.push({ path: `workflow.transitions.${i}.effects.${j}.department_id`, message: required });
      }
      if (effect.do === "tell_customer") need(effect.text, `workflow.transitions.${i}.effects.${j}.text`);
    });
  });
  definition.approval?.steps.forEach((step, i) => {
    need(step.label, `approval.steps.${i}.label`);
    if (step.roles.length === 0) faults.push({ path: `approval.steps.${i}.roles`, message: required });
  });
  return faults;
}
