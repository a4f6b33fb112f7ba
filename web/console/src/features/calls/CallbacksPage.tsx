import { Link } from "@tanstack/react-router";
import { Button, Segmented, Switch } from "antd";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import { usePages } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Elapsed } from "@/ui/Time";
import { useCallsLive } from "./api";
import { CustomerLink, DialButton } from "./bits";
import { CallbackActions, PromiseTime } from "./CallbackActions";
import { Subpages } from "./Subpages";
import type { Callback } from "./types";
import "./calls.css";

const WHICH = ["open", "broken", "over"] as const;

/** Promises to call: open ones by when the customer began to wait, broken ones, and those that are over. */
export default function CallbacksPage() {
  const t = useT("calls");
  const go = useGo();
  const [which, setWhich] = useState<(typeof WHICH)[number]>("open");
  const [mine, setMine] = useState(false);
  const promises = usePages<Callback>("/callbacks", { which, mine: mine || undefined, limit: 50 });
  useCallsLive();
  return (
    <PageFrame
      title={t("callback.many")}
      subtitle={t("callback.subtitle")}
      toolbar={
        <div className="q-calls__bar">
          <Subpages value="callbacks" go={go} />
          <Segmented
            value={which}
            onChange={setWhich}
            options={WHICH.map((one) => ({ value: one, label: t(`callback.which.${one}`) }))}
          />
          <label className="q-calls__mine" htmlFor="callbacks-mine">
            <Switch id="callbacks-mine" size="small" checked={mine} onChange={setMine} /> {t("callback.mine")}
          </label>
        </div>
      }
    >
      <Panel flush>
        {promises.isPending ? (
          <SkeletonRows rows={5} avatar={false} />
        ) : promises.error && promises.items.length === 0 ? (
          <ErrorState error={promises.error} retry={() => void promises.refetch()} />
        ) : promises.items.length === 0 ? (
          <EmptyState
            icon={CalendarClock}
            title={t(`callback.none.${which}`)}
            hint={t("callback.none_hint")}
          />
        ) : (
          <ul className="q-calls" aria-label={t("callback.many")}>
            {promises.items.map((promise) => (
              <Row key={promise.id} promise={promise} />
            ))}
          </ul>
        )}
        {promises.hasNextPage ? (
          <div className="q-calls__more">
            <Button loading={promises.isFetchingNextPage} onClick={() => void promises.fetchNextPage()}>
              {t("more")}
            </Button>
          </div>
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function Row({ promise }: { promise: Callback }) {
  const t = useT("calls");
  const open = promise.state === "open";
  return (
    <li className={`q-calls__row q-calls__row--promise ${promise.broken ? "q-calls__row--late" : ""}`}>
      <div className="q-calls__who">
        <CustomerLink customer={promise.customer} />
        <span className="q-muted q-num">{promise.number}</span>
      </div>
      <div className="q-calls__facts q-calls__facts--wide">
        <PromiseTime promise={promise} />
        {promise.topic ? <span>{promise.topic}</span> : null}
        <span className="q-muted">
          {t(`callback.source.${promise.source}`)}
          {promise.promised_by ? ` · ${t("callback.promised_by", { name: promise.promised_by.name })}` : ""}
          {promise.assignee ? ` · ${t("callback.for", { name: promise.assignee.name })}` : ""}
          {open
            ? null
            : ` · ${t(`callback.state.${promise.state}`)}${promise.outcome ? `: ${promise.outcome}` : ""}`}
        </span>
      </div>
      {open ? (
        <span className="q-muted">
          {t("callback.waiting")} <Elapsed since={promise.waiting_since} short />
        </span>
      ) : (
        <span />
      )}
      <div className="q-call__buttons">
        {open ? (
          <>
            <DialButton callbackId={promise.id} />
            <CallbackActions promise={promise} />
          </>
        ) : null}
        {promise.conversation_id ? (
          <Link to={`/inbox/all/${promise.conversation_id}` as string}>{t("conversation")}</Link>
        ) : null}
      </div>
    </li>
  );
}
