import type { Fault, FlowDocument, Json, Words } from "./model";

export interface FlowItem {
  id: string;
  key: string;
  name: Partial<Words>;
  description: Partial<Words> | null;
  published: number | null;
  changed: boolean;
  faults: number;
  updated_at: string;
  runs: Record<string, number>;
}
export interface FlowView {
  id: string;
  key: string;
  revision: number;
  document: FlowDocument;
  yaml: string;
  faults: Fault[];
  published: number | null;
  changed: boolean;
  updated_at: string;
}
export interface Version {
  id: string;
  number: number;
  note: string;
  published_at: string;
  current: boolean;
}
export interface Input {
  type: string;
  required: boolean;
  description: Words | null;
  choices: string[] | null;
  personal: boolean;
}
export interface Tool {
  id: string | null;
  kind: "python" | "http" | "sql";
  spec: {
    name: string;
    title: Words;
    description: Words;
    effect: "read" | "write";
    inputs: Record<string, Input>;
    errors: string[];
    sample: Json;
  };
  http: HttpSettings | null;
  sql: SqlSettings | null;
  secret_names: string[];
  active: boolean;
}
export interface HttpSettings {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: Json;
  output: Record<string, string>;
  errors: Record<string, string>;
  hosts: string[];
  allow_private: boolean;
  timeout_s: number;
}
export interface SqlSettings {
  statement: string;
  max_rows: number;
  one_row: boolean;
  timeout_s: number;
}
export interface Said {
  text: string;
  options: { id: string; label: string }[];
  card: Json | null;
}
export interface Rehearsed {
  said: Said[];
  step: string | null;
  path: string[];
  slots: Record<string, Json>;
  calls: { step: string; tool: string; error: string | null; simulated: boolean; sampled: boolean }[];
  ended: string | null;
  state: Json | null;
}
export interface TestResult {
  name: string;
  passed: boolean;
  misses: { turn: number; what: string; expected: Json; found: Json }[];
}
