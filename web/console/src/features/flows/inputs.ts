/** A tool's inputs as rows of a form: while somebody types, names may be missing or the same. */

import type { Words } from "./model";

export interface InputSpec {
  type?: string;
  required?: boolean;
  description?: Words | null;
  choices?: string[] | null;
  personal?: boolean;
}
export interface InputRow extends InputSpec {
  name: string;
}

export const INPUT_TYPES = ["text", "integer", "number", "boolean", "date"] as const;
const NAME = /^[a-z][a-z0-9_]{0,39}$/;

export const rowsOf = (inputs: Record<string, InputSpec>): InputRow[] =>
  Object.entries(inputs).map(([name, input]) => ({ name, ...input }));

/** What is wrong with the name of a row: a key of the catalogue. */
export function faultOfName(rows: readonly InputRow[], at: number): "name_form" | "name_twice" | null {
  const name = rows[at]?.name ?? "";
  if (!NAME.test(name)) return "name_form";
  return rows.findIndex((row) => row.name === name) < at ? "name_twice" : null;
}

/** What is said in one language only is said in both. */
export function inBoth(words: Words | null | undefined): Words {
  const [zh, en] = [words?.["zh-CN"]?.trim() ?? "", words?.en?.trim() ?? ""];
  return { "zh-CN": zh || en, en: en || zh };
}

/** The rows as they are sent; null while a name is wrong. */
export function inputsOf(rows: readonly InputRow[]): Record<string, InputSpec> | null {
  if (rows.some((_, at) => faultOfName(rows, at) !== null)) return null;
  return Object.fromEntries(
    rows.map(({ name, description, choices, ...rest }) => {
      const words = inBoth(description);
      return [
        name,
        {
          ...rest,
          ...(words.en ? { description: words } : {}),
          ...(choices?.length ? { choices } : {}),
        },
      ];
    }),
  );
}
