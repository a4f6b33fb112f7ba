import { type ComponentType, type LazyExoticComponent, lazy, Suspense } from "react";
import { ErrorBoundary } from "@/ui/states";
import type { Ticket } from "../types";

type Part = ComponentType<{ ticket: Ticket }>;

// What other rooms show beside a ticket. Each is a folder of its own and is fetched when a ticket is opened.
const files = import.meta.glob<{ default: Part }>([
  "../work/TasksPanel.tsx",
  "../work/ApprovalsPanel.tsx",
  "../sla/ClocksPanel.tsx",
  "../sop/ProcedurePanel.tsx",
  "../macros/MacroMenu.tsx",
]);

const parts: Record<string, LazyExoticComponent<Part>> = {};
for (const [path, load] of Object.entries(files)) parts[path] = lazy(load);

/** A part of another room; a failure of it stays its own. */
export function Slot(props: { path: string; ticket: Ticket }) {
  const Found = parts[props.path];
  if (!Found) return null;
  return (
    <ErrorBoundary resetKey={props.ticket.id}>
      <Suspense fallback={null}>
        <Found ticket={props.ticket} />
      </Suspense>
    </ErrorBoundary>
  );
}

export const hasSlot = (path: string): boolean => path in parts;

export function MacroSlot(props: { ticket: Ticket }) {
  return props.ticket.may?.edit ? <Slot path="../macros/MacroMenu.tsx" ticket={props.ticket} /> : null;
}
