import { useParams, useSearch } from "@tanstack/react-router";
import { Checkbox, Input, Segmented, Select } from "antd";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
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
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import { ConditionBuilder, rootOf } from "../kit/conditions";
import type { Calendar } from "../types";
import { useFacts } from "./facts";
import { LadderEditor } from "./LadderEditor";
import {
  blankTarget,
  bodyOf,
  checkPolicy,
  forSubject,
  parseMinutes,
  promises,
  showMinutes,
  withMinutes,
} from "./model";
import { Preview } from "./Preview";
import {
  KINDS,
  type Kind,
  type Policy,
  type PolicyBody,
  PRIORITIES,
  type Subject,
  type Target,
} from "./types";
import "./sla.css";

const BLANK: PolicyBody = {
  subject: "ticket",
  name: "",
  description: "",
  active: true,
  conditions: null,
  targets: {},
  calendar_id: null,
  pause_on: ["pending"],
  ladder: [
    {
      id: "warn",
      when: { at: "percent", value: 75 },
      kinds: [],
      action: { do: "notify", whom: "assignee", role: "supervisor" },
    },
    {
      id: "late",
      when: { at: "after", value: 0 },
      kinds: [],
      action: { do: "notify", whom: "lead", role: "supervisor" },
    },
  ],
};

function draftOf(policy: Policy): PolicyBody {
  const { id: _i, position: _p, revision: _r, open_clocks: _o, updated_at: _u, ...body } = policy;
  // A single test, as it may come by the API, is shown as a group of one.
  return { ...body, conditions: body.conditions ? rootOf(body.conditions) : null };
}

export default function PolicyEditor() {
  const t = useT("settings/sla");
  const st = useT("settings");
  const go = useGo();
  const { policyId } = useParams({ strict: false }) as { policyId: string };
  const { from } = useSearch({ strict: false }) as { from?: string };
  const isNew = policyId === "new";
  const source = isNew ? from : policyId;
  const policy = useOne<Policy>(source ? `/sla/policies/${source}` : null);
  const calendars = useRows<Calendar>("/calendars");
  const draft = useDraft<PolicyBody>(BLANK);
  const { value, set, accept, dirty, problem } = draft;
  const facts = useFacts(value.subject);
  useEffect(() => {
    if (!policy.data || dirty) return;
    const body = draftOf(policy.data);
    accept(isNew ? { ...body, name: t("copyOf", { name: body.name }).slice(0, 80) } : body);
  }, [policy.data, dirty, accept, isNew, t]);
  // A new policy counts in the company's hours unless somebody says otherwise.
  useEffect(() => {
    const first = calendars.rows?.[0];
    if (isNew && !from && first && value.calendar_id === null && !dirty)
      accept({ ...BLANK, calendar_id: first.id });
  }, [calendars.rows, isNew, from, value.calendar_id, dirty, accept]);
  useUnsavedGuard(dirty);

  const save = useSubmit(
    () =>
      isNew
        ? api.post<Policy>("/sla/policies", bodyOf(value))
        : api.put<Policy>(`/sla/policies/${policyId}`, { ...bodyOf(value), revision: policy.data?.revision }),
    {
      stale: ["/sla/policies"],
      draft,
      done: st("kit.saved"),
      onDone: () => {
        accept(value);
        if (isNew) leaveSaved(() => go("/settings/sla"));
      },
    },
  );
  const submit = () => {
    const faults = checkPolicy(value).map((fault) => ({ ...fault, message: t(fault.message) }));
    if (faults.length) {
      draft.refuse(faults);
      requestAnimationFrame(() =>
        document.querySelector(".ant-form-item-has-error, .qk-gap")?.scrollIntoView({ block: "center" }),
      );
    } else void save.run();
  };
  const usesHours = KINDS.some((kind) => value.targets[kind]?.business && promises(value.targets[kind]));

  return (
    <Page
      wide
      title={isNew ? t("newTitle") : (policy.data?.name ?? t("title"))}
      onBack={() => go("/settings/sla")}
      actions={
        <Toggle checked={value.active} onChange={(active) => set({ active })}>
          {t(value.active ? "active" : "inactive")}
        </Toggle>
      }
    >
      <State
        loading={Boolean(source) && policy.isPending}
        error={policy.error}
        onRetry={() => void policy.refetch()}
      >
        <div className="qsl-split">
          <div>
            <FormProblem problems={draft.problems} shown={["name", "description", "calendar_id"]} />
            <Section>
              <Field label={t("subject.label")} help={t(`subject.${value.subject}Text`)}>
                <Segmented
                  aria-label={t("subject.label")}
                  value={value.subject}
                  onChange={(subject) => set(forSubject(value, subject))}
                  options={(["ticket", "conversation"] as const).map((one) => ({
                    value: one,
                    label: t(`subject.${one}`),
                  }))}
                />
              </Field>
              <Grid>
                <Field label={t("name")} htmlFor="sla-name" required problem={problem("name")}>
                  <Input
                    id="sla-name"
                    autoFocus={isNew}
                    maxLength={80}
                    value={value.name}
                    placeholder={t("nameExample")}
                    onChange={(event) => set({ name: event.target.value })}
                  />
                </Field>
                <Field label={t("note")} htmlFor="sla-note" problem={problem("description")}>
                  <Input
                    id="sla-note"
                    maxLength={300}
                    value={value.description}
                    onChange={(event) => set({ description: event.target.value })}
                  />
                </Field>
              </Grid>
            </Section>
            <Section
              title={t(`conditions.${value.subject}`)}
              description={t(`conditionsText.${value.subject}`)}
            >
              <ConditionBuilder
                value={value.conditions}
                onChange={(conditions) => set({ conditions })}
                facts={facts}
                label={t(`conditions.${value.subject}`)}
                emptyText={t(`conditionsEmpty.${value.subject}`)}
              />
            </Section>
            <Section title={t("targets")} description={t("targetsText")}>
              <TargetGrid
                subject={value.subject}
                value={value.targets}
                onChange={(targets) => set({ targets })}
              />
              <div className="qsl-below">
                <Grid>
                  <Field
                    label={t("calendar")}
                    htmlFor="sla-calendar"
                    required={usesHours}
                    help={usesHours ? undefined : t("calendarUnused")}
                    problem={problem("calendar_id")}
                  >
                    <Select
                      id="sla-calendar"
                      allowClear
                      loading={calendars.isPending}
                      placeholder={t("calendarChoose")}
                      value={value.calendar_id}
                      onChange={(calendar_id: string | undefined) =>
                        set({ calendar_id: calendar_id ?? null })
                      }
                      options={(calendars.rows ?? []).map((one) => ({
                        value: one.id,
                        label: `${one.name} (${one.timezone})`,
                      }))}
                    />
                  </Field>
                  <Field label={t("pauses")} help={t("pausesHelp")}>
                    <Checkbox.Group
                      value={value.pause_on}
                      onChange={(pause_on) => set({ pause_on: pause_on as PolicyBody["pause_on"] })}
                      options={[
                        { value: "pending", label: t("pause.pending") },
                        {
                          value: "on_hold",
                          label: t(value.subject === "ticket" ? "pause.on_hold" : "pause.snoozed"),
                        },
                      ]}
                    />
                  </Field>
                </Grid>
              </div>
            </Section>
            <Section title={t("ladder")} description={t("ladderText")}>
              <LadderEditor
                subject={value.subject}
                value={value.ladder}
                onChange={(ladder) => set({ ladder })}
              />
            </Section>
          </div>
          {value.subject === "ticket" && (
            <Preview
              policy={bodyOf(value)}
              policyId={isNew ? null : policyId}
              ready={checkPolicy(value).length === 0}
            />
          )}
        </div>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={draft.reset}
          note={policy.data && !isNew ? t("saveNote", { count: policy.data.open_clocks }) : undefined}
          {...(isNew ? { saveText: st("kit.create") } : {})}
        />
      </State>
    </Page>
  );
}

