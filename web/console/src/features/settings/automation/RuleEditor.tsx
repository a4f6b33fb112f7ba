import { useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Alert, Button, DatePicker, Drawer, Input, Space, Timeline } from "antd";
import dayjs from "dayjs";
import { History, ListTree } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useGet } from "@/api/hooks";
import type { Page as Paged } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { absoluteTime } from "@/lib/format";
import {
  Field,
  FormProblem,
  Grid,
  leaveSaved,
  Page,
  SaveBar,
  Section,
  State,
  Toggle,
  useDraft,
  useOne,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { ActionsEditor } from "./ActionsEditor";
import { ConditionEditor } from "./ConditionEditor";
import { DryRun } from "./DryRun";
import { blankRule, missing, sendable } from "./model";
import { TriggerEditor } from "./TriggerEditor";
import type { Catalogue, Rule, RuleBody, Version } from "./types";
import "./automation.css";

const PATH = "/automation/rules";

function editable(rule: Rule): RuleBody {
  const {
    name,
    description,
    subject,
    trigger,
    condition,
    actions,
    stop,
    enabled,
    active_from,
    active_until,
    revision,
  } = rule;
  return {
    name,
    description,
    subject,
    trigger,
    condition,
    actions,
    stop,
    enabled,
    active_from,
    active_until,
    revision,
  };
}

/** One rule: when it looks, what must hold, what it does; tried on the past before it is switched on. */
export default function RuleEditor() {
  const t = useT("settings/automation");
  const locale = useLocale();
  const go = useGo();
  const { ruleId } = useParams({ strict: false }) as { ruleId: string };
  const fresh = ruleId === "new";
  const rule = useOne<Rule>(fresh ? null : `${PATH}/${ruleId}`);
  const catalogue = useGet<Catalogue>("/automation/catalogue", { locale });
  return (
    <Page
      title={fresh ? t("editor.new") : (rule.data?.name ?? t("editor.title"))}
      onBack={() => go("/settings/automation")}
      wide
    >
      <State
        loading={catalogue.isPending || (!fresh && rule.isPending)}
        error={catalogue.error ?? rule.error}
        onRetry={() => {
          void catalogue.refetch();
          if (!fresh) void rule.refetch();
        }}
      >
        {catalogue.data && (fresh || rule.data) && (
          <Editor key={ruleId} rule={rule.data ?? null} catalogue={catalogue.data} />
        )}
      </State>
    </Page>
  );
}

function Editor({ rule, catalogue }: { rule: Rule | null; catalogue: Catalogue }) {
  const t = useT("settings/automation");
  const go = useGo();
  const client = useQueryClient();
  const initial = useMemo(() => (rule ? editable(rule) : blankRule()), [rule]);
  const draft = useDraft<RuleBody>(initial);
  const [history, setHistory] = useState(false);
  const { value, set, accept } = draft;
  useUnsavedGuard(draft.dirty);
  // Somebody else's change is taken over as long as nothing here would be lost.
  useEffect(() => {
    if (rule && !draft.dirty && rule.revision !== value.revision) accept(editable(rule));
  }, [rule, draft.dirty, value.revision, accept]);
  const save = useSubmit(
    () =>
      rule ? api.put<Rule>(`${PATH}/${rule.id}`, sendable(value)) : api.post<Rule>(PATH, sendable(value)),
    {
      stale: [PATH],
      draft,
      done: t("editor.saved"),
      onDone: (saved) => {
        client.setQueryData([`${PATH}/${saved.id}`, "one"], saved);
        accept(editable(saved));
        if (!rule) leaveSaved(() => go(`/settings/automation/${saved.id}`, { replace: true }));
      },
    },
  );
  const submit = () => {
    const gaps = missing(value);
    if (gaps.length > 0) draft.refuse(gaps.map(({ field, key }) => ({ field, message: t(key) })));
    else void save.run();
  };
  const label = (path: string) =>
    catalogue.facts[value.subject]?.find((fact) => fact.path === path)?.label ?? path;
  return (
    <>
      {rule && rule.faults.length > 0 && (
        <Alert
          className="qk-gap"
          type="warning"
          showIcon
          title={t("editor.faults")}
          description={
            <ul className="qa-lines">
              {rule.faults.map((fault) => (
                <li key={fault.where + fault.code}>{fault.message}</li>
              ))}
            </ul>
          }
        />
      )}
      <FormProblem
        problems={draft.problems}
        shown={["name", "description", "subject", "trigger", "condition", "actions", "active_until"]}
      />
      <Section
        title={t("editor.about")}
        extra={
          rule && (
            <Space>
              <Button
                icon={<ListTree size={14} aria-hidden />}
                onClick={() => go(`/settings/automation/log?rule=${rule.id}`)}
              >
                {t("editor.log")}
              </Button>
              <Button icon={<History size={14} aria-hidden />} onClick={() => setHistory(true)}>
                {t("editor.versions")}
              </Button>
            </Space>
          )
        }
      >
        <Field label={t("editor.name")} htmlFor="rule-name" required problem={draft.problem("name")}>
          <Input
            id="rule-name"
            maxLength={120}
            autoFocus={!rule}
            value={value.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Field>
        <Field label={t("editor.description")} htmlFor="rule-about" problem={draft.problem("description")}>
          <Input.TextArea
            id="rule-about"
            maxLength={500}
            autoSize={{ minRows: 1, maxRows: 4 }}
            value={value.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
      </Section>
      <Section title={t("when.title")} description={t("when.text")}>
        <TriggerEditor rule={value} catalogue={catalogue} onChange={set} problem={draft.problem} />
      </Section>
      {value.subject !== "none" && (
        <Section title={t("if.title")} description={t("if.text")}>
          <ConditionEditor
            key={value.subject}
            rule={value}
            catalogue={catalogue}
            onChange={(condition) => set({ condition })}
            problem={draft.problem("condition") ?? draft.problem("condition.source")}
          />
        </Section>
      )}
      <Section title={t("then.title")} description={t("then.text")}>
        <ActionsEditor
          actions={value.actions}
          subject={value.subject}
          catalogue={catalogue}
          onChange={(actions) => set({ actions })}
          problem={draft.problem}
          faults={draft.dirty ? [] : (rule?.faults ?? [])}
        />
      </Section>
      <Section title={t("options.title")}>
        <div className="qa-options">
          <Toggle checked={value.enabled} onChange={(enabled) => set({ enabled })}>
            {t("options.enabled")}
          </Toggle>
          <Toggle checked={value.stop} onChange={(stop) => set({ stop })}>
            {t("options.stop")}
          </Toggle>
        </div>
        <Grid>
          <Field label={t("options.from")} htmlFor="rule-from">
            <DatePicker
              id="rule-from"
              showTime={{ format: "HH:mm" }}
              value={value.active_from ? dayjs(value.active_from) : null}
              onChange={(at) => set({ active_from: at ? at.toISOString() : null })}
            />
          </Field>
          <Field label={t("options.until")} htmlFor="rule-until" problem={draft.problem("active_until")}>
            <DatePicker
              id="rule-until"
              showTime={{ format: "HH:mm" }}
              value={value.active_until ? dayjs(value.active_until) : null}
              onChange={(at) => set({ active_until: at ? at.toISOString() : null })}
            />
          </Field>
        </Grid>
      </Section>
      <Section title={t("dry.title")} description={t("dry.text")}>
        <DryRun rule={value} draft={draft} label={label} />
      </Section>
      <SaveBar
        dirty={draft.dirty}
        saving={save.busy}
        onSave={submit}
        onReset={rule ? draft.reset : undefined}
        {...(rule ? {} : { saveText: t("editor.create") })}
      />
      {rule && (
        <Versions
          rule={rule}
          open={history}
          onClose={() => setHistory(false)}
          onRestored={(saved) => {
            client.setQueryData([`${PATH}/${saved.id}`, "one"], saved);
            accept(editable(saved));
            setHistory(false);
          }}
        />
      )}
    </>
  );
}

function Versions(props: {
  rule: Rule;
  open: boolean;
  onClose: () => void;
  onRestored: (rule: Rule) => void;
}) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const versions = useGet<Paged<Version>>(
    `${PATH}/${props.rule.id}/versions`,
    { limit: 100, revision: props.rule.revision },
    { enabled: props.open },
  );
  const restore = useSubmit(
    (revision: number) => api.post<Rule>(`${PATH}/${props.rule.id}/versions/${revision}/restore`),
    { stale: [PATH], done: t("versions.restored"), onDone: props.onRestored },
  );
  return (
    <Drawer open={props.open} onClose={props.onClose} title={t("editor.versions")} size={480}>
      <State loading={versions.isPending} error={versions.error} onRetry={() => void versions.refetch()}>
        <Timeline
          items={(versions.data?.items ?? []).map((one) => ({
            key: one.revision,
            content: (
              <div className="qa-version">
                <strong>{t("versions.n", { n: one.revision })}</strong>
                <span className="qk-muted">
                  {absoluteTime(one.changed_at, locale)} · {one.changed_by ?? t("versions.system")}
                </span>
                <span>{one.changes.map((name) => t(`change.${name}`)).join(t("comma"))}</span>
                {one.revision !== props.rule.revision && (
                  <Button size="small" loading={restore.busy} onClick={() => void restore.run(one.revision)}>
                    {t("versions.restore")}
                  </Button>
                )}
              </div>
            ),
          }))}
        />
      </State>
    </Drawer>
  );
}
