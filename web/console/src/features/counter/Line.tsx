import { Button, Dropdown, Segmented, Tag } from "antd";
import { EllipsisVertical, Users } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { LevelTag } from "@/features/inbox/context/CustomerTab";
import { duration, type Locale, shortDuration } from "@/lib/format";
import { confirmLoss } from "@/ui/feedback";
import { EmptyState } from "@/ui/states";
import { Elapsed } from "@/ui/Time";
import { counterChanged, useVisitVerb } from "./api";
import { IdentifyDialog } from "./IdentifyDialog";
import { inWords, serviceName, wallClock } from "./model";
import { TransferDialog } from "./TransferDialog";
import type { Desk, Visit } from "./types";

/** Nobody can tell to the second; no part of a minute is promised away. */
const inMinutes = (seconds: number, locale: Locale) => {
  const whole = Math.ceil(seconds / 60) * 60;
  return whole < 3600 ? shortDuration(whole, locale) : duration(whole, locale);
};

/** Who waits, by service; who is aside; who is at which counter. */
export function Line({ desk, which }: { desk: Desk; which: "waiting" | "aside" | "counters" }) {
  if (which === "counters") return <Counters desk={desk} />;
  return which === "waiting" ? <Waiting desk={desk} /> : <Aside desk={desk} />;
}

function Waiting({ desk }: { desk: Desk }) {
  const t = useT("counter");
  const locale = useLocale();
  const [service, setService] = useState("all");
  const shown = desk.waiting.filter((one) => service === "all" || one.service_id === service);
  return (
    <>
      {desk.figures.length > 1 ? (
        <Segmented
          className="qc-services"
          value={service}
          onChange={setService}
          options={[
            { value: "all", label: t("all_services") },
            ...desk.figures.map((one) => ({
              value: one.service_id,
              label: `${serviceName(desk.site.services, one.service_id, locale)} ${one.waiting}`,
            })),
          ]}
        />
      ) : null}
      <div className="qc-figures">
        {desk.figures
          .filter((one) => service === "all" || one.service_id === service)
          .map((one) => (
            <span key={one.service_id}>
              <b>{serviceName(desk.site.services, one.service_id, locale)}</b>{" "}
              {t("figures", {
                counters: one.counters,
                longest: one.waiting ? duration(one.longest_wait_s, locale) : "–",
                estimate: one.estimate_s === null ? "–" : inMinutes(one.estimate_s, locale),
              })}
            </span>
          ))}
      </div>
      {shown.length === 0 ? (
        <EmptyState compact icon={Users} title={t("empty.waiting")} />
      ) : (
        <ul className="qc-rows" aria-label={t("list.waiting")}>
          {shown.map((visit) => (
            <Row key={visit.id} desk={desk} visit={visit} />
          ))}
        </ul>
      )}
      {desk.waiting_total > desk.waiting.length ? (
        <p className="q-muted">{t("and_more", { n: desk.waiting_total - desk.waiting.length })}</p>
      ) : null}
    </>
  );
}

function Aside({ desk }: { desk: Desk }) {
  const t = useT("counter");
  if (desk.parked.length + desk.missed.length === 0)
    return <EmptyState compact icon={Users} title={t("empty.aside")} />;
  return (
    <>
      {desk.parked.length ? (
        <>
          <h3 className="qc-part">{t("state.parked")}</h3>
          <ul className="qc-rows" aria-label={t("state.parked")}>
            {desk.parked.map((visit) => (
              <Row key={visit.id} desk={desk} visit={visit} />
            ))}
          </ul>
        </>
      ) : null}
      {desk.missed.length ? (
        <>
          <h3 className="qc-part">{t("state.missed")}</h3>
          <ul className="qc-rows" aria-label={t("state.missed")}>
            {desk.missed.map((visit) => (
              <Row key={visit.id} desk={desk} visit={visit} />
            ))}
          </ul>
        </>
      ) : null}
    </>
  );
}

