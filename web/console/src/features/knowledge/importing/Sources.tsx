/** Sites, lists of pages and feeds that articles are made of, read again and again. */
import { Alert, Button, Input, InputNumber, Modal, Select, Tag, Tooltip } from "antd";
import { Pencil, Plus, RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { Id, Iso } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { integer } from "@/lib/format";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  EditDrawer,
  Field,
  FormProblem,
  Toggle,
  useConfirm,
  useDraft,
  usePages,
  useRows,
  useSubmit,
} from "../../settings/kit";
import type { Space } from "../types";
import type { Preview } from "./Reading";

const STALE = ["/knowledge/sources", "/knowledge/imports"];
const FIGURES = ["new", "changed", "same", "gone", "failed"] as const;
const TONES = { new: "processing", kept: "success", failed: "error", gone: "warning" } as const;
type PageState = keyof typeof TONES;

interface Source {
  id: Id;
  name: string;
  kind: "sitemap" | "pages" | "feed";
  url: string;
  urls: string[];
  only: string;
  most_pages: number;
  space_id: Id | null;
  category: string | null;
  audience: "public" | "internal";
  every: "never" | "daily" | "weekly";
  after: "review" | "publish";
  allow_private: boolean;
  next_at: Iso | null;
  read_at: Iso | null;
  last: Partial<Record<(typeof FIGURES)[number] | "left", number>>;
  problem: string | null;
  pages: Partial<Record<PageState, number>>;
  import_id: Id | null;
}

const NEW: Omit<Source, "id" | "next_at" | "read_at" | "last" | "problem" | "pages" | "import_id"> = {
  name: "",
  kind: "sitemap",
  url: "",
  urls: [],
  only: "",
  most_pages: 200,
  space_id: null,
  category: null,
  audience: "public",
  every: "never",
  after: "review",
  allow_private: false,
};

function SourceEditor(props: { source: Source | null; onClose: () => void }) {
  const t = useT("knowledge");
  const { source } = props;
  const mayManage = useCan("knowledge.manage");
  const mayPublish = useCan("knowledge.publish");
  const spaces = useRows<Space>("/knowledge/spaces").rows ?? [];
  const held = source ?? NEW;
  const draft = useDraft({
    name: held.name,
    kind: held.kind,
    url: held.url,
    urls: held.urls.join("\n"),
    only: held.only,
    most_pages: held.most_pages,
    space_id: held.space_id,
    category: held.category,
    audience: held.audience,
    every: held.every,
    after: held.after,
    allow_private: held.allow_private,
  });
  const { value, set, problem } = draft;
  const save = useSubmit(
    () => {
      const body = {
        ...value,
        url: value.kind === "pages" ? "" : value.url,
        urls: value.kind === "pages" ? value.urls.split(/\s+/).filter(Boolean) : [],
        category: value.category || null,
      };
      return source ? api.put(`/knowledge/sources/${source.id}`, body) : api.post("/knowledge/sources", body);
    },
    { stale: STALE, draft, done: t("source.saved"), onDone: props.onClose },
  );
  const choices = <V extends string>(name: string, values: readonly V[]) =>
    values.map((one) => ({ value: one, label: t(`source.${name}.${one}`) }));
  return (
    <EditDrawer
      open
      title={t(source ? "source.edit" : "source.add")}
      dirty={draft.dirty}
      busy={save.busy}
      onClose={props.onClose}
      onSave={() =>
        value.name.trim() ? void save.run() : draft.refuse([{ field: "name", message: t("required") }])
      }
    >
      <FormProblem
        problems={draft.problems}
        shown={["name", "url", "urls", "only", "category", "space_id"]}
      />
      <Field label={t("source.name")} htmlFor="src-name" required problem={problem("name")}>
        <Input
          id="src-name"
          autoFocus
          maxLength={120}
          value={value.name}
          onChange={(e) => set({ name: e.target.value })}
        />
      </Field>
      <Field label={t("source.kindLabel")} htmlFor="src-kind">
        <Select
          id="src-kind"
          disabled={source !== null}
          value={value.kind}
          onChange={(kind) => set({ kind })}
          options={choices("kind", ["sitemap", "pages", "feed"] as const)}
        />
      </Field>
      {value.kind === "pages" ? (
        <Field
          label={t("source.urls")}
          htmlFor="src-urls"
          required
          help={t("source.urlsHelp")}
          problem={problem("urls")}
        >
          <Input.TextArea
            id="src-urls"
            rows={6}
            value={value.urls}
            onChange={(e) => set({ urls: e.target.value })}
          />
        </Field>
      ) : (
        <Field
          label={t("source.url")}
          htmlFor="src-url"
          required
          help={t(`source.urlHelp.${value.kind}`)}
          problem={problem("url")}
        >
          <Input
            id="src-url"
            value={value.url}
            placeholder="https://"
            onChange={(e) => set({ url: e.target.value })}
          />
        </Field>
      )}
      <Field
        label={t("source.only")}
        htmlFor="src-only"
        help={t("source.onlyHelp")}
        problem={problem("only")}
      >
        <Input
          id="src-only"
          value={value.only}
          placeholder="/help/"
          onChange={(e) => set({ only: e.target.value })}
        />
      </Field>
      <Field label={t("source.mostPages")} htmlFor="src-most">
        <InputNumber
          id="src-most"
          min={1}
          max={2000}
          value={value.most_pages}
          onChange={(n) => set({ most_pages: n ?? 200 })}
        />
      </Field>
      <Field label={t("import.space")} htmlFor="src-space" problem={problem("space_id")}>
        <Select
          id="src-space"
          allowClear
          value={value.space_id ?? undefined}
          placeholder={spaces.find((one) => one.is_default)?.name}
          onChange={(id: Id | undefined) => set({ space_id: id ?? null })}
          options={spaces.map((one) => ({ value: one.id, label: one.name }))}
        />
      </Field>
      <Field label={t("faq.category")} htmlFor="src-category" problem={problem("category")}>
        <Input
          id="src-category"
          maxLength={80}
          value={value.category ?? ""}
          onChange={(e) => set({ category: e.target.value })}
        />
      </Field>
      <Field label={t("import.field.audience")} htmlFor="src-audience">
        <Select
          id="src-audience"
          value={value.audience}
          onChange={(audience) => set({ audience })}
          options={choices("audience", ["public", "internal"] as const)}
        />
      </Field>
      <Field label={t("source.everyLabel")} htmlFor="src-every">
        <Select
          id="src-every"
          value={value.every}
          onChange={(every) => set({ every })}
          options={choices("every", ["never", "daily", "weekly"] as const)}
        />
      </Field>
      {value.every !== "never" && (
        <Field label={t("source.afterLabel")} htmlFor="src-after" help={t("source.afterHelp")}>
          <Select
            id="src-after"
            value={value.after}
            onChange={(after) => set({ after })}
            options={choices("after", ["review", "publish"] as const).map((one) => ({
              ...one,
              disabled: one.value === "publish" && !mayPublish,
            }))}
          />
        </Field>
      )}
      {mayManage && (
        <Toggle checked={value.allow_private} onChange={(on) => set({ allow_private: on })}>
          {t("source.private")}
        </Toggle>
      )}
    </EditDrawer>
  );
}

