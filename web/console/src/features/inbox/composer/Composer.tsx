import { Button, Popover, Progress, Tooltip } from "antd";
import { FileText, Paperclip, RotateCcw, SendHorizontal, Smile, X } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/client";
import { sentenceOf } from "@/api/problem";
import { queryClient } from "@/api/queryClient";
import type { ConversationView, Id } from "@/api/types";
import { useT } from "@/app/i18n";
import { usePrefs } from "@/app/prefs";
import { MOD } from "@/app/shortcuts";
import { fileSize } from "@/lib/format";
import { realtime } from "@/realtime/client";
import { keys } from "@/realtime/live";
import type { Messages } from "@/realtime/reducers";
import { useSignals } from "@/realtime/signals";
import { toast } from "@/ui/feedback";
import { useInsertion } from "../assist/insert";
import { MailFields } from "../channel/MailFields";
import { EMPTY_MAIL, everybodyElse, type MailDraft, mailPayload } from "../channel/mail";
import { useChannel } from "../channel/useChannel";
import { WindowBar } from "../channel/WindowBar";
import { sendMessage } from "../conversation/outbox";
import { type ComposerTab, useInbox } from "../state";
import { useAttachments } from "./attachments";
import { drafts } from "./drafts";
import { EMOJI } from "./emoji";
import { gapsIn, rememberGaps } from "./gaps";
import { SuggestMenu } from "./SuggestMenu";
import { replaceTrigger, type Trigger, triggerAt } from "./trigger";
import { type Rendered, type Suggestion, useSuggestions } from "./useSuggestions";
import "./composer.css";
import { customerName } from "../text";

const TYPING_EVERY = 3000;
const JUST_NOW = 1500;
/** The last request for the composer that one has answered, whichever. */
let lastAnswered = 0;
const NOBODY: Record<string, never> = {};
/** Heads of letters that are being written, kept while one looks elsewhere. */
const heads = new Map<Id, MailDraft>();

function lastQuestion(conversationId: Id): string {
  const messages = queryClient.getQueryData<Messages>(keys.messages(conversationId));
  const last = messages?.items.findLast((m) => m.author.kind === "customer" && m.kind === "text");
  return last?.body.slice(0, 80) ?? "";
}

/** Who besides us got the customer's last letter. */
function copied(conversationId: Id): string[] {
  const messages = queryClient.getQueryData<Messages>(keys.messages(conversationId));
  return everybodyElse(
    messages?.items.findLast((m) => m.author.kind === "customer" && m.payload?.mail)?.payload?.mail,
  );
}

