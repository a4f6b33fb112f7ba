import { Button, DatePicker, Input, InputNumber, Select, Tooltip } from "antd";
import dayjs from "dayjs";
import { FolderPlus, Plus, X } from "lucide-react";
import { useId } from "react";
import { useT } from "@/app/i18n";
import { centsOf, placesOf } from "@/lib/format";
import {
  type Condition,
  DEEPEST,
  type Fact,
  type Group,
  isGroup,
  isRelative,
  type Json,
  type Match,
  type Operator,
  operatorsOf,
  operatorWord,
  rootOf,
  startingTest,
  startingValue,
  type Test,
  unfinished,
  WIDEST,
  withOperator,
} from "./model";
import "./conditions.css";

interface Props {
  value: Condition | null | undefined;
  onChange: (value: Group) => void;
  facts: Fact[];
  /** What the whole is about, for screen readers. */
  label?: string;
  /** What stands there while nothing is asked; by default that it always holds. */
  emptyText?: string;
  disabled?: boolean;
}

/** Conditions in words and boxes: tests in groups within groups, each met by all, any or none. */
export function ConditionBuilder({ value, onChange, facts, label, emptyText, disabled = false }: Props) {
  const t = useT("settings/kit");
  return (
    <fieldset className="qc-root" disabled={disabled} aria-label={label ?? t("conditions.label")}>
      <GroupBox
        group={rootOf(value)}
        facts={facts}
        level={1}
        disabled={disabled}
        emptyText={emptyText ?? t("conditions.emptyText")}
        onChange={onChange}
      />
    </fieldset>
  );
}

export default ConditionBuilder;

function GroupBox(props: {
  group: Group;
  facts: Fact[];
  level: number;
  disabled: boolean;
  emptyText: string;
  onChange: (group: Group) => void;
  onRemove?: () => void;
}) {
  const t = useT("settings/kit");
  const { group, facts, level, disabled, onChange } = props;
  const parts = group.conditions;
  const put = (index: number, part: Condition) =>
    onChange({ ...group, conditions: parts.map((old, i) => (i === index ? part : old)) });
  const drop = (index: number) => onChange({ ...group, conditions: parts.filter((_, i) => i !== index) });
  const add = (part: Condition) => onChange({ ...group, conditions: [...parts, part] });
  const first = facts[0];
  const full = parts.length >= WIDEST || !first || disabled;
  return (
    <div className={level > 1 ? "qc-group qc-inner" : "qc-group"}>
      {(parts.length > 1 || level > 1 || group.match === "none") && (
        <div className="qc-match">
          <Select<Match>
            size="small"
            popupMatchSelectWidth={false}
            disabled={disabled}
            aria-label={t("conditions.match")}
            value={group.match}
            onChange={(match) => onChange({ ...group, match })}
            options={(["all", "any", "none"] as const).map((match) => ({
              value: match,
              label: t(`conditions.${match}`),
            }))}
          />
          {props.onRemove && (
            <Button
              type="text"
              size="small"
              disabled={disabled}
              icon={<X size={14} aria-hidden />}
              aria-label={t("conditions.removeGroup")}
              onClick={props.onRemove}
            />
          )}
        </div>
      )}
      {parts.length === 0 && <p className="qc-empty">{props.emptyText}</p>}
      {parts.map((part, index) =>
        isGroup(part) ? (
          <GroupBox
            key={index}
            group={part}
            facts={facts}
            level={level + 1}
            disabled={disabled}
            emptyText={t("conditions.emptyGroup")}
            onChange={(next) => put(index, next)}
            onRemove={() => drop(index)}
          />
        ) : (
          <TestRow
            key={index}
            test={part}
            facts={facts}
            disabled={disabled}
            onChange={(next) => put(index, next)}
            onRemove={() => drop(index)}
          />
        ),
      )}
      <div className="qc-add">
        <Button
          size="small"
          type="dashed"
          disabled={full}
          icon={<Plus size={13} aria-hidden />}
          onClick={() => first && add(startingTest(first))}
        >
          {t("conditions.add")}
        </Button>
        {level < DEEPEST && parts.length > 0 && (
          <Tooltip title={t("conditions.addGroupHint")}>
            <Button
              size="small"
              type="text"
              disabled={full}
              icon={<FolderPlus size={13} aria-hidden />}
              onClick={() =>
                first &&
                add({ match: group.match === "all" ? "any" : "all", conditions: [startingTest(first)] })
              }
            >
              {t("conditions.addGroup")}
            </Button>
          </Tooltip>
        )}
      </div>
    </div>
  );
}

/** Facts under their headings, in the order given. */
function factOptions(facts: Fact[]) {
  const headings = [...new Set(facts.map((fact) => fact.group ?? ""))];
  const of = (heading: string) =>
    facts
      .filter((fact) => (fact.group ?? "") === heading)
      .map((fact) => ({ value: fact.path, label: fact.label }));
  if (headings.length < 2) return of(headings[0] ?? "");
  return headings.map((heading) => ({ label: heading, title: heading, options: of(heading) }));
}

