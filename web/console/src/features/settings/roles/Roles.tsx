import { Button, Checkbox, Dropdown, Input, Select, Tooltip } from "antd";
import { Check, Lock, Minus, MoreHorizontal, Plus } from "lucide-react";
import { Fragment, useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import {
  EditDrawer,
  Field,
  FormProblem,
  Page,
  SaveBar,
  State,
  useConfirm,
  useDraft,
  useOne,
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import type { Role } from "../types";
import { difference, groupPermissions, groupState, requirements, setGroup, toggle } from "./model";
import "./roles.css";

type Held = Record<string, string[]>;

function permissionKeys(answer: unknown): string[] {
  const list = Array.isArray(answer) ? answer : ((answer as { items?: unknown[] } | undefined)?.items ?? []);
  return list.map((item) => (typeof item === "string" ? item : String((item as { key: string }).key)));
}

function RoleEditor(props: { role: Role | null; roles: Role[]; onClose: () => void }) {
  const t = useT("settings");
  const draft = useDraft({
    name: props.role?.name ?? "",
    description: props.role?.description ?? "",
    copy_of: props.role ? "" : (props.roles.find((role) => role.key === "agent")?.id ?? ""),
  });
  const save = useSubmit(
    () => {
      const { name, description, copy_of } = draft.value;
      const base = props.roles.find((role) => role.id === copy_of);
      return props.role
        ? api.patch(`/roles/${props.role.id}`, { name: name.trim(), description: description.trim() })
        : api.post("/roles", {
            name: name.trim(),
            description: description.trim(),
            permissions: base?.permissions ?? [],
          });
    },
    { stale: ["/roles"], draft, done: t("kit.saved"), onDone: props.onClose },
  );
  return (
    <EditDrawer
      open
      title={t(props.role ? "roles.rename" : "roles.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        draft.value.name.trim()
          ? void save.run()
          : draft.refuse([{ field: "name", message: t("kit.required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["name", "description"]} />
      <Field label={t("roles.name")} htmlFor="role-name" required problem={draft.problem("name")}>
        <Input
          id="role-name"
          autoFocus
          maxLength={60}
          value={draft.value.name}
          onChange={(event) => draft.set({ name: event.target.value })}
        />
      </Field>
      <Field
        label={t("roles.descriptionLabel")}
        htmlFor="role-description"
        problem={draft.problem("description")}
      >
        <Input.TextArea
          id="role-description"
          maxLength={200}
          autoSize={{ minRows: 2 }}
          value={draft.value.description}
          onChange={(event) => draft.set({ description: event.target.value })}
        />
      </Field>
      {!props.role && (
        <Field label={t("roles.copyOf")} htmlFor="role-copy" help={t("roles.copyOfHelp")}>
          <Select
            id="role-copy"
            value={draft.value.copy_of}
            onChange={(copy_of) => draft.set({ copy_of })}
            options={[
              { value: "", label: t("roles.fromNothing") },
              ...props.roles.map((role) => ({
                value: role.id,
                label: role.built_in ? t(`roles.builtIn.${role.key}`) : role.name,
              })),
            ]}
          />
        </Field>
      )}
    </EditDrawer>
  );
}

export default function Roles() {
  const t = useT("settings");
  const confirm = useConfirm();
  const mayEdit = useCan("roles.manage");
  const roles = useRows<Role>("/roles");
  const permissions = useOne<unknown>("/permissions", { staleTime: Number.POSITIVE_INFINITY });
  const [editing, setEditing] = useState<Role | "new" | null>(null);
  const draft = useDraft<Held>({});
  const { accept, dirty } = draft;
  useUnsavedGuard(dirty);

  const custom = useMemo(() => roles.rows?.filter((role) => !role.built_in) ?? [], [roles.rows]);
  useEffect(() => {
    if (!dirty) accept(Object.fromEntries(custom.map((role) => [role.id, [...role.permissions].sort()])));
  }, [custom, dirty, accept]);

  const groups = useMemo(() => groupPermissions(permissionKeys(permissions.data)), [permissions.data]);
  const changed = custom.filter((role) => {
    const { added, removed } = difference(role.permissions, draft.value[role.id] ?? role.permissions);
    return added.length + removed.length > 0;
  });
  const save = useSubmit(
    async () => {
      for (const role of changed) await api.patch(`/roles/${role.id}`, { permissions: draft.value[role.id] });
    },
    { stale: ["/roles", "/users"], done: t("kit.saved"), onDone: () => accept(draft.value) },
  );
  const remove = useSubmit((role: Role) => api.delete(`/roles/${role.id}`), {
    stale: ["/roles", "/users"],
    done: t("roles.deleted"),
  });
  const title = (role: Role) => (role.built_in ? t(`roles.builtIn.${role.key}`) : role.name);
  const held = (role: Role) =>
    role.built_in ? role.permissions : (draft.value[role.id] ?? role.permissions);
  const change = (role: Role, next: string[]) => draft.set({ [role.id]: next });

  return (
    <Page
      wide
      title={t("nav.roles")}
      description={t("roles.description")}
      actions={
        mayEdit && (
          <Button
            type="primary"
            icon={<Plus size={15} />}
            onClick={() => setEditing("new")}
            disabled={!roles.rows}
          >
            {t("roles.new")}
          </Button>
        )
      }
    >
      <State
        loading={roles.isPending || permissions.isPending}
        error={roles.error ?? permissions.error}
        onRetry={() => {
          void roles.refetch();
          void permissions.refetch();
        }}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <div className="qr-scroll" tabIndex={0} role="region" aria-label={t("roles.matrix")}>
          <table className="qr-matrix">
            <caption className="q-sr">{t("roles.matrix")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("roles.permission")}</th>
                {(roles.rows ?? []).map((role) => (
                  <th key={role.id} scope="col" className={changed.includes(role) ? "qr-changed" : ""}>
                    <div>
                      <span>{title(role)}</span>
                      {role.built_in ? (
                        <Tooltip title={t("roles.fixed")}>
                          <Lock size={13} aria-label={t("roles.fixed")} />
                        </Tooltip>
                      ) : (
                        mayEdit && (
                          <Dropdown
                            trigger={["click"]}
                            menu={{
                              items: [
                                { key: "rename", label: t("roles.rename"), onClick: () => setEditing(role) },
                                {
                                  key: "delete",
                                  danger: true,
                                  label: t("kit.delete"),
                                  onClick: () =>
                                    confirm({
                                      title: t("roles.deleteTitle", { name: role.name }),
                                      text: t("roles.deleteText"),
                                      ok: t("kit.delete"),
                                      run: () => remove.run(role),
                                    }),
                                },
                              ],
                            }}
                          >
                            <Button
                              type="text"
                              size="small"
                              icon={<MoreHorizontal size={14} />}
                              aria-label={t("kit.actionsFor", { name: role.name })}
                            />
                          </Dropdown>
                        )
                      )}
                    </div>
                    <small>{t("roles.count", { count: held(role).length })}</small>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <Fragment key={group.key}>
                  <tr className="qr-group">
                    <th scope="rowgroup">{t(`permissionGroup.${group.key}`)}</th>
                    {(roles.rows ?? []).map((role) => {
                      const state = groupState(held(role), group);
                      return (
                        <td key={role.id}>
                          {!role.built_in && mayEdit && (
                            <Checkbox
                              checked={state === "all"}
                              indeterminate={state === "some"}
                              aria-label={`${title(role)} – ${t(`permissionGroup.${group.key}`)}`}
                              onChange={(event) =>
                                change(role, setGroup(held(role), group, event.target.checked))
                              }
                            />
                          )}
                        </td>
                      );
                    })}
                  </tr>
                  {group.permissions.map((permission) => {
                    const needs = requirements(permission);
                    return (
                      <tr key={permission}>
                        <th scope="row">
                          {t(`permission.${permission}.name`)}
                          <small>
                            {t(`permission.${permission}.text`)}
                            {needs.length > 0 &&
                              ` ${t("roles.includes", { list: needs.map((need) => t(`permission.${need}.name`)).join(t("roles.comma")) })}`}
                          </small>
                        </th>
                        {(roles.rows ?? []).map((role) => {
                          const on = held(role).includes(permission);
                          const label = `${title(role)} – ${t(`permission.${permission}.name`)}`;
                          return (
                            <td
                              key={role.id}
                              className={on !== role.permissions.includes(permission) ? "qr-changed" : ""}
                            >
                              {role.built_in || !mayEdit ? (
                                on ? (
                                  <Check
                                    size={16}
                                    className="qr-yes"
                                    role="img"
                                    aria-label={`${label}: ${t("kit.yes")}`}
                                  />
                                ) : (
                                  <Minus
                                    size={14}
                                    className="qr-no"
                                    role="img"
                                    aria-label={`${label}: ${t("kit.no")}`}
                                  />
                                )
                              ) : (
                                <Checkbox
                                  checked={on}
                                  aria-label={label}
                                  onChange={() => change(role, toggle(held(role), permission))}
                                />
                              )}
                            </td>
                          );
                        })}
                      </tr>
                    );
                  })}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
        {custom.length === 0 && mayEdit && <p className="qk-muted qr-hint">{t("roles.customHint")}</p>}
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={() => void save.run()}
          onReset={draft.reset}
          note={t("roles.changed", { list: changed.map(title).join(t("roles.comma")) })}
        />
      </State>
      {editing && roles.rows && (
        <RoleEditor
          key={editing === "new" ? "new" : editing.id}
          role={editing === "new" ? null : editing}
          roles={roles.rows}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