export function Composer(props: { conversation: ConversationView }) {
  const { conversation: c } = props;
  const t = useT("inbox");
  const sendOnEnter = usePrefs((p) => p.sendOnEnter);
  const wanted = useInbox((s) => s.tab);
  const setTab = useInbox((s) => s.setTab);
  const focusTick = useInbox((s) => s.focusComposer);
  const others = useSignals((s) => s.staffTyping[c.id]) ?? NOBODY;
  const may = c.may ?? {};
  const channel = useChannel(c);
  /** A telephone line carries no messages: what is written here is for colleagues. */
  const mute = channel?.capabilities.sends.length === 0;
  const tabs = useMemo(
    () =>
      (["reply", "note", "whisper"] as ComposerTab[]).filter((tab) =>
        tab === "reply" ? may.reply && !mute : tab === "note" ? may.note !== false : may.whisper,
      ),
    [may.reply, may.note, may.whisper, mute],
  );
  const tab = tabs.includes(wanted) ? wanted : (tabs[0] ?? "note");
  const [text, setText] = useState("");
  const [caret, setCaret] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [active, setActive] = useState(0);
  const [mentions, setMentions] = useState<{ id: Id; name: string }[]>([]);
  const [dragging, setDragging] = useState(false);
  const [emoji, setEmoji] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const attachments = useAttachments(c.id);
  const [mail, setHead] = useState(EMPTY_MAIL);
  const setMail = (head: MailDraft) => {
    heads.set(c.id, head);
    setHead(head);
  };
  const byMail = c.inbox.channel === "email";
  const lastTyping = useRef(0);

  // Another conversation or tab has its own draft: put in before anybody can write, so that nothing written is lost.
  useLayoutEffect(() => {
    const draft = drafts.get(c.id)[tab] ?? "";
    setText(draft);
    setCaret(draft.length);
    setMentions([]);
    setDismissed(null);
  }, [c.id, tab]);
  useEffect(() => setHead(heads.get(c.id) ?? EMPTY_MAIL), [c.id]);

  // Only when asked while here, or a moment ago while this conversation was opening: opening the next one must leave the
  // keys to the list.
  const answered = useRef<number | null>(null);
  useEffect(() => {
    const before = answered.current;
    answered.current = focusTick;
    const meant =
      before === null ? Date.now() - useInbox.getState().focusAskedAt < JUST_NOW : before !== focusTick;
    if (!meant || focusTick === lastAnswered) return;
    lastAnswered = focusTick;
    field.current?.focus();
  }, [focusTick]);

  // The height follows the text.
  useLayoutEffect(() => {
    const el = field.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, 220)}px`;
  }, [text]);

  const trigger = useMemo<Trigger | null>(() => {
    const found = triggerAt(text, caret);
    if (!found || found.from === dismissed) return null;
    if (found.char === "@") return tab === "note" ? found : null;
    return tab === "reply" || found.char === "/" ? found : null;
  }, [text, caret, dismissed, tab]);
  const suggestions = useSuggestions(
    trigger,
    c.locale,
    trigger?.char === "#" && !trigger.query ? lastQuestion(c.id) : "",
  );
  // A new list starts at its top.
  useEffect(() => setActive(0), [trigger?.char, trigger?.query]);

  const stopTyping = useCallback(() => {
    if (lastTyping.current) realtime.typing(c.id, false);
    lastTyping.current = 0;
  }, [c.id]);
  useEffect(() => stopTyping, [stopTyping]);
  useEffect(() => {
    if (!text) return;
    const timer = setTimeout(stopTyping, 5000);
    return () => clearTimeout(timer);
  }, [text, stopTyping]);

  const write = (next: string, at: number) => {
    setText(next);
    setCaret(at);
    drafts.set(c.id, tab, next);
    if (dismissed !== null && next[dismissed] === undefined) setDismissed(null);
    if (tab === "reply" && next.trim()) {
      if (Date.now() - lastTyping.current > TYPING_EVERY) {
        lastTyping.current = Date.now();
        realtime.typing(c.id, true);
      }
    } else stopTyping();
  };

  // With the words, not a moment after them: who types on at once would find the caret put back before their letters.
  const placed = useRef<[number, number] | null>(null);
  const [placing, setPlacing] = useState(0);
  useLayoutEffect(() => {
    const at = placed.current;
    placed.current = null;
    if (at === null) return;
    field.current?.focus();
    field.current?.setSelectionRange(...at);
  }, [placing]);
  const place = (next: string, at: number, to = at) => {
    write(next, to);
    placed.current = [at, to];
    setPlacing((n) => n + 1);
  };

  const insert = (words: string) => {
    const el = field.current;
    const from = el?.selectionStart ?? text.length;
    const to = el?.selectionEnd ?? text.length;
    place(text.slice(0, from) + words + text.slice(to), from + words.length);
  };

  // A suggestion somebody chose beside the conversation; each is taken once, into the reply.
  const wantedWords = useInsertion((s) => s.wanted);
  const takenWords = useRef(wantedWords?.tick ?? 0);
  useEffect(() => {
    if (wantedWords?.conversationId !== c.id || tab !== "reply" || wantedWords.tick <= takenWords.current)
      return;
    takenWords.current = wantedWords.tick;
    // The field may still hold what belongs to another tab: the draft is the truth.
    const draft = drafts.get(c.id).reply ?? "";
    if (draft === text) insert(wantedWords.text);
    else place(draft + wantedWords.text, draft.length + wantedWords.text.length);
  }, [wantedWords, c.id, tab]);

  const pick = async (item: Suggestion, asCard: boolean) => {
    if (!trigger) return;
    if (item.type === "person") {
      const done = replaceTrigger(text, caret, trigger, `@${item.title} `);
      setMentions((list) => [...list.filter((m) => m.id !== item.id), { id: item.id, name: item.title }]);
      return place(done.text, done.caret);
    }
    if (item.type === "canned") {
      const here = trigger;
      try {
        const { body, missing } = await api.post<Rendered>(`/canned/${item.id}/render`, {
          conversation_id: c.id,
        });
        const done = replaceTrigger(text, caret, here, body);
        rememberGaps(missing);
        // What is still to be filled in is what one types next.
        const gap = gapsIn(done.text)[0];
        if (gap) place(done.text, gap.from, gap.from + gap.text.length);
        else place(done.text, done.caret);
      } catch (error) {
        toast.error(sentenceOf(error));
      }
      return;
    }
    if (asCard && tab === "reply") {
      const done = replaceTrigger(text, caret, trigger, "");
      place(done.text, done.caret);
      sendMessage({
        conversation_id: c.id,
        route: "messages",
        kind: "card",
        body: "",
        payload: {
          type: "article",
          source: item.source,
          id: item.id,
          title: item.title,
          summary: item.answer.slice(0, 300),
        },
      });
      return;
    }
    let words = item.answer;
    try {
      const path = item.source === "faq" ? `/knowledge/faqs/${item.id}` : `/knowledge/articles/${item.id}`;
      const full = await api.get<{ answer?: string; body?: string }>(path);
      words = full.answer ?? full.body ?? words;
    } catch {
      // The excerpt we already have is better than nothing.
    }
    const done = replaceTrigger(text, caret, trigger, words || item.title);
    place(done.text, done.caret);
  };

  const gaps = tab === "reply" ? gapsIn(text) : [];
  const uploading = attachments.items.some((a) => !a.file && !a.error);
  const ready = attachments.items.filter((a) => a.file);
  const sendable = (text.trim().length > 0 || ready.length > 0) && !uploading && tabs.length > 0;

  const send = () => {
    if (!sendable) return;
    if (gaps[0]) {
      place(text, gaps[0].from, gaps[0].from + gaps[0].text.length);
      return;
    }
    const body = text.trim();
    const head = byMail && tab === "reply" ? mailPayload(mail) : {};
    if (head === null) {
      toast.error(t("inbox/channel:mail_wrong"));
      return;
    }
    // One letter carries its words and its files; elsewhere every file is a message of its own.
    const together = tab === "reply" && channel?.capabilities.attachments === true && body.length > 0;
    const payload: Record<string, unknown> = Object.keys(head).length ? { mail: head } : {};
    if (together && ready.length)
      payload.attachments = ready.map(({ file }) => ({ ...file!, file_id: file!.id }));
    if (tab === "reply" && !together)
      for (const { file } of ready)
        sendMessage({
          conversation_id: c.id,
          route: "messages",
          kind: file!.mime.startsWith("image/") ? "image" : "file",
          body: "",
          payload: {
            file_id: file!.id,
            name: file!.name,
            mime: file!.mime,
            size: file!.size,
            width: file!.width,
            height: file!.height,
            url: file!.url,
            thumb_url: file!.thumb_url,
          },
        });
    if (body)
      sendMessage({
        conversation_id: c.id,
        route: tab === "reply" ? "messages" : tab === "note" ? "notes" : "whisper",
        kind: "text",
        body,
        payload,
        mentions: mentions.filter((m) => body.includes(`@${m.name}`)).map((m) => m.id),
      });
    stopTyping();
    if (tab === "reply") attachments.clear();
    setText("");
    setCaret(0);
    setMentions([]);
    setMail(EMPTY_MAIL);
    drafts.set(c.id, tab, "");
    field.current?.focus();
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
        void pick(suggestions.items[Math.min(active, count - 1)]!, event.shiftKey);
        return;
      }
    }
    if (event.key === "Escape") {
      event.preventDefault();
      if (trigger) setDismissed(trigger.from);
      else field.current?.blur();
      return;
    }
    if (event.key !== "Enter" || event.altKey) return;
    const mod = event.metaKey || event.ctrlKey;
    if (mod || (sendOnEnter && !event.shiftKey)) {
      event.preventDefault();
      send();
    }
  };

  // A file may be dropped anywhere on the conversation. Elsewhere the browser would leave the console to show it.
  const dropping = useRef({ add: attachments.add, takes: false });
  dropping.current = { add: attachments.add, takes: tabs.length > 0 && tab === "reply" };
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const inPane = (event: DragEvent) =>
      event.target instanceof Element && event.target.closest(".q-pane") !== null;
    const over = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setDragging(dropping.current.takes && inPane(event));
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (!holdsFiles(event)) return;
      event.preventDefault();
      if (dropping.current.takes && inPane(event) && event.dataTransfer?.files.length)
        dropping.current.add(event.dataTransfer.files);
    };
    document.addEventListener("dragover", over);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", over);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);

  const typists = Object.values(others).map((p) => p.name);

  if (tabs.length === 0) return null;
  return (
    <section
      className={`q-composer q-composer--${tab} ${dragging ? "q-composer--drag" : ""}`}
      aria-label={t("composer.label")}
    >
      {trigger ? (
        <SuggestMenu
          trigger={trigger}
          items={suggestions.items}
          loading={suggestions.loading}
          active={Math.min(active, Math.max(0, suggestions.items.length - 1))}
          onActive={setActive}
          onPick={(item, asCard) => void pick(item, asCard)}
          cards={tab === "reply"}
        />
      ) : null}
      {typists.length > 0 && tab === "reply" ? (
        <div className="q-composer__collision" role="status">
          {t("composer.collision", { names: typists.join(t("list_separator")) })}
        </div>
      ) : null}
      {gaps.length > 0 ? (
        <div className="q-composer__collision" role="status">
          {t("composer.gaps", { names: gaps.map((gap) => gap.text).join(t("list_separator")) })}
        </div>
      ) : null}
      {tab === "reply" ? <WindowBar conversation={c} channel={channel} /> : null}
      <div className="q-composer__tabs" role="tablist" aria-label={t("composer.mode")}>
        {tabs.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === tab}
            className={`q-composer__tab q-composer__tab--${one} ${one === tab ? "q-composer__tab--on" : ""}`}
            onClick={() => {
              setTab(one);
              field.current?.focus();
            }}
          >
            {t(`composer.${one}`)}
          </button>
        ))}
        <span className="q-composer__hint">{t(`composer.hint_${tab}`)}</span>
      </div>
      {byMail && tab === "reply" ? (
        <MailFields value={mail} others={copied(c.id)} onChange={setMail} />
      ) : null}
      <textarea
        ref={field}
        rows={2}
        value={text}
        placeholder={t(`composer.placeholder_${tab}`, { name: customerName(c.customer, t) })}
        aria-label={t(`composer.${tab}`)}
        aria-autocomplete="list"
        aria-controls={trigger ? "q-suggest" : undefined}
        aria-activedescendant={trigger && suggestions.items.length ? `q-suggest-${active}` : undefined}
        maxLength={10_000}
        onChange={(event) => write(event.target.value, event.target.selectionStart)}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
        onBlur={stopTyping}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          if (tab !== "reply" || !event.clipboardData.files.length) return;
          event.preventDefault();
          attachments.add(event.clipboardData.files);
        }}
      />
      {tab === "reply" && attachments.items.length > 0 ? (
        <ul className="q-attachments" aria-label={t("composer.attachments")}>
          {attachments.items.map((a) => (
            <li key={a.key} className={`q-attachment ${a.error ? "q-attachment--error" : ""}`}>
              {a.preview ? (
                <img src={a.preview} alt="" />
              ) : (
                <FileText size={20} strokeWidth={1.5} aria-hidden />
              )}
              <span className="q-attachment__text">
                <span className="q-ellipsis">{a.name}</span>
                <small title={a.error ?? undefined}>{a.error ?? fileSize(a.size)}</small>
                {!a.file && !a.error ? (
                  <Progress percent={Math.round(a.progress * 100)} size="small" showInfo={false} />
                ) : null}
              </span>
              {a.error ? (
                <button
                  type="button"
                  className="q-icon-btn"
                  aria-label={t("retry")}
                  onClick={() => attachments.again(a.key)}
                >
                  <RotateCcw size={14} aria-hidden />
                </button>
              ) : null}
              <button
                type="button"
                className="q-icon-btn"
                aria-label={t("composer.remove_file", { name: a.name })}
                onClick={() => attachments.remove(a.key)}
              >
                <X size={14} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="q-composer__bar">
        {tab === "reply" ? (
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
        ) : null}
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
        {tab === "reply" ? (
          <button type="button" className="q-composer__quick" onClick={() => insert("#")}>
            # {t("composer.knowledge")}
          </button>
        ) : tab === "note" ? (
          <button type="button" className="q-composer__quick" onClick={() => insert("@")}>
            @ {t("composer.mention")}
          </button>
        ) : null}
        <span className="q-composer__space" />
        {text.length > 8000 ? <span className="q-muted q-num">{text.length} / 10000</span> : null}
        <Tooltip title={sendOnEnter ? "↵" : `${MOD}+↵`}>
          <Button
            type="primary"
            disabled={!sendable}
            onClick={send}
            icon={<SendHorizontal size={15} aria-hidden />}
            iconPlacement="end"
          >
            {t(`composer.send_${tab}`)}
          </Button>
        </Tooltip>
      </div>
      {dragging ? <div className="q-composer__drop">{t("composer.drop")}</div> : null}
    </section>
  );
}
