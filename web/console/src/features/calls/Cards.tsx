import { CalendarClock } from "lucide-react";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { duration } from "@/lib/format";
import { useCallsLive } from "./api";
import { DialButton, DirectionIcon, Recordings, StateText } from "./bits";
import { CallbackActions, PromiseTime } from "./CallbackActions";
import type { Callback } from "./types";
import "./calls.css";

interface CallFacts {
  id: string;
  direction: "inbound" | "outbound";
  state: string;
  number: string | null;
  line: string | null;
  agent: string | null;
  wait_s: number;
  talk_s: number;
  held_s: number;
  hung_up_by: string | null;
  transfers: number;
  recording: boolean;
  voicemail: boolean;
}

/** A call in the transcript, as it stands now. */
export function CallCard({ call }: { call: CallFacts }) {
  const t = useT("calls");
  const locale = useLocale();
  const facts = [
    call.agent,
    call.wait_s ? t("card.waited", { time: duration(call.wait_s, locale) }) : null,
    call.held_s ? t("card.held", { time: duration(call.held_s, locale) }) : null,
    call.transfers ? t("card.transfers", { n: call.transfers }) : null,
    call.hung_up_by ? t(`card.hung_up.${call.hung_up_by}`) : null,
  ].filter(Boolean);
  return (
    <div className="q-card">
      <div className="q-card__kind">
        <DirectionIcon call={call} />
        {t(`direction.${call.direction}`)}
        <span className="q-card__status">
          <StateText call={call} />
        </span>
      </div>
      <div className="q-card__title q-num">{call.number ?? t("withheld")}</div>
      {facts.length ? <div className="q-card__text">{facts.join(" · ")}</div> : null}
      <div className="q-call__buttons">
        <Recordings call={{ id: call.id, has_recording: call.recording, has_voicemail: call.voicemail }} />
      </div>
    </div>
  );
}

/** A promise to call in the transcript, with what one does about it. */
export function CallbackCard({ id, topic, number }: { id: string; topic?: string; number?: string }) {
  const t = useT("calls");
  useCallsLive();
  const promise = useGet<Callback>(`/callbacks/${id}`).data;
  return (
    <div className="q-card">
      <div className="q-card__kind">
        <CalendarClock size={14} aria-hidden />
        {t("callback.one")}
        {promise ? <span className="q-card__status">{t(`callback.state.${promise.state}`)}</span> : null}
      </div>
      <div className="q-card__title q-num">{promise?.number ?? number}</div>
      {topic ? <div className="q-card__text">{topic}</div> : null}
      {promise ? (
        <>
          <PromiseTime promise={promise} />
          {promise.state === "open" ? (
            <div className="q-call__buttons">
              <DialButton callbackId={promise.id} />
              <CallbackActions promise={promise} />
            </div>
          ) : null}
        </>
      ) : null}
    </div>
  );
}
