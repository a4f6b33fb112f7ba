import { Button, Input, Modal, Select } from "antd";
import { MessageSquareWarning } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration } from "@/lib/format";
import { EmptyState, Fetched } from "@/ui/states";
import { useNow } from "@/ui/Time";
import { DueClock, Ring } from "./DueClock";
import { inOrder, toneOfClock, usedShare } from "./model";
import type { Clock, Clocks as Found } from "./types";
import "./sla.css";

interface Props {
  /** What this panel reads of a ticket; `version` makes it look again after a change. */
  ticket: { id: string; version?: number };
}

/** The promises made for a ticket: what runs, what stands still and why, what was kept or broken, and why it was. */
export default function ClocksPanel({ ticket }: Props) {
  return <Promises path={`/sla/tickets/${ticket.id}`} version={ticket.version} />;
}

interface Promised {
  path: string;
  version: number | string | undefined;
  held?: string;
}

/** The same of whatever promises are made about. `held`: what standing still on hold means there. */
export function Promises(props: Promised) {
  return <Kept key={props.path} {...props} />;
}

function Kept(props: Promised) {
  const { path, version, held = "on_hold" } = props;
  const t = useT("tickets/sla");
  const clocks = useGet<Found>(path, { version }, { refetchInterval: 60_000, keep: true });
  const named = (found: Found): Found => ({
    ...found,
    items: found.items.map((one) => (one.paused_why === "on_hold" ? { ...one, paused_why: held } : one)),
  });
  return (
    <Fetched
      query={clocks}
      compact
      isEmpty={(found) => found.items.length === 0}
      empty={<EmptyState compact title={t("none")} hint={t("noneHint")} />}
    >
      {(found) => <Clocks path={path} found={named(found)} />}
    </Fetched>
  );
}

function Clocks({ path, found }: { path: string; found: Found }) {
  const t = useT("tickets/sla");
  const [explained, setExplained] = useState<Clock | null>(null);
  const rows = inOrder(found.items);
  const open = rows.filter((clock) => clock.met_at === null && clock.state !== "cancelled");
  const over = rows.filter((clock) => !open.includes(clock));
  const list = (items: Clock[]) => (
    <ul className="qd-list">
      {items.map((clock) => (
        <Item
          key={clock.id}
          clock={clock}
          {...(found.may_explain && clock.breached_at ? { onExplain: () => setExplained(clock) } : {})}
        />
      ))}
    </ul>
  );
  return (
    <>
      {open.length > 0 ? list(open) : <p className="qd-more">{t("nothingOpen")}</p>}
      {over.length > 0 && (
        <details className="qd-over" open={over.some((clock) => clock.breached_at && !clock.reason)}>
          <summary>{t("over", { count: over.length })}</summary>
          {list(over)}
        </details>
      )}
      {explained && (
        <Explain path={path} clock={explained} reasons={found.reasons} onClose={() => setExplained(null)} />
      )}
    </>
  );
}

function Item({ clock, onExplain }: { clock: Clock; onExplain?: () => void }) {
  const t = useT("tickets/sla");
  const locale = useLocale();
  const now = useNow(10);
  const tone = toneOfClock(clock, now);
  const isOpen = clock.met_at === null && clock.state !== "cancelled";
  return (
    <li className={`qd-item qd-${tone}`}>
      <Ring tone={tone} share={isOpen ? usedShare(clock) : 1} />
      <div className="qd-line">
        <span className="qd-name">{t(`kind.${clock.kind}`)}</span>
        {isOpen ? (
          <DueClock
            dueAt={clock.due_at}
            breached={clock.state === "breached"}
            startedAt={clock.started_at}
            pausedWhy={clock.paused_why}
            kind={clock.kind}
            calendar={clock.calendar?.name ?? t("aroundTheClock")}
            compact
          />
        ) : (
          <span>
            {clock.state === "cancelled" ? t("cancelled") : t(clock.breached_at ? "metLate" : "met")}
          </span>
        )}
      </div>
      {isOpen && (
        <div className="qd-bar" aria-hidden="true">
          <i style={{ width: `${usedShare(clock) * 100}%` }} />
        </div>
      )}
      <div className="qd-more q-num">
        {t("used", { used: duration(clock.elapsed_s, locale), target: duration(clock.target_s, locale) })}
        {t("dot")}
        {clock.calendar?.name ?? t("aroundTheClock")}
        {clock.policy ? `${t("dot")}${clock.policy.name}` : null}
      </div>
      {clock.state === "paused" && clock.paused_since && (
        <div className="qd-more">
          {t(`pausedSince.${clock.paused_why ?? "pending"}`, {
            at: absoluteTime(clock.paused_since, locale),
          })}
        </div>
      )}
      {clock.met_at && (
        <div className="qd-more">{t("metAt", { at: absoluteTime(clock.met_at, locale) })}</div>
      )}
      {clock.breached_at && (
        <div className="qd-reason">
          <span>
            {t("brokenAt", { at: absoluteTime(clock.breached_at, locale) })}
            {clock.broken_target_s !== null
              ? t("brokenTarget", { target: duration(clock.broken_target_s, locale) })
              : clock.broken_by_change
                ? t("brokenByChange")
                : null}
          </span>
          {clock.reason && (
            <span>
              {t("because", {
                reason: [clock.reason.label?.[locale] ?? clock.reason.key, clock.reason.text]
                  .filter(Boolean)
                  .join(t("colon")),
              })}
            </span>
          )}
          {onExplain && (
            <Button size="small" icon={<MessageSquareWarning size={13} aria-hidden />} onClick={onExplain}>
              {t(clock.reason ? "explainAgain" : "explain")}
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

function Explain(props: { path: string; clock: Clock; reasons: Found["reasons"]; onClose: () => void }) {
  const t = useT("tickets/sla");
  const locale = useLocale();
  const { clock } = props;
  const [key, setKey] = useState<string | null>(clock.reason?.key ?? null);
  const [text, setText] = useState(clock.reason?.text ?? "");
  const save = useAct(() => api.put(`/sla/clocks/${clock.id}/reason`, { key, text: text.trim() }), {
    invalidates: [props.path],
    onSuccess: props.onClose,
  });
  return (
    <Modal
      open
      title={t("explainTitle", { kind: t(`kind.${clock.kind}`) })}
      okText={t("save")}
      cancelText={t("cancel")}
      okButtonProps={{ disabled: !key && !text.trim(), loading: save.isPending }}
      onOk={() => save.mutate(undefined)}
      onCancel={props.onClose}
    >
      <p className="qd-more">{t("explainHint")}</p>
      <Select
        style={{ width: "100%", marginBlock: 8 }}
        allowClear
        autoFocus
        aria-label={t("reason")}
        placeholder={t("reason")}
        value={key}
        onChange={(next: string | undefined) => setKey(next ?? null)}
        options={props.reasons.map((reason) => ({
          value: reason.key,
          label: reason.label[locale] ?? reason.label["zh-CN"] ?? reason.label.en ?? reason.key,
        }))}
      />
      <Input.TextArea
        rows={3}
        maxLength={500}
        aria-label={t("inWords")}
        placeholder={t("inWords")}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
    </Modal>
  );
}
