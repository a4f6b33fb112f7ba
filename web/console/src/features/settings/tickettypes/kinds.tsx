import {
  AlignLeft,
  AtSign,
  CalendarClock,
  CalendarDays,
  CircleDot,
  Coins,
  Contact,
  Hash,
  ListChecks,
  ListTree,
  type LucideIcon,
  Package,
  Paperclip,
  Phone,
  Table2,
  ToggleLeft,
  Type,
  UserRound,
} from "lucide-react";
import type { Kind } from "./types";

const ICONS: Record<Kind, LucideIcon> = {
  text: Type,
  long_text: AlignLeft,
  number: Hash,
  money: Coins,
  date: CalendarDays,
  moment: CalendarClock,
  yes_no: ToggleLeft,
  choice: CircleDot,
  choices: ListChecks,
  cascade: ListTree,
  person: UserRound,
  customer: Contact,
  order: Package,
  phone: Phone,
  email: AtSign,
  file: Paperclip,
  table: Table2,
};

export function KindIcon(props: { kind: Kind; size?: number }) {
  const Icon = ICONS[props.kind];
  return <Icon size={props.size ?? 14} aria-hidden />;
}

/** Kinds as the menu that adds one groups them. */
export const KIND_GROUPS: { key: string; kinds: Kind[] }[] = [
  { key: "words", kinds: ["text", "long_text", "phone", "email"] },
  { key: "figures", kinds: ["number", "money", "date", "moment"] },
  { key: "choosing", kinds: ["choice", "choices", "cascade", "yes_no"] },
  { key: "things", kinds: ["order", "customer", "person", "file", "table"] },
];
