import { useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { toast } from "@/ui/feedback";
import type { TicketView } from "../types";
import { useTakeMove } from "./moving";
import { useTicketPage } from "./state";
import { useTicketVerbs } from "./verbs";

/** The keys of a ticket's page. */
export function Keys({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const me = useMe().user;
  const verbs = useTicketVerbs(ticket.id);
  const take = useTakeMove(ticket);
  const focus = useTicketPage((s) => s.focus);
  const setDialog = useTicketPage((s) => s.setDialog);
  const side = useTicketPage((s) => s.side);
  const setSide = useTicketPage((s) => s.setSide);
  const may = ticket.may ?? {};
  const group = "ticket" as const;
  const solve = () => {
    const move =
      ticket.moves?.find((one) => one.allowed && one.to.status === "solved" && !one.require_comment) ??
      ticket.moves?.find((one) => one.allowed && one.to.status === "solved") ??
      ticket.moves?.find((one) => one.to.status === "solved");
    if (move?.allowed) void take(move);
    else toast.info(t("solve_none"));
  };
  useShortcuts([
    { keys: "r", group, label: t("key.reply"), enabled: !!may.comment, run: () => focus("public") },
    { keys: "n", group, label: t("key.note"), enabled: !!may.note, run: () => focus("note") },
    { keys: "e", group, label: t("key.solve"), enabled: !!may.move, run: solve },
    {
      keys: "a",
      group,
      label: t("key.assign"),
      enabled: !!may.assign,
      run: () => setDialog({ kind: "assign" }),
    },
    {
      keys: "shift+a",
      group,
      label: t("key.assign_me"),
      enabled: !!may.assign,
      run: () => void verbs.assign({ user_id: me.id }, t("assign.taken")),
    },
    {
      keys: "m",
      group,
      label: t("key.merge"),
      enabled: !!may.merge,
      run: () => setDialog({ kind: "merge" }),
    },
    {
      keys: "u",
      group,
      label: t("key.escalate"),
      enabled: !!may.escalate,
      run: () => setDialog({ kind: "escalate" }),
    },
    {
      keys: "w",
      group,
      label: t("key.watch"),
      enabled: !!may.watch,
      run: () =>
        void verbs.watch(me.id, !ticket.watching, t(ticket.watching ? "done.unwatched" : "done.watching")),
    },
    { keys: "]", group, label: t("key.panel"), run: () => setSide(!side) },
  ]);
  return null;
}
