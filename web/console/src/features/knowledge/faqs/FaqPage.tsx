import { useParams, useSearch } from "@tanstack/react-router";
import { Input } from "antd";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { RelativeTime } from "@/ui/Time";
import { Field, Markdown, Page, Section, State, useOne } from "../../settings/kit";
import { TextEditor } from "../editor/TextEditor";
import { EntryFrame } from "../entry/EntryFrame";
import { type EntryFields, type Search, useEntry } from "../entry/useEntry";
import type { Faq } from "../types";
import { Variants } from "./Variants";

interface FaqDraft extends EntryFields {
  question: string;
  variants: string[];
  answer: string;
}

export default function FaqPage() {
  const { faqId } = useParams({ strict: false }) as { faqId: string };
  const search = useSearch({ strict: false }) as Search;
  const mayEdit = useCan("knowledge.edit");
  if (!mayEdit && faqId !== "new") return <FaqReader faqId={faqId} />;
  return <FaqEditor key={`${faqId} ${search.locale ?? ""}`} faqId={faqId} search={search} />;
}

function FaqReader({ faqId }: { faqId: string }) {
  const t = useT("knowledge");
  const go = useGo();
  const faq = useOne<Faq>(`/knowledge/faqs/${faqId}`);
  return (
    <Page title={faq.data?.question ?? t("nav.faqs")} onBack={() => go("/knowledge/faqs")}>
      <State loading={faq.isPending} error={faq.error} onRetry={() => void faq.refetch()}>
        {faq.data && (
          <article className="kn-paper" lang={faq.data.locale}>
            <Markdown text={faq.data.answer} />
            <p className="qk-muted">
              <RelativeTime at={faq.data.updated_at} />
            </p>
          </article>
        )}
      </State>
    </Page>
  );
}

function FaqEditor({ faqId, search }: { faqId: string; search: Search }) {
  const t = useT("knowledge");
  const state = useEntry<Faq, FaqDraft>({
    kind: "faqs",
    id: faqId,
    search,
    blank: { question: "", variants: [], answer: "" },
    read: ({ question, variants, answer }) => ({ question, variants, answer }),
    write: (value) => ({
      question: value.question.trim(),
      variants: value.variants.map((text) => text.trim()).filter(Boolean),
    }),
    check: (value) =>
      (["question", "answer"] as const)
        .filter((field) => !value[field].trim())
        .map((field) => ({ field, message: t("required") })),
    savedPath: (id) => `/knowledge/faqs/${id}`,
  });
  const { value, set, problem } = state.draft;
  return (
    <EntryFrame
      state={state}
      title={state.entry.data?.question ?? ""}
      newTitle={t("faq.new")}
      back="/knowledge/faqs"
      shown={["question", "answer", "variants"]}
    >
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
            autoFocus={state.isNew}
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
          <TextEditor
            id="faq-answer"
            label={t("faq.answer")}
            value={value.answer}
            onChange={(answer) => set({ answer })}
            {...(problem("answer") !== undefined ? { invalid: true } : {})}
          />
        </Field>
      </Section>
    </EntryFrame>
  );
}
