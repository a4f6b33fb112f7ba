export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

/** An error the server (or the network) gave us, always with a sentence a person can read. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldProblem[];
  readonly requestId: string | null;
  readonly retryAfter: number | null;
  /** What a client needs to act on it, by the kind of problem. */
  readonly data: Record<string, unknown> | null;

  constructor(init: {
    status: number;
    code: string;
    sentence: string;
    fields?: FieldProblem[];
    requestId?: string | null;
    retryAfter?: number | null;
    data?: Record<string, unknown> | null;
  }) {
    super(init.sentence);
    this.name = "Problem";
    this.status = init.status;
    this.code = init.code;
    this.fields = init.fields ?? [];
    this.requestId = init.requestId ?? null;
    this.retryAfter = init.retryAfter ?? null;
    this.data = init.data ?? null;
  }

  /**
   * The request never reached the server or the answer was lost: worth retrying unchanged. A gateway in front of a
   * server that is being restarted says so with a page of its own, not with one of our problems.
   */
  get offline(): boolean {
    return this.status === 0 || /^http\.50[234]$/.test(this.code);
  }
}

interface ProblemJson {
  title?: string;
  detail?: string;
  code?: string;
  errors?: FieldProblem[];
  request_id?: string;
  data?: Record<string, unknown>;
}

type Translate = (key: string, params?: Record<string, unknown>) => string;
let translate: Translate = (key) => key;

/** Set once by i18n so that this module needs no React and no catalogue of its own. */
export function setProblemTranslator(t: Translate): void {
  translate = t;
}

export function problemFromJson(json: unknown, status: number, retryAfter: string | null = null): Problem {
  const body = (json && typeof json === "object" ? json : {}) as ProblemJson;
  const fallback =
    status === 401
      ? "errors.unauthenticated"
      : status === 403
        ? "errors.forbidden"
        : status === 404
          ? "errors.not_found"
          : status === 413
            ? "errors.too_large"
            : status === 429
              ? "errors.rate_limited"
              : status >= 500
                ? "errors.server"
                : "errors.unknown";
  return new Problem({
    status,
    code: body.code ?? `http.${status}`,
    sentence: body.detail || body.title || translate(fallback),
    fields: Array.isArray(body.errors) ? body.errors : [],
    requestId: body.request_id ?? null,
    retryAfter: retryAfter ? Number(retryAfter) : null,
    data: body.data ?? null,
  });
}

export function networkProblem(): Problem {
  return new Problem({ status: 0, code: "network", sentence: translate("errors.network") });
}

/** What is wrong with the one thing that was sent, where there is no form to say it beside its field. */
export function faultOf(error: unknown): string {
  return (error instanceof Problem && error.fields[0]?.message) || sentenceOf(error);
}

/** The sentence of anything that was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.message;
  return translate("errors.unexpected");
}

/** The same where no form stands below to mark what is wrong in: what the fields' own complaints say. */
export function particulars(error: unknown): string {
  if (error instanceof Problem && error.fields.length > 0)
    return [...new Set(error.fields.map((one) => one.message))].join(" ");
  return sentenceOf(error);
}
