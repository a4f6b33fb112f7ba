/** What policies may ask of a ticket or a conversation, with the words and choices of this company. */
import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "@/api/client";
import { useLocale, useT } from "@/app/i18n";
import type { FieldSpec, TypeSummary, TypeView } from "../../tickets/types";
import { useRows } from "../kit";
import type { Fact } from "../kit/conditions";
import type { Department } from "../types";
import type { Subject } from "./types";

const CHANNELS = [
  "webchat",
  "email",
  "phone",
  "wechat",
  "wecom",
  "dingtalk",
  "feishu",
  "telegram",
  "whatsapp",
  "sms",
  "walkin",
  "api",
];
const SOURCES = ["conversation", "console", "mail", "portal", "api", "automation", "schedule", "import"];
const LEVELS = ["standard", "silver", "gold", "vip"];

export function useFacts(subject: Subject): Fact[] {
  const ticket = useTicketFacts();
  const conversation = useConversationFacts();
  return subject === "ticket" ? ticket : conversation;
}

function useConversationFacts(): Fact[] {
  const t = useT("settings/sla");
  const inboxes = useRows<{ id: string; name: string }>("/inboxes").rows;
  const queues = useRows<{ id: string; name: string }>("/queues").rows;
  return useMemo(() => {
    const group = t("fact.conversation");
    const named = (path: string, rows: { id: string; name: string }[] | undefined): Fact => ({
      path,
      label: t(`fact.${path.replace(".", "_")}`),
      kind: "choice",
      group,
      options: (rows ?? []).map((one) => ({ value: one.id, label: one.name })),
    });
    const choice = (path: string, values: (string | number)[], key: string, of = group): Fact => ({
      path,
      label: t(`fact.${path.replace(".", "_")}`),
      kind: "choice",
      group: of,
      options: values.map((value) => ({ value, label: t(`${key}.${value}`) })),
    });
    return [
      named("conversation.inbox_id", inboxes),
      choice("conversation.channel", CHANNELS, "channel"),
      named("conversation.queue_id", queues),
      choice("conversation.priority", [3, 2, 1, 0], "priority"),
      { path: "conversation.tags", label: t("fact.conversation_tags"), kind: "tags", group },
      choice("customer.level", LEVELS, "level", t("fact.customer")),
      { path: "customer.tags", label: t("fact.customer_tags"), kind: "tags", group: t("fact.customer") },
      { path: "customer.city", label: t("fact.customer_city"), kind: "text", group: t("fact.customer") },
    ];
  }, [inboxes, queues, t]);
}

function useTicketFacts(): Fact[] {
  const t = useT("settings/sla");
  const locale = useLocale();
  const types = useRows<TypeSummary>("/ticket-types").rows;
  const departments = useRows<Department>("/departments").rows;
  const whole = useQueries({
    queries: (types ?? []).map((type) => ({
      queryKey: [`/ticket-types/${type.key}`, "one"],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get<TypeView>(`/ticket-types/${type.key}`, undefined, signal),
      staleTime: 60_000,
    })),
    combine: (found) => found.flatMap((one) => (one.data ? [one.data] : [])),
  });
  return useMemo(() => {
    const words = (text: Partial<Record<string, string>>, fallback: string) =>
      text[locale] || text["zh-CN"] || text.en || fallback;
    const choice = (path: string, options: string[], key: string): Fact => ({
      path,
      label: t(`fact.${path.replace(".", "_")}`),
      kind: "choice",
      group: t(path.startsWith("customer.") ? "fact.customer" : "fact.ticket"),
      options: options.map((value) => ({ value, label: t(`${key}.${value}`) })),
    });
    const facts: Fact[] = [
      {
        path: "ticket.type",
        label: t("fact.ticket_type"),
        kind: "choice",
        group: t("fact.ticket"),
        options: (types ?? []).map((type) => ({ value: type.key, label: words(type.name, type.key) })),
      },
      {
        path: "ticket.priority",
        label: t("fact.ticket_priority"),
        kind: "choice",
        group: t("fact.ticket"),
        options: [3, 2, 1, 0].map((value) => ({ value, label: t(`priority.${value}`) })),
      },
      { path: "ticket.tags", label: t("fact.ticket_tags"), kind: "tags", group: t("fact.ticket") },
      {
        path: "ticket.department_id",
        label: t("fact.ticket_department_id"),
        kind: "choice",
        group: t("fact.ticket"),
        options: (departments ?? []).map((one) => ({ value: one.id, label: one.name })),
      },
      choice("ticket.channel", CHANNELS, "channel"),
      choice("ticket.source", SOURCES, "source"),
      {
        path: "ticket.tier",
        label: t("fact.ticket_tier"),
        kind: "choice",
        group: t("fact.ticket"),
        options: [1, 2, 3].map((value) => ({ value, label: `L${value}` })),
      },
      { path: "ticket.title", label: t("fact.ticket_title"), kind: "text", group: t("fact.ticket") },
      choice("customer.level", LEVELS, "level"),
      { path: "customer.tags", label: t("fact.customer_tags"), kind: "tags", group: t("fact.customer") },
      { path: "customer.city", label: t("fact.customer_city"), kind: "text", group: t("fact.customer") },
    ];
    const seen = new Set<string>();
    for (const type of whole)
      for (const field of type.definition.fields) {
        const fact = fieldFact(field, words);
        if (!fact || seen.has(fact.path)) continue;
        seen.add(fact.path);
        facts.push({ ...fact, group: t("fact.fields") });
      }
    return facts;
  }, [types, departments, whole, locale, t]);
}

/** A field of a ticket type as something to ask about; None for those that have no plain value. */
export function fieldFact(
  field: Pick<FieldSpec, "key" | "kind" | "label" | "options" | "currency">,
  words: (text: Partial<Record<string, string>>, fallback: string) => string,
): Fact | null {
  const path = `ticket.fields.${field.key}`;
  const label = words(field.label, field.key);
  const options = field.options?.map((one) => ({ value: one.key, label: words(one.label, one.key) })) ?? [];
  switch (field.kind) {
    case "money":
      return { path: `${path}_minor`, label, kind: "money", currency: field.currency };
    case "number":
      return { path, label, kind: "number" };
    case "yes_no":
      return { path, label, kind: "yes_no" };
    case "date":
      return { path, label, kind: "date" };
    case "moment":
      return { path, label, kind: "moment" };
    case "choice":
      return { path, label, kind: "choice", options };
    case "choices":
    case "cascade":
      return { path, label, kind: "choices", options };
    case "text":
    case "long_text":
    case "order":
      return { path, label, kind: "text" };
    default:
      return null;
  }
}
