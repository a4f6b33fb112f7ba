import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Tag } from "antd";
import { Copy, Sparkles } from "lucide-react";
import { useState } from "react";
import { api } from "@/api/client";
import type { ConversationView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useRoutingSettings } from "@/app/presence/presence";
import { keyOf, labelOf } from "@/lib/label";
import { toast } from "@/ui/feedback";
import { Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { Procedures } from "../../tickets/sop/Procedures";
import { Section } from "../context/parts";
import { known } from "../text";
import { Suggestions } from "./Suggestions";
import type { SimilarView, SummaryView, WrapUpView } from "./types";
import "./assist.css";

/** Everything that helps with the reply: answers, what it is about so far, how similar ones were solved, the wrap-up. */
export function AssistTab({ conversation }: { conversation: ConversationView }) {
  return (
    <div className="q-context__body">
      <Suggestions key={conversation.id} conversation={conversation} />
      <Steps key={`o${conversation.id}`} conversation={conversation} />
      <Summary key={`s${conversation.id}`} conversation={conversation} />
      <Similar key={`p${conversation.id}`} conversation={conversation} />
      <WrapUp key={`w${conversation.id}`} conversation={conversation} />
    </div>
  );
}

/** The standard procedure, walked beside the conversation. */
function Steps({ conversation }: { conversation: ConversationView }) {
  const t = useT("tickets/sop");
  return (
    <Section title={t("panel")}>
      <Procedures
        kind="conversation"
        id={conversation.id}
        customerId={conversation.customer?.id ?? null}
        stamp={conversation.last_seq}
      />
    </Section>
  );
}

function useBeside<T>(conversation: ConversationView, part: string, write = false) {
  const path = `/conversations/${conversation.id}/assist/${part}`;
  return useQuery({
    queryKey: [path, conversation.last_seq, write],
    queryFn: ({ signal }) => api.get<T>(path, write ? { write: "true" } : {}, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

function Write(props: { busy: boolean; onClick: () => void }) {
  const t = useT("inbox");
  return (
    <Button
      size="small"
      type="text"
      loading={props.busy}
      icon={<Sparkles size={13} aria-hidden />}
      onClick={props.onClick}
    >
      {t("assist.write")}
    </Button>
  );
}

function Summary({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const [write, setWrite] = useState(false);
  const query = useBeside<SummaryView>(conversation, "summary", write);
  return (
    <Section
      title={t("assist.summary")}
      extra={
        query.data?.can_write && !query.data.text ? (
          <Write busy={query.isFetching && write} onClick={() => setWrite(true)} />
        ) : null
      }
    >
      <Fetched query={query}>
        {(summary) => (
          <div className="q-assist__summary">
            {summary.text ? <p className="q-assist__written">{summary.text}</p> : null}
            {summary.question ? (
              <p>
                <span className="q-muted">{t("assist.asked")}</span> {summary.question}
              </p>
            ) : (
              <p className="q-muted q-assist__quiet">{t("assist.nothing_yet")}</p>
            )}
            {summary.facts.length > 0 ? (
              <div className="q-assist__facts">
                {summary.facts.map((fact) => (
                  <Tag key={fact.kind + fact.value} title={known(t, `assist.fact.${fact.kind}`, fact.kind)}>
                    {fact.value}
                  </Tag>
                ))}
              </div>
            ) : null}
            {summary.tried.length > 0 ? (
              <details>
                <summary>{t("assist.tried", { n: summary.tried.length })}</summary>
                <ul className="q-assist__tried">
                  {summary.tried.map((one) => (
                    <li key={one.seq}>
                      <span className="q-muted">
                        {t(one.by === "bot" ? "assist.by_bot" : "assist.by_agent")}
                      </span>{" "}
                      {one.title ?? one.text}
                      {one.helpful === false ? <Tag color="error">{t("assist.not_helpful")}</Tag> : null}
                    </li>
                  ))}
                </ul>
              </details>
            ) : null}
            {summary.waiting_for !== "nobody" ? (
              <p className="q-muted">{t(`assist.waiting_for_${summary.waiting_for}`)}</p>
            ) : null}
          </div>
        )}
      </Fetched>
    </Section>
  );
}

function Similar({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const locale = useLocale();
  const query = useBeside<SimilarView[]>(conversation, "similar");
  const name = useDispositionName();
  return (
    <Section title={t("assist.similar")}>
      <Fetched query={query}>
        {(found) =>
          found.length === 0 ? (
            <p className="q-muted q-assist__quiet">{t("assist.no_similar")}</p>
          ) : (
            <ul className="q-assist__list" lang={locale}>
              {found.map((one) => (
                <li key={one.conversation_id} className="q-assist__past">
                  <Link to={`/inbox/all/${one.conversation_id}` as string} className="q-assist__title">
                    {one.question}
                  </Link>
                  {one.answer ? <p className="q-assist__text q-assist__text--cut">{one.answer}</p> : null}
                  <p className="q-muted q-assist__by">
                    #{one.number}
                    {one.answered_by ? ` · ${one.answered_by}` : ""}
                    {one.disposition ? ` · ${name(one.disposition)}` : ""}
                    {one.resolved_at ? (
                      <>
                        {" · "}
                        <RelativeTime at={one.resolved_at} />
                      </>
                    ) : null}
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Fetched>
    </Section>
  );
}

function useDispositionName() {
  const locale = useLocale();
  const settings = useRoutingSettings().data;
  return (key: string) => {
    const found = (settings?.dispositions ?? []).find((d) => keyOf(d as { key: string }) === key);
    return found ? labelOf(found as { key: string }, locale) : key;
  };
}

function WrapUp({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const [open, setOpen] = useState(false);
  return (
    <Section
      title={t("assist.wrap_up")}
      extra={
        open ? null : (
          <Button size="small" type="text" onClick={() => setOpen(true)}>
            {t("assist.propose")}
          </Button>
        )
      }
    >
      {open ? (
        <Proposal conversation={conversation} />
      ) : (
        <p className="q-muted q-assist__quiet">{t("assist.wrap_up_hint")}</p>
      )}
    </Section>
  );
}

function Proposal({ conversation }: { conversation: ConversationView }) {
  const t = useT("inbox");
  const [write, setWrite] = useState(false);
  const query = useBeside<WrapUpView>(conversation, "wrap-up", write);
  const name = useDispositionName();
  const copy = async (text: string) => {
    await navigator.clipboard.writeText(text);
    toast.success(t("assist.copied"));
  };
  return (
    <Fetched query={query}>
      {(proposal) => (
        <div className="q-assist__summary">
          {proposal.disposition ? (
            <p>
              <span className="q-muted">{t("assist.disposition")}</span> {name(proposal.disposition)}
            </p>
          ) : null}
          {proposal.tags.length > 0 ? (
            <div className="q-assist__facts">
              {proposal.tags.map((tag) => (
                <Tag key={tag}>{tag}</Tag>
              ))}
            </div>
          ) : null}
          {proposal.note ? <p className="q-assist__written">{proposal.note}</p> : null}
          {!proposal.disposition && proposal.tags.length === 0 && !proposal.note ? (
            <p className="q-muted">{t("assist.nothing_yet")}</p>
          ) : null}
          {proposal.based_on.length > 0 ? (
            <p className="q-muted q-assist__by">
              {t("assist.based_on", {
                list: proposal.based_on.map((n) => `#${n}`).join(t("list_separator")),
              })}
            </p>
          ) : null}
          <div className="q-assist__acts">
            {proposal.note ? (
              <Button
                size="small"
                icon={<Copy size={13} aria-hidden />}
                onClick={() => void copy(proposal.note)}
              >
                {t("assist.copy_note")}
              </Button>
            ) : null}
            {proposal.can_write && !proposal.written ? (
              <Write busy={query.isFetching && write} onClick={() => setWrite(true)} />
            ) : null}
          </div>
        </div>
      )}
    </Fetched>
  );
}
