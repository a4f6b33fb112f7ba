import { sentenceOf } from "@/api/problem";
import { useT } from "@/app/i18n";
import { toast } from "@/ui/feedback";
import { useWords } from "../bits";
import type { Move, TicketView } from "../types";
import { useTicketPage } from "./state";
import { useTicketVerbs } from "./verbs";
import { approvable, asks } from "./ways";

/** Takes a way on: at once where nothing is asked for, through a small form else, or by asking for the approval it takes. */
export function useTakeMove(ticket: TicketView) {
  const t = useT("tickets");
  const words = useWords();
  const verbs = useTicketVerbs(ticket.id);
  const setDialog = useTicketPage((s) => s.setDialog);
  return async (move: Move, with_: { comment?: string; public?: boolean; done?: () => void } = {}) => {
    if (approvable(move, ticket)) {
      setDialog({ kind: "approval", transition: move.key });
      return false;
    }
    if (asks(move)) {
      setDialog({ kind: "move", move, ...with_ });
      return false;
    }
    try {
      await verbs.move({
        transition: move.key,
        ...(with_.comment ? { comment: with_.comment, public: with_.public ?? false } : {}),
      });
      toast.success(t("move.done", { ref: ticket.ref, state: words(move.to.label, move.to.key) }));
      with_.done?.();
      return true;
    } catch (error) {
      toast.error(sentenceOf(error));
      return false;
    }
  };
}
