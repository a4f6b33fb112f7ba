import { useState } from "preact/hooks";
import type { Choice, FilePayload, Message, Payload, Source } from "../../core/types.ts";
import { bytes, money, upcoming } from "../../i18n/format.ts";
import { hasKey } from "../../i18n/index.ts";
import { safeHref } from "../../markdown/parse.ts";
import { sentence, useApp } from "../context.ts";
import { Icon } from "../icons.tsx";
import { Markdown } from "./Markdown.tsx";
import { Overlay } from "./Overlay.tsx";

type Json = Record<string, unknown>;

/** Where an answer comes from. With an address it opens there; without one, what we have of it is shown here. */
export function Sources({ sources }: { sources: Source[] }) {
  const { t } = useApp();
  const [shown, setShown] = useState<Source | null>(null);
  return (
    <div class="sources">
      <span class="sources-label">{t("chat.sources")}</span>
      {sources.map((source) => {
        const href = source.url ? safeHref(source.url) : null;
        const face = (
          <>
            <Icon name="book" size={14} />
            <span>{source.title}</span>
          </>
        );
        if (href)
          return (
            <a key={source.id} class="source" href={href} target="_blank" rel="noopener noreferrer">
              {face}
              <span class="sr">{t("a11y.opens_new")}</span>
            </a>
          );
        if (source.snippet)
          return (
            <button key={source.id} type="button" class="source" onClick={() => setShown(source)}>
              {face}
            </button>
          );
        return (
          <span key={source.id} class="source">
            {face}
          </span>
        );
      })}
      {shown?.snippet && (
        <Overlay title={shown.title} onClose={() => setShown(null)}>
          <div class="article">
            <Markdown source={shown.snippet} />
          </div>
        </Overlay>
      )}
    </div>
  );
}

export function Feedback({ message, onPerson }: { message: Message; onPerson: () => void }) {
  const { engine, t, toast } = useApp();
  const given = message.payload.helpful;
  const give = (helpful: boolean) =>
    engine.feedback(message, helpful).catch((error) => toast(sentence(error, t)));
  if (given === true) return <p class="feedback given">{t("chat.helpful_thanks")}</p>;
  if (given === false)
    return (
      <p class="feedback given">
        {t("chat.unhelpful_thanks")}{" "}
        <button type="button" class="link" onClick={onPerson}>
          {t("chat.to_person")}
        </button>
      </p>
    );
  return (
    <div class="feedback" role="group" aria-label={t("chat.helpful_q")}>
      <button type="button" onClick={() => give(true)}>
        <Icon name="up" size={14} /> {t("chat.helpful")}
      </button>
      <button type="button" onClick={() => give(false)}>
        <Icon name="thumbDown" size={14} /> {t("chat.unhelpful")}
      </button>
    </div>
  );
}

