import { App, Button, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import {
  EditDrawer,
  Field,
  FormProblem,
  Grid,
  Toggle,
  useConfirm,
  useDraft,
  useSubmit,
} from "../settings/kit";
import { JsonField, WordsField } from "./fields";
import { InputsField } from "./InputsField";
import { type InputSpec, inBoth } from "./inputs";
import type { Json, Words } from "./model";
import type { Tool } from "./types";

export interface ToolDraft {
  kind: "http" | "sql";
  name: string;
  title: Words;
  description: Words;
  effect: "read" | "write";
  inputs: Record<string, unknown>;
  sample: Json | undefined;
  http: Record<string, unknown>;
  sql: Record<string, unknown>;
  secret: string;
  secretName: string;
  active: boolean;
}

const NAMED: Words = { "zh-CN": "", en: "" };

/** A connection of the company's own: what it asks for, where it goes, what comes back. */
export function ToolEditor(props: {
  tool: Tool | null;
  from?: Partial<ToolDraft> | undefined;
  onClose: () => void;
}) {
  const t = useT("flows");
  const confirm = useConfirm();
  const { message } = App.useApp();
  const { tool } = props;
  const draft = useDraft<ToolDraft>({
    kind: tool?.kind === "sql" ? "sql" : "http",
    name: tool?.spec.name ?? "",
    title: tool?.spec.title ?? NAMED,
    description: tool?.spec.description ?? NAMED,
    effect: tool?.spec.effect ?? "read",
    inputs: (tool?.spec.inputs ?? {}) as Record<string, unknown>,
    sample: tool?.spec.sample ?? undefined,
    http: (tool?.http ?? { method: "GET", url: "https://" }) as unknown as Record<string, unknown>,
    sql: (tool?.sql ?? { statement: "SELECT " }) as unknown as Record<string, unknown>,
    secret: "",
    secretName: tool?.kind === "sql" ? "dsn" : "key",
    active: tool?.active ?? true,
    ...props.from,
  });
  const { value, set, problem } = draft;
  const sql = value.kind === "sql";
  const [broken, setBroken] = useState<string[]>([]);
  const reads = (field: string) => (wrong: boolean) =>
    setBroken((before) => [...before.filter((one) => one !== field), ...(wrong ? [field] : [])]);
  const save = useSubmit(
    () => {
      const { http, sql: query, secret, secretName, sample, ...rest } = value;
      const body = {
        ...rest,
        title: inBoth(rest.title),
        description: inBoth(rest.description),
        ...(sql ? { sql: query, effect: "read" } : { http }),
        ...(sample === undefined ? {} : { sample }),
        secrets: secret ? { [sql ? "dsn" : secretName]: secret } : {},
      };
      return tool?.id ? api.put(`/bot/tools/${tool.id}`, body) : api.post("/bot/tools", body);
    },
    { stale: ["/bot/tools"], draft, done: t("saved"), onDone: props.onClose },
  );
  const remove = useSubmit(() => api.delete(`/bot/tools/${tool?.id}`), {
    stale: ["/bot/tools"],
    done: t("deleted"),
    onDone: props.onClose,
  });
  return (
    <EditDrawer
      open
      width={680}
      title={tool ? tool.spec.name : t("new_tool")}
      dirty={draft.dirty || Boolean(props.from)}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() => {
        // What cannot be read is not thrown away silently: it is mended first.
        if (broken.includes("inputs")) void message.error(t("input.name_form"));
        else if (broken.length) void message.error(t("json_broken"));
        else void save.run();
      }}
      extra={
        tool?.id ? (
          <Button
            danger
            size="small"
            onClick={() =>
              confirm({
                title: t("delete_title", { name: tool.spec.name }),
                text: t("delete_tool_text"),
                ok: t("delete"),
                run: () => remove.run(),
              })
            }
          >
            {t("delete")}
          </Button>
        ) : null
      }
    >
      <FormProblem
        problems={draft.problems}
        shown={["name", "title", "description", "inputs", "http.url", "sql.statement"]}
      />
      <Grid>
        <Field label={t("field.key")} htmlFor="qf-tool-name" required problem={problem("name")}>
          <Input
            id="qf-tool-name"
            className="qf-mono"
            value={value.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Field>
        <Field label={t("field.type")}>
          <Select
            aria-label={t("field.type")}
            value={value.kind}
            disabled={Boolean(tool)}
            options={[
              { value: "http", label: t("kind.http") },
              { value: "sql", label: t("kind.sql") },
            ]}
            onChange={(kind) => set({ kind })}
          />
        </Field>
      </Grid>
      <WordsField
        label={t("field.name")}
        value={value.title}
        problem={problem("title")}
        onChange={(title) => set({ title: title ?? NAMED })}
      />
      <WordsField
        label={t("field.description")}
        value={value.description}
        problem={problem("description")}
        onChange={(description) => set({ description: description ?? NAMED })}
      />
      <InputsField
        value={value.inputs as Record<string, InputSpec>}
        onBroken={reads("inputs")}
        problem={problem("inputs")}
        onChange={(inputs) => set({ inputs: inputs as Record<string, unknown> })}
      />
      {sql ? (
        <>
          <Field label="SQL" htmlFor="qf-sql" help={t("sql_help")} problem={problem("sql.statement")}>
            <Input.TextArea
              id="qf-sql"
              className="qf-mono"
              autoSize={{ minRows: 3, maxRows: 14 }}
              value={String(value.sql.statement ?? "")}
              onChange={(event) => set({ sql: { ...value.sql, statement: event.target.value } })}
            />
          </Field>
          <Grid>
            <Field label={t("max_rows")}>
              <InputNumber
                aria-label={t("max_rows")}
                min={1}
                max={200}
                value={Number(value.sql.max_rows ?? 20)}
                onChange={(max_rows) => set({ sql: { ...value.sql, max_rows: max_rows ?? 20 } })}
              />
            </Field>
            <Toggle
              checked={Boolean(value.sql.one_row)}
              onChange={(one_row) => set({ sql: { ...value.sql, one_row } })}
            >
              {t("one_row")}
            </Toggle>
          </Grid>
        </>
      ) : (
        <>
          <Grid>
            <Field label={t("method")}>
              <Select
                aria-label={t("method")}
                value={String(value.http.method ?? "GET")}
                options={["GET", "POST", "PUT", "PATCH", "DELETE"].map((m) => ({ value: m, label: m }))}
                onChange={(method) => set({ http: { ...value.http, method } })}
              />
            </Field>
            <Field label={t("field.effect")}>
              <Select
                aria-label={t("field.effect")}
                value={value.effect}
                options={(["read", "write"] as const).map((e) => ({ value: e, label: t(`effect.${e}`) }))}
                onChange={(effect) => set({ effect })}
              />
            </Field>
          </Grid>
          <Field label={t("url")} htmlFor="qf-url" help={t("url_help")} problem={problem("http.url")}>
            <Input
              id="qf-url"
              className="qf-mono"
              value={String(value.http.url ?? "")}
              onChange={(event) => set({ http: { ...value.http, url: event.target.value } })}
            />
          </Field>
          <JsonField
            label={t("headers")}
            onBroken={reads("headers")}
            value={value.http.headers}
            onChange={(headers) => set({ http: { ...value.http, headers: headers ?? {} } })}
          />
          <JsonField
            label={t("body")}
            onBroken={reads("body")}
            value={value.http.body ?? undefined}
            onChange={(body) => set({ http: { ...value.http, body: body ?? null } })}
          />
          <JsonField
            label={t("output")}
            onBroken={reads("output")}
            help={t("output_help")}
            value={value.http.output}
            onChange={(output) => set({ http: { ...value.http, output: output ?? {} } })}
          />
          <Toggle
            checked={Boolean(value.http.allow_private)}
            onChange={(allow_private) => set({ http: { ...value.http, allow_private } })}
          >
            {t("allow_private")}
          </Toggle>
        </>
      )}
      <Grid>
        {sql ? null : (
          <Field label={t("secret_name")} help={tool?.secret_names.join(", ")}>
            <Input
              aria-label={t("secret_name")}
              className="qf-mono"
              value={value.secretName}
              onChange={(event) => set({ secretName: event.target.value })}
            />
          </Field>
        )}
        <Field label={sql ? t("dsn") : t("secret")} help={t("secret_help")}>
          <Input.Password
            aria-label={sql ? t("dsn") : t("secret")}
            autoComplete="new-password"
            placeholder={tool?.secret_names.length ? "••••••••" : ""}
            value={value.secret}
            onChange={(event) => set({ secret: event.target.value })}
          />
        </Field>
      </Grid>
      <JsonField
        label={t("field.sample")}
        onBroken={reads("field.sample")}
        help={t("field.sample_help")}
        value={value.sample}
        onChange={(sample) => set({ sample })}
      />
      <Toggle checked={value.active} onChange={(active) => set({ active })}>
        {t("active")}
      </Toggle>
    </EditDrawer>
  );
}
