export interface MailDraft {
  subject: string;
  cc: string;
  bcc: string;
}

export const EMPTY_MAIL: MailDraft = { subject: "", cc: "", bcc: "" };

/** As people write and paste them: in any list, with names or without. */
const addresses = (text: string) =>
  text
    .replace(/[^,;，；、<>]*<([^<>]*)>/g, " $1 ")
    .split(/[\s,;，；、]+/)
    .map((one) => one.trim())
    .filter(Boolean);

/** Who else got a letter, less ourselves and its writer: whom an answer to all reaches besides. */
export function everybodyElse(mail: unknown): string[] {
  const head = (mail ?? {}) as Record<string, unknown>;
  const of = (value: unknown) =>
    (Array.isArray(value) ? value : [value])
      .map((one) => (one as { address?: unknown } | null)?.address ?? one)
      .filter((one): one is string => typeof one === "string" && one.includes("@"));
  const not = new Set([...of(head.received_as), ...of(head.from)].map((one) => one.toLowerCase()));
  return [...new Set([...of(head.to), ...of(head.cc)])].filter((one) => !not.has(one.toLowerCase()));
}

/** What of a mail's head goes with the message; null when one of the addresses is none. */
export function mailPayload(draft: MailDraft): Record<string, unknown> | null {
  const cc = addresses(draft.cc);
  const bcc = addresses(draft.bcc);
  if ([...cc, ...bcc].some((one) => !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(one))) return null;
  return {
    ...(draft.subject.trim() ? { subject: draft.subject.trim() } : {}),
    ...(cc.length ? { cc } : {}),
    ...(bcc.length ? { bcc } : {}),
  };
}
