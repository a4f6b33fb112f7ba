import { useSearch } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { type Column, DataTable, Page, usePages, useRows, useSettled } from "../../settings/kit";
import { AudienceTag, Helpful, type Place, SpaceTree, StatusTag } from "../bits";
import { helpfulShare, pathOf } from "../tree";
import type { Article, Category, Space, Status } from "../types";

export default function Articles() {
  const t = useT("knowledge");
  const locale = useLocale();
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const [query, setQuery] = useState("");
  const search = useSearch({ strict: false }) as { space?: string };
  const [place, setPlace] = useState<Place>({ space: search.space ?? null, category: null });
  const [status, setStatus] = useState<Status>();
  const [language, setLanguage] = useState<string>();
  const q = useSettled(query.trim());
  const categories = useRows<Category>("/knowledge/categories");
  const spaces = useRows<Space>("/knowledge/spaces");
  const articles = usePages<Article>("/knowledge/articles", {
    q,
    space_id: place.space,
    category_id: place.category,
    status,
    language,
  });
  const columns: Column<Article>[] = [
    {
      key: "title",
      title: t("article.title"),
      fixedIn: true,
      sorter: (a, b) => a.title.localeCompare(b.title, locale),
      render: (_, article) => (
        <div className="kn-q">
          <button
            type="button"
            className="qk-linkish"
            onClick={() => go(`/knowledge/articles/${article.id}`)}
          >
            <strong>{article.title}</strong>
          </button>
          <div className="qk-muted qk-clip">{article.summary}</div>
        </div>
      ),
    },
    {
      key: "status",
      title: t("faq.status"),
      render: (_, article) => (
        <>
          <StatusTag status={article.status} />
          {article.draft && <StatusTag status={article.draft.status} live />}
          <AudienceTag level={article.level} />
        </>
      ),
    },
    {
      key: "category",
      title: t("faq.category"),
      render: (_, article) =>
        pathOf(categories.rows ?? [], article.category_id).join(" / ") || <span className="qk-muted">–</span>,
    },
    {
      key: "helpful",
      title: t("faq.helpful"),
      sorter: (a, b) => (helpfulShare(a) ?? -1) - (helpfulShare(b) ?? -1),
      render: (_, article) => <Helpful helpful={article.helpful} unhelpful={article.unhelpful} />,
    },
    {
      key: "locale",
      title: t("faq.locale"),
      render: (_, article) => (article.locale === "en" ? "English" : "中文"),
    },
    {
      key: "updated",
      title: t("faq.updated"),
      sorter: (a, b) => a.updated_at.localeCompare(b.updated_at),
      render: (_, article) => <RelativeTime at={article.updated_at} />,
    },
  ];
  return (
    <Page
      wide
      title={t("nav.articles")}
      description={t("article.description")}
      actions={
        mayEdit && (
          <Button type="primary" icon={<Plus size={15} />} onClick={() => go("/knowledge/articles/new/edit")}>
            {t("article.new")}
          </Button>
        )
      }
    >
      <div className="kn-list">
        <SpaceTree
          spaces={spaces.rows ?? []}
          categories={categories.rows ?? []}
          value={place}
          onChange={setPlace}
          count="articles"
        />
        <DataTable
          id="articles"
          label={t("nav.articles")}
          rows={articles.rows}
          rowKey="id"
          columns={columns}
          loading={articles.loading}
          error={articles.error}
          onRetry={() => void articles.refetch()}
          more={articles.more}
          search={{ value: query, onChange: setQuery, placeholder: t("article.search") }}
          narrowed={Boolean(q || place.space || place.category || status || language)}
          onOpen={(article) => go(`/knowledge/articles/${article.id}`)}
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
          emptyTitle={t("article.empty")}
          emptyText={t("article.emptyText")}
          emptyAction={
            mayEdit && <Button onClick={() => go("/knowledge/articles/new/edit")}>{t("article.new")}</Button>
          }
        />
      </div>
    </Page>
  );
}
