import { Link } from "@tanstack/react-router";
import { Button, Dropdown, Image, Tooltip } from "antd";
import {
  BookOpen,
  Check,
  CheckCheck,
  CircleAlert,
  Clock3,
  Ear,
  FileText,
  MoreHorizontal,
  Package,
  StickyNote,
  Ticket as TicketIcon,
} from "lucide-react";
import { memo, useEffect, useState } from "react";
import { api } from "@/api/client";
import { useAct } from "@/api/hooks";
import type { MessageView } from "@/api/types";
import { useLocale, useT } from "@/app/i18n";
import { useCan } from "@/app/session";
import { CallbackCard, CallCard } from "@/features/calls/Cards";
import { Versions } from "@/features/customers/linking/Versions";
import { useAdding } from "@/features/evaluation/adding";
import { StateTag } from "@/features/tickets/bits";
import type { Text, TicketStatus } from "@/features/tickets/types";
import { absoluteTime, clockTime, fileSize, money } from "@/lib/format";
import { Avatar } from "@/ui/Avatar";
import { confirmLoss, toast } from "@/ui/feedback";
import { Failure } from "../channel/Failure";
import { isMail, MailBody } from "../channel/MailBody";
import { authorName, known } from "../text";
import { discard, type Outgoing, retry } from "./outbox";
import { RichText } from "./RichText";
import { WrongMark } from "./WrongMark";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function fileUrl(payload: Record<string, unknown>, thumb = false): string {
  if (thumb && text(payload.thumb_url)) return text(payload.thumb_url);
  if (text(payload.url)) return text(payload.url);
  const id = text(payload.file_id);
  return thumb
    ? `/api/v1/files/${id}/thumb`
    : `/api/v1/files/${id}/${encodeURIComponent(text(payload.name) || "file")}`;
}

function ImageBody({ payload }: { payload: Record<string, unknown> }) {
  const t = useT("inbox");
  const width = Number(payload.width) || 240;
  const height = Number(payload.height) || 180;
  const scale = Math.min(1, 280 / width, 240 / height);
  return (
    <Image
      className="q-image"
      src={fileUrl(payload, true)}
      preview={{ src: fileUrl(payload) }}
      width={Math.max(48, Math.round(width * scale))}
      height={Math.max(40, Math.round(height * scale))}
      alt={text(payload.name) || t("preview.image")}
    />
  );
}

function FileBody({ payload }: { payload: Record<string, unknown> }) {
  return (
    <a
      className="q-file"
      href={fileUrl(payload)}
      download={text(payload.name)}
      target="_blank"
      rel="noreferrer"
    >
      <FileText size={26} strokeWidth={1.4} aria-hidden />
      <span className="q-file__text">
        <span className="q-ellipsis">{text(payload.name)}</span>
        <small>{fileSize(Number(payload.size) || 0)}</small>
      </span>
    </a>
  );
}

interface CardTicket {
  ref: string;
  title: string;
  status: TicketStatus;
  state?: Text | string;
}

/** What the customer was told of their ticket; for colleagues the way to it. */
function TicketCard({ ticket }: { ticket: CardTicket }) {
  const t = useT("inbox");
  const label = typeof ticket.state === "string" ? { "zh-CN": ticket.state } : ticket.state;
  return (
    <div className="q-card">
      <div className="q-card__kind">
        <TicketIcon size={14} aria-hidden />
        {t("card.ticket")}
        <span className="q-card__status">
          <StateTag status={ticket.status} label={label} />
        </span>
      </div>
      <Link to={`/tickets/${ticket.ref}` as string} className="q-card__title">
        {ticket.ref} {ticket.title}
      </Link>
    </div>
  );
}

function CardBody({ payload }: { payload: Record<string, unknown> }) {
  if (payload.type === "ticket" && typeof (payload.ticket as CardTicket | undefined)?.ref === "string")
    return <TicketCard ticket={payload.ticket as CardTicket} />;
  if (payload.type === "call" && payload.call) return <CallCard call={payload.call as never} />;
  const promise =
    payload.type === "callback"
      ? (payload.callback as { id?: string; topic?: string; number?: string })
      : null;
  if (promise?.id) return <CallbackCard id={promise.id} topic={promise.topic} number={promise.number} />;
  return <ThingCard payload={payload} />;
}