function TargetGrid(props: {
  subject: Subject;
  value: PolicyBody["targets"];
  onChange: (targets: PolicyBody["targets"]) => void;
}) {
  const t = useT("settings/sla");
  const { value, onChange } = props;
  const change = (kind: Kind, part: Partial<Target>) =>
    onChange({ ...value, [kind]: { ...(value[kind] ?? blankTarget()), ...part } });
  return (
    <div className="qsl-grid-scroll">
      <table className="qsl-grid">
        <caption className="q-sr">{t("targets")}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="q-sr">{t("kindColumn")}</span>
            </th>
            {PRIORITIES.map((priority) => (
              <th key={priority} scope="col">
                {t(`priority.${priority}`)}
              </th>
            ))}
            <th scope="col">{t("countedIn")}</th>
          </tr>
        </thead>
        <tbody>
          {KINDS.map((kind) => (
            <tr key={kind}>
              <th scope="row">
                {t(`kind.${kind}`)}
                <small>{t(`kindText.${props.subject}.${kind}`)}</small>
              </th>
              {PRIORITIES.map((priority) => (
                <td key={priority}>
                  <MinutesInput
                    label={t("cell", { kind: t(`kind.${kind}`), priority: t(`priority.${priority}`) })}
                    value={value[kind]?.minutes[priority] ?? null}
                    onChange={(minutes) => onChange(withMinutes(value, kind, priority, minutes))}
                  />
                </td>
              ))}
              <td>
                <Segmented
                  aria-label={t("countedInOf", { kind: t(`kind.${kind}`) })}
                  value={(value[kind]?.business ?? true) ? "business" : "wall"}
                  onChange={(mode) => change(kind, { business: mode === "business" })}
                  options={[
                    { value: "business", label: t("business") },
                    { value: "wall", label: t("wall") },
                  ]}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A time as people write it; what cannot be read stays to be mended. */
export function MinutesInput(props: {
  label: string;
  value: number | null;
  onChange: (minutes: number | null) => void;
  id?: string;
}) {
  const t = useT("settings/sla");
  const locale = useLocale();
  const [typed, setTyped] = useState<string | null>(null);
  const wrong = typed !== null && parseMinutes(typed) === undefined;
  return (
    <Input
      {...(props.id ? { id: props.id } : {})}
      className="qsl-minutes q-num"
      aria-label={props.label}
      aria-invalid={wrong}
      status={wrong ? "error" : ""}
      title={wrong ? t("minutesWrong") : t("minutesHint")}
      placeholder="–"
      value={typed ?? showMinutes(props.value, locale)}
      onChange={(event) => {
        setTyped(event.target.value);
        const minutes = parseMinutes(event.target.value);
        if (minutes !== undefined) props.onChange(minutes);
      }}
      onBlur={() => {
        if (!wrong) setTyped(null);
      }}
    />
  );
}
