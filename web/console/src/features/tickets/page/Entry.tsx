import { Link } from "@tanstack/react-router";
import { Tag } from "antd";
import { ArrowRight, Bot, FileText, History, Lock, Settings2 } from "lucide-react";
import { memo, useMemo, useState } from "react";
import type { Id } from "@/api/types";
import { translate, useLocale, useT } from "@/app/i18n";
import { RichText } from "@/features/inbox/conversation/RichText";
import { absoluteTime, dateOnly, duration, fileSize, money } from "@/lib/format";
import { calledAs } from "@/lib/names";
import { Avatar } from "@/ui/Avatar";
import { RelativeTime } from "@/ui/Time";
import { ticketPath, useType, useTypes } from "../api";
import { useWords } from "../bits";
import { useDepartments, useDirectory } from "../fields/pickers";
import type { EntryFile, EntryView, TicketView } from "../types";
import { type Line, linesOf, type Words } from "./diff";
import "@/features/inbox/conversation/transcript.css";

/** What is needed to put entries of this ticket into words. */
export function useEntryWords(ticket: TicketView, names: Record<string, string>): Words {
  const t = useT("tickets");
  const text = useWords();
  const locale = useLocale();
  const definition = useType(ticket.type.key).data?.definition ?? null;
  const { people } = useDirectory();
  const { departments } = useDepartments();
  const types = useTypes().data;
  return useMemo(
    () => ({
      t,
      text,
      money: (minor, currency) => money(minor, currency, locale),
      date: (iso) => dateOnly(`${iso}T00:00:00`, locale),
      moment: (iso) => absoluteTime(iso, locale).replace(/:\d\d$/, ""),
      span: (seconds) => duration(seconds, locale),
      names: {
        ...Object.fromEntries(people.map((one) => [one.id, calledAs(one)])),
        ...Object.fromEntries(departments.map((one) => [one.id, one.name])),
        ...names,
      },
      types: Object.fromEntries((types ?? []).map((one) => [one.key, text(one.name, one.key)])),
      definition,
    }),
    [t, text, locale, definition, people, departments, types, names],
  );
}

/** Where the words of an event may stand: with the rooms that write them. */
const CATALOGUES = [
  "tickets",
  "tickets/teamwork",
  "tickets/sla",
  "tickets/sop",
  "tickets/macros",
  "tickets/lists",
];

function eventWords(type: string, params: Record<string, unknown>): string | null {
  for (const catalogue of CATALOGUES)
    for (const place of ["timeline.event", "timeline"]) {
      const key = `${catalogue}:${place}.${type}`;
      const said = translate(key, params);
      if (typeof said === "string" && said !== key && !said.endsWith(`${place}.${type}`)) return said;
    }
  return null;
}

function nameOf(entry: EntryView, words: Words): string {
  const { author } = entry;
  if (author.kind === "system") return words.t("timeline.system");
  if (author.name) return author.name;
  if (author.id && words.names[author.id]) return words.names[author.id]!;
  if (author.kind === "customer") return words.t("timeline.customer");
  if (author.kind === "bot") return words.t("timeline.bot");
  return words.t(author.kind === "user" ? "timeline.somebody" : "timeline.system");
}

function Files({ files }: { files: EntryFile[] }) {
  if (files.length === 0) return null;
  return (
    <div className="q-entry__files">
      {files.map((file) =>
        file.mime?.startsWith("image/") && file.url ? (
          <a key={file.file_id} href={file.url} target="_blank" rel="noreferrer noopener" title={file.name}>
            <img src={file.thumb_url ?? file.url} alt={file.name} loading="lazy" />
          </a>
        ) : (
          <a
            key={file.file_id}
            className="q-entry__file"
            href={file.url}
            target="_blank"
            rel="noreferrer noopener"
          >
            <FileText size={16} aria-hidden />
            <span className="q-ellipsis">{file.name}</span>
            {file.size ? <small className="q-muted q-num">{fileSize(file.size)}</small> : null}
          </a>
        ),
      )}
    </div>
  );
}