interface SitePage {
  url: string;
  title: string;
  state: PageState;
  article_id: Id | null;
  problem: string | null;
  seen_at: Iso | null;
  gone_at: Iso | null;
}

/** What became of each page of a source. */
function Pages(props: { source: Source; onClose: () => void }) {
  const t = useT("knowledge");
  const [state, setState] = useState<PageState | "all">((props.source.pages.gone ?? 0) > 0 ? "gone" : "all");
  const pages = usePages<SitePage>(`/knowledge/sources/${props.source.id}/pages`, {
    ...(state === "all" ? {} : { state }),
    limit: 50,
  });
  const columns: Column<SitePage>[] = [
    {
      key: "page",
      title: t("source.page"),
      fixedIn: true,
      render: (_, page) => (
        <div className="kn-q">
          {page.article_id ? (
            <a href={`/console/knowledge/articles/${page.article_id}`}>{page.title || page.url}</a>
          ) : (
            <strong>{page.title || "–"}</strong>
          )}
          <div className="qk-muted qk-clip" title={page.url}>
            {page.url}
          </div>
          {page.problem && <div className="kn-errors">{page.problem}</div>}
        </div>
      ),
    },
    {
      key: "state",
      title: t("import.history.state"),
      width: 110,
      render: (_, page) => <Tag color={TONES[page.state]}>{t(`source.state.${page.state}`)}</Tag>,
    },
    {
      key: "seen",
      title: t("source.seen"),
      width: 130,
      render: (_, page) => (page.seen_at ? <RelativeTime at={page.seen_at} /> : "–"),
    },
  ];
  return (
    <Modal
      open
      width={860}
      footer={null}
      title={t("source.pagesOf", { name: props.source.name })}
      onCancel={props.onClose}
    >
      <Select<PageState | "all">
        className="qk-gap"
        style={{ width: 180 }}
        aria-label={t("import.history.state")}
        value={state}
        onChange={setState}
        options={(["all", "kept", "new", "failed", "gone"] as const).map((value) => ({
          value,
          label: t(value === "all" ? "import.filter.all" : `source.state.${value}`),
        }))}
      />
      {state === "gone" && <p className="qk-muted">{t("source.goneText")}</p>}
      <DataTable
        id="source-pages"
        label={t("source.pagesOf", { name: props.source.name })}
        rows={pages.rows}
        rowKey="url"
        columns={columns}
        loading={pages.loading}
        error={pages.error}
        onRetry={() => void pages.refetch()}
        more={pages.more}
        emptyTitle={t("source.noPages")}
      />
    </Modal>
  );
}

