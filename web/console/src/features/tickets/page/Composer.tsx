import { Button, Dropdown, Popover, Progress, Space, Tooltip } from "antd";
import { ChevronDown, FileText, Lock, Paperclip, RotateCcw, SendHorizontal, Smile, X } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import type { Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { MOD } from "@/app/shortcuts";
import { useAttachments } from "@/features/inbox/composer/attachments";
import { drafts } from "@/features/inbox/composer/drafts";
import { EMOJI } from "@/features/inbox/composer/emoji";
import { gapsIn, rememberGaps } from "@/features/inbox/composer/gaps";
import { SuggestMenu } from "@/features/inbox/composer/SuggestMenu";
import { replaceTrigger, type Trigger, triggerAt } from "@/features/inbox/composer/trigger";
import { type Rendered, type Suggestion, useSuggestions } from "@/features/inbox/composer/useSuggestions";
import { fileSize } from "@/lib/format";
import { toast } from "@/ui/feedback";
import { StateTag, useWords } from "../bits";
import type { Move, TicketView } from "../types";
import { useTakeMove } from "./moving";
import { sendComment } from "./outbox";
import { type Mode, useTicketPage } from "./state";
import "@/features/inbox/composer/composer.css";
import { asks } from "./ways";

/** Drafts of tickets stand beside those of conversations, under names of their own. */
const draftKey = (id: Id) => `ticket.${id}`;
const tabOf = { public: "reply", note: "note" } as const;

/** For the customer or for colleagues; with what is done to the ticket in the same breath. */
export function Composer({ ticket }: { ticket: TicketView }) {
  const t = useT("tickets");
  const words = useWords();
  const take = useTakeMove(ticket);
  const wanted = useTicketPage((s) => s.mode);
  const setMode = useTicketPage((s) => s.setMode);
  const focusTick = useTicketPage((s) => s.focusTick);
  const may = ticket.may ?? {};
  const modes = useMemo(
    () => (["public", "note"] as Mode[]).filter((one) => (one === "public" ? may.comment : may.note)),
    [may.comment, may.note],
  );
  const mode = modes.includes(wanted) ? wanted : (modes[0] ?? "note");
  const tab = tabOf[mode];
  const [text, setText] = useState("");
  const [caret, setCaret] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [active, setActive] = useState(0);
  const [mentions, setMentions] = useState<{ id: Id; name: string }[]>([]);
  const [dragging, setDragging] = useState(false);
  const [emoji, setEmoji] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const attachments = useAttachments(ticket.id);

  useEffect(() => {
    const draft = drafts.get(draftKey(ticket.id))[tab] ?? "";
    setText(draft);
    setCaret(draft.length);
    setMentions([]);
    setDismissed(null);
  }, [ticket.id, tab]);

  const answered = useRef(focusTick);
  useEffect(() => {
    if (answered.current === focusTick) return;
    answered.current = focusTick;
    field.current?.focus();
  }, [focusTick]);

  useLayoutEffect(() => {
    const el = field.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, 240)}px`;
  }, [text]);

  const trigger = useMemo<Trigger | null>(() => {
    const found = triggerAt(text, caret);
    if (!found || found.from === dismissed || found.char === "#") return null;
    return found.char === "@" && mode !== "note" ? null : found;
  }, [text, caret, dismissed, mode]);
  const suggestions = useSuggestions(trigger, ticket.locale, "");
  useEffect(() => setActive(0), [trigger?.char, trigger?.query]);

  const write = (next: string, at: number) => {
    setText(next);
    setCaret(at);
    drafts.set(draftKey(ticket.id), tab, next);
    if (dismissed !== null && next[dismissed] === undefined) setDismissed(null);
  };
  const place = (next: string, at: number, to = at) => {
    write(next, to);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at, to);
    });
  };
  const insert = (what: string) => {
    const el = field.current;
    const from = el?.selectionStart ?? text.length;
    const to = el?.selectionEnd ?? text.length;
    place(text.slice(0, from) + what + text.slice(to), from + what.length);
  };
  const pick = async (item: Suggestion) => {
    if (!trigger) return;
    const here = trigger;
    if (item.type === "person") {
      const done = replaceTrigger(text, caret, here, `@${item.title} `);
      setMentions((list) => [...list.filter((m) => m.id !== item.id), { id: item.id, name: item.title }]);
      return place(done.text, done.caret);
    }
    if (item.type !== "canned") return;
    try {
      const { body, missing } = await api.post<Rendered>(`/canned/${item.id}/render`, {
        ticket_id: ticket.id,
      });
      const done = replaceTrigger(text, caret, here, body);
      rememberGaps(missing);
      const gap = gapsIn(done.text)[0];
      if (gap) place(done.text, gap.from, gap.from + gap.text.length);
      else place(done.text, done.caret);
    } catch (error) {
      toast.error(sentenceOf(error));
    }
  };

  const gaps = mode === "public" ? gapsIn(text) : [];
  /** Whether something is still to be filled in; it is selected then. */
  const unfilled = () => {
    if (gaps[0]) place(text, gaps[0].from, gaps[0].from + gaps[0].text.length);
    return gaps.length > 0;
  };
  const uploading = attachments.items.some((one) => !one.file && !one.error);
  const ready = attachments.items.flatMap((one) => (one.file ? [one.file] : []));
  const sendable = (text.trim().length > 0 || ready.length > 0) && !uploading && modes.length > 0;
  const clear = () => {
    attachments.clear();
    setText("");
    setCaret(0);
    setMentions([]);
    drafts.set(draftKey(ticket.id), tab, "");
  };
  const send = async (): Promise<boolean> => {
    if (!sendable || unfilled()) return false;
    const body = text.trim();
    const files = ready.map((file) => ({ id: file.id, name: file.name }));
    const people = mentions.filter((m) => body.includes(`@${m.name}`)).map((m) => m.id);
    clear();
    field.current?.focus();
    return sendComment({ ticketId: ticket.id, body, public: mode === "public", mentions: people, files });
  };
  const sendAnd = async (move: Move) => {
    if (unfilled()) return;
    if (asks(move) && ready.length === 0) {
      // The form takes the words along; they stay here until it went through.
      await take(move, { comment: text.trim(), public: mode === "public", done: clear });
      return;
    }
    if (await send()) await take(move);
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (trigger && suggestions.items.length > 0) {
      const count = suggestions.items.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        setActive((active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
        return;
      }
      if ((event.key === "Enter" && !event.metaKey && !event.ctrlKey) || event.key === "Tab") {
        event.preventDefault();
        void pick(suggestions.items[Math.min(active, count - 1)]!);
        return;
      }
    }
    if (event.key === "Escape") {
      event.preventDefault();
      if (trigger) setDismissed(trigger.from);
      else field.current?.blur();
      return;
    }
    // A reply to a ticket is a letter: a line break is a line break.
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      void send();
    }
  };

  const dropping = useRef(attachments.add);
  dropping.current = attachments.add;
  const takes = useRef(false);
  takes.current = modes.length > 0;
  const setDrag = useCallback((on: boolean) => setDragging(on), []);
  useEffect(() => {
    const holds = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const here = (event: DragEvent) =>
      event.target instanceof Element && event.target.closest(".q-tk__main") !== null;
    const over = (event: DragEvent) => {
      if (!holds(event)) return;
      event.preventDefault();
      setDrag(takes.current && here(event));
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDrag(false);
    };
    const drop = (event: DragEvent) => {
      setDrag(false);
      if (!holds(event) || event.defaultPrevented) return;
      event.preventDefault();
      if (takes.current && here(event) && event.dataTransfer?.files.length)
        dropping.current(event.dataTransfer.files);
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [setDrag]);

  if (ticket.merged_into) return null;
  if (modes.length === 0)
    return (
      <div className="q-tk__readonly" role="note">
        <Lock size={14} aria-hidden />{" "}
        {t(ticket.status === "closed" ? "composer.closed" : "composer.no_write")}
      </div>
    );
  const moves = (may.move ? (ticket.moves ?? []) : []).filter((move) => move.allowed);
  return (
    <section className={`q-composer q-composer--${tab} q-tk__composer`} aria-label={t("composer.label")}>
      {trigger ? (
        <SuggestMenu
          trigger={trigger}
          items={suggestions.items}
          loading={suggestions.loading}
          active={active}
          onActive={setActive}
          onPick={(item) => void pick(item)}
          cards={false}
        />
      ) : null}
      {gaps.length > 0 ? (
        <div className="q-composer__collision" role="status">
          {t("inbox:composer.gaps", { names: gaps.map((gap) => gap.text).join(t("inbox:list_separator")) })}
        </div>
      ) : null}
      <div className="q-composer__tabs" role="tablist" aria-label={t("composer.mode")}>
        {modes.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === mode}
            className={`q-composer__tab q-composer__tab--${tabOf[one]} ${one === mode ? "q-composer__tab--on" : ""}`}
            onClick={() => {
              setMode(one);
              field.current?.focus();
            }}
          >
            {t(`composer.${one}`)}
          </button>
        ))}
        <span className="q-composer__hint">{t(`composer.hint_${mode}`)}</span>
      </div>
      <textarea
        ref={field}
        rows={2}
        value={text}
        maxLength={20_000}
        placeholder={
          mode === "public"
            ? ticket.customer?.name
              ? t("composer.placeholder_public", { name: ticket.customer.name })
              : t("composer.placeholder_nobody")
            : t("composer.placeholder_note")
        }
        aria-label={t(`composer.${mode}`)}
        aria-autocomplete="list"
        aria-controls={trigger ? "q-suggest" : undefined}
        aria-activedescendant={trigger && suggestions.items.length ? `q-suggest-${active}` : undefined}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          if (!event.clipboardData.files.length) return;
          event.preventDefault();
          attachments.add(event.clipboardData.files);
        }}
      />
      {attachments.items.length > 0 ? (
        <ul className="q-attachments" aria-label={t("composer.attachments")}>
          {attachments.items.map((one) => (
            <li key={one.key} className={`q-attachment ${one.error ? "q-attachment--error" : ""}`}>
              {one.preview ? (
                <img src={one.preview} alt="" />
              ) : (
                <FileText size={20} strokeWidth={1.5} aria-hidden />
              )}
              <span className="q-attachment__text">
                <span className="q-ellipsis">{one.name}</span>
                <small title={one.error ?? undefined}>{one.error ?? fileSize(one.size)}</small>
                {!one.file && !one.error ? (
                  <Progress percent={Math.round(one.progress * 100)} size="small" showInfo={false} />
                ) : null}
              </span>
              {one.error ? (
                <button
                  type="button"
                  className="q-icon-btn"
                  aria-label={t("retry")}
                  onClick={() => attachments.again(one.key)}
                >
                  <RotateCcw size={14} aria-hidden />
                </button>
              ) : null}
              <button
                type="button"
                className="q-icon-btn"
                aria-label={t("composer.remove_file", { name: one.name })}
                onClick={() => attachments.remove(one.key)}
              >
                <X size={14} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="q-composer__bar">
        <Tooltip title={t("composer.attach")}>
          <button
            type="button"
            className="q-icon-btn"
            aria-label={t("composer.attach")}
            onClick={() => picker.current?.click()}
          >
            <Paperclip size={17} strokeWidth={1.8} aria-hidden />
          </button>
        </Tooltip>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            if (event.target.files) attachments.add(event.target.files);
            event.target.value = "";
          }}
        />
        <Popover
          trigger="click"
          open={emoji}
          onOpenChange={setEmoji}
          placement="topLeft"
          arrow={false}
          content={
            <div className="q-emoji">
              {EMOJI.map((one) => (
                <button
                  key={one}
                  type="button"
                  onClick={() => {
                    insert(one);
                    setEmoji(false);
                  }}
                >
                  {one}
                </button>
              ))}
            </div>
          }
        >
          <button type="button" className="q-icon-btn" aria-label={t("composer.emoji")}>
            <Smile size={17} strokeWidth={1.8} aria-hidden />
          </button>
        </Popover>
        <button
          type="button"
          className="q-composer__quick"
          onClick={() => insert(text && !/\s$/.test(text) ? " /" : "/")}
        >
          / {t("composer.canned")}
        </button>
        {mode === "note" ? (
          <button type="button" className="q-composer__quick" onClick={() => insert("@")}>
            @ {t("composer.mention")}
          </button>
        ) : null}
        <span className="q-composer__space" />
        {text.length > 18_000 ? <span className="q-muted q-num">{text.length} / 20000</span> : null}
        <Space.Compact>
          <Tooltip title={`${MOD}+↵`}>
            <Button
              type="primary"
              disabled={!sendable}
              icon={<SendHorizontal size={15} aria-hidden />}
              iconPlacement="end"
              onClick={() => void send()}
            >
              {t(`composer.send_${mode}`)}
            </Button>
          </Tooltip>
          {moves.length > 0 ? (
            <Dropdown
              trigger={["click"]}
              placement="topRight"
              disabled={!sendable}
              menu={{
                items: moves.map((move) => ({
                  key: move.key,
                  label: (
                    <span className="q-tk__sendand">
                      {t("composer.send_and", { name: words(move.label, move.key) })}
                      {asks(move) ? "…" : ""}
                      <StateTag status={move.to.status} state={move.to} />
                    </span>
                  ),
                  onClick: () => void sendAnd(move),
                })),
              }}
            >
              <Button
                type="primary"
                disabled={!sendable}
                aria-label={t("composer.and_move")}
                icon={<ChevronDown size={15} aria-hidden />}
              />
            </Dropdown>
          ) : null}
        </Space.Compact>
      </div>
      {dragging ? <div className="q-composer__drop">{t("composer.drop")}</div> : null}
    </section>
  );
}
