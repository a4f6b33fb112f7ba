import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import type { ConversationView, Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { applyFrame, keys } from "@/realtime/live";
import { toast } from "@/ui/feedback";

/** The verbs of a conversation. Each resolves to whether it worked; what went wrong has been said. */
export function useVerbs(id: Id | null) {
  const client = useQueryClient();
  const t = useT("inbox");
  const me = useMe().user.id;
  return useMemo(() => {
    const run = async (
      verb: string,
      body?: unknown,
      done?: { text: string; undo?: () => void },
    ): Promise<boolean> => {
      if (!id) return false;
      try {
        const answer = await api.post<unknown>(`/conversations/${id}/${verb}`, body ?? {});
        const changed = conversationIn(answer);
        // Shown now; the event that follows says the same and changes nothing.
        if (changed)
          applyFrame(
            client,
            {
              type: "conversation.changed",
              cursor: "",
              conversation_id: id,
              data: { conversation: changed },
            },
            me,
          );
        else void client.invalidateQueries({ queryKey: keys.conversation(id) });
        void client.invalidateQueries({ queryKey: keys.counts });
        if (done) {
          if (done.undo) toast.undo(done.text, done.undo);
          else toast.success(done.text);
        }
        return true;
      } catch (error) {
        toast.error(sentenceOf(error));
        return false;
      }
    };
    return {
      resolve: (body: { disposition: string | null; note: string; tags?: string[] }) =>
        run("resolve", body, { text: t("done.resolved"), undo: () => void run("reopen") }),
      reopen: () => run("reopen", {}, { text: t("done.reopened") }),
      close: () => run("close", {}, { text: t("done.closed") }),
      assign: (userId: Id, name: string) =>
        run(
          "assign",
          { user_id: userId },
          { text: userId === me ? t("done.taken") : t("done.assigned", { name }) },
        ),
      transfer: (to: { type: "user" | "queue" | "bot"; id?: Id }, note: string, name: string) =>
        run("transfer", { to, note }, { text: t("done.transferred", { name }) }),
      snooze: (until: string) =>
        run("snooze", { until }, { text: t("done.snoozed"), undo: () => void run("unsnooze") }),
      unsnooze: () => run("unsnooze", {}, { text: t("done.unsnoozed") }),
      priority: (priority: number) => run("priority", { priority }),
      tags: (add: string[], remove: string[]) => run("tags", { add, remove }),
      join: () => run("join", {}, { text: t("done.joined") }),
      leave: () => run("leave", {}, { text: t("done.left") }),
      takeOver: () => run("take-over", {}, { text: t("done.taken") }),
    };
  }, [client, id, me, t]);
}

function conversationIn(answer: unknown): ConversationView | null {
  if (!answer || typeof answer !== "object") return null;
  const candidate = ("conversation" in answer ? answer.conversation : answer) as Partial<ConversationView>;
  return candidate &&
    typeof candidate.id === "string" &&
    typeof candidate.version === "number" &&
    candidate.customer
    ? (candidate as ConversationView)
    : null;
}