function Origin({ entry }: { entry: EntryView }) {
  const t = useT("tickets");
  if (!entry.origin || entry.origin.id === entry.ticket_id) return null;
  return (
    <Link to={ticketPath(entry.origin) as string} className="q-entry__origin" title={entry.origin.title}>
      {t("timeline.origin", { ref: entry.origin.ref })}
    </Link>
  );
}

/** `优先级 普通 → 紧急` */
export function ChangeLine({ line, words }: { line: Line; words: Words }) {
  const [open, setOpen] = useState(false);
  const { t } = words;
  if (line.kind === "from_to")
    return (
      <span className="q-change">
        <span className="q-change__name">{line.label}</span>
        <span className={`q-change__was ${line.before === null ? "q-change__none" : ""}`}>
          {line.before ?? t("empty_value")}
        </span>
        <ArrowRight size={12} aria-label="→" />
        <span className={`q-change__is ${line.after === null ? "q-change__none" : ""}`}>
          {line.after ?? t("empty_value")}
        </span>
      </span>
    );
  if (line.kind === "list")
    return (
      <span className="q-change">
        <span className="q-change__name">{line.label}</span>
        {line.added.map((one) => (
          <span key={`+${one}`} className="q-change__added" title={t("timeline.added")}>
            + {one}
          </span>
        ))}
        {line.removed.map((one) => (
          <span key={`-${one}`} className="q-change__removed" title={t("timeline.removed")}>
            − {one}
          </span>
        ))}
      </span>
    );
  return (
    <span className="q-change q-change--long">
      <span className="q-change__name">{line.label}</span> {t("timeline.text_changed")}
      <button type="button" className="q-link" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t("timeline.show_change")}
      </button>
      {open ? (
        <span className="q-change__texts">
          <span>
            <small className="q-muted">{t("timeline.before")}</small>
            <span className="q-pre">{line.before || t("empty_value")}</span>
          </span>
          <span>
            <small className="q-muted">{t("timeline.after")}</small>
            <span className="q-pre">{line.after || t("empty_value")}</span>
          </span>
        </span>
      ) : null}
    </span>
  );
}

/** What people do not read as a parameter's text: ids and keys put into words. */
function paramsOf(entry: EntryView, words: Words): Record<string, unknown> {
  const given = entry.payload.params ?? {};
  const found: Record<string, unknown> = { ...given, by: nameOf(entry, words) };
  for (const [key, value] of Object.entries(given)) {
    if (typeof value === "string" && words.names[value]) found[key] = words.names[value];
    if (key === "state") found.state = words.text(stateLabel(value, words), String(value));
    if (key === "tier") found.tier = words.t(`tier.${String(value)}`);
    if (key === "kind" && entry.payload.type?.startsWith("sla."))
      found.kind = translate(`tickets/sla:kind.${String(value)}`);
    if (key === "reason") found.reason = reasonOf(value, words);
    if (key === "seconds" && typeof value === "number") found.time = words.span(value);
    if (key === "due_at" && typeof value === "string") found.due_at = words.moment(value);
    if (value && typeof value === "object" && !Array.isArray(value) && "minor" in value) {
      const sum = value as { minor: number; currency: string };
      found[key] = words.money(sum.minor, sum.currency);
    }
    if (value && typeof value === "object" && !Array.isArray(value) && ("zh-CN" in value || "en" in value))
      found[key] = words.text(value as Record<string, string>);
  }
  if (typeof given.department_id === "string")
    found.department = words.names[given.department_id] ?? words.t("timeline.somebody");
  if (typeof given.user_id === "string")
    found.user = found.name ?? words.names[given.user_id] ?? words.t("timeline.somebody");
  return found;
}

/** A reason the server gives as a key in words, one that a person wrote as it is; an unknown key says nothing. */
function reasonOf(reason: unknown, words: Words): string {
  if (typeof reason !== "string" || !reason) return "";
  const known = words.t(`timeline.reason.${reason}`);
  if (known !== `timeline.reason.${reason}`) return known;
  return /^[a-z0-9_.:-]+$/.test(reason) ? "" : reason;
}

