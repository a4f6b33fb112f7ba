import { useParams, useSearch } from "@tanstack/react-router";
import { Button, Input, Tag } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import {
  Field,
  FormProblem,
  leaveSaved,
  MarkdownEditor,
  Page,
  SaveBar,
  Section,
  State,
  useDraft,
  useOne,
  useRows,
  useSubmit,
  useUnsavedGuard,
} from "../../settings/kit";
import { StatusTag } from "../bits";
import { EntryAside, type EntryFields, useEntryActions } from "../EntryAside";
import type { Article, Category } from "../types";

interface ArticleDraft extends EntryFields {
  title: string;
  summary: string;
  body: string;
}

function draftOf({
  title,
  summary,
  body,
  category_id,
  audience,
  tags,
  valid_from,
  valid_until,
  locale,
}: Article): ArticleDraft {
  return { title, summary, body, category_id, audience, tags, valid_from, valid_until, locale };
}

export default function ArticleEditorPage() {
  const { articleId } = useParams({ strict: false }) as { articleId: string };
  const search = useSearch({ strict: false }) as { group?: string; locale?: string };
  return <ArticleEditor key={`${articleId} ${search.locale ?? ""}`} articleId={articleId} search={search} />;
}

function ArticleEditor({
  articleId,
  search,
}: {
  articleId: string;
  search: { group?: string; locale?: string };
}) {
  const t = useT("knowledge");
  const screen = useLocale();
  const go = useGo();
  const mayPublish = useCan("knowledge.publish");
  const isNew = articleId === "new";
  const article = useOne<Article>(isNew ? null : `/knowledge/articles/${articleId}`);
  const categories = useRows<Category>("/knowledge/categories");
  const draft = useDraft<ArticleDraft>({
    title: "",
    summary: "",
    body: "",
    category_id: null,
    audience: "public",
    tags: [],
    valid_from: null,
    valid_until: null,
    locale: search.locale ?? screen,
  });
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (article.data && !dirty) accept(draftOf(article.data));
  }, [article.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const stale = ["/knowledge/articles", "/knowledge/categories", "/knowledge/search"];
  const save = useSubmit(
    async (publish: boolean) => {
      const { locale, ...body } = value;
      const saved = isNew
        ? await api.post<Article>("/knowledge/articles", {
            ...body,
            locale,
            ...(search.group ? { group_id: search.group } : {}),
          })
        : dirty
          ? await api.patch<Article>(`/knowledge/articles/${articleId}`, {
              ...body,
              version: article.data?.version,
            })
          : (article.data as Article);
      return publish ? await api.post<Article>(`/knowledge/articles/${saved.id}/publish`) : saved;
    },
    {
      stale,
      draft,
      done: (saved) => t(saved.status === "published" ? "faq.savedLive" : "faq.savedDraft"),
      onDone: (saved) => {
        accept(value);
        if (isNew) leaveSaved(() => go(`/knowledge/articles/${saved.id}`, { replace: true }));
      },
    },
  );
  const actions = useEntryActions("articles", articleId, stale);
  const submit = (publish = false) => {
    const faults = [];
    if (!value.title.trim()) faults.push({ field: "title", message: t("required") });
    if (value.valid_from && value.valid_until && value.valid_from >= value.valid_until)
      faults.push({ field: "valid_until", message: t("entry.validOrder") });
    if (faults.length) draft.refuse(faults);
    else void save.run(publish);
  };
  return (
    <Page
      wide
      title={isNew ? t("article.new") : (article.data?.title ?? "")}
      onBack={() => go(isNew ? "/knowledge/articles" : `/knowledge/articles/${articleId}`)}
      description={
        article.data && (
          <span className="qs-row">
            <StatusTag status={article.data.status} />
            <Tag>{t("entry.version", { n: article.data.version })}</Tag>
          </span>
        )
      }
      actions={
        mayPublish && (
          <>
            {article.data && article.data.status !== "archived" && (
              <Button danger loading={actions.busy} onClick={() => actions.archive(article.data.title)}>
                {t("action.archive")}
              </Button>
            )}
            {(isNew || (article.data && article.data.status !== "published")) && (
              <Button type="primary" loading={save.busy} onClick={() => submit(true)}>
                {t(isNew || dirty ? "action.savePublish" : "action.publish")}
              </Button>
            )}
          </>
        )
      }
    >
      <State
        loading={!isNew && article.isPending}
        error={article.error}
        onRetry={() => void article.refetch()}
      >
        <div className="kn-edit">
          <div>
            <FormProblem
              problems={draft.problems}
              shown={["title", "summary", "body", "category", "audience", "valid", "tags", "locale"]}
            />
            <Section>
              <Field label={t("article.title")} htmlFor="article-title" required problem={problem("title")}>
                <Input
                  id="article-title"
                  autoFocus={isNew}
                  maxLength={300}
                  value={value.title}
                  onChange={(event) => set({ title: event.target.value })}
                />
              </Field>
              <Field
                label={t("article.summary")}
                htmlFor="article-summary"
                help={t("article.summaryHelp")}
                problem={problem("summary")}
              >
                <Input.TextArea
                  id="article-summary"
                  autoSize={{ minRows: 2, maxRows: 4 }}
                  maxLength={500}
                  value={value.summary}
                  onChange={(event) => set({ summary: event.target.value })}
                />
              </Field>
              <Field label={t("article.body")} htmlFor="article-body" problem={problem("body")}>
                <MarkdownEditor
                  id="article-body"
                  rows={18}
                  value={value.body}
                  onChange={(body) => set({ body })}
                />
              </Field>
            </Section>
          </div>
          <EntryAside
            kind="articles"
            entry={article.data ?? null}
            value={value}
            set={set}
            problem={problem}
            categories={categories.rows ?? []}
            isNew={isNew}
          />
        </div>
        <SaveBar
          dirty={dirty}
          saving={save.busy}
          onSave={() => submit(false)}
          onReset={draft.reset}
          saveText={t(isNew ? "action.saveDraft" : "action.save")}
          {...(article.data?.status === "published" ? { note: t("faq.liveNote") } : {})}
        />
      </State>
    </Page>
  );
}
