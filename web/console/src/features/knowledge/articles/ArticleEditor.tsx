import { useParams, useSearch } from "@tanstack/react-router";
import { Input } from "antd";
import { useT } from "@/app/i18n";
import { Field, Section } from "../../settings/kit";
import { TextEditor } from "../editor/TextEditor";
import { EntryFrame } from "../entry/EntryFrame";
import { type EntryFields, type Search, useEntry } from "../entry/useEntry";
import type { Article } from "../types";

interface ArticleDraft extends EntryFields {
  title: string;
  summary: string;
  body: string;
}

export default function ArticleEditorPage() {
  const { articleId } = useParams({ strict: false }) as { articleId: string };
  const search = useSearch({ strict: false }) as Search;
  return <ArticleEditor key={`${articleId} ${search.locale ?? ""}`} articleId={articleId} search={search} />;
}

function ArticleEditor({ articleId, search }: { articleId: string; search: Search }) {
  const t = useT("knowledge");
  const state = useEntry<Article, ArticleDraft>({
    kind: "articles",
    id: articleId,
    search,
    blank: { title: "", summary: "", body: "" },
    read: ({ title, summary, body }) => ({ title, summary, body }),
    write: () => ({}),
    check: (value) => (value.title.trim() ? [] : [{ field: "title", message: t("required") }]),
    savedPath: (id) => `/knowledge/articles/${id}/edit`,
  });
  const { value, set, problem } = state.draft;
  return (
    <EntryFrame
      state={state}
      title={state.entry.data?.title ?? ""}
      newTitle={t("article.new")}
      back={state.isNew ? "/knowledge/articles" : `/knowledge/articles/${articleId}`}
      shown={["title", "summary", "body"]}
    >
      <Section>
        <Field label={t("article.title")} htmlFor="article-title" required problem={problem("title")}>
          <Input
            id="article-title"
            autoFocus={state.isNew}
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
          <TextEditor
            id="article-body"
            label={t("article.body")}
            rows={18}
            value={value.body}
            onChange={(body) => set({ body })}
          />
        </Field>
      </Section>
    </EntryFrame>
  );
}
