import { Button, Input, Select } from "antd";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
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
} from "../settings/kit";
import { type Branch, flatten, growTree, options, within } from "./tree";
import type { Category, Space } from "./types";

const STALE = ["/knowledge/categories"];

function names(zh: string, en: string) {
  return { ...(zh.trim() ? { "zh-CN": zh.trim() } : {}), ...(en.trim() ? { en: en.trim() } : {}) };
}

function CategoryEditor(props: { category: Category | null; categories: Category[]; onClose: () => void }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const { category } = props;
  const draft = useDraft<{ zh: string; en: string; parent_id: string | null; space_id: string | null }>({
    zh: category?.names["zh-CN"] ?? "",
    en: category?.names.en ?? "",
    parent_id: category?.parent_id ?? null,
    space_id: category?.space_id ?? null,
  });
  const { value } = draft;
  const spaces = useRows<Space>("/knowledge/spaces").rows ?? [];
  const space = spaces.find((one) => (value.space_id ? one.id === value.space_id : one.is_default));
  const { set, problem } = draft;
  const save = useSubmit(
    () => {
      const body = {
        names: names(value.zh, value.en),
        parent_id: value.parent_id,
        space_id: space?.id ?? null,
        position: category?.position ?? props.categories.length,
      };
      return category
        ? api.patch(`/knowledge/categories/${category.id}`, body)
        : api.post("/knowledge/categories", body);
    },
    { stale: STALE, draft, done: t("category.saved"), onDone: props.onClose },
  );
  const own = category ? within(growTree(props.categories), category.id) : [];
  return (
    <EditDrawer
      open
      title={t(category ? "category.edit" : "category.new")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        value.zh.trim() || value.en.trim()
          ? void save.run()
          : draft.refuse([{ field: "names", message: t("required") }])
      }
    >
      <FormProblem problems={draft.problems} shown={["names", "parent_id", "space_id"]} />
      <Field label={t("entry.space")} htmlFor="category-space" problem={problem("space_id")}>
        <Select
          id="category-space"
          value={space?.id ?? null}
          onChange={(id: string) => set({ space_id: id, parent_id: null })}
          options={spaces.map((one) => ({ value: one.id, label: one.name }))}
        />
      </Field>
      <Field label={t("category.nameZh")} htmlFor="category-zh" required problem={problem("names")}>
        <Input
          id="category-zh"
          autoFocus
          maxLength={80}
          value={value.zh}
          onChange={(event) => set({ zh: event.target.value })}
        />
      </Field>
      <Field label={t("category.nameEn")} htmlFor="category-en" help={t("category.nameHelp")}>
        <Input
          id="category-en"
          maxLength={80}
          value={value.en}
          onChange={(event) => set({ en: event.target.value })}
        />
      </Field>
      <Field label={t("category.parent")} htmlFor="category-parent" problem={problem("parent_id")}>
        <Select
          id="category-parent"
          allowClear
          placeholder={t("category.top")}
          value={value.parent_id}
          onChange={(id: string | undefined) => set({ parent_id: id ?? null })}
          options={options(
            props.categories.filter((one) => one.space_id === space?.id),
            locale,
            own,
          )}
        />
      </Field>
    </EditDrawer>
  );
}