function stateLabel(key: unknown, words: Words) {
  return words.definition?.workflow.states.find((one) => one.key === key)?.label;
}

export interface EntryProps {
  entry: EntryView;
  words: Words;
  me: Id;
  ticket: TicketView;
  selected?: boolean;
  onSelect?: (on: boolean) => void;
}

/** One line of the timeline: words of people large, what happened small. */
export const Entry = memo(function Entry({ entry, words, me, ticket, selected, onSelect }: EntryProps) {
  const { t } = words;
  const locale = useLocale();
  const name = nameOf(entry, words);
  const files = entry.payload.files ?? [];
  const check = onSelect ? (
    <input
      type="checkbox"
      className="q-entry__check"
      aria-label={t("timeline.select")}
      checked={selected ?? false}
      onChange={(event) => onSelect(event.target.checked)}
    />
  ) : null;
  if (entry.kind === "comment" || entry.kind === "note") {
    const own = entry.author.kind === "user" && entry.author.id === me;
    const side = entry.author.kind === "customer" ? "customer" : own ? "own" : "staff";
    return (
      <article className={`q-entry q-entry--${entry.kind} q-entry--${side}`} id={`e-${entry.seq}`}>
        {check}
        <Avatar
          name={name}
          id={entry.author.kind === "customer" ? ticket.customer?.id : entry.author.id}
          url={entry.author.avatar_url}
          size={30}
        />
        <div className="q-entry__card">
          <header className="q-entry__head">
            <strong>{name}</strong>
            <span className="q-entry__kind">
              {entry.kind === "note" ? <Lock size={11} aria-hidden /> : null}
              {entry.author.kind === "customer"
                ? t("timeline.from_customer")
                : t(entry.kind === "note" ? "timeline.note" : "timeline.public")}
            </span>
            <Origin entry={entry} />
            <RelativeTime at={entry.created_at} className="q-muted" />
          </header>
          {entry.body ? <RichText text={entry.body} /> : null}
          <Files files={files} />
        </div>
      </article>
    );
  }
  const system = entry.author.kind !== "user" && entry.author.kind !== "customer";
  const reason = reasonOf(entry.payload.reason, words);
  const time = (
    <time
      className="q-muted q-num"
      dateTime={entry.created_at}
      title={absoluteTime(entry.created_at, locale)}
    >
      {new Date(entry.created_at).toLocaleTimeString(locale, {
        hour: "2-digit",
        minute: "2-digit",
        hour12: false,
      })}
    </time>
  );
  if (entry.kind === "change") {
    const lines = linesOf(entry.changes ?? {}, words);
    if (lines.length === 0 && !reason && !entry.body) return null;
    return (
      <div className="q-happening" id={`e-${entry.seq}`}>
        {check}
        <History size={14} aria-hidden />
        <div className="q-happening__what">
          <span className="q-happening__who">{name}</span>
          {lines.map((line) => (
            <ChangeLine key={line.key} line={line} words={words} />
          ))}
          {reason || entry.body ? <span className="q-happening__why">{reason || entry.body}</span> : null}
          <Origin entry={entry} />
        </div>
        {time}
      </div>
    );
  }
  const type = entry.payload.type ?? "";
  const params = paramsOf(entry, words);
  const said = eventWords(type, params) ?? t("timeline.other_event", { by: name });
  // Why it was done, or what the customer says of it.
  const why = params.reason ?? (type === "rated" ? params.comment : null);
  return (
    <div className="q-happening q-happening--event" id={`e-${entry.seq}`}>
      {check}
      {system ? <Bot size={14} aria-hidden /> : <Settings2 size={14} aria-hidden />}
      <div className="q-happening__what">
        <span>{said}</span>
        {typeof why === "string" && why && !said.includes(why) ? (
          <span className="q-happening__why">{why}</span>
        ) : null}
        {entry.body && !said.includes(entry.body) ? (
          <span className="q-happening__why">{entry.body}</span>
        ) : null}
        <Origin entry={entry} />
        {files.length > 0 ? <Tag>{t("fieldform.files", { count: files.length })}</Tag> : null}
      </div>
      {time}
    </div>
  );
});
