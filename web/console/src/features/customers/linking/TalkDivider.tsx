import { Link } from "@tanstack/react-router";
import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { ChannelIcon } from "@/features/inbox/list/Row";
import { useConversationPath } from "@/features/inbox/paths";
import { dayLabel } from "@/lib/format";

/** Where one conversation of the thread begins or goes on: its channel, its number, its state. */
export function TalkDivider(props: { talk: ConversationView; at: string; own: boolean }) {
  const t = useT("customers/linking");
  const inbox = useT("inbox");
  const locale = useLocale();
  const path = useConversationPath();
  const { talk: c } = props;
  return (
    <div className={`q-talk ${props.own ? "q-talk--own" : ""}`} role="separator">
      <ChannelIcon channel={c.inbox.channel} />
      {props.own ? (
        <strong>{t("thread.here", { inbox: c.inbox.name })}</strong>
      ) : (
        <Link to={path(c.id)}>
          <strong>{c.inbox.name}</strong> #{c.number}
        </Link>
      )}
      <span>{inbox(`status.${c.status}`)}</span>
      <span className="q-num">{dayLabel(props.at, locale)}</span>
    </div>
  );
}
