import { Avatar, Button, Checkbox, Dropdown, Input, Modal, Select, Space, Tag, Typography } from "antd";
import { ArrowRightLeft, KeyRound, MoreHorizontal, UserPlus } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useCan, useMe } from "@/app/session";
import { absoluteTime, relativeTime } from "@/lib/format";
import {
  type Column,
  CopyButton,
  DataTable,
  Dot,
  EditDrawer,
  Field,
  FormProblem,
  Page,
  useConfirm,
  useDraft,
  usePages,
  useRows,
  useSettled,
  useSubmit,
} from "../kit";
import type { Department, Role, User } from "../types";
import { Leaving } from "./Leaving";

interface UserDraft {
  name: string;
  display_name: string;
  email: string;
  role_ids: string[];
  department_id: string | null;
  locale: string | null;
}

const BLANK: UserDraft = {
  name: "",
  display_name: "",
  email: "",
  role_ids: [],
  department_id: null,
  locale: null,
};

function TemporaryPassword(props: { name: string; email: string; password: string; onClose: () => void }) {
  const t = useT("settings");
  return (
    <Modal
      open
      title={t("users.temporaryTitle", { name: props.name })}
      onCancel={props.onClose}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={props.onClose}>
          {t("users.temporaryDone")}
        </Button>
      }
    >
      <p>{t("users.temporaryText")}</p>
      <div className="qs-secret">
        <Typography.Text code copyable={false} translate="no">
          {props.password}
        </Typography.Text>
        <CopyButton text={props.password} size="middle" />
      </div>
      <p className="qk-muted">{t("users.temporaryFor", { email: props.email })}</p>
    </Modal>
  );
}

