import { type ComponentType, lazy, Suspense } from "react";
import { ErrorBoundary } from "@/ui/states";
import type { Ticket } from "../types";

type Part = ComponentType<{ ticket: Ticket }>;

// What other rooms show beside a ticket; fetched when one is opened.
const PARTS = {
  clocks: lazy<Part>(() => import("../sla/ClocksPanel")),
  procedure: lazy<Part>(() => import("../sop/ProcedurePanel")),
  tasks: lazy<Part>(() => import("../teamwork/TasksPanel")),
  approvals: lazy<Part>(() => import("../teamwork/ApprovalsPanel")),
  macros: lazy<Part>(() => import("../macros/MacroMenu")),
};
export type PartName = keyof typeof PARTS;

/** A part of another room; a failure of it stays its own. */
export function Slot(props: { part: PartName; ticket: Ticket }) {
  const Found = PARTS[props.part];
  return (
    <ErrorBoundary resetKey={props.ticket.id}>
      <Suspense fallback={null}>
        <Found key={props.ticket.id} ticket={props.ticket} />
      </Suspense>
    </ErrorBoundary>
  );
}

export function MacroSlot(props: { ticket: Ticket }) {
  return props.ticket.may?.edit ? <Slot part="macros" ticket={props.ticket} /> : null;
}
