import { Button } from "antd";
import { Check, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Problem, sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { useWords } from "../bits";
import { isEmpty } from "../fields/conditions";
import { FieldInput } from "../fields/FieldInput";
import { FieldValue } from "../fields/FieldValue";
import { complaintsOf, flawOf } from "../fields/model";
import type { Definition, FieldKind, FieldSpec, TicketView } from "../types";
import { useTicketPage } from "./state";
import { useTicketVerbs } from "./verbs";

/** Kinds where choosing is saying: the value is kept as soon as it is chosen. */
const AT_ONCE = new Set<FieldKind>(["choice", "yes_no", "date", "person", "customer", "cascade"]);

/** A field beside the ticket: text until it is clicked, then what it takes. */
export function FieldRow(props: {
  ticket: TicketView;
  definition: Definition;
  spec: FieldSpec;
  editable: boolean;
}) {
  const { ticket, spec, editable } = props;
  const t = useT("tickets");
  const words = useWords();
  const verbs = useTicketVerbs(ticket.id);
  const setDialog = useTicketPage((s) => s.setDialog);
  const stored = ticket.fields[spec.key] ?? null;
  const [editing, setEditing] = useState(false);
  const [value, setValue] = useState<unknown>(stored);
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const row = useRef<HTMLDivElement>(null);
  // What stood there when writing began: a change by somebody else since then is not overwritten unseen.
  const since = useRef(ticket.version);
  const label = words(spec.label, spec.key);
  const required = ticket.required?.includes(spec.key) ?? false;
  const masked = ticket.masked.includes(spec.key);
  useEffect(() => {
    if (editing)
      row.current
        ?.querySelector<HTMLElement>("input:not([type=file]):not([hidden]),textarea,button.ant-btn")
        ?.focus();
  }, [editing]);

  const stop = () => {
    setEditing(false);
    setWrong(null);
  };
  const save = async (next: unknown) => {
    if (JSON.stringify(next ?? null) === JSON.stringify(stored)) return stop();
    const flaw = flawOf(spec, next, required);
    if (flaw) return setWrong(t(`fieldform.${flaw.code}`, flaw.params));
    setBusy(true);
    try {
      await verbs.update({ fields: { [spec.key]: isEmpty(next) ? null : next } }, since.current);
      stop();
    } catch (error) {
      const complaints = error instanceof Problem ? complaintsOf(error) : {};
      if (complaints[spec.key]) setWrong(complaints[spec.key]!);
      else if (Object.keys(complaints).length > 0) {
        // This value makes another field needed: the whole form shows which.
        stop();
        setDialog({ kind: "fields", complaints, values: { ...ticket.fields, [spec.key]: next } });
      } else toast.error(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };
  const start = () => {
    setValue(masked ? null : stored);
    since.current = ticket.version;
    setEditing(true);
  };
  return (
    <div
      className={`q-tk__field ${spec.kind === "table" || spec.kind === "long_text" ? "q-tk__field--tall" : ""}`}
    >
      <dt title={words(spec.help) || undefined}>
        {label}
        {required && isEmpty(stored) ? <span className="q-form__required">*</span> : null}
      </dt>
      <dd>
        {editing ? (
          <div
            ref={row}
            className="q-tk__editing"
            role="group"
            aria-label={label}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                event.stopPropagation();
                stop();
              }
              if (
                event.key === "Enter" &&
                !event.nativeEvent.isComposing &&
                !AT_ONCE.has(spec.kind) &&
                (spec.kind !== "long_text" || event.metaKey || event.ctrlKey) &&
                !["table", "file", "choices", "moment"].includes(spec.kind)
              ) {
                event.preventDefault();
                void save(value);
              }
            }}
          >
            <FieldInput
              spec={spec}
              label={label}
              value={value}
              disabled={busy}
              invalid={wrong !== null}
              customerId={ticket.customer?.id}
              onChange={(next) => {
                setValue(next);
                setWrong(null);
                if (AT_ONCE.has(spec.kind)) void save(next);
              }}
            />
            <span className="q-tk__done">
              {AT_ONCE.has(spec.kind) ? null : (
                <Button
                  size="small"
                  type="primary"
                  loading={busy}
                  icon={<Check size={13} aria-hidden />}
                  aria-label={t("save")}
                  onClick={() => void save(value)}
                />
              )}
              <Button
                size="small"
                icon={<X size={13} aria-hidden />}
                aria-label={t("cancel")}
                onClick={stop}
              />
            </span>
          </div>
        ) : editable ? (
          <>
            {spec.kind === "file" && !isEmpty(stored) ? <FieldValue spec={spec} value={stored} /> : null}
            <button
              type="button"
              className="q-editable"
              aria-label={t("side.edit", { name: label })}
              onClick={start}
            >
              {isEmpty(stored) || spec.kind === "file" ? (
                <span className={required && isEmpty(stored) ? "q-tk__needed" : "q-muted"}>
                  {t("side.add_value")}
                </span>
              ) : (
                <FieldValue spec={spec} value={stored} />
              )}
            </button>
          </>
        ) : (
          <FieldValue spec={spec} value={stored} />
        )}
        {wrong ? (
          <div className="q-form__wrong" role="alert">
            {wrong}
          </div>
        ) : null}
      </dd>
    </div>
  );
}
