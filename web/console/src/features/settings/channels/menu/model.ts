/** The menu of a WeChat account as the API has it, and the provider's limits. Pure. */

export type Action =
  | { kind: "link"; url: string }
  | { kind: "program"; appid: string; pagepath: string; url: string }
  | { kind: "say"; text: string }
  | { kind: "click"; key: string }
  | { kind: "scan"; key: string; wait: boolean }
  | { kind: "other"; raw: Record<string, unknown> };
export type Kind = Action["kind"];

export interface Row {
  name: string;
  action: Action | null;
}
export interface Column extends Row {
  rows: Row[];
}
export interface Menu {
  columns: Column[];
}

/** A button by its place: a column, or a row above it. */
export interface Place {
  column: number;
  row: number | null;
}

export interface Fault {
  place: Place;
  field: string;
  code: "required" | "long" | "link" | "action";
}

export const COLUMNS_MOST = 3;
export const ROWS_MOST = 5;
/** Kinds somebody may choose; `other` is only ever kept. */
export const KINDS: readonly Kind[] = ["say", "link", "program", "scan", "click"];

/** What WeChat takes, in bytes. `text` is what is left of a key beside the mark that makes it words of the customer's. */
export const BYTES_MOST = { column: 16, row: 60, text: 124, key: 128 } as const;
/** How much of a name phones show, in Chinese letters. */
const SHOWN = { column: 4, row: 8 } as const;

export const bytesOf = (text: string): number => new TextEncoder().encode(text.trim()).length;

const levelOf = (place: Place) => (place.row === null ? "column" : "row");

export const nameBytesMost = (place: Place): number => BYTES_MOST[levelOf(place)];

/** A name as phones show it: what is too wide is cut. */
export function shownName(name: string, place: Place): string {
  const most = SHOWN[levelOf(place)] * 2;
  let width = 0;
  let shown = "";
  for (const sign of name.trim()) {
    width += sign.codePointAt(0)! < 0x2e80 ? 1 : 2;
    if (width > most) return `${shown}…`;
    shown += sign;
  }
  return shown;
}

export function emptyAction(kind: Kind): Action {
  switch (kind) {
    case "link":
      return { kind, url: "" };
    case "program":
      return { kind, appid: "", pagepath: "", url: "" };
    case "say":
      return { kind, text: "" };
    case "click":
      return { kind, key: "" };
    case "scan":
      return { kind, key: "", wait: true };
    case "other":
      return { kind, raw: {} };
  }
}

export function buttonAt(menu: Menu, place: Place): Column | Row | undefined {
  const column = menu.columns[place.column];
  return place.row === null ? column : column?.rows[place.row];
}

const replaced = <T>(all: T[], index: number, change: (one: T) => T): T[] =>
  all.map((one, at) => (at === index ? change(one) : one));

export function changed(menu: Menu, place: Place, change: Partial<Row>): Menu {
  return {
    columns: replaced(menu.columns, place.column, (column) =>
      place.row === null
        ? { ...column, ...change }
        : { ...column, rows: replaced(column.rows, place.row, (row) => ({ ...row, ...change })) },
    ),
  };
}

export function withColumn(menu: Menu): Menu {
  return { columns: [...menu.columns, { name: "", action: null, rows: [] }] };
}

/** One more row; a button that opens rows does nothing else. */
export function withRow(menu: Menu, column: number): Menu {
  return {
    columns: replaced(menu.columns, column, (one) => ({
      ...one,
      action: null,
      rows: [...one.rows, { name: "", action: null }],
    })),
  };
}

export function without(menu: Menu, place: Place): Menu {
  const { column, row } = place;
  if (row === null) return { columns: menu.columns.filter((_, at) => at !== column) };
  return {
    columns: replaced(menu.columns, column, (one) => ({
      ...one,
      rows: one.rows.filter((_, at) => at !== row),
    })),
  };
}

/** The place a step away among its neighbours, or null at the end. */
export function beside(menu: Menu, place: Place, step: -1 | 1): Place | null {
  const all = place.row === null ? menu.columns : (menu.columns[place.column]?.rows ?? []);
  const to = (place.row ?? place.column) + step;
  if (to < 0 || to >= all.length) return null;
  return place.row === null ? { column: to, row: null } : { column: place.column, row: to };
}

export function swapped(menu: Menu, one: Place, other: Place): Menu {
  const swap = <T>(all: T[], a: number, b: number): T[] =>
    all.map((item, at) => (at === a ? all[b]! : at === b ? all[a]! : item));
  if (one.row === null || other.row === null)
    return { columns: swap(menu.columns, one.column, other.column) };
  const [a, b] = [one.row, other.row];
  return {
    columns: replaced(menu.columns, one.column, (column) => ({ ...column, rows: swap(column.rows, a, b) })),
  };
}

/** What WeChat would refuse, in the order of the buttons. */
export function faultsOf(menu: Menu): Fault[] {
  return menu.columns.flatMap((button, column) => [
    ...faultsOfButton(button, { column, row: null }, button.rows.length > 0),
    ...button.rows.flatMap((row, at) => faultsOfButton(row, { column, row: at }, false)),
  ]);
}

function faultsOfButton(button: Row, place: Place, opens: boolean): Fault[] {
  const found: Fault[] = [];
  const add = (field: string, code: Fault["code"]) => void found.push({ place, field, code });
  const need = (field: string, text: string, most?: number) => {
    if (!text.trim()) add(field, "required");
    else if (most && bytesOf(text) > most) add(field, "long");
  };
  need("name", button.name, nameBytesMost(place));
  if (opens) return found;
  const { action } = button;
  if (action === null) add("action", "action");
  else if (action.kind === "say") need("text", action.text, BYTES_MOST.text);
  else if (action.kind === "click" || action.kind === "scan") need("key", action.key, BYTES_MOST.key);
  else if (action.kind === "link" || action.kind === "program") {
    if (action.kind === "program") {
      need("appid", action.appid);
      need("pagepath", action.pagepath);
    }
    need("url", action.url);
    if (action.url.trim() && !/^https?:\/\/\S+$/.test(action.url.trim())) add("url", "link");
  }
  return found;
}

/** Where a refusal of the API points: `columns.0.rows.1.action.link.url`. */
export function placeOf(path: string): { place: Place; field: string } | null {
  const found = /columns\.(\d+)(?:\.rows\.(\d+))?(?:\.(.+))?$/.exec(path);
  if (!found) return null;
  const place = { column: Number(found[1]), row: found[2] === undefined ? null : Number(found[2]) };
  return { place, field: found[3]?.split(".").at(-1) ?? "name" };
}

export const same = (one: Place, other: Place | null): boolean =>
  other !== null && one.column === other.column && one.row === other.row;
