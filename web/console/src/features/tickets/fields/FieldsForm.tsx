import { Tooltip } from "antd";
import { Info, Sparkles } from "lucide-react";
import { useId } from "react";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useWords } from "../bits";
import type { FieldSpec } from "../types";
import { isEmpty } from "./conditions";
import { FieldInput } from "./FieldInput";
import { FieldValue } from "./FieldValue";
import type { Flaw, Shape, Values } from "./model";
import "./fields.css";

export interface FormProps {
  shape: Shape;
  values: Values;
  onChange: (key: string, value: unknown) => void;
  /** Sentences of the server, by key. */
  complaints?: Record<string, string>;
  flaws?: Record<string, Flaw>;
  /** Filled in by itself: what it was read from, by key. Gone once it is edited. */
  found?: Record<string, string>;
  readOnly?: (spec: FieldSpec) => boolean;
  customerId?: Id | null;
  autoFocus?: string;
}

/** The fields of a type as a form: those that are shown now, what is needed marked, what is wrong beside it. */
export function FieldsForm(props: FormProps) {
  return (
    <div className="q-form">
      {props.shape.visible.map((spec) => (
        <FormField key={spec.key} spec={spec} {...props} />
      ))}
    </div>
  );
}

function FormField({ spec, ...props }: FormProps & { spec: FieldSpec }) {
  const t = useT("tickets");
  const words = useWords();
  const id = useId();
  const label = words(spec.label, spec.key);
  const help = words(spec.help);
  const flaw = props.flaws?.[spec.key];
  const wrong = props.complaints?.[spec.key] ?? (flaw ? t(`fieldform.${flaw.code}`, flaw.params) : null);
  const found = props.found?.[spec.key];
  const readOnly = props.readOnly?.(spec) ?? false;
  const required = props.shape.required.has(spec.key);
  return (
    <div
      className={`q-form__item ${wrong ? "q-form__item--wrong" : ""} ${found !== undefined ? "q-form__item--found" : ""}`}
      data-field={spec.key}
    >
      <div className="q-form__label">
        <label htmlFor={id}>{label}</label>
        {required && !readOnly ? (
          <span className="q-form__required" title={t("fieldform.required")}>
            *<span className="q-sr">{t("fieldform.required")}</span>
          </span>
        ) : null}
        {help ? (
          <Tooltip title={help}>
            <Info size={13} className="q-muted" aria-label={help} />
          </Tooltip>
        ) : null}
        {found !== undefined && !isEmpty(props.values[spec.key]) ? <Found from={found} /> : null}
      </div>
      {readOnly ? (
        <FieldValue spec={spec} value={props.values[spec.key]} />
      ) : (
        <FieldInput
          spec={spec}
          id={id}
          label={label}
          value={props.values[spec.key]}
          invalid={wrong !== null}
          describedBy={wrong ? `${id}-wrong` : undefined}
          customerId={props.customerId}
          autoFocus={props.autoFocus === spec.key}
          onChange={(value) => props.onChange(spec.key, value)}
        />
      )}
      {wrong ? (
        <div className="q-form__wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </div>
      ) : null}
    </div>
  );
}

/** This was filled in by itself; from what is said on hover. */
export function Found(props: { from: string }) {
  const t = useT("tickets");
  const known = t(`fieldform.guessed_from.${props.from}`);
  const said =
    known === `fieldform.guessed_from.${props.from}`
      ? props.from
        ? t("fieldform.filled_from", { text: props.from })
        : t("fieldform.guessed")
      : known;
  return (
    <Tooltip title={said}>
      <span className="q-found" role="img" aria-label={said}>
        <Sparkles size={12} aria-hidden /> {t("fieldform.guessed")}
      </span>
    </Tooltip>
  );
}
