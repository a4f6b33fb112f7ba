import { Button } from "antd";
import { Clock3, LayoutTemplate, OctagonX } from "lucide-react";
import { useState } from "react";

import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { absoluteTime, duration } from "@/lib/format";
import { TemplateDialog } from "./TemplateDialog";
import type { ChannelState } from "./useChannel";
import "./channel.css";

const SOON_S = 2 * 3600;

/** How long, and how often, this customer may still be answered; what is left to do when they may not. */
export function WindowBar(props: { conversation: ConversationView; channel: ChannelState | null }) {
  const t = useT("inbox/channel");
  const locale = useLocale();
  const [choosing, setChoosing] = useState(false);
  const { channel } = props;
  if (!channel || (!channel.window && !channel.stopped)) return null;
  const { window } = channel;
  const seconds = window?.closes_at ? Math.max(0, (Date.parse(window.closes_at) - Date.now()) / 1000) : 0;
  const closed = channel.stopped || (window !== null && !window.open);
  const soon = !closed && (seconds < SOON_S || (window?.left ?? 9) <= 1);
  const words = channel.stopped
    ? t("stopped")
    : closed
      ? window?.left === 0
        ? t("used_up")
        : t("closed", { hours: window?.hours })
      : window?.left === null || window?.left === undefined
        ? t("open", { time: duration(seconds, locale) })
        : t("open_count", { time: duration(seconds, locale), count: window.left });
  const other = channel.switch;
  const instead = !other
    ? ""
    : other.why_not
      ? t("switch_cannot", { why: other.why_not })
      : [
          t(other.way === "sms" ? "switch_sms" : "switch_template", { inbox: other.inbox ?? "" }),
          other.at ? t("switch_at", { time: absoluteTime(other.at, locale) }) : "",
        ].join("");
  return (
    <div
      className={`q-window ${closed ? "q-window--closed" : soon ? "q-window--soon" : ""}`}
      role={closed ? "alert" : "status"}
    >
      {closed ? <OctagonX size={14} aria-hidden /> : <Clock3 size={14} aria-hidden />}
      <span>
        {words}
        {instead ? ` ${instead}` : ""}
      </span>
      {channel.capabilities.templates && !channel.stopped ? (
        <Button
          size="small"
          icon={<LayoutTemplate size={13} aria-hidden />}
          onClick={() => setChoosing(true)}
        >
          {t("template")}
        </Button>
      ) : null}
      {choosing ? (
        <TemplateDialog conversation={props.conversation} onClose={() => setChoosing(false)} />
      ) : null}
    </div>
  );
}
