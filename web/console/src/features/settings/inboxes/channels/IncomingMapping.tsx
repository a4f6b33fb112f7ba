import { Button, Input } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useSettled } from "../../kit";
import "../../incoming/incoming.css";

const FIELDS = [
  "items",
  "when",
  "id",
  "address",
  "name",
  "phone",
  "email",
  "text",
  "files",
  "thread",
  "locale",
] as const;
type Name = (typeof FIELDS)[number];

interface Tried {
  faults: { field: string; at: number | null; message: string }[];
  messages: {
    id: string;
    address: string;
    name: string | null;
    phone: string | null;
    email: string | null;
    text: string;
    files: { name: string; url: string }[];
    thread: string | null;
  }[];
  skipped: number;
}

const SAMPLE = JSON.stringify(
  { id: "m-1001", from: { id: "u-7", name: "王小明", phone: "13800138000" }, text: "你好", files: [] },
  null,
  2,
);

/** The mapping of an incoming webhook: a sample on the left, what would come of it on the right, tried as one types. */
export function IncomingMapping({
  values,
  onChange,
}: {
  values: Record<string, unknown>;
  onChange: (change: Record<string, unknown>) => void;
}) {
  const t = useT("settings/incoming");
  const [sample, setSample] = useState(SAMPLE);
  const mapping = Object.fromEntries(FIELDS.map((name) => [name, String(values[name] ?? "")]));
  const settled = useSettled(JSON.stringify({ sample, mapping }), 400);
  const run = useAct((body: unknown) => api.post<Tried>("/channels/incoming/dry-run", body), { quiet: true });
  const { mutate } = run;
  useEffect(() => mutate(JSON.parse(settled)), [settled, mutate]);
  const tried = run.data;
  const fault = (name: Name | "sample") => tried?.faults.find((one) => one.field === name);
  return (
    <div className="qm">
      <p className="q-muted">{t("hint")}</p>
      <div className="qm__halves">
        <div>
          <h3 id="mapping-sample">{t("sample")}</h3>
          <Input.TextArea
            aria-labelledby="mapping-sample"
            className="qm__code"
            rows={14}
            spellCheck={false}
            value={sample}
            status={fault("sample") ? "error" : ""}
            onChange={(event) => setSample(event.target.value)}
          />
          {fault("sample") ? <p className="qm__fault">{fault("sample")?.message}</p> : null}
        </div>
        <div aria-live="polite">
          <h3>{t("result")}</h3>
          {run.isError ? (
            <Button onClick={() => mutate(JSON.parse(settled))}>{t("again")}</Button>
          ) : !tried ? null : tried.faults.length ? (
            <ul className="qm__faults">
              {tried.faults.map((one) => (
                <li key={one.field} className="qm__fault">
                  <b>{t(`field.${one.field}`)}</b> {one.message}
                </li>
              ))}
            </ul>
          ) : (
            <>
              <p className="q-muted">
                {t("messages", { n: tried.messages.length })}
                {tried.skipped ? ` ${t("skipped", { n: tried.skipped })}` : ""}
              </p>
              {tried.messages.map((one) => (
                <dl key={one.id} className="qm__message">
                  {(
                    [
                      ["id", one.id],
                      ["address", one.address],
                      ["name", one.name],
                      ["phone", one.phone],
                      ["email", one.email],
                      ["text", one.text],
                      ["files", one.files.map((file) => file.name).join(", ")],
                      ["thread", one.thread],
                    ] as [Name, string | null][]
                  ).map(([name, value]) =>
                    value ? (
                      <div key={name}>
                        <dt>{t(`field.${name}`)}</dt>
                        <dd>{value}</dd>
                      </div>
                    ) : null,
                  )}
                </dl>
              ))}
            </>
          )}
        </div>
      </div>
      <h3>{t("expressions")}</h3>
      <div className="qm__fields">
        {FIELDS.map((name) => {
          const wrong = fault(name);
          const text = mapping[name] ?? "";
          return (
            <div key={name} className="qm__field">
              <label htmlFor={`mapping-${name}`}>{t(`field.${name}`)}</label>
              <Input
                id={`mapping-${name}`}
                className="qm__code"
                value={text}
                maxLength={500}
                spellCheck={false}
                status={wrong ? "error" : ""}
                aria-describedby={wrong ? `mapping-${name}-fault` : undefined}
                onChange={(event) => onChange({ [name]: event.target.value })}
              />
              {wrong ? (
                <p id={`mapping-${name}-fault`} className="qm__fault">
                  {wrong.at !== null ? (
                    <code className="qm__at">
                      {text.slice(Math.max(0, wrong.at - 12), wrong.at)}
                      <mark>{text.slice(wrong.at, wrong.at + 1) || "␣"}</mark>
                      {text.slice(wrong.at + 1, wrong.at + 12)}
                    </code>
                  ) : null}{" "}
                  {wrong.message}
                </p>
              ) : null}
            </div>
          );
        })}
      </div>
    </div>
  );
}