export default function Categories() {
  const t = useT("knowledge");
  const locale = useLocale();
  const confirm = useConfirm();
  const categories = useRows<Category>("/knowledge/categories");
  const spaces = useRows<Space>("/knowledge/spaces");
  const [editing, setEditing] = useState<Category | "new" | null>(null);
  const order = new Map((spaces.rows ?? []).map((space, index) => [space.id, index]));
  const tree = growTree(categories.rows ?? [], locale).sort(
    (a, b) => (order.get(a.category.space_id) ?? 0) - (order.get(b.category.space_id) ?? 0),
  );
  const remove = useSubmit((category: Category) => api.delete(`/knowledge/categories/${category.id}`), {
    stale: STALE,
    done: t("category.deleted"),
  });
  const reorder = useSubmit(
    async (siblings: Branch[], from: number, to: number) => {
      const list = siblings.map((branch) => branch.category);
      const [moved] = list.splice(from, 1);
      if (moved) list.splice(to, 0, moved);
      for (const [position, category] of list.entries())
        if (category.position !== position)
          await api.patch(`/knowledge/categories/${category.id}`, {
            names: category.names,
            parent_id: category.parent_id,
            position,
          });
    },
    { stale: STALE },
  );
  const siblingsOf = (category: Category) =>
    category.parent_id
      ? (flatten(tree).find((branch) => branch.category.id === category.parent_id)?.children ?? tree)
      : tree.filter((branch) => branch.category.space_id === category.space_id);
  const depth = new Map(flatten(tree).map((branch) => [branch.category.id, branch.depth]));
  const columns: Column<Category>[] = [
    {
      key: "name",
      title: t("category.name"),
      fixedIn: true,
      render: (_, category) => (
        <button
          type="button"
          className="qk-linkish"
          style={{ paddingInlineStart: (depth.get(category.id) ?? 0) * 24 }}
          onClick={() => setEditing(category)}
        >
          <strong>{category.name}</strong>
        </button>
      ),
    },
    {
      key: "space",
      title: t("entry.space"),
      render: (_, category) => spaces.rows?.find((space) => space.id === category.space_id)?.name ?? "",
    },
    {
      key: "faqs",
      title: t("nav.faqs"),
      align: "right",
      className: "qk-num",
      render: (_, category) => category.faqs,
    },
    {
      key: "articles",
      title: t("nav.articles"),
      align: "right",
      className: "qk-num",
      render: (_, category) => category.articles,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, category) => {
        const siblings = siblingsOf(category);
        const at = siblings.findIndex((branch) => branch.category.id === category.id);
        return (
          <>
            <Button
              type="text"
              icon={<ArrowUp size={15} />}
              disabled={at <= 0 || reorder.busy}
              aria-label={t("category.up", { name: category.name })}
              onClick={() => void reorder.run(siblings, at, at - 1)}
            />
            <Button
              type="text"
              icon={<ArrowDown size={15} />}
              disabled={at < 0 || at >= siblings.length - 1 || reorder.busy}
              aria-label={t("category.down", { name: category.name })}
              onClick={() => void reorder.run(siblings, at, at + 1)}
            />
            <Button
              type="text"
              danger
              icon={<Trash2 size={15} />}
              aria-label={t("category.delete", { name: category.name })}
              onClick={() =>
                confirm({
                  title: t("category.deleteTitle", { name: category.name }),
                  text: t(
                    category.faqs + category.articles > 0 ? "category.deleteFull" : "category.deleteText",
                    {
                      count: category.faqs + category.articles,
                    },
                  ),
                  ok: t("action.delete"),
                  run: () => remove.run(category),
                })
              }
            />
          </>
        );
      },
    },
  ];
  return (
    <Page
      title={t("nav.categories")}
      description={t("category.description")}
      actions={
        <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
          {t("category.new")}
        </Button>
      }
    >
      <DataTable
        id="categories"
        label={t("nav.categories")}
        rows={categories.rows && flatten(tree).map((branch) => branch.category)}
        rowKey="id"
        columns={columns}
        loading={categories.isFetching || reorder.busy}
        error={categories.error}
        onRetry={() => void categories.refetch()}
        onOpen={setEditing}
        emptyTitle={t("category.empty")}
        emptyText={t("category.emptyText")}
        emptyAction={<Button onClick={() => setEditing("new")}>{t("category.new")}</Button>}
      />
      {editing && (
        <CategoryEditor
          key={editing === "new" ? "new" : editing.id}
          category={editing === "new" ? null : editing}
          categories={categories.rows ?? []}
          onClose={() => setEditing(null)}
        />
      )}
    </Page>
  );
}