function ThingCard({ payload }: { payload: Record<string, unknown> }) {
  const t = useT("inbox");
  const locale = useLocale();
  const order = payload.type === "order";
  const items = Array.isArray(payload.items) ? (payload.items as { name?: string; quantity?: number }[]) : [];
  const total = typeof payload.total_minor === "number" ? payload.total_minor : null;
  const link = text(payload.url);
  return (
    <div className="q-card">
      <div className="q-card__kind">
        {order ? <Package size={14} aria-hidden /> : <BookOpen size={14} aria-hidden />}
        {order ? t("card.order") : t("card.article")}
        {order && payload.status ? (
          <span className="q-card__status">
            {known(t, `order_status.${text(payload.status)}`, text(payload.status))}
          </span>
        ) : null}
      </div>
      <div className="q-card__title">
        {order ? text(payload.number) || text(payload.title) : text(payload.title) || text(payload.question)}
      </div>
      {items.length ? (
        <div className="q-card__text">
          {items.map((item, i) => (
            <div key={i} className="q-ellipsis">
              {item.name} {item.quantity && item.quantity > 1 ? `× ${item.quantity}` : ""}
            </div>
          ))}
        </div>
      ) : (
        <div className="q-card__text">{text(payload.summary) || text(payload.snippet)}</div>
      )}
      {total !== null ? (
        <div className="q-card__foot q-num">{money(total, text(payload.currency) || "CNY", locale)}</div>
      ) : null}
      {/^(https?:)?\//.test(link) ? (
        <a className="q-card__foot" href={link} target="_blank" rel="noreferrer">
          {t("card.open")}
        </a>
      ) : null}
    </div>
  );
}

function ChoicesBody({ message }: { message: Pick<MessageView, "body" | "payload"> }) {
  const options = (message.payload?.options as { id: string; label: string }[] | undefined) ?? [];
  return (
    <div>
      <RichText text={text(message.payload?.prompt) || message.body} />
      <ul className="q-choices">
        {options.map((option) => (
          <li key={option.id}>{option.label}</li>
        ))}
      </ul>
    </div>
  );
}

export function Body({
  message,
}: {
  message: Pick<MessageView, "kind" | "body" | "payload"> & { id?: string };
}) {
  const payload = message.payload ?? {};
  switch (message.kind) {
    case "image":
      return (
        <>
          <ImageBody payload={payload} />
          {message.body ? <RichText text={message.body} /> : null}
        </>
      );
    case "file":
      return <FileBody payload={payload} />;
    case "card":
      return <CardBody payload={payload} />;
    case "choices":
      return <ChoicesBody message={message} />;
    default:
      return isMail(payload) ? <MailBody message={message} /> : <RichText text={message.body} />;
  }
}

/** Where an answer of the bot comes from, and how sure it was. */
function Sources({ message }: { message: MessageView }) {
  const payload = message.payload ?? {};
  const handles = useCan("conversations.handle");
  const t = useT("inbox");
  const sources = Array.isArray(payload.sources)
    ? (payload.sources as { id?: string; title?: string }[])
    : [];
  const confidence = typeof payload.confidence === "number" ? payload.confidence : null;
  const helpful = typeof payload.helpful === "boolean" ? payload.helpful : null;
  if (!sources.length && confidence === null) return null;
  return (
    <div className="q-sources">
      {confidence !== null ? (
        <Tooltip title={t("confidence_hint")}>
          <span className="q-sources__sure">
            <span className="q-meter" aria-hidden>
              <span style={{ width: `${Math.round(confidence * 100)}%` }} />
            </span>
            {t("confidence", { n: Math.round(confidence * 100) })}
          </span>
        </Tooltip>
      ) : null}
      {sources.map((source, index) => (
        <span key={source.id ?? index} className="q-sources__one q-ellipsis" title={source.title}>
          <BookOpen size={12} aria-hidden /> {source.title}
        </span>
      ))}
      {helpful !== null ? <span>{helpful ? t("feedback.yes") : t("feedback.no")}</span> : null}
      {handles && sources.length ? (
        <WrongMark conversationId={message.conversation_id} answerId={message.id} />
      ) : null}
    </div>
  );
}

