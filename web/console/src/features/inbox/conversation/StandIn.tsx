import { Button } from "antd";
import { AlarmClock, Bot, Eye, Hourglass, RotateCcw } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useMe } from "@/app/session";
import { absoluteTime } from "@/lib/format";
import { useVerbs } from "../actions/verbs";

/** Where there is no reply field, or an unusual state: what is going on and what can be done. */
export function StandIn({ conversation: c, part }: { conversation: ConversationView; part: boolean }) {
  const t = useT("inbox");
  const locale = useLocale();
  const me = useMe().user;
  const verbs = useVerbs(c.id);
  const [busy, setBusy] = useState("");
  const may = c.may ?? {};
  const act = (key: string, run: () => Promise<boolean>) => ({
    loading: busy === key,
    onClick: () => {
      setBusy(key);
      void run().finally(() => setBusy(""));
    },
  });

  let icon: ReactNode = null;
  let text = "";
  const actions: ReactNode[] = [];
  if (c.status === "resolved" || c.status === "closed") {
    icon = <RotateCcw size={15} aria-hidden />;
    text = t(c.status === "resolved" ? "standin.resolved" : "standin.closed");
    if (may.reopen)
      actions.push(
        <Button key="reopen" size="small" {...act("reopen", verbs.reopen)}>
          {t("action.reopen")}
        </Button>,
      );
  } else if (c.status === "snoozed") {
    icon = <AlarmClock size={15} aria-hidden />;
    text = t("standin.snoozed", {
      time: c.snoozed_until ? absoluteTime(c.snoozed_until, locale).replace(/:\d\d$/, "") : "",
    });
    actions.push(
      <Button key="wake" size="small" {...act("wake", verbs.unsnooze)}>
        {t("action.unsnooze")}
      </Button>,
    );
  } else if (!part) {
    if (c.status === "bot") {
      icon = <Bot size={15} aria-hidden />;
      text = t("standin.bot");
    } else if (c.status === "queued") {
      icon = <Hourglass size={15} aria-hidden />;
      text = t("standin.queued", { queue: c.queue?.name ?? "" });
    } else {
      icon = <Eye size={15} aria-hidden />;
      text = t(may.monitor ? "standin.monitoring" : "standin.other", { name: c.assignee?.name ?? "" });
    }
    if (may.join && c.status === "assigned")
      actions.push(
        <Button key="join" size="small" {...act("join", verbs.join)}>
          {t("action.join")}
        </Button>,
      );
    if (may.take_over && c.status === "assigned")
      actions.push(
        <Button key="take" size="small" type="primary" {...act("take", verbs.takeOver)}>
          {t("action.take_over")}
        </Button>,
      );
    else if (may.assign && c.status !== "assigned")
      actions.push(
        <Button key="claim" size="small" type="primary" {...act("claim", () => verbs.assign(me.id, me.name))}>
          {t("action.take")}
        </Button>,
      );
  } else if (c.assignee?.id !== me.id) {
    icon = <Eye size={15} aria-hidden />;
    text = t("standin.joined", { name: c.assignee?.name ?? "" });
    actions.push(
      <Button key="leave" size="small" {...act("leave", verbs.leave)}>
        {t("action.leave")}
      </Button>,
    );
  }
  if (!text) return null;
  return (
    <div className="q-standin">
      {icon}
      <span>{text}</span>
      <span className="q-standin__actions">{actions}</span>
    </div>
  );
}
