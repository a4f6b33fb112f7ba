import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Tag } from "antd";
import { StickyNote } from "lucide-react";
import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useRoutingSettings } from "@/app/presence/presence";
import { keyOf, labelOf } from "@/lib/label";
import { keys } from "@/realtime/live";
import { fetchMessages } from "@/realtime/transcript";
import { Avatar } from "@/ui/Avatar";
import { EmptyState } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { RichText } from "../conversation/RichText";
import { useInbox } from "../state";
import { Section } from "./parts";

/** What colleagues wrote to each other, without the talk around it. */
export function NotesTab({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const locale = useLocale();
  const client = useQueryClient();
  const focus = useInbox((s) => s.focus);
  const settings = useRoutingSettings(conversation.wrap_up !== null).data;
  const messages = useQuery({
    queryKey: keys.messages(conversation.id),
    queryFn: ({ signal }) => fetchMessages(client, conversation.id, signal),
    staleTime: 60_000,
  }).data;
  const notes = (messages?.items ?? []).filter(
    (m) => (m.kind === "note" || m.kind === "whisper") && !m.recalled_at,
  );
  const wrapUp = conversation.wrap_up;
  const disposition = settings?.dispositions.find((d) => keyOf(d as { key: string }) === wrapUp?.disposition);
  return (
    <div className="q-context__body">
      {wrapUp && (wrapUp.disposition || wrapUp.note) ? (
        <Section title={t("context.wrap_up")}>
          {wrapUp.disposition ? (
            <Tag>{disposition ? labelOf(disposition as { key: string }, locale) : wrapUp.disposition}</Tag>
          ) : null}
          {wrapUp.note ? <div className="q-notes">{wrapUp.note}</div> : null}
        </Section>
      ) : null}
      {notes.length === 0 ? (
        <EmptyState
          icon={StickyNote}
          compact
          title={t("context.no_notes")}
          hint={t("context.no_notes_hint")}
          action={
            conversation.may?.note ? (
              <Button size="small" onClick={() => focus("note")}>
                {t("action.note")}
              </Button>
            ) : null
          }
        />
      ) : (
        [...notes].reverse().map((note) => (
          <div key={note.id} className={`q-note-card q-note-card--${note.kind}`}>
            <div className="q-note-card__head">
              <Avatar
                name={note.author.name ?? "?"}
                id={note.author.id}
                url={note.author.avatar_url}
                size={20}
              />
              <span>{note.author.name}</span>
              <RelativeTime at={note.created_at} className="q-muted" />
            </div>
            <RichText text={note.body} />
          </div>
        ))
      )}
    </div>
  );
}
