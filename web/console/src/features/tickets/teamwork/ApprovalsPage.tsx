import { Link } from "@tanstack/react-router";
import { Button, Tabs } from "antd";
import { Stamp } from "lucide-react";
import { useEffect, useState } from "react";
import { useGet, usePages } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { realtime } from "@/realtime/client";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { ApprovalCard } from "./ApprovalCard";
import { workChanged } from "./cache";
import { Deputies } from "./Deputies";
import type { Approval } from "./types";
import "./work.css";

const VIEWS = ["waiting", "asked", "decided"] as const;
type View = (typeof VIEWS)[number];

/** What waits for the reader, what they asked, what they decided; and who decides while they are away. */
export default function ApprovalsPage() {
  const t = useT("tickets/teamwork");
  const go = useGo();
  const tasks = useCan("tasks.handle");
  const tickets = useCan("tickets.handle", "tickets.view_all", "tasks.handle");
  const [view, setView] = useState<View>("waiting");
  const counts = useGet<{ waiting: number }>("/approvals/counts");
  const approvals = usePages<Approval>("/approvals", { view, limit: 30 });
  useEffect(() => {
    const stops = [
      realtime.on("approval.changed", workChanged),
      realtime.on("notification.created", (data) => {
        if (data.kind.startsWith("approval.")) workChanged();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, []);
  return (
    <PageFrame
      title={t("approvals")}
      subtitle={t("approvals_subtitle")}
      width="read"
      extra={tasks ? <Button onClick={() => go("/tasks")}>{t("to_tasks")}</Button> : null}
      toolbar={
        <Tabs
          activeKey={view}
          onChange={(key) => setView(key as View)}
          items={VIEWS.map((name) => ({
            key: name,
            label:
              name === "waiting" && counts.data?.waiting
                ? t("with_count", { name: t(`view.${name}`), n: counts.data.waiting })
                : t(`view.${name}`),
          }))}
        />
      }
    >
      <Panel flush>
        {approvals.isPending ? (
          <SkeletonRows rows={4} avatar={false} />
        ) : approvals.error && approvals.items.length === 0 ? (
          <ErrorState error={approvals.error} retry={() => void approvals.refetch()} />
        ) : approvals.items.length === 0 ? (
          <EmptyState icon={Stamp} title={t(`none.${view}`)} />
        ) : (
          <ul className="qw-list qw-list--page">
            {approvals.items.map((approval) => (
              <ApprovalCard
                key={approval.id}
                approval={approval}
                link={
                  tickets ? (
                    <Link to={`/tickets/${approval.ticket.number}` as string}>
                      {approval.ticket.ref} {approval.ticket.title}
                    </Link>
                  ) : (
                    <span>
                      {approval.ticket.ref} {approval.ticket.title}
                    </span>
                  )
                }
              />
            ))}
          </ul>
        )}
        {approvals.hasNextPage ? (
          <div className="qw-more">
            <Button loading={approvals.isFetchingNextPage} onClick={() => void approvals.fetchNextPage()}>
              {t("more")}
            </Button>
          </div>
        ) : null}
      </Panel>
      <Deputies />
    </PageFrame>
  );
}
