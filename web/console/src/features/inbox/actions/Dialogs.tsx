import type { ConversationView } from "@/api/types";
import { ContinueDialog } from "@/features/customers/linking/ContinueDialog";
import { useInbox } from "../state";
import { AssignDialog } from "./AssignDialog";
import { ResolveDialog } from "./ResolveDialog";
import { PriorityDialog, TagsDialog } from "./SmallDialogs";
import { SnoozeDialog } from "./SnoozeDialog";
import { TransferDialog } from "./TransferDialog";
import "./dialogs.css";

/** The one dialog that is open for the conversation on screen. */
export default function Dialogs({ conversation }: { conversation: ConversationView }) {
  const dialog = useInbox((s) => s.dialog);
  const set = useInbox((s) => s.setDialog);
  const props = { conversation, close: () => set(null) };
  switch (dialog) {
    case "resolve":
      return <ResolveDialog {...props} />;
    case "transfer":
      return <TransferDialog {...props} />;
    case "assign":
      return <AssignDialog {...props} />;
    case "snooze":
      return <SnoozeDialog {...props} />;
    case "priority":
      return <PriorityDialog {...props} />;
    case "tags":
      return <TagsDialog {...props} />;
    case "continue":
      return <ContinueDialog {...props} />;
    default:
      return null;
  }
}

export interface DialogProps {
  conversation: ConversationView;
  close: () => void;
}
