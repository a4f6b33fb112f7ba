import { Button, Dropdown, Tag } from "antd";
import { CalendarClock, EllipsisVertical } from "lucide-react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { EmptyState } from "@/ui/states";
import { counterChanged } from "./api";
import { serviceName, wallClock } from "./model";
import type { Booking, Desk } from "./types";

const COLOR = { booked: "blue", checked_in: "green", no_show: "orange", cancelled: undefined };

/** Appointments of today, in order. */
export function Appointments({ desk }: { desk: Desk }) {
  const t = useT("counter");
  if (desk.appointments.length === 0)
    return <EmptyState compact icon={CalendarClock} title={t("empty.appointments")} />;
  return (
    <ul className="qc-rows" aria-label={t("list.appointments")}>
      {desk.appointments.map((booking) => (
        <Row key={booking.id} desk={desk} booking={booking} />
      ))}
    </ul>
  );
}

function Row({ desk, booking }: { desk: Desk; booking: Booking }) {
  const t = useT("counter");
  const locale = useLocale();
  const verb = useAct((name: string) =>
    api.post(`/counter/appointments/${booking.id}/${name}`).finally(counterChanged),
  );
  const open = booking.state === "booked";
  return (
    <li className="qc-row">
      <strong className="q-num">{wallClock(booking.starts_at, desk.site.timezone, locale)}</strong>
      <span className="qc-row__main">
        <span>
          {booking.name} · {serviceName(desk.site.services, booking.service_id, locale)}
        </span>
        <span className="q-muted">{[booking.phone, booking.note].filter(Boolean).join(" · ")}</span>
      </span>
      <Tag color={COLOR[booking.state]}>{t(`booking.${booking.state}`)}</Tag>
      {open ? (
        <Button size="small" loading={verb.isPending} onClick={() => verb.mutate("check-in")}>
          {t("booking.check_in")}
        </Button>
      ) : null}
      {open ? (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              {
                key: "no-show",
                label: t("booking.no_show_do"),
                disabled: Date.parse(booking.starts_at) > Date.now(),
              },
              { key: "cancel", label: t("booking.cancel"), danger: true },
            ],
            onClick: ({ key }) => verb.mutate(key),
          }}
        >
          <Button
            size="small"
            type="text"
            aria-label={t("more_of", { code: booking.name })}
            icon={<EllipsisVertical size={15} aria-hidden />}
          />
        </Dropdown>
      ) : null}
    </li>
  );
}
