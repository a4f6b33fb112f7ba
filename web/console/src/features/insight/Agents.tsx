import { Button, Drawer, Dropdown, Segmented } from "antd";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { AgentState } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { absoluteTime, duration } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { toast } from "@/ui/feedback";
import { useNow } from "@/ui/Time";
import { type Column, DataTable, Page, useOne, useRows, useSubmit } from "../settings/kit";
import { readLabelled } from "../settings/routing/lists";
import { LoadBar } from "./AgentGrid";
import { Conversations } from "./Conversations";
import { sortAgents } from "./model";
import type { BoardAgent } from "./types";
import { useLive } from "./Wallboard";

const STATES: AgentState[] = ["online", "busy", "away", "offline"];

export default function Agents() {
  const t = useT("insight");
  const locale = useLocale();
  const now = useNow(1);
  const mayMonitor = useCan("conversations.monitor");
  const agents = useRows<BoardAgent>("/agents");
  const settings = useOne<{ presence_reasons: unknown[] }>("/routing/settings", { staleTime: 300_000 });
  useLive(["/agents"]);
  const [query, setQuery] = useState("");
  const [state, setState] = useState<AgentState | "all" | "here">("here");
  const [open, setOpen] = useState<BoardAgent | null>(null);
  const put = useSubmit(
    (agent: BoardAgent, next: AgentState) => api.put(`/agents/${agent.user.id}/presence`, { state: next }),
    { stale: ["/agents", "/wallboard", "/queues"] },
  );
  const set = async (agent: BoardAgent, next: AgentState) => {
    const done = await put.run(agent, next);
    if (done !== undefined)
      toast.undo(
        t("agent.setDone", { name: agent.user.name, state: t(`state.${next}`) }),
        () => void put.run(agent, agent.state),
      );
  };
  const reason = (key: string | null) => {
    if (!key) return null;
    const known = settings.data?.presence_reasons.map(readLabelled).find((item) => item.key === key);
    return known ? known.label[locale] : t(`reason.${key}`) === `reason.${key}` ? key : t(`reason.${key}`);
  };
  const needle = query.trim().toLowerCase();
  const rows = agents.rows
    ? sortAgents(agents.rows).filter(
        (agent) =>
          (state === "all" || (state === "here" ? agent.state !== "offline" : agent.state === state)) &&
          (!needle || agent.user.name.toLowerCase().includes(needle)),
      )
    : undefined;
  const columns: Column<BoardAgent & { id: string }>[] = [
    {
      key: "name",
      title: t("agent.name"),
      fixedIn: true,
      sorter: (a, b) => a.user.name.localeCompare(b.user.name, locale),
      render: (_, agent) => (
        <button type="button" className="qk-linkish qs-row" onClick={() => setOpen(agent)}>
          <Avatar id={agent.user.id} name={agent.user.name} url={agent.user.avatar_url} size={28} />
          <strong>{agent.user.name}</strong>
        </button>
      ),
    },
    {
      key: "state",
      title: t("agent.state"),
      fixedIn: true,
      render: (_, agent) => {
        const label = (
          <span className={`qi-state qi-state-${agent.state}`}>
            <i aria-hidden />
            {t(`state.${agent.state}`)}
            {reason(agent.reason) && <small> · {reason(agent.reason)}</small>}
          </span>
        );
        if (!mayMonitor) return label;
        return (
          <Dropdown
            trigger={["click"]}
            menu={{
              selectedKeys: [agent.state],
              items: STATES.map((next) => ({
                key: next,
                label: t(`state.${next}`),
                disabled: next === agent.state,
                onClick: () => void set(agent, next),
              })),
            }}
          >
            <Button size="small" type="text" aria-label={t("agent.setState", { name: agent.user.name })}>
              {label} <ChevronDown size={13} aria-hidden />
            </Button>
          </Dropdown>
        );
      },
    },
    {
      key: "since",
      title: t("agent.since"),
      className: "qk-num",
      sorter: (a, b) => (a.since ?? "").localeCompare(b.since ?? ""),
      render: (_, agent) =>
        agent.since ? (
          <span title={absoluteTime(agent.since, locale)}>
            {duration((now - Date.parse(agent.since)) / 1000, locale)}
          </span>
        ) : (
          <span className="qk-muted">–</span>
        ),
    },
    {
      key: "load",
      title: t("agent.load"),
      sorter: (a, b) => a.load / Math.max(a.capacity, 1) - b.load / Math.max(b.capacity, 1),
      render: (_, agent) => <LoadBar load={agent.load} capacity={agent.capacity} />,
    },
    {
      key: "conversations",
      title: t("agent.conversations"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.conversations - b.conversations,
      render: (_, agent) => agent.conversations,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, agent) => (
        <Button size="small" onClick={() => setOpen(agent)}>
          {t("agent.open")}
        </Button>
      ),
    },
  ];
  const count = (which: AgentState) => agents.rows?.filter((agent) => agent.state === which).length ?? 0;
  return (
    <Page wide title={t("nav.agents")} description={t("agent.description")}>
      <DataTable
        id="agents"
        label={t("nav.agents")}
        rows={rows?.map((agent) => ({ ...agent, id: agent.user.id }))}
        rowKey="id"
        columns={columns}
        loading={agents.isPending}
        error={agents.error}
        onRetry={() => void agents.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("agent.search") }}
        narrowed={Boolean(needle) || (state !== "all" && state !== "here")}
        onOpen={setOpen}
        emptyTitle={t(state === "here" ? "agent.noneHere" : "agent.none")}
        emptyText={state === "here" ? t("agent.noneHereText") : undefined}
        filters={
          <Segmented
            aria-label={t("agent.state")}
            value={state}
            onChange={setState}
            options={[
              { value: "here", label: t("agent.here") },
              ...STATES.map((one) => ({ value: one, label: `${t(`state.${one}`)} ${count(one)}` })),
              { value: "all", label: t("agent.all") },
            ]}
          />
        }
      />
      <Drawer open={open !== null} size={620} title={open?.user.name} onClose={() => setOpen(null)}>
        {open && <Conversations where={{ kind: "agent", id: open.user.id, name: open.user.name }} />}
      </Drawer>
    </Page>
  );
}
