import { Link } from "@tanstack/react-router";
import { GitMerge, Hourglass, RotateCcw } from "lucide-react";
import { useT } from "@/app/i18n";
import { ticketPath } from "../api";
import { useWords } from "../bits";
import { useDepartments } from "../fields/pickers";
import type { TicketView } from "../types";

/** What must be known before anything else: that it went into another, or whom it waits for. */
export function Banners({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const words = useWords();
  const { departments } = useDepartments();
  const waits = ticket.status === "on_hold" ? ticket.waiting_on : null;
  const name = waits?.name ?? departments.find((d) => d.id === waits?.id)?.name;
  return (
    <>
      {ticket.merged_into ? (
        <div className="q-tk__banner" role="status">
          <GitMerge size={15} aria-hidden />
          <span className="q-ellipsis">
            {t("merged_into", { ref: ticket.merged_into.ref, title: ticket.merged_into.title })}
          </span>
          <Link to={ticketPath(ticket.merged_into) as string}>{t("open_merged")}</Link>
        </div>
      ) : null}
      {waits ? (
        <div className="q-tk__banner q-tk__banner--wait" role="status">
          <Hourglass size={15} aria-hidden />
          <span>
            {waits.kind === "department" && name
              ? t("waiting.department", { name })
              : waits.kind === "approval"
                ? waits.label
                  ? t("waiting.approval_of", { name: words(waits.label) })
                  : t("waiting.approval")
                : t("waiting.other")}
          </span>
          {typeof waits.reason === "string" && waits.reason ? (
            <span className="q-muted q-ellipsis">{waits.reason}</span>
          ) : null}
        </div>
      ) : null}
      {ticket.reopened > 0 && ticket.status !== "closed" && !ticket.merged_into ? (
        <div className="q-tk__banner" role="status">
          <RotateCcw size={15} aria-hidden />
          {t("reopened", { count: ticket.reopened })}
        </div>
      ) : null}
    </>
  );
}
