/** What becomes of a ticket's values when it gets another type: as `_type` of `service/changing.py` keeps them. Pure. */

import { isEmpty } from "../fields/conditions";
import { defaultsOf, flawOf, optionsOf, type Values } from "../fields/model";
import type { Definition, FieldSpec, State, TicketStatus } from "../types";

type Fields = Pick<Definition, "fields">;

export interface Carried {
  /** What the server keeps by itself: the same field, of the same kind, with a value it still takes. */
  kept: Values;
  /** What the form of the new type begins with: what is kept, what was found under another name, defaults. */
  values: Values;
  /** Fields whose value no field of the new type holds. */
  lost: FieldSpec[];
}

/** Values a type's fields have now, as fields of another type. What one sees in part only is never copied. */
export function carry(from: Fields, to: Fields, values: Values, masked: readonly string[]): Carried {
  const kept: Values = {};
  const moved: Values = {};
  const lost: FieldSpec[] = [];
  const filled = from.fields.filter((spec) => !isEmpty(values[spec.key]));
  const rest = filled.filter((spec) => {
    const same = to.fields.find((one) => one.key === spec.key && one.kind === spec.kind);
    if (!same || !(masked.includes(spec.key) || takes(same, values[spec.key]))) return true;
    kept[spec.key] = values[spec.key];
    return false;
  });
  for (const spec of rest) {
    const like = to.fields.find(
      (one) => !(one.key in kept) && !(one.key in moved) && alike(spec, one) && takes(one, values[spec.key]),
    );
    // Files belong to the field they were put into.
    if (!like || masked.includes(spec.key) || spec.kind === "file") lost.push(spec);
    else moved[like.key] = values[spec.key];
  }
  return { kept, values: { ...defaultsOf(to), ...moved, ...kept }, lost };
}

/** The state it comes to stand in: the first of the same shared status, else where the type begins. */
export function landsIn(to: Pick<Definition, "workflow">, status: TicketStatus): State | undefined {
  const { states, initial } = to.workflow;
  return states.find((one) => one.status === status) ?? states.find((one) => one.key === initial);
}

/** Whether two fields ask for the same thing under different keys: the same name, and values that fit. */
function alike(one: FieldSpec, other: FieldSpec): boolean {
  const fits = one.kind === other.kind || (one.kind === "text" && other.kind === "long_text");
  return fits && Object.entries(one.label).some(([locale, name]) => name && other.label[locale] === name);
}

function takes(spec: FieldSpec, value: unknown): boolean {
  if (spec.kind === "choice" || spec.kind === "choices" || spec.kind === "cascade") {
    const keys = Array.isArray(value) ? value : [value];
    return optionsOf(spec, value).length === keys.length;
  }
  return flawOf(spec, value, false) === null;
}
