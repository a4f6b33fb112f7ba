import { Button, Checkbox, Dropdown, Select, Tag } from "antd";
import { BellRing, ChevronDown, DoorClosed, DoorOpen, Megaphone } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useShortcuts } from "@/app/shortcuts";
import { LevelTag } from "@/features/inbox/context/CustomerTab";
import { toast } from "@/ui/feedback";
import { Elapsed } from "@/ui/Time";
import { counterChanged, useVisitVerb } from "./api";
import { EndDialog } from "./EndDialog";
import { IdentifyDialog } from "./IdentifyDialog";
import { inWords, mainStep, serviceName } from "./model";
import { TransferDialog } from "./TransferDialog";
import type { Desk, Visit } from "./types";

/** The counter of whoever looks: open it, then one key calls, begins and ends. */
export function MyCounter({ desk }: { desk: Desk }) {
  return desk.counter_id ? <Open desk={desk} counterId={desk.counter_id} /> : <Closed desk={desk} />;
}

function Closed({ desk }: { desk: Desk }) {
  const t = useT("counter");
  const locale = useLocale();
  const mine = desk.site.services.filter((one) => desk.site.may_take.includes(one.id));
  const free = desk.site.counters.filter((one) => one.staff_id === null);
  const [counter, setCounter] = useState<string | null>(null);
  const chosen = counter ?? free[0]?.id ?? null;
  const allowed = desk.site.counters.find((one) => one.id === chosen)?.service_ids ?? [];
  const offered = mine.filter((one) => allowed.length === 0 || allowed.includes(one.id));
  const [off, setOff] = useState<string[]>([]);
  const taking = offered.filter((one) => !off.includes(one.id)).map((one) => one.id);
  const open = useAct(() => api.post(`/counter/counters/${chosen}/open`, { service_ids: taking }), {
    onSuccess: counterChanged,
  });
  if (mine.length === 0)
    return (
      <section className="qc-mine">
        <p className="q-muted">{t("mine.nothing")}</p>
      </section>
    );
  return (
    <section className="qc-mine" aria-label={t("mine.label")}>
      <h2>{t("mine.open_title")}</h2>
      <div className="qc-open">
        <Select
          aria-label={t("mine.counter")}
          value={chosen}
          onChange={setCounter}
          placeholder={t("mine.no_counter")}
          options={free.map((one) => ({ value: one.id, label: t("counter_name", { name: one.name }) }))}
          style={{ width: 160 }}
        />
        <Checkbox.Group
          value={taking}
          onChange={(kept) => setOff(offered.map((one) => one.id).filter((id) => !kept.includes(id)))}
          options={offered.map((one) => ({
            value: one.id,
            label: `${one.prefix} ${inWords(one.name, locale)}`,
          }))}
        />
        <Button
          type="primary"
          icon={<DoorOpen size={15} aria-hidden />}
          disabled={!chosen || taking.length === 0}
          loading={open.isPending}
          onClick={() => open.mutate(undefined)}
        >
          {t("mine.open")}
        </Button>
      </div>
    </section>
  );
}

