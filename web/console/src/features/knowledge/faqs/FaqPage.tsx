import { useParams, useSearch } from "@tanstack/react-router";
import { Button, Input, Tag } from "antd";
import { useEffect } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import {
  Field,
  FormProblem,
  leaveSaved,
  Markdown,
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
import { Helpful, StatusTag } from "../bits";
import { EntryAside, type EntryFields, useEntryActions } from "../EntryAside";
import type { Category, Faq } from "../types";
import { Variants } from "./Variants";

interface FaqDraft extends EntryFields {
  question: string;
  variants: string[];
  answer: string;
}

function draftOf(faq: Faq): FaqDraft {
  const { question, variants, answer, category_id, audience, tags, valid_from, valid_until, locale } = faq;
  return { question, variants, answer, category_id, audience, tags, valid_from, valid_until, locale };
}

export default function FaqPage() {
  const { faqId } = useParams({ strict: false }) as { faqId: string };
  const search = useSearch({ strict: false }) as { group?: string; locale?: string };
  return <FaqEditor key={`${faqId} ${search.locale ?? ""}`} faqId={faqId} search={search} />;
}

function FaqEditor({ faqId, search }: { faqId: string; search: { group?: string; locale?: string } }) {
  const t = useT("knowledge");
  const screen = useLocale();
  const go = useGo();
  const mayEdit = useCan("knowledge.edit");
  const mayPublish = useCan("knowledge.publish");
  const isNew = faqId === "new";
  const faq = useOne<Faq>(isNew ? null : `/knowledge/faqs/${faqId}`);
  const categories = useRows<Category>("/knowledge/categories");
  const draft = useDraft<FaqDraft>({
    question: "",
    variants: [],
    answer: "",
    category_id: null,
    audience: "public",
    tags: [],
    valid_from: null,
    valid_until: null,
    locale: search.locale ?? screen,
  });
  const { value, set, accept, dirty, problem } = draft;
  useEffect(() => {
    if (faq.data && !dirty) accept(draftOf(faq.data));
  }, [faq.data, dirty, accept]);
  useUnsavedGuard(dirty);
  const stale = ["/knowledge/faqs", "/knowledge/categories", "/knowledge/search"];
  const save = useSubmit(
    async (publish: boolean) => {
      const { locale, ...fields } = value;
      const body = {
        ...fields,
        question: value.question.trim(),
        variants: value.variants.map((text) => text.trim()).filter(Boolean),
      };
      const saved = isNew
        ? await api.post<Faq>("/knowledge/faqs", {
            ...body,
            locale,
            ...(search.group ? { group_id: search.group } : {}),
          })
        : dirty
          ? await api.patch<Faq>(`/knowledge/faqs/${faqId}`, { ...body, version: faq.data?.version })
          : (faq.data as Faq);
      return publish ? await api.post<Faq>(`/knowledge/faqs/${saved.id}/publish`) : saved;
    },
    {
      stale,
      draft,
      done: (saved) => t(saved.status === "published" ? "faq.savedLive" : "faq.savedDraft"),
      onDone: (saved) => {
        accept(value);
        if (isNew) leaveSaved(() => go(`/knowledge/faqs/${saved.id}`, { replace: true }));
      },
    },
  );
  const actions = useEntryActions("faqs", faqId, stale);
  const submit = (publish = false) => {
    const faults = [];
    if (!value.question.trim()) faults.push({ field: "question", message: t("required") });
    if (!value.answer.trim()) faults.push({ field: "answer", message: t("required") });
    if (value.valid_from && value.valid_until && value.valid_from >= value.valid_until)
      faults.push({ field: "valid_until", message: t("entry.validOrder") });
    if (faults.length) draft.refuse(faults);
    else void save.run(publish);
  };

  if (!isNew && !mayEdit)
    return (
      <Page title={faq.data?.question ?? t("nav.faqs")} onBack={() => go("/knowledge/faqs")}>
        <State loading={faq.isPending} error={faq.error} onRetry={() => void faq.refetch()}>
          {faq.data && (
            <article className="kn-paper">
              <Markdown text={faq.data.answer} />
              <p className="qk-muted">
                <RelativeTime at={faq.data.updated_at} />
              </p>
            </article>
          )}
        </State>
      </Page>
    );

  return (
    <Page
      wide
      title={isNew ? t("faq.new") : (faq.data?.question ?? "")}
      description={
        faq.data && (
          <span className="qs-row">
            <StatusTag status={faq.data.status} />
            <Tag>{t("entry.version", { n: faq.data.version })}</Tag>
            <RelativeTime at={faq.data.updated_at} />
            <Helpful helpful={faq.data.helpful} unhelpful={faq.data.unhelpful} />
          </span>
        )
      }
      onBack={() => go("/knowledge/faqs")}
      actions={
        <>
          {mayPublish && faq.data && faq.data.status !== "archived" && (
            <Button danger onClick={() => actions.archive(faq.data.question)} loading={actions.busy}>
              {t("action.archive")}
            </Button>
          )}
          {mayPublish && (isNew || (faq.data && faq.data.status !== "published")) && (
            <Button type="primary" onClick={() => submit(true)} loading={save.busy}>
              {t(isNew || dirty ? "action.savePublish" : "action.publish")}
            </Button>
          )}
        </>
      }
    >
      <State loading={!isNew && faq.isPending} error={faq.error} onRetry={() => void faq.refetch()}>
        <div className="kn-edit">
          <div>
            <FormProblem
              problems={draft.problems}
              shown={["question", "answer", "variants", "category", "audience", "valid", "locale", "tags"]}
            />
            <Section>
              <Field
                label={t("faq.question")}
                htmlFor="faq-question"
                required
                help={t("faq.questionHelp")}
                problem={problem("question")}
              >
                <Input
                  id="faq-question"
                  autoFocus={isNew}
                  maxLength={500}
                  value={value.question}
                  onChange={(event) => set({ question: event.target.value })}
                />
              </Field>
              <Field
                label={t("faq.variantsCount", { count: value.variants.length })}
                htmlFor="faq-variant"
                help={t("faq.variantsHelp")}
                problem={problem("variants")}
              >
                <Variants
                  question={value.question}
                  value={value.variants}
                  onChange={(variants) => set({ variants })}
                />
              </Field>
              <Field label={t("faq.answer")} htmlFor="faq-answer" required problem={problem("answer")}>
                <MarkdownEditor
                  id="faq-answer"
                  value={value.answer}
                  invalid={problem("answer") !== undefined}
                  onChange={(answer) => set({ answer })}
                />
              </Field>
            </Section>
          </div>
          <EntryAside
            kind="faqs"
            entry={faq.data ?? null}
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
          {...(faq.data?.status === "published" ? { note: t("faq.liveNote") } : {})}
        />
      </State>
    </Page>
  );
}
