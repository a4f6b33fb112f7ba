import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Input, Segmented } from "antd";
import { BookOpen, CircleHelp, Search as SearchIcon, SearchX } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useT } from "@/app/i18n";
import type { SearchAnswer } from "@/app/palette/types";
import { useGo } from "@/app/router";
import { useCan } from "@/app/session";
import { StateTag, TypeIcon } from "@/features/tickets/bits";
import { Avatar } from "@/ui/Avatar";
import { Highlight } from "@/ui/Highlight";
import { PageFrame, Panel } from "@/ui/Page";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import "./search.css";
import { customerName } from "@/features/inbox/text";

type Scope = "all" | "tickets" | "conversations" | "customers" | "knowledge";
const TYPES: Record<Scope, string | undefined> = {
  all: undefined,
  tickets: "tickets",
  conversations: "conversations",
  customers: "customers",
  knowledge: "articles,faqs",
};

/** Everything that holds the words; a hit in a conversation leads to the very message. */
export default function SearchPage() {
  const t = useT("search");
  const go = useGo();
  const search = useSearch({ strict: false }) as { q?: string | number; in?: Scope };
  const q = search.q === undefined ? "" : String(search.q);
  const scope: Scope = search.in && search.in in TYPES ? search.in : "all";
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  const address = (words: string, where: Scope) =>
    `/search?q=${encodeURIComponent(words)}${where === "all" ? "" : `&in=${where}`}`;
  // Typing asks by itself after a breath; the address keeps up so that going back returns here.
  // Only the words count.
  useEffect(() => {
    const words = text.trim();
    if (words === q) return;
    const timer = setTimeout(() => go(address(words, scope), { replace: true }), 250);
    return () => clearTimeout(timer);
  }, [text]);

  const query = useQuery({
    queryKey: ["/search", "page", q, scope],
    queryFn: ({ signal }) =>
      api.get<SearchAnswer>("/search", { q, types: TYPES[scope], limit: scope === "all" ? 10 : 40 }, signal),
    enabled: q.length > 0,
    placeholderData: (previous) => previous,
  });
  const data = query.data;
  const conversations = data?.conversations ?? [];
  const tickets = data?.tickets ?? [];
  const customers = data?.customers ?? [];
  const knowledge = [
    ...(data?.faqs ?? []).map((f) => ({ ...f, kind: "faqs" as const })),
    ...(data?.articles ?? []).map((a) => ({ ...a, kind: "articles" as const })),
  ];
  const edits = useCan("knowledge.view");
  const empty = data && !tickets.length && !conversations.length && !customers.length && !knowledge.length;

  return (
    <PageFrame
      title={t("title")}
      width="read"
      toolbar={
        <>
          <Input
            size="large"
            autoFocus
            allowClear
            value={text}
            prefix={<SearchIcon size={17} aria-hidden />}
            placeholder={t("placeholder")}
            aria-label={t("title")}
            onChange={(event) => setText(event.target.value)}
            style={{ maxWidth: 560 }}
          />
          <Segmented<Scope>
            value={scope}
            aria-label={t("scope")}
            onChange={(where) => go(address(q, where), { replace: true })}
            options={(Object.keys(TYPES) as Scope[]).map((value) => ({ value, label: t(`in.${value}`) }))}
          />
        </>
      }
    >
      {q.length === 0 ? (
        <EmptyState icon={SearchIcon} title={t("start")} hint={t("start_hint")} />
      ) : query.isPending ? (
        <SkeletonRows />
      ) : query.error && !data ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : empty ? (
        <EmptyState icon={SearchX} title={t("nothing", { q })} hint={t("nothing_hint")} />
      ) : (
        <div aria-live="polite" aria-busy={query.isFetching}>
          {customers.length ? (
            <Panel title={t("in.customers")} flush>
              {customers.map((customer) => (
                <Link key={customer.id} to={`/customers/${customer.id}` as string} className="q-result">
                  <Avatar name={customerName(customer, t)} id={customer.id} size={32} />
                  <span className="q-result__main">
                    <span className="q-result__title">{customerName(customer, t)}</span>
                    <span className="q-muted">
                      #{customer.number}
                      {customer.city ? ` · ${customer.city}` : ""}
                      {customer.phone ? ` · ${customer.phone}` : ""}
                    </span>
                  </span>
                </Link>
              ))}
            </Panel>
          ) : null}
          {tickets.length ? (
            <Panel title={t("in.tickets")} flush>
              {tickets.map(({ ticket, hits }) => (
                <Link key={ticket.id} to={`/tickets/${ticket.ref}` as string} className="q-result">
                  <span className="q-result__icon">
                    <TypeIcon icon={ticket.type.icon} size={18} />
                  </span>
                  <span className="q-result__main">
                    <span className="q-result__title">
                      <span className="q-muted q-num">{ticket.ref}</span>{" "}
                      {hits[0]?.place === "title" ? (
                        <Highlight text={hits[0].snippet} spans={hits[0].spans} />
                      ) : (
                        ticket.title
                      )}{" "}
                      <StateTag status={ticket.status} state={ticket.state} />
                      <span className="q-result__when">
                        <RelativeTime at={ticket.updated_at} />
                      </span>
                    </span>
                    {hits
                      .filter((hit) => hit.place !== "title")
                      .map((hit) => (
                        <span key={hit.snippet} className="q-result__text">
                          <Highlight text={hit.snippet} spans={hit.spans} />
                        </span>
                      ))}
                  </span>
                </Link>
              ))}
            </Panel>
          ) : null}
          {conversations.length ? (
            <Panel title={t("in.conversations")} flush>
              {conversations.map(({ conversation: c, hits }) => (
                <div key={c.id} className="q-result q-result--conversation">
                  <Avatar name={customerName(c.customer, t)} id={c.customer.id} size={32} />
                  <span className="q-result__main">
                    <Link to={`/inbox/all/${c.id}` as string} className="q-result__title">
                      {customerName(c.customer, t)} <span className="q-muted">#{c.number}</span>
                      <span className="q-result__when">
                        <RelativeTime at={c.last_message?.at ?? c.created_at} />
                      </span>
                    </Link>
                    {hits.map((hit) => (
                      <Link
                        key={hit.message_id}
                        to={`/inbox/all/${c.id}?at=${hit.seq}` as string}
                        className="q-result__hit"
                      >
                        <Highlight text={hit.snippet} spans={hit.spans} />
                      </Link>
                    ))}
                  </span>
                </div>
              ))}
            </Panel>
          ) : null}
          {knowledge.length ? (
            <Panel title={t("in.knowledge")} flush>
              {knowledge.map((item) => {
                const Icon = item.kind === "faqs" ? CircleHelp : BookOpen;
                const body = (
                  <>
                    <span className="q-result__icon">
                      <Icon size={18} strokeWidth={1.6} aria-hidden />
                    </span>
                    <span className="q-result__main">
                      <span className="q-result__title">{item.title}</span>
                      <span className="q-result__text">{item.excerpt}</span>
                    </span>
                  </>
                );
                return edits ? (
                  <Link
                    key={item.id}
                    to={`/knowledge/${item.kind}/${item.id}` as string}
                    className="q-result"
                  >
                    {body}
                  </Link>
                ) : (
                  <div key={item.id} className="q-result">
                    {body}
                  </div>
                );
              })}
            </Panel>
          ) : null}
        </div>
      )}
    </PageFrame>
  );
}
