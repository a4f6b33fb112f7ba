export interface Template {
  id: string;
  title: string;
  text: string;
  fields: string[];
  language: string | null;
  data: Record<string, unknown>;
}

/** A template as it reads once its fields are filled in. */
export function filledIn(template: Template, values: Record<string, string>): string {
  return template.fields.reduce(
    (text, field) => text.split(`{${field}}`).join(values[field]?.trim() || `{${field}}`),
    template.text,
  );
}

export const complete = (template: Template, values: Record<string, string>): boolean =>
  template.fields.every((field) => Boolean(values[field]?.trim()));

/** What a blank is about, as the template says in front of it; templates of WeChat name their blanks thing2 and time3. */
export function labelOf(template: Template, field: string): string {
  const [before = "", after] = template.text.split(`{${field}}`, 2);
  const said = after === undefined ? "" : (before.split("\n").at(-1) ?? "");
  const label = /^([^:：{}]{1,30})[:：]\s*$/.exec(said)?.[1]?.trim();
  return label || field;
}
