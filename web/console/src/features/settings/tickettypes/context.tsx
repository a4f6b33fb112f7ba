import { createContext, type ReactNode, useContext } from "react";
import { useLocale, useT } from "@/app/i18n";
import type { Fact } from "../kit/conditions";
import type { Department, Role, Skill } from "../types";
import { type Fault, faultAt, wordsIn } from "./model";
import type { Definition, FieldSpec, Lang } from "./types";

interface Editor {
  definition: Definition;
  change: (next: Definition | ((definition: Definition) => Definition)) => void;
  faults: Fault[];
  /** How many tickets stand in a state. */
  inUse: Record<string, number>;
  lang: Lang;
  roles: { value: string; label: string }[];
  departments: { value: string; label: string }[];
  skills: { value: string; label: string }[];
  typeKey: string | null;
}

const Context = createContext<Editor | null>(null);

export function EditorProvider(props: {
  value: Omit<Editor, "lang" | "roles" | "departments" | "skills"> & {
    roles: Role[] | undefined;
    departments: Department[] | undefined;
    skills: Skill[] | undefined;
  };
  children: ReactNode;
}) {
  const settings = useT("settings");
  const lang = useLocale() as Lang;
  const { roles, departments, skills, ...rest } = props.value;
  return (
    <Context.Provider
      value={{
        ...rest,
        lang,
        roles: (roles ?? []).map((role) => ({
          value: role.key ?? role.id,
          label: role.built_in ? settings(`roles.builtIn.${role.key}`) : role.name,
        })),
        departments: (departments ?? []).map(({ id, name }) => ({ value: id, label: name })),
        skills: (skills ?? []).map(({ id, name }) => ({ value: id, label: name })),
      }}
    >
      {props.children}
    </Context.Provider>
  );
}

export function useEditor(): Editor & { fault: (path: string) => string | undefined } {
  const editor = useContext(Context);
  if (!editor) throw new Error("outside of the editor of ticket types");
  return { ...editor, fault: (path) => faultAt(editor.faults, path) };
}

const FACT_KINDS: Partial<Record<FieldSpec["kind"], Fact["kind"]>> = {
  number: "number",
  money: "money",
  date: "date",
  moment: "moment",
  yes_no: "yes_no",
  choice: "choice",
  choices: "choices",
  cascade: "choices",
};

/** What conditions of a type may ask: its own fields, and what every ticket and its customer have. */
export function useFacts(except?: string): Fact[] {
  const t = useT("settings/tickettypes");
  const { definition, lang } = useEditor();
  const own = definition.fields
    .filter((field) => field.key !== except)
    .map((field): Fact => {
      const kind = FACT_KINDS[field.kind] ?? "text";
      const flat = (options: FieldSpec["options"], above = ""): { value: string; label: string }[] =>
        options.flatMap((option) => {
          const label = above + (wordsIn(option.label, lang) || option.key);
          return [{ value: option.key, label }, ...flat(option.children, `${label} / `)];
        });
      return {
        path: `ticket.fields.${field.key}${field.kind === "money" ? "_minor" : ""}`,
        label: wordsIn(field.label, lang) || field.key,
        kind,
        group: t("facts.fields"),
        ...(field.options.length ? { options: flat(field.options) } : {}),
      };
    });
  const ticket = t("facts.ticket");
  return [
    ...own,
    {
      path: "ticket.priority",
      label: t("basics.priority"),
      kind: "choice",
      group: ticket,
      options: [0, 1, 2, 3].map((value) => ({ value, label: t(`priority.${value}`) })),
    },
    {
      path: "ticket.source",
      label: t("facts.source"),
      kind: "choice",
      group: ticket,
      options: ["conversation", "console", "mail", "api", "portal", "automation", "schedule", "import"].map(
        (value) => ({ value, label: t(`source.${value}`) }),
      ),
    },
    { path: "ticket.tags", label: t("facts.tags"), kind: "tags", group: ticket },
    { path: "customer.level", label: t("facts.level"), kind: "text", group: t("facts.customer") },
    { path: "customer.city", label: t("facts.city"), kind: "text", group: t("facts.customer") },
  ];
}
