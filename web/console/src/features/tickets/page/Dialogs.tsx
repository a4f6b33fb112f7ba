import { AskApproval } from "../teamwork/AskApproval";
import type { TicketView } from "../types";
import { ClashDialog } from "./ClashDialog";
import { FieldsDialog } from "./FieldsDialog";
import { MergeDialog } from "./MergeDialog";
import { MoveDialog } from "./MoveDialog";
import { AssignDialog, EscalateDialog, HoldDialog } from "./SmallDialogs";
import { SplitDialog } from "./SplitDialog";
import { useTicketPage } from "./state";
import { TypeDialog } from "./TypeDialog";

/** The one dialog that is open for the ticket on screen. */
export default function Dialogs({ ticket }: { ticket: TicketView }) {
  const dialog = useTicketPage((s) => s.dialog);
  const clash = useTicketPage((s) => s.clash);
  const set = useTicketPage((s) => s.setDialog);
  const props = { ticket, close: () => set(null) };
  if (clash && clash.ticketId === ticket.id) return <ClashDialog ticket={ticket} clash={clash} />;
  switch (dialog?.kind) {
    case "assign":
      return <AssignDialog {...props} />;
    case "escalate":
      return <EscalateDialog {...props} />;
    case "hold":
      return <HoldDialog {...props} />;
    case "merge":
      return <MergeDialog {...props} />;
    case "split":
      return <SplitDialog {...props} />;
    case "type":
      return <TypeDialog {...props} />;
    case "move":
      return <MoveDialog {...props} dialog={dialog} />;
    case "approval":
      return (
        <AskApproval
          ticketId={ticket.id}
          version={ticket.version}
          transition={dialog.transition}
          onClose={props.close}
        />
      );
    case "fields":
      return <FieldsDialog {...props} complaints={dialog.complaints} values={dialog.values} />;
    default:
      return null;
  }
}

export interface DialogProps {
  ticket: TicketView;
  close: () => void;
}
