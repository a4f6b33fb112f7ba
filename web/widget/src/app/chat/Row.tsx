import { useEffect, useState } from "preact/hooks";
import type { Message, Pending } from "../../core/types.ts";
import { clock, full } from "../../i18n/format.ts";
import { hasKey } from "../../i18n/index.ts";
import { sentence, useApp } from "../context.ts";
import { Avatar, BotFace, Icon } from "../icons.tsx";
import { Card, Choices, Feedback, FileRow, Sources } from "./Cards.tsx";
import { Markdown } from "./Markdown.tsx";
import { memo } from "./memo.ts";
import { Picture } from "./Picture.tsx";

interface RowProps {
  message: Message;
  first: boolean;
  last: boolean;
  /** A later message of the customer answers a question with choices. */
  answered: boolean;
  /** The newest own message carries the receipt; older ones need none. */
  receipt: "sent" | "delivered" | "read" | null;
  onPerson: () => void;
  onLeave: () => void;
  onReady: () => void;
}

export const Row = memo(function Row(p: RowProps) {
  const { t, locale, config } = useApp();
  const m = p.message;
  if (m.kind === "event") return <EventLine message={m} />;
  const at = new Date(m.created_at);
  const mine = m.author.kind === "customer";
  const bot = m.author.kind === "bot";
  // The bot is called here what this site calls it.
  const name = (bot && config.bot_name) || m.author.name || config.company;
  const side = mine ? "mine" : bot ? "bot" : "agent";
  return (
    <div class={`row ${side}${p.first ? " first" : ""}${p.last ? " last" : ""}`} data-id={m.id}>
      {!mine && (
        <span class="row-face">
          {p.first &&
            (bot ? <BotFace size={28} /> : <Avatar name={name} url={m.author.avatar_url} size={28} />)}
        </span>
      )}
      <div class="row-main">
        {!mine && p.first && (
          <span class="row-name">
            {name}
            {bot && <i class="tag">{t("chat.bot_tag")}</i>}
          </span>
        )}
        <span class="sr">{mine ? t("a11y.you_said") : t("a11y.someone_said", { name })}</span>
        {mine && !m.recalled_at ? (
          <div class="row-own">
            <Withdraw message={m} />
            <Content {...p} />
          </div>
        ) : (
          <Content {...p} />
        )}
        {p.last && (
          <span class="row-meta">
            <time dateTime={m.created_at} title={full(locale, at)}>
              {clock(locale, at)}
            </time>
            {p.receipt && <span class={`receipt ${p.receipt}`}>{t(`chat.${p.receipt}`)}</span>}
          </span>
        )}
      </div>
    </div>
  );
});

/** Taking back what one has just sent, for as long as the site allows. */
function Withdraw({ message: m }: { message: Message }) {
  const { t, engine, config, toast } = useApp();
  const left = Date.parse(m.created_at) + config.limits.withdraw_s * 1000 - Date.now();
  const [over, setOver] = useState(left <= 0);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setOver(true), left);
    return () => clearTimeout(timer);
  }, [m.id]);
  if (over) return null;
  return (
    <button
      type="button"
      class="link withdraw"
      disabled={busy}
      onClick={() => {
        setBusy(true);
        engine.withdraw(m).catch((error) => {
          setBusy(false);
          toast(sentence(error, t));
        });
      }}
    >
      {t("chat.withdraw")}
    </button>
  );
}

