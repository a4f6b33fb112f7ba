import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, Tag, Tooltip } from "antd";
import { CornerDownLeft, ThumbsDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { ConversationView, Id } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { percent } from "@/lib/format";
import { useSignals } from "@/realtime/signals";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Section } from "../context/parts";
import { useInbox } from "../state";
import { hold } from "./hold";
import { insertIntoReply } from "./insert";
import { type AssistView, type Suggestion, sameSuggestions } from "./types";

const TYPED_AFTER = 700;

function useAssist(conversation: ConversationView) {
  const path = `/conversations/${conversation.id}/assist`;
  return useQuery({
    queryKey: [path, conversation.last_seq],
    queryFn: ({ signal }) => api.get<AssistView>(path, undefined, signal),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
}

/** What the customer is typing, once they pause; only where the inbox shows it. */
function useTyped(conversation: ConversationView) {
  const preview = useSignals((s) => s.customerTyping[conversation.id]?.preview ?? null);
  const [typed, setTyped] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(
      () => setTyped(preview && preview.trim().length >= 4 ? preview.trim() : null),
      preview ? TYPED_AFTER : 0,
    );
    return () => clearTimeout(timer);
  }, [preview]);
  const path = `/conversations/${conversation.id}/assist/preview`;
  return useQuery({
    queryKey: [path, typed],
    queryFn: () => api.post<AssistView>(path, { text: typed }),
    enabled: typed !== null,
    retry: false,
  });
}

/** The best answers for what the customer asked last: one click, or Alt and a number, puts one into the reply. */
export function Suggestions({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const query = useAssist(conversation);
  const typed = useTyped(conversation);
  const mayReply = conversation.may?.reply === true;
  const focus = useInbox((s) => s.focus);
  const [busy, setBusy] = useState(false);
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const before = useRef<AssistView | undefined>(undefined);
  const coming =
    typed.data && typed.data.suggestions.length > 0 ? typed.data : query.isError ? undefined : query.data;
  const { shown, waiting } = hold(before.current, coming, busy, sameSuggestions);
  before.current = shown;

  const feedback = useAct(
    (body: { seq: number; source_id: Id; outcome: "inserted" | "rejected" }) =>
      api.post(`/conversations/${conversation.id}/assist/feedback`, body),
    { quiet: true },
  );
  const use = (suggestion: Suggestion) => {
    if (!shown) return;
    focus("reply");
    insertIntoReply(conversation.id, suggestion.text);
    feedback.mutate({ seq: shown.seq, source_id: suggestion.id, outcome: "inserted" });
  };
  const reject = (suggestion: Suggestion) => {
    if (!shown) return;
    setGone((known) => new Set(known).add(`${shown.seq}:${suggestion.id}`));
    feedback.mutate({ seq: shown.seq, source_id: suggestion.id, outcome: "rejected" });
  };
  const here = (list: Suggestion[]) => list.filter((s) => !gone.has(`${shown?.seq}:${s.id}`));
  const suggestions = shown ? here(shown.suggestions) : [];
  const articles = shown ? here(shown.articles) : [];
  useShortcuts(
    [1, 2, 3].map((number) => ({
      keys: `alt+${number}`,
      group: "composer" as const,
      label: t("assist.insert_n", { n: number }),
      inFields: true,
      enabled: mayReply && suggestions.length >= number,
      run: () => {
        const wanted = suggestions[number - 1];
        if (wanted) use(wanted);
      },
    })),
  );

  return (
    <Section
      title={t("assist.suggestions")}
      extra={
        waiting ? (
          <Button size="small" type="link" onClick={() => setBusy(false)}>
            {t("assist.newer")}
          </Button>
        ) : null
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: it only holds the list still while somebody is about to click */}
      <div
        className="q-assist"
        onMouseEnter={() => setBusy(true)}
        onMouseLeave={() => setBusy(false)}
        aria-busy={query.isFetching}
      >
        {query.isError && !shown ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} compact />
        ) : query.isPending && !shown ? (
          <SkeletonRows rows={2} avatar={false} />
        ) : !shown?.question ? (
          <p className="q-muted q-assist__quiet">{t("assist.nothing_asked")}</p>
        ) : suggestions.length === 0 && articles.length === 0 ? (
          <EmptyState title={t("assist.nothing_known")} hint={shown.question} />
        ) : (
          <>
            <p className="q-muted q-assist__asked" title={shown.question}>
              {t("assist.for", { text: shown.question })}
            </p>
            <ol className="q-assist__list" aria-label={t("assist.suggestions")}>
              {suggestions.map((one, index) => (
                <Card
                  key={one.id}
                  suggestion={one}
                  number={index + 1}
                  mayReply={mayReply}
                  onUse={use}
                  onReject={reject}
                />
              ))}
            </ol>
            {articles.length > 0 ? (
              <>
                <h4 className="q-assist__more">{t("assist.articles")}</h4>
                <ol className="q-assist__list" aria-label={t("assist.articles")}>
                  {articles.map((one) => (
                    <Card
                      key={one.id}
                      suggestion={one}
                      number={null}
                      mayReply={mayReply}
                      onUse={use}
                      onReject={reject}
                    />
                  ))}
                </ol>
              </>
            ) : null}
          </>
        )}
      </div>
    </Section>
  );
}

