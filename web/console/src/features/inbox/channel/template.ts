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
