import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input, Select, Tag, Tooltip, Typography } from "antd";
import { ExternalLink, Eye, Mail, MapPin, Phone } from "lucide-react";
import { useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAct, useGet } from "@/api/hooks";
import type { ConversationView, Customer, Order, Page } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { listOf } from "@/app/profile/Sessions";
import { useCan } from "@/app/session";
import { DialButton } from "@/features/calls/bits";
import { PromiseButton } from "@/features/calls/PromiseButton";
import { BlockControl } from "@/features/customers/linking/BlockControl";
import { IdentityLine } from "@/features/customers/linking/IdentityLine";
import { Likely } from "@/features/customers/linking/Likely";
import { Vouched } from "@/features/customers/linking/Vouched";
import "@/features/calls/calls.css";
import { Avatar } from "@/ui/Avatar";
import { EmptyState, Fetched } from "@/ui/states";
import { RelativeTime } from "@/ui/Time";
import { useConversationPath } from "../paths";
import { customerName, known, previewText } from "../text";
import { OrderRequests } from "./OrderRequests";
import { Orders } from "./Orders";
import { Field, Section } from "./parts";

const LEVELS = ["standard", "silver", "gold", "vip"];

export function LevelTag({ level }: { level: string | null }) {
  const t = useT("inbox");
  if (!level || level === "standard") return null;
  return <span className={`q-level q-level--${level}`}>{known(t, `level.${level}`, level)}</span>;
}

/** A line that is text until it is clicked, then a field; Enter or leaving saves. */
function Editable(props: {
  value: string | null;
  label: string;
  placeholder?: string;
  editable: boolean;
  onSave: (value: string | null) => void;
}) {
  const t = useT("inbox");
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(props.value ?? "");
  // Take over what the server says when not editing.
  useEffect(() => {
    if (!editing) setText(props.value ?? "");
  }, [props.value]);
  if (!editing)
    return props.editable ? (
      <button
        type="button"
        className="q-editable"
        onClick={() => setEditing(true)}
        aria-label={t("edit_field", { name: props.label })}
      >
        {props.value || props.placeholder || <span className="q-muted">{t("add_value")}</span>}
      </button>
    ) : (
      <span>{props.value || props.placeholder || "—"}</span>
    );
  const done = () => {
    setEditing(false);
    const next = text.trim() || null;
    if (next !== (props.value ?? null)) props.onSave(next);
  };
  return (
    <Input
      size="small"
      autoFocus
      value={text}
      aria-label={props.label}
      onChange={(event) => setText(event.target.value)}
      onBlur={done}
      onPressEnter={done}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          setText(props.value ?? "");
          setEditing(false);
        }
      }}
    />
  );
}

interface Revealed {
  phone: string | null;
  email: string | null;
}

