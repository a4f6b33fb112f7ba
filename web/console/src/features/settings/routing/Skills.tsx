import { Button, Dropdown, Input, Select, Tooltip } from "antd";
import { MoreHorizontal, Plus } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import {
  EditDrawer,
  Field,
  FormProblem,
  Page,
  SaveBar,
  State,
  useConfirm,
  useDraft,
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../kit";
import "../roles/roles.css";
import type { Skill, UserSkill } from "../types";

interface SkilledUser {
  id: string;
  name: string;
  skills: UserSkill[];
}
type Levels = Record<string, Record<string, number>>;

function levelsOf(users: SkilledUser[]): Levels {
  return Object.fromEntries(
    users.map((user) => [
      user.id,
      Object.fromEntries(user.skills.map((item) => [item.skill_id, item.level])),
    ]),
  );
}

function SkillEditor(props: { skill: Skill | null; onClose: () => void }) {
  const t = useT("settings");
  const draft = useDraft({ name: props.skill?.name ?? "", description: props.skill?.description ?? "" });
  const save = useSubmit(
    () => {
      const body = { name: draft.value.name.trim(), description: draft.value.description.trim() };
      return props.skill ? api.patch(`/skills/${props.skill.id}`, body) : api.post("/skills", body);
    },
    { stale: ["/skills"], draft, done: t("kit.saved"), onDone: props.onClose },
  );
  return (
    <EditDrawer
      open
      title={t(props.skill ? "skills.edit" : "skills.new")}
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
      <Field
        label={t("skills.name")}
        htmlFor="skill-name"
        required
        help={t("skills.nameHelp")}
        problem={draft.problem("name")}
      >
        <Input
          id="skill-name"
          autoFocus
          maxLength={60}
          value={draft.value.name}
          onChange={(event) => draft.set({ name: event.target.value })}
        />
      </Field>
      <Field
        label={t("skills.descriptionLabel")}
        htmlFor="skill-description"
        problem={draft.problem("description")}
      >
        <Input.TextArea
          id="skill-description"
          maxLength={200}
          autoSize={{ minRows: 2 }}
          value={draft.value.description}
          onChange={(event) => draft.set({ description: event.target.value })}
        />
      </Field>
    </EditDrawer>
  );
}

export default function Skills() {
  const t = useT("settings");
  const confirm = useConfirm();
  const skills = useRows<Skill>("/skills");
  const users = useRows<SkilledUser>("/skills/people");
  const [editing, setEditing] = useState<Skill | "new" | null>(null);
  const [query, setQuery] = useState("");
  const draft = useDraft<Levels>({});
  const { accept, dirty } = draft;
  useUnsavedGuard(dirty);
  useEffect(() => {
    if (!dirty && users.rows) accept(levelsOf(users.rows));
  }, [users.rows, dirty, accept]);

  const original = useMemo(() => levelsOf(users.rows ?? []), [users.rows]);
  const changed = (users.rows ?? []).filter(
    (user) => JSON.stringify(original[user.id]) !== JSON.stringify(draft.value[user.id] ?? original[user.id]),
  );
  const save = useSubmit(
    async () => {
      for (const user of changed)
        await api.put(`/users/${user.id}/skills`, {
          skills: Object.entries(draft.value[user.id] ?? {}).map(([skill_id, level]) => ({
            skill_id,
            level,
          })),
        });
    },
    { stale: ["/skills/people"], done: t("kit.saved"), onDone: () => accept(draft.value) },
  );
  const remove = useSubmit((skill: Skill) => api.delete(`/skills/${skill.id}`), {
    stale: ["/skills", "/skills/people", "/queues"],
    done: t("skills.deleted"),
  });
  const setLevel = (user: string, skill: string, level: number) =>
    draft.set((levels) => {
      const own = { ...(levels[user] ?? {}) };
      if (level === 0) delete own[skill];
      else own[skill] = level;
      return { ...levels, [user]: own };
    });
  const shown = (users.rows ?? []).filter((user) =>
    user.name.toLowerCase().includes(query.trim().toLowerCase()),
  );
  const having = (skill: string) =>
    (users.rows ?? []).filter((user) => (draft.value[user.id]?.[skill] ?? 0) > 0).length;

  return (
    <Page
      wide
      title={t("nav.skills")}
      description={t("skills.description")}
      actions={
        <>
          <Input.Search
            allowClear
            style={{ width: 220 }}
            placeholder={t("skills.search")}
            aria-label={t("skills.search")}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
          />
          <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
            {t("skills.new")}
          </Button>
        </>
      }
    >
      <State
        loading={skills.isPending || users.isPending}
        error={skills.error ?? users.error}
        onRetry={() => {
          void skills.refetch();
          void users.refetch();
        }}
        empty={skills.rows?.length === 0}
        emptyTitle={t("skills.empty")}
        emptyText={t("skills.emptyText")}
        emptyAction={<Button onClick={() => setEditing("new")}>{t("skills.new")}</Button>}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <div className="qr-scroll" tabIndex={0} role="region" aria-label={t("skills.matrix")}>
          <table className="qr-matrix">
            <caption className="q-sr">{t("skills.matrix")}</caption>
            <thead>
              <tr>
                <th scope="col">{t("users.name")}</th>
                {(skills.rows ?? []).map((skill) => (
                  <th key={skill.id} scope="col">
                    <div>
                      <Tooltip title={skill.description}>
                        <span>{skill.name}</span>
                      </Tooltip>
                      <Dropdown
                        trigger={["click"]}
                        menu={{
                          items: [
                            { key: "edit", label: t("kit.edit"), onClick: () => setEditing(skill) },
                            {
                              key: "delete",
                              danger: true,
                              label: t("kit.delete"),
                              onClick: () =>
                                confirm({
                                  title: t("skills.deleteTitle", { name: skill.name }),
                                  text: t("skills.deleteText", { count: having(skill.id) }),
                                  ok: t("kit.delete"),
                                  run: () => remove.run(skill),
                                }),
                            },
                          ],
                        }}
                      >
                        <Button
                          type="text"
                          size="small"
                          icon={<MoreHorizontal size={14} />}
                          aria-label={t("kit.actionsFor", { name: skill.name })}
                        />
                      </Dropdown>
                    </div>
                    <small>{t("skills.people", { count: having(skill.id) })}</small>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((user) => (
                <tr key={user.id}>
                  <th scope="row">{user.name}</th>
                  {(skills.rows ?? []).map((skill) => {
                    const level = draft.value[user.id]?.[skill.id] ?? 0;
                    const before = original[user.id]?.[skill.id] ?? 0;
                    return (
                      <td key={skill.id} className={level !== before ? "qr-changed" : ""}>
                        <Select
                          size="small"
                          variant="borderless"
                          className={`qs-level qs-level-${level}`}
                          popupMatchSelectWidth={false}
                          aria-label={`${user.name} – ${skill.name}`}
                          value={level}
                          onChange={(next) => setLevel(user.id, skill.id, next)}
                          options={[0, 1, 2, 3, 4, 5].map((number) => ({
                            value: number,
                            label: number === 0 ? "–" : `${number}`,
                            title: t(`skills.level${number}`),
                          }))}
                          optionRender={(option) => t(`skills.level${option.value}`)}
                        />
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          {shown.length === 0 && (
            <p className="qk-muted qs-pad">{t(query ? "kit.noMatch" : "users.empty")}</p>
          )}
        </div>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={() => void save.run()}
          onReset={draft.reset}
          note={t("skills.changed", { count: changed.length })}
        />
      </State>
      {editing && (
        <SkillEditor
          key={editing === "new" ? "new" : editing.id}
          skill={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
