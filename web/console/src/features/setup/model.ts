/** The first run: what is asked, what is wrong with it, and where a refused answer belongs. Pure. */

export interface Answers {
  company: { name: string; locale: "zh-CN" | "en"; timezone: string };
  admin: { name: string; email: string; password: string };
  inbox: { name: string; site_url: string };
}

export type Stage = "company" | "admin" | "inbox" | "knowledge" | "done";
export const STAGES: Stage[] = ["company", "admin", "inbox", "knowledge", "done"];

export interface Fault {
  field: string;
  /** A key of the catalogue, or a sentence the server has already worded. */
  key?: string;
  message?: string;
}

const EMAIL = /^[^\s@<>"',;:]{1,64}@[^\s@<>"',;:.]+(\.[^\s@<>"',;:.]+)*$/;

/** The address as people type it, with its scheme; null when it is no web address. Empty is fine: there may be no site yet. */
export function readSite(typed: string): string | null {
  const text = typed.trim();
  if (!text) return "";
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
    if (!["http:", "https:"].includes(url.protocol)) return null;
    if (!/^(localhost|\[[\da-f:]+\]|[^.\s]+(\.[^.\s]+)+)$/i.test(url.hostname)) return null;
    return url.origin;
  } catch {
    return null;
  }
}

export function check(stage: Stage, answers: Answers): Fault[] {
  const faults: Fault[] = [];
  if (stage === "company" && !answers.company.name.trim())
    faults.push({ field: "company.name", key: "fault.required" });
  if (stage === "admin") {
    if (!answers.admin.name.trim()) faults.push({ field: "admin.name", key: "fault.required" });
    if (!EMAIL.test(answers.admin.email.trim())) faults.push({ field: "admin.email", key: "fault.email" });
    if (answers.admin.password.length < 10) faults.push({ field: "admin.password", key: "fault.password" });
    else if (weak(answers)) faults.push({ field: "admin.password", key: "fault.passwordOwn" });
  }
  if (stage === "inbox") {
    if (!answers.inbox.name.trim()) faults.push({ field: "inbox.name", key: "fault.required" });
    if (readSite(answers.inbox.site_url) === null)
      faults.push({ field: "inbox.site_url", key: "fault.site" });
  }
  return faults;
}

function weak({ admin }: Answers): boolean {
  const password = admin.password.toLowerCase();
  const own = [admin.name, admin.email.split("@")[0] ?? ""].map((text) => text.trim().toLowerCase());
  return own.some((text) => text.length > 0 && password === text);
}

/** 0–4: length first, variety second. */
export function strength(password: string): number {
  if (password.length < 10) return password.length === 0 ? 0 : 1;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z0-9]/].filter((kind) => kind.test(password)).length;
  const variety = new Set(password).size;
  if (variety < 5) return 1;
  return Math.min(
    4,
    1 +
      (kinds >= 2 ? 1 : 0) +
      (password.length >= 12 ? 1 : 0) +
      (kinds >= 3 || password.length >= 16 ? 1 : 0),
  );
}

/** The step a server's complaint belongs to, so that the person lands where it can be put right. */
export function stageOf(field: string): Stage {
  const path = field.replace(/^body\./, "");
  return path.startsWith("company") ? "company" : path.startsWith("admin") ? "admin" : "inbox";
}

interface Saved {
  stage: Stage;
  answers: Answers;
}

/** What a reload brings back. The password never leaves the memory of the page. */
export function save({ stage, answers }: Saved): string {
  return JSON.stringify({ stage, answers: { ...answers, admin: { ...answers.admin, password: "" } } });
}

export function restore(text: string | null, blank: Answers): Saved {
  try {
    const saved = JSON.parse(text ?? "null") as Partial<Saved> | null;
    if (!saved?.answers || !STAGES.includes(saved.stage as Stage))
      return { stage: "company", answers: blank };
    const answers = {
      company: { ...blank.company, ...saved.answers.company },
      admin: { ...blank.admin, ...saved.answers.admin, password: "" },
      inbox: { ...blank.inbox, ...saved.answers.inbox },
    };
    const stage = saved.stage as Stage;
    // Past the account step the password is needed again before anything can be sent.
    return { stage: stage === "inbox" ? "admin" : stage, answers };
  } catch {
    return { stage: "company", answers: blank };
  }
}
