import type { Ticket } from "../types";
import { Procedures } from "./Procedures";

/** The standard procedure beside a ticket. */
export default function ProcedurePanel({ ticket }: { ticket: Ticket }) {
  return <Procedures key={ticket.id} kind="ticket" id={ticket.id} customerId={ticket.customer?.id ?? null} />;
}
