import { Button, Input, InputNumber, Radio, Select } from "antd";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
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
} from "../settings/kit";
import { AudienceTag } from "./bits";
import { AUDIENCES, type Audience, type Space } from "./types";

const STALE = ["/knowledge"];

interface SpaceDraft {
  slug: string;
  zh: string;
  en: string;
  aboutZh: string;
  aboutEn: string;
  audience: Audience;
  department_ids: string[];
  position: number;
}

const spoken = (zh: string, en: string) => ({
  ...(zh.trim() ? { "zh-CN": zh.trim() } : {}),
  ...(en.trim() ? { en: en.trim() } : {}),
});

function SpaceEditor(props: { space: Space | null; count: number; onClose: () => void }) {
  const t = useT("knowledge");
  const { space } = props;
  const departments = useRows<{ id: string; name: string }>("/departments");
  const draft = useDraft<SpaceDraft>({
    slug: space?.slug ?? "",
    zh: space?.names["zh-CN"] ?? "",
    en: space?.names.en ?? "",
    aboutZh: space?.descriptions["zh-CN"] ?? "",
    aboutEn: space?.descriptions.en ?? "",
    audience: space?.audience ?? "public",
    department_ids: space?.department_ids ?? [],
    position: space?.position ?? props.count,
  });
  const { value, set, problem } = draft;
  const save = useSubmit(
    () => {
      const body = {
        slug: value.slug.trim(),
        names: spoken(value.zh, value.en),
        descriptions: spoken(value.aboutZh, value.aboutEn),
        audience: value.audience,
        department_ids: value.audience === "departments" ? value.department_ids : [],
        position: value.position,
      };
      return space ? api.put(`/knowledge/spaces/${space.id}`, body) : api.post("/knowledge/spaces", body);
    },
    { stale: STALE, draft, done: t("category.saved"), onDone: props.onClose },
  );
  const submit = () => {
    const faults = [];
    if (!value.zh.trim() && !value.en.trim()) faults.push({ field: "names", message: t("required") });
    if (!value.slug.trim()) faults.push({ field: "slug", message: t("required") });
    if (value.audience === "departments" && value.department_ids.length === 0)
      faults.push({ field: "department_ids", message: t("required") });
    if (faults.length) draft.refuse(faults);
    else void save.run();
  };
  return (
    <EditDrawer
      open
      title={t(space ? "space.edit" : "space.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={submit}
    >
      <FormProblem problems={draft.problems} shown={["names", "slug", "audience", "department_ids"]} />
      <Field label={t("category.nameZh")} htmlFor="space-zh" required problem={problem("names")}>
        <Input
          id="space-zh"
          autoFocus
          maxLength={80}
          value={value.zh}
          onChange={(event) => set({ zh: event.target.value })}
        />
      </Field>
      <Field label={t("category.nameEn")} htmlFor="space-en" help={t("category.nameHelp")}>
        <Input
          id="space-en"
          maxLength={80}
          value={value.en}
          onChange={(event) => set({ en: event.target.value })}
        />
      </Field>
      <Field
        label={t("space.slug")}
        htmlFor="space-slug"
        required
        help={t("space.slugHelp")}
        problem={problem("slug")}
      >
        <Input
          id="space-slug"
          maxLength={60}
          value={value.slug}
          onChange={(event) => set({ slug: event.target.value.toLowerCase() })}
        />
      </Field>
      <Field label={t("faq.audience")} problem={problem("audience")} help={t("space.audienceHelp")}>
        <Radio.Group
          className="qs-radios"
          value={value.audience}
          onChange={(event) => set({ audience: event.target.value })}
          options={AUDIENCES.map((audience) => ({
            value: audience,
            label: (
              <span>
                {t(`audience.${audience}`)}
                <small>{t(`audience.${audience}Text`)}</small>
              </span>
            ),
          }))}
        />
      </Field>
      {value.audience === "departments" && (
        <Field
          label={t("entry.departments")}
          htmlFor="space-departments"
          required
          problem={problem("department_ids")}
        >
          <Select
            id="space-departments"
            mode="multiple"
            optionFilterProp="label"
            value={value.department_ids}
            onChange={(ids: string[]) => set({ department_ids: ids })}
            options={(departments.rows ?? []).map((one) => ({ value: one.id, label: one.name }))}
          />
        </Field>
      )}
      <Field label={t("space.aboutZh")} htmlFor="space-about-zh">
        <Input.TextArea
          id="space-about-zh"
          rows={2}
          maxLength={300}
          value={value.aboutZh}
          onChange={(event) => set({ aboutZh: event.target.value })}
        />
      </Field>
      <Field label={t("space.aboutEn")} htmlFor="space-about-en">
        <Input.TextArea
          id="space-about-en"
          rows={2}
          maxLength={300}
          value={value.aboutEn}
          onChange={(event) => set({ aboutEn: event.target.value })}
        />
      </Field>
      <Field label={t("space.position")} htmlFor="space-position">
        <InputNumber
          id="space-position"
          min={0}
          max={10_000}
          value={value.position}
          onChange={(position) => set({ position: position ?? 0 })}
        />
      </Field>
    </EditDrawer>
  );
}

export default function Spaces() {
  const t = useT("knowledge");
  const confirm = useConfirm();
  const spaces = useRows<Space>("/knowledge/spaces");
  const departments = useRows<{ id: string; name: string }>("/departments");
  const [editing, setEditing] = useState<Space | "new" | null>(null);
  const remove = useSubmit((space: Space) => api.delete(`/knowledge/spaces/${space.id}`), {
    stale: STALE,
    done: t("space.deleted"),
  });
  const columns: Column<Space>[] = [
    {
      key: "name",
      title: t("entry.space"),
      fixedIn: true,
      render: (_, space) => (
        <div className="kn-q">
          <button type="button" className="qk-linkish" onClick={() => setEditing(space)}>
            <strong>{space.name}</strong>
          </button>
          <div className="qk-muted qk-clip">{space.description}</div>
        </div>
      ),
    },
    { key: "slug", title: t("space.slug"), render: (_, space) => <code>{space.slug}</code> },
    {
      key: "audience",
      title: t("faq.audience"),
      render: (_, space) =>
        space.audience === "public" ? (
          t("audience.public")
        ) : (
          <>
            <AudienceTag level={space.audience} />
            {(departments.rows ?? [])
              .filter((one) => space.department_ids.includes(one.id))
              .map((one) => one.name)
              .join(t("comma"))}
          </>
        ),
    },
    {
      key: "faqs",
      title: t("nav.faqs"),
      align: "right",
      className: "qk-num",
      render: (_, space) => space.faqs,
    },
    {
      key: "articles",
      title: t("nav.articles"),
      align: "right",
      className: "qk-num",
      render: (_, space) => space.articles,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, space) =>
        !space.is_default && (
          <Button
            type="text"
            danger
            icon={<Trash2 size={15} />}
            aria-label={t("category.delete", { name: space.name })}
            onClick={() =>
              confirm({
                title: t("space.deleteTitle", { name: space.name }),
                text: t("space.deleteText"),
                ok: t("action.delete"),
                run: () => remove.run(space),
              })
            }
          />
        ),
    },
  ];
  return (
    <Page
      title={t("nav.spaces")}
      description={t("space.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
          {t("space.new")}
        </Button>
      }
    >
      <DataTable
        id="spaces"
        label={t("nav.spaces")}
        rows={spaces.rows}
        rowKey="id"
        columns={columns}
        loading={spaces.isFetching}
        error={spaces.error}
        onRetry={() => void spaces.refetch()}
        onOpen={setEditing}
        emptyTitle={t("space.empty")}
        emptyAction={<Button onClick={() => setEditing("new")}>{t("space.new")}</Button>}
      />
      {editing && (
        <SpaceEditor
          key={editing === "new" ? "new" : editing.id}
          space={editing === "new" ? null : editing}
          count={spaces.rows?.length ?? 0}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
