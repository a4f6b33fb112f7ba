import { Button, Input, Space } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { type Column, DataTable, EditDrawer, Field, FormProblem, Page, useConfirm, useDraft, useRows, useSubmit } from "../kit";
import type { Department, User } from "../types";

function DepartmentEditor(props: { department: Department | null; onClose: () => void }) {
  const t = useT("settings");
  const draft = useDraft({ name: props.department?.name ?? "" });
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
        draft.value.name.trim() ? void save.run() : draft.refuse([{ field: "name", message: t("kit.required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["name"]} />
      <Field label={t("departments.name")} htmlFor="department-name" required problem={draft.problem("name")}>
        <Input
          id="department-name"
          autoFocus
          maxLength={80}
          value={draft.value.name}
          onChange={(event) => draft.set({ name: event.target.value })}
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
  const users = useRows<User>("/users");
  const counts = useMemo(() => {
    const map = new Map<string, number>();
    for (const user of users.rows ?? [])
      if (user.active && user.department_id) map.set(user.department_id, (map.get(user.department_id) ?? 0) + 1);
    return map;
  }, [users.rows]);
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
      key: "people",
      title: t("departments.people"),
      align: "right",
      className: "qk-num",
      sorter: (a, b) => (counts.get(a.id) ?? 0) - (counts.get(b.id) ?? 0),
      render: (_, department) => counts.get(department.id) ?? 0,
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
                text: t("departments.deleteText", { count: counts.get(department.id) ?? 0 }),
                ok: t("kit.delete"),
                run: () => remove.run(department),
              })
            }
          />
        </Space>
      ),
    },
  ];
  const rows = departments.rows?.filter((department) => department.name.toLowerCase().includes(query.trim().toLowerCase()));
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
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
