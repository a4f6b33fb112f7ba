import {
  type LucideIcon,
  Megaphone,
  MessageCircleQuestion,
  PackageX,
  ReceiptText,
  Users,
} from "lucide-react";
import { useLocale, useT } from "@/app/i18n";
import { TYPE_ICONS } from "@/features/settings/tickettypes/icons";
import type { Locale } from "@/lib/format";
import type { StateView, Text, TicketStatus } from "./types";
import "./tickets.css";

/** Words of an admin in the reader's language, or in one there is. */
export function wordsOf(text: Text | null | undefined, locale: Locale, fallback = ""): string {
  if (!text) return fallback;
  return text[locale] || text["zh-CN"] || text.en || Object.values(text).find(Boolean) || fallback;
}

export function useWords(): (text: Text | null | undefined, fallback?: string) => string {
  const locale = useLocale();
  return (text, fallback) => wordsOf(text, locale, fallback);
}

/** The name of a state in the colour its shared status has everywhere. */
export function StateTag(props: { status: TicketStatus; label?: Text; state?: StateView }) {
  const t = useT("tickets");
  const words = useWords();
  const shared = t(`status.${props.status}`);
  const label = words(props.state?.label ?? props.label, shared);
  return (
    <span className={`q-tstate q-tstate--${props.status}`} title={label === shared ? undefined : shared}>
      <span className="q-tstate__dot" aria-hidden />
      <span className="q-ellipsis">{label}</span>
    </span>
  );
}

/** Icons an admin may choose for a type, and those of the types that come with the product. */
const ICONS: Record<string, LucideIcon> = {
  ...TYPE_ICONS,
  "message-circle-question": MessageCircleQuestion,
  "package-x": PackageX,
  "receipt-text": ReceiptText,
  megaphone: Megaphone,
  users: Users,
};

export function TypeIcon(props: { icon: string; size?: number }) {
  const Icon = ICONS[props.icon] ?? TYPE_ICONS.ticket!;
  return <Icon size={props.size ?? 15} strokeWidth={1.8} aria-hidden />;
}

const BARS = [1, 2, 3, 4] as const;

/** Four bars, as many filled as it is urgent; the words for who does not see them. */
export function PriorityBars(props: { priority: number; words?: boolean }) {
  const t = useT("tickets");
  return (
    <span className={`q-bars q-bars--${props.priority}`} title={t(`priority.${props.priority}`)}>
      <svg width="14" height="12" viewBox="0 0 14 12" aria-hidden>
        <title>{t(`priority.${props.priority}`)}</title>
        {BARS.map((bar) => (
          <rect
            key={bar}
            x={(bar - 1) * 3.6}
            y={12 - bar * 3}
            width="2.6"
            height={bar * 3}
            rx="0.8"
            className={bar <= props.priority + 1 ? "q-bars__on" : "q-bars__off"}
          />
        ))}
      </svg>
      <span className={props.words ? "" : "q-sr"}>{t(`priority.${props.priority}`)}</span>
    </span>
  );
}
