import { Button, Dropdown } from "antd";
import { MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import type { Site } from "@/features/counter/types";
import { type Column, DataTable, Page, useConfirm, useRows, useSubmit } from "../kit";
import type { Policy } from "../sla/types";
import type { Calendar, Inbox, Queue } from "../types";
import { groupWeek } from "./model";
import { countryOptions, zoneName } from "./zones";

export default function Calendars() {
  const t = useT("settings");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const [query, setQuery] = useState("");
  const calendars = useRows<Calendar>("/calendars");
  const queues = useRows<Queue>("/queues");
  const inboxes = useRows<Inbox>("/inboxes");
  const promises = useRows<Policy>("/sla/policies", undefined, useCan("sla.manage"));
  const sites = useRows<Site>("/counter/manage/sites", undefined, useCan("inboxes.manage"));
  const usedBy = (calendar: Calendar) => [
    ...(queues.rows ?? []).filter((queue) => queue.calendar_id === calendar.id).map((queue) => queue.name),
    ...(inboxes.rows ?? []).filter((inbox) => inbox.calendar_id === calendar.id).map((inbox) => inbox.name),
    ...(sites.rows ?? [])
      .filter((site) => site.services.some((service) => service.calendar_id === calendar.id))
      .map((site) => site.name),
    ...(promises.rows ?? [])
      .filter((policy) => policy.calendar_id === calendar.id)
      .map((policy) => t("hours.promise", { name: policy.name })),
  ];
  const remove = useSubmit((calendar: Calendar) => api.delete(`/calendars/${calendar.id}`), {
    stale: ["/calendars"],
    done: t("hours.deleted"),
  });
  const columns: Column<Calendar>[] = [
    {
      key: "name",
      title: t("hours.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, calendar) => (
        <button type="button" className="qk-linkish" onClick={() => go(`/settings/hours/${calendar.id}`)}>
          <strong>{calendar.name}</strong>
        </button>
      ),
    },
    {
      key: "week",
      title: t("hours.week"),
      render: (_, calendar) =>
        groupWeek(calendar.weekly).map((group) => (
          <div key={group.from} className={`qk-num ${group.hours.length ? "" : "qk-muted"}`}>
            {group.from === group.to
              ? t(`hours.day.${group.from}`)
              : t("hours.span", { from: t(`hours.day.${group.from}`), to: t(`hours.day.${group.to}`) })}
            {"  "}
            {group.hours.length
              ? group.hours.map(([a, b]) => `${a}–${b}`).join(t("roles.comma"))
              : t("hours.closed")}
          </div>
        )),
    },
    { key: "zone", title: t("hours.timezone"), render: (_, calendar) => zoneName(calendar.timezone, locale) },
    {
      key: "holidays",
      title: t("hours.holidays"),
      render: (_, calendar) =>
        calendar.holidays_country === "CN"
          ? t(calendar.follow_makeup_workdays ? "hours.holidaysCnMakeup" : "hours.holidaysCn")
          : calendar.holidays_country
            ? (countryOptions(locale, calendar.holidays_country).find(
                (option) => option.value === calendar.holidays_country,
              )?.label ?? "")
            : t("kit.none"),
    },
    {
      key: "used",
      title: t("hours.usedBy"),
      render: (_, calendar) => usedBy(calendar).join(t("roles.comma")) || <span className="qk-muted">–</span>,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, calendar) => (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "edit", label: t("kit.edit"), onClick: () => go(`/settings/hours/${calendar.id}`) },
              {
                key: "delete",
                danger: true,
                label: t("kit.delete"),
                onClick: () =>
                  confirm({
                    title: t("hours.deleteTitle", { name: calendar.name }),
                    text: usedBy(calendar).length
                      ? t("hours.deleteUsed", { list: usedBy(calendar).join(t("roles.comma")) })
                      : t("hours.deleteText"),
                    ok: t("kit.delete"),
                    run: () => remove.run(calendar),
                  }),
              },
            ],
          }}
        >
          <Button
            type="text"
            icon={<MoreHorizontal size={16} />}
            aria-label={t("kit.actionsFor", { name: calendar.name })}
          />
        </Dropdown>
      ),
    },
  ];
  const needle = query.trim().toLowerCase();
  return (
    <Page
      wide
      title={t("nav.hours")}
      description={t("hours.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/settings/hours/new")}>
          {t("hours.new")}
        </Button>
      }
    >
      <DataTable
        id="calendars"
        label={t("nav.hours")}
        rows={calendars.rows?.filter((calendar) => calendar.name.toLowerCase().includes(needle))}
        rowKey="id"
        columns={columns}
        loading={calendars.isFetching}
        error={calendars.error}
        onRetry={() => void calendars.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("hours.search") }}
        narrowed={Boolean(needle)}
        onOpen={(calendar) => go(`/settings/hours/${calendar.id}`)}
        emptyTitle={t("hours.empty")}
        emptyText={t("hours.emptyText")}
        emptyAction={<Button onClick={() => go("/settings/hours/new")}>{t("hours.new")}</Button>}
      />
    </Page>
  );
}