export function CustomerProfile({ customerId }: { customerId: string }) {
  const t = useT("inbox");
  const client = useQueryClient();
  const edit = useCan("customers.edit");
  const mayReveal = useCan("customers.reveal");
  const path = `/customers/${customerId}`;
  const query = useGet<Customer & { masked?: boolean; phone_vouched?: boolean; email_vouched?: boolean }>(
    path,
  );
  const [shown, setShown] = useState<Revealed | null>(null);
  const save = useAct((patch: Record<string, unknown>) => api.patch<Customer>(path, patch), {
    onSuccess: (customer) => {
      client.setQueryData([path, {}], customer);
      setShown(null);
    },
    invalidates: ["/customers"],
  });
  const reveal = useAct(() => api.post<Revealed>(`${path}/reveal`), { onSuccess: setShown });

  return (
    <Fetched query={query}>
      {(customer) => {
        const masked = customer.masked !== false;
        const contact = (key: "phone" | "email", Icon: typeof Phone) => {
          const value = shown?.[key] ?? customer[key];
          return (
            <Field
              label={
                <>
                  <Icon size={13} aria-hidden /> {t(`field.${key}`)}
                </>
              }
            >
              {shown || !masked ? (
                <Editable
                  value={value}
                  label={t(`field.${key}`)}
                  editable={edit}
                  onSave={(next) => save.mutate({ [key]: next })}
                />
              ) : (
                <span className="q-masked">
                  <span className="q-num">{value || "—"}</span>
                  {value && mayReveal ? (
                    <Tooltip title={t("reveal_hint")}>
                      <Button
                        type="text"
                        size="small"
                        aria-label={t("reveal")}
                        icon={<Eye size={14} aria-hidden />}
                        loading={reveal.isPending}
                        onClick={() => reveal.mutate(undefined)}
                      />
                    </Tooltip>
                  ) : null}
                </span>
              )}
              {value ? (
                <Vouched
                  vouched={customer[`${key}_vouched`] === true}
                  vouch={edit ? () => save.mutate({ [`${key}_vouched`]: true }) : undefined}
                />
              ) : null}
              {key === "phone" && value ? (
                <div className="q-call__buttons">
                  <DialButton customerId={customerId} />
                  <PromiseButton customerId={customerId} />
                </div>
              ) : null}
            </Field>
          );
        };
        return (
          <>
            <div className="q-profile">
              <Avatar name={customerName(customer, t)} id={customer.id} size={44} />
              <div className="q-profile__who">
                <div className="q-profile__name">
                  <Editable
                    value={customer.name}
                    placeholder={customerName(customer, t)}
                    label={t("field.name")}
                    editable={edit}
                    onSave={(name) => name && save.mutate({ name })}
                  />
                  <LevelTag level={customer.level} />
                </div>
                <div className="q-muted q-profile__sub">
                  <Link to={`/customers/${customer.id}` as string}>#{customer.number}</Link>
                  {customer.last_seen_at ? (
                    <>
                      {" · "}
                      {t("last_seen")} <RelativeTime at={customer.last_seen_at} />
                    </>
                  ) : null}
                </div>
              </div>
            </div>
            <BlockControl customerId={customer.id} blockedAt={customer.blocked_at} />
            <dl className="q-fields">
              {contact("phone", Phone)}
              {contact("email", Mail)}
              <Field
                label={
                  <>
                    <MapPin size={13} aria-hidden /> {t("field.city")}
                  </>
                }
              >
                <Editable
                  value={customer.city}
                  label={t("field.city")}
                  editable={edit}
                  onSave={(city) => save.mutate({ city })}
                />
              </Field>
              <Field label={t("field.level")}>
                {edit ? (
                  <Select
                    size="small"
                    variant="borderless"
                    aria-label={t("field.level")}
                    value={customer.level ?? "standard"}
                    options={LEVELS.map((level) => ({
                      value: level,
                      label: known(t, `level.${level}`, level),
                    }))}
                    onChange={(level) => save.mutate({ level })}
                    style={{ marginInlineStart: -7, minWidth: 110 }}
                  />
                ) : (
                  known(t, `level.${customer.level}`, customer.level ?? "—")
                )}
              </Field>
              <Field label={t("tags")}>
                {edit ? (
                  <Select
                    mode="tags"
                    variant="borderless"
                    open={false}
                    suffix={null}
                    aria-label={t("tags")}
                    placeholder={t("add_value")}
                    value={customer.tags}
                    onChange={(tags) => save.mutate({ tags })}
                    style={{ width: "100%", marginInlineStart: -7 }}
                  />
                ) : (
                  customer.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)
                )}
              </Field>
              {Object.entries(customer.attributes ?? {})
                .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
                .map(([key, value]) => (
                  <Field key={key} label={known(t, `attribute.${key}`, key)}>
                    {typeof value === "boolean" ? t(value ? "yes" : "no") : String(value)}
                  </Field>
                ))}
            </dl>
            <Section title={t("context.customer_notes")}>
              {edit ? (
                <Typography.Paragraph
                  className="q-notes"
                  editable={{
                    triggerType: ["text"],
                    enterIcon: null,
                    maxLength: 10_000,
                    autoSize: { minRows: 2, maxRows: 10 },
                    text: customer.notes ?? "",
                    onChange: (notes) => notes !== (customer.notes ?? "") && save.mutate({ notes }),
                  }}
                >
                  {customer.notes || t("notes_placeholder")}
                </Typography.Paragraph>
              ) : (
                <div className="q-notes">{customer.notes || "—"}</div>
              )}
            </Section>
            {customer.identities?.length ? (
              <Section title={t("context.identities")}>
                {customer.identities.map((identity, index) => (
                  <IdentityLine key={identity.id ?? index} customerId={customer.id} identity={identity} />
                ))}
              </Section>
            ) : null}
            <Likely customerId={customer.id} />
          </>
        );
      }}
    </Fetched>
  );
}

