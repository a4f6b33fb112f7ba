import { Link } from "@tanstack/react-router";
import { DatePicker, InputNumber, Select, Tag, Tooltip } from "antd";
import dayjs from "dayjs";
import type { ReactNode } from "react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { percent } from "@/lib/format";
import { Dot, Field, Toggle, useRows, useSettled } from "../settings/kit";
import { TONES } from "./model";
import { type Config, type FlowItem, type Found, KNOWLEDGE, type TextRef, type Verdict } from "./types";

export function VerdictDot({ verdict }: { verdict: Verdict }) {
  const t = useT("evaluation");
  return (
    <Tooltip title={t(`verdictHint.${verdict}`)}>
      <span>
        <Dot tone={TONES[verdict]}>{t(`verdict.${verdict}`)}</Dot>
      </span>
    </Tooltip>
  );
}

/** A text by its name, leading to it; what one may not read has no name. */
export function TextName({ text }: { text: TextRef }) {
  const t = useT("evaluation");
  if (!text.title) return <span className="qk-muted">{t("text.hidden")}</span>;
  const to = text.kind === "article" ? `/knowledge/articles/${text.id}` : `/knowledge/faqs/${text.id}`;
  return (
    <span>
      {text.status ? <Link to={to as string}>{text.title}</Link> : text.title}
      {text.status && text.status !== "published" && (
        <Tag className="ev-tag">{t(`text.status.${text.status}`)}</Tag>
      )}
    </span>
  );
}

export function TextNames(props: { texts: TextRef[]; none?: ReactNode }) {
  if (props.texts.length === 0) return props.none ?? "–";
  return (
    <span className="ev-texts">
      {props.texts.map((text) => (
        <TextName key={text.id} text={text} />
      ))}
    </span>
  );
}

/** A flow by its name; who may not see flows reads its key. */
function FlowName({ flow }: { flow: string | null }) {
  const t = useT("evaluation");
  const locale = useLocale();
  const flows = useRows<FlowItem>("/bot/flows", {}, useCan("flows.manage"));
  const name = flows.rows?.find((one) => one.key === flow)?.name[locale];
  return t("expects.flowOf", { name: name ?? flow ?? "" });
}

/** What should have come, in words. */
export function Expected(props: { expects: string; expected: TextRef[]; flow: string | null }) {
  const t = useT("evaluation");
  if (props.expects === "none") return <span className="qk-muted">{t("expects.none")}</span>;
  if (props.expects === "flow") return <FlowName flow={props.flow} />;
  return <TextNames texts={props.expected} />;
}

/** What came, in words. */
export function Given(props: { decision: string; given: TextRef[]; flow: string | null }) {
  const t = useT("evaluation");
  if (props.decision === "flow") return <FlowName flow={props.flow} />;
  if (props.given.length === 0) return <span className="qk-muted">{t(`decision.${props.decision}`)}</span>;
  return (
    <span>
      <span className="qk-muted">{t(`decision.${props.decision}`)}: </span>
      <TextNames texts={props.given} />
    </span>
  );
}

export function Ranked({ found }: { found: Found[] }) {
  const t = useT("evaluation");
  const locale = useLocale();
  if (found.length === 0) return <p className="qk-muted">{t("result.nothingFound")}</p>;
  return (
    <ol className="ev-ranked">
      {found.map((hit) => (
        <li key={hit.id}>
          <span className="qk-num">{percent(hit.probability, locale)}</span>
          <span>
            {hit.title ?? <span className="qk-muted">{t("text.hidden")}</span>}
            {hit.matched && hit.matched !== hit.title && <small>{hit.matched}</small>}
          </span>
        </li>
      ))}
    </ol>
  );
}

interface Hit {
  id: string;
  kind: string;
  title: string;
}

/** Texts found by words; those already chosen keep their names. */
export function TextPicker(props: {
  id?: string;
  value: { id: string; title: string }[];
  onChange: (value: { id: string; title: string }[]) => void;
  offered?: { id: string; title: string; hint: string }[];
}) {
  const t = useT("evaluation");
  const [words, setWords] = useState("");
  const q = useSettled(words.trim());
  const found = useRows<Hit>("/knowledge/search", { q, limit: 10 }, q.length > 0);
  const known = q
    ? (found.rows ?? []).map((hit) => ({ value: hit.id, label: hit.title, hint: t(`kind.${hit.kind}`) }))
    : (props.offered ?? []).map((one) => ({ value: one.id, label: one.title, hint: one.hint }));
  return (
    <Select
      {...(props.id ? { id: props.id } : {})}
      mode="multiple"
      labelInValue
      filterOption={false}
      style={{ width: "100%" }}
      placeholder={t("text.pick")}
      aria-label={t("text.pick")}
      value={props.value.map((one) => ({ value: one.id, label: one.title }))}
      onSearch={setWords}
      onChange={(chosen) => {
        setWords("");
        props.onChange(chosen.map((one) => ({ id: String(one.value), title: String(one.label) })));
      }}
      notFoundContent={q && found.isSuccess ? t("text.none") : t("text.type")}
      options={known}
      optionRender={(option) => (
        <div className="ev-option">
          <span>{option.label}</span>
          <small>{(option.data as { hint?: string }).hint}</small>
        </div>
      )}
    />
  );
}

/** What a set is asked of. */
export function ConfigFields(props: { value: Config; onChange: (value: Config) => void; shadow?: boolean }) {
  const t = useT("evaluation");
  const { value, onChange } = props;
  const choices = props.shadow ? KNOWLEDGE.filter((one) => one !== "at") : KNOWLEDGE;
  return (
    <>
      <Field label={t("config.knowledge")} help={t(`config.hint.${value.knowledge}`)}>
        <Select
          value={value.knowledge}
          aria-label={t("config.knowledge")}
          onChange={(knowledge) =>
            onChange({
              ...value,
              knowledge,
              at: knowledge === "at" ? dayjs().subtract(1, "day").toISOString() : null,
            })
          }
          options={choices.map((one) => ({ value: one, label: t(`config.${one}`) }))}
        />
      </Field>
      {value.knowledge === "at" && (
        <Field label={t("config.moment")}>
          <DatePicker
            showTime
            allowClear={false}
            maxDate={dayjs()}
            aria-label={t("config.moment")}
            value={dayjs(value.at)}
            onChange={(at) => onChange({ ...value, at: at?.toISOString() ?? null })}
          />
        </Field>
      )}
      <Field label={t("config.maxError")} help={t("config.maxErrorHelp")}>
        <InputNumber
          min={1}
          max={50}
          suffix="%"
          style={{ width: 160 }}
          placeholder={t("config.own")}
          aria-label={t("config.maxError")}
          value={value.max_error ? Math.round(value.max_error * 100) : null}
          onChange={(share) => onChange({ ...value, max_error: share ? share / 100 : null })}
        />
      </Field>
      <Toggle checked={value.model} onChange={(model) => onChange({ ...value, model })}>
        {t("config.useModel")}
      </Toggle>
    </>
  );
}

export function Card(props: { label: string; value: string; note?: ReactNode }) {
  return (
    <div className="ev-card">
      <b>{props.value}</b>
      <span>{props.label}</span>
      {props.note && <small>{props.note}</small>}
    </div>
  );
}
