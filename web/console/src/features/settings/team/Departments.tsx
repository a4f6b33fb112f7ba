import { Button, Input, Select, Space } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
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
import type { Department } from "../types";

function DepartmentEditor(props: {
  department: Department | null;
  departments: Department[];
  onClose: () => void;
}) {
  const t = useT("settings");
  const draft = useDraft({
    name: props.department?.name ?? "",
    description: props.department?.description ?? "",
    parent_id: props.department?.parent_id ?? null,
  });
  const save = useSubmit(
    () =>
      props.department
        ? api.patch(`/departments/${props.department.id}`, draft.value)
        : api.post("/departments", draft.value),
    { stale: ["/departments"], draft, done: t("kit.saved"), onDone: props.onClose },
  );
  return (
    <EditDrawer
      open
      title={t(props.department ? "departments.edit" : "departments.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        draft.value.name.trim()
          ? void save.run()
          : draft.refuse([{ field: "name", message: t("kit.required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["name", "description", "parent"]} />
      <Field label={t("departments.name")} htmlFor="department-name" required problem={draft.problem("name")}>
        <Input
          id="department-name"
          autoFocus
          maxLength={80}
          value={draft.value.name}
          onChange={(event) => draft.set({ name: event.target.value })}
        />
      </Field>
      <Field
        label={t("departments.descriptionLabel")}
        htmlFor="department-description"
        problem={draft.problem("description")}
      >
        <Input.TextArea
          id="department-description"
          maxLength={300}
          autoSize={{ minRows: 2 }}
          value={draft.value.description}
          onChange={(event) => draft.set({ description: event.target.value })}
        />
      </Field>
      <Field label={t("departments.parent")} htmlFor="department-parent" problem={draft.problem("parent_id")}>
        <Select
          id="department-parent"
          allowClear
          placeholder={t("departments.top")}
          value={draft.value.parent_id}
          onChange={(id: string | undefined) => draft.set({ parent_id: id ?? null })}
          options={props.departments
            .filter((other) => other.id !== props.department?.id)
            .map((other) => ({ value: other.id, label: other.name }))}
        />
      </Field>
    </EditDrawer>
  );
}

export default function Departments() {
  const t = useT("settings");
  const locale = useLocale();
  const confirm = useConfirm();
  const [editing, setEditing] = useState<Department | "new" | null>(null);
  const [query, setQuery] = useState("");
  const departments = useRows<Department>("/departments");
  const remove = useSubmit((department: Department) => api.delete(`/departments/${department.id}`), {
    stale: ["/departments", "/users"],
    done: t("departments.deleted"),
  });
  const columns: Column<Department>[] = [
    {
      key: "name",
      title: t("departments.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, department) => (
        <button type="button" className="qk-linkish" onClick={() => setEditing(department)}>
          <strong>{department.name}</strong>
        </button>
      ),
    },
    {
      key: "parent",
      title: t("departments.parent"),
      render: (_, department) =>
        departments.rows?.find((other) => other.id === department.parent_id)?.name ?? (
          <span className="qk-muted">–</span>
        ),
    },
    {
      key: "people",
      title: t("departments.people"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.users - b.users,
      render: (_, department) => department.users,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 120,
      align: "right",
      render: (_, department) => (
        <Space>
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={t("kit.deleteNamed", { name: department.name })}
            onClick={() =>
              confirm({
                title: t("departments.deleteTitle", { name: department.name }),
                text: t("departments.deleteText", { count: department.users }),
                ok: t("kit.delete"),
                run: () => remove.run(department),
              })
            }
          />
        </Space>
      ),
    },
  ];
  const rows = departments.rows?.filter((department) =>
    department.name.toLowerCase().includes(query.trim().toLowerCase()),
  );
  return (
    <Page
      title={t("nav.departments")}
      description={t("departments.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
          {t("departments.new")}
        </Button>
      }
    >
      <DataTable
        id="departments"
        label={t("nav.departments")}
        rows={rows}
        rowKey="id"
        columns={columns}
        loading={departments.isFetching}
        error={departments.error}
        onRetry={() => void departments.refetch()}
        search={{ value: query, onChange: setQuery, placeholder: t("departments.search") }}
        narrowed={Boolean(query.trim())}
        onOpen={setEditing}
        emptyTitle={t("departments.empty")}
        emptyText={t("departments.emptyText")}
        emptyAction={<Button onClick={() => setEditing("new")}>{t("departments.new")}</Button>}
      />
      {editing && (
        <DepartmentEditor
          key={editing === "new" ? "new" : editing.id}
          department={editing === "new" ? null : editing}
          departments={departments.rows ?? []}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