function Open({ desk, counterId }: { desk: Desk; counterId: string }) {
  const t = useT("counter");
  const locale = useLocale();
  const current = desk.current;
  const counter = desk.site.counters.find((one) => one.id === counterId);
  const [dialog, setDialog] = useState<"end" | "transfer" | "identify" | null>(null);
  const verb = useVisitVerb();
  const next = useAct(() => api.post<{ visit: Visit | null }>("/counter/next").finally(counterChanged), {
    onSuccess: (found) => {
      if (!found.visit) toast.info(t("mine.nobody"));
    },
  });
  const close = useAct(() => api.post(`/counter/counters/${counterId}/close`), { onSuccess: counterChanged });
  const busy = verb.isPending || next.isPending;
  const act = (name: string) => current && verb.mutate({ id: current.id, verb: name });
  const step = mainStep(current);
  const main = () => {
    if (busy) return;
    if (step === "next") next.mutate(undefined);
    else if (step === "start") act("start");
    else setDialog("end");
  };
  const called = current?.state === "called";
  const mayMiss = called && (current?.calls ?? 0) >= desk.rules.calls_before_miss;
  useShortcuts([
    { keys: "c", group: "general", label: t(`step.${step}`), run: main, enabled: dialog === null },
    {
      keys: "r",
      group: "general",
      label: t("step.recall"),
      run: () => act("recall"),
      enabled: called && dialog === null,
    },
    {
      keys: "m",
      group: "general",
      label: t("step.miss"),
      run: () => act("miss"),
      enabled: mayMiss && dialog === null,
    },
  ]);
  const coming = desk.waiting.find((one) => one.id === desk.next);
  return (
    <section className="qc-mine" aria-label={t("mine.label")}>
      <header className="qc-mine__head">
        <h2>{t("counter_name", { name: counter?.name ?? "" })}</h2>
        <span className="qc-tags">
          {(counter?.taking ?? []).map((id) => (
            <Tag key={id}>{serviceName(desk.site.services, id, locale)}</Tag>
          ))}
        </span>
        <Button
          type="text"
          icon={<DoorClosed size={15} aria-hidden />}
          loading={close.isPending}
          disabled={current !== null}
          onClick={() => close.mutate(undefined)}
        >
          {t("mine.close")}
        </Button>
      </header>
      <div className={`qc-now ${current ? `qc-now--${current.state}` : ""}`}>
        {current ? (
          <>
            <strong className="qc-code">{current.code}</strong>
            <div className="qc-about">
              <span>
                {serviceName(desk.site.services, current.service_id, locale)} ·{" "}
                {called ? t("calls", { n: current.calls }) : t(`state.${current.state}`)}
              </span>
              <span className="q-muted">
                {current.started_at ? (
                  <Elapsed since={current.started_at} />
                ) : current.called_at ? (
                  <Elapsed since={current.called_at} />
                ) : null}
              </span>
              <span className="qc-who">
                {current.customer ? (
                  <>
                    {current.customer.name || `#${current.customer.number}`}{" "}
                    <LevelTag level={current.customer.level} />
                  </>
                ) : (
                  <>
                    {current.appointment_name ? <span>{current.appointment_name}</span> : null}
                    <Button size="small" onClick={() => setDialog("identify")}>
                      {t("identify.open")}
                    </Button>
                  </>
                )}
                {current.phone ? <span className="q-muted q-num">{current.phone}</span> : null}
              </span>
            </div>
          </>
        ) : (
          <div className="qc-about">
            <span>{coming ? t("mine.coming", { code: coming.code }) : t("mine.nobody")}</span>
            {coming ? (
              <span className="q-muted">
                {serviceName(desk.site.services, coming.service_id, locale)} · {t("waited")}{" "}
                <Elapsed since={coming.taken_at} short />
              </span>
            ) : null}
          </div>
        )}
        <div className="qc-steps">
          <Button
            type="primary"
            size="large"
            icon={step === "next" ? <Megaphone size={16} aria-hidden /> : undefined}
            loading={busy}
            onClick={main}
          >
            {t(`step.${step}`)} <kbd>C</kbd>
          </Button>
          {called ? (
            <Button icon={<BellRing size={15} aria-hidden />} disabled={busy} onClick={() => act("recall")}>
              {t("step.recall")} <kbd>R</kbd>
            </Button>
          ) : null}
          {called ? (
            <Button
              disabled={busy || !mayMiss}
              title={mayMiss ? undefined : t("miss_after", { n: desk.rules.calls_before_miss })}
              onClick={() => act("miss")}
            >
              {t("step.miss")} <kbd>M</kbd>
            </Button>
          ) : null}
          {current ? (
            <Dropdown
              menu={{
                items: [
                  ...(current.state === "serving" ? [{ key: "park", label: t("step.park") }] : []),
                  { key: "transfer", label: t("step.transfer") },
                  ...(called
                    ? [
                        { key: "end", label: t("step.end") },
                        { key: "cancel", label: t("step.cancel") },
                      ]
                    : []),
                ],
                onClick: ({ key }) => {
                  if (key === "transfer" || key === "end") setDialog(key);
                  else act(key);
                },
              }}
            >
              <Button disabled={busy}>
                {t("more")} <ChevronDown size={14} aria-hidden />
              </Button>
            </Dropdown>
          ) : null}
        </div>
      </div>
      {current && dialog === "end" ? (
        <EndDialog visit={current} close={() => setDialog(null)} />
      ) : current && dialog === "transfer" ? (
        <TransferDialog desk={desk} visit={current} close={() => setDialog(null)} />
      ) : current && dialog === "identify" ? (
        <IdentifyDialog visit={current} close={() => setDialog(null)} />
      ) : null}
    </section>
  );
}
