import { Alert } from "antd";

import { useLocale, useT } from "@/app/i18n";
import { absoluteTime } from "@/lib/format";
import { Dot, Section, useRows } from "../kit";
import type { Health } from "./types";

/** Whoever sets a channel up watches for the first message. */
const LOOKED_AT_EVERY_MS = 5000;

export function useHealth() {
  return useRows<Health>("/channels/health", undefined, true, { refetchInterval: LOOKED_AT_EVERY_MS });
}

/** An inbox through which nothing has come or gone yet. */
const UNTOUCHED: Omit<Health, "inbox_id"> = {
  state: "quiet",
  last_in_at: null,
  last_out_at: null,
  failing_since: null,
  failed_at: null,
  reason: null,
  waiting: 0,
  dead: 0,
  failed: 0,
};

/** The state of an inbox in a dot and a word. */
export function HealthDot(props: { health: Pick<Health, "state"> | undefined }) {
  const t = useT("settings/channels");
  const state = props.health?.state ?? "quiet";
  const tone = state === "failing" ? "breach" : state === "fine" ? "ok" : "idle";
  return <Dot tone={tone}>{t(`state.${state}`)}</Dot>;
}

/** How an inbox is doing: when it last worked in either direction, what waits, what failed and why. */
export function HealthCard(props: { inboxId: string }) {
  const t = useT("settings/channels");
  const locale = useLocale();
  const known = useHealth().rows;
  if (!known) return null;
  const health = known.find((one) => one.inbox_id === props.inboxId) ?? UNTOUCHED;
  const at = (moment: string | null) => (moment ? absoluteTime(moment, locale) : t("never"));
  return (
    <Section title={t("health")} extra={<HealthDot health={health} />}>
      {health.state === "failing" && health.reason && (
        <Alert type="error" showIcon title={health.reason} className="qk-gap" />
      )}
      <dl className="qch-facts">
        <dt>{t("lastIn")}</dt>
        <dd>{at(health.last_in_at)}</dd>
        <dt>{t("lastOut")}</dt>
        <dd>{at(health.last_out_at)}</dd>
        <dt>{t("waiting")}</dt>
        <dd>{t("counts", { waiting: health.waiting, dead: health.dead, failed: health.failed })}</dd>
      </dl>
    </Section>
  );
}
