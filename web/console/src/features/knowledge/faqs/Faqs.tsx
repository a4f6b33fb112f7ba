import { useSearch } from "@tanstack/react-router";
import { Button, Dropdown, Select } from "antd";
import { Download, MoreHorizontal, Plus, Upload } from "lucide-react";
import { type Key, useState } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { toast } from "@/ui/feedback";
import { RelativeTime } from "@/ui/Time";
import {
  type Column,
  DataTable,
  Page,
  useConfirm,
  usePages,
  useRows,
  useSettled,
  useSubmit,
} from "../../settings/kit";
import { AudienceTag, Helpful, type Place, SpaceTree, StatusTag } from "../bits";
import { helpfulShare, pathOf } from "../tree";
import type { Category, Faq, Space, Status } from "../types";

const STALE = ["/knowledge/faqs", "/knowledge/categories", "/knowledge/spaces", "/knowledge/search"];

export default function Faqs() {
  const t = useT("knowledge");
  const locale = useLocale();
  const go = useGo();
  const confirm = useConfirm();
  const mayEdit = useCan("knowledge.edit");
  const mayPublish = useCan("knowledge.publish");
  const [query, setQuery] = useState("");
  const search = useSearch({ strict: false }) as { space?: string };
  const [place, setPlace] = useState<Place>({ space: search.space ?? null, category: null });
  const [status, setStatus] = useState<Status>();
  const [language, setLanguage] = useState<string>();
  const [chosen, setChosen] = useState<Key[]>([]);
  const q = useSettled(query.trim());
  const categories = useRows<Category>("/knowledge/categories");
  const spaces = useRows<Space>("/knowledge/spaces");
  const faqs = usePages<Faq>("/knowledge/faqs", {
    q,
    space_id: place.space,
    category_id: place.category,
    status,
    language,
  });

  const act = useSubmit(
    async (ids: Key[], verb: "publish" | "archive") => {
      let done = 0;
      for (const id of ids) {
        await api.post(`/knowledge/faqs/${id}/${verb}`);
        done += 1;
      }
      return done;
    },
    { stale: STALE, onDone: () => setChosen([]) },
  );
  const archive = (ids: Key[]) =>
    confirm({
      title: t("bulk.archiveTitle", { count: ids.length }),
      text: t("bulk.archiveText"),
      ok: t("action.archive"),
      run: async () => {
        const were = (faqs.rows ?? [])
          .filter((faq) => ids.includes(faq.id) && faq.status === "published")
          .map((faq) => faq.id);
        const done = await act.run(ids, "archive");
        if (done && mayPublish && were.length)
          toast.undo(t("bulk.archived", { count: done }), () => void act.run(were, "publish"));
        else if (done) toast.success(t("bulk.archived", { count: done }));
      },
    });
  const publish = async (ids: Key[]) => {
    const done = await act.run(ids, "publish");
    if (done) toast.success(t("bulk.published", { count: done }));
  };
  const move = useSubmit(
    async (ids: Key[], category_id: string | null) => {
      for (const id of ids) {
        const version = faqs.rows?.find((faq) => faq.id === id)?.version;
        await api.patch(`/knowledge/faqs/${id}`, { category_id, version });
      }
    },
    { stale: STALE, done: t("bulk.moved"), onDone: () => setChosen([]) },
  );

  const columns: Column<Faq>[] = [
    {
      key: "question",
      title: t("faq.question"),
      fixedIn: true,
      sorter: (a, b) => a.question.localeCompare(b.question, locale),
      render: (_, faq) => (
        <div className="kn-q">
          <button type="button" className="qk-linkish" onClick={() => go(`/knowledge/faqs/${faq.id}`)}>
            <strong>{faq.question}</strong>
          </button>
          <div className="qk-muted qk-clip">{faq.answer.replace(/\[!\w+\]|[#*_>`[\]]/g, "")}</div>
        </div>
      ),
    },
    {
      key: "status",
      title: t("faq.status"),
      render: (_, faq) => (
        <>
          <StatusTag status={faq.status} />
          {faq.draft && <StatusTag status={faq.draft.status} live />}
        </>
      ),
    },
    {
      key: "category",
      title: t("faq.category"),
      render: (_, faq) =>
        pathOf(categories.rows ?? [], faq.category_id).join(" / ") || <span className="qk-muted">–</span>,
    },
    {
      key: "variants",
      title: t("faq.variants"),
      extra: true,
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.variants.length - b.variants.length,
      render: (_, faq) => faq.variants.length,
    },
    {
      key: "helpful",
      title: t("faq.helpful"),
      sorter: (a, b) => (helpfulShare(a) ?? -1) - (helpfulShare(b) ?? -1),
      render: (_, faq) => <Helpful helpful={faq.helpful} unhelpful={faq.unhelpful} />,
    },
    { key: "locale", title: t("faq.locale"), render: (_, faq) => (faq.locale === "en" ? "English" : "中文") },
    {
      key: "audience",
      title: t("faq.audience"),
      extra: true,
      render: (_, faq) => (faq.level === "public" ? t("audience.public") : <AudienceTag level={faq.level} />),
    },
    {
      key: "used",
      title: t("faq.used"),
      extra: true,
      align: "right",
      className: "qk-num",
      sorter: (a, b) => a.used - b.used,
      render: (_, faq) => faq.used,
    },
    {
      key: "updated",
      title: t("faq.updated"),
      sorter: (a, b) => a.updated_at.localeCompare(b.updated_at),
      render: (_, faq) => <RelativeTime at={faq.updated_at} />,
    },
    {
      key: "act",
      title: "",
      fixedIn: true,
      width: 56,
      align: "right",
      render: (_, faq) =>
        mayEdit && (
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "edit", label: t("action.edit"), onClick: () => go(`/knowledge/faqs/${faq.id}`) },
                ...(mayPublish && faq.status !== "published"
                  ? [{ key: "publish", label: t("action.publish"), onClick: () => void publish([faq.id]) }]
                  : []),
                ...(mayPublish && faq.status !== "archived"
                  ? [
                      {
                        key: "archive",
                        danger: true,
                        label: t("action.archive"),
                        onClick: () => archive([faq.id]),
                      },
                    ]
                  : []),
              ],
            }}
          >
            <Button
              type="text"
              icon={<MoreHorizontal size={16} />}
              aria-label={t("action.more", { name: faq.question })}
            />
          </Dropdown>
        ),
    },
  ];

  return (
    <Page
      wide
      title={t("nav.faqs")}
      description={faqs.total !== null ? t("faq.total", { count: faqs.total }) : t("faq.description")}
      actions={
        <>
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "xlsx", label: <a href="/api/v1/knowledge/export.xlsx">{t("export.xlsx")}</a> },
                { key: "csv", label: <a href="/api/v1/knowledge/export.csv">{t("export.csv")}</a> },
                { key: "zip", label: <a href="/api/v1/knowledge/export.zip">{t("export.zip")}</a> },
              ],
            }}
          >
            <Button icon={<Download size={15} />}>{t("export.title")}</Button>
          </Dropdown>
          {mayEdit && (
            <>
              <Button icon={<Upload size={15} />} onClick={() => go("/knowledge/import")}>
                {t("nav.import")}
              </Button>
              <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/knowledge/faqs/new")}>
                {t("faq.new")}
              </Button>
            </>
          )}
        </>
      }
    >
      <div className="kn-list">
        <SpaceTree
          spaces={spaces.rows ?? []}
          categories={categories.rows ?? []}
          value={place}
          onChange={setPlace}
          count="faqs"
        />
        <div>
          {chosen.length > 0 && (
            <div className="kn-bulk" role="region" aria-label={t("bulk.title", { count: chosen.length })}>
              <strong>{t("bulk.title", { count: chosen.length })}</strong>
              {mayPublish && (
                <Button size="small" loading={act.busy} onClick={() => void publish(chosen)}>
                  {t("action.publish")}
                </Button>
              )}
              {mayPublish && (
                <Button size="small" danger loading={act.busy} onClick={() => archive(chosen)}>
                  {t("action.archive")}
                </Button>
              )}
              <Select
                size="small"
                style={{ minWidth: 160 }}
                placeholder={t("bulk.moveTo")}
                aria-label={t("bulk.moveTo")}
                value={null}
                loading={move.busy}
                onChange={(id: string | null) => void move.run(chosen, id)}
                options={(categories.rows ?? []).map((item) => ({
                  value: item.id,
                  label: pathOf(categories.rows ?? [], item.id).join(" / "),
                }))}
              />
              <Button size="small" type="text" onClick={() => setChosen([])}>
                {t("bulk.clear")}
              </Button>
            </div>
          )}
          <DataTable
            id="faqs"
            label={t("nav.faqs")}
            rows={faqs.rows}
            rowKey="id"
            columns={columns}
            loading={faqs.loading}
            error={faqs.error}
            onRetry={() => void faqs.refetch()}
            more={faqs.more}
            search={{ value: query, onChange: setQuery, placeholder: t("faq.search") }}
            narrowed={Boolean(q || place.space || place.category || status || language)}
            onOpen={(faq) => go(`/knowledge/faqs/${faq.id}`)}
            table={mayEdit ? { rowSelection: { selectedRowKeys: chosen, onChange: setChosen } } : {}}
            filters={
              <>
                <Select
                  allowClear
                  style={{ minWidth: 120 }}
                  placeholder={t("faq.anyStatus")}
                  aria-label={t("faq.status")}
                  value={status}
                  onChange={setStatus}
                  options={(["published", "review", "scheduled", "draft", "archived"] as const).map(
                    (value) => ({
                      value,
                      label: t(`status.${value}`),
                    }),
                  )}
                />
                <Select
                  allowClear
                  style={{ minWidth: 120 }}
                  placeholder={t("faq.anyLocale")}
                  aria-label={t("faq.locale")}
                  value={language}
                  onChange={setLanguage}
                  options={[
                    { value: "zh-CN", label: "中文" },
                    { value: "en", label: "English" },
                  ]}
                />
              </>
            }
            emptyTitle={t("faq.empty")}
            emptyText={t("faq.emptyText")}
            emptyAction={
              mayEdit && (
                <Button type="primary" onClick={() => go("/knowledge/import")}>
                  {t("nav.import")}
                </Button>
              )
            }
          />
        </div>
      </div>
    </Page>
  );
}
