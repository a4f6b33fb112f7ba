/** The other language version beside the one being written. */
import { Alert, Button, Tag } from "antd";
import { ExternalLink } from "lucide-react";
import { useT } from "@/app/i18n";
import { useGo } from "@/app/router";
import { RelativeTime } from "@/ui/Time";
import { Markdown, Section, State, useOne } from "../../settings/kit";
import { StatusTag } from "../bits";
import type { Article, Entry, Faq, Kind, Translation } from "../types";

export function OtherLanguage(props: { kind: Kind; entry: Entry; other: Translation }) {
  const t = useT("knowledge");
  const go = useGo();
  const { kind, entry, other } = props;
  const read = useOne<Faq & Article>(`/knowledge/${kind}/${other.id}`);
  const text = read.data;
  const path = kind === "faqs" ? `/knowledge/faqs/${other.id}` : `/knowledge/articles/${other.id}/edit`;
  return (
    <aside className="kn-other" lang={other.locale}>
      <Section
        title={
          <span className="qs-row">
            <span>{other.locale === "en" ? "English" : "中文"}</span>
            {other.original && <Tag>{t("entry.original")}</Tag>}
            <StatusTag status={other.status} />
          </span>
        }
        extra={
          <Button size="small" icon={<ExternalLink size={14} />} onClick={() => go(path)}>
            {t("action.edit")}
          </Button>
        }
      >
        <p className="qk-muted">
          {t("entry.changed")} <RelativeTime at={other.content_at} />
        </p>
        {entry.behind && other.original && <Alert type="warning" showIcon title={t("standing.behind")} />}
        <State loading={read.isPending} error={read.error} onRetry={() => void read.refetch()}>
          {text && (
            <article>
              <h2>{text.question ?? text.title}</h2>
              {text.variants?.length > 0 && (
                <ul className="qk-muted">
                  {text.variants.map((variant) => (
                    <li key={variant}>{variant}</li>
                  ))}
                </ul>
              )}
              {text.summary && <p>{text.summary}</p>}
              <Markdown text={text.answer ?? text.body} />
            </article>
          )}
        </State>
      </Section>
    </aside>
  );
}
