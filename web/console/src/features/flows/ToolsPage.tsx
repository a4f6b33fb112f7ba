import { App, Button, Input, InputNumber, Modal, Select, Tag } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import {
  Code,
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Grid,
  Page,
  problemOf,
  Section,
  Toggle,
  useConfirm,
  useDraft,
  usePages,
  useRows,
  useSubmit,
} from "../settings/kit";
import { JsonField, WordsField } from "./fields";
import { InputsField } from "./InputsField";
import { type InputSpec, inBoth } from "./inputs";
import { faultOf, type Json, type Words } from "./model";
import type { Tool } from "./types";
import "./flows.css";

interface CallRow {
  id: string;
  tool: string;
  error: string | null;
  detail: string;
  inputs: Record<string, string>;
  output_bytes: number;
  ms: number;
  at: string;
}
interface ToolDraft {
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

/** What flows may call: shipped tools, the company's own connections, and the log of every call. */
export default function ToolsPage() {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const go = useGo();
  const may = useCan("settings.manage");
  const [editing, setEditing] = useState<{ tool: Tool | null; from?: Partial<ToolDraft> } | null>(null);
  const [trying, setTrying] = useState<Tool | null>(null);
  const [openapi, setOpenapi] = useState(false);
  const { rows, isPending, error, refetch } = useRows<Tool>("/bot/tools");
  const calls = usePages<CallRow>("/bot/tools/calls", {});
  const columns: Column<Tool>[] = [
    {
      key: "name",
      title: t("field.name"),
      fixedIn: true,
      render: (_, tool) => (
        <>
          <strong>{tool.spec.title[locale]}</strong> <code>{tool.spec.name}</code>
          <div className="qf-hint">{tool.spec.description[locale]}</div>
        </>
      ),
    },
    {
      key: "kind",
      title: t("field.type"),
      render: (_, tool) => (
        <>
          <Tag>{t(`kind.${tool.kind}`)}</Tag>
          <Tag color={tool.spec.effect === "write" ? "warning" : "default"}>
            {t(`effect.${tool.spec.effect}`)}
          </Tag>
          {tool.active ? null : <Tag>{t("inactive")}</Tag>}
        </>
      ),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      render: (_, tool) =>
        may ? (
          <Button
            size="small"
            onClick={(event) => {
              event.stopPropagation();
              setTrying(tool);
            }}
          >
            {t("try")}
          </Button>
        ) : null,
    },
  ];
  const log: Column<CallRow>[] = [
    { key: "at", title: t("when"), render: (_, call) => <RelativeTime at={call.at} /> },
    { key: "tool", title: t("field.tool"), render: (_, call) => <code>{call.tool}</code> },
    {
      key: "inputs",
      title: t("inputs"),
      render: (_, call) =>
        Object.entries(call.inputs)
          .map(([name, value]) => `${name}=${value}`)
          .join(" "),
    },
    {
      key: "result",
      title: t("result"),
      render: (_, call) =>
        call.error ? (
          <>
            <Tag color="error">{faultOf(t, call.error)}</Tag> {call.detail}
          </>
        ) : (
          t("bytes", { n: call.output_bytes })
        ),
    },
    { key: "ms", title: "ms", align: "right", render: (_, call) => call.ms },
  ];
  return (
    <Page
      wide
      title={t("tools")}
      description={t("tools_about")}
      onBack={() => go("/flows")}
      actions={
        may ? (
          <>
            <Button onClick={() => setOpenapi(true)}>{t("openapi")}</Button>
            <Button
              type="primary"
              icon={<Plus size={14} aria-hidden />}
              onClick={() => setEditing({ tool: null })}
            >
              {t("new_tool")}
            </Button>
          </>
        ) : null
      }
    >
      <DataTable
        id="tools"
        label={t("tools")}
        rows={rows?.map((tool) => ({ ...tool, key: tool.spec.name }))}
        columns={columns as Column<Tool & { key: string }>[]}
        rowKey="key"
        loading={isPending}
        error={error}
        onRetry={() => void refetch()}
        {...(may ? { onOpen: (tool: Tool) => (tool.id ? setEditing({ tool }) : setTrying(tool)) } : {})}
      />
      <Section title={t("calls")}>
        <DataTable
          id="tool-calls"
          label={t("calls")}
          rows={calls.rows}
          columns={log}
          rowKey="id"
          loading={calls.loading}
          error={calls.error}
          onRetry={() => void calls.refetch()}
          more={calls.more}
          emptyTitle={t("no_calls")}
        />
      </Section>
      {editing ? (
        <ToolEditor tool={editing.tool} from={editing.from} onClose={() => setEditing(null)} />
      ) : null}
      {trying ? <Try tool={trying} onClose={() => setTrying(null)} /> : null}
      {openapi ? (
        <OpenApi
          onClose={() => setOpenapi(false)}
          onPick={(from) => {
            setOpenapi(false);
            setEditing({ tool: null, from });
          }}
        />
      ) : null}
    </Page>
  );
}

const NAMED: Words = { "zh-CN": "", en: "" };

function ToolEditor(props: {
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

interface Tried {
  output: Json;
  error: string | null;
  detail: string;
  ms: number;
}

function Try({ tool, onClose }: { tool: Tool; onClose: () => void }) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [inputs, setInputs] = useState<Record<string, string>>({});
  const [customer, setCustomer] = useState<number | null>(null);
  const [result, setResult] = useState<Tried | null>(null);
  const missing = Object.entries(tool.spec.inputs).some(([name, input]) => input.required && !inputs[name]);
  const keep = useSubmit(
    (sample: Json) =>
      api.put(`/bot/tools/${tool.id}`, {
        kind: tool.kind,
        ...tool.spec,
        local: undefined,
        sample,
        [tool.kind]: tool[tool.kind as "http" | "sql"],
        active: tool.active,
      }),
    { stale: ["/bot/tools"], done: t("sample_kept"), onDone: onClose },
  );
  const attempt = useSubmit(
    () =>
      api.post<Tried>(`/bot/tools/${tool.spec.name}/try`, {
        inputs: Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== "")),
        customer_number: customer,
        locale,
      }),
    { stale: ["/bot/tools/calls"], onDone: setResult },
  );
  return (
    <Modal
      open
      mask={{ closable: false }}
      width={640}
      title={`${t("try")} · ${tool.spec.title[locale]}`}
      okText={t("try")}
      cancelText={t("cancel")}
      confirmLoading={attempt.busy}
      okButtonProps={{ disabled: missing }}
      onCancel={onClose}
      onOk={() => void attempt.run()}
    >
      {tool.spec.effect === "write" ? <p className="qf-wrong">{t("try_writes")}</p> : null}
      {Object.entries(tool.spec.inputs).map(([name, input]) => (
        <Field
          key={name}
          label={input.description?.[locale] ?? name}
          htmlFor={`qf-try-${name}`}
          required={input.required}
        >
          {input.choices?.length ? (
            <Select
              id={`qf-try-${name}`}
              style={{ width: "100%" }}
              allowClear
              value={inputs[name] || null}
              options={input.choices.map((value) => ({ value, label: value }))}
              onChange={(value) => setInputs({ ...inputs, [name]: value ?? "" })}
            />
          ) : (
            <Input
              id={`qf-try-${name}`}
              value={inputs[name] ?? ""}
              onChange={(event) => setInputs({ ...inputs, [name]: event.target.value })}
            />
          )}
        </Field>
      ))}
      {tool.kind === "python" ? (
        <Field label={t("customer_number")} htmlFor="qf-try-customer">
          <InputNumber id="qf-try-customer" value={customer} onChange={setCustomer} />
        </Field>
      ) : null}
      {result ? (
        <>
          <p>
            {result.error ? (
              <Tag color="error">{faultOf(t, result.error)}</Tag>
            ) : (
              <Tag color="success">OK</Tag>
            )}{" "}
            {result.ms} ms {result.detail}
          </p>
          {result.error === "refused_address" ? <p className="qf-hint">{t("refused_address_help")}</p> : null}
          {result.error ? null : <Code label={t("result")} text={JSON.stringify(result.output, null, 2)} />}
          {result.error || !tool.id ? null : (
            <Button
              className="qf-keep"
              size="small"
              loading={keep.busy}
              onClick={() => void keep.run(result.output)}
            >
              {t("keep_sample")}
            </Button>
          )}
        </>
      ) : null}
    </Modal>
  );
}