export function Sources(props: { onReading: (reading: Preview) => void }) {
  const t = useT("knowledge");
  const locale = useLocale();
  const confirm = useConfirm();
  const sources = useRows<Source>("/knowledge/sources");
  const [editing, setEditing] = useState<Source | "new" | null>(null);
  const [looking, setLooking] = useState<Source | null>(null);
  const read = useSubmit((source: Source) => api.post<Preview>(`/knowledge/sources/${source.id}/read`), {
    stale: STALE,
    onDone: props.onReading,
  });
  const open = useSubmit((id: Id) => api.get<Preview>(`/knowledge/imports/${id}`), {
    onDone: props.onReading,
  });
  const remove = useSubmit((source: Source) => api.delete(`/knowledge/sources/${source.id}`), {
    stale: STALE,
    done: t("source.removed"),
  });
  const columns: Column<Source>[] = [
    {
      key: "name",
      title: t("source.name"),
      fixedIn: true,
      render: (_, one) => (
        <div className="kn-q">
          <strong>{one.name}</strong>
          <div className="qk-muted qk-clip" title={one.url}>
            {t(`source.kind.${one.kind}`)} · {one.url}
          </div>
          {one.problem && <Alert type="warning" showIcon title={one.problem} />}
        </div>
      ),
    },
    {
      key: "every",
      title: t("source.everyLabel"),
      render: (_, one) => (
        <>
          {t(`source.every.${one.every}`)}
          {one.every !== "never" && <div className="qk-muted">{t(`source.after.${one.after}`)}</div>}
        </>
      ),
    },
    {
      key: "last",
      title: t("source.last"),
      render: (_, one) =>
        one.read_at ? (
          <>
            <RelativeTime at={one.read_at} />
            <div className="qk-muted">
              {FIGURES.filter((key) => one.last[key])
                .map((key) => t(`source.figure.${key}`, { count: integer(one.last[key] ?? 0, locale) }))
                .join(" · ")}
            </div>
          </>
        ) : (
          t("source.unread")
        ),
    },
    {
      key: "pages",
      title: t("source.pages"),
      render: (_, one) => {
        const total = Object.values(one.pages).reduce((sum, n) => sum + n, 0);
        return total ? (
          <Button type="link" size="small" onClick={() => setLooking(one)}>
            {integer(total, locale)}
            {one.pages.gone
              ? ` · ${t("source.figure.gone", { count: integer(one.pages.gone, locale) })}`
              : ""}
          </Button>
        ) : (
          "–"
        );
      },
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      align: "right",
      render: (_, one) => (
        <span className="qs-inline">
          {one.import_id ? (
            <Button size="small" type="primary" onClick={() => void open.run(one.import_id as Id)}>
              {t("source.look")}
            </Button>
          ) : (
            <Button
              size="small"
              icon={<RefreshCw size={14} />}
              loading={read.busy}
              onClick={() => void read.run(one)}
            >
              {t("source.read")}
            </Button>
          )}
          <Tooltip title={t("source.edit")}>
            <Button
              size="small"
              icon={<Pencil size={14} />}
              aria-label={t("source.editOf", { name: one.name })}
              onClick={() => setEditing(one)}
            />
          </Tooltip>
          <Tooltip title={t("source.remove")}>
            <Button
              size="small"
              icon={<Trash2 size={14} />}
              aria-label={t("source.removeOf", { name: one.name })}
              onClick={() =>
                confirm({
                  title: t("source.removeOf", { name: one.name }),
                  text: t("source.removeText"),
                  ok: t("source.remove"),
                  run: () => remove.run(one),
                })
              }
            />
          </Tooltip>
        </span>
      ),
    },
  ];
  return (
    <section>
      <p className="qs-row qk-gap" style={{ flexWrap: "nowrap" }}>
        <span className="qk-muted" style={{ flex: 1 }}>
          {t("source.text")}
        </span>
        <Button type="primary" icon={<Plus size={15} />} onClick={() => setEditing("new")}>
          {t("source.add")}
        </Button>
      </p>
      <DataTable
        id="sources"
        label={t("source.title")}
        rows={sources.rows}
        rowKey="id"
        columns={columns}
        loading={sources.isPending}
        error={sources.error}
        onRetry={() => void sources.refetch()}
        emptyTitle={t("source.empty")}
      />
      {editing && (
        <SourceEditor source={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
      {looking && <Pages source={looking} onClose={() => setLooking(null)} />}
    </section>
  );
}
