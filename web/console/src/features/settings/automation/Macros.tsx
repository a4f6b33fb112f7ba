import { Button, Dropdown, Input, Segmented, Select, Tag } from "antd";
import { AlertTriangle, MoreHorizontal, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useGet } from "@/api/hooks";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import type { Macro } from "../../tickets/macros/model";
import {
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Page,
  useConfirm,
  useDraft,
  useRows,
  useSubmit,
} from "../kit";
import { ActionsEditor } from "./ActionsEditor";
import { unfilled } from "./model";
import type { Action, Catalogue } from "./types";
import "./automation.css";

const PATH = "/macros";

interface MacroDraft {
  name: string;
  description: string;
  subject: "ticket" | "conversation";
  actions: Action[];
  scope: "own" | "department" | "all";
  department_id: string | null;
}

/** Several actions in one click: one's own, a department's, or everybody's. */
export default function Macros() {
  const t = useT("settings/automation");
  const locale = useLocale();
  const confirm = useConfirm();
  const [query, setQuery] = useState("");
  const [editing, setEditing] = useState<Macro | "new" | null>(null);
  const macros = useRows<Macro>(PATH, { everything: true, locale });
  const catalogue = useGet<Catalogue>("/automation/catalogue", { locale });
  const remove = useSubmit((macro: Macro) => api.delete(`${PATH}/${macro.id}`), { stale: [PATH] });
  const needle = query.trim().toLowerCase();
  const rows = macros.rows?.filter((macro) =>
    `${macro.name} ${macro.description}`.toLowerCase().includes(needle),
  );
  const columns: Column<Macro>[] = [
    {
      key: "name",
      title: t("macros.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, macro) => (
        <span className="qa-name">
          {macro.name}
          {macro.faults.length > 0 && (
            <Tag
              color="warning"
              icon={<AlertTriangle size={12} aria-hidden />}
              title={macro.faults.map((fault) => fault.message).join(" ")}
            >
              {t("list.fault", { count: macro.faults.length })}
            </Tag>
          )}
        </span>
      ),
    },
    { key: "subject", title: t("macros.subject"), render: (_, macro) => t(`subject.${macro.subject}`) },
    { key: "scope", title: t("macros.scope"), render: (_, macro) => t(`macros.scope_${macro.scope}`) },
    {
      key: "actions",
      title: t("then.title"),
      render: (_, macro) => macro.actions.map((action) => t(`do.${action.do}`)).join(t("comma")),
    },
    {
      key: "used",
      title: t("macros.used"),
      align: "right",
      sorter: (a, b) => a.usage_count - b.usage_count,
      render: (_, macro) => macro.usage_count,
    },
    {
      key: "more",
      title: "",
      fixedIn: true,
      width: 48,
      render: (_, macro) =>
        macro.may_edit && (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "edit", label: t("list.edit") },
                { key: "delete", label: t("list.delete"), danger: true },
              ],
              onClick: ({ key }) => {
                if (key === "edit") setEditing(macro);
                else
                  confirm({
                    title: t("macros.deleteTitle", { name: macro.name }),
                    text: t("macros.deleteText"),
                    ok: t("list.delete"),
                    run: () => remove.run(macro),
                  });
              },
            }}
          >
            <Button
              type="text"
              size="small"
              icon={<MoreHorizontal size={15} aria-hidden />}
              aria-label={t("list.more", { name: macro.name })}
            />
          </Dropdown>
        ),
    },
  ];
  return (
    <Page
      title={t("macros.title")}
      description={t("macros.text")}
      actions={
        <Button type="primary" icon={<Plus size={14} aria-hidden />} onClick={() => setEditing("new")}>
          {t("macros.new")}
        </Button>
      }
    >
      <DataTable<Macro>
        id="macros"
        label={t("macros.title")}
        rows={rows}
        rowKey="id"
        columns={columns}
        loading={macros.isPending}
        error={macros.error}
        onRetry={() => void macros.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("macros.search") }}
        narrowed={needle !== ""}
        emptyTitle={t("macros.empty")}
        emptyText={t("macros.emptyText")}
        onOpen={(macro) => macro.may_edit && setEditing(macro)}
      />
      {editing && catalogue.data && (
        <MacroEditor
          key={editing === "new" ? "new" : editing.id}
          macro={editing === "new" ? null : editing}
          catalogue={catalogue.data}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}

function MacroEditor(props: { macro: Macro | null; catalogue: Catalogue; onClose: () => void }) {
  const t = useT("settings/automation");
  const mayShare = useCan("automation.manage");
  const departments = useRows<{ id: string; name: string }>("/departments");
  const draft = useDraft<MacroDraft>({
    name: props.macro?.name ?? "",
    description: props.macro?.description ?? "",
    subject: props.macro?.subject ?? "ticket",
    actions: props.macro?.actions ?? [],
    scope: props.macro?.scope ?? "own",
    department_id: props.macro?.department_id ?? null,
  });
  const { value, set } = draft;
  const save = useSubmit(
    () => {
      const body = {
        name: value.name.trim(),
        description: value.description.trim(),
        subject: value.subject,
        actions: value.actions,
        shared: value.scope !== "own",
        department_id: value.scope === "department" ? value.department_id : null,
      };
      return props.macro ? api.put(`${PATH}/${props.macro.id}`, body) : api.post(PATH, body);
    },
    { stale: [PATH], draft, done: t("editor.saved"), onDone: props.onClose },
  );
  const submit = () => {
    const gaps = [];
    if (!value.name.trim()) gaps.push({ field: "name", message: t("need.name") });
    if (value.actions.length === 0) gaps.push({ field: "actions", message: t("need.actions") });
    if (value.scope === "department" && !value.department_id)
      gaps.push({ field: "department_id", message: t("need.department") });
    gaps.push(...unfilled(value.actions).map(({ field, key }) => ({ field, message: t(key) })));
    if (gaps.length > 0) draft.refuse(gaps);
    else void save.run();
  };
  return (
    <EditDrawer
      open
      width={760}
      title={t(props.macro ? "macros.edit" : "macros.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={submit}
    >
      <FormProblem problems={draft.problems} shown={["name", "description", "actions", "department_id"]} />
      <Field label={t("macros.name")} htmlFor="macro-name" required problem={draft.problem("name")}>
        <Input
          id="macro-name"
          autoFocus
          maxLength={80}
          value={value.name}
          onChange={(event) => set({ name: event.target.value })}
        />
      </Field>
      <Field label={t("editor.description")} htmlFor="macro-about" problem={draft.problem("description")}>
        <Input
          id="macro-about"
          maxLength={300}
          value={value.description}
          onChange={(event) => set({ description: event.target.value })}
        />
      </Field>
      <Field label={t("macros.subject")}>
        <Segmented
          value={value.subject}
          onChange={(subject) =>
            set({
              subject: subject as MacroDraft["subject"],
              actions: value.actions.filter((action) =>
                props.catalogue.actions[subject]?.includes(action.do),
              ),
            })
          }
          options={(["ticket", "conversation"] as const).map((key) => ({
            value: key,
            label: t(`subject.${key}`),
          }))}
        />
      </Field>
      <Field
        label={t("macros.scope")}
        htmlFor="macro-scope"
        help={mayShare ? undefined : t("macros.ownOnly")}
        problem={draft.problem("department_id")}
      >
        <div className="qa-options">
          <Select
            id="macro-scope"
            style={{ width: 180 }}
            disabled={!mayShare}
            value={value.scope}
            onChange={(scope) => set({ scope })}
            options={(["own", "department", "all"] as const).map((key) => ({
              value: key,
              label: t(`macros.scope_${key}`),
            }))}
          />
          {value.scope === "department" && (
            <Select
              style={{ width: 220 }}
              aria-label={t("form.department")}
              value={value.department_id ?? undefined}
              onChange={(department_id) => set({ department_id })}
              options={(departments.rows ?? []).map((one) => ({ value: one.id, label: one.name }))}
            />
          )}
        </div>
      </Field>
      <Field label={t("then.title")}>
        <ActionsEditor
          actions={value.actions}
          subject={value.subject}
          catalogue={props.catalogue}
          onChange={(actions) => set({ actions })}
          problem={draft.problem}
          faults={draft.dirty ? [] : (props.macro?.faults ?? [])}
        />
      </Field>
    </EditDrawer>
  );
}
