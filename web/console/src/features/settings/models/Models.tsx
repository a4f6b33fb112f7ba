import { AutoComplete, Button, Input, InputNumber, Slider, Switch, Tabs } from "antd";
import { Plug } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import {
  Dot,
  Field,
  FormProblem,
  Grid,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { Calls } from "./Calls";
import { Days } from "./Days";
import { blank, bodyOf, type LlmSettings, type LlmState, sameHost, TASKS, type TestResult } from "./model";
import "./models.css";

/** Where the language model is, which one does what, what it may cost, and what it has done. */
export default function Models() {
  const t = useT("settings");
  return (
    <Page title={t("nav.models")} description={t("models.description")} wide>
      <Now />
      <Tabs
        items={[
          { key: "settings", label: t("models.tab_settings"), children: <Settings /> },
          { key: "calls", label: t("models.tab_calls"), children: <Calls /> },
          { key: "days", label: t("models.tab_days"), children: <Days /> },
        ]}
      />
    </Page>
  );
}

function Now() {
  const t = useT("settings");
  const state = useOne<LlmState>("/bot/llm/state", { refetchInterval: 15_000 });
  const data = state.data;
  if (!data) return null;
  const off = data.tasks.length === 0;
  return (
    <p className="qm-now" role="status">
      <Dot tone={off ? "idle" : data.paused_s > 0 || data.used_up ? "breach" : "ok"}>
        {off
          ? t("models.off")
          : data.used_up
            ? t("models.used_up")
            : data.paused_s > 0
              ? t("models.paused", { seconds: Math.ceil(data.paused_s) })
              : t("models.on", { n: data.tasks.length })}
      </Dot>
      {off ? null : (
        <span className="qk-num">
          {t("models.today", {
            calls: data.calls_today.toLocaleString(),
            tokens: data.tokens_today.toLocaleString(),
          })}
        </span>
      )}
    </p>
  );
}

function Settings() {
  const t = useT("settings");
  const settings = useOne<LlmSettings>("/bot/llm/settings");
  const draft = useDraft<LlmSettings>(blank);
  const { value, set, accept, dirty, problem } = draft;
  const [key, setKey] = useState<string | null>(null);
  const [test, setTest] = useState<TestResult | null>(null);
  const changed = dirty || key !== null;
  useEffect(() => {
    if (settings.data && !changed) accept(settings.data);
  }, [settings.data, changed, accept]);
  useUnsavedGuard(changed);
  const save = useSubmit(() => api.put<LlmSettings>("/bot/llm/settings", bodyOf(value, key)), {
    stale: ["/bot/llm/settings", "/bot/llm/state"],
    draft,
    done: t("kit.saved"),
    onDone: (saved) => {
      setKey(null);
      accept(saved);
    },
  });
  const tryIt = useSubmit(
    async () => {
      setTest(null);
      const body = {
        address: value.address,
        model: value.models.answer,
        ...(key === null ? {} : { api_key: key }),
      };
      setTest(await api.post<TestResult>("/bot/llm/test", body));
    },
    { draft },
  );
  const keyKept = value.has_key && key === null && sameHost(value.address, settings.data?.address ?? "");
  const models = test?.models ?? [];
  return (
    <State loading={settings.isPending} error={settings.error} onRetry={() => void settings.refetch()}>
      <FormProblem problems={draft.problems} shown={["address", "api_key", "models", "timeouts"]} />
      <Section title={t("models.endpoint")} description={t("models.endpoint_text")}>
        <Field label={t("models.enabled")} htmlFor="qm-enabled">
          <Switch
            id="qm-enabled"
            checked={value.enabled}
            aria-label={t("models.enabled")}
            onChange={(enabled) => set({ enabled })}
          />
        </Field>
        <Grid>
          <Field
            label={t("models.address")}
            htmlFor="qm-address"
            help={t("models.address_help")}
            problem={problem("address")}
          >
            <Input
              id="qm-address"
              value={value.address}
              maxLength={300}
              placeholder="http://127.0.0.1:11434/v1"
              inputMode="url"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => set({ address: event.target.value })}
            />
          </Field>
          <Field
            label={t("models.key")}
            htmlFor="qm-key"
            help={t(keyKept ? "models.key_kept" : "models.key_help")}
            problem={problem("api_key")}
          >
            <div className="qk-nowrap qm-key">
              <Input.Password
                id="qm-key"
                value={key ?? ""}
                maxLength={500}
                placeholder={keyKept ? "••••••••" : ""}
                autoComplete="new-password"
                visibilityToggle={false}
                onChange={(event) => setKey(event.target.value || null)}
              />
              {value.has_key && key === null ? (
                <Button onClick={() => setKey("")}>{t("models.key_remove")}</Button>
              ) : null}
              {key === "" ? <span className="qm-warn">{t("models.key_removed")}</span> : null}
            </div>
          </Field>
        </Grid>
        <div className="qm-test">
          <Button
            icon={<Plug size={15} aria-hidden />}
            loading={tryIt.busy}
            disabled={!value.address.trim()}
            onClick={() => void tryIt.run()}
          >
            {t("models.test")}
          </Button>
          <span role="status" aria-live="polite">
            {test ? <Dot tone={test.ok ? "ok" : "breach"}>{test.message}</Dot> : null}
          </span>
        </div>
      </Section>
      <Section title={t("models.tasks")} description={t("models.tasks_text")}>
        <table className="qm-tasks">
          <thead>
            <tr>
              <th scope="col">{t("models.task")}</th>
              <th scope="col">{t("models.model")}</th>
              <th scope="col">{t("models.timeout")}</th>
            </tr>
          </thead>
          <tbody>
            {TASKS.map((task) => (
              <tr key={task}>
                <th scope="row">
                  {t(`models.task_${task}`)}
                  <small>{t(`models.task_${task}_text`)}</small>
                </th>
                <td>
                  <AutoComplete
                    style={{ width: "100%" }}
                    value={value.models[task]}
                    aria-label={t("models.model_of", { task: t(`models.task_${task}`) })}
                    placeholder={t("models.none")}
                    options={models.map((name) => ({ value: name }))}
                    showSearch={{
                      filterOption: (typed, option) =>
                        String(option?.value).toLowerCase().includes(typed.toLowerCase()),
                    }}
                    onChange={(name: string) => set({ models: { ...value.models, [task]: name ?? "" } })}
                  />
                </td>
                <td>
                  <InputNumber
                    min={1}
                    max={120}
                    value={value.timeouts[task]}
                    aria-label={t("models.timeout_of", { task: t(`models.task_${task}`) })}
                    suffix={t("models.seconds")}
                    style={{ width: 110 }}
                    onChange={(seconds) => set({ timeouts: { ...value.timeouts, [task]: seconds ?? 10 } })}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <Grid>
          <Field label={t("models.temperature")} help={t("models.temperature_help")}>
            <Slider
              min={0}
              max={2}
              step={0.1}
              value={value.temperature}
              ariaLabelForHandle={t("models.temperature")}
              onChange={(temperature) => set({ temperature })}
            />
          </Field>
          <Field label={t("models.max_tokens")} htmlFor="qm-max" help={t("models.max_tokens_help")}>
            <InputNumber
              id="qm-max"
              min={50}
              max={8000}
              value={value.max_tokens}
              onChange={(most) => set({ max_tokens: most ?? 800 })}
            />
          </Field>
        </Grid>
        <Field label={t("models.streaming")} htmlFor="qm-streaming" help={t("models.streaming_help")}>
          <Switch
            id="qm-streaming"
            checked={value.streaming}
            aria-label={t("models.streaming")}
            onChange={(streaming) => set({ streaming })}
          />
        </Field>
      </Section>
      <Section title={t("models.limits")} description={t("models.limits_text")}>
        <Grid>
          {(["daily_calls", "daily_tokens"] as const).map((name) => (
            <Field
              key={name}
              label={t(`models.${name}`)}
              htmlFor={`qm-${name}`}
              help={t("models.zero_is_none")}
            >
              <InputNumber
                id={`qm-${name}`}
                min={0}
                max={name === "daily_calls" ? 10_000_000 : 10_000_000_000}
                style={{ width: 180 }}
                value={value[name]}
                onChange={(most) => set({ [name]: most ?? 0 })}
              />
            </Field>
          ))}
        </Grid>
      </Section>
      <Section title={t("models.privacy")}>
        <Field label={t("models.hide_personal")} htmlFor="qm-hide" help={t("models.hide_personal_help")}>
          <Switch
            id="qm-hide"
            checked={value.hide_personal}
            aria-label={t("models.hide_personal")}
            onChange={(hide_personal) => set({ hide_personal })}
          />
        </Field>
        <Field label={t("models.store_texts")} htmlFor="qm-store" help={t("models.store_texts_help")}>
          <Switch
            id="qm-store"
            checked={value.store_texts}
            aria-label={t("models.store_texts")}
            onChange={(store_texts) => set({ store_texts })}
          />
        </Field>
        <Field label={t("models.retention")} htmlFor="qm-days">
          <InputNumber
            id="qm-days"
            min={1}
            max={730}
            value={value.retention_days}
            suffix={t("models.days")}
            style={{ width: 140 }}
            onChange={(days) => set({ retention_days: days ?? 30 })}
          />
        </Field>
      </Section>
      <SaveBar
        dirty={changed}
        saving={save.busy}
        onReset={() => {
          setKey(null);
          draft.reset();
        }}
        onSave={() => void save.run()}
      />
    </State>
  );
}
