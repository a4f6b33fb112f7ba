import { useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/client";
import { Problem, particulars, sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { toast } from "@/ui/feedback";
import { keepChecklist, keepTicket, ticketChanged, ticketListsChanged } from "../api";
import type { ChecklistItem, LinkWay, TicketView } from "../types";
import { type Clash, useTicketPage } from "./state";

export type Patch = Record<string, unknown>;
type Done = string | { text: string; undo: () => void };

function isTicket(answer: unknown): answer is TicketView {
  return (
    typeof answer === "object" &&
    answer !== null &&
    typeof (answer as TicketView).ref === "string" &&
    typeof (answer as TicketView).version === "number" &&
    "moves" in answer &&
    (answer as TicketView).moves !== null
  );
}

/** What the server says of a clash, put in one shape. */
export function clashOf(problem: Problem, ticketId: Id, mine: Patch): Clash | null {
  if (problem.code !== "ticket_changed_meanwhile") return null;
  const data = problem.data ?? {};
  const changed: Clash["changed"] = {};
  for (const [key, said] of Object.entries((data.changed ?? {}) as Record<string, unknown>)) {
    const one = typeof said === "object" && said !== null && !Array.isArray(said) ? (said as Patch) : null;
    if (one && ("now" in one || "value" in one)) {
      const by = one.by as { name?: string } | string | null | undefined;
      changed[key] = {
        now: "now" in one ? one.now : one.value,
        by: typeof by === "object" && by !== null ? (by.name ?? null) : (by ?? null),
        at: (one.at as string | undefined) ?? null,
      };
    } else changed[key] = { now: said };
  }
  const names = (data.names ?? {}) as Record<string, string>;
  return { ticketId, mine, version: Number(data.version ?? 0), changed, names };
}

/** What is done to tickets. Each resolves to whether it worked; what went wrong has been said, or is thrown to forms. */
export function useTicketVerbs(id: Id) {
  const client = useQueryClient();
  return useMemo(() => {
    const settle = (answer: unknown) => {
      if (isTicket(answer)) keepTicket(answer);
      ticketChanged(client, id);
      ticketListsChanged(client);
    };
    /** For forms: a refusal is theirs to show. */
    const raw = async <R = TicketView>(
      method: "post" | "patch" | "put" | "delete",
      path: string,
      body?: unknown,
    ): Promise<R> => {
      const answer =
        method === "delete"
          ? await api.delete<R>(`/tickets/${id}${path}`, { body })
          : await api[method]<R>(`/tickets/${id}${path}`, body ?? {});
      settle(answer);
      return answer;
    };
    const run = async (
      method: "post" | "patch" | "put" | "delete",
      path: string,
      body?: unknown,
      done?: Done,
    ): Promise<boolean> => {
      try {
        await raw<unknown>(method, path, body);
        if (typeof done === "string") toast.success(done);
        else if (done) toast.undo(done.text, done.undo);
        return true;
      } catch (error) {
        toast.error(particulars(error));
        return false;
      }
    };
    /** A change of values. Where somebody changed the same meanwhile, a dialog lets the person choose. */
    const update = async (patch: Patch, version: number): Promise<TicketView | null> => {
      try {
        return await raw("patch", "", { ...patch, version });
      } catch (error) {
        const clash = error instanceof Problem ? clashOf(error, id, patch) : null;
        if (!clash) throw error;
        useTicketPage.getState().setClash(clash);
        ticketChanged(client, id);
        return null;
      }
    };
    /** As `update`, for whoever has no form to show a complaint in. */
    const set = async (patch: Patch, version: number): Promise<boolean> => {
      try {
        return (await update(patch, version)) !== null;
      } catch (error) {
        toast.error(particulars(error));
        return false;
      }
    };
    return {
      raw,
      run,
      update,
      set,
      move: (body: Patch) => raw("post", "/move", body),
      assign: (body: { user_id?: Id | null; department_id?: Id | null; reason?: string }, done?: Done) =>
        run("post", "/assign", body, done),
      watch: (me: Id, on: boolean, done: string) =>
        run("post", "/watchers", on ? { add: [me] } : { remove: [me] }, done),
      watchers: (add: Id[], remove: Id[]) => run("post", "/watchers", { add, remove }),
      link: (ticket: string, kind: LinkWay, done: string) => run("post", "/links", { ticket, kind }, done),
      unlink: (ticket: string, kind: LinkWay, done: Done) =>
        run("post", "/links/remove", { ticket, kind }, done),
      parent: (ticket: string | null, done: Done) => run("post", "/parent", { ticket }, done),
      addItem: (text: string) => run("post", "/checklist", { text }),
      changeItem: async (item: Id, patch: { text?: string; done?: boolean; position?: number }) => {
        try {
          keepChecklist(id, await raw<ChecklistItem[]>("patch", `/checklist/${item}`, patch));
          return true;
        } catch (error) {
          toast.error(sentenceOf(error));
          return false;
        }
      },
      removeItem: (item: Id) => run("delete", `/checklist/${item}`),
      logTime: (body: { seconds: number; note: string; started_at?: string }, done: string) =>
        run("post", "/worklogs", body, done),
      removeTime: (log: Id) => run("delete", `/worklogs/${log}`),
    };
  }, [client, id]);
}

export type TicketVerbs = ReturnType<typeof useTicketVerbs>;
