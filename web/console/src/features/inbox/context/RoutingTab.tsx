import { CircleCheck, CircleX, Route as RouteIcon } from "lucide-react";
import { useEffect } from "react";
import { useGet } from "@/api/hooks";
import type { ConversationView, Id, Iso, Page, Ref } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { Promises } from "@/features/tickets/sla/ClocksPanel";
import { duration } from "@/lib/format";
import { EmptyState, Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { known } from "../text";
import { Section } from "./parts";

interface Candidate {
  user_id: Id;
  name: string;
  eligible: boolean;
  why_not: string[];
  load: number;
  capacity: number;
  idle_s: number | null;
}

interface LogEntry {
  id: Id;
  at: Iso;
  decision: string;
  queue: Ref | null;
  user: { id: Id; name: string } | null;
  rule: string | null;
  cause: string | null;
  candidates: Candidate[];
  others: number;
}

/** What was promised; why this agent, and why not the others. */
export function RoutingTab({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const locale = useLocale();
  const query = useGet<Page<LogEntry> | LogEntry[]>(`/conversations/${conversation.id}/routing-log`);
  const { refetch } = query;
  // Every move may have been a decision.
  // Asks again when responsibility changed.
  useEffect(() => {
    void refetch();
  }, [conversation.status, conversation.assignee?.id, conversation.queue?.id, refetch]);
  const { promise } = conversation;
  return (
    <div className="q-context__body">
      <Section title={t("promises")}>
        <Promises
          path={`/sla/conversations/${conversation.id}`}
          held="snoozed"
          version={`${conversation.status} ${promise?.kind} ${promise?.due_at} ${promise?.breached}`}
        />
      </Section>
      <Fetched
        query={query}
        isEmpty={(data) => listOf(data).length === 0}
        empty={
          <EmptyState icon={RouteIcon} compact title={t("routing.empty")} hint={t("routing.empty_hint")} />
        }
      >
        {(data) =>
          [...listOf(data)]
            .sort((a, b) => (a.at < b.at ? 1 : -1))
            .map((entry) => (
              <div key={entry.id} className="q-decision">
                <div className="q-decision__head">
                  <strong>
                    {known(t, `routing.decision.${entry.decision}`, t("routing.decision.other"))}
                  </strong>
                  <RelativeTime at={entry.at} className="q-muted" />
                </div>
                <div className="q-decision__what">
                  {[entry.user?.name, entry.queue?.name].filter(Boolean).join(" · ")}
                </div>
                {entry.rule ? (
                  <div className="q-muted">{known(t, `routing.rule.${entry.rule}`, entry.rule)}</div>
                ) : null}
                {entry.cause ? (
                  <div className="q-muted">{known(t, `routing.cause.${entry.cause}`, entry.cause)}</div>
                ) : null}
                {entry.candidates?.length ? (
                  <ul className="q-candidates">
                    {entry.candidates.map((candidate) => (
                      <li key={candidate.user_id}>
                        {candidate.eligible ? (
                          <CircleCheck
                            size={14}
                            className="q-candidates__yes"
                            aria-label={t("routing.eligible")}
                          />
                        ) : (
                          <CircleX
                            size={14}
                            className="q-candidates__no"
                            aria-label={t("routing.not_eligible")}
                          />
                        )}
                        <span className={candidate.user_id === entry.user?.id ? "q-candidates__chosen" : ""}>
                          {candidate.name}
                        </span>
                        <span className="q-muted q-num">
                          {candidate.eligible
                            ? `${candidate.load}/${candidate.capacity}${candidate.idle_s !== null ? ` · ${t("routing.idle", { time: duration(candidate.idle_s, locale) })}` : ""}`
                            : candidate.why_not
                                .map((why) => known(t, `routing.why_not.${why}`, why))
                                .join(t("list_separator"))}
                        </span>
                      </li>
                    ))}
                    {entry.others > 0 ? (
                      <li className="q-muted">{t("routing.others", { n: entry.others })}</li>
                    ) : null}
                  </ul>
                ) : null}
              </div>
            ))
        }
      </Fetched>
    </div>
  );
}