function TestRow(props: {
  test: Test;
  facts: Fact[];
  disabled: boolean;
  onChange: (test: Test) => void;
  onRemove: () => void;
}) {
  const t = useT("settings/kit");
  const { test, facts, disabled, onChange } = props;
  const known = facts.find((fact) => fact.path === test.fact);
  // A fact that is gone (a field taken out of its type) stays readable and can be exchanged.
  const fact: Fact = known ?? { path: test.fact, label: test.fact, kind: "text" };
  const operators = operatorsOf(fact.kind);
  const shown = operators.includes(test.op) ? operators : [...operators, test.op];
  return (
    <div className="qc-test" role="group" aria-label={fact.label}>
      <Select
        className="qc-fact"
        disabled={disabled}
        status={known ? "" : "warning"}
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        aria-label={t("conditions.fact")}
        value={test.fact}
        options={known ? factOptions(facts) : [{ value: test.fact, label: test.fact }, ...factOptions(facts)]}
        onChange={(path) => {
          const next = facts.find((one) => one.path === path);
          if (next && next.path !== test.fact) onChange(startingTest(next));
        }}
      />
      <Select<Operator>
        className="qc-op"
        disabled={disabled}
        popupMatchSelectWidth={false}
        aria-label={t("conditions.operator")}
        value={test.op}
        options={shown.map((op) => ({ value: op, label: t(`conditions.op.${operatorWord(fact.kind, op)}`) }))}
        onChange={(op) => onChange(withOperator(test, fact.kind, op))}
      />
      <ValueBox
        test={test}
        fact={fact}
        disabled={disabled}
        onChange={(value) => onChange({ ...test, value })}
      />
      <Button
        type="text"
        disabled={disabled}
        icon={<X size={14} aria-hidden />}
        aria-label={t("conditions.remove", { name: fact.label })}
        onClick={props.onRemove}
      />
    </div>
  );
}

function ValueBox(props: { test: Test; fact: Fact; disabled: boolean; onChange: (value: Json) => void }) {
  const t = useT("settings/kit");
  const id = useId();
  const { test, fact, disabled, onChange } = props;
  if (test.op === "filled" || test.op === "empty") return <span className="qc-value" />;
  const shared = {
    id,
    disabled,
    className: "qc-value",
    "aria-label": t("conditions.value"),
    status: unfinished(test) ? ("warning" as const) : ("" as const),
  };
  const listed = Array.isArray(startingValue(fact.kind, test.op));
  if (listed) {
    const value = (Array.isArray(test.value) ? test.value : test.value == null ? [] : [test.value]) as (
      | string
      | number
    )[];
    return (
      <Select
        {...shared}
        mode={fact.options ? "multiple" : "tags"}
        showSearch={{ optionFilterProp: "label" }}
        tokenSeparators={[",", "，", "、"]}
        placeholder={t(fact.options ? "conditions.choose" : "conditions.typeWords")}
        value={value}
        options={fact.options ?? []}
        onChange={(next: (string | number)[]) => onChange(next)}
      />
    );
  }
  if (fact.options)
    return (
      <Select<string | number>
        {...shared}
        showSearch={{ optionFilterProp: "label" }}
        placeholder={t("conditions.choose")}
        value={test.value as string | number | null}
        options={fact.options}
        onChange={onChange}
      />
    );
  switch (fact.kind) {
    case "yes_no":
      return (
        <Select
          {...shared}
          value={test.value === true}
          options={[
            { value: true, label: t("conditions.yes") },
            { value: false, label: t("conditions.no") },
          ]}
          onChange={(next: boolean) => onChange(next)}
        />
      );
    case "number":
      return (
        <InputNumber<number>
          {...shared}
          value={typeof test.value === "number" ? test.value : null}
          onChange={(next) => onChange(next)}
        />
      );
    case "money": {
      const cents = centsOf(fact.currency ?? "CNY");
      return (
        <InputNumber<number>
          {...shared}
          precision={placesOf(fact.currency ?? "CNY")}
          value={typeof test.value === "number" ? test.value / cents : null}
          onChange={(next) => onChange(next === null ? null : Math.round(next * cents))}
        />
      );
    }
    case "date":
    case "moment": {
      const moves = isRelative(test.value) ? test.value : null;
      const at = typeof test.value === "string" && test.value && !moves ? dayjs(test.value) : null;
      const { relative } = fact;
      const picker = (
        <DatePicker
          {...shared}
          showTime={fact.kind === "moment" ? { format: "HH:mm" } : false}
          value={at?.isValid() ? at : null}
          onChange={(next) =>
            onChange(next ? (fact.kind === "date" ? next.format("YYYY-MM-DD") : next.toISOString()) : null)
          }
        />
      );
      if (!relative) return picker;
      const values =
        moves && !relative.values.includes(moves) ? [moves, ...relative.values] : relative.values;
      return (
        <>
          <Select
            disabled={disabled}
            className={moves ? "qc-value" : "qc-op"}
            popupMatchSelectWidth={false}
            aria-label={t("conditions.when")}
            value={moves ?? ""}
            options={[
              { value: "", label: t("conditions.onDate") },
              ...values.map((one) => ({ value: one, label: relative.say(one) })),
            ]}
            onChange={(next: string) => onChange(next || null)}
          />
          {moves ? null : picker}
        </>
      );
    }
    default:
      return (
        <Input
          {...shared}
          maxLength={200}
          value={typeof test.value === "string" ? test.value : test.value == null ? "" : String(test.value)}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