function Content({ message: m, answered, onPerson, onLeave, onReady }: RowProps) {
  const { t } = useApp();
  if (m.recalled_at)
    return (
      <div class="bubble recalled">
        {t(m.author.kind === "customer" ? "chat.withdrawn" : "chat.recalled")}
      </div>
    );
  switch (m.kind) {
    case "image":
      return <Picture payload={m.payload} clientId={m.client_id} onReady={onReady} />;
    case "file":
      return (
        <div class="bubble flush">
          <FileRow payload={m.payload} />
        </div>
      );
    case "card":
      return (
        <div class="bubble flush">
          <Card payload={m.payload} body={m.body} />
        </div>
      );
    case "choices":
      return (
        <>
          <div class="bubble">
            <Markdown source={m.payload.prompt || m.body} />
          </div>
          <Choices message={m} answered={answered} />
          <Offers message={m} answered={answered} onPerson={onPerson} onLeave={onLeave} />
        </>
      );
    default:
      return (
        <>
          <div class="bubble">
            {m.author.kind === "customer" ? <span class="text">{m.body}</span> : <Markdown source={m.body} />}
            {m.payload.sources && m.payload.sources.length > 0 && <Sources sources={m.payload.sources} />}
          </div>
          {m.payload.options && m.payload.options.length > 0 && <Choices message={m} answered={answered} />}
          {m.author.kind === "bot" && m.payload.feedback && <Feedback message={m} onPerson={onPerson} />}
          <Offers message={m} answered={answered} onPerson={onPerson} onLeave={onLeave} />
        </>
      );
  }
}

/** The way on that the bot offers where it has no answer itself, until the customer has said something else. */
function Offers({
  message: m,
  answered,
  onPerson,
  onLeave,
}: Omit<RowProps, "first" | "last" | "receipt" | "onReady">) {
  const { t, config } = useApp();
  if (m.author.kind !== "bot" || answered) return null;
  if (m.payload.leave_message && config.features.leave_message)
    return (
      <button type="button" class="offer" onClick={onLeave}>
        {t(config.features.callback ? "leave.only" : "leave.title")}
      </button>
    );
  if (!m.payload.offer_person) return null;
  return (
    <button type="button" class="offer" onClick={onPerson}>
      <Icon name="headset" size={14} /> {t("chat.to_person_short")}
    </button>
  );
}

function EventLine({ message }: { message: Message }) {
  const { t } = useApp();
  const type = String(message.payload.type ?? "");
  const params = (message.payload.params ?? {}) as Record<string, unknown>;
  const name = String(params.name ?? params.user_name ?? params.agent ?? "");
  const key = type === "assigned" && !name ? "event.assigned_someone" : `event.${type}`;
  // An event this version has no words for is none of the customer's business.
  if (!hasKey(key)) return null;
  return (
    <div class="event" data-id={message.id}>
      <span>{t(key, { name, ref: String(params.ref ?? "") })}</span>
    </div>
  );
}

export function PendingRow({
  pending,
  first,
  onReady,
}: {
  pending: Pending;
  first: boolean;
  onReady: () => void;
}) {
  const { t, engine } = useApp();
  const failed = pending.state === "failed";
  const file = pending.file;
  return (
    <div class={`row mine last pending${first ? " first" : ""}${failed ? " failed" : ""}`}>
      <div class="row-main">
        {pending.kind === "image" && file ? (
          <Picture
            payload={file}
            clientId={pending.client_id}
            pending
            progress={failed ? undefined : pending.progress}
            onReady={onReady}
          />
        ) : file ? (
          <div class="bubble flush">
            <FileRow payload={file} progress={failed ? undefined : pending.progress} />
          </div>
        ) : (
          <div class="bubble">
            <span class="text">{pending.body}</span>
          </div>
        )}
        {failed ? (
          <span class="row-meta problem" role="alert">
            <Icon name="alert" size={14} />
            <span>{pending.error || t("chat.failed")}</span>
            <button type="button" class="link" onClick={() => engine.retry(pending.client_id)}>
              {t("chat.retry")}
            </button>
            <button type="button" class="link" onClick={() => engine.discard(pending.client_id)}>
              {t("chat.delete")}
            </button>
          </span>
        ) : (
          <span class="row-meta">{t(pending.state === "sending" ? "chat.sending" : "chat.waiting")}</span>
        )}
      </div>
    </div>
  );
}
