import type { Id, Iso } from "@/api/types";

/** Words by language, as admins wrote them. */
export type Text = Partial<Record<string, string>>;
export type TicketStatus = "new" | "open" | "pending" | "on_hold" | "solved" | "closed";
export const STATUSES: TicketStatus[] = ["new", "open", "pending", "on_hold", "solved", "closed"];
/** Done: nobody has to do anything any more. */
export const DONE: readonly TicketStatus[] = ["solved", "closed"];
export type LinkWay =
  | "relates"
  | "duplicates"
  | "blocks"
  | "causes"
  | "duplicated_by"
  | "blocked_by"
  | "caused_by";

// -- conditions and definitions, as qiao/core/conditions.py and qiao/desk/tickets/definition.py have them ------------

export type Operator =
  | "is"
  | "is_not"
  | "in"
  | "not_in"
  | "contains"
  | "not_contains"
  | "above"
  | "below"
  | "at_least"
  | "at_most"
  | "filled"
  | "empty";

export interface Test {
  fact: string;
  op: Operator;
  value?: unknown;
}
export interface Group {
  match: "all" | "any" | "none";
  conditions: Condition[];
}
export type Condition = Test | Group;

export type FieldKind =
  | "text"
  | "long_text"
  | "number"
  | "money"
  | "date"
  | "moment"
  | "yes_no"
  | "choice"
  | "choices"
  | "cascade"
  | "person"
  | "customer"
  | "order"
  | "phone"
  | "email"
  | "file"
  | "table";

export interface Option {
  key: string;
  label: Text;
  children?: Option[];
}

export interface Column {
  key: string;
  label: Text;
  kind: "text" | "number" | "money" | "date" | "yes_no";
}

export interface FieldSpec {
  key: string;
  kind: FieldKind;
  label: Text;
  help?: Text;
  required?: boolean;
  required_when?: Condition | null;
  shown_when?: Condition | null;
  default?: unknown;
  options?: Option[];
  columns?: Column[];
  minimum?: number | null;
  maximum?: number | null;
  pattern?: string | null;
  currency?: string;
  sides?: ("customer" | "staff")[];
  view_roles?: string[];
  edit_roles?: string[];
  searchable?: boolean;
}

export interface State {
  key: string;
  label: Text;
  status: TicketStatus;
}

export interface Transition {
  key: string;
  label: Text;
  from_states: string[];
  to: string;
  by?: ("staff" | "assignee" | "customer")[];
  roles?: string[];
  when?: Condition | null;
  require?: string[];
  require_comment?: boolean;
  approval?: boolean;
  effects?: { do: string; [key: string]: unknown }[];
}

export interface Definition {
  name: Text;
  description?: Text;
  icon: string;
  prefix: string;
  priority: number;
  open_to_customers?: boolean;
  fields: FieldSpec[];
  workflow: { initial: string; states: State[]; transitions: Transition[] };
  routing?: { department_id?: Id | null; strategy?: string };
  approval?: unknown;
  close_after_hours?: number | null;
}

export interface TypeView {
  id: Id;
  key: string;
  definition: Definition;
  revision: number;
  position: number;
  active: boolean;
  /** What the reader may do with its fields; those they may not see are not named. */
  access?: Record<string, "read" | "write"> | null;
}

export interface TypeSummary {
  id: Id;
  key: string;
  name: Text;
  description: Text;
  icon: string;
  prefix: string;
  active: boolean;
  open_to_customers: boolean;
  position: number;
  revision: number;
}

export interface Money {
  minor: number;
  currency: string;
}

// -- tickets ----------------------------------------------------------------------------------------------------------

export interface Person {
  id: Id;
  name: string;
  avatar_url?: string | null;
}

export interface TicketCustomer {
  id: Id;
  number: number;
  name: string;
  level: string | null;
}

export interface StateView {
  key: string;
  label: Text;
  status: TicketStatus;
}

/** Another ticket, named where one speaks of it. */
export interface TicketRef {
  id: Id;
  ref: string;
  title: string;
  status: TicketStatus;
  state: Text;
}

export interface Author {
  kind: "user" | "customer" | "bot" | "system" | string;
  id: Id | null;
  name: string | null;
  avatar_url?: string | null;
}