function Card(props: {
  suggestion: Suggestion;
  number: number | null;
  mayReply: boolean;
  onUse: (suggestion: Suggestion) => void;
  onReject: (suggestion: Suggestion) => void;
}) {
  const { suggestion: s } = props;
  const t = useT("inbox");
  const locale = useLocale();
  const [whole, setWhole] = useState(false);
  const mayRead = useCan("knowledge.view");
  // Beside a conversation there is room for three or four lines.
  const width = s.text.length + (s.text.match(/[\u3400-\u9fff]/g)?.length ?? 0);
  const long = width > 180 || s.text.split("\n").length > 4;
  const path = s.kind === "faq" ? `/console/knowledge/faqs/${s.id}` : `/console/knowledge/articles/${s.id}`;
  return (
    <li className="q-assist__card">
      <div className="q-assist__head">
        {mayRead ? (
          <a
            className="q-assist__title q-ellipsis"
            href={path}
            target="_blank"
            rel="noreferrer"
            title={s.title}
          >
            {s.title}
          </a>
        ) : (
          <span className="q-assist__title q-ellipsis">{s.title}</span>
        )}
        {s.internal ? (
          <Tooltip title={t("assist.internal_hint")}>
            <Tag color="warning">{t("assist.internal")}</Tag>
          </Tooltip>
        ) : null}
        <Tooltip title={t("assist.sure_hint")}>
          <span className="q-assist__sure q-num">{percent(s.probability, locale)}</span>
        </Tooltip>
      </div>
      <div className={whole || !long ? "q-assist__text" : "q-assist__text q-assist__text--cut"}>
        {whole || !long ? s.text : s.text.replace(/\n{2,}/g, "\n")}
      </div>
      <div className="q-assist__acts">
        {props.mayReply ? (
          <Button
            size="small"
            type={props.number === 1 ? "primary" : "default"}
            icon={<CornerDownLeft size={13} aria-hidden />}
            aria-label={t("assist.insert_title", { title: s.title })}
            onClick={() => props.onUse(s)}
          >
            {t("assist.insert")}
            {props.number ? <kbd className="q-assist__key">Alt {props.number}</kbd> : null}
          </Button>
        ) : null}
        {long ? (
          <Button size="small" type="text" aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {t(whole ? "assist.less" : "assist.more")}
          </Button>
        ) : null}
        <span className="q-assist__space" />
        {props.mayReply ? (
          <Tooltip title={t("assist.reject")}>
            <Button
              size="small"
              type="text"
              icon={<ThumbsDown size={13} aria-hidden />}
              aria-label={t("assist.reject_title", { title: s.title })}
              onClick={() => props.onReject(s)}
            />
          </Tooltip>
        ) : null}
      </div>
    </li>
  );
}
