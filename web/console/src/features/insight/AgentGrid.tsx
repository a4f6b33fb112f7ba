import { useLocale, useT } from "@/app/i18n";
import { duration } from "@/lib/format";
import { useNow } from "@/ui/Time";
import { State, useRows } from "../settings/kit";
import { loadTone, sortAgents } from "./model";
import type { BoardAgent } from "./types";

export function LoadBar(props: { load: number; capacity: number }) {
  const t = useT("insight");
  const share = props.capacity > 0 ? Math.min(1, props.load / props.capacity) : 0;
  return (
    <span className={`qi-load qi-load-${loadTone(props.load, props.capacity)}`} title={t("agent.load")}>
      <i aria-hidden style={{ "--share": `${share * 100}%` } as React.CSSProperties} />
      <span className="qk-num">
        {Math.round(props.load * 10) / 10} / {Math.round(props.capacity * 10) / 10}
      </span>
    </span>
  );
}

/** Everyone who is here, the most loaded first; offline people are left to the agents board. */
export function AgentGrid(props: { onOpen: (agent: BoardAgent) => void }) {
  const t = useT("insight");
  const locale = useLocale();
  const now = useNow(5);
  const agents = useRows<BoardAgent>("/agents");
  const here = sortAgents(agents.rows ?? []).filter((agent) => agent.state !== "offline");
  return (
    <State
      loading={agents.isPending}
      error={agents.rows ? undefined : agents.error}
      onRetry={() => void agents.refetch()}
      empty={here.length === 0}
      emptyTitle={t("agent.noneHere")}
      emptyText={t("agent.noneHereText")}
    >
      <ul className="qi-agents">
        {here.map((agent) => (
          <li key={agent.user.id}>
            <button type="button" onClick={() => props.onOpen(agent)}>
              <span className={`qi-state qi-state-${agent.state}`}>
                <i aria-hidden />
                <strong>{agent.user.name}</strong>
              </span>
              <small>
                {t(`state.${agent.state}`)}
                {agent.since && ` · ${duration((now - Date.parse(agent.since)) / 1000, locale)}`}
              </small>
              <LoadBar load={agent.load} capacity={agent.capacity} />
            </button>
          </li>
        ))}
      </ul>
    </State>
  );
}