/** A way on from the present state; `why` says what stands against it for this reader. */
export interface Move {
  key: string;
  label: Text;
  to: StateView;
  allowed: boolean;
  why: string | null;
  missing: string[];
  require_comment: boolean;
  approval: boolean;
  effects: string[];
}

export interface Involved {
  kind: "user" | "department";
  id: Id;
  name: string;
  reasons: string[];
  watching: boolean;
  avatar_url?: string | null;
}

export interface ChecklistItem {
  id: Id;
  position: number;
  text: string;
  done_at: Iso | null;
  done_by: Person | null;
}

export interface Worklog {
  id: Id;
  user: Person;
  seconds: number;
  note: string;
  started_at: Iso;
  origin: string | null;
}

export interface WaitingOn {
  kind?: string;
  id?: Id;
  name?: string;
  /** The step of an approval it waits at, in the languages it has. */
  label?: Text;
  task_id?: Id;
  [key: string]: unknown;
}

export interface TicketView {
  id: Id;
  number: number;
  /** What people call it: `R-10023`. */
  ref: string;
  type: { id: Id; key: string; name: Text; icon: string; prefix: string; revision: number };
  title: string;
  description: string;
  status: TicketStatus;
  state: StateView;
  priority: number;
  tier: number;
  source: string;
  channel: string | null;
  locale: string;
  customer: TicketCustomer | null;
  requester: Person | null;
  conversation: { id: Id; number: number; status: string } | null;
  assignee: Person | null;
  department: { id: Id; name: string } | null;
  parent: TicketRef | null;
  merged_into: TicketRef | null;
  fields: Record<string, unknown>;
  masked: string[];
  tags: string[];
  waiting_on: WaitingOn | null;
  due_at: Iso | null;
  next_due_at: Iso | null;
  next_due_kind: string | null;
  breached: boolean;
  rating: number | null;
  rating_comment: string | null;
  version: number;
  last_seq: number;
  reopened: number;
  created_by: Author;
  created_at: Iso;
  updated_at: Iso;
  first_response_at: Iso | null;
  customer_wrote_at: Iso | null;
  solved_at: Iso | null;
  closed_at: Iso | null;
  // What follows is there only where one ticket is read.
  may?: Partial<Record<string, boolean>> | null;
  moves?: Move[] | null;
  field_access?: Record<string, "read" | "write"> | null;
  required?: string[] | null;
  involved?: Involved[] | null;
  watchers?: number | null;
  watching?: boolean | null;
  links?: { kind: LinkWay; ticket: TicketRef }[] | null;
  children?: TicketRef[] | null;
  checklist?: ChecklistItem[] | null;
  worked_seconds?: number | null;
}

/** What lists and searches tell of a ticket. */
export type FoundTicket = Pick<TicketView, "id" | "ref" | "title" | "status" | "state" | "customer">;

/** The name under which the parts of the page know it. */
export type Ticket = TicketView;

export interface EntryFile {
  file_id: Id;
  name: string;
  mime: string;
  size: number;
  url: string;
  thumb_url?: string | null;
  width?: number | null;
  height?: number | null;
}

export interface EntryView {
  id: Id;
  ticket_id: Id;
  seq: number;
  kind: "comment" | "note" | "change" | "event";
  author: Author;
  body: string;
  payload: {
    files?: EntryFile[];
    mentions?: Id[];
    type?: string;
    params?: Record<string, unknown>;
    [key: string]: unknown;
  };
  changes: Record<string, [unknown, unknown]> | null;
  client_id: string | null;
  /** Which ticket it was written in, after a merge. */
  origin: TicketRef | null;
  created_at: Iso;
}

export interface Timeline {
  items: EntryView[];
  more: boolean;
  /** Names of the ids that stand in `changes`. */
  names: Record<string, string>;
}

export interface Prefill {
  type_key: string;
  why_type: string[];
  title: string;
  description: string;
  fields: Record<string, unknown>;
  /** Per field, what it was read from. */
  found: Record<string, string>;
  priority: number;
  customer: TicketCustomer | null;
  conversation_id: Id;
  department_id: Id | null;
  tags: string[];
  order_numbers: string[];
  open_tickets: TicketRef[];
  type_keys: string[];
}