function DeliveryMark({ state }: { state: string }) {
  const t = useT("inbox");
  const label = known(t, `delivery.${state}`, state);
  const Icon =
    state === "sending" || state === "waiting"
      ? Clock3
      : state === "failed"
        ? CircleAlert
        : state === "sent"
          ? Check
          : CheckCheck;
  return (
    <span className={`q-delivery q-delivery--${state}`} title={label}>
      <Icon size={13} aria-hidden />
      <span className="q-sr">{label}</span>
    </span>
  );
}

const RECALL_MS = 2 * 60_000;
/** Browsers take no longer delays. */
const LONGEST_MS = 2 ** 31 - 1;

/** Whether a moment is still to come; shown anew once it has passed. */
function useUntil(moment: number): boolean {
  const [, pass] = useState(moment);
  const left = moment - Date.now();
  useEffect(() => {
    const rest = moment - Date.now();
    if (rest <= 0 || rest > LONGEST_MS) return undefined;
    const timer = setTimeout(() => pass(Date.now()), rest + 1);
    return () => clearTimeout(timer);
  }, [moment]);
  return left > 0;
}

export const Message = memo(function Message(props: {
  message: MessageView;
  first: boolean;
  last: boolean;
  me: string;
  customerReadSeq: number;
  flash: boolean;
  /** How long the channel takes messages back; 0: never, or not known yet. Without it, as long as a website does. */
  recallMs?: number | undefined;
  /** Of another conversation of the thread: to be read only. */
  foreign?: boolean;
}) {
  const { message: m } = props;
  const t = useT("inbox");
  const locale = useLocale();
  const own = m.author.kind === "user" && m.author.id === props.me;
  const side = m.author.kind === "customer" ? "in" : "out";
  const staffOnly = m.kind === "note" || m.kind === "whisper";
  const name = authorName(m.author, t);
  const delivery =
    m.delivery === "failed" || m.delivery === "waiting"
      ? m.delivery
      : props.customerReadSeq >= m.seq
        ? "read"
        : (m.delivery ?? "sent");
  const mayAdd = useCan("conversations.handle", "evaluation.manage");
  const addToSet = useAdding((state) => state.open);
  const recall = useAct(() => api.post(`/conversations/${m.conversation_id}/messages/${m.id}/recall`));
  const within = staffOnly ? RECALL_MS : (props.recallMs ?? RECALL_MS);
  const recallable = useUntil(Date.parse(m.created_at) + within) && own && !props.foreign && !m.recalled_at;
  const mayLook = useCan("audit.view");
  const [looking, setLooking] = useState(false);
  const changed = Boolean(m.edited_at || m.recall || (m.recalled_at && m.author.kind === "customer"));

  const menu = [
    ...(m.body && !m.recalled_at
      ? [
          {
            key: "copy",
            label: t("copy_text"),
            onClick: () =>
              void navigator.clipboard
                ?.writeText(m.body)
                .then(() => toast.success(t("copied")))
                .catch(() => {}),
          },
        ]
      : []),
    ...(mayAdd && !m.recalled_at && !staffOnly && m.kind === "text" && m.author.kind !== "system"
      ? [{ key: "case", label: t("add_to_set"), onClick: () => addToSet(m.conversation_id, m.id) }]
      : []),
    ...(mayLook && changed
      ? [{ key: "versions", label: t("versions"), onClick: () => setLooking(true) }]
      : []),
    ...(recallable
      ? [
          {
            key: "recall",
            label: t("recall.action"),
            danger: true,
            onClick: () =>
              void confirmLoss({
                title: t("recall.title"),
                content: t("recall.content"),
                okText: t("recall.action"),
              }).then((yes) => yes && recall.mutate(undefined)),
          },
        ]
      : []),
  ];

  return (
    <div
      id={props.foreign ? undefined : `m-${m.seq}`}
      className={[
        "q-msg",
        `q-msg--${side}`,
        `q-msg--${m.kind}`,
        `q-msg--by-${m.author.kind}`,
        props.first ? "q-msg--first" : "",
        props.flash ? "q-msg--flash" : "",
        m.recalled_at ? "q-msg--recalled" : "",
      ].join(" ")}
    >
      <span className="q-msg__avatar">
        {props.first ? (
          m.author.kind === "bot" ? (
            <span className="q-bot-face" aria-hidden>
              <svg
                width="16"
                height="16"
                viewBox="0 0 24 24"
                fill="none"
                stroke="currentColor"
                strokeWidth="2"
                aria-hidden="true"
              >
                <rect x="4" y="8" width="16" height="12" rx="4" />
                <path d="M12 8V4M9 13v2M15 13v2" strokeLinecap="round" />
              </svg>
            </span>
          ) : (
            <Avatar name={name} id={m.author.id} url={m.author.avatar_url} size={28} />
          )
        ) : null}
      </span>
      <div className="q-msg__main">
        {props.first ? (
          <div className="q-msg__head">
            {m.kind === "note" ? (
              <span className="q-msg__label q-msg__label--note">
                <StickyNote size={12} aria-hidden /> {t("note")}
              </span>
            ) : m.kind === "whisper" ? (
              <span className="q-msg__label q-msg__label--whisper">
                <Ear size={12} aria-hidden /> {t("whisper")}
              </span>
            ) : null}
            <span className="q-msg__name">{own ? t("you") : name}</span>
            <time dateTime={m.created_at} title={absoluteTime(m.created_at, locale)} className="q-num">
              {clockTime(m.created_at, locale)}
            </time>
          </div>
        ) : null}
        <div className="q-msg__row">
          <div className="q-bubble">
            {m.recalled_at ? (
              <em className="q-muted">
                {own ? t("recall.done_own") : t("recall.done", { name })}
                {m.recall === "asked" || m.recall === "done" ? ` · ${t(`recall.${m.recall}_there`)}` : ""}
              </em>
            ) : (
              <>
                <Body message={m} />
                {m.edited_at ? (
                  <small className="q-muted q-msg__edited" title={absoluteTime(m.edited_at, locale)}>
                    {t("edited")}
                  </small>
                ) : null}
              </>
            )}
          </div>
          {menu.length ? (
            <Dropdown trigger={["click"]} menu={{ items: menu }} placement="bottomRight">
              <button type="button" className="q-msg__more" aria-label={t("message_menu")}>
                <MoreHorizontal size={15} aria-hidden />
              </button>
            </Dropdown>
          ) : null}
        </div>
        {(m.recall === "late" || m.recall === "failed") && !m.recalled_at ? (
          <div className="q-msg__error" role="status">
            {t(`recall.${m.recall}`)}
          </div>
        ) : null}
        {looking ? <Versions message={m} close={() => setLooking(false)} /> : null}
        {m.author.kind === "bot" && m.payload && !m.recalled_at ? <Sources message={m} /> : null}
        {props.last && side === "out" && !staffOnly && m.author.kind === "user" && !m.recalled_at ? (
          <div className="q-msg__foot">
            <DeliveryMark state={delivery} />
          </div>
        ) : null}
        {delivery === "failed" && side === "out" && !staffOnly && !m.recalled_at ? (
          <Failure message={m} />
        ) : null}
      </div>
    </div>
  );
});

/** Written, not yet stored. */
export function Pending({ item, name, me }: { item: Outgoing; name: string; me: string }) {
  const t = useT("inbox");
  const kind = item.route === "notes" ? "note" : item.route === "whisper" ? "whisper" : item.kind;
  return (
    <div className={`q-msg q-msg--out q-msg--by-user q-msg--first q-msg--${kind} q-msg--${item.state}`}>
      <span className="q-msg__avatar">
        <Avatar name={name} id={me} size={28} />
      </span>
      <div className="q-msg__main">
        <div className="q-bubble">
          <Body message={{ kind, body: item.body, payload: item.payload }} />
        </div>
        <div className="q-msg__foot">
          <DeliveryMark state={item.state} />
          {item.state === "failed" ? (
            <span className="q-msg__error" role="alert">
              {item.error ?? t("delivery.failed")}
              <Button size="small" type="link" onClick={() => retry(item.client_id)}>
                {t("retry")}
              </Button>
              <Button size="small" type="link" danger onClick={() => discard(item.client_id)}>
                {t("discard")}
              </Button>
            </span>
          ) : null}
        </div>
      </div>
    </div>
  );
}
