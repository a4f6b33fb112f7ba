import { useParams } from "@tanstack/react-router";
import { Button, Checkbox, Input, InputNumber, Radio, Select, Slider, Switch } from "antd";
import { Plus, X } from "lucide-react";
import { useEffect } from "react";
import { api } from "@/api/client";
import type { DirectoryEntry } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { duration } from "@/lib/format";
import {
  chosen,
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
import type { Calendar, Overflow, OverflowCause, Queue, Skill } from "../types";
import { checkQueue, summarize } from "./summary";

export function memberIds(queue: Queue): string[] {
  return queue.members.map((member) => member.id);
}

type QueueDraft = Omit<Queue, "id" | "members"> & { member_ids: string[] };

const BLANK: QueueDraft = {
  name: "",
  description: "",
  priority: 0,
  strategy: "longest_idle",
  required_skills: [],
  calendar_id: null,
  accept_timeout_s: 30,
  sticky: true,
  max_waiting: null,
  overflow: null,
  is_default: false,
  active: true,
  member_ids: [],
};
const CAUSES: OverflowCause[] = ["closed", "no_agent", "cap", "timeout"];
const OVERFLOW: Overflow = { action: "message", queue_id: null, after_s: 300, on: ["closed", "no_agent"] };

function draftOf(queue: Queue): QueueDraft {
  const { id: _, members: __, ...rest } = queue;
  return {
    ...rest,
    required_skills: rest.required_skills.map(({ skill_id, level }) => ({ skill_id, level })),
    member_ids: memberIds(queue),
  };
}

export default function QueueEditor() {
  const t = useT("settings");
  const locale = useLocale();
  const go = useGo();
  const { queueId } = useParams({ strict: false }) as { queueId: string };
  const isNew = queueId === "new";
  const queue = useOne<Queue>(isNew ? null : `/queues/${queueId}`);
  const queues = useRows<Queue>("/queues");
  const skills = useRows<Skill>("/skills");
  const calendars = useRows<Calendar>("/calendars");
  const people = useRows<DirectoryEntry>("/directory");
  const draft = useDraft<QueueDraft>(BLANK);
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (queue.data && !dirty) accept(draftOf(queue.data));
  }, [queue.data, dirty, accept]);
  useUnsavedGuard(dirty);

  const save = useSubmit(
    () => {
      const { is_default, ...body } = value;
      const fields = {
        ...body,
        name: body.name.trim(),
        description: body.description.trim(),
        ...(is_default ? { is_default } : {}),
      };
      return isNew ? api.post<Queue>("/queues", fields) : api.patch<Queue>(`/queues/${queueId}`, fields);
    },
    {
      stale: ["/queues"],
      draft,
      done: t("kit.saved"),
      onDone: () => {
        accept(value);
        if (isNew) leaveSaved(() => go("/settings/queues"));
      },
    },
  );
  const submit = () => {
    const faults = checkQueue(value, isNew ? null : queueId);
    if (faults.length) {
      draft.refuse(faults.map((fault) => ({ field: fault.field, message: t(fault.key) })));
      document.querySelector(".ant-form-item-has-error")?.scrollIntoView({ block: "center" });
    } else void save.run();
  };
  const overflow = value.overflow;
  const setOverflow = (change: Partial<Overflow>) =>
    set({ overflow: { ...(overflow ?? OVERFLOW), ...change } });

  const name = (list: { id: string; name: string }[] | undefined) => (id: string) =>
    list?.find((item) => item.id === id)?.name ?? "…";
  const facts = summarize(value, value.member_ids.length, {
    queue: name(queues.rows),
    skill: name(skills.rows),
    calendar: name(calendars.rows),
    causes: (on, after) =>
      on
        .map((cause) =>
          t(`queues.cause.${cause}`, { time: duration(after ?? 0, locale), count: value.max_waiting ?? 0 }),
        )
        .join(t("queues.or")),
    comma: t("roles.comma"),
  });

  return (
    <Page
      title={isNew ? t("queues.newTitle") : (queue.data?.name ?? t("nav.queues"))}
      onBack={() => go("/settings/queues")}
      actions={
        <Toggle checked={value.active} onChange={(active) => set({ active })}>
          {t(value.active ? "queues.activeOn" : "queues.activeOff")}
        </Toggle>
      }
    >
      <State loading={!isNew && queue.isPending} error={queue.error} onRetry={() => void queue.refetch()}>
        <div className="qs-split">
          <div>
            <FormProblem
              problems={draft.problems}
              shown={[
                "name",
                "description",
                "member",
                "skill",
                "strategy",
                "accept",
                "priority",
                "calendar",
                "max_waiting",
                "overflow",
              ]}
            />
            <Section title={t("queues.basics")}>
              <Field label={t("queues.name")} htmlFor="queue-name" required problem={problem("name")}>
                <Input
                  id="queue-name"
                  autoFocus={isNew}
                  maxLength={60}
                  value={value.name}
                  placeholder={t("queues.nameExample")}
                  onChange={(event) => set({ name: event.target.value })}
                />
              </Field>
              <Field
                label={t("queues.description")}
                htmlFor="queue-description"
                problem={problem("description")}
              >
                <Input.TextArea
                  id="queue-description"
                  autoSize={{ minRows: 2 }}
                  maxLength={300}
                  value={value.description}
                  onChange={(event) => set({ description: event.target.value })}
                />
              </Field>
              <Field label={t("queues.default")} help={t("queues.defaultHelp")}>
                <Switch
                  checked={value.is_default}
                  disabled={queue.data?.is_default === true}
                  aria-label={t("queues.default")}
                  onChange={(is_default) => set({ is_default })}
                />
              </Field>
            </Section>
            <Section title={t("queues.who")} description={t("queues.whoText")}>
              <Field
                label={t("queues.members")}
                htmlFor="queue-members"
                problem={problem("member_ids") ?? problem("user_ids")}
              >
                <Select
                  id="queue-members"
                  mode="multiple"
                  showSearch={{ optionFilterProp: "label" }}
                  loading={people.isPending}
                  placeholder={t("queues.membersNone")}
                  value={value.member_ids}
                  onChange={(member_ids) => set({ member_ids })}
                  options={(people.rows ?? []).map((person) => ({ value: person.id, label: person.name }))}
                />
              </Field>
              <Field
                label={t("queues.skills")}
                help={t("queues.skillsHelp")}
                problem={problem("required_skills")}
              >
                <div className="qs-stack">
                  {value.required_skills.map((item, index) => (
                    <div className="qs-row" key={item.skill_id || index}>
                      <Select
                        style={{ flex: 1 }}
                        aria-label={t("queues.skill")}
                        value={item.skill_id}
                        onChange={(skill_id) =>
                          set({
                            required_skills: value.required_skills.map((old, i) =>
                              i === index ? { ...old, skill_id } : old,
                            ),
                          })
                        }
                        options={(skills.rows ?? []).map((skill) => ({
                          value: skill.id,
                          label: skill.name,
                          disabled: value.required_skills.some(
                            (other, i) => i !== index && other.skill_id === skill.id,
                          ),
                        }))}
                      />
                      <Select
                        style={{ width: 170 }}
                        aria-label={t("queues.level")}
                        value={item.level}
                        onChange={(level) =>
                          set({
                            required_skills: value.required_skills.map((old, i) =>
                              i === index ? { ...old, level } : old,
                            ),
                          })
                        }
                        options={[1, 2, 3, 4, 5].map((level) => ({
                          value: level,
                          label: `≥ ${t(`skills.level${level}`)}`,
                        }))}
                      />
                      <Button
                        type="text"
                        icon={<X size={15} />}
                        aria-label={t("kit.remove")}
                        onClick={() =>
                          set({ required_skills: value.required_skills.filter((_, i) => i !== index) })
                        }
                      />
                    </div>
                  ))}
                  <div>
                    <Button
                      icon={<Plus size={14} />}
                      disabled={!skills.rows || value.required_skills.length >= skills.rows.length}
                      onClick={() => {
                        const free = skills.rows?.find(
                          (skill) => !value.required_skills.some((item) => item.skill_id === skill.id),
                        );
                        if (free)
                          set({
                            required_skills: [...value.required_skills, { skill_id: free.id, level: 1 }],
                          });
                      }}
                    >
                      {t(skills.rows?.length === 0 ? "queues.noSkills" : "queues.addSkill")}
                    </Button>
                  </div>
                </div>
              </Field>
            </Section>
            <Section title={t("queues.how")}>
              <Field label={t("queues.strategy")} problem={problem("strategy")}>
                <Radio.Group
                  className="qs-radios"
                  value={value.strategy}
                  onChange={(event) => set({ strategy: event.target.value })}
                  options={(["longest_idle", "least_loaded", "round_robin"] as const).map((strategy) => ({
                    value: strategy,
                    label: (
                      <span>
                        {t(`queues.strategies.${strategy}`)}
                        <small>{t(`queues.strategyText.${strategy}`)}</small>
                      </span>
                    ),
                  }))}
                />
              </Field>
              <Field label={t("queues.accept")} problem={problem("accept_timeout_s")}>
                <div className="qs-row">
                  <Radio.Group
                    optionType="button"
                    value={value.accept_timeout_s === null ? "auto" : "offer"}
                    onChange={(event) => set({ accept_timeout_s: event.target.value === "auto" ? null : 30 })}
                    options={[
                      { value: "auto", label: t("queues.acceptAuto") },
                      { value: "offer", label: t("queues.acceptOffer") },
                    ]}
                  />
                  {value.accept_timeout_s !== null && (
                    <InputNumber
                      min={5}
                      max={600}
                      aria-label={t("queues.acceptTime")}
                      value={value.accept_timeout_s}
                      suffix={t("kit.seconds")}
                      style={{ width: 140 }}
                      onChange={(seconds) => set({ accept_timeout_s: seconds ?? 30 })}
                    />
                  )}
                </div>
              </Field>
              <Grid>
                <Field
                  label={t("queues.priority")}
                  help={t("queues.priorityHelp")}
                  problem={problem("priority")}
                >
                  <Slider
                    min={0}
                    max={9}
                    marks={{ 0: "0", 5: "5", 9: "9" }}
                    value={value.priority}
                    ariaLabelForHandle={t("queues.priority")}
                    onChange={(priority) => set({ priority })}
                  />
                </Field>
                <Field label={t("queues.sticky")} help={t("queues.stickyHelp")} problem={problem("sticky")}>
                  <Switch
                    checked={value.sticky}
                    aria-label={t("queues.sticky")}
                    onChange={(sticky) => set({ sticky })}
                  />
                </Field>
                <Field label={t("queues.calendar")} htmlFor="queue-calendar" problem={problem("calendar_id")}>
                  <Select
                    id="queue-calendar"
                    value={value.calendar_id ?? ""}
                    onChange={(id) => set({ calendar_id: id || null })}
                    options={[
                      { value: "", label: t("queues.calendarAlways") },
                      ...(calendars.rows ?? []).map((calendar) => ({
                        value: calendar.id,
                        label: calendar.name,
                      })),
                    ]}
                  />
                </Field>
                <Field
                  label={t("queues.cap")}
                  htmlFor="queue-cap"
                  help={t("queues.capHelp")}
                  problem={problem("max_waiting")}
                >
                  <InputNumber
                    id="queue-cap"
                    min={1}
                    max={100000}
                    style={{ width: "100%" }}
                    placeholder={t("queues.capNone")}
                    value={value.max_waiting}
                    onChange={(max_waiting) => set({ max_waiting })}
                  />
                </Field>
              </Grid>
            </Section>
            <Section
              title={t("queues.overflow")}
              description={t("queues.overflowText")}
              extra={
                <Switch
                  checked={overflow !== null}
                  aria-label={t("queues.overflow")}
                  onChange={(on) => set({ overflow: on ? OVERFLOW : null })}
                />
              }
            >
              {overflow === null ? (
                <p className="qk-muted">{t("queues.overflowOff")}</p>
              ) : (
                <>
                  <Field label={t("queues.overflowWhen")} problem={problem("overflow.on")}>
                    <Checkbox.Group
                      className="qs-choices"
                      value={overflow.on}
                      onChange={(on) => setOverflow({ on: on as OverflowCause[] })}
                      options={CAUSES.map((cause) => ({ value: cause, label: t(`queues.when.${cause}`) }))}
                    />
                  </Field>
                  {overflow.on.includes("timeout") && (
                    <Field
                      label={t("queues.overflowAfter")}
                      htmlFor="queue-after"
                      problem={problem("overflow.after_s")}
                    >
                      <InputNumber
                        id="queue-after"
                        min={10}
                        max={86400}
                        style={{ width: 160 }}
                        suffix={t("kit.seconds")}
                        value={overflow.after_s}
                        onChange={(after_s) => setOverflow({ after_s })}
                      />
                    </Field>
                  )}
                  <Field label={t("queues.overflowAction")} problem={problem("overflow.action")}>
                    <Radio.Group
                      className="qs-radios"
                      value={overflow.action}
                      onChange={(event) => setOverflow({ action: event.target.value })}
                      options={(["message", "bot", "queue"] as const).map((action) => ({
                        value: action,
                        label: (
                          <span>
                            {t(`queues.action.${action}`)}
                            <small>{t(`queues.actionText.${action}`)}</small>
                          </span>
                        ),
                      }))}
                    />
                  </Field>
                  {overflow.action === "queue" && (
                    <Field
                      label={t("queues.overflowQueue")}
                      htmlFor="queue-target"
                      required
                      problem={problem("overflow.queue_id")}
                    >
                      <Select
                        id="queue-target"
                        value={chosen(overflow.queue_id, queues.rows)}
                        onChange={(queue_id) => setOverflow({ queue_id })}
                        options={(queues.rows ?? [])
                          .filter((other) => other.id !== queueId)
                          .map((other) => ({ value: other.id, label: other.name }))}
                      />
                    </Field>
                  )}
                </>
              )}
            </Section>
          </div>
          <aside className="qs-aside" aria-live="polite">
            <h2>{t("queues.summary")}</h2>
            <ol>
              {facts.map((fact) => (
                <li key={fact.key} className={["nobody", "inactive"].includes(fact.key) ? "qs-warn" : ""}>
                  {t(`queues.fact.${fact.key}`, fact.params)}
                </li>
              ))}
            </ol>
          </aside>
        </div>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={submit}
          onReset={draft.reset}
          {...(isNew ? { saveText: t("kit.create") } : {})}
        />
      </State>
    </Page>
  );
}
