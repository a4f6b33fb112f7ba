import { useParams } from "@tanstack/react-router";

import InboxEditor from "../inboxes/InboxEditor";
import { State, useOne } from "../kit";
import type { Inbox } from "../types";
import ChannelEditor from "./ChannelEditor";

/** Websites and integrations have an editor of their own; every other channel is drawn from its manifest. */
const OWN = new Set(["webchat", "api"]);

export default function AnyInbox() {
  const { inboxId } = useParams({ strict: false }) as { inboxId: string };
  const isNew = inboxId.startsWith("new-");
  const inbox = useOne<Inbox>(isNew ? null : `/inboxes/${inboxId}`);
  const channel = isNew ? inboxId.slice("new-".length) : inbox.data?.channel;
  return (
    <State loading={!channel} error={inbox.error} onRetry={() => void inbox.refetch()}>
      {channel && OWN.has(channel) ? (
        <InboxEditor />
      ) : (
        channel && <ChannelEditor key={inboxId} inboxId={inboxId} channel={channel} />
      )}
    </State>
  );
}