function UserEditor(props: {
  user: User | null;
  roles: Role[];
  departments: Department[];
  onClose: () => void;
  onCreated: (user: User, password: string | null) => void;
}) {
  const t = useT("settings");
  const me = useMe();
  const draft = useDraft<UserDraft>(
    props.user
      ? {
          name: props.user.name,
          display_name: props.user.display_name ?? "",
          email: props.user.email,
          role_ids: props.user.roles.map((role) => role.id),
          department_id: props.user.department_id,
          locale: props.user.locale,
        }
      : {
          ...BLANK,
          locale: me.workspace.locale,
          role_ids: props.roles.filter((role) => role.key === "agent").map((role) => role.id),
        },
  );
  const { value, set, problem } = draft;
  const save = useSubmit(
    async () => {
      const body = {
        ...value,
        display_name: value.display_name.trim() || null,
        name: value.name.trim(),
        email: value.email.trim(),
      };
      return props.user
        ? api.patch<User & { temporary_password?: string }>(`/users/${props.user.id}`, body)
        : api.post<User & { temporary_password?: string }>("/users", body);
    },
    {
      stale: ["/users", "/directory", "/agents", "/roles"],
      draft,
      done: t(props.user ? "kit.saved" : "users.created"),
      onDone: (user) =>
        props.user ? props.onClose() : props.onCreated(user, user.temporary_password ?? null),
    },
  );
  const submit = () => {
    const missing = [];
    if (!value.name.trim()) missing.push({ field: "name", message: t("kit.required") });
    if (!/^\S+@\S+\.\S+$/.test(value.email.trim()))
      missing.push({ field: "email", message: t("users.emailInvalid") });
    if (value.role_ids.length === 0) missing.push({ field: "role_ids", message: t("users.roleNeeded") });
    if (missing.length) draft.refuse(missing);
    else void save.run();
  };
  return (
    <EditDrawer
      open
      title={props.user ? t("users.editTitle", { name: props.user.name }) : t("users.newTitle")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={submit}
      saveText={props.user ? t("kit.save") : t("users.createOk")}
    >
      <FormProblem problems={draft.problems} shown={["name", "email", "role", "department", "locale"]} />
      <Field label={t("users.name")} htmlFor="user-name" required problem={problem("name")}>
        <Input
          id="user-name"
          autoFocus
          value={value.name}
          maxLength={80}
          onChange={(e) => set({ name: e.target.value })}
        />
      </Field>
      <Field
        label={t("users.displayName")}
        htmlFor="user-display"
        help={t("users.displayNameHelp")}
        problem={problem("display_name")}
      >
        <Input
          id="user-display"
          value={value.display_name}
          maxLength={80}
          placeholder={value.name}
          onChange={(e) => set({ display_name: e.target.value })}
        />
      </Field>
      <Field
        label={t("users.email")}
        htmlFor="user-email"
        required
        help={t("users.emailHelp")}
        problem={problem("email")}
      >
        <Input
          id="user-email"
          type="email"
          autoComplete="off"
          value={value.email}
          onChange={(e) => set({ email: e.target.value })}
        />
      </Field>
      <Field
        label={t("users.roles")}
        required
        help={t("users.rolesHelp")}
        problem={problem("role_ids") ?? problem("roles")}
      >
        <Checkbox.Group
          className="qs-choices"
          value={value.role_ids}
          onChange={(ids) => set({ role_ids: ids as string[] })}
          options={props.roles.map((role) => ({
            value: role.id,
            label: (
              <span>
                {role.built_in ? t(`roles.builtIn.${role.key}`) : role.name}
                <small>{role.built_in ? t(`roles.builtInText.${role.key}`) : role.description}</small>
              </span>
            ),
          }))}
        />
      </Field>
      <Field label={t("users.department")} htmlFor="user-department" problem={problem("department_id")}>
        <Select
          id="user-department"
          allowClear
          placeholder={t("users.noDepartment")}
          value={value.department_id}
          onChange={(id: string | undefined) => set({ department_id: id ?? null })}
          options={props.departments.map((department) => ({ value: department.id, label: department.name }))}
        />
      </Field>
      <Field label={t("users.locale")} htmlFor="user-locale" problem={problem("locale")}>
        <Select
          id="user-locale"
          value={value.locale ?? me.workspace.locale}
          onChange={(locale) => set({ locale })}
          options={[
            { value: "zh-CN", label: "简体中文" },
            { value: "en", label: "English" },
          ]}
        />
      </Field>
    </EditDrawer>
  );
}

export default function Users() {
  const t = useT("settings");
  const locale = useLocale();
  const me = useMe();
  const confirm = useConfirm();
  const mayRoles = useCan("users.manage");
  const [query, setQuery] = useState("");
  const [role, setRole] = useState<string>();
  const [active, setActive] = useState<"true" | "false" | "all">("true");
  const [editing, setEditing] = useState<User | "new" | null>(null);
  const [leaving, setLeaving] = useState<{ user: User; deactivate: boolean } | null>(null);
  const [secret, setSecret] = useState<{ name: string; email: string; password: string } | null>(null);
  const q = useSettled(query);
  const users = usePages<User>("/users", { q, role, active: active === "all" ? undefined : active });
  const roles = useRows<Role>("/roles");
  const departments = useRows<Department>("/departments");
  const departmentName = (id: string | null) =>
    departments.rows?.find((department) => department.id === id)?.name;
  const roleName = (item: { id: string; key: string | null; name: string }) => {
    const known = roles.rows?.find((candidate) => candidate.id === item.id);
    return known?.built_in ? t(`roles.builtIn.${item.key}`) : item.name;
  };

  const reset = useSubmit(
    (user: User) => api.post<{ temporary_password: string }>(`/users/${user.id}/reset-password`),
    {},
  );
  const setActiveOf = useSubmit(
    (user: User, on: boolean) => api.patch<User>(`/users/${user.id}`, { active: on }),
    {
      stale: ["/users", "/directory", "/agents"],
    },
  );

  const resetPassword = (user: User) =>
    confirm({
      title: t("users.resetTitle", { name: user.name }),
      text: t("users.resetText"),
      ok: t("users.reset"),
      run: async () => {
        const answer = await reset.run(user);
        if (answer) setSecret({ name: user.name, email: user.email, password: answer.temporary_password });
      },
    });

  const columns: Column<User>[] = [
    {
      key: "name",
      title: t("users.name"),
      fixedIn: true,
      sorter: (a, b) => a.name.localeCompare(b.name, locale),
      render: (_, user) => (
        <Space>
          <Avatar size={30} src={user.avatar_url}>
            {user.name.slice(0, 1)}
          </Avatar>
          <div>
            <button type="button" className="qk-linkish" onClick={() => setEditing(user)}>
              <strong>{user.name}</strong>
            </button>
            {user.id === me.user.id && <Tag style={{ marginInlineStart: 8 }}>{t("users.you")}</Tag>}
            <div className="qk-muted">{user.email}</div>
          </div>
        </Space>
      ),
    },
    {
      key: "roles",
      title: t("users.roles"),
      render: (_, user) => (
        <Space size={4} wrap>
          {user.roles.map((item) => (
            <Tag key={item.id}>{roleName(item)}</Tag>
          ))}
        </Space>
      ),
    },
    {
      key: "department",
      title: t("users.department"),
      sorter: (a, b) =>
        (departmentName(a.department_id) ?? "").localeCompare(departmentName(b.department_id) ?? "", locale),
      render: (_, user) => departmentName(user.department_id) ?? <span className="qk-muted">–</span>,
    },
    {
      key: "active",
      title: t("users.status"),
      render: (_, user) => (
        <Dot tone={user.active ? "ok" : "idle"}>{t(user.active ? "users.active" : "users.inactive")}</Dot>
      ),
    },
    {
      key: "seen",
      title: t("users.lastSeen"),
      sorter: (a, b) => (a.last_login_at ?? "").localeCompare(b.last_login_at ?? ""),
      render: (_, user) =>
        user.last_login_at ? (
          <span title={absoluteTime(user.last_login_at, locale)}>
            {relativeTime(user.last_login_at, locale)}
          </span>
        ) : (
          <span className="qk-muted">{t("users.never")}</span>
        ),
    },
    {
      key: "created",
      title: t("users.createdAt"),
      extra: true,
      render: (_, user) => (user.created_at ? absoluteTime(user.created_at, locale) : "–"),
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, user) => (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: [
              { key: "edit", label: t("kit.edit"), onClick: () => setEditing(user) },
              {
                key: "reset",
                label: t("users.reset"),
                icon: <KeyRound size={14} />,
                onClick: () => resetPassword(user),
              },
              {
                key: "hand",
                label: t("users.hand"),
                icon: <ArrowRightLeft size={14} />,
                onClick: () => setLeaving({ user, deactivate: false }),
              },
              user.active
                ? {
                    key: "off",
                    label: t("users.deactivate"),
                    danger: true,
                    disabled: user.id === me.user.id,
                    onClick: () => setLeaving({ user, deactivate: true }),
                  }
                : {
                    key: "on",
                    label: t("users.reactivate"),
                    onClick: () => void setActiveOf.run(user, true),
                  },
            ],
          }}
        >
          <Button
            type="text"
            icon={<MoreHorizontal size={16} />}
            aria-label={t("kit.actionsFor", { name: user.name })}
          />
        </Dropdown>
      ),
    },
  ];

  return (
    <Page
      title={t("nav.users")}
      description={t("users.description")}
      actions={
        <Button
          type="primary"
          icon={<UserPlus size={15} />}
          onClick={() => setEditing("new")}
          disabled={!mayRoles || !roles.rows}
        >
          {t("users.new")}
        </Button>
      }
    >
      <DataTable
        id="users"
        label={t("nav.users")}
        rows={users.rows}
        rowKey="id"
        columns={columns}
        loading={users.loading}
        error={users.error}
        onRetry={() => void users.refetch()}
        more={users.more}
        search={{ value: query, onChange: setQuery, placeholder: t("users.search") }}
        narrowed={Boolean(q || role || active !== "true")}
        onOpen={setEditing}
        emptyTitle={t("users.empty")}
        filters={
          <>
            <Select
              allowClear
              style={{ minWidth: 140 }}
              placeholder={t("users.anyRole")}
              aria-label={t("users.roles")}
              value={role}
              onChange={setRole}
              options={(roles.rows ?? []).map((item) => ({ value: item.id, label: roleName(item) }))}
            />
            <Select
              style={{ minWidth: 110 }}
              aria-label={t("users.status")}
              value={active}
              onChange={setActive}
              options={[
                { value: "true", label: t("users.active") },
                { value: "false", label: t("users.inactive") },
                { value: "all", label: t("kit.all") },
              ]}
            />
          </>
        }
      />
      {editing && roles.rows && (
        <UserEditor
          key={editing === "new" ? "new" : editing.id}
          user={editing === "new" ? null : editing}
          roles={roles.rows}
          departments={departments.rows ?? []}
          onClose={() => setEditing(null)}
          onCreated={(user, password) => {
            setEditing(null);
            if (password) setSecret({ name: user.name, email: user.email, password });
          }}
        />
      )}
      {leaving && (
        <Leaving
          key={leaving.user.id}
          {...leaving}
          onClose={() => setLeaving(null)}
          onReactivate={(user) => void setActiveOf.run(user, true)}
        />
      )}
      {secret && <TemporaryPassword {...secret} onClose={() => setSecret(null)} />}
    </Page>
  );
}
