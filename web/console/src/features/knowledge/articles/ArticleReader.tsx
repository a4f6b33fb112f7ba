import { useParams } from "@tanstack/react-router";
import { Button, Tag } from "antd";
import { Languages, Pencil } from "lucide-react";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { Page, State, useOne, useRows } from "../../settings/kit";
import { AudienceTag, Helpful, StatusTag } from "../bits";
import { pathOf } from "../tree";
import type { Article, Category } from "../types";

export default function ArticleReader() {
  const t = useT("knowledge");
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const { articleId } = useParams({ strict: false }) as { articleId: string };
  const article = useOne<Article>(`/knowledge/articles/${articleId}`);
  const categories = useRows<Category>("/knowledge/categories");
  const entry = article.data;
  const other = entry?.translations.find((item) => item.id !== entry.id);
  return (
    <Page
      title={entry?.title ?? t("nav.articles")}
      onBack={() => go("/knowledge/articles")}
      description={
        entry && (
          <span className="qs-row">
            <StatusTag status={entry.status} />
            <AudienceTag level={entry.level} />
            {entry.behind && <Tag color="warning">{t("standing.behind")}</Tag>}
            <span>{pathOf(categories.rows ?? [], entry.category_id).join(" / ")}</span>
            <RelativeTime at={entry.updated_at} />
            <Helpful helpful={entry.helpful} unhelpful={entry.unhelpful} />
          </span>
        )
      }
      actions={
        <>
          {other && (
            <Button icon={<Languages size={15} />} onClick={() => go(`/knowledge/articles/${other.id}`)}>
              {t("entry.openOther", { language: other.locale === "en" ? "English" : "中文" })}
            </Button>
          )}
          {mayEdit && (
            <Button
              type="primary"
              icon={<Pencil size={15} />}
              onClick={() => go(`/knowledge/articles/${articleId}/edit`)}
            >
              {t("action.edit")}
            </Button>
          )}
        </>
      }
    >
      <State loading={article.isPending} error={article.error} onRetry={() => void article.refetch()}>
        {entry && (
          <article className="kn-paper" lang={entry.locale}>
            {entry.html ? (
              // Made safe by the server: nothing in it can run.
              <div className="qk-md" dangerouslySetInnerHTML={{ __html: entry.html }} />
            ) : (
              <span className="qk-muted">{t("article.noBody")}</span>
            )}
          </article>
        )}
      </State>
    </Page>
  );
}
