export interface MailDraft {
  subject: string;
  cc: string;
  bcc: string;
}

export const EMPTY_MAIL: MailDraft = { subject: "", cc: "", bcc: "" };

const addresses = (text: string) =>
  text
    .split(/[\s,;，；、]+/)
    .map((one) => one.trim())
    .filter(Boolean);

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
