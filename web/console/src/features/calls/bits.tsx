import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { Mic, Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing, Voicemail } from "lucide-react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { duration } from "@/lib/format";
import { customerName } from "../inbox/text";
import { useDial, useDialLines } from "./api";
import type { CallCustomer } from "./types";

export function DirectionIcon({ call }: { call: { direction: string; state: string } }) {
  const t = useT("calls");
  const missed = call.state === "missed" || call.state === "abandoned";
  const Icon = missed ? PhoneMissed : call.direction === "outbound" ? PhoneOutgoing : PhoneIncoming;
  return (
    <span className={missed ? "q-call__icon q-call__icon--missed" : "q-call__icon"}>
      <Icon size={16} role="img" aria-label={t(`direction.${call.direction}`)} />
    </span>
  );
}

export function StateText({ call }: { call: { state: string; talk_s: number; wait_s: number } }) {
  const t = useT("calls");
  const locale = useLocale();
  if (call.state === "ended") return <span className="q-num">{duration(call.talk_s, locale)}</span>;
  const missed = call.state === "missed" || call.state === "abandoned";
  return (
    <span className={missed ? "q-call__state q-call__state--missed" : "q-call__state"}>
      {t(`state.${call.state}`)}
      {missed && call.wait_s ? (
        <small className="q-num"> {t("after", { time: duration(call.wait_s, locale) })}</small>
      ) : null}
    </span>
  );
}

export function CustomerLink({ customer }: { customer: CallCustomer | null }) {
  const t = useT("calls");
  if (!customer) return <span className="q-muted">{t("nobody")}</span>;
  return (
    <Link to={`/customers/${customer.id}` as string} className="q-ellipsis">
      {customerName(customer, t)}
    </Link>
  );
}

/** Opens a recording; who did is noted. It is played here when it is kept here. */
export function Recordings({
  call,
}: {
  call: { id: string; has_recording: boolean; has_voicemail: boolean };
}) {
  const t = useT("calls");
  const listen = useAct((kind: string) => api.post<{ url: string }>(`/calls/${call.id}/${kind}`), {
    onSuccess: ({ url }) => void window.open(url, "_blank", "noopener"),
  });
  return (
    <>
      {call.has_recording ? (
        <Button size="small" icon={<Mic size={14} />} onClick={() => listen.mutate("recording")}>
          {t("recording")}
        </Button>
      ) : null}
      {call.has_voicemail ? (
        <Button size="small" icon={<Voicemail size={14} />} onClick={() => listen.mutate("voicemail")}>
          {t("voicemail")}
        </Button>
      ) : null}
    </>
  );
}

/** Calls a customer with one click, where the reader has an extension to call from. */
export function DialButton({ customerId, callbackId }: { customerId?: string; callbackId?: string }) {
  const t = useT("calls");
  const lines = useDialLines();
  const dial = useDial();
  if (!lines.length) return null;
  return (
    <Button
      size="small"
      icon={<Phone size={14} />}
      loading={dial.isPending}
      onClick={() => dial.mutate(callbackId ? { callback_id: callbackId } : { customer_id: customerId })}
    >
      {t("dial.call")}
    </Button>
  );
}
