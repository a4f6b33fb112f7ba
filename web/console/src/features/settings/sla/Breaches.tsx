import { useInfiniteQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useMemo, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration, percent } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, useRows } from "../kit";
import { type BreachReport, KINDS, type Kind, type Policy, type Subject } from "./types";

type Item = BreachReport["items"][number];
const DAYS = [7, 30, 90, 365];

/** Which promises were not kept, and why. */
export function Breaches() {
  const t = useT("settings/sla");
  const locale = useLocale();
  const [days, setDays] = useState(30);
  const [subject, setSubject] = useState<Subject>("ticket");
  const [policy, setPolicy] = useState<string | undefined>();
  const [kind, setKind] = useState<Kind | undefined>();
  const [reason, setReason] = useState<string | undefined>();
  const policies = useRows<Policy>("/sla/policies").rows ?? [];
  // Whole hours, so that looking again asks the same question.
  const until = useMemo(() => Math.ceil(Date.now() / 3_600_000) * 3_600_000, []);
  const query = {
    since: new Date(until - days * 86_400_000).toISOString(),
    until: new Date(until).toISOString(),
    subject,
    policy_id: policy,
    kind,
    reason,
  };
  const result = useInfiniteQuery({
    queryKey: ["/sla/breaches", query],
    queryFn: ({ pageParam, signal }) =>
      api.get<BreachReport>("/sla/breaches", { ...query, cursor: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  });
  const first = result.data?.pages[0];
  const words = (key: string | null) => {
    if (key === null) return t("unexplained");
    if (key === "words") return t("inWords");
    const label = first?.reasons.find((one) => one.key === key)?.label;
    return label?.[locale] ?? label?.["zh-CN"] ?? label?.en ?? key;
  };
  const reasons = useMemo(() => {
    const counts = new Map<string | null, number>();
    for (const group of first?.groups ?? [])
      counts.set(group.reason_key, (counts.get(group.reason_key) ?? 0) + group.count);
    return [...counts].sort((a, b) => b[1] - a[1]);
  }, [first]);
  const columns: Column<Item>[] = [
    {
      key: "ticket",
      title: t(`subject.${subject}`),
      fixedIn: true,
      render: (_, item) => (
        <a
          href={
            item.subject === "ticket"
              ? `/console/tickets/${item.ref}`
              : `/console/inbox/live/${item.subject_id}`
          }
        >
          <span className="q-num">{item.ref}</span> <span className="qsl-clip">{item.title}</span>
        </a>
      ),
    },
    { key: "kind", title: t("kindColumn"), render: (_, item) => t(`kind.${item.kind}`) },
    { key: "policy", title: t("policy"), render: (_, item) => item.policy ?? "–" },
    {
      key: "at",
      title: t("brokenAt"),
      render: (_, item) => <RelativeTime at={item.breached_at} />,
    },
    {
      key: "over",
      title: t("overBy"),
      align: "right",
      className: "qk-num",
      render: (_, item) => (
        <span title={item.met_at ? absoluteTime(item.met_at, locale) : t("stillOpen")}>
          {duration(Math.max(0, item.elapsed_s - item.target_s), locale)}
        </span>
      ),
    },
    {
      key: "reason",
      title: t("reason"),
      render: (_, item) => (
        <span className={item.reason_key || item.reason_text ? "" : "qk-muted"}>
          {[item.reason_key || !item.reason_text ? words(item.reason_key) : null, item.reason_text]
            .filter(Boolean)
            .join(t("colon"))}
        </span>
      ),
    },
  ];
  const total = first ? first.kept + first.broken : 0;
  return (
    <>
      {first && (
        <dl className="qsl-figures">
          <div>
            <dt>{t("keptShare")}</dt>
            <dd className="q-num">{total ? percent(first.kept / total, locale, 1) : "–"}</dd>
          </div>
          <div>
            <dt>{t("broken")}</dt>
            <dd className="q-num">{first.broken}</dd>
          </div>
          <div className="qsl-bars">
            <dt>{t("byReason")}</dt>
            <dd>
              {reasons.length === 0 && <span className="qk-muted">{t("noBreaches")}</span>}
              {reasons.slice(0, 6).map(([key, count]) => (
                <button
                  key={key ?? ""}
                  type="button"
                  className="qsl-bar"
                  aria-pressed={reason === (key ?? "none")}
                  onClick={() => setReason(reason === (key ?? "none") ? undefined : (key ?? "none"))}
                >
                  <span>{words(key)}</span>
                  <i style={{ width: `${(count / Math.max(1, first.broken)) * 100}%` }} aria-hidden />
                  <b className="q-num">{count}</b>
                </button>
              ))}
            </dd>
          </div>
        </dl>
      )}
      <DataTable
        id="sla-breaches"
        label={t("tab.breaches")}
        rows={result.data?.pages.flatMap((page) => page.items)}
        rowKey="id"
        columns={columns}
        loading={result.isPending}
        error={result.error}
        onRetry={() => void result.refetch()}
        narrowed={Boolean(policy || kind || reason)}
        emptyTitle={t("noBreaches")}
        filters={
          <>
            <Select
              aria-label={t("period")}
              value={days}
              onChange={setDays}
              options={DAYS.map((value) => ({ value, label: t("lastDays", { count: value }) }))}
            />
            <Select
              aria-label={t("subject.label")}
              popupMatchSelectWidth={false}
              value={subject}
              onChange={(next) => {
                setSubject(next);
                setPolicy(undefined);
              }}
              options={(["ticket", "conversation"] as const).map((one) => ({
                value: one,
                label: t(`subject.${one}`),
              }))}
            />
            <Select
              allowClear
              style={{ minWidth: 140 }}
              aria-label={t("policy")}
              placeholder={t("policy")}
              value={policy ?? null}
              onChange={(next: string | undefined) => setPolicy(next)}
              options={policies
                .filter((one) => one.subject === subject)
                .map((one) => ({ value: one.id, label: one.name }))}
            />
            <Select
              allowClear
              style={{ minWidth: 140 }}
              aria-label={t("kindColumn")}
              placeholder={t("kindColumn")}
              value={kind ?? null}
              onChange={(next: Kind | undefined) => setKind(next)}
              options={KINDS.map((one) => ({ value: one, label: t(`kind.${one}`) }))}
            />
          </>
        }
        more={{
          has: result.hasNextPage,
          loading: result.isFetchingNextPage,
          load: () => void result.fetchNextPage(),
        }}
      />
    </>
  );
}