export function Choices({ message, answered }: { message: Message; answered: boolean }) {
  const { engine } = useApp();
  const options: Choice[] = message.payload.options ?? [];
  if (answered) return null;
  return (
    <div class="choices">
      {options.map((option) => (
        <button key={option.id} type="button" onClick={() => engine.choose(message.id, option)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}

export function Card({ payload, body }: { payload: Payload; body: string }) {
  if (payload.type === "callback") return <CallbackCard promise={(payload.callback ?? {}) as Json} />;
  if (payload.type === "order") return <OrderCard order={((payload.order as Json) ?? payload) as Json} />;
  if (payload.type === "ticket") return <TicketCard ticket={(payload.ticket ?? {}) as Json} />;
  return <ArticleCard article={((payload.article as Json) ?? payload) as Json} body={body} />;
}

/** A request of theirs, by its number and name, as it stood when it was shown. */
function TicketCard({ ticket }: { ticket: Json }) {
  const { locale, t } = useApp();
  const state = (ticket.state ?? {}) as Record<string, string>;
  return (
    <div class="rich">
      <span class="rich-kind">
        <Icon name="file" size={14} /> {t("card.ticket", { number: String(ticket.ref ?? "") })}
      </span>
      <b>{String(ticket.title ?? "")}</b>
      <span class="rich-state">{state[locale] ?? Object.values(state)[0] ?? ""}</span>
    </div>
  );
}

/** A promise to call, as it stands now. */
function CallbackCard({ promise }: { promise: Json }) {
  const { locale, t } = useApp();
  const state = String(promise.state);
  const until = new Date(String(promise.promised_until));
  return (
    <div class="rich">
      <span class="rich-kind">
        <Icon name="clock" size={14} /> {t("call.card")}
      </span>
      <b>{t("call.promised", { number: String(promise.number ?? "") })}</b>
      <span>
        {state === "open"
          ? t("call.by", { time: upcoming(locale, until, new Date()) })
          : t(state === "done" ? "call.done" : state === "failed" ? "call.failed" : "call.cancelled")}
      </span>
    </div>
  );
}

/** About as many characters as the four lines of a card hold. */
const CLIPPED = 72;

function ArticleCard({ article, body }: { article: Json; body: string }) {
  const { t } = useApp();
  const [shown, setShown] = useState(false);
  const href = typeof article.url === "string" ? safeHref(article.url) : null;
  const text = String(article.body ?? article.snippet ?? article.excerpt ?? article.summary ?? body ?? "");
  const title = String(article.title ?? t("card.article"));
  return (
    <div class="rich">
      <span class="rich-kind">
        <Icon name="book" size={14} /> {t("card.article")}
      </span>
      <b>{title}</b>
      {text && text !== title && (
        <div class="rich-clip">
          <Markdown source={text.slice(0, 400)} />
        </div>
      )}
      {href ? (
        <a class="rich-go" href={href} target="_blank" rel="noopener noreferrer">
          {t("card.read")} <Icon name="external" size={14} />
        </a>
      ) : (
        text.length > CLIPPED && (
          <button type="button" class="rich-go" onClick={() => setShown(true)}>
            {t("card.read")} <Icon name="chevron" size={14} />
          </button>
        )
      )}
      {shown && (
        <Overlay title={title} onClose={() => setShown(false)}>
          <div class="article">
            <Markdown source={text} />
          </div>
        </Overlay>
      )}
    </div>
  );
}

function OrderCard({ order }: { order: Json }) {
  const { t, locale } = useApp();
  const items = (Array.isArray(order.items) ? order.items : []) as Json[];
  const currency = String(order.currency ?? "CNY");
  const status = String(order.status ?? "");
  const statusKey = `order.${status}`;
  const logistics = (order.logistics ?? null) as Json | null;
  const carrier =
    logistics &&
    [logistics.carrier, logistics.tracking_number ?? logistics.tracking_no ?? logistics.number]
      .filter(Boolean)
      .join(" ");
  const pieces = items.reduce((n, item) => n + Number(item.quantity ?? item.qty ?? 1), 0);
  return (
    <div class="rich order">
      <span class="rich-kind">
        <Icon name="box" size={14} /> {t("card.order")}
        {status && <i class="tag">{hasKey(statusKey) ? t(statusKey) : status}</i>}
      </span>
      <b class="num">{t("card.order_no", { number: String(order.number ?? "") })}</b>
      <ul>
        {items.slice(0, 4).map((item, i) => (
          <li key={i}>
            {isPicture(item.image_url) && <img src={item.image_url} alt="" width={32} height={32} />}
            <span class="clip">{String(item.name ?? item.sku ?? "")}</span>
            <span class="num">× {Number(item.quantity ?? item.qty ?? 1)}</span>
            {price(item) !== null && <span class="num">{money(locale, price(item) ?? 0, currency)}</span>}
          </li>
        ))}
      </ul>
      {order.total_minor !== undefined && (
        <p class="order-total">
          <span>{t("card.items", { n: pieces })}</span>
          <span>
            {t("card.total")} <b class="num">{money(locale, Number(order.total_minor), currency)}</b>
          </span>
        </p>
      )}
      {carrier && (
        <p class="order-logistics">
          {t("card.logistics")} <span class="num">{carrier}</span>
        </p>
      )}
    </div>
  );
}

function price(item: Json): number | null {
  const minor = item.unit_price_minor ?? item.price_minor;
  return typeof minor === "number" ? minor : null;
}

function isPicture(url: unknown): url is string {
  return typeof url === "string" && (/^data:image\//.test(url) || safeHref(url) !== null);
}

export function FileRow({ payload, progress }: { payload: Partial<FilePayload>; progress?: number }) {
  const { t, locale } = useApp();
  const href = payload.url ? safeHref(payload.url) : null;
  const name = payload.name ?? "";
  const inside = (
    <>
      <span class="file-icon">
        <Icon name="file" size={20} />
        <i>{name.includes(".") ? name.split(".").at(-1)!.slice(0, 4) : ""}</i>
      </span>
      <span class="file-text">
        <span class="clip">{name}</span>
        <small>
          {progress !== undefined
            ? t("file.uploading", { percent: Math.round(progress * 100) })
            : bytes(locale, payload.size ?? 0)}
        </small>
      </span>
      {href && <Icon name="download" size={18} />}
    </>
  );
  return href ? (
    <a
      class="file"
      href={href}
      target="_blank"
      rel="noopener noreferrer"
      download={name}
      aria-label={t("file.download", { name })}
    >
      {inside}
    </a>
  ) : (
    <span class="file">{inside}</span>
  );
}