function OpenApi(props: { onClose: () => void; onPick: (from: Partial<ToolDraft>) => void }) {
  const t = useT("flows");
  const locale = useLocale() === "en" ? "en" : "zh-CN";
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ tools: ToolDraft[]; skipped: string[] } | null>(null);
  const [problem, setProblem] = useState<string>();
  const read = useSubmit(async () => {
    setProblem(undefined);
    setFound(null);
    try {
      setFound(await api.post<{ tools: ToolDraft[]; skipped: string[] }>("/bot/tools/openapi", { text }));
    } catch (reason) {
      const field = problemOf(reason)?.fields[0];
      if (!field) throw reason;
      setProblem(field.message);
    }
  });
  return (
    <Modal
      open
      mask={{ closable: false }}
      width={680}
      title={t("openapi")}
      okText={t("read")}
      cancelText={t("cancel")}
      confirmLoading={read.busy}
      okButtonProps={{ disabled: !text.trim() }}
      onCancel={props.onClose}
      onOk={() => void read.run()}
    >
      <Field label={t("openapi_text")} htmlFor="qf-openapi" problem={problem}>
        <Input.TextArea
          id="qf-openapi"
          className="qf-mono"
          rows={8}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <ul className="qf-versions">
        {found?.tools.map((tool) => (
          <li key={tool.name}>
            <span>
              <code>{tool.name}</code> {tool.title[locale]}
            </span>
            <Button
              size="small"
              onClick={() =>
                props.onPick({
                  kind: "http",
                  name: tool.name,
                  title: tool.title,
                  description: tool.description,
                  effect: tool.effect,
                  inputs: tool.inputs,
                  http: tool.http,
                })
              }
            >
              {t("take")}
            </Button>
          </li>
        ))}
        {found?.skipped.map((line) => (
          <li key={line} className="qf-hint">
            {line}
          </li>
        ))}
      </ul>
    </Modal>
  );
}
