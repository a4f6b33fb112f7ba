import { Link } from "@tanstack/react-router";
import { Button, Input, Segmented } from "antd";
import { Phone } from "lucide-react";
import { useState } from "react";
import { usePages } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useCallsLive } from "./api";
import { CustomerLink, DialButton, DirectionIcon, Recordings, StateText } from "./bits";
import { Subpages } from "./Subpages";
import type { Call } from "./types";
import "./calls.css";

const WHICH = ["all", "live", "missed", "inbound", "outbound", "recorded"] as const;
type Which = (typeof WHICH)[number];
const QUERY: Record<Which, Record<string, string | boolean | readonly string[]>> = {
  all: {},
  live: { state: ["ringing", "active", "held"] },
  missed: { state: ["missed", "abandoned"] },
  inbound: { direction: "inbound" },
  outbound: { direction: "outbound" },
  recorded: { recorded: true },
};

/** Every call the reader may see, newest first. */
export default function CallsPage() {
  const t = useT("calls");
  const go = useGo();
  const [which, setWhich] = useState<Which>("all");
  const [number, setNumber] = useState("");
  const calls = usePages<Call>("/calls", { ...QUERY[which], number: number || undefined, limit: 50 });
  useCallsLive();
  return (
    <PageFrame
      title={t("title")}
      subtitle={t("subtitle")}
      toolbar={
        <div className="q-calls__bar">
          <Subpages value="calls" go={go} />
          <Segmented
            value={which}
            onChange={setWhich}
            options={WHICH.map((one) => ({ value: one, label: t(`which.${one}`) }))}
          />
          <Input.Search
            allowClear
            className="q-calls__search"
            placeholder={t("whole_number")}
            aria-label={t("whole_number")}
            onSearch={(text) => setNumber(text.trim())}
          />
        </div>
      }
    >
      <Panel flush>
        {calls.isPending ? (
          <SkeletonRows rows={6} avatar={false} />
        ) : calls.error && calls.items.length === 0 ? (
          <ErrorState error={calls.error} retry={() => void calls.refetch()} />
        ) : calls.items.length === 0 ? (
          <EmptyState
            icon={Phone}
            title={t("none")}
            hint={t(which === "all" && !number ? "none_hint" : "none_like")}
          />
        ) : (
          <ul className="q-calls" aria-label={t("title")}>
            {calls.items.map((call) => (
              <Row key={call.id} call={call} />
            ))}
          </ul>
        )}
        {calls.hasNextPage ? (
          <div className="q-calls__more">
            <Button loading={calls.isFetchingNextPage} onClick={() => void calls.fetchNextPage()}>
              {t("more")}
            </Button>
          </div>
        ) : null}
      </Panel>
    </PageFrame>
  );
}

function Row({ call }: { call: Call }) {
  const t = useT("calls");
  return (
    <li className="q-calls__row">
      <DirectionIcon call={call} />
      <div className="q-calls__who">
        <CustomerLink customer={call.customer} />
        <span className="q-muted q-num">{call.number ?? t("withheld")}</span>
      </div>
      <div className="q-calls__facts">
        <StateText call={call} />
        <span className="q-muted q-ellipsis">
          {call.user?.name ?? (call.extension ? t("extension", { n: call.extension }) : call.inbox.name)}
        </span>
      </div>
      <RelativeTime at={call.started_at} className="q-muted" />
      <div className="q-call__buttons">
        <Recordings call={call} />
        {call.customer && call.number ? <DialButton customerId={call.customer.id} /> : null}
        {call.conversation_id ? (
          <Link to={`/inbox/all/${call.conversation_id}` as string}>{t("conversation")}</Link>
        ) : null}
      </div>
    </li>
  );
}
