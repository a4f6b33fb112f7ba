import { Input, Radio, Select } from "antd";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { Field, useRows } from "../settings/kit";
import { TextPicker } from "./bits";
import type { Case, Expects, FlowItem } from "./types";

export interface CaseDraft {
  question: string;
  context: string;
  locale: "zh-CN" | "en";
  channel: string;
  reader: "public" | "customers" | "internal";
  expects: Expects;
  expected: { id: string; title: string }[];
  flow: string | null;
  note: string;
}

export function draftOf(one: Case | null, locale: "zh-CN" | "en", hidden: string): CaseDraft {
  return {
    question: one?.question ?? "",
    context: one?.context ?? "",
    locale: one?.locale ?? locale,
    channel: one?.channel ?? "webchat",
    reader: one?.reader ?? "public",
    expects: one?.expects ?? "texts",
    expected: (one?.expected ?? []).map((text) => ({ id: text.id, title: text.title ?? hidden })),
    flow: one?.flow ?? null,
    note: one?.note ?? "",
  };
}

export function bodyOf(draft: CaseDraft) {
  return {
    ...draft,
    context: draft.context.trim() || null,
    expected: draft.expects === "texts" ? draft.expected.map((text) => text.id) : [],
    flow: draft.expects === "flow" ? draft.flow : null,
  };
}

export const ready = (draft: CaseDraft) =>
  draft.question.trim() !== "" &&
  (draft.expects !== "texts" || draft.expected.length > 0) &&
  (draft.expects !== "flow" || Boolean(draft.flow));

/** The fields of a case, in the set's drawer and beside a conversation. */
export function CaseFields(props: {
  value: CaseDraft;
  onChange: (patch: Partial<CaseDraft>) => void;
  offered?: { id: string; title: string; hint: string }[];
  short?: boolean;
}) {
  const t = useT("evaluation");
  const { value, onChange } = props;
  const mayFlows = useCan("flows.manage");
  const flows = useRows<FlowItem>("/bot/flows", {}, mayFlows && value.expects === "flow");
  return (
    <>
      <Field label={t("case.question")} required htmlFor="case-question" help={t("case.masked")}>
        <Input.TextArea
          id="case-question"
          maxLength={2000}
          autoSize={{ minRows: 2, maxRows: 8 }}
          value={value.question}
          onChange={(event) => onChange({ question: event.target.value })}
        />
      </Field>
      <Field label={t("case.context")} htmlFor="case-context" help={t("case.contextHelp")}>
        <Input
          id="case-context"
          maxLength={2000}
          value={value.context}
          onChange={(event) => onChange({ context: event.target.value })}
        />
      </Field>
      <Field label={t("case.expects")} required>
        <Radio.Group
          value={value.expects}
          onChange={(event) => onChange({ expects: event.target.value as Expects })}
          options={(["texts", "none", ...(mayFlows ? (["flow"] as const) : [])] as const).map((one) => ({
            value: one,
            label: t(`expects.choice.${one}`),
          }))}
        />
      </Field>
      {value.expects === "texts" && (
        <Field label={t("case.expected")} help={t("case.expectedHelp")} htmlFor="case-expected">
          <TextPicker
            id="case-expected"
            value={value.expected}
            onChange={(expected) => onChange({ expected })}
            {...(props.offered ? { offered: props.offered } : {})}
          />
        </Field>
      )}
      {value.expects === "flow" && (
        <Field label={t("case.flow")}>
          <Select
            value={value.flow}
            aria-label={t("case.flow")}
            onChange={(flow) => onChange({ flow })}
            options={(flows.rows ?? [])
              .filter((flow) => flow.published)
              .map((flow) => ({ value: flow.key, label: flow.name[value.locale] ?? flow.key }))}
          />
        </Field>
      )}
      {!props.short && (
        <div className="ev-pair">
          <Field label={t("case.locale")}>
            <Select
              value={value.locale}
              aria-label={t("case.locale")}
              onChange={(locale) => onChange({ locale })}
              options={(["zh-CN", "en"] as const).map((one) => ({ value: one, label: t(`locale.${one}`) }))}
            />
          </Field>
          <Field label={t("case.reader")}>
            <Select
              value={value.reader}
              aria-label={t("case.reader")}
              onChange={(reader) => onChange({ reader })}
              options={(["public", "customers", "internal"] as const).map((one) => ({
                value: one,
                label: t(`reader.${one}`),
              }))}
            />
          </Field>
        </div>
      )}
      <Field label={t("case.note")} htmlFor="case-note">
        <Input
          id="case-note"
          maxLength={500}
          value={value.note}
          onChange={(event) => onChange({ note: event.target.value })}
        />
      </Field>
    </>
  );
}
