import { Button, Drawer, Dropdown, InputNumber, Switch, Tag, Tooltip } from "antd";
import {
  AlertTriangle,
  ArrowDown,
  ArrowUp,
  Clock,
  GripVertical,
  ListTree,
  MoreHorizontal,
  Plus,
  Repeat,
  Settings2,
  Zap,
} from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { absoluteTime, integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { CopyButton, Field, Page, State, useConfirm, useRows, useSubmit } from "../kit";
import { asUnit, moved, sparkline } from "./model";
import type { Catalogue, Rule, Trigger } from "./types";
import "./automation.css";

const PATH = "/automation/rules";
const ICONS = { event: Zap, time: Clock, schedule: Repeat } as const;

/** Every rule in the order they run in: what it waits for, whether it is on, how it fared. */
export default function Rules() {
  const t = useT("settings/automation");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const rules = useRows<Rule>(PATH, { locale });
  const catalogue = useGet<Catalogue>("/automation/catalogue", { locale });
  const [order, setOrder] = useState<Rule[] | null>(null);
  const [held, setHeld] = useState<string | null>(null);
  const [told, setTold] = useState("");
  const [limits, setLimits] = useState(false);
  const rows = order ?? rules.rows;

  const reorder = useSubmit(
    (next: Rule[]) => api.put(`${PATH}/order`, { ids: next.map((rule) => rule.id) }),
    {
      stale: [PATH],
    },
  );
  const toggle = useSubmit(
    (rule: Rule, enabled: boolean) => api.put(`${PATH}/${rule.id}/enabled`, { enabled }),
    {
      stale: [PATH],
    },
  );
  const remove = useSubmit((rule: Rule) => api.delete(`${PATH}/${rule.id}`), { stale: [PATH] });
  const copy = useSubmit(
    ({ name, description, subject, trigger, condition, actions, stop }: Rule) =>
      api.post<Rule>(PATH, {
        name: t("list.copyOf", { name }).slice(0, 120),
        description,
        subject,
        trigger,
        condition,
        actions,
        stop,
        enabled: false,
      }),
    { stale: [PATH], onDone: (made) => go(`/settings/automation/${made.id}`) },
  );
  const place = async (next: Rule[], moving: Rule) => {
    setOrder(next);
    setTold(t("list.movedTo", { name: moving.name, n: next.indexOf(moving) + 1 }));
    await reorder.run(next);
    await rules.refetch();
    setOrder(null);
  };
  const shift = (rule: Rule, by: number) => {
    const from = rows?.indexOf(rule) ?? -1;
    if (rows && from >= 0 && from + by >= 0 && from + by < rows.length)
      void place(moved(rows, from, from + by), rule);
  };
  const event = (key: string) =>
    Object.values(catalogue.data?.events ?? {})
      .flat()
      .find((one) => one.key === key)?.label ?? key;

  return (
    <Page
      title={t("title")}
      description={t("text")}
      wide
      actions={
        <>
          <Button icon={<Settings2 size={14} aria-hidden />} onClick={() => setLimits(true)}>
            {t("limits.title")}
          </Button>
          <Button icon={<ListTree size={14} aria-hidden />} onClick={() => go("/settings/automation/log")}>
            {t("log.title")}
          </Button>
          <Button
            type="primary"
            icon={<Plus size={14} aria-hidden />}
            onClick={() => go("/settings/automation/new")}
          >
            {t("list.new")}
          </Button>
        </>
      }
    >
      <State
        loading={rules.isPending}
        error={rules.rows ? undefined : rules.error}
        onRetry={() => void rules.refetch()}
        empty={rows?.length === 0}
        emptyTitle={t("list.empty")}
        emptyText={t("list.emptyText")}
      >
        <ol className="qa-rules" aria-label={t("title")}>
          {(rows ?? []).map((rule, index) => {
            const Icon = ICONS[rule.trigger.kind];
            return (
              <li
                key={rule.id}
                className={`qa-rule ${held === rule.id ? "qa-held" : ""} ${rule.enabled ? "" : "qa-off"}`}
                onDragOver={(over) => {
                  if (held === null || !rows) return;
                  over.preventDefault();
                  const from = rows.findIndex((one) => one.id === held);
                  if (from >= 0 && from !== index) setOrder(moved(rows, from, index));
                }}
                onDrop={(drop) => drop.preventDefault()}
              >
                {/* biome-ignore lint/a11y/noStaticElementInteractions: the menu and Alt with the arrows do the same by keyboard */}
                <span
                  className="qa-grip"
                  draggable
                  title={t("list.drag")}
                  onDragStart={(start) => {
                    start.dataTransfer.effectAllowed = "move";
                    start.dataTransfer.setData("text/plain", rule.id);
                    setHeld(rule.id);
                  }}
                  onDragEnd={(end) => {
                    setHeld(null);
                    if (end.dataTransfer.dropEffect !== "none" && order) void place(order, rule);
                    else setOrder(null);
                  }}
                >
                  <GripVertical size={14} aria-hidden />
                </span>
                <Switch
                  size="small"
                  checked={rule.enabled}
                  disabled={toggle.busy}
                  aria-label={t("list.switch", { name: rule.name })}
                  onChange={(enabled) => void toggle.run(rule, enabled)}
                />
                <button
                  type="button"
                  className="qa-open"
                  aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                  onClick={() => go(`/settings/automation/${rule.id}`)}
                  onKeyDown={(press) => {
                    if (press.altKey && (press.key === "ArrowUp" || press.key === "ArrowDown")) {
                      press.preventDefault();
                      shift(rule, press.key === "ArrowUp" ? -1 : 1);
                    }
                  }}
                >
                  <span className="qa-name">
                    {rule.name}
                    {rule.faults.length > 0 && (
                      <Tooltip title={rule.faults.map((fault) => fault.message).join(" ")}>
                        <Tag color="warning" icon={<AlertTriangle size={12} aria-hidden />}>
                          {t("list.fault", { count: rule.faults.length })}
                        </Tag>
                      </Tooltip>
                    )}
                    {rule.stop && <Tag>{t("list.stops")}</Tag>}
                  </span>
                  <span className="qa-when">
                    <Icon size={13} aria-hidden /> {whenWords(rule.trigger, rule.subject, event, t)}
                    {rule.next_at && ` · ${t("list.next", { at: absoluteTime(rule.next_at, locale) })}`}
                  </span>
                </button>
                <Spark rule={rule} />
                <span className="qa-last">
                  {rule.failed > 0 && (
                    <Button
                      size="small"
                      danger
                      type="text"
                      onClick={() => go(`/settings/automation/log?rule=${rule.id}&outcome=failed`)}
                    >
                      {t("list.failed", { count: rule.failed })}
                    </Button>
                  )}
                  {rule.last_run_at ? <RelativeTime at={rule.last_run_at} /> : t("list.never")}
                </span>
                <span className="qa-order">
                  <Button
                    type="text"
                    size="small"
                    disabled={index === 0}
                    icon={<ArrowUp size={13} aria-hidden />}
                    aria-label={t("list.up", { name: rule.name })}
                    onClick={() => shift(rule, -1)}
                  />
                  <Button
                    type="text"
                    size="small"
                    disabled={index === (rows?.length ?? 0) - 1}
                    icon={<ArrowDown size={13} aria-hidden />}
                    aria-label={t("list.down", { name: rule.name })}
                    onClick={() => shift(rule, 1)}
                  />
                  <Dropdown
                    trigger={["click"]}
                    menu={{
                      items: [
                        { key: "edit", label: t("list.edit") },
                        { key: "log", label: t("editor.log") },
                        { key: "copy", label: t("list.copy") },
                        { type: "divider" },
                        { key: "delete", label: t("list.delete"), danger: true },
                      ],
                      onClick: ({ key }) => {
                        if (key === "edit") go(`/settings/automation/${rule.id}`);
                        else if (key === "log") go(`/settings/automation/log?rule=${rule.id}`);
                        else if (key === "copy") void copy.run(rule);
                        else
                          confirm({
                            title: t("list.deleteTitle", { name: rule.name }),
                            text: t("list.deleteText"),
                            ok: t("list.delete"),
                            run: () => remove.run(rule),
                          });
                      },
                    }}
                  >
                    <Button
                      type="text"
                      size="small"
                      icon={<MoreHorizontal size={15} aria-hidden />}
                      aria-label={t("list.more", { name: rule.name })}
                    />
                  </Dropdown>
                </span>
              </li>
            );
          })}
        </ol>
      </State>
      <p className="qa-sr" aria-live="polite">
        {told}
      </p>
      <Limits open={limits} onClose={() => setLimits(false)} />
    </Page>
  );
}

type T = (key: string, params?: Record<string, unknown>) => string;

/** What a rule waits for, in one line. */
export function whenWords(trigger: Trigger, subject: string, event: (key: string) => string, t: T): string {
  if (trigger.kind === "event") return event(trigger.event);
  if (trigger.kind === "schedule")
    return t(`list.every_${trigger.every}`, { time: trigger.time, zone: trigger.timezone ?? "" });
  const { count, unit } = asUnit(trigger.minutes);
  return t(trigger.before ? "list.before" : "list.after", {
    span: t(`span.${unit}`, { count }),
    clock: trigger.clock === "business" ? t("list.business") : "",
    since: t(`since.${trigger.since}`),
    subject: t(`subject.${subject}`),
  });
}

function Spark({ rule }: { rule: Rule }) {
  const t = useT("settings/automation");
  const locale = useLocale();
  const total = rule.daily.reduce((sum, count) => sum + count, 0);
  const words = t("list.runs", { count: total, shown: integer(total, locale) });
  return (
    <Tooltip title={words}>
      <span className="qa-spark">
        <svg width="84" height="22" viewBox="0 0 84 22" role="img" aria-label={words}>
          <title>{words}</title>
          <polyline points={sparkline(rule.daily, 84, 22)} fill="none" />
        </svg>
        <span>{integer(total, locale)}</span>
      </span>
    </Tooltip>
  );
}

interface LimitsView {
  mails_per_hour: number;
  sent_last_hour: number;
}

/** What keeps rules from flooding people with mail, and what other programs check our calls with. */
function Limits(props: { open: boolean; onClose: () => void }) {
  const t = useT("settings/automation");
  const limits = useGet<LimitsView>("/automation/limits", undefined, { enabled: props.open });
  const [most, setMost] = useState<number | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const save = useSubmit((mails_per_hour: number) => api.put("/automation/limits", { mails_per_hour }), {
    stale: ["/automation/limits"],
    done: t("editor.saved"),
    onDone: () => setMost(null),
  });
  const show = useSubmit(() => api.post<{ secret: string }>("/automation/webhook-secret"), {
    onDone: (found) => setSecret(found.secret),
  });
  const close = () => {
    setSecret(null);
    setMost(null);
    props.onClose();
  };
  return (
    <Drawer open={props.open} onClose={close} title={t("limits.title")} size={440}>
      <State loading={limits.isPending} error={limits.error} onRetry={() => void limits.refetch()}>
        <Field label={t("limits.mails")} htmlFor="limit-mails" help={t("limits.mailsHelp")}>
          <InputNumber
            id="limit-mails"
            min={0}
            max={100_000}
            precision={0}
            value={most ?? limits.data?.mails_per_hour ?? 0}
            onChange={(value) => setMost(value ?? 0)}
          />
        </Field>
        <p className="qk-muted">{t("limits.sent", { count: limits.data?.sent_last_hour ?? 0 })}</p>
        <Button
          type="primary"
          disabled={most === null || most === limits.data?.mails_per_hour}
          loading={save.busy}
          onClick={() => most !== null && void save.run(most)}
        >
          {t("limits.save")}
        </Button>
        <div className="qa-secret">
          <Field label={t("limits.secret")} help={t("limits.secretHelp")}>
            {secret ? (
              <span className="qa-secret-row">
                <code translate="no">{secret}</code>
                <CopyButton text={secret} />
              </span>
            ) : (
              <Button loading={show.busy} onClick={() => void show.run()}>
                {t("limits.show")}
              </Button>
            )}
          </Field>
        </div>
      </State>
    </Drawer>
  );
}
