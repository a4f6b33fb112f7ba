import { Button } from "antd";
import { Stamp } from "lucide-react";
import { useState } from "react";
import { useGet } from "@/api/hooks";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { EmptyState, Fetched } from "@/ui/states";
import type { Ticket } from "../types";
import { ApprovalCard } from "./ApprovalCard";
import { AskApproval } from "./AskApproval";
import type { Approval } from "./types";
import "./work.css";

/** What agreement was asked for a ticket, the latest first. */
export default function ApprovalsPanel({ ticket }: { ticket: Ticket }) {
  const t = useT("tickets/teamwork");
  const asks = useCan("tickets.handle");
  const [asking, setAsking] = useState(false);
  const approvals = useGet<Approval[]>(
    `/tickets/${ticket.id}/approvals`,
    { version: ticket.version },
    { keep: true },
  );
  const open = ticket.status !== "solved" && ticket.status !== "closed" && !ticket.merged_into;
  const asked = approvals.data?.some((one) => one.state === "open") ?? false;
  const ask =
    asks && open && !asked ? (
      <Button size="small" icon={<Stamp size={13} aria-hidden />} onClick={() => setAsking(true)}>
        {t("ask_approval")}
      </Button>
    ) : null;
  return (
    <div className="qw-panel">
      <Fetched
        query={approvals}
        compact
        isEmpty={(found) => found.length === 0}
        empty={<EmptyState compact title={t("no_approvals")} hint={t("no_approvals_hint")} action={ask} />}
      >
        {(found) => (
          <>
            <ul className="qw-list">
              {found.map((approval) => (
                <ApprovalCard key={approval.id} approval={approval} />
              ))}
            </ul>
            {ask}
          </>
        )}
      </Fetched>
      {asking ? (
        <AskApproval ticketId={ticket.id} version={ticket.version} onClose={() => setAsking(false)} />
      ) : null}
    </div>
  );
}
