export const TASKS = ["answer", "rewrite", "tools", "summary", "draft"] as const;
export type Task = (typeof TASKS)[number];

export interface LlmSettings {
  enabled: boolean;
  address: string;
  models: Record<Task, string>;
  timeouts: Record<Task, number>;
  temperature: number;
  max_tokens: number;
  daily_calls: number;
  daily_tokens: number;
  streaming: boolean;
  hide_personal: boolean;
  store_texts: boolean;
  retention_days: number;
  has_key: boolean;
}

export interface TestResult {
  ok: boolean;
  outcome: string;
  status: number | null;
  ms: number;
  message: string;
  models: string[];
}

export interface LlmDay {
  day: string;
  task: Task;
  model: string;
  calls: number;
  failed: number;
  ms: number;
  tokens_in: number;
  tokens_out: number;
}

export interface LlmState {
  ready: boolean;
  tasks: Task[];
  paused_s: number;
  /** What a day may cost has been spent. */
  used_up: boolean;
  calls_today: number;
  tokens_today: number;
  days: LlmDay[];
}

export interface LlmCall {
  id: string;
  at: string;
  task: Task;
  model: string;
  outcome: string;
  status: number | null;
  ms: number;
  first_ms: number | null;
  tries: number;
  tokens_in: number;
  tokens_out: number;
  conversation_id: string | null;
  has_text: boolean;
}

export const blank: LlmSettings = {
  enabled: false,
  address: "",
  models: { answer: "", rewrite: "", tools: "", summary: "", draft: "" },
  timeouts: { answer: 12, rewrite: 4, tools: 6, summary: 20, draft: 20 },
  temperature: 0.2,
  max_tokens: 800,
  daily_calls: 20_000,
  daily_tokens: 20_000_000,
  streaming: true,
  hide_personal: true,
  store_texts: false,
  retention_days: 30,
  has_key: false,
};

/** What is sent: the key only when somebody typed one (or took it away). */
export function bodyOf(value: LlmSettings, key: string | null): Record<string, unknown> {
  const { has_key: _, ...body } = value;
  return key === null ? body : { ...body, api_key: key };
}

/** A key belongs to its host: elsewhere it has to be entered again. */
export function sameHost(a: string, b: string): boolean {
  try {
    const [one, two] = [new URL(a), new URL(b)];
    return one.protocol === two.protocol && one.host === two.host;
  } catch {
    return a.trim() === b.trim();
  }
}

export interface DaySum {
  day: string;
  calls: number;
  failed: number;
  tokens_in: number;
  tokens_out: number;
  mean_ms: number;
}

/** One row a day, newest first. */
export function byDay(rows: readonly LlmDay[]): DaySum[] {
  const days = new Map<string, DaySum & { ms: number }>();
  for (const row of rows) {
    const sum = days.get(row.day) ?? {
      day: row.day,
      calls: 0,
      failed: 0,
      tokens_in: 0,
      tokens_out: 0,
      mean_ms: 0,
      ms: 0,
    };
    sum.calls += row.calls;
    sum.failed += row.failed;
    sum.tokens_in += row.tokens_in;
    sum.tokens_out += row.tokens_out;
    sum.ms += row.ms;
    sum.mean_ms = sum.calls ? Math.round(sum.ms / sum.calls) : 0;
    days.set(row.day, sum);
  }
  return [...days.values()].sort((a, b) => (a.day < b.day ? 1 : -1)).map(({ ms: _, ...sum }) => sum);
}
