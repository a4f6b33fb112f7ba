import { useQuery } from "@tanstack/react-query";
import { Button, Input, Segmented } from "antd";
import { useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { confirmLoss } from "@/ui/feedback";
import { Field, useSettled } from "../kit";
import { type Condition, ConditionBuilder } from "../kit/conditions";
import { blanksBefore, factsFor } from "./model";
import type { Catalogue, RuleBody, When } from "./types";

interface Checked {
  source: string;
  faults: { code: string; message: string; line: number; column: number }[];
}

const NOTHING: Condition = { match: "all", conditions: [] };

/** What must hold: put together in boxes, or written as an expression whose errors are pointed at. */
export function ConditionEditor(props: {
  rule: RuleBody;
  catalogue: Catalogue;
  onChange: (condition: When | null) => void;
  problem?: string | undefined;
}) {
  const t = useT("settings/automation");
  const { rule, onChange } = props;
  const facts = useMemo(
    () => factsFor(props.catalogue.facts[rule.subject] ?? [], (group) => t(`group.${group}`)),
    [props.catalogue, rule.subject, t],
  );
  const kept = useRef<When | null>(null);
  // What the boxes say as an expression. As long as nobody has written in it, it is only looked at: the rule keeps its
  // boxes, and going back loses nothing.
  const [generated, setGenerated] = useState<string | null>(null);
  const looking = generated !== null && rule.condition?.kind !== "cel";
  const mode = looking ? "cel" : (rule.condition?.kind ?? "builder");
  const toggle = async (next: "builder" | "cel") => {
    if (next === mode) return;
    const written = rule.condition?.kind === "cel" ? rule.condition.source.trim() : "";
    if (next === "builder" && written && written !== generated?.trim()) {
      const sure = await confirmLoss({
        title: t("if.leave_cel"),
        content: t("if.leave_cel_hint"),
        okText: t("if.leave_cel_ok"),
      });
      if (!sure) return;
    }
    if (next === "builder") {
      setGenerated(null);
      if (!looking) onChange(kept.current);
      return;
    }
    // What stands in the boxes is shown as the expression that says the same.
    const built = rule.condition?.kind === "builder" ? rule.condition.condition : NOTHING;
    const shown = await api.post<Checked>("/automation/expression", {
      subject: rule.subject,
      condition: built,
    });
    kept.current = rule.condition;
    setGenerated(shown.source);
  };
  return (
    <>
      <Segmented
        className="qk-gap"
        aria-label={t("if.mode")}
        value={mode}
        onChange={(next) => void toggle(next as "builder" | "cel")}
        options={[
          { value: "builder", label: t("if.builder") },
          { value: "cel", label: t("if.cel") },
        ]}
      />
      {mode === "cel" ? (
        <Expression
          subject={rule.subject}
          source={rule.condition?.kind === "cel" ? rule.condition.source : (generated ?? "")}
          facts={facts.map((fact) => fact.path)}
          onChange={(source) => onChange({ kind: "cel", source })}
          problem={props.problem}
        />
      ) : (
        <>
          <ConditionBuilder
            value={rule.condition?.kind === "builder" ? rule.condition.condition : NOTHING}
            onChange={(condition) => onChange({ kind: "builder", condition })}
            facts={facts}
            label={t("if.title")}
            emptyText={t("if.always")}
          />
          {props.problem && (
            <p className="qa-problem" role="alert">
              {props.problem}
            </p>
          )}
        </>
      )}
    </>
  );
}

function Expression(props: {
  subject: string;
  source: string;
  facts: string[];
  onChange: (source: string) => void;
  problem?: string | undefined;
}) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const settled = useSettled(props.source, 350);
  const checked = useQuery({
    queryKey: ["/automation/expression", props.subject, settled, locale],
    queryFn: () => api.post<Checked>("/automation/expression", { subject: props.subject, source: settled }),
    enabled: settled.trim() !== "",
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  const fault = settled === props.source ? checked.data?.faults[0] : undefined;
  const line = fault ? (props.source.split("\n")[fault.line - 1] ?? "") : "";
  const area = useRef<HTMLDivElement>(null);
  const jump = () => {
    const element = area.current?.querySelector("textarea");
    if (!element || !fault) return;
    const before = props.source.split("\n").slice(0, fault.line - 1);
    const at = before.reduce((sum, text) => sum + text.length + 1, 0) + fault.column - 1;
    element.focus();
    element.setSelectionRange(at, at + 1);
  };
  return (
    <div ref={area}>
      <Field label={t("if.expression")} htmlFor="rule-cel" help={t("if.expressionHelp")}>
        <Input.TextArea
          id="rule-cel"
          className="qa-code"
          spellCheck={false}
          autoSize={{ minRows: 3, maxRows: 14 }}
          maxLength={4000}
          value={props.source}
          status={fault || props.problem ? "error" : ""}
          aria-describedby="rule-cel-fault"
          onChange={(event) => props.onChange(event.target.value)}
        />
      </Field>
      <div id="rule-cel-fault" aria-live="polite">
        {fault ? (
          <div className="qa-fault">
            <pre aria-hidden>
              {line}
              {"\n"}
              {blanksBefore(line, fault.column)}^
            </pre>
            <span>{fault.message}</span>
            <Button type="link" size="small" onClick={jump}>
              {t("if.jump")}
            </Button>
          </div>
        ) : checked.data && checked.data.faults.length === 0 ? (
          <p className="qa-sound">{t("if.sound")}</p>
        ) : props.problem ? (
          <p className="qa-problem">{props.problem}</p>
        ) : null}
      </div>
      <details className="qa-names">
        <summary>{t("if.names")}</summary>
        <code translate="no">{props.facts.join("  ")}</code>
      </details>
    </div>
  );
}