function PageContext({ context }: { context: ConversationView["context"] }) {
  const t = useT("inbox");
  if (!context) return null;
  const text = (key: string) => (typeof context[key] === "string" ? (context[key] as string) : "");
  const url = text("page_url");
  const title = text("title");
  if (!url && !title && !text("referrer")) return null;
  return (
    <Section title={t("context.page")}>
      {url || title ? (
        <div className="q-page-context">
          {/^https?:/.test(url) ? (
            <a href={url} target="_blank" rel="noreferrer noopener">
              <ExternalLink size={13} aria-hidden /> {title || url}
            </a>
          ) : (
            title || url
          )}
        </div>
      ) : null}
      {text("referrer") ? (
        <div className="q-muted q-ellipsis" title={text("referrer")}>
          {t("context.referrer")} {text("referrer")}
        </div>
      ) : null}
    </Section>
  );
}

export function PastConversations(props: { customerId: string; exceptId?: string }) {
  const t = useT("inbox");
  const path = useConversationPath();
  const locale = useLocale();
  const query = useGet<Page<ConversationView> | ConversationView[]>("/conversations", {
    view: "all",
    customer_id: props.customerId,
    limit: 10,
  });
  return (
    <Section title={t("context.past")}>
      <Fetched query={query} compact>
        {(data) => {
          const list = listOf(data).filter((c) => c.id !== props.exceptId);
          if (list.length === 0) return <EmptyState title={t("context.no_past")} compact />;
          return list.map((c) => (
            <Link key={c.id} to={path(c.id)} className="q-past">
              <span className="q-past__top">
                <span>#{c.number}</span>
                <span className="q-muted">{t(`status.${c.status}`)}</span>
                <RelativeTime at={c.last_message?.at ?? c.created_at} className="q-muted" />
              </span>
              <span className="q-ellipsis q-muted" lang={locale}>
                {previewText(c.last_message?.preview, t)}
              </span>
            </Link>
          ));
        }}
      </Fetched>
    </Section>
  );
}

export function OrdersOf({
  customerId,
  conversation,
}: {
  customerId: string;
  conversation?: ConversationView;
}) {
  const t = useT("inbox");
  const orders = useGet<Page<Order> | Order[]>(`/customers/${customerId}/orders`);
  return (
    <Section title={t("context.orders")}>
      <OrderRequests customerId={customerId} />
      <Fetched
        query={orders}
        compact
        isEmpty={(data) => listOf(data).length === 0}
        empty={<EmptyState title={t("context.no_orders")} compact />}
      >
        {(data) => <Orders orders={listOf(data)} conversation={conversation} />}
      </Fetched>
    </Section>
  );
}

export function CustomerTab({ conversation }: { conversation: ConversationView }) {
  return (
    <div className="q-context__body">
      <CustomerProfile customerId={conversation.customer.id} />
      <PageContext context={conversation.context} />
      <OrdersOf customerId={conversation.customer.id} conversation={conversation} />
      <PastConversations customerId={conversation.customer.id} exceptId={conversation.id} />
    </div>
  );
}