function Row({ desk, visit }: { desk: Desk; visit: Visit }) {
  const t = useT("counter");
  const locale = useLocale();
  const verb = useVisitVerb();
  const [dialog, setDialog] = useState<"identify" | "transfer" | null>(null);
  const free = desk.counter_id !== null && desk.current === null;
  const kept = desk.site.counters.find((one) => one.id === visit.wanted_counter_id);
  const act = (name: string, body?: unknown) => verb.mutate({ id: visit.id, verb: name, body });
  const giveUp = async () => {
    const sure = await confirmLoss({
      title: t("cancel_title", { code: visit.code }),
      content: t("cancel_text"),
      okText: t("step.cancel"),
    });
    if (sure) act("cancel");
  };
  return (
    <li className="qc-row">
      <strong className="q-num">{visit.code}</strong>
      <span className="qc-row__main">
        <span>
          {serviceName(desk.site.services, visit.service_id, locale)}
          {visit.customer
            ? ` · ${visit.customer.name || `#${visit.customer.number}`} `
            : visit.appointment_name
              ? ` · ${visit.appointment_name}`
              : ""}
          {visit.customer ? <LevelTag level={visit.customer.level} /> : null}
        </span>
        <span className="qc-tags">
          {visit.priority > 1 ? <Tag color="gold">{t(`priority.${visit.priority}`)}</Tag> : null}
          {visit.appointment_at ? (
            <Tag color="blue">
              {t("appointment_at", { time: wallClock(visit.appointment_at, desk.site.timezone, locale) })}
            </Tag>
          ) : null}
          {kept ? <Tag>{t("kept_for", { name: kept.name })}</Tag> : null}
          {visit.staff_name && visit.state === "parked" ? <Tag>{visit.staff_name}</Tag> : null}
          {visit.return_by ? (
            <Tag>{t("return_until", { time: wallClock(visit.return_by, desk.site.timezone, locale) })}</Tag>
          ) : null}
        </span>
      </span>
      <span className="qc-row__wait">
        {visit.state === "waiting" ? <Elapsed since={visit.taken_at} short /> : null}
      </span>
      {visit.state === "missed" ? (
        <Button size="small" loading={verb.isPending} onClick={() => act("back")}>
          {t("step.back")}
        </Button>
      ) : visit.state === "parked" ? (
        <Button size="small" disabled={!free} loading={verb.isPending} onClick={() => act("resume")}>
          {t("step.resume")}
        </Button>
      ) : null}
      <Dropdown
        trigger={["click"]}
        menu={{
          items: [
            ...(visit.state !== "parked"
              ? [{ key: "call", label: t("step.call_this"), disabled: !free }]
              : []),
            ...(visit.customer ? [] : [{ key: "identify", label: t("identify.open") }]),
            ...(visit.state !== "missed" ? [{ key: "transfer", label: t("step.transfer") }] : []),
            ...(visit.state === "waiting"
              ? [1, 2, 3]
                  .filter((one) => one !== visit.priority)
                  .map((one) => ({ key: `priority-${one}`, label: t(`set_priority.${one}`) }))
              : []),
            { type: "divider" as const },
            { key: "cancel", label: t("step.cancel"), danger: true },
          ],
          onClick: ({ key }) => {
            if (key === "identify" || key === "transfer") setDialog(key);
            else if (key === "cancel") void giveUp();
            else if (key.startsWith("priority-")) act("priority", { priority: Number(key.slice(9)) });
            else act(key);
          },
        }}
      >
        <Button
          size="small"
          type="text"
          aria-label={t("more_of", { code: visit.code })}
          icon={<EllipsisVertical size={15} aria-hidden />}
        />
      </Dropdown>
      {dialog === "identify" ? <IdentifyDialog visit={visit} close={() => setDialog(null)} /> : null}
      {dialog === "transfer" ? (
        <TransferDialog desk={desk} visit={visit} close={() => setDialog(null)} />
      ) : null}
    </li>
  );
}

function Counters({ desk }: { desk: Desk }) {
  const t = useT("counter");
  const locale = useLocale();
  const monitors = useCan("conversations.monitor");
  const close = useAct((id: string) => api.post(`/counter/counters/${id}/close`), {
    onSuccess: counterChanged,
  });
  return (
    <ul className="qc-rows" aria-label={t("list.counters")}>
      {desk.site.counters.map((counter) => {
        const visit = desk.at_counters.find((one) => one.counter_id === counter.id);
        return (
          <li className="qc-row" key={counter.id}>
            <strong>{t("counter_name", { name: counter.name })}</strong>
            <span className="qc-row__main">
              <span>
                {counter.staff_id ? (
                  (counter.staff_name ?? "")
                ) : (
                  <span className="q-muted">{t("counter_closed")}</span>
                )}
              </span>
              <span className="qc-tags">
                {counter.taking.map((id) => {
                  const service = desk.site.services.find((one) => one.id === id);
                  return service ? <Tag key={id}>{inWords(service.name, locale)}</Tag> : null;
                })}
              </span>
            </span>
            <span className="q-num">{visit ? `${visit.code} · ${t(`state.${visit.state}`)}` : ""}</span>
            {monitors && counter.staff_id && counter.id !== desk.counter_id ? (
              <Button size="small" loading={close.isPending} onClick={() => close.mutate(counter.id)}>
                {t("mine.close")}
              </Button>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
